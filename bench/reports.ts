/**
 * Reports from a million segments: a month of 20 queues and 200 agents on SQLite, read as the API reads it.
 *
 *   npm run bench reports
 *
 * Method: docs/benchmarks.md, "Reports".
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Segment } from '../core/acd/records.js';
import { createReports, type Reports, type ReportWish } from '../core/services/reports.js';
import { acdLease } from '../sql/acd.js';
import { openStore, type Store } from '../sql/store.js';
import { silentLog, silentMeter } from '../test/support/observers.js';
import { median, type Figure } from './support/figure.js';
import { segmentsOfMonth } from './support/report-segments.js';

const zone = 'Europe/Berlin';
const dayMs = 86_400_000;
const monthStartMs = Date.UTC(2026, 9, 1);
const segmentsTotal = 1_000_000;
const rounds = 5;

async function fill(store: Store): Promise<void> {
  const fence = (await store.leases.acquire(acdLease, 'bench', 3_600_000)) ?? 0;
  const empty = { members: new Map(), agents: new Map(), offers: new Map(), queues: new Map(), system: undefined, events: [] };
  for (const segments of segmentsOfMonth(monthStartMs, segmentsTotal))
    await store.acd.save({ ...empty, segments: segments as Segment[] }, fence);
}

const wish = (days: number, interval: ReportWish['interval']): ReportWish => ({
  fromMs: monthStartMs + (days === 1 ? 10 * dayMs : 0),
  toMs: monthStartMs + (days === 1 ? 11 : days) * dayMs,
  interval,
  zone,
  isWanted: () => true,
});

/** CPU that the main thread has used, ms: what others do to the machine does not count. */
const mainThreadMs = (): number => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6;

/** Pieces of work between two turns of others, ms of CPU. */
const pieces = { sinceMs: 0, all: [] as number[] };

async function breathe(): Promise<void> {
  pieces.all.push(mainThreadMs() - pieces.sinceMs);
  await new Promise((resolve) => setImmediate(resolve));
  pieces.sinceMs = mainThreadMs();
}

async function measure(name: string, work: () => Promise<unknown>, times: number): Promise<Figure[]> {
  const samples: number[] = [];
  const cpu = process.cpuUsage();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  pieces.all = [];
  pieces.sinceMs = mainThreadMs();
  for (let i = 0; i < times; i++) {
    const sinceMs = performance.now();
    await work();
    samples.push(performance.now() - sinceMs);
  }
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const sorted = pieces.all.sort((a, b) => b - a);
  const largest = sorted.slice(0, 5).map((ms) => ms.toFixed(1));
  return [
    { name, value: median(samples), unit: 'ms', note: `${String(times)} times` },
    { name: `${name}: CPU`, value: (user + system) / 1_000 / times, unit: 'ms' },
    { name: `${name}: longest hold-up of the event loop`, value: delay.max / 1e6, unit: 'ms', note: 'by the clock' },
    { name: `${name}: largest piece without a turn`, value: sorted[0] ?? 0, unit: 'ms', note: `CPU; ${largest.join(', ')}` },
  ];
}

async function measureAll(reports: Reports): Promise<Figure[]> {
  const rows: Figure[] = [];
  for (const kind of ['queues', 'agents'] as const) {
    rows.push(...(await measure(`report of ${kind}, one day by quarters`, () => reports[kind](wish(1, '15m')), rounds)));
    rows.push(...(await measure(`report of ${kind}, a month by days`, () => reports[kind](wish(30, 'day')), 1)));
  }
  rows.push(...(await measure('report of queues, a month by quarters', () => reports.queues(wish(30, '15m')), 1)));
  return rows;
}

export async function reports(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  const store = await openStore({ url: `sqlite:${join(dir, 'reports.db')}`, zone, log: silentLog, meter: silentMeter, nowMs: Date.now });
  try {
    await store.migrate();
    await fill(store);
    return await measureAll(
      createReports({
        store: store.reports,
        open: () => Promise.resolve({ members: [], offers: [], agents: [] }),
        goalOf: () => ({ withinMs: 20_000, percent: 80, shortAbandonMs: 5_000 }),
        nowMs: () => monthStartMs + 31 * dayMs,
        breathe,
      }),
    );
  } finally {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
}
