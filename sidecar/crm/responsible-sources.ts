/** Where a CRM says who is responsible: SalesPlatform's SPAgi, and vTiger's web service (crm-vtiger 5, 6). */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { joinUrl } from '../../core/crm/binding.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { Responsible, ResponsibleSource } from '../../core/crm-ports.js';
import { TandemError } from '../../core/errors.js';
import { formBody, type CrmPost } from './post.js';

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

const wsAnswer = z.object({ success: z.boolean(), result: z.unknown().optional(), error: z.object({ code: z.string() }).optional() });

export interface WebService {
  /** VTQL; values in it are of the alphabet of numbers and ids. */
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Logs in when that is needed, once for all who ask. */
export function createWebService(binding: CrmBinding, post: CrmPost): WebService {
  const url = joinUrl(binding.crm_url ?? '', 'webservice.php');
  let session: Promise<string> | undefined;

  async function call(method: 'GET' | 'POST', fields: readonly (readonly [string, string])[]): Promise<z.output<typeof wsAnswer>> {
    const text = formBody(fields);
    const reply = await post(
      method === 'GET' ? { url: `${url}?${text}`, method, headers: {}, body: '' } : { url, method, headers: form, body: text },
    );
    const answer = wsAnswer.safeParse(parsed(binding.name, reply));
    if (!answer.success) throw failed(binding.name, 'the web service answers something else');
    return answer.data;
  }

  async function login(): Promise<string> {
    const { ws } = binding;
    if (!ws) throw failed(binding.name, 'has no account for the web service');
    const challenge = await call('GET', [
      ['operation', 'getchallenge'],
      ['username', ws.user],
    ]);
    const { token } = z.object({ token: z.string() }).parse(challenge.result);
    // the protocol's own: MD5 of token and key
    const accessKey = createHash('md5')
      .update(token + ws.access_key)
      .digest('hex');
    const answer = await call('POST', [
      ['operation', 'login'],
      ['username', ws.user],
      ['accessKey', accessKey],
    ]);
    if (!answer.success) throw failed(binding.name, `the web service refuses the login: ${answer.error?.code ?? ''}`);
    return z.object({ sessionName: z.string() }).parse(answer.result).sessionName;
  }

  function sessionName(): Promise<string> {
    session ??= login().catch((error: unknown) => {
      session = undefined;
      throw error;
    });
    return session;
  }

  return {
    async query(text) {
      for (let tries = 1; ; tries++) {
        const answer = await call('GET', [
          ['operation', 'query'],
          ['sessionName', await sessionName()],
          ['query', text],
        ]);
        if (answer.success) return z.array(z.record(z.string(), z.unknown())).parse(answer.result);
        const code = answer.error?.code ?? '';
        if (tries > 1 || !/SESSION|AUTH/i.test(code)) throw failed(binding.name, `the web service refuses: ${code}`);
        session = undefined; // it has ended; once more with a new one
      }
    },
  };
}

/** In this order: a contact is nearer to a person than an account. */
const places = [
  ['Contacts', ['phone', 'mobile']],
  ['Leads', ['phone', 'mobile']],
  ['Accounts', ['phone', 'otherphone']],
] as const;

/** Matches numbers as they were typed only: that is all the service can do. */
export function webServiceSource(service: WebService): ResponsibleSource {
  return {
    async find(number) {
      if (!/^\+?[0-9]{3,32}$/.test(number)) return nobody('BADNUMBER');
      for (const [module, fields] of places) {
        const condition = fields.map((field) => `${field}='${number}'`).join(' or ');
        const [found] = await service.query(`select id,assigned_user_id from ${module} where ${condition} limit 1;`);
        const owner = typeof found?.['assigned_user_id'] === 'string' ? found['assigned_user_id'] : '';
        if (!/^\d+x\d+$/.test(owner)) continue;
        const record = typeof found?.['id'] === 'string' ? found['id'] : '';
        const [user] = await service.query(`select phone_crm_extension,first_name,last_name from Users where id='${owner}';`);
        const extension = typeof user?.['phone_crm_extension'] === 'string' ? user['phone_crm_extension'] : '';
        const name = [user?.['first_name'], user?.['last_name']].filter((part) => typeof part === 'string' && part !== '').join(' ');
        return { status: extension === '' ? 'NOUSER' : 'FOUND', extension, name, record };
      }
      return nobody('NOTFOUND');
    },
  };
}
