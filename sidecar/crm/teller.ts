/** A binding as the journal and its delivery see it: what it is told of, and how that is sent. */
import type { CrmBinding } from '../../core/crm/binding.js';
import { asSeenBy, isCallOf, isToldTo } from '../../core/crm/ownership.js';
import { channelOfExtension } from '../../core/crm/click-to-call.js';
import { vtigerMessages } from '../../core/crm/vtiger-messages.js';
import type { VtigerBinding, VtigerMessage } from '../../core/crm/vtiger-messages.js';
import { calleeMessages, missedMessage, wsMessages } from '../../core/crm/ws-rows.js';
import type { WsView } from '../../core/crm/ws-rows.js';
import type { JournalNotice } from '../../core/journal/notices.js';
import type { CrmSent } from '../../core/services/crm-delivery.js';
import { gravitelTeller } from './teller-gravitel.js';
import { linkMaker, tellUndeliverable, type BindingTeller, type TellerDeps } from './teller-parts.js';
import { webhookTeller } from './teller-webhook.js';
import { createWsSender, isWsMaking, isWsMessage, wsPayload } from './teller-ws.js';
import { createVtigerSender } from './vtiger-sender.js';

/** undefined: this dialect is told of nothing. */
export function createTeller(binding: CrmBinding, deps: TellerDeps): BindingTeller | undefined {
  const teller = tellerOfDialect(binding, deps);
  return (
    teller && {
      ...teller,
      takes: (call) => isToldTo(binding, call),
      messagesOf(notice, atMs) {
        const seen = asSeenBy(binding, notice);
        return seen ? teller.messagesOf(seen, atMs) : [];
      },
    }
  );
}

function tellerOfDialect(binding: CrmBinding, deps: TellerDeps): BindingTeller | undefined {
  switch (binding.dialect) {
    case 'vtiger':
    case 'vtiger-sp':
      return vtigerTeller(binding, binding.dialect, deps);
    case 'vtiger-ws':
      return wsTeller(binding, deps);
    case 'webhook':
      return webhookTeller(binding, deps);
    case 'gravitel':
      return gravitelTeller(binding, deps);
    case 'yetiforce':
      return undefined;
  }
}

function vtigerTeller(binding: CrmBinding, edition: VtigerBinding['edition'], deps: TellerDeps): BindingTeller {
  const view: VtigerBinding = { edition, ...viewOf(binding, deps) };
  const rows = deps.service && createWsSender(binding, deps.service, deps.nowMs);
  const tell = createVtigerSender(binding, edition, deps);
  return {
    name: binding.name,
    messagesOf(notice, atMs) {
      if (isUnheard(binding, notice)) return [];
      if (edition === 'vtiger-sp') expectCaller(notice, deps);
      const { messages, undeliverable } = vtigerMessages(view, notice, deps.ownerOf(notice.call.customer.number));
      const told = messages.map((message) => ({ event: message[0]?.[1] ?? '', payload: JSON.stringify(message) }));
      const isMissed = undeliverable !== undefined && notice.type === 'call-ended';
      if (undeliverable && !(isMissed && rows)) tellUndeliverable(binding.name, undeliverable, deps);
      if (!rows || notice.type !== 'call-ended') return told;
      const more = [...(isMissed ? [missedMessage(view, notice.call, atMs)] : []), ...calleeMessages(view, notice.call, atMs)];
      return [...told, ...more.map(wsPayload)];
    },
    async send(message) {
      if (isWsMessage(message)) return rows ? besideCallback(await rows.send(message)) : withoutService;
      return tell(JSON.parse(message.payload) as VtigerMessage);
    },
    isRepeatable: ({ event }) => event !== 'StartApp' || edition === 'vtiger-sp',
    // four at the same time left two rows
    makesRow: (message) => message.event === 'DialBegin' || isWsMaking(message),
  };
}

/** A link would lead nowhere: there is no public address, or the call is another CRM's. */
const isUnheard = (binding: CrmBinding, { type, call }: JournalNotice): boolean =>
  type === 'recording-ready' && (binding.public_url === undefined || !isCallOf(binding, call));

/** The account of the web service is another one than the callback's key: when it is refused, calls are told all the same. */
const besideCallback = (sent: CrmSent): CrmSent =>
  sent.kind === 'auth' ? { kind: 'rejected', problem: 'the web service refuses the account of ws' } : sent;
const withoutService: CrmSent = { kind: 'rejected', problem: 'the binding has no ws any more' };

function wsTeller(binding: CrmBinding, deps: TellerDeps): BindingTeller {
  const view = viewOf(binding, deps);
  const rows = deps.service && createWsSender(binding, deps.service, deps.nowMs);
  return {
    name: binding.name,
    messagesOf(notice, atMs) {
      if (isUnheard(binding, notice)) return [];
      expectCaller(notice, deps);
      return wsMessages(view, notice, atMs, deps.ownerOf(notice.call.customer.number)).map(wsPayload);
    },
    send: (message) => (rows ? rows.send(message) : Promise.resolve(withoutService)),
    isRepeatable: () => true,
    makesRow: isWsMaking,
  };
}

function viewOf(binding: CrmBinding, deps: TellerDeps): WsView {
  const linkOf = linkMaker(binding, deps.nowMs);
  return {
    zone: binding.timezone,
    internalCalls: binding.internal_calls,
    missedOwner: binding.missed_owner,
    rules: binding.numbers_to_crm,
    shortNumbers: new Set(binding.short_numbers),
    knows: (extension) => channelOfExtension(binding, extension) !== undefined,
    linkOf: (callId) => linkOf(callId) ?? '',
  };
}

/** Asked when a call begins, so that it is known when nobody has taken it. */
function expectCaller({ type, call }: JournalNotice, { expectOwner }: TellerDeps): void {
  if (type === 'call-started' && call.direction === 'inbound') expectOwner(call.customer.number);
}
