/** Figures of the running day, kept from the segments as they are stored: for the live pages (docs/statistics.md defines each). */

export interface DayFigures {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  /** left for somewhere else by rule: overflow, exit key, dissuaded, callback placed, moved */
  readonly overflowed: number;
  readonly timedOut: number;
  /** answered within the threshold of all answered and abandoned; undefined: no call yet */
  readonly serviceLevel: number | undefined;
  readonly waitMs: { readonly mean: number; readonly longest: number };
  readonly talkMs: { readonly mean: number; readonly longest: number };
}

export interface AgentDayFigures {
  readonly answered: number;
  readonly missed: number;
  readonly talkMs: number;
  readonly wrapUpMs: number;
  readonly pausedMs: number;
  readonly loggedInMs: number;
}

/** Throws nothing; a queue or agent without a segment today has noughts. */
export interface Today {
  queue(id: string): DayFigures;
  agent(id: string): AgentDayFigures;
  all(): DayFigures;
  /** changes at every stored segment; a page asks again when it grew */
  revision(): number;
}
