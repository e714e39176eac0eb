/**
 * A list of a million contacts, from the packed file to the table: rows read, checked, compared with the suppression lists and
 * stored, with the memory and the hold-ups of the event loop; and the row path alone.
 *
 *   npm run bench dialer-lists
 *
 * ROWS=100000 makes it a smaller one; STORE=sqlite leaves MariaDB out. Method: docs/dialer-lists.md, "Figures".
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Campaign } from '../core/dialer/campaign.js';
import { campaignDefaults } from '../core/dialer/campaign-defaults.js';
import { shippedProfiles } from '../core/dialer/compliance/profiles.js';
import { listWish, planList } from '../core/dialer/list-wish.js';
import { createDialerLists, dialerListsDefaults, type ListJob } from '../sidecar/dialer-lists.js';
import { headLinesOf, readRecords, rowReaderOf } from '../sidecar/list-records.js';
import { systemTimers } from '../sidecar/timers.js';
import { openStore, type Store } from '../sql/store.js';
import { silentLog, silentMeter } from '../test/support/observers.js';
import { startMariaDb } from '../test/testbed/mariadb.js';
import { median, type Figure } from './support/figure.js';

const rowsTotal = Number(process.env['ROWS'] ?? 1_000_000);
const dncNumbers = 10_000;
const areas = ['30', '40', '89', '221', '69', '711', '171', '160'];

const campaign = (id: string): Campaign => ({
  ...campaignDefaults,
  id,
  name: id,
  mode: 'PREDICTIVE',
  profile: 'eu-generic',
  country: 'DE',
});
const wish = listWish.parse({ name: 'bench' });

/** Numbers as people write them; one in a thousand is none. */
function* lines(): Generator<string> {
  yield 'external_id,number,phone2,name,city,postal_code,priority,consent\n';
  for (let i = 0; i < rowsTotal; i++) {
    const area = areas[i % areas.length] ?? '30';
    const number =
      i % 1_000 === 999 ? 'unknown' : i % 3 === 0 ? `+49 ${area} ${String(1_000_000 + i)}` : `0${area}/${String(1_000_000 + i)}`;
    const second = i % 10 === 0 ? `0171 ${String(1_000_000 + i)}` : '';
    yield `crm-${String(i)},${number},${second},"Customer, No ${String(i)}",Berlin,${String(10_000 + (i % 80_000))},5,yes\n`;
  }
}

async function makeFile(folder: string): Promise<string> {
  const file = join(folder, 'list.csv.gz');
  function* pieces(): Generator<Buffer> {
    let text = '';
    for (const line of lines()) {
      text += line;
      if (text.length < 65_536) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(text);
  }
  await pipeline(Readable.from(pieces()), createGzip({ level: 1 }), createWriteStream(file));
  return file;
}

// ------------------------------------------------------------------ the row path alone

async function rowPath(): Promise<Figure[]> {
  const count = Math.min(rowsTotal, 200_000);
  const text: string[] = [];
  for (const line of lines()) if (text.push(line) > count) break;
  const bytes = Buffer.from(text.join(''));
  const planned = planList(bytes, await headLinesOf(bytes.subarray(0, 4_096), 0, wish), wish);
  if (!planned.ok) throw new Error(planned.problem);
  const { plan } = planned;
  const read = (offset: number): AsyncIterable<Buffer> =>
    Readable.from(
      (function* () {
        for (let at = offset; at < bytes.length; at += 262_144) yield bytes.subarray(at, at + 262_144);
      })(),
    );
  const perSecond: number[] = [];
  for (let round = 0; round < 5; round++) {
    const toContact = rowReaderOf(wish, plan, { id: 1, fileKey: 'f' }, campaign('c1'));
    const sinceMs = performance.now();
    let rows = 0;
    for await (const page of readRecords(read, plan, wish, 0)) for (const record of page) if (toContact(record).ok) rows++;
    perSecond.push((rows / (performance.now() - sinceMs)) * 1_000);
  }
  return [
    {
      name: 'lists: rows read and checked, without a store',
      value: median(perSecond),
      unit: 'rows/s',
      note: 'five rounds, the middle one',
    },
  ];
}

// ------------------------------------------------------------------ with a store

async function ended(
  store: Store,
  jobs: ReturnType<typeof createDialerLists>,
  job: ListJob,
  everyMs: number,
  look: () => void,
): Promise<ListJob> {
  for (;;) {
    look();
    const list = await store.dialer.lists.find(job.id);
    const now = list && (await jobs.jobOf(list));
    if (now && !now.isRunning) return now;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function load(name: string, url: string, file: string, folder: string): Promise<Figure[]> {
  const store = await openStore({ url, zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: Date.now });
  await store.migrate();
  const c1 = await store.dialer.putCampaign(campaign('c1'), entry);
  await addDnc(store);
  const jobs = createDialerLists(
    {
      ...{ store: store.dialer, leases: store.leases, owner: 'bench', isDeadOwner: () => false, profiles: () => shippedProfiles },
      ...{ wake: () => undefined, timers: systemTimers, log: silentLog, meter: silentMeter },
    },
    { ...dialerListsDefaults, folder: join(folder, name), bytesMax: 4 * 1024 ** 3 },
  );
  globalThis.gc?.();
  const before = process.memoryUsage();
  let [rssMax, heapMax] = [0, 0];
  const look = (): void => {
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    rssMax = Math.max(rssMax, rss);
    heapMax = Math.max(heapMax, heapUsed + arrayBuffers);
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const sinceMs = performance.now();
  const job = await jobs.load(c1, wish, createReadStream(file), 'user:bench');
  const receivedMs = performance.now() - sinceMs;
  delay.enable();
  const done = await ended(store, jobs, job, 50, look);
  delay.disable();
  const tookMs = performance.now() - sinceMs - receivedMs;
  const { user, system } = process.cpuUsage(cpu);
  await jobs.close();
  await store.close();
  if (done.rowsRead !== rowsTotal) throw new Error(`${String(done.rowsRead)} of ${String(rowsTotal)} rows: ${done.problem ?? ''}`);
  const counts = `${String(done.stored)} stored, ${String(done.invalid)} invalid, ${String(done.blocked)} blocked`;
  return [
    {
      name: `lists: load on ${name}`,
      value: (rowsTotal / tookMs) * 1_000,
      unit: 'rows/s',
      note: `${(tookMs / 1_000).toFixed(1)} s; ${counts}`,
    },
    {
      name: `lists: file received and unpacked, ${name}`,
      value: receivedMs,
      unit: 'ms',
      note: `${((await stat(file)).size / 1e6).toFixed(0)} MB packed`,
    },
    { name: `lists: CPU of the load, ${name}`, value: (user + system) / rowsTotal, unit: 'µs/row' },
    { name: `lists: hold-up of the event loop, ${name}, 99 %`, value: delay.percentile(99) / 1e6, unit: 'ms' },
    { name: `lists: longest hold-up, ${name}`, value: delay.max / 1e6, unit: 'ms' },
    {
      name: `lists: memory, ${name}`,
      value: (rssMax - before.rss) / 1024 ** 2,
      unit: 'MiB',
      note: `more than before, at most; heap and buffers ${(heapMax / 1024 ** 2).toFixed(0)} MiB in all`,
    },
  ];
}

const entry = { atMs: 0, actor: 'bench', object: 'bench', action: 'bench', before: undefined, after: undefined, reason: '' };

async function addDnc(store: Store): Promise<void> {
  const entries = Array.from({ length: dncNumbers }, (_, i) => ({
    ...{
      number: `49${areas[i % areas.length] ?? ''}${String(1_000_000 + i * 7)}`,
      isPrefix: false,
      scope: '',
      source: 'bench',
      reason: '',
    },
    ...{ fromMs: 0, untilMs: undefined },
  }));
  for (let i = 0; i < entries.length; i += 2_000) await store.dialer.addDnc(entries.slice(i, i + 2_000), entry);
}

export async function dialerLists(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-lists-'));
  try {
    const file = await makeFile(folder);
    const figures = [...(await rowPath()), ...(await load('SQLite', `sqlite:${join(folder, 'lists.db')}`, file, folder))];
    if (process.env['STORE'] === 'sqlite') return figures;
    const mariadb = await startMariaDb({ strict: true });
    try {
      return [...figures, ...(await load('MariaDB', mariadb.url, file, folder))];
    } finally {
      await mariadb.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
