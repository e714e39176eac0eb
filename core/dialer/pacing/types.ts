/** What the pacer is told, what it answers. Times are seconds of one monotonic clock; shares are 0 to 1. */

export type CallId = number | string;
export type AgentId = number | string;

export interface PacedAgent {
  readonly id: AgentId;
  readonly state: 'ready' | 'talk' | 'wrap' | 'paused' | 'out';
  /** the moment at which he came into the state */
  readonly since: number;
}

export interface PacedCall {
  readonly id: CallId;
  /** `waiting`: answered by a person, no agent yet */
  readonly state: 'ringing' | 'waiting';
  readonly placedAt: number;
  readonly answeredAt: number | null;
  /** kind of contact, from 0 */
  readonly bucket: number;
}

/** Inbound calls that the same agents serve, and serve first. */
export interface InboundLoad {
  readonly waiting: number;
  /** arrivals per second; counted from the `inbound` events of the last 15 minutes when left out */
  readonly perSecond?: number;
  /** more demand than expected to keep agents for, as a share of it: 0.5 plans for half as many again */
  readonly reserve?: number;
}

/** Persons connected and abandoned in a campaign's compliance window. */
export interface CampaignWindow {
  readonly connected: number;
  readonly abandoned: number;
  readonly today?: { readonly answered: number; readonly abandoned: number };
}

export interface PacerState {
  readonly now: number;
  /** seconds between decisions */
  readonly tick: number;
  readonly agents: readonly PacedAgent[];
  readonly calls: readonly PacedCall[];
  readonly counts: {
    readonly ready: number;
    readonly talk: number;
    readonly wrap: number;
    readonly paused: number;
    readonly out: number;
    readonly ringing: number;
    readonly waiting: number;
  };
  /** in the compliance window */
  readonly totals: {
    readonly placed: number;
    readonly answered: number;
    readonly connected: number;
    readonly abandoned: number;
    readonly failed: number;
  };
  /** since `shift.start`; left out when the window is the day */
  readonly today?: { readonly answered: number; readonly abandoned: number };
  /** highest allowed share of abandoned calls */
  readonly target: number;
  /** seconds from answer to abandonment */
  readonly grace: number;
  readonly ringTimeout: number;
  readonly minRing: number;
  /** the calling window of today */
  readonly shift: { readonly start: number; readonly end: number };
  readonly limits: { readonly maxLines: number; readonly maxCps: number };
  /** kind of the i-th contact to be dialled */
  nextBucket(i: number): number;
  readonly inbound?: InboundLoad;
  /** this campaign's part of agents that several campaigns share, each with a pacer of its own; 1 when left out */
  readonly share?: number;
  /**
   * One pacer for several campaigns with the same agents: each campaign's window, in place of `totals` and `today`. The
   * strictest steers. Kinds of contact are numbered apart, calls and counts are those of all.
   */
  readonly windows?: readonly CampaignWindow[];
}

export type PacerEvent =
  | { readonly type: 'placed'; readonly t: number; readonly callId: CallId; readonly bucket: number }
  | { readonly type: 'answered'; readonly t: number; readonly callId: CallId; readonly age: number }
  | { readonly type: 'failed'; readonly t: number; readonly callId: CallId; readonly age: number; readonly cause: string }
  | { readonly type: 'connected'; readonly t: number; readonly callId: CallId; readonly agentId: AgentId; readonly wait: number }
  | { readonly type: 'abandoned'; readonly t: number; readonly callId: CallId }
  /** `live` false: the agent reported a machine */
  | { readonly type: 'talkEnd'; readonly t: number; readonly agentId: AgentId; readonly duration: number; readonly live: boolean }
  /** an agent said later that a talk which ended `live` had been with a machine */
  | { readonly type: 'machine'; readonly t: number }
  | { readonly type: 'wrapEnd'; readonly t: number; readonly agentId: AgentId; readonly duration: number }
  /** an inbound call for the same agents has come in */
  | { readonly type: 'inbound'; readonly t: number };

/** Which rule set the number of a decision; docs/pacing.md explains each. */
export type PacingRule =
  'no-agents' | 'few-agents' | 'start' | 'silence' | 'careful' | 'guard' | 'risk' | 'lines' | 'agents-cap' | 'calls-per-second';

/** A decision with what it was taken from. */
export interface Decision {
  readonly now: number;
  readonly place: number;
  readonly rule: PacingRule;
  readonly ready: number;
  readonly talk: number;
  readonly wrap: number;
  readonly ringing: number;
  readonly waiting: number;
  /** chance that the next call, if a person answers it, finds no agent; NaN when a rule decided without it */
  readonly risk: number;
  /** the highest such chance that is accepted now */
  readonly theta: number;
  /** share that may still be abandoned until the window closes */
  readonly goal: number;
  /** chance that a call placed now is answered by a person */
  readonly answerShare: number;
  /** median time from dialling to answer */
  readonly ringSeconds: number;
  readonly abandoned: number;
  readonly connected: number;
}

export interface Explanation {
  readonly text: string;
  readonly decision: Decision | undefined;
}

export interface Pacer {
  readonly name: string;
  /** wanted seconds between decisions */
  readonly tick: number;
  decide(state: PacerState): number | { place: number; hangup?: CallId[] };
  onEvent(event: PacerEvent): void;
  /** what was learned, as plain data */
  snapshot(): unknown;
  /** takes up a snapshot; one that cannot be read is left aside and the pacer learns from nothing */
  restore(snapshot: unknown): void;
  /** the last decisions, oldest first */
  decisions(countMax?: number): Decision[];
  /** why the pace is what it is, in words */
  explain(): Explanation;
}
