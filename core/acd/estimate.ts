/**
 * Expected wait and position (B27). The service-rate method takes the handling times of the last calls and the agents
 * who are there: wait = position x mean handling / agents. Too few samples, or nobody there: unknown, and said so.
 * OpenSIPS's formula is selectable (opensips-call-center 6.4).
 */
import type { QueueId } from './ids.js';
import { memberKey } from './order.js';
import type { MemberKey } from './order.js';
import type { Member, QueueRuntime } from './state.js';
import type { World } from './world.js';

/** Handling times that are remembered for each queue. */
export const handledMax = 50;
/** Fewer talks than this in the window are no measurement. */
export const handledMin = 5;
/** Older talks say nothing about now. */
const windowMs = 3_600_000;
/** What OpenSIPS gives when nobody is logged in, in seconds. */
export const opensipsNeverS = 2_147_483_647;

/** Milliseconds for the caller at `position` (1 = next); undefined = unknown. */
export function expectedWaitMs(w: World, queue: QueueId, position: number): number | undefined {
  return w.queueOf(queue).ewtMethod === 'opensips' ? opensipsMs(w, queue, position) : serviceRateMs(w, queue, position);
}

function opensipsMs(w: World, queue: QueueId, position: number): number {
  const { loggedIn } = w.agentIndex.counts(queue);
  if (loggedIn === 0) return opensipsNeverS * 1000;
  const { talkCount, talkMeanS } = w.queueRuntime(queue);
  // before the first talk OpenSIPS says 0; a configured value is better (D-22)
  const meanS = talkCount === 0 ? (w.queueOf(queue).ewtInitialMs ?? 0) / 1000 : talkMeanS;
  return Math.trunc((meanS * (position - 1)) / loggedIn) * 1000;
}

function serviceRateMs(w: World, queue: QueueId, position: number): number | undefined {
  const { available } = w.agentIndex.counts(queue);
  if (available === 0) return undefined;
  const meanMs = meanHandlingMs(w.queueRuntime(queue), w.nowMs) ?? w.queueOf(queue).ewtInitialMs;
  return meanMs === undefined ? undefined : Math.round((meanMs * position) / available);
}

function meanHandlingMs(runtime: QueueRuntime, nowMs: number): number | undefined {
  const { handled } = runtime;
  const [oldest] = handled;
  if (oldest === undefined || handled.length < handledMin) return undefined;
  // in a queue with calls all of them are of the last hour
  if (oldest.atMs > nowMs - windowMs) return handledSumMs(handled) / handled.length;
  let [count, sumMs] = [0, 0];
  for (const { atMs, handlingMs } of handled) {
    if (atMs <= nowMs - windowMs) continue;
    count++;
    sumMs += handlingMs;
  }
  return count < handledMin ? undefined : sumMs / count;
}

type Handled = QueueRuntime['handled'];

/** Sums of the lists as they are now, so that nobody who joins adds up fifty talks. */
const handledSums = new WeakMap<Handled, number>();

function handledSumMs(handled: Handled): number {
  let sumMs = handledSums.get(handled);
  if (sumMs === undefined) handledSums.set(handled, (sumMs = handled.reduce((sum, { handlingMs }) => sum + handlingMs, 0)));
  return sumMs;
}

/** Remember a talk: handling time for our estimate, talk seconds for OpenSIPS's (12.1). */
export function learnTalk(runtime: QueueRuntime, atMs: number, talkMs: number, wrapUpMs: number): void {
  const { handled } = runtime;
  // shift moves what is left in its place; splice makes two arrays each time
  let sumMs = handledSumMs(handled);
  while (handled.length >= handledMax) sumMs -= handled.shift()?.handlingMs ?? 0;
  handled.push({ atMs, handlingMs: talkMs + wrapUpMs });
  handledSums.set(handled, sumMs + talkMs + wrapUpMs);
  runtime.talkCount++;
  runtime.talkMeanS = (talkMs / 1000 + runtime.talkMeanS * (runtime.talkCount - 1)) / runtime.talkCount;
}

/** Positions of a queue, worked out for all at once and kept this long. */
const positionsMsMax = 1_000;
/** How far a single position is counted when nothing is kept; beyond it the queue's size is given. */
const countedMax = 1_000;

export class Positions {
  private readonly kept = new Map<QueueId, { readonly atMs: number; readonly of: ReadonlyMap<string, number> }>();

  /** 1 = next to be served; callbacks count (B27). At most a second old. */
  of(w: World, member: Member): number {
    let kept = this.kept.get(member.queue);
    if (!kept || w.nowMs - kept.atMs > positionsMsMax || !kept.of.has(member.id)) {
      kept = { atMs: w.nowMs, of: this.count(w, member.queue) };
      this.kept.set(member.queue, kept);
    }
    return kept.of.get(member.id) ?? kept.of.size + 1;
  }

  forget(queue: QueueId): void {
    this.kept.delete(queue);
  }

  private count(w: World, queue: QueueId): ReadonlyMap<string, number> {
    const positions = new Map<string, number>();
    for (const { id } of w.memberIndex.orderOf(queue)?.from() ?? []) positions.set(id, positions.size + 1);
    return positions;
  }
}

/** Place of one who waits, 1 = next, exact up to `countedMax`; undefined: does not wait. */
export function positionAtExit(w: World, member: Member): number | undefined {
  if (member.phase.kind === 'talking') return undefined; // as most do: seen without a look at the queue
  const waiting = w.membersOfQueue(member.queue);
  if (!waiting.has(member.id)) return undefined;
  let position = 1;
  for (const { id } of w.memberIndex.orderOf(member.queue)?.from() ?? []) {
    if (id === member.id) return position;
    if (++position > countedMax) return waiting.size;
  }
  return undefined;
}

/** Position that a member has on entering, exact up to `countedMax`. */
export function positionAtEntry(w: World, member: Member): number {
  const order = w.memberIndex.orderOf(member.queue);
  if (!order) return 1;
  const own = memberKey(member, w);
  const last = order.last();
  // newcomers without points of their own stand last: nothing is counted for them
  if (!last || byPlace(last, own) <= 0) return order.size + 1;
  let position = 1;
  for (const key of order.from()) {
    if (byPlace(key, own) > 0) return position;
    if (++position > countedMax) return Math.max(position, w.membersOfQueue(member.queue).size + 1);
  }
  return position;
}

/** Who came before him, with the same rank, stands before him. */
const byPlace = (a: MemberKey, b: MemberKey): number => a.strict - b.strict || a.rank - b.rank;
