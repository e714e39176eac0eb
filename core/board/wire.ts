/**
 * What the live board sends to browsers: rows of queues and agents, and the topic of one queue or one agent. Times are
 * Unix ms of the engine's clock; waits and stays are sent as their start, so that nothing is sent while only time passes.
 */

export const doings = [
  'logged-out',
  'on-break',
  'free',
  /** logged in, and could not be offered a call now: telephone busy or gone, a rest after a failed offer, On Demand */
  'not-ready',
  'ringing',
  'talking',
  'wrap-up',
  'chatting',
  /** taken by somebody else, e.g. a dialer */
  'reserved',
] as const;
/** One word for what an agent does now. */
export type Doing = (typeof doings)[number];

export interface DayRow {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  /** 0 to 1, of all answered and abandoned; absent: no call yet */
  readonly serviceLevel?: number;
  readonly waitMeanMs: number;
}

export interface QueueRow {
  readonly id: string;
  readonly name: string;
  /** removed from the provisioning, kept until its last talk is over */
  readonly isDraining: boolean;
  readonly waiting: number;
  /** of those: hung up and to be called back */
  readonly callbacks: number;
  /** start of the longest wait; 0 = nobody waits */
  readonly oldestAtMs: number;
  readonly ringing: number;
  readonly talking: number;
  readonly agents: Readonly<Record<Doing, number>>;
  /** the queue's goal, 0 to 1 */
  readonly goal: number;
  readonly today: DayRow;
}

export interface TalkRow {
  readonly offer: string;
  readonly member: string;
  readonly queue: string;
  readonly number: string;
  readonly name: string;
  readonly isTalking: boolean;
  readonly sinceMs: number;
  /** one of the two is on hold since then */
  readonly heldSinceMs?: number;
}

export interface AgentRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly doing: Doing;
  readonly sinceMs: number;
  /** end of wrap-up, rest or reservation; 0 = no end by time */
  readonly endsAtMs: number;
  readonly reason?: string;
  readonly isOverdue?: true;
  readonly chats: number;
  readonly device: string;
  readonly call?: TalkRow;
  readonly today: { readonly answered: number; readonly missed: number; readonly talkMs: number };
}

export interface MemberRow {
  readonly id: string;
  readonly queue: string;
  /** 1 = next; 0 = does not wait */
  readonly position: number;
  readonly number: string;
  readonly name: string;
  readonly media: string;
  readonly phase: string;
  readonly presence: string;
  readonly sinceMs: number;
  readonly priority: number;
  readonly rung: readonly string[];
  readonly leadId?: number;
  readonly param: string;
}

/** `event: queue`: who waits, in order, and who serves. */
export interface QueueTopic {
  readonly id: string;
  readonly total: number;
  readonly members: readonly MemberRow[];
  readonly agents: readonly { readonly id: string; readonly level: number; readonly position: number }[];
}

/** `event: agent`: all that an agent's own page needs. */
export interface AgentTopic {
  readonly agent: AgentRow;
  readonly contact: string;
  readonly queues: readonly { readonly id: string; readonly name: string; readonly waiting: number }[];
  readonly caller?: MemberRow;
  readonly pauseReasons: readonly { readonly code: string; readonly text: string }[];
  /** grows when callbacks were placed, called or ended: the list may have changed */
  readonly callbackNews: number;
}

/** `event: snapshot`: everything; what the page had before is void. */
export interface BoardSnapshot {
  readonly version: number;
  readonly atMs: number;
  readonly queues: readonly QueueRow[];
  readonly agents: readonly AgentRow[];
}

/** `event: diff`: whole rows in place of those with the same id. `version` is one more than that of the message before. */
export interface BoardDiff extends BoardSnapshot {
  readonly goneQueues: readonly string[];
  readonly goneAgents: readonly string[];
}

/** `event: standby`: another process owns the queues, or nobody; a snapshot follows when there is something to show. */
export interface BoardStandby {
  readonly atMs: number;
}

/** `event: clock`: the engine's clock, first of all to a page that gets no rows. */
export interface BoardClock {
  readonly atMs: number;
}

export type BoardEvent = 'clock' | 'snapshot' | 'diff' | 'queue' | 'agent' | 'standby';

/** Callers listed of one queue; the rest is counted. */
export const topicMembersMax = 100;
/** Agents listed of one queue. */
export const topicAgentsMax = 2_000;
/** Queues listed of one agent. */
export const topicQueuesMax = 200;
