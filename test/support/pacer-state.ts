/** A pacer's state for tests: a team in the middle of a day, with anything otherwise that is given. */
import type { PacedAgent, PacedCall, PacerState } from '../../core/dialer/pacing/index.js';

export interface Situation extends Partial<Omit<PacerState, 'agents' | 'calls' | 'counts'>> {
  readonly agents?: readonly PacedAgent[];
  readonly calls?: readonly PacedCall[];
}

export const readyAgents = (count: number, since = 0): PacedAgent[] =>
  Array.from({ length: count }, (_, id) => ({ id, state: 'ready' as const, since }));

export const busyAgents = (count: number, state: 'talk' | 'wrap', since: number): PacedAgent[] =>
  Array.from({ length: count }, (_, n) => ({ id: `${state}${n}`, state, since }));

export const ringingCalls = (count: number, placedAt: number, bucket = 0): PacedCall[] =>
  Array.from({ length: count }, (_, n) => ({ id: `r${placedAt}-${n}`, state: 'ringing' as const, placedAt, answeredAt: null, bucket }));

export function pacerState({ agents = [], calls = [], ...rest }: Situation = {}): PacerState {
  const counts = { ready: 0, talk: 0, wrap: 0, paused: 0, out: 0, ringing: 0, waiting: 0 };
  for (const { state } of agents) counts[state]++;
  for (const { state } of calls) counts[state]++;
  return {
    now: 3_600,
    tick: 1,
    agents,
    calls,
    counts,
    totals: { placed: 0, answered: 0, connected: 0, abandoned: 0, failed: 0 },
    target: 0.03,
    grace: 2,
    ringTimeout: 25,
    minRing: 15,
    shift: { start: 0, end: 28_800 },
    limits: { maxLines: 10_000, maxCps: 1_000 },
    nextBucket: () => 0,
    ...rest,
  };
}
