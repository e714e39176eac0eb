/**
 * The pacer: time of one decision, by number of agents, and what it keeps in memory.
 *
 *   npm run bench dialer-pacing
 *
 * Method: simulated days (test/simulation-dialer), processor time of each `decide`, collection of garbage in other
 * threads included, so that others on the machine do not count; the first minutes, with cold code, do. Baseline: two lines per idle agent, same day.
 */
import { createPacer } from '../core/dialer/pacing/index.js';
import type { PacerState } from '../core/dialer/pacing/index.js';
import { perIdleAgent } from '../test/simulation-dialer/baselines.js';
import { Day } from '../test/simulation-dialer/day.js';
import type { DayPacer, PacerOf } from '../test/simulation-dialer/day.js';
import { dayWith } from '../test/simulation-dialer/scenarios.js';
import { spreadOf } from './support/figure.js';
import type { Figure } from './support/figure.js';

const hours = 0.5;

function timed(pacer: DayPacer, us: number[]): DayPacer {
  return {
    ...(pacer.onEvent && { onEvent: (event) => pacer.onEvent?.(event) }),
    decide(state: PacerState) {
      const from = process.cpuUsage();
      const answer = pacer.decide(state);
      const { user, system } = process.cpuUsage(from);
      us.push(user + system);
      return answer;
    },
  };
}

function decisionsUs(agents: number, pacerOf: PacerOf): number[] {
  const us: number[] = [];
  new Day(dayWith({ agents, hours }), 1, (day, campaign) => timed(pacerOf(day, campaign), us)).run();
  return us;
}

function decisions(agents: number): Figure[] {
  const { p50, p99, max, count } = spreadOf(decisionsUs(agents, () => createPacer()));
  const baseline = spreadOf(decisionsUs(agents, perIdleAgent(2)));
  const name = `pacer decision, ${agents} agents`;
  return [
    { name: `${name}: p50`, value: p50, unit: 'µs', note: `two lines per idle agent: ${baseline.p50.toFixed(1)} µs; ${count} decisions` },
    { name: `${name}: p99`, value: p99, unit: 'µs', note: `longest ${max.toFixed(0)} µs` },
  ];
}

export function dialerPacing(): Promise<Figure[]> {
  return Promise.resolve([10, 50, 200, 1_000].flatMap(decisions));
}
