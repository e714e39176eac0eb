/** The journal's news for any other CRM: JSON of crm-vtiger 12, sent as Standard Webhooks. */
import { talkMsOfCall } from '../journal/call.js';
import type { JournalCall } from '../journal/call.js';
import type { JournalNotice } from '../journal/notices.js';
import { cleanNumber, label, rewritten } from './values.js';
import type { NumberRule } from './values.js';

export type CallEventType =
  | 'call.started'
  | 'call.ringing'
  | 'call.answered'
  | 'call.transferred'
  | 'call.missed'
  | 'call.ended'
  | 'call.recording_ready'
  | 'agent.no_answer';

export interface CallEvent {
  readonly type: CallEventType;
  /** ISO 8601 UTC */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface CallEventOptions {
  /** undefined: recordings have no address */
  readonly linkOf: (callId: string) => string | undefined;
  readonly rules: readonly NumberRule[];
  /** the CRM's name of who has this extension; undefined: not known */
  readonly userOf?: (extension: string) => string | undefined;
}

const types: Readonly<Record<JournalNotice['type'], CallEventType | undefined>> = {
  'call-started': 'call.started',
  'leg-ringing': 'call.ringing',
  'leg-answered': 'call.answered',
  'leg-ended': undefined,
  'call-transferred': 'call.transferred',
  'call-ended': 'call.ended',
  'recording-ready': 'call.recording_ready',
  'agent-no-answer': 'agent.no_answer',
};

/** None, one, or two: a call that nobody took is `call.missed` and `call.ended`. */
export function callEvent(notice: JournalNotice, atMs: number, options: CallEventOptions): readonly CallEvent[] {
  const type = types[notice.type];
  if (type === undefined) return [];
  const timestamp = isoTime(atMs);
  const data = { ...factsOf(notice.call, atMs, options), ...ownFacts(notice, options) };
  const event: CallEvent = { type, timestamp, data };
  const isMissed = notice.type === 'call-ended' && notice.call.direction === 'inbound' && notice.call.outcome !== 'answered';
  return isMissed ? [{ ...event, type: 'call.missed' }, event] : [event];
}

function ownFacts(notice: JournalNotice, { linkOf, userOf }: CallEventOptions): Readonly<Record<string, unknown>> {
  switch (notice.type) {
    case 'leg-ringing':
    case 'leg-answered':
      return { agent: agentOf(notice.leg.extension, userOf) };
    case 'call-transferred':
      return { transfer: { from: notice.transfer.from, to: cleanNumber(notice.transfer.to), kind: notice.transfer.kind } };
    case 'recording-ready':
      return { agent: agentOf(notice.extension, userOf), recordingUrl: linkOf(notice.call.id) };
    case 'agent-no-answer':
      return { reason: notice.reason };
    default:
      return {};
  }
}

/** `crmUserId` is left out where it is not known. */
const agentOf = (extension: string, userOf: CallEventOptions['userOf']): Readonly<Record<string, unknown>> => ({
  extension,
  crmUserId: userOf?.(extension),
});

function factsOf(call: JournalCall, atMs: number, { rules, userOf }: CallEventOptions): Readonly<Record<string, unknown>> {
  const endMs = call.endedAtMs ?? atMs;
  const talker = call.legs.find((leg) => leg.id === call.talker);
  return {
    callId: call.id,
    direction: call.direction,
    state: call.state,
    outcome: call.outcome,
    origin: call.origin === '' ? undefined : label(call.origin),
    customer: { number: rewritten(cleanNumber(call.customer.number), rules), name: label(call.customer.name) },
    agent: talker && agentOf(talker.extension, userOf),
    legs: call.legs
      .filter((leg) => leg.isTold)
      .map((leg) => ({
        extension: leg.extension,
        kind: leg.kind,
        number: cleanNumber(leg.number),
        startedAt: isoTime(leg.startedAtMs),
        answeredAt: leg.answeredAtMs === undefined ? undefined : isoTime(leg.answeredAtMs),
        endedAt: leg.endedAtMs === undefined ? undefined : isoTime(leg.endedAtMs),
        outcome: leg.outcome,
      })),
    line: { did: cleanNumber(call.line.did), queue: label(call.line.queue) },
    startedAt: isoTime(call.startedAtMs),
    answeredAt: call.answeredAtMs === undefined ? undefined : isoTime(call.answeredAtMs),
    endedAt: call.endedAtMs === undefined ? undefined : isoTime(call.endedAtMs),
    durationSec: Math.max(0, Math.floor((endMs - call.startedAtMs) / 1000)),
    talkSec: Math.floor(talkMsOfCall(call, endMs) / 1000),
    cluster: call.switch,
  };
}

const isoTime = (ms: number): string => new Date(ms).toISOString();
