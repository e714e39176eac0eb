/**
 * The dialer's engine alone: time of a tick with its decision, events a second, memory over a day.
 *
 *   npm run bench dialer-engine
 *
 * Method: one process, no store, no switch (bench/support/dialer-load.ts): agents who talk 120 s on average and wrap up
 * 20 s, customers of whom 30 % answer, predictive campaigns for one queue. A tick is the whole step: slots, wishes of every
 * campaign, the pacer's decision, claims; in processor time. Memory: heap after collection of garbage, every simulated hour.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DialerLoad } from './support/dialer-load.js';
import { spreadOf } from './support/figure.js';
import type { Figure } from './support/figure.js';

const megabyte = 1024 * 1024;

function ticks(agents: number, campaigns: number): readonly Figure[] {
  const load = new DialerLoad(agents, campaigns);
  load.run(600);
  load.tickUs.length = 0;
  const [events, from] = [load.events, process.cpuUsage()];
  load.run(600);
  const { user, system } = process.cpuUsage(from);
  const { p50, p99, max, count } = spreadOf(load.tickUs);
  const name = `dialer engine, ${agents} agents, ${campaigns} campaigns`;
  const done = load.events - events;
  return [
    {
      name: `${name}: tick with decision, p50`,
      value: p50,
      unit: 'µs',
      note: `p99 ${p99.toFixed(0)}, longest ${max.toFixed(0)} µs of ${count}`,
    },
    {
      name: `${name}: events`,
      value: (done * 1e6) / (user + system),
      unit: 'events/s',
      note: 'by processor time; customers and agents of the bench included',
    },
  ];
}

/** After the first hour nothing may grow. */
function memory(): readonly Figure[] {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const load = new DialerLoad(50, 2);
  const heap: number[] = [];
  for (let hour = 0; hour < 9; hour++) {
    load.run(3_600);
    load.tickUs.length = 0;
    collect();
    heap.push(process.memoryUsage().heapUsed / megabyte);
  }
  const [, first = NaN] = heap;
  const last = heap.at(-1) ?? NaN;
  return [
    {
      name: 'dialer engine: heap after 9 simulated hours of 50 agents',
      ...{ value: last, unit: 'MB', baseline: first },
      note: `${load.calls} calls; baseline: the same after 2 hours`,
    },
  ];
}

export function dialerEngine(): Promise<readonly Figure[]> {
  return Promise.resolve([...ticks(100, 1), ...ticks(1_000, 1), ...ticks(1_000, 20), ...memory()]);
}
