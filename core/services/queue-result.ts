/**
 * What a queue visit came to, in the words of the dialplan: `TANDEM_*` for ours, `cc_*` as mod_callcenter sets them
 * (freeswitch-callcenter 8.3, 11), and the return code of OpenSIPS's `cc_handle_call` (opensips-call-center 4.1).
 * `docs/queue-entry.md` has the same tables. Order matters: TANDEM_RESULT, on which the dialplan branches, is last.
 */
import type { ConnectOrder, ExitOrder, RingOrder } from '../acd/effects.js';
import type { Destination } from '../acd/config.js';
import { cancelReasonOf } from '../callcenter/cancel-reason.js';
import type { Member } from '../acd/state.js';
import type { ExitReason } from '../acd/words.js';
import type { ErrorCode } from '../errors.js';

export type QueueResult =
  | 'answered'
  | 'timeout'
  | 'full'
  | 'join-empty'
  /** nobody serves the queue any more */
  | 'leave-empty'
  | 'exit-key'
  | 'dissuaded'
  | 'overflowed'
  | 'transferred'
  | 'withdrawn'
  | 'blocked'
  | 'closed'
  /** hung up to be called back, or called back in vain */
  | 'callback'
  /** the session to the caller broke; the place is kept for a while */
  | 'lost'
  /** the caller hung up unserved */
  | 'abandoned'
  /** the caller hung up, and the switch does not say any more whether it was before or during the talk */
  | 'caller-left'
  // of the switch's own queues only
  | 'unavailable'
  | 'continue'
  | 'error';

export interface QueueOutcome {
  readonly result: QueueResult;
  /** of an error; otherwise the engine's more exact word */
  readonly reason?: ErrorCode | ExitReason;
  /** the switch's or engine's own word, for the log */
  readonly detail?: string;
  /** set before TANDEM_REASON and TANDEM_RESULT */
  readonly variables?: Readonly<Record<string, string>>;
  /** the caller is not in our hands any more: nobody to tell */
  readonly isTold?: true;
  /** then the call goes there, or ends */
  readonly to?: Exclude<Destination, { kind: 'queue' }> | undefined;
  readonly hangUp?: boolean;
}

type Variables = Readonly<Record<string, string>>;

/** Every way out of the engine as a result; the few that share one are told apart by TANDEM_REASON. */
const resultOfExit: Readonly<Record<ExitReason, QueueResult>> = {
  answered: 'answered',
  abandoned: 'abandoned',
  timeout: 'timeout',
  'no-agent': 'leave-empty',
  'join-empty': 'join-empty',
  full: 'full',
  'exit-key': 'exit-key',
  dissuaded: 'dissuaded',
  overflowed: 'overflowed',
  transferred: 'transferred',
  withdrawn: 'withdrawn',
  blocked: 'blocked',
  closed: 'closed',
  callback: 'callback',
  'callback-failed': 'callback',
  lost: 'lost',
  'queue-removed': 'withdrawn',
  error: 'error',
};

/** All that a visit may leave; empty before it, so that nothing of an earlier one is taken for its result. */
export const blankVariables: Variables = {
  TANDEM_AGENT: '',
  TANDEM_MEMBER: '',
  TANDEM_WAIT_S: '',
  TANDEM_EXIT_KEY: '',
  TANDEM_OPENSIPS_CODE: '',
  cc_cause: '',
  cc_cancel_reason: '',
  cc_exit_key: '',
  cc_agent: '',
  cc_agent_found: '',
  cc_agent_bridged: '',
  cc_state: '',
};

export const epochS = (atMs: number): string => String(Math.floor(atMs / 1_000));
const wholeSeconds = (ms: number): string => String(Math.round(Math.max(0, ms) / 1_000));

export const resultOf = (reason: ExitReason): QueueResult => resultOfExit[reason];

/** The engine's word where the result says less than it. */
export const reasonOf = (reason: ExitReason): ExitReason | undefined => (resultOfExit[reason] === reason ? undefined : reason);

/** `cc_handle_call`'s answer: 1 taken, -1 unreadable, -3 unknown queue, -4 nobody logged in, -5 anything else. */
export function opensipsCode(failure: ErrorCode | ExitReason | undefined): string {
  switch (failure) {
    case undefined:
      return '1';
    case 'TDM_BAD_VALUE':
      return '-1';
    case 'TDM_NOT_FOUND':
      return '-3';
    case 'join-empty':
      return '-4';
    default:
      return '-5';
  }
}

/** OpenSIPS's words for where a call is (O128 to O133), in `cc_state`: of a caller as he joins, and in his talk; of an agent's leg. */
export type CallState = 'welcome' | 'dissuading1' | 'dissuading2' | 'queued' | 'preagent' | 'toagent';

export function callStateOf(phase: Member['phase']): CallState {
  switch (phase.kind) {
    case 'welcome':
      return 'welcome';
    case 'dissuading':
      return phase.isFinal ? 'dissuading2' : 'dissuading1';
    case 'talking':
      return 'toagent';
    default:
      return 'queued';
  }
}

/** An agent who hears something first is not with the caller yet. */
export const legStateOf = ({ announcements }: Pick<RingOrder, 'announcements'>): CallState =>
  announcements.length > 0 ? 'preagent' : 'toagent';

/** Set when the caller is in: few, since he waits for the music. The exit sets the rest. */
export function joinVariables(member: string, queue: string, joinedAtMs: number, state: CallState = 'queued'): Variables {
  return {
    cc_state: state,
    cc_agent_found: '',
    cc_agent_bridged: '',
    // a dialplan that goes on without us asks it whether the caller has talked
    cc_cause: '',
    TANDEM_MEMBER: member,
    TANDEM_OPENSIPS_CODE: opensipsCode(undefined),
    cc_side: 'member',
    cc_queue: queue,
    cc_member_uuid: member,
    cc_queue_joined_epoch: epochS(joinedAtMs),
  };
}

/** Set before a caller is connected to an agent: his dialplan may go on only after the talk, without us. */
export function talkVariables(order: ConnectOrder, nowMs: number): Variables {
  return {
    TANDEM_AGENT: order.agent,
    TANDEM_MEMBER: order.member,
    TANDEM_WAIT_S: order.waitedMs === undefined ? '' : wholeSeconds(order.waitedMs),
    TANDEM_EXIT_KEY: '',
    TANDEM_OPENSIPS_CODE: opensipsCode(undefined),
    cc_queue: order.queue,
    cc_agent: order.agent,
    cc_agent_uuid: order.leg,
    cc_agent_found: 'true',
    cc_agent_bridged: 'true',
    cc_queue_answered_epoch: epochS(nowMs),
    cc_state: 'toagent',
    cc_cause: 'answered',
    cc_cancel_reason: '',
    TANDEM_REASON: '',
    TANDEM_RESULT: 'answered',
  };
}

/** Everything an exit leaves but TANDEM_REASON and TANDEM_RESULT. */
export function exitVariables(order: ExitOrder, nowMs: number): Variables {
  const key = order.reason === 'exit-key' ? order.detail : '';
  return {
    ...blankVariables,
    TANDEM_AGENT: order.agent ?? '',
    TANDEM_MEMBER: order.member,
    TANDEM_WAIT_S: wholeSeconds(order.waitedMs),
    TANDEM_EXIT_KEY: key,
    TANDEM_OPENSIPS_CODE: opensipsCode(undefined),
    cc_queue: order.queue,
    cc_exit_key: key,
    ...(order.reason === 'answered' ? ended(order, nowMs) : cancelled(order.reason, nowMs)),
  };
}

/** The caller was not let in. */
export function refusalVariables(reason: ExitReason | undefined, code: ErrorCode, nowMs: number): Variables {
  const left = reason === undefined ? {} : { TANDEM_WAIT_S: '0', ...cancelled(reason, nowMs) };
  return { ...blankVariables, TANDEM_OPENSIPS_CODE: opensipsCode(reason ?? code), ...left };
}

const ended = (order: ExitOrder, nowMs: number): Variables => ({
  cc_agent: order.agent ?? '',
  cc_agent_bridged: 'true',
  cc_cause: 'answered',
  cc_queue_terminated_epoch: epochS(nowMs),
});

const cancelled = (reason: ExitReason, nowMs: number): Variables => ({
  cc_cause: 'cancel',
  cc_cancel_reason: cancelReasonOf(reason),
  cc_queue_canceled_epoch: epochS(nowMs),
});

/** The engine's exit as an outcome; `detail` of an error begins with its code. */
export function exitOutcome(order: ExitOrder, nowMs: number): QueueOutcome {
  const reason = order.reason === 'error' ? errorCode(order.detail) : reasonOf(order.reason);
  return {
    result: resultOf(order.reason),
    ...(reason !== undefined && { reason }),
    detail: order.detail.slice(0, 80),
    variables: exitVariables(order, nowMs),
    to: order.to,
    hangUp: order.hangUp,
  };
}

function errorCode(detail: string): ErrorCode {
  return (/^TDM_[A-Z_]+/.exec(detail)?.[0] ?? 'TDM_INTERNAL') as ErrorCode;
}
