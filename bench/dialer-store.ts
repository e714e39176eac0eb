/**
 * The dialer's store with a million contacts in a hundred campaigns, on SQLite and on MariaDB: load, claims, saves, the
 * hopper, and lookups among ten million numbers that may not be called.
 *
 *   npm run bench dialer-store         DIALER_BENCH_CONTACTS, DIALER_BENCH_DNC: other sizes
 *
 * Method: docs/benchmarks.md, "Dialer store".
 */
import type { Judge } from '../core/dialer-ports.js';
import type { CallRecord } from '../core/dialer/contact.js';
import type { DialerChange } from '../core/dialer/engine-words.js';
import type { Value } from '../sql/db.js';
import { dialerLease } from '../sql/dialer.js';
import { nextBatchRows } from '../core/dialer/batch-size.js';
import { newContactColumns, newContactValues, arrivalAt } from '../sql/dialer-rows.js';
import { aCampaign, aContact, batchRows, campaignOf, mariaDbWorld, sqliteWorld } from './support/dialer-world.js';
import type { DialerWorld } from './support/dialer-world.js';
import { spreadOf } from './support/figure.js';
import type { Figure } from './support/figure.js';

const contactsTotal = Number(process.env['DIALER_BENCH_CONTACTS'] ?? 1_000_000);
const dncTotal = Number(process.env['DIALER_BENCH_DNC'] ?? 10_000_000);
const campaigns = Math.min(100, contactsTotal / batchRows);
const bareTotal = Math.min(200_000, contactsTotal);
const claims = 4 * campaigns;
const claimSize = 20;
const activeClaims = 10;
const lookups = 300;
const lookupSize = 200;

/** As the gates do it: what the store read decides. */
const judge: Judge = ({ dnc, isNumberActive, numberHours }) => {
  if (dnc.length > 0) return { kind: 'final', gate: 'dnc', result: 'BLOCKED_DNC' };
  if (isNumberActive || numberHours.length > 8) return { kind: 'wait', gate: 'caps', untilMs: undefined };
  return { kind: 'go', guaranteedOnly: false };
};

interface Work {
  readonly ms: number;
  readonly client: number;
  readonly server: number;
}

async function timed(world: DialerWorld, work: () => Promise<unknown>): Promise<Work> {
  const before = await world.cpuMs();
  const sinceMs = performance.now();
  await work();
  const ms = performance.now() - sinceMs;
  const after = await world.cpuMs();
  return { ms, client: after.client - before.client, server: after.server - before.server };
}

const add = (a: Work, b: Work): Work => ({ ms: a.ms + b.ms, client: a.client + b.client, server: a.server + b.server });
const noWork: Work = { ms: 0, client: 0, server: 0 };

/** One table with the same columns and no index but its key, the same batches, nothing looked up. */
async function bareLoad({ bare, kind }: DialerWorld): Promise<(rows: readonly Value[][]) => Promise<void>> {
  const mysql = kind === 'MariaDB';
  await bare.run(
    `CREATE TABLE bench_bare (seq ${mysql ? 'BIGINT AUTO_INCREMENT' : 'INTEGER'} PRIMARY KEY, ${newContactColumns.map((name) => `${name} VARCHAR(200)`).join(', ')})`,
  );
  const size = mysql ? 500 : 1;
  const row = `(${newContactColumns.map(() => '?').join(', ')})`;
  const sql = `INSERT INTO bench_bare (${newContactColumns.join(', ')}) VALUES ${Array.from({ length: size }, () => row).join(', ')}`;
  return (rows) =>
    bare.transaction(async (tx) => {
      for (let at = 0; at < rows.length; at += size) await tx.run(sql, size === 1 ? rows[at] : rows.slice(at, at + size).flat());
    });
}

/** What the dial cycle asks for, ten times a second until it is stopped: how long it waits. */
function readsBeside({ store }: DialerWorld): { stop(): Promise<ReturnType<typeof spreadOf>> } {
  const waits: number[] = [];
  let isOver = false;
  const run = async (): Promise<void> => {
    while (!isOver) {
      const sinceMs = performance.now();
      await store.dialer.activeCounts();
      waits.push(performance.now() - sinceMs);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const running = run();
  return {
    async stop() {
      isOver = true;
      await running;
      return spreadOf(waits);
    },
  };
}

/** Batches of the campaigns take turns, the bare loop takes its turn among them. */
async function load(world: DialerWorld): Promise<Figure[]> {
  const { lists } = world.store.dialer;
  const bare = await bareLoad(world);
  const ids: number[] = [];
  for (let k = 0; k < campaigns; k++)
    ids.push((await lists.create({ campaign: campaignOf(k), name: 'bench', fileHash: '', startedAtMs: 0 })).id);
  const read = ids.map(() => 0);
  let [ours, theirs, bareRows, rssMax] = [noWork, noWork, 0, 0];
  const rssBefore = process.memoryUsage.rss();
  const beside = readsBeside(world);
  let [size, bareDue] = [lists.batchRows.least, 0];
  for (let from = 0, k = 0; from < contactsTotal; k = (k + 1) % campaigns) {
    const count = Math.min(size, contactsTotal - from);
    const rows = Array.from({ length: count }, (_, i) => aContact(from + i, campaignOf(k)));
    const rowsRead = (read[k] = (read[k] ?? 0) + count);
    const progress = { offset: rowsRead, rowsRead, invalid: 0, blocked: 0, noTimeZone: 0 };
    const rule = { duplicates: 'skip', within: 'campaign' } as const;
    const one = await timed(world, () => lists.load(ids[k] ?? 0, rows, rule, progress, Date.now()));
    ours = add(ours, one);
    size = nextBatchRows(size, one.ms, lists.batchRows);
    rssMax = Math.max(rssMax, process.memoryUsage.rss());
    from += count;
    if (from < bareDue) continue;
    bareDue += (count * contactsTotal) / bareTotal;
    const values = rows.map((one) => newContactValues(one, arrivalAt(Date.now())));
    theirs = add(theirs, await timed(world, () => bare(values)));
    bareRows += count;
  }
  const waits = await beside.stop();
  for (const id of ids)
    await lists.setState(id, 'active', {
      atMs: 0,
      actor: 'bench',
      object: 'list',
      action: 'activate',
      before: undefined,
      after: undefined,
      reason: '',
    });
  const perSecond = ({ ms }: Work, rows: number): number => (rows / ms) * 1_000;
  const cpuUs = ({ client, server }: Work, rows: number): number => ((client + server) / rows) * 1_000;
  const name = `${world.kind}: load of ${contactsTotal.toLocaleString('en')} contacts`;
  return [
    { name, value: perSecond(ours, contactsTotal), unit: 'rows/s', baseline: perSecond(theirs, bareRows), note: 'by the clock' },
    {
      name: `${name}: CPU a row`,
      value: cpuUs(ours, contactsTotal),
      unit: 'µs',
      baseline: cpuUs(theirs, bareRows),
      note: `client ${((ours.client / contactsTotal) * 1_000).toFixed(1)}, server ${((ours.server / contactsTotal) * 1_000).toFixed(1)}`,
    },
    { name: `${world.kind}: counting active calls while a list is loaded, p50`, value: waits.p50, unit: 'ms' },
    {
      name: `${world.kind}: counting active calls while a list is loaded, p99`,
      value: waits.p99,
      unit: 'ms',
      note: `max ${waits.max.toFixed(0)} ms`,
    },
    { name: `${name}: memory of the client`, value: rssMax / 1e6, unit: 'MB', note: `resident; ${(rssBefore / 1e6).toFixed(0)} before` },
  ];
}

/** So many times; p50, p99 and CPU. `between` is not measured. */
async function sampled(
  world: DialerWorld,
  name: string,
  times: number,
  work: (i: number) => Promise<unknown>,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<Figure[]> {
  const samples: number[] = [];
  let total = noWork;
  for (let i = 0; i < times; i++) {
    const one = await timed(world, () => work(i));
    samples.push(one.ms);
    total = add(total, one);
    await between();
  }
  return spreadFigures(world, name, samples, total);
}

function spreadFigures({ kind }: DialerWorld, name: string, samples: readonly number[], { client, server }: Work): Figure[] {
  const { p50, p99, max, count } = spreadOf(samples);
  const cpu = `CPU client ${(client / count).toFixed(2)}, server ${(server / count).toFixed(2)} ms each; max ${max.toFixed(0)} ms`;
  return [
    { name: `${kind}: ${name}, p50`, value: p50, unit: 'ms' },
    { name: `${kind}: ${name}, p99`, value: p99, unit: 'ms', note: cpu },
  ];
}

const recordOf = (callId: string, campaignId: string, i: number): CallRecord => {
  const { customerNumber, numberKey } = aContact(i, campaignId);
  return {
    ...{
      callId,
      contactId: callId,
      campaignId,
      listId: undefined,
      mode: 'PREDICTIVE',
      number: customerNumber,
      numberKey,
      callerId: '49301',
      switch: 'fs',
      gateway: 'gw1',
    },
    ...{
      placedAtMs: Date.now(),
      ringingAtMs: Date.now(),
      answeredAtMs: undefined,
      offeredAtMs: undefined,
      bridgedAtMs: undefined,
      endedAtMs: Date.now(),
    },
    ...{
      cause: 'NO_ANSWER',
      q850: 19,
      sip: 480,
      result: 'NO_ANSWER',
      countsAsAttempt: true,
      agent: undefined,
      amd: undefined,
      messageAtMs: undefined,
    },
    ...{ messageMs: undefined, optedOut: false, endedBy: 'unknown', decisionAtMs: undefined, recording: undefined },
  };
};

const ended = (id: string, campaign: string, i: number): DialerChange => ({
  transition: {
    ...({ contactId: id, from: 'dialed', to: 'pending', result: 'NO_ANSWER' } as const),
    nextAttemptAtMs: Date.now() + 3_600_000,
    counts: { attempt: true, result: 'NO_ANSWER', dayPart: 0 },
  },
  record: recordOf(id, campaign, i),
  outbox: [],
  dnc: [],
  audit: [],
});

async function dial(world: DialerWorld): Promise<Figure[]> {
  const { dialer, leases } = world.store;
  const fence = (await leases.acquire(dialerLease, 'bench', 3_600_000)) ?? 0;
  const empty = new Set<string>();
  const hoppers = new Map<string, string[]>();
  const fill = await sampled(world, 'hopper of 100 contacts', campaigns, async (k) => {
    const campaign = aCampaign(campaignOf(k));
    const found = await dialer.nextContacts(campaign, { count: 100, scanMax: 1_000, leaveOut: empty, nowMs: Date.now() }, judge, fence);
    hoppers.set(
      campaign.id,
      found.map(({ contact }) => contact.id),
    );
  });
  const names = Array.from({ length: campaigns }, (_, k) => campaignOf(k));
  const eligible = await sampled(world, 'due contacts of 100 campaigns, counted up to 200', 50, () =>
    dialer.eligible(names, Date.now(), 200),
  );
  const claimed: { readonly campaign: string; readonly ids: string[] }[] = [];
  const saves: number[] = [];
  let saveCpu = noWork;
  /** Calls of the claim before the last ten end, so that two hundred are active. */
  const endCalls = async (): Promise<void> => {
    const first = claimed.length > activeClaims ? claimed.shift() : undefined;
    if (!first) return;
    const work = await timed(world, async () => {
      const done = await dialer.save(
        first.ids.map((id, k) => ended(id, first.campaign, saves.length * claimSize + k)),
        fence,
      );
      if (!done.every(Boolean)) throw new Error('a call did not end');
    });
    saves.push(work.ms);
    saveCpu = add(saveCpu, work);
  };
  const claim = await sampled(
    world,
    `claim of ${String(claimSize)} contacts`,
    claims,
    async (i) => {
      const campaign = aCampaign(campaignOf(i % campaigns));
      const contacts = hoppers.get(campaign.id)?.splice(0, claimSize) ?? [];
      const order = { campaign, contacts, countMax: claimSize, to: 'dialed' as const, nowMs: Date.now() };
      const { granted } = await dialer.claim(order, judge, fence);
      if (granted.length !== claimSize) throw new Error(`${String(granted.length)} granted of ${String(claimSize)}`);
      claimed.push({ campaign: campaign.id, ids: granted.map(({ contactId }) => contactId) });
    },
    endCalls,
  );
  const save = spreadFigures(world, `save of ${String(claimSize)} calls that ended`, saves, saveCpu);
  const counts = await sampled(world, 'active calls, counted', 50, () => dialer.activeCounts());
  const reconcile = await sampled(world, 'counts of all campaigns made right', 1, async () => {
    let campaign: string | undefined = '';
    while (campaign !== undefined) ({ campaign } = await dialer.reconcile(fence, campaign));
  });
  return [...fill, ...eligible, ...claim, ...save, ...counts, ...reconcile];
}

/** Ten million numbers in the order of a national list, by the database itself; then 200 at a time, half of them on it. */
async function dnc(world: DialerWorld): Promise<Figure[]> {
  const { bare, store, kind } = world;
  const slice = 10_000;
  const given =
    kind === 'MariaDB'
      ? (from: number) => `SELECT 49100000000 + 2 * seq AS n FROM seq_${String(from)}_to_${String(from + slice - 1)}`
      : recursive(slice);
  for (let from = 0; from < dncTotal; from += slice) {
    const text = kind === 'MariaDB' ? 'CAST(n AS CHAR)' : 'CAST(n AS TEXT)';
    const insert = kind === 'MariaDB' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
    const sql = `${insert} INTO dialer_dnc SELECT ${text}, 'national:bench', 'bench', '', 0, NULL FROM (${given(from)}) numbers`;
    await bare.run(sql, [], { repeatable: true, retryMsMax: 60_000 });
  }
  const prefixes = Array.from({ length: 100 }, (_, i) => String(490_000 + i));
  const audit = { atMs: 0, actor: 'bench', object: 'dnc', action: 'add', before: undefined, after: undefined, reason: '' };
  await store.dialer.addDnc(
    prefixes.map((number) => ({ number, isPrefix: true, scope: '', source: '', reason: '', fromMs: 0, untilMs: undefined })),
    audit,
  );
  return sampled(world, `lookup of ${String(lookupSize)} numbers among ${dncTotal.toLocaleString('en')}`, lookups, async (i) => {
    const numbers = Array.from({ length: lookupSize }, (_, k) =>
      String(49_100_000_000 + (((i * lookupSize + k) * 7_919_777) % (2 * dncTotal))),
    );
    const found = await store.dialer.findDnc(numbers, Date.now());
    if (found.size < lookupSize / 4) throw new Error(`${String(found.size)} found`);
  });
}

const recursive = (slice: number) => (from: number) =>
  `WITH RECURSIVE numbers(k) AS (SELECT ${String(from)} UNION ALL SELECT k + 1 FROM numbers WHERE k < ${String(from + slice - 1)}) SELECT 49100000000 + 2 * k AS n FROM numbers`;

export async function dialerStore(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const open of [sqliteWorld, mariaDbWorld]) {
    const world = await open();
    try {
      figures.push(...(await load(world)), ...(await dial(world)), ...(await dnc(world)));
    } finally {
      await world.close();
    }
  }
  return figures;
}
