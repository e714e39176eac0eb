/**
 * The fixed words of the queue engine and how they are read: letter case does not matter on the way in, one
 * spelling is stored and sent (freeswitch-callcenter 3 names the trap of the opposite). Spellings are those of
 * mod_callcenter, so that its tools read ours; `docs/queue-engine.md` has the mapping to OpenSIPS.
 */

export const strategies = [
  'longest-idle-agent',
  'ring-all',
  'round-robin',
  'top-down',
  'agent-with-least-talk-time',
  'agent-with-fewest-calls',
  'sequentially-by-agent-order',
  'random',
  'ring-progressively',
] as const;
export type Strategy = (typeof strategies)[number];

/** What the person chose. */
export const agentStatuses = ['Logged Out', 'Available', 'Available (On Demand)', 'On Break'] as const;
export type AgentStatus = (typeof agentStatuses)[number];

/** What the engine does with the agent, as mod_callcenter says it. Derived from the phase, never stored. */
export const agentStates = ['Waiting', 'Receiving', 'In a queue call', 'Idle', 'Reserved'] as const;
export type AgentState = (typeof agentStates)[number];

/** The same for OpenSIPS `call_center`. */
export type OpensipsAgentState = 'free' | 'wrapup' | 'incall' | 'inchat';

export const agentTypes = ['callback', 'uuid-standby'] as const;
export type AgentType = (typeof agentTypes)[number];

export const mediaKinds = ['audio', 'chat'] as const;
export type Media = (typeof mediaKinds)[number];

/** Who is not a caller of his own accord; others have no origin. */
export type Origin = 'dialer';

/** When calls of the dialer are served: after every caller who waits, by rank like them, or before them (B45). */
export const dialerTurns = ['last', 'priority', 'first'] as const;
export type DialerTurn = (typeof dialerTurns)[number];

/** Why an agent is not held for somebody any more (E6). */
export const reservationEnds = [
  /** the caller it was for has come and is offered to the agent */
  'used',
  /** he has come and cannot be connected with this agent: other switch, other queue */
  'unfit',
  /** let go by whoever had asked */
  'released',
  /** a caller found nobody else free (soft ones only) */
  'inbound',
  'expired',
  'logged-out',
  'on-break',
  /** the telephone is away or busy, or the open channel of a standby agent is gone */
  'device',
  /** he does not serve the queue any more, or lacks a skill now */
  'not-serving',
  /** somebody released the agent, or said that he is to have no call before a later time */
  'by-hand',
  'removed',
] as const;
export type ReservationEnd = (typeof reservationEnds)[number];

/** Whether the agent's telephone could take a call, as the switch reports it (B22). */
export const deviceStates = ['unknown', 'idle', 'ringing', 'in-use', 'unavailable'] as const;
export type DeviceState = (typeof deviceStates)[number];

/** Why an offer did not become a talk. */
export const offerFailures = [
  'no-answer',
  'rejected',
  'busy',
  'not-registered',
  'unreachable',
  /** confirm key not pressed, or pressed "no" */
  'not-confirmed',
  /** the agent answered and was gone before the two were connected */
  'agent-gone',
  /** the switch link was down or refused the order: nobody's fault */
  'switch-failed',
] as const;
export type OfferFailure = (typeof offerFailures)[number];

/** Why a ringing leg is taken back; none of them counts against the agent. */
export type CancelReason =
  'caller-left' | 'answered-elsewhere' | 'agent-status' | 'member-timeout' | 'taken-back' | 'stale' | 'queue-removed' | 'transferred';

/** How a member leaves; exactly one for each member (B1). */
export const exitReasons = [
  /** talked to an agent; given when the talk is over */
  'answered',
  /** hung up before an agent answered */
  'abandoned',
  'timeout',
  'no-agent',
  'join-empty',
  'full',
  'exit-key',
  'dissuaded',
  'overflowed',
  'transferred',
  'withdrawn',
  'blocked',
  'closed',
  /** called back as often as the rule says without reaching the caller */
  'callback-failed',
  /** hung up to be called back; the place is kept, so only the session ends */
  'callback',
  /** its channel was not found on the switch any more */
  'lost',
  'queue-removed',
  'error',
] as const;
export type ExitReason = (typeof exitReasons)[number];

/** The one spelling of a word given in any letter case; undefined when it is none of them. */
export function wordOf<T extends string>(words: readonly T[], given: string): T | undefined {
  const wanted = given.trim().toLowerCase();
  return words.find((word) => word.toLowerCase() === wanted);
}

/** True when agents of this status are offered calls, engine state apart. */
export const takesCalls = (status: AgentStatus): boolean => status === 'Available' || status === 'Available (On Demand)';

/** Logged in for tier rules and no-agent timers: on break counts, logged out does not (freeswitch-callcenter 6, 8.4). */
export const isLoggedIn = (status: AgentStatus): boolean => status !== 'Logged Out';
