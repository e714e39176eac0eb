/** Pages of the decisions that are kept, newest first. */
import type { AgentId, QueueId } from './ids.js';
import type { Decision } from './records.js';

export interface DecisionWish {
  readonly queue?: QueueId | undefined;
  /** chosen, or one of those who were not */
  readonly agent?: AgentId | undefined;
  readonly member?: string | undefined;
  /** made before this moment, Unix ms */
  readonly beforeMs?: number | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface DecisionPage {
  readonly decisions: readonly Decision[];
  /** for the page after this one; undefined on the last */
  readonly next: string | undefined;
}

export const decisionCursorPattern = /^\d{1,15}_[\w.:-]{1,150}$/;

/** `all` newest first. Moment and offer say where a page ends: many decisions may be of one millisecond. */
export function decisionPage(all: readonly Decision[], wish: DecisionWish): DecisionPage {
  const found: Decision[] = [];
  for (let i = wish.after === undefined ? 0 : behind(all, wish.after); i < all.length; i++) {
    const decision = all[i];
    if (!decision || !isMeant(decision, wish)) continue;
    if (found.length >= wish.limit) return { decisions: found, next: cursorOf(found.at(-1)) };
    found.push(decision);
  }
  return { decisions: found, next: undefined };
}

/** One offer is one decision. */
const keyOf = ({ offer, member }: Decision): string => offer ?? member;
const cursorOf = (decision: Decision | undefined): string | undefined => decision && `${String(decision.atMs)}_${keyOf(decision)}`;

/** Index behind the decision of the cursor. One that is kept no more was older than all that are. */
function behind(all: readonly Decision[], cursor: string): number {
  const key = cursor.slice(cursor.indexOf('_') + 1);
  const at = all.findIndex((decision) => keyOf(decision) === key);
  if (at >= 0) return at + 1;
  const atMs = Number(cursor.slice(0, cursor.indexOf('_')));
  const older = all.findIndex((decision) => decision.atMs < atMs);
  return older < 0 ? all.length : older;
}

const isMeant = (decision: Decision, { queue, agent, member, beforeMs }: DecisionWish): boolean =>
  (queue === undefined || decision.queue === queue) &&
  (agent === undefined || decision.chosen === agent || decision.others.some((other) => other.agent === agent)) &&
  (member === undefined || decision.member === member) &&
  (beforeMs === undefined || decision.atMs < beforeMs);
