/**
 * The journal's news for whoever reads the event feed (B25, B30): every call whose telephones the connector knows, of queues
 * or not, in the words of no CRM. The queue engine's own events tell of places in queues and of agents' states; these tell
 * of calls.
 */
import { talkMsOfCall } from '../journal/call.js';
import type { JournalCall, Leg, LegOutcome, Outcome } from '../journal/call.js';
import type { JournalNotice } from '../journal/notices.js';
import { cleanNumber, label } from './values.js';

export const callNewsTypes = [
  'call.started',
  'call.ringing',
  'call.answered',
  'call.transferred',
  'call.missed',
  'call.ended',
  'call.recording_ready',
] as const;

export type CallNewsType = (typeof callNewsTypes)[number];

export interface CallNewsLeg {
  readonly extension: string;
  readonly agent: string | undefined;
  readonly kind: Leg['kind'];
  readonly startedAtMs: number;
  readonly answeredAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  readonly outcome: LegOutcome | undefined;
}

/** What a CRM knows of the customer. */
export interface CustomerRecord {
  readonly record: string;
  /** link to it; '' = cannot be made */
  readonly url: string;
  /** '' = not known */
  readonly name: string;
  /** extension and name of the person who is responsible; '' = nobody */
  readonly responsible: { readonly extension: string; readonly name: string };
}

/** As it is stored; `id` and what the CRM knows are added when it is told. */
export interface NewCallNews {
  readonly type: CallNewsType;
  /** of the call, as in the journal and in the CRM */
  readonly call: string;
  readonly direction: JournalCall['direction'];
  readonly state: JournalCall['state'];
  readonly outcome: Outcome | undefined;
  /** `crm`, `dialer`, `callback`; undefined: somebody dialled */
  readonly origin: string | undefined;
  readonly campaign: string | undefined;
  readonly contact: string | undefined;
  readonly customer: { readonly number: string; readonly name: string };
  readonly lead: number | undefined;
  /** of the queues; undefined: none, or not known */
  readonly agent: string | undefined;
  /** whom it is about: who rings, answers, transfers; else who talks, or talked last */
  readonly extension: string | undefined;
  readonly queue: string | undefined;
  readonly did: string | undefined;
  /** that were rung, the newest `legsMax` */
  readonly legs: readonly CallNewsLeg[];
  readonly transfer: { readonly from: string; readonly to: string; readonly kind: string } | undefined;
  readonly isRecorded: boolean;
  readonly switch: string;
  readonly startedAtMs: number;
  readonly answeredAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  readonly talkMs: number;
}

export interface CallNews extends NewCallNews {
  /** `<call>:<number>`: the same when it is told twice */
  readonly id: string;
  readonly record: CustomerRecord | undefined;
}

/** Legs in one event. */
export const legsMax = 20;

/** None, one, or two: who nobody took is missed, and ended; a call of the dialer begins when an agent is rung for it. */
export function callNews(notice: JournalNotice, atMs: number): readonly NewCallNews[] {
  const { call } = notice;
  if (call.direction === 'internal' || (isDialled(call) && !call.legs.some(({ isTold }) => isTold))) return [];
  return typesOf(notice).map((type) => ({ ...factsOf(call, atMs), ...whomOf(notice), type }));
}

/** The dialer tells itself what becomes of its calls; here they are calls of agents. */
const isDialled = ({ origin, isAgentLate }: JournalCall): boolean => origin === 'dialer' && isAgentLate === true;

function typesOf(notice: JournalNotice): readonly CallNewsType[] {
  const { call } = notice;
  switch (notice.type) {
    case 'call-started':
      return ['call.started'];
    case 'leg-ringing': {
      const isFirst = call.legs.find(({ isTold }) => isTold) === notice.leg;
      return isDialled(call) && isFirst ? ['call.started', 'call.ringing'] : ['call.ringing'];
    }
    case 'leg-answered':
      return ['call.answered'];
    case 'call-transferred':
      return ['call.transferred'];
    case 'call-ended':
      return call.direction === 'inbound' && call.outcome !== 'answered' ? ['call.missed', 'call.ended'] : ['call.ended'];
    case 'recording-ready':
      return ['call.recording_ready'];
    default:
      return [];
  }
}

function whomOf(notice: JournalNotice): Pick<NewCallNews, 'agent' | 'extension' | 'transfer'> {
  const { call } = notice;
  const talker = call.legs.find((leg) => leg.id === call.talker);
  const leg = 'leg' in notice ? notice.leg : talker;
  const about = { agent: leg?.agent, extension: leg?.extension };
  if (notice.type !== 'call-transferred') return { ...about, transfer: undefined };
  const { from, to, kind } = notice.transfer;
  const giver = call.legs.find(({ extension }) => extension === from);
  return { agent: giver?.agent, extension: from, transfer: { from, to: cleanNumber(to), kind } };
}

function factsOf(call: JournalCall, atMs: number): Omit<NewCallNews, 'type' | 'agent' | 'extension' | 'transfer'> {
  const some = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : label(text));
  return {
    call: call.id,
    direction: call.direction,
    state: call.state,
    outcome: call.outcome,
    origin: some(call.origin),
    campaign: some(call.campaign),
    contact: some(call.contact),
    customer: { number: cleanNumber(call.customer.number), name: label(call.customer.name) },
    lead: call.lead,
    queue: some(call.line.queue),
    did: some(cleanNumber(call.line.did)),
    legs: call.legs
      .filter(({ isTold }) => isTold)
      .slice(-legsMax)
      .map(({ extension, agent, kind, startedAtMs, answeredAtMs, endedAtMs, outcome }) => ({
        ...{ extension, agent, kind, startedAtMs, answeredAtMs, endedAtMs, outcome },
      })),
    isRecorded: call.recordings.length > 0,
    switch: call.switch,
    startedAtMs: call.startedAtMs,
    answeredAtMs: call.answeredAtMs,
    endedAtMs: call.endedAtMs,
    talkMs: talkMsOfCall(call, call.endedAtMs ?? atMs),
  };
}
