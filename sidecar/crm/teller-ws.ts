/** Rows of vTiger's Calls module, made and revised by its web service (crm-vtiger 5): looked for by their id first, so that sending twice is the same as once. */
import { z } from 'zod';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { WsMessage, WsRow } from '../../core/crm/ws-rows.js';
import type { CrmMessage } from '../../core/crm-ports.js';
import type { CrmSent } from '../../core/services/crm-delivery.js';
import { customerWith } from './responsible-sources.js';
import { cutOff } from './teller-parts.js';
import { callsModule, WsError, type WebService, type WsFailure } from './web-service.js';

/** users looked up by their extension are asked for again after so long */
const userMsMax = 600_000;
const usersMax = 2_000;
/** the CRM calls a customer's module so in a call */
const idPattern = /^\d+x\d+$/;

export interface WsSender {
  send(message: Pick<CrmMessage, 'payload'>): Promise<CrmSent>;
}

/** As they stand in the outbox. */
export const wsPayload = ({ event, row }: WsMessage): { readonly event: string; readonly payload: string } => ({
  event,
  payload: JSON.stringify(row),
});

export const isWsMessage = ({ event }: Pick<CrmMessage, 'event'>): boolean => event.startsWith('ws.');
/** Looked for first, and made: a second at the same time would not find it either. */
export const isWsMaking = ({ event }: Pick<CrmMessage, 'event'>): boolean => event === 'ws.create';

const rowSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
  fields: z.record(z.string(), z.string()),
  extension: z.string(),
  owner: z.string(),
});

export function createWsSender(binding: CrmBinding, service: WebService, nowMs: () => number): WsSender {
  const users = new Map<string, { readonly id: string; readonly atMs: number }>();

  async function send(row: WsRow): Promise<CrmSent> {
    const [found] = await service.query(`select id from ${callsModule} where sourceuuid='${row.id}' limit 1;`);
    const { fields } = await service.describe(callsModule);
    const user = await userOf(row.extension);
    const known = Object.fromEntries(Object.entries(row.fields).filter(([name]) => fields.size === 0 || fields.has(name)));
    const id = found?.['id'];
    if (typeof id === 'string' && idPattern.test(id)) {
      // whom the CRM has given it to meanwhile keeps it, unless somebody talked
      const owned = user === '' ? {} : { user, assigned_user_id: user };
      return sentOf(await service.ask('POST', 'revise', [['element', JSON.stringify({ ...known, ...owned, id })]]));
    }
    const owner = user || (await userOf(row.owner)) || (await service.ownUser());
    const element = {
      ...known,
      sourceuuid: row.id,
      ...(user !== '' && { user }),
      assigned_user_id: owner,
      ...(await customerOf(row)),
    };
    return sentOf(
      await service.ask('POST', 'create', [
        ['elementType', callsModule],
        ['element', JSON.stringify(element)],
      ]),
    );
  }

  async function customerOf(row: WsRow): Promise<object> {
    try {
      const found = await customerWith(service, row.fields['customernumber'] ?? '');
      return found ? { customer: found.record, customertype: found.module } : {};
    } catch (error) {
      // an account that may not see contacts can still tell of calls, and a table that is too large for the question hides none
      if (error instanceof WsError && (error.reply.kind === 'refused' || error.reply.kind === 'cut')) return {};
      throw error;
    }
  }

  /** `19x5`; '' = none. */
  async function userOf(extension: string): Promise<string> {
    if (!/^[A-Za-z0-9_.+*#-]{1,40}$/.test(extension)) return '';
    const given = Object.hasOwn(binding.crm_users, extension) ? (binding.crm_users[extension] ?? '') : '';
    if (idPattern.test(given)) return given;
    if (/^\d+$/.test(given)) return `${(await service.describe('Users')).idPrefix}x${given}`;
    const known = users.get(extension);
    if (known && nowMs() - known.atMs < userMsMax) return known.id;
    const [found] = await service.query(`select id from Users where phone_crm_extension='${extension}' limit 1;`);
    const id = typeof found?.['id'] === 'string' && idPattern.test(found['id']) ? found['id'] : '';
    users.delete(extension);
    users.set(extension, { id, atMs: nowMs() });
    for (const oldest of users.keys()) {
      if (users.size <= usersMax) break;
      users.delete(oldest);
    }
    return id;
  }

  return {
    async send({ payload }) {
      const row = rowSchema.safeParse(JSON.parse(payload));
      if (!row.success) return { kind: 'rejected', problem: 'is no row of the web service' };
      try {
        return await send(row.data);
      } catch (error) {
        if (!(error instanceof WsError)) throw error;
        return failedOf(error.reply);
      }
    },
  };
}

const sentOf = (reply: Awaited<ReturnType<WebService['ask']>>): CrmSent =>
  reply.kind === 'done' ? { kind: 'delivered' } : failedOf(reply);

function failedOf(reply: WsFailure): CrmSent {
  switch (reply.kind) {
    case 'auth':
      return { kind: 'auth' };
    case 'unsent':
      return { kind: 'unsent', problem: reply.problem };
    case 'cut':
      return cutOff(reply);
    case 'refused':
      return { kind: 'rejected', problem: reply.problem };
  }
}
