/**
 * The queue engine alone: events per second, how that grows, time of a decision, a burst of freed agents, memory.
 *
 *   npm run bench queue-engine
 *
 * Method: one process, no store, no switch. Every agent talks, others wait. One round: an agent's talk ends, the next
 * caller is rung, the agent answers, is ready, is connected, and a new caller joins: five events. Times of single
 * steps are taken with the nanosecond clock. Baseline: a plain engine that scans all callers and agents on each
 * event (bench/support/scan-all-engine.ts), in the same run.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EngineLoad, fill, ringsOf } from './support/engine-load.js';
import { spreadOf } from './support/figure.js';
import type { Figure } from './support/figure.js';
import { ScanAllEngine } from './support/scan-all-engine.js';

const eventsPerRound = 5;
const sizes = [
  { agents: 100, waiting: 1_000, rounds: 20_000 },
  { agents: 1_000, waiting: 10_000, rounds: 20_000 },
  { agents: 10_000, waiting: 100_000, rounds: 20_000 },
] as const;
const burstAgents = 20;
const bursts = 50;

const nowUs = (): number => Number(process.hrtime.bigint()) / 1000;

interface Run {
  readonly eventsPerS: number;
  /** our own CPU time instead of the clock: what a machine that does nothing else would give */
  readonly eventsPerCpuS: number;
  readonly freeToRingUs: readonly number[];
}

function rounds(load: EngineLoad, talks: ReturnType<typeof fill>, count: number): Run {
  const freeToRingUs: number[] = [];
  const startUs = nowUs();
  const startCpu = process.cpuUsage();
  for (let n = 0; n < count; n++) {
    load.nowMs += 3;
    const at = n % talks.length;
    const over = talks[at];
    if (!over) continue;
    const fromUs = nowUs();
    const [next] = ringsOf(load.end(over));
    freeToRingUs.push(nowUs() - fromUs);
    if (next) {
      load.answer(next);
      talks[at] = next;
    }
    load.join();
  }
  const { user, system } = process.cpuUsage(startCpu);
  const events = count * eventsPerRound * 1e6;
  return { eventsPerS: events / (nowUs() - startUs), eventsPerCpuS: events / (user + system), freeToRingUs };
}

/** The plain engine does two of the five events; the others would cost it the same scan. */
function plainEventsPerS(agents: number, waiting: number): number {
  const plain = new ScanAllEngine(agents, 20);
  const talks = Array.from({ length: agents }, (_, i) => plain.join(i % 20, i)).flat();
  for (let i = 0; i < waiting; i++) plain.callers.add({ id: agents + i, queue: i % 20, joinedAtMs: agents + i, agent: undefined });
  const startUs = nowUs();
  let events = 0;
  while (nowUs() - startUs < 2e6) {
    const over = talks.shift();
    if (over) talks.push(...plain.end(over, events));
    plain.join(events % 20, 1e6 + events);
    events += 2;
  }
  return (events * 1e6) / (nowUs() - startUs);
}

function growth(): Figure[] {
  return sizes.map(({ agents, waiting, rounds: count }) => {
    const load = new EngineLoad(agents);
    const talks = fill(load, waiting);
    rounds(load, talks, count / 4);
    const { eventsPerS, eventsPerCpuS } = rounds(load, talks, count);
    const name = `queue engine: ${agents} agents, ${waiting} waiting`;
    const note = `${eventsPerCpuS.toFixed(0)} by CPU time; baseline: plain scan-all engine, same run`;
    return { name, value: eventsPerS, unit: 'events/s', baseline: plainEventsPerS(agents, waiting), note };
  });
}

function latency(waiting: number): Figure[] {
  const load = new EngineLoad(1_000);
  const talks = fill(load, waiting);
  rounds(load, talks, 3_000);
  const figures: Figure[] = [];
  const add = (what: string, us: readonly number[]): void => {
    const { p50, p99, max, count } = spreadOf(us);
    figures.push({
      name: `${what}, ${waiting} waiting: p50`,
      value: p50,
      unit: 'µs',
      note: `p99 ${p99.toFixed(0)}, longest ${max.toFixed(0)} µs of ${count}`,
    });
  };
  if (waiting > 0) add('queue engine: talk ends → next ring order', rounds(load, talks, 5_000).freeToRingUs);
  add('queue engine: caller joins → ring order', joins(load));
  add(`queue engine: ${burstAgents} agents freed together → all rung`, burst(load, talks, waiting));
  return figures;
}

/** A caller whom a free agent may serve at once, while the others wait elsewhere. */
function joins(load: EngineLoad): number[] {
  const times: number[] = [];
  for (let n = 0; n < 5_000; n++) {
    load.nowMs += 3;
    const fromUs = nowUs();
    const [order] = ringsOf(load.join('quiet'));
    times.push(nowUs() - fromUs);
    if (!order) throw new Error('nobody is rung');
    load.answer(order);
    load.end(order);
  }
  return times;
}

function burst(load: EngineLoad, talks: ReturnType<typeof fill>, waiting: number): number[] {
  const times: number[] = [];
  for (let n = 0; n < bursts; n++) {
    load.nowMs += 1_000;
    const from = (n * burstAgents) % talks.length;
    const fromUs = nowUs();
    const rung = talks.slice(from, from + burstAgents).flatMap((over) => ringsOf(load.end(over)));
    // with nobody waiting the agents are free, and twenty callers come at once
    if (waiting === 0) for (let i = 0; i < burstAgents; i++) rung.push(...ringsOf(load.join()));
    times.push(nowUs() - fromUs);
    rung.forEach((order, i) => {
      load.answer(order);
      talks[from + i] = order;
    });
    if (waiting > 0) rung.forEach(() => load.join());
  }
  return times;
}

function memory(): Figure {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const waiting = 100_000;
  const load = new EngineLoad(1_000);
  fill(load, 0);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < waiting; i++) load.join();
  collect();
  const kB = (process.memoryUsage().heapUsed - before) / waiting / 1000;
  return {
    name: 'queue engine: memory for a waiting caller',
    value: kB,
    unit: 'kB',
    note: `heap after collection, ${load.engine.state.members.size} members`,
  };
}

export function queueEngine(): Promise<Figure[]> {
  return Promise.resolve([...growth(), ...[0, 1_000, 10_000].flatMap(latency), memory()]);
}
