/** Requests in the convention of Gravitel and MegaFon (crm-vtiger 12): a form with a token, and the question for a contact. */
import { z } from 'zod';
import type { CrmBinding } from '../../core/crm/binding.js';
import { channelOfExtension } from '../../core/crm/click-to-call.js';
import { gravitelMessages } from '../../core/crm/gravitel-messages.js';
import type { GravitelMessage } from '../../core/crm/gravitel-messages.js';
import { rewritten } from '../../core/crm/values.js';
import type { Responsible, ResponsibleSource } from '../../core/crm-ports.js';
import { TandemError } from '../../core/errors.js';
import type { CrmSent } from '../../core/services/crm-delivery.js';
import { cutOff, isGateway, linkMaker, tellUndeliverable, type BindingTeller, type TellerDeps } from './teller-parts.js';
import { formBody, type CrmPost, type CrmReply } from './post.js';
import { jsonOf } from './web-service.js';

const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8', accept: 'application/json' };

export function gravitelTeller(binding: CrmBinding, deps: TellerDeps): BindingTeller {
  const linkOf = linkMaker(binding, deps.nowMs);
  const view = {
    internalCalls: binding.internal_calls,
    rules: binding.numbers_to_crm,
    shortNumbers: new Set(binding.short_numbers),
    missedOwner: binding.missed_owner,
    knows: (extension: string) => channelOfExtension(binding, extension) !== undefined,
    userOf: (extension: string) => userOf(binding, extension),
    linkOf,
  };
  return {
    name: binding.name,
    messagesOf(notice) {
      const { number } = notice.call.customer;
      if (notice.type === 'call-started' && notice.call.direction === 'inbound') deps.expectOwner(number);
      const { messages, undeliverable } = gravitelMessages(view, notice, deps.ownerOf(number));
      if (undeliverable) tellUndeliverable(binding.name, undeliverable, deps);
      return messages.map((message) => ({ event: nameOf(message), payload: JSON.stringify(message) }));
    },
    async send({ payload }) {
      const body = formBody([...(JSON.parse(payload) as GravitelMessage), ['crm_token', binding.secret]]);
      return sentOf(await deps.post({ url: binding.crm_url ?? '', method: 'POST', headers, body }));
    },
    isRepeatable: () => true,
    makesRow: () => false,
  };
}

/** `event INCOMING`, `history in` */
const nameOf = ([cmd, type]: GravitelMessage): string => `${cmd?.[1] ?? ''} ${type?.[1] ?? ''}`;

const userOf = ({ crm_users: users }: CrmBinding, extension: string): string =>
  (Object.hasOwn(users, extension) ? users[extension] : undefined) ?? extension;

function sentOf(reply: CrmReply): CrmSent {
  if (reply.kind === 'unsent') return reply;
  if (reply.kind === 'cut') return cutOff(reply);
  const { status } = reply;
  const problem = `${String(status)} ${reply.body.replace(/\p{C}/gu, ' ').slice(0, 200)}`.trim();
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 401 || status === 403) return { kind: 'auth' };
  if (status === 429) return { kind: 'unsent', problem };
  return status >= 500 ? { kind: 'ambiguous', problem, isEmpty5xx: false, isAway: isGateway(status) } : { kind: 'rejected', problem };
}

const contact = z.looseObject({
  contact_name: z.string().nullish(),
  responsible: z.union([z.string(), z.number()]).nullish(),
});

/** `cmd=contact`: the CRM's name of the customer, and of who is responsible. */
export function gravitelSource(binding: CrmBinding, post: CrmPost): ResponsibleSource {
  const failed = (reason: string): TandemError => new TandemError('TDM_REMOTE_FAILED', [binding.name, reason]);
  return {
    async find(number): Promise<Responsible> {
      const body = formBody([
        ['cmd', 'contact'],
        ['phone', rewritten(number, binding.numbers_to_crm)],
        // some ask for whom, and a call has nobody yet
        ['user', userOf(binding, binding.missed_owner)],
        ['crm_token', binding.secret],
      ]);
      const reply = await post({ url: binding.crm_url ?? '', method: 'POST', headers, body });
      if (reply.kind !== 'answer') throw failed(reply.problem);
      if (reply.status < 200 || reply.status > 299) throw failed(`status ${String(reply.status)}`);
      const answer = contact.safeParse(reply.body.trim() === '' ? {} : jsonOf(reply.body));
      if (!answer.success) throw failed('cmd=contact is answered by something else');
      const { contact_name: customer, responsible } = answer.data;
      const user = String(responsible ?? '');
      const known = { name: '', record: '', ...(customer ? { customerName: customer } : {}) };
      if (user === '') return { status: customer ? 'NOUSER' : 'NOTFOUND', extension: '', ...known };
      const extension = Object.entries(binding.crm_users).find(([, name]) => name === user)?.[0] ?? user;
      if (channelOfExtension(binding, extension) === undefined) return { status: 'NOUSER', extension: '', ...known };
      return { status: 'FOUND', extension, ...known };
    },
  };
}
