/** What the voice connector is told of a contact that is over (dialer.md A17.4): one message for each. */
import type { Campaign, DialerSettings } from './campaign.js';
import type { OutboxMessage } from './changes.js';
import { callIdOf } from './contact.js';
import type { Contact } from './contact.js';
import type { CallResult } from './words.js';

export interface CallOutcome {
  readonly callId: string;
  readonly contact: Contact;
  readonly callResult: string;
  readonly result: CallResult;
  /** Unix ms, each */
  readonly placedAtMs: number | undefined;
  readonly answeredAtMs: number | undefined;
  readonly bridgedAtMs: number | undefined;
  readonly endedAtMs: number;
  readonly agent: string | undefined;
}

type Settings = Pick<DialerSettings, 'voiceConnector' | 'serviceIdentifier'>;

/**
 * None where nobody listens. `n` ends the message's key: two with the same call and `n` are one. `contactId`, `customerNumber`
 * and `serviceIdentifier` are beside the fields of A17.4: the delivery notification names them. Its `originalMessageId` is the
 * contact's, also where this was not the first call to it and `uuid` has a number behind it.
 */
export function resultMessages(
  settings: Settings,
  { agentSource }: Pick<Campaign, 'agentSource'>,
  outcome: CallOutcome,
  n: number,
): readonly OutboxMessage[] {
  if (agentSource !== 'connector' && settings.voiceConnector === '') return [];
  const { contact, endedAtMs } = outcome;
  const talkFromMs = outcome.bridgedAtMs ?? (outcome.result === 'CONNECTED_IVR' ? outcome.answeredAtMs : undefined);
  return [
    {
      key: `${outcome.callId}:call-result:${String(n)}`,
      kind: 'call-result',
      body: {
        uuid: outcome.callId,
        campaignId: contact.campaignId,
        campaignContactId: contact.campaignContactId ?? '',
        callResult: outcome.callResult,
        result: outcome.result,
        answered: outcome.answeredAtMs !== undefined,
        dialTime: isoOf(outcome.placedAtMs),
        answerTime: isoOf(outcome.answeredAtMs),
        endTime: isoOf(endedAtMs),
        talkSeconds: talkFromMs === undefined ? 0 : Math.max(0, Math.round((endedAtMs - talkFromMs) / 1000)),
        agentId: outcome.agent ?? null,
        contactId: contact.id,
        customerNumber: contact.customerNumber,
        serviceIdentifier: settings.serviceIdentifier,
      },
    },
  ];
}

/**
 * Of a contact that ended while it waited: by a gate, or with its end time. `result` says why, also where the reference has
 * the cause of a call. Its key has the moment: a contact that was brought back may end so again.
 */
export function waitingEndedMessage(
  settings: Settings,
  campaign: Pick<Campaign, 'agentSource'>,
  contact: Contact,
  result: CallResult,
  nowMs: number,
): OutboxMessage | undefined {
  const none = { answeredAtMs: undefined, bridgedAtMs: undefined, agent: undefined };
  const callId = callIdOf(contact.id, contact.dials);
  const outcome = { ...none, callId, contact, callResult: result, result, placedAtMs: contact.dialTimeMs, endedAtMs: nowMs };
  return resultMessages(settings, campaign, outcome, nowMs)[0];
}

const isoOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
