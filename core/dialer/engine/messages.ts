/** Messages to the voice connector (dialer.md A17): bodies and idempotency keys. */
import type { Campaign } from '../campaign.js';
import type { Contact } from '../contact.js';
import type { OutboxMessage } from '../engine-words.js';
import { resultMessages } from '../result-messages.js';
import type { CallOutcome } from '../result-messages.js';
import { invalidGateway } from '../words.js';
import type { CallResult } from '../words.js';
import type { Call } from './call.js';
import type { DialerWorld } from './world.js';

/** A17.1 */
export function agentRequestBody(w: DialerWorld, call: Call): Readonly<Record<string, unknown>> {
  const { contact } = call;
  const queueType = queueTypeOf(contact);
  return {
    callUid: call.id,
    eslHost: w.settings.domain,
    callingNumber: call.number,
    serviceIdentifier: w.settings.serviceIdentifier,
    queueType,
    queue: queueType === 'ID' ? (contact.resourceId ?? '') : (contact.queueName ?? call.queue),
    resourceId: contact.resourceId ?? '',
    routingMode: contact.routingMode ?? 'QUEUE',
    priority: contact.priority,
    direction: 'OUTBOUND',
    callSipId: call.id,
    dialingMode: contact.dialingMode ?? call.mode,
    campaignId: contact.campaignId,
    campaignContactId: contact.campaignContactId ?? '',
  };
}

/** `ID` where the queue is only given by its id (A10, ours); with `AGENT` that id is an agent's. */
export const queueTypeOf = ({ queueName, resourceId, routingMode }: Contact): 'NAME' | 'ID' =>
  !queueName && resourceId && routingMode !== 'AGENT' ? 'ID' : 'NAME';

/** Reasons of A17.3, and ours for a call that was not answered and will be tried again: its agent is free. */
export type EndChatReason = 'GATEWAY_DOWN' | 'GATEWAY_INVALID' | 'CUSTOMER_DROPPED' | 'SWITCH_DOWN' | 'LATE_RESERVATION' | 'NOT_REACHED';

/** A17.3; one for each agent of a call, however often it is found to be over. */
export function endChatMessages(
  w: DialerWorld,
  about: { readonly callId: string; readonly customerNumber: string; readonly agentExtension: string },
  reason: EndChatReason,
): readonly OutboxMessage[] {
  const { callId, customerNumber, agentExtension } = about;
  const told = w.endChats.get(callId) ?? [];
  if (told.includes(agentExtension) || told.length >= endChatsMax) return [];
  w.endChats.set(callId, [...told, agentExtension]);
  const { serviceIdentifier } = w.settings;
  return [
    {
      // the same contact may be claimed again under this id, so its number is the moment
      key: `${callId}:end-chat:${w.nowMs}-${told.length + 1}`,
      kind: 'end-chat',
      body: { uuid: callId, reason, agentExtension, customerNumber, serviceIdentifier },
    },
  ];
}

/** Agents that are freed for one call, at most. */
const endChatsMax = 10;

/** A17.4, of a contact that is over after this call. None where nobody listens. */
export const callResultMessages = (w: DialerWorld, campaign: Campaign, outcome: CallOutcome): readonly OutboxMessage[] =>
  resultMessages(w.settings, campaign, outcome, 1);

/** Of a contact that fails without a call. */
export const resultOfFailure = (callResult: string): CallResult => (callResult === invalidGateway ? 'CARRIER_ERROR' : 'INTERNAL_ERROR');

/** Of a call whose contact fails without having been called. */
export const failedMessages = (w: DialerWorld, call: Call, callResult: string): readonly OutboxMessage[] =>
  callResultMessages(w, w.campaignOf(call), {
    ...{ callId: call.id, contact: call.contact, callResult, result: resultOfFailure(callResult), agent: undefined },
    ...{ placedAtMs: undefined, answeredAtMs: undefined, bridgedAtMs: undefined, endedAtMs: w.nowMs },
  });
