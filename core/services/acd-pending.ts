/** What has happened in memory and is not stored yet: one of these gathers while the one before it is being saved. */
import type { AcdState } from '../acd/acd-state.js';
import { noChanges } from '../acd/changes.js';
import type { Changes } from '../acd/changes.js';
import type { AcdEffect } from '../acd/effects.js';
import type { Step } from '../acd/engine.js';
import type { Answer } from '../acd/events.js';
import type { AcdBatch } from '../acd-ports.js';
import type { FeedNews } from '../feed-news.js';
import type { FeedEvent } from '../feed-ports.js';

export interface TimedEffect {
  readonly effect: AcdEffect;
  /** when its step was made, Unix ms */
  readonly atMs: number;
}

interface Waiter {
  readonly answer: Answer;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: Error) => void;
}

/** What is to be stored: changes, and the news of them with their numbers (B25). */
export interface Unsaved extends Changes {
  readonly events: FeedEvent[];
}

export const nothingUnsaved = (): Unsaved => ({ ...noChanges(), events: [] });

export interface Pending {
  readonly changes: Unsaved;
  readonly effects: TimedEffect[];
  readonly waiters: Waiter[];
  /** monotonic, when its first step was made; 0 = none yet */
  sinceMs: number;
}

export const createPending = (): Pending => ({ changes: nothingUnsaved(), effects: [], waiters: [], sinceMs: 0 });

/** `nextSeq` numbers the news: one writer, in the order in which they will be saved. */
export function addStep(
  pending: Pending,
  step: Step,
  now: { readonly atMs: number; readonly monoMs: number },
  nextSeq: () => number,
): void {
  const { atMs } = now;
  if (pending.sinceMs === 0) pending.sinceMs = now.monoMs;
  addChanges(pending.changes, step.changes);
  for (const effect of step.effects) {
    pending.effects.push({ effect, atMs });
    if (effect.type === 'notice') pending.changes.events.push({ seq: nextSeq(), atMs, notice: effect.notice });
  }
}

/** Events that wait with news of others; beyond it these are left out, never the engine's own. */
export const newsWaitingMax = 10_000;

/** News of others than the engine, behind what it has said so far. False: too many wait for the database. */
export function addNews({ changes }: Pending, news: FeedNews, atMs: number, nextSeq: () => number): boolean {
  if (changes.events.length >= newsWaitingMax) return false;
  changes.events.push({ seq: nextSeq(), atMs, notice: news });
  return true;
}

export function addUnsaved(to: Unsaved, from: Unsaved): void {
  addChanges(to, from);
  for (const event of from.events) to.events.push(event);
}

function addChanges(to: Changes, from: Changes): void {
  for (const id of from.members) to.members.add(id);
  for (const id of from.agents) to.agents.add(id);
  for (const id of from.offers) to.offers.add(id);
  for (const id of from.queues) to.queues.add(id);
  to.isSystemChanged ||= from.isSystemChanged;
  for (const segment of from.segments) to.segments.push(segment);
}

/** Nobody waits for what it holds. */
export const isSettled = ({ effects, waiters, changes }: Pending): boolean =>
  effects.length === 0 && waiters.length === 0 && !hasChanges(changes);

export const hasChanges = (changes: Unsaved): boolean => countRows(changes) > 0;

/** Rows that a save of these would write. */
export const countRows = ({ members, agents, offers, queues, isSystemChanged, segments, events }: Unsaved): number =>
  members.size + agents.size + offers.size + queues.size + (isSystemChanged ? 1 : 0) + segments.length + events.length;

/** Orders to switches and sessions leave only under a lease that was just checked; news and decision records harm nobody. */
export const hasOrders = ({ effects }: Pending): boolean =>
  effects.some(({ effect }) => effect.type !== 'notice' && effect.type !== 'decision');

/** The newest state of everything that changed, copied, so that it does not change while it is being stored. */
export function batchFrom(changes: Unsaved, state: AcdState): AcdBatch {
  return {
    members: copies(changes.members, state.members),
    agents: copies(changes.agents, state.agents),
    offers: copies(changes.offers, state.offers),
    queues: copies(changes.queues, state.queues),
    system: changes.isSystemChanged ? copy(state.system) : undefined,
    segments: [...changes.segments],
    events: [...changes.events].sort((a, b) => a.seq - b.seq),
  };
}

function copies<Id extends string, T>(ids: Iterable<Id>, things: ReadonlyMap<Id, T>): ReadonlyMap<string, T | undefined> {
  const found = new Map<string, T | undefined>();
  for (const id of ids) {
    const thing = things.get(id);
    found.set(id, thing === undefined ? undefined : copy(thing));
  }
  return found;
}

/** As the database will give it back. */
const copy = <T>(thing: T): T => JSON.parse(JSON.stringify(thing)) as T;
