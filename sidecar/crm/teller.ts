/** A binding as the journal and its delivery see it: what it is told of, and how that is sent. */
import { joinUrl } from '../../core/crm/binding.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import { callEvent } from '../../core/crm/call-event.js';
import { channelOfExtension } from '../../core/crm/click-to-call.js';
import { vtigerMessages } from '../../core/crm/vtiger-messages.js';
import type { VtigerBinding, VtigerMessage } from '../../core/crm/vtiger-messages.js';
import { judgeReply } from '../../core/crm/vtiger-reply.js';
import type { CrmMessage } from '../../core/crm-ports.js';
import type { Log, Meter } from '../../core/ports.js';
import type { CrmTeller } from '../../core/services/crm-journal.js';
import type { CrmSent } from '../../core/services/crm-delivery.js';
import { webhookHeaders } from '../standard-webhook.js';
import { recordingLink } from './links.js';
import { formBody, type CrmPost, type CrmReply } from './post.js';

export interface TellerDeps {
  readonly post: CrmPost;
  readonly nowMs: () => number;
  /** extension of the user who is responsible for this customer, where it is known by now */
  readonly ownerOf: (number: string) => string | undefined;
  /** a customer has called: it may be asked for later */
  readonly expectOwner: (number: string) => void;
  readonly log: Log;
  readonly meter: Meter;
}

export interface BindingTeller extends CrmTeller {
  send(message: CrmMessage): Promise<CrmSent>;
  isRepeatable(message: CrmMessage): boolean;
}

/** undefined: this dialect is told of nothing. */
export function createTeller(binding: CrmBinding, deps: TellerDeps): BindingTeller | undefined {
  switch (binding.dialect) {
    case 'vtiger':
    case 'vtiger-sp':
      return vtigerTeller(binding, binding.dialect, deps);
    case 'webhook':
      return webhookTeller(binding, deps);
    default:
      return undefined;
  }
}

function vtigerTeller(binding: CrmBinding, edition: VtigerBinding['edition'], deps: TellerDeps): BindingTeller {
  const view: VtigerBinding = {
    edition,
    zone: binding.timezone,
    internalCalls: binding.internal_calls,
    missedOwner: binding.missed_owner,
    rules: binding.numbers_to_crm,
    shortNumbers: new Set(binding.short_numbers),
    knows: (extension) => channelOfExtension(binding, extension) !== undefined,
    linkOf: (callId) => recordingLink(binding.public_url ?? '', binding.secret, callId, deps.nowMs(), binding.recordings.link_days),
  };
  const url = joinUrl(binding.crm_url ?? '', binding.callback_path);
  return {
    name: binding.name,
    messagesOf(notice) {
      if (notice.type === 'recording-ready' && binding.public_url === undefined) return [];
      if (notice.type === 'call-started' && notice.call.direction === 'inbound' && edition === 'vtiger-sp')
        deps.expectOwner(notice.call.customer.number);
      const { messages, undeliverable } = vtigerMessages(view, notice, deps.ownerOf(notice.call.customer.number));
      if (undeliverable) {
        deps.meter.count('tandem_crm_undeliverable_total', { binding: binding.name });
        deps.log.warn(
          { binding: binding.name, call: undeliverable.callId, reason: undeliverable.reason },
          'the CRM cannot be told of a call',
        );
      }
      return messages.map((message) => ({ event: message[0]?.[1] ?? '', payload: JSON.stringify(message) }));
    },
    async send({ payload }) {
      const fields = JSON.parse(payload) as VtigerMessage;
      const body = formBody([['vtigersignature', binding.secret], ...fields]);
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
      return vtigerSent(await deps.post({ url, method: 'POST', headers, body }));
    },
    isRepeatable: ({ event }) => event !== 'StartApp' || edition === 'vtiger-sp',
  };
}

function vtigerSent(reply: CrmReply): CrmSent {
  if (reply.kind === 'unsent') return reply;
  if (reply.kind === 'cut') return { kind: 'ambiguous', problem: reply.problem, isEmpty5xx: false };
  const verdict = judgeReply(reply.status, reply.body);
  switch (verdict.kind) {
    case 'delivered':
    case 'auth':
      return { kind: verdict.kind };
    case 'rejected':
      return { kind: 'rejected', problem: verdict.detail };
    case 'ambiguous':
      return { kind: 'ambiguous', problem: verdict.detail, isEmpty5xx: reply.body.trim() === '' };
  }
}

function webhookTeller(binding: CrmBinding, deps: TellerDeps): BindingTeller {
  const linkOf = (callId: string): string | undefined =>
    binding.public_url === undefined
      ? undefined
      : recordingLink(binding.public_url, binding.secret, callId, deps.nowMs(), binding.recordings.link_days);
  return {
    name: binding.name,
    messagesOf: (notice, atMs) =>
      notice.call.direction === 'internal' && binding.internal_calls === 'off'
        ? []
        : callEvent(notice, atMs, { linkOf, rules: binding.numbers_to_crm }).map((event) => ({
            event: event.type,
            payload: JSON.stringify(event),
          })),
    async send({ id, payload: body }) {
      const headers = {
        'content-type': 'application/json',
        ...webhookHeaders(binding.secret, { id: `crm_${String(id)}`, body }, deps.nowMs()),
      };
      const reply = await deps.post({ url: binding.crm_url ?? '', method: 'POST', headers, body });
      if (reply.kind === 'unsent') return reply;
      if (reply.kind === 'cut') return { kind: 'ambiguous', problem: reply.problem, isEmpty5xx: false };
      const { status } = reply;
      if (status >= 200 && status < 300) return { kind: 'delivered' };
      if (status === 401 || status === 403 || status === 410) return { kind: 'auth' };
      if (status >= 500 || status === 429) return { kind: 'unsent', problem: `status ${String(status)}` };
      return { kind: 'rejected', problem: `status ${String(status)}` };
    },
    isRepeatable: () => true,
  };
}
