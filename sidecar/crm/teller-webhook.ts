/** Signed JSON for any other CRM (crm-vtiger 12), in the form of Standard Webhooks, and the question for a customer. */
import type { CrmBinding } from '../../core/crm/binding.js';
import { callEvent } from '../../core/crm/call-event.js';
import { channelOfExtension } from '../../core/crm/click-to-call.js';
import { customerReply, replyMsMax, responsibleOf } from '../../core/crm/customer-reply.js';
import type { CustomerReply } from '../../core/crm/customer-reply.js';
import { rewritten } from '../../core/crm/values.js';
import type { ResponsibleSource } from '../../core/crm-ports.js';
import { TandemError } from '../../core/errors.js';
import type { JournalCall } from '../../core/journal/call.js';
import type { CrmSent } from '../../core/services/crm-delivery.js';
import { webhookHeaders } from '../standard-webhook.js';
import type { CrmPost, CrmReply } from './post.js';
import { cutOff, isGateway, linkMaker, type BindingTeller, type TellerDeps } from './teller-parts.js';
import { jsonOf } from './web-service.js';

/** new calls whose answer may still come */
const newCallsMax = 2_000;

/** One signed request; while the key is changed it has two signatures. */
export function postWebhook(
  binding: CrmBinding,
  post: CrmPost,
  { id, body }: { readonly id: string; readonly body: string },
  nowMs: number,
) {
  const secrets = [binding.secret, ...(binding.secret_previous === undefined ? [] : [binding.secret_previous])];
  const headers = { 'content-type': 'application/json', ...webhookHeaders(secrets, { id, body }, nowMs) };
  return post({ url: binding.crm_url ?? '', method: 'POST', headers, body });
}

export function webhookTeller(binding: CrmBinding, deps: TellerDeps): BindingTeller {
  const linkOf = linkMaker(binding, deps.nowMs);
  const { crm_users: users } = binding;
  const userOf = (extension: string): string | undefined => (Object.hasOwn(users, extension) ? users[extension] : undefined);
  /** of new calls, as the switch says it: a rewritten one would not be found again */
  const numbers = new Map<string, string>();

  function expectReply({ id, customer }: JournalCall): void {
    numbers.set(id, customer.number);
    for (const oldest of numbers.keys()) {
      if (numbers.size <= newCallsMax) break;
      numbers.delete(oldest);
    }
  }

  return {
    name: binding.name,
    messagesOf(notice, atMs) {
      if (notice.call.direction === 'internal' && binding.internal_calls === 'off') return [];
      if (notice.type === 'call-started') expectReply(notice.call);
      const events = callEvent(notice, atMs, { linkOf, rules: binding.numbers_to_crm, userOf });
      return events.map((event) => ({ event: event.type, payload: JSON.stringify(event) }));
    },
    async send({ id, callId, event, payload: body }) {
      const sentAtMs = deps.nowMs();
      const reply = await postWebhook(binding, deps.post, { id: `crm_${String(id)}`, body }, sentAtMs);
      const sent = sentOf(reply);
      if (event !== 'call.started' || sent.kind !== 'delivered') return sent;
      const number = numbers.get(callId);
      numbers.delete(callId);
      const told = reply.kind === 'answer' && deps.nowMs() - sentAtMs <= replyMsMax ? replyOf(reply.body) : undefined;
      if (told && number !== undefined) deps.learn(number, told);
      return sent;
    },
    isRepeatable: () => true,
    makesRow: () => false,
  };
}

const replyOf = (body: string): CustomerReply | undefined => (body.trim() === '' ? undefined : customerReply(jsonOf(body)));

function sentOf(reply: CrmReply): CrmSent {
  if (reply.kind === 'unsent') return reply;
  if (reply.kind === 'cut') return cutOff(reply);
  const { status } = reply;
  const problem = `status ${String(status)}`;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone' };
  if (status === 401 || status === 403) return { kind: 'auth' };
  if (status === 429) return { kind: 'unsent', problem };
  return status >= 500 ? { kind: 'ambiguous', problem, isEmpty5xx: false, isAway: isGateway(status) } : { kind: 'rejected', problem };
}

/** `customer.lookup`, signed like the others and answered like `call.started`; not kept: an answer that comes late is of no use. */
export function webhookSource(binding: CrmBinding, post: CrmPost, nowMs: () => number): ResponsibleSource {
  let asked = 0;
  const knows = (extension: string): boolean => channelOfExtension(binding, extension) !== undefined;
  return {
    async find(asKnownHere) {
      const number = rewritten(asKnownHere, binding.numbers_to_crm);
      const atMs = nowMs();
      const body = JSON.stringify({ type: 'customer.lookup', timestamp: new Date(atMs).toISOString(), data: { customer: { number } } });
      const reply = await postWebhook(binding, post, { id: `lookup_${atMs.toString(36)}_${(++asked).toString(36)}`, body }, atMs);
      if (reply.kind !== 'answer') throw new TandemError('TDM_REMOTE_FAILED', [binding.name, reply.problem]);
      if (reply.status < 200 || reply.status > 299)
        throw new TandemError('TDM_REMOTE_FAILED', [binding.name, `status ${String(reply.status)}`]);
      const told = replyOf(reply.body);
      return told ? responsibleOf(told, knows) : { status: 'NOTFOUND', extension: '', name: '', record: '' };
    },
  };
}
