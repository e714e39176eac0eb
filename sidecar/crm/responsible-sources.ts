/** Where a CRM says who is responsible: SalesPlatform's SPAgi, and vTiger's web service (crm-vtiger 5, 6). */
import { z } from 'zod';
import { joinUrl } from '../../core/crm/binding.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { Responsible, ResponsibleSource } from '../../core/crm-ports.js';
import { TandemError } from '../../core/errors.js';
import { formBody, type CrmPost } from './post.js';
import type { WebService } from './web-service.js';

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
const nobody = (status: Responsible['status']): Responsible => ({ status, extension: '', name: '', record: '' });
const failed = (binding: string, reason: string): TandemError => new TandemError('TDM_REMOTE_FAILED', [binding, reason]);

const sales = z.union([
  z.object({ success: z.literal(true), result: z.object({ crmUserExtension: z.union([z.string(), z.number(), z.null()]) }) }),
  z.object({ success: z.literal(false) }),
]);

export function salesSource(binding: CrmBinding, post: CrmPost): ResponsibleSource {
  const url = joinUrl(binding.crm_url ?? '', binding.agi_path);
  return {
    async find(number) {
      const body = formBody([
        ['vtigersignature', binding.secret],
        ['callerNumber', number],
      ]);
      const answer = sales.safeParse(parsed(binding.name, await post({ url, method: 'POST', headers: form, body })));
      if (!answer.success) throw failed(binding.name, 'SPAgi answers something else');
      if (!answer.data.success) throw failed(binding.name, 'SPAgi refuses the request');
      const extension = answer.data.result.crmUserExtension;
      return extension === null || extension === '' ? nobody('NOTFOUND') : { ...nobody('FOUND'), extension: String(extension) };
    },
  };
}

/** White space may stand before the document. */
function parsed(binding: string, reply: Awaited<ReturnType<CrmPost>>): unknown {
  if (reply.kind !== 'answer') throw failed(binding, reply.problem);
  try {
    return JSON.parse(reply.body.trim()) as unknown;
  } catch {
    throw failed(binding, `status ${String(reply.status)} without JSON`);
  }
}

/** In this order: a contact is nearer to a person than an account. */
const places = [
  ['Contacts', ['phone', 'mobile']],
  ['Leads', ['phone', 'mobile']],
  ['Accounts', ['phone', 'otherphone']],
] as const;

export interface FoundCustomer {
  /** `12x2` */
  readonly record: string;
  readonly module: (typeof places)[number][0];
  /** id of the user or group; '' = none */
  readonly owner: string;
}

/** with these digits at its end a number is the same, whatever stands before: `+7`, `8`, `0` */
const sameDigits = 10;
/** records that are looked at for one whose digits follow each other */
const candidatesMax = 20;

/**
 * The first record with this number. The service compares texts, and people type `+7 (912) 345-67-89`: numbers of ten
 * digits and more are found however they were typed, shorter ones as they are. `number` is of digits, or is refused.
 */
export async function customerWith(service: WebService, number: string): Promise<FoundCustomer | undefined> {
  if (!/^\+?[0-9]{3,32}$/.test(number)) return undefined;
  const end = number.replace('+', '').slice(-sameDigits);
  const isWhole = end.length === sameDigits;
  const wanted = isWhole ? `like '%${Array.from(end).join('%')}'` : `= '${number}'`;
  for (const [module, fields] of places) {
    const condition = fields.map((field) => `${field} ${wanted}`).join(' or ');
    const columns = ['id', 'assigned_user_id', ...(isWhole ? fields : [])].join(',');
    const limit = isWhole ? candidatesMax : 1;
    const rows = await service.query(`select ${columns} from ${module} where ${condition} limit ${String(limit)};`);
    const found = isWhole ? rows.find((row) => fields.some((field) => digitsOf(row[field]).endsWith(end))) : rows[0];
    const record = idOf(found?.['id']);
    if (record !== '') return { record, module, owner: idOf(found?.['assigned_user_id']) };
  }
  return undefined;
}

const digitsOf = (value: unknown): string => (typeof value === 'string' ? value.replace(/\D/g, '') : '');
const idOf = (value: unknown): string => (typeof value === 'string' && /^\d+x\d+$/.test(value) ? value : '');

export function webServiceSource(service: WebService): ResponsibleSource {
  return {
    async find(number) {
      if (!/^\+?[0-9]{3,32}$/.test(number)) return nobody('BADNUMBER');
      const found = await customerWith(service, number);
      if (!found) return nobody('NOTFOUND');
      const { record, module, owner } = found;
      if (owner === '') return { ...nobody('NOUSER'), record, module };
      const [user] = await service.query(`select phone_crm_extension,first_name,last_name from Users where id='${owner}';`);
      const extension = typeof user?.['phone_crm_extension'] === 'string' ? user['phone_crm_extension'] : '';
      const name = [user?.['first_name'], user?.['last_name']].filter((part) => typeof part === 'string' && part !== '').join(' ');
      return { status: extension === '' ? 'NOUSER' : 'FOUND', extension, name, record, module };
    },
  };
}
