/** Decisions of the pacers and what they have learned, stored once a minute (dialer.md B3, B9). */
import type { Decision } from '../dialer/pacing/index.js';
import type { DialerStore } from '../dialer-ports.js';
import type { Log } from '../ports.js';

export const dialerHistoryLimits = {
  everyMs: 60_000,
  /** decisions that wait for a database that is away; older ones are lost */
  decisionsMax: 20_000,
};

export interface DialerHistoryDeps {
  readonly store: Pick<DialerStore, 'saveDecisions' | 'putLearned'>;
  readonly learned: () => ReadonlyMap<string, unknown>;
  readonly log: Log;
}

export interface DialerHistory {
  add(group: string, decision: Decision, atMs: number): void;
  /** Stores when a minute has passed, or at once. Never rejects. */
  store(nowMs: number, isNow?: boolean): Promise<void>;
}

export function createDialerHistory(deps: DialerHistoryDeps, limits = dialerHistoryLimits): DialerHistory {
  let rows: { readonly atMs: number; readonly group: string; readonly decision: Decision }[] = [];
  /** as text, so that only what has changed is written */
  const written = new Map<string, string>();
  let storedAtMs: number | undefined;

  async function write(nowMs: number): Promise<void> {
    const taken = rows;
    rows = [];
    try {
      if (taken.length > 0) await deps.store.saveDecisions(taken);
    } catch (error) {
      rows = [...taken, ...rows].slice(-limits.decisionsMax);
      throw error;
    }
    const learned = deps.learned();
    for (const [key, snapshot] of learned) {
      const text = JSON.stringify(snapshot);
      if (written.get(key) === text) continue;
      await deps.store.putLearned(key, snapshot, nowMs);
      written.set(key, text);
    }
    for (const key of written.keys()) if (!learned.has(key)) written.delete(key);
  }

  return {
    add(group, decision, atMs) {
      rows.push({ atMs, group, decision });
      if (rows.length > limits.decisionsMax) rows.shift();
    },
    async store(nowMs, isNow = false) {
      storedAtMs ??= nowMs;
      if (!isNow && nowMs - storedAtMs < limits.everyMs) return;
      storedAtMs = nowMs;
      await write(nowMs).catch((error: unknown) => deps.log.debug({ error }, 'decisions of the pacers could not be stored now'));
    },
  };
}
