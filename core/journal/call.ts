/** A call of the journal: what a CRM wants to know of it, and what it takes to go on with it after a restart (crm-vtiger 8). */

export type Direction = 'inbound' | 'outbound' | 'internal';

/** `new`: no customer yet; `ending`: the customer is gone, news may still come; `done`: recordings are closed too (8.4) */
export type CallState = 'new' | 'started' | 'ringing' | 'talking' | 'transfer' | 'ending' | 'ended' | 'done';

/** 8.3; of a leg also `lost`: a colleague took the call. */
export type Outcome = 'answered' | 'missed' | 'busy' | 'rejected' | 'failed';
export type LegOutcome = Outcome | 'lost';

/** One time at one telephone. */
export interface Leg {
  /** unique id of its channel */
  readonly id: string;
  /** of whom: the extension of an agent; '' = nobody of ours */
  readonly extension: string;
  /** by what the extension was known; undefined: by a number alone (a call that is forwarded, an agent without a telephone of his own) */
  readonly telephone?: string | undefined;
  /** of the own queues, when they rang it; undefined: somebody else did */
  readonly agent?: string | undefined;
  /** `proxy`: an outside number to which the extension's calls are forwarded */
  readonly kind: 'agent' | 'proxy' | 'external';
  /** that is rung, of a proxy and an external leg */
  readonly number: string;
  readonly startedAtMs: number;
  /** first shared bridge with the customer; undefined = never */
  answeredAtMs: number | undefined;
  endedAtMs: number | undefined;
  /** sum of the talks that are over */
  talkMs: number;
  /** of the talk that runs; undefined = none */
  talkingSinceMs: number | undefined;
  dialStatus: string | undefined;
  cause: number | undefined;
  outcome: LegOutcome | undefined;
  /** rung inside an attended transfer: not shown before the customer hears it */
  isConsultation: boolean;
  /** told as ringing */
  isTold: boolean;
}

export interface Transfer {
  readonly kind: 'blind' | 'attended';
  readonly atMs: number;
  /** extension of who transferred */
  readonly from: string;
  /** where to: an extension of the dialplan, or of the agent who has the customer now */
  readonly to: string;
  /** the switch's own name of it, where it has one: told again, it is the same transfer */
  readonly id?: string | undefined;
}

export interface Recording {
  readonly channel: string;
  readonly file: string;
  isClosed: boolean;
}

/** A channel that belongs to an open call. */
export interface Channel {
  readonly uniqueId: string;
  readonly name: string;
  /** of both halves of a local channel, where its name does not tell */
  readonly pair?: string | undefined;
  readonly role: 'agent' | 'external' | 'local';
  /** agent: whose telephone it is; local: its `101` of `Local/101@context` */
  readonly extension: string;
  /**
   * The telephone or trunk behind it: `PJSIP/101`, `PJSIP/trunk`, `user/101@pbx.example`, `gateway/telco`; undefined: the name
   * does not tell
   */
  readonly endpoint?: string | undefined;
  callerNumber: string;
  callerName: string;
  readonly startedAtMs: number;
  bridge: string | undefined;
  /** unique id of the channel that dials it; `''`: an order from outside; undefined: nobody */
  dialledBy: string | undefined;
  dialString: string;
  /** of the last dial to it */
  dialStatus: string | undefined;
}

export interface JournalCall {
  /** `<system>-<linked id>`, of `[A-Za-z0-9._-]`, at most 100 (4.5) */
  readonly id: string;
  readonly switch: string;
  readonly linkedId: string;
  direction: Direction;
  state: CallState;
  customer: { number: string; name: string };
  /** number that was called, and the queue that it came to */
  line: { did: string; queue: string };
  /** endpoint of the first channel on the customer's side: his trunk, of an internal call the callee's telephone; undefined = not known */
  via?: string | undefined;
  /** who ordered it: `crm`, `dialer`, `callback` (a queue, at the customer's turn); '' = somebody at a telephone */
  origin: string;
  /** of the dialer's calls */
  campaign?: string | undefined;
  contact?: string | undefined;
  /** of the customer in the lists of the call centre, when a queue knows it */
  lead?: number | undefined;
  /** CRM binding of a click-to-call; '' = none */
  binding: string;
  readonly startedAtMs: number;
  /** when the customer's channel began: inbound the same, else when he was dialled; undefined = not yet */
  customerAtMs: number | undefined;
  answeredAtMs: number | undefined;
  endedAtMs: number | undefined;
  /** told as started */
  isTold: boolean;
  /** when it was, nobody of ours was on it: the customer was dialled by order, and an agent comes later */
  isAgentLate?: boolean | undefined;
  outcome: Outcome | undefined;
  endReason: 'hangup' | 'resync' | 'silent' | undefined;
  legs: Leg[];
  /** talks on legs that were forgotten, because there were too many; undefined = none */
  forgottenTalkMs?: number | undefined;
  transfers: Transfer[];
  recordings: Recording[];
  /** leg that talks, or talked last */
  talker: string | undefined;
  /** customer's side: unique ids of live channels */
  parties: string[];
  /** how the last of them ended */
  lastParty: { readonly atMs: number; readonly dialStatus: string | undefined; readonly cause: number | undefined } | undefined;
  /** live channels */
  channels: Channel[];
  /** when `ending` becomes `ended`, or a silent call is closed */
  dueAtMs: number;
  lastEventAtMs: number;
}

/** Talk of a leg until now. */
export const talkMsOf = (leg: Leg, nowMs: number): number =>
  leg.talkMs + (leg.talkingSinceMs === undefined ? 0 : Math.max(0, nowMs - leg.talkingSinceMs));

/** Talk of all agents of a call (4.5 billableseconds). */
export const talkMsOfCall = (call: JournalCall, nowMs: number): number =>
  call.legs.reduce((sum, leg) => sum + (leg.kind === 'external' ? 0 : talkMsOf(leg, nowMs)), call.forgottenTalkMs ?? 0);

/** The id under which the CRM knows a call: never cut at the dot, which only ends the second (4.5). */
export function callIdOf(system: string, linkedId: string): string {
  const text = system === '' ? linkedId : `${system}-${linkedId}`;
  return text.replace(/[^A-Za-z0-9._-]/g, '_').slice(-100);
}
