/**
 * Event streams: 100 pages at 1,000 events a second, each stored first; and what 200 pages cost the queue engine, which
 * stores, decides and tells in the same process.
 *
 *   npm run bench event-feed
 *
 * Method: docs/benchmarks.md, "Event streams".
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedEvent } from '../core/feed-ports.js';
import { acdLease } from '../sql/acd.js';
import { batchOf } from '../test/support/acd-rows.js';
import { cpuMsOf } from './support/cpu.js';
import { openFeedTarget } from './support/feed-target.js';
import { median, type Figure, type Spread } from './support/figure.js';
import { monoMs, startMetronome } from './support/metronome.js';
import { QueueLatency } from './support/queue-latency-run.js';
import { startViewers } from './support/sse-viewers.js';

const [streams, perSecond, batchEvents, seconds] = [100, 1_000, 10, 20];
const [viewers, rounds, joinsPerRound] = [200, 5, 300];
const leaseMs = 3_600_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** About as long as that of a real talk. */
function eventOf(seq: number): FeedEvent {
  const caller = {
    number: '15550001234',
    name: 'Billy Reilly',
    media: 'audio',
    call: { switch: 'west', uniqueId: '1795288855.1', channel: 'PJSIP/trunk-1' },
  };
  const times = { joinedAtMs: 1, enteredAtMs: 1, rejoinedAtMs: 0, visit: 1, priority: 0, rootId: '1795288855.1', leadId: 1, param: '' };
  const facts = { leg: 'tandem-1', switch: 'west', startedAtMs: 1, answeredAtMs: 2, connectedAtMs: 3 };
  const ids = { offer: 'o-1', member: 'm-1', agent: 'anna', queue: 'support' };
  const notice = {
    type: 'talk-ended',
    ...ids,
    talkMs: 60_000,
    by: 'agent',
    cause: String(monoMs()),
    caller: { ...caller, ...times },
    facts,
  };
  return { seq, atMs: Date.now(), notice: notice as unknown as FeedEvent['notice'] };
}

async function fanOut(dir: string): Promise<Figure[]> {
  const target = await openFeedTarget(`sqlite:${join(dir, 'fan-out.db')}`);
  const fence = (await target.store.leases.acquire(acdLease, 'bench', leaseMs)) ?? 0;
  const acd = target.side.telling(target.store.acd);
  const pages = await startViewers(target.port, streams);
  let seq = 0;
  const save = () => acd.save(batchOf({ events: Array.from({ length: batchEvents }, () => eventOf(++seq)) }), fence);
  const run = async (count: number) => {
    const beganMs = monoMs();
    for (let n = 0; n < count / batchEvents; n++) {
      await pause(Math.max(0, beganMs + (n * batchEvents * 1_000) / perSecond - monoMs()));
      await save();
    }
    return (count * 1_000) / (monoMs() - beganMs);
  };
  try {
    await run(2 * perSecond);
    await pause(500);
    await pages.report();
    const cpu = await cpuMsOf(process.pid);
    const rate = await run(seconds * perSecond);
    const cpuShare = ((await cpuMsOf(process.pid)) - cpu) / (seconds * 1_000);
    await pause(1_000);
    const { delay, events, gaps, slowest } = await pages.report();
    const name = `${streams} event streams, ${perSecond.toLocaleString('en')} events/s`;
    const lost = seconds * perSecond * streams - events + gaps + (seq - slowest);
    return [
      {
        name: `${name}: rate`,
        value: rate,
        unit: 'events/s',
        note: `${batchEvents} events to a save; ${(cpuShare * 100).toFixed(0)} % of a core`,
      },
      { name: `${name}: made → read, p50`, value: delay.p50, unit: 'ms', note: `${delay.count.toLocaleString('en')} times` },
      { name: `${name}: made → read, p99`, value: delay.p99, unit: 'ms' },
      { name: `${name}: lost, doubled or out of order`, value: lost, unit: 'events' },
    ];
  } finally {
    await pages.stop();
    await target.close();
  }
}

/** Rounds without and with pages take turns, so that what else the machine does falls on both. */
async function whatViewersCost(dir: string): Promise<Figure[]> {
  const url = `sqlite:${join(dir, 'viewers.db')}`;
  const target = await openFeedTarget(url);
  const metronome = startMetronome();
  const run = await QueueLatency.open(url, 1_000, metronome, (events) => target.side.feed.stored(events));
  const found: Record<'none' | 'all', Spread[]> = { none: [], all: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      found.none.push(await run.joins(joinsPerRound));
      const pages = await startViewers(target.port, viewers);
      await pause(1_000);
      found.all.push(await run.joins(joinsPerRound));
      await pages.stop();
    }
  } finally {
    await metronome.stop();
    await run.close();
    await target.close();
  }
  const rows = (['p50', 'p99'] as const).map((which): Figure => {
    const of = (spreads: readonly Spread[]) => median(spreads.map((spread) => spread[which]));
    const note = `median of ${rounds} rounds of ${joinsPerRound} joins; baseline: without a page, same run`;
    return { name: `join → ring order with ${viewers} pages: ${which}`, value: of(found.all), baseline: of(found.none), unit: 'ms', note };
  });
  return rows;
}

export async function eventFeed(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  try {
    return [...(await fanOut(dir)), ...(await whatViewersCost(dir))];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
