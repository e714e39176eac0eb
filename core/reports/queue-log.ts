/**
 * Lines of app_queue's queue log (B60): `epoch|callid|queue|agent|event|data...`, so that its report tools read ours. The
 * events and their data are those of Asterisk 22; where app_queue has no word of its own, `WITHDRAW` with our reason.
 */
import type { ExitReason } from '../acd/words.js';

export interface QueueLogLine {
  readonly atMs: number;
  /** '' = NONE */
  readonly call: string;
  readonly queue: string;
  readonly agent: string;
  readonly event: string;
  readonly data: readonly (string | number)[];
}

/** Nothing in a field may end it, or the line. */
const field = (value: string | number): string => String(value).replace(/[|\p{C}]/gu, '_');
const orNone = (text: string): string => (text === '' ? 'NONE' : field(text));

export function queueLogText({ atMs, call, queue, agent, event, data }: QueueLogLine): string {
  const head = [Math.floor(atMs / 1000), orNone(call), orNone(queue), orNone(agent), field(event)];
  return `${head.join('|')}|${data.map(field).join('|')}\n`;
}

export interface LoggedVisit {
  readonly call: string;
  readonly queue: string;
  readonly number: string;
  readonly enteredAtMs: number;
  readonly positionAtEntry: number;
}

const seconds = (ms: number): number => Math.max(0, Math.floor(ms / 1000));

export const entered = ({ call, queue, number, enteredAtMs, positionAtEntry }: LoggedVisit): QueueLogLine => ({
  atMs: enteredAtMs,
  call,
  queue,
  agent: '',
  event: 'ENTERQUEUE',
  data: ['', number, positionAtEntry],
});

export interface LoggedTalk {
  readonly agent: string;
  /** the channel of the agent as Tandem named it */
  readonly leg: string;
  readonly ringMs: number;
  readonly connectedAtMs: number;
}

export const connected = ({ call, queue, enteredAtMs }: LoggedVisit, { agent, leg, ringMs, connectedAtMs }: LoggedTalk): QueueLogLine => ({
  atMs: connectedAtMs,
  call,
  queue,
  agent,
  event: 'CONNECT',
  data: [seconds(connectedAtMs - enteredAtMs), leg, seconds(ringMs)],
});

/** How a talk ended: `cause` is the switch's word, which tells the kind of a transfer and, where it says so, its target. */
export interface TalkEnd {
  readonly by: string;
  readonly cause: string;
}

/** Who ended it is told by the event. */
export function completed(
  visit: LoggedVisit,
  talk: Omit<LoggedTalk, 'leg' | 'ringMs'>,
  atMs: number,
  { by, cause }: TalkEnd,
): QueueLogLine {
  const times = [seconds(talk.connectedAtMs - visit.enteredAtMs), seconds(atMs - talk.connectedAtMs), visit.positionAtEntry];
  const of = { atMs, call: visit.call, queue: visit.queue, agent: talk.agent };
  if (by !== 'transfer') return { ...of, event: by === 'agent' ? 'COMPLETEAGENT' : 'COMPLETECALLER', data: times };
  // app_queue names the bridge in which the two met, which nobody looks for
  if (/^attended/i.test(cause)) return { ...of, event: 'ATTENDEDTRANSFER', data: ['BRIDGE', '', ...times] };
  const [, extension = '', context = ''] = /^blind transfer to ([^@]*)@?(.*)$/.exec(cause) ?? [];
  return { ...of, event: 'BLINDTRANSFER', data: [extension, context, ...times] };
}

const exits: Partial<Record<ExitReason, string>> = {
  abandoned: 'ABANDON',
  lost: 'ABANDON',
  timeout: 'EXITWITHTIMEOUT',
  'no-agent': 'EXITEMPTY',
  'join-empty': 'EXITEMPTY',
  'exit-key': 'EXITWITHKEY',
};

export interface LoggedExit {
  readonly reason: ExitReason;
  /** exit key */
  readonly detail: string;
  /** undefined: not known, the place at entry stands for it */
  readonly position: number | undefined;
}

/** Left without a talk. */
export function left(visit: LoggedVisit, atMs: number, { reason, detail, position }: LoggedExit): QueueLogLine {
  const { call, queue, positionAtEntry } = visit;
  const event = exits[reason] ?? 'WITHDRAW';
  const places = [position ?? positionAtEntry, positionAtEntry, seconds(atMs - visit.enteredAtMs)];
  const key = /^[0-9*#A-D]$/.test(detail) ? detail : '';
  const why = reason === 'overflowed' || reason === 'transferred' ? 'moved' : reason;
  const data = event === 'EXITWITHKEY' ? [key, ...places] : event === 'WITHDRAW' ? [...places, why] : places;
  return { atMs, call, queue, agent: '', event, data };
}

export interface LoggedRing {
  readonly call: string;
  readonly queue: string;
  readonly agent: string;
  readonly ringMs: number;
}

export const rang = ({ call, queue, agent, ringMs }: LoggedRing, atMs: number, isMissed: boolean): QueueLogLine => ({
  atMs,
  call,
  queue,
  agent,
  event: isMissed ? 'RINGNOANSWER' : 'RINGCANCELED',
  data: [Math.max(0, Math.round(ringMs))],
});

export interface LoggedStatus {
  readonly status: string;
  readonly reason: string | undefined;
}

/** What a change of an agent's status is in the words of queue members; `queues` = those that he serves. */
export function statusChanged(
  agent: string,
  queues: readonly string[],
  atMs: number,
  from: LoggedStatus | undefined,
  to: LoggedStatus,
): QueueLogLine[] {
  const [wasIn, isIn] = [from !== undefined && from.status !== 'Logged Out', to.status !== 'Logged Out'];
  const [wasPaused, isPaused] = [from?.status === 'On Break', to.status === 'On Break'];
  const line = (event: string, queue: string, data: string): QueueLogLine => ({ atMs, call: '', queue, agent, event, data: [data] });
  const each = (event: string, data: string) => (queues.length > 0 ? queues : ['']).map((queue) => line(event, queue, data));
  if (wasIn && !isIn) return each('REMOVEMEMBER', '');
  if (!wasIn) return isIn ? each('ADDMEMBER', isPaused ? 'PAUSED' : '') : [];
  if (wasPaused === isPaused && (!isPaused || from?.reason === to.reason)) return [];
  const word = isPaused ? 'PAUSE' : 'UNPAUSE';
  const reason = isPaused ? (to.reason ?? '') : '';
  return [line(`${word}ALL`, '', reason), ...each(word, reason)];
}
