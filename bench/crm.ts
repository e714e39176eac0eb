/**
 * The CRM connector: manager events that the call journal folds, the way of a new call from the manager's socket to the
 * CRM's, while 1,000 calls go on, and recordings sent to ten listeners.
 *
 *   npm run bench crm
 */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, get, request, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindingsFileSchema } from '../core/crm/binding.js';
import { amiFact } from '../core/journal/ami-facts.js';
import { createJournal } from '../core/journal/journal.js';
import { createRoles } from '../core/journal/roles.js';
import { createCrmDelivery } from '../core/services/crm-delivery.js';
import { createCrmJournal } from '../core/services/crm-journal.js';
import { createAmiLink } from '../sidecar/ami.js';
import { parsePacket } from '../sidecar/ami-packet.js';
import { feedFromAsterisk } from '../sidecar/crm/feed-asterisk.js';
import { createCrmPost } from '../sidecar/crm/post.js';
import { createTeller } from '../sidecar/crm/teller.js';
import { systemTimers } from '../sidecar/timers.js';
import { openStore } from '../sql/store.js';
import { endedCall, openCrmDoor, secret } from '../test/support/crm-door.js';
import { createFakeAmi } from '../test/support/fake-ami.js';
import { silentLog, silentMeter } from '../test/support/observers.js';
import { answerEvents, endEvents, firstEvent, idOf, type Fields } from './support/crm-calls.js';
import { median, spreadOf, type Figure } from './support/figure.js';

const runs = 3;
const openCalls = 1_000;
const roles = createRoles({ '1XX': 'PJSIP/${EXT}' });
const packetText = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n');

// ------------------------------------------------------------------ the fold

/** Events per second of CPU: `texts` parsed and, with `isFolded`, taken into a journal where `openCalls` go on. */
function foldRate(texts: readonly string[], isFolded: boolean): number {
  const journal = createJournal({ roles, systemOf: (name) => name });
  const take = (text: string): void => {
    const fact = amiFact(parsePacket(text));
    if (fact && isFolded) journal.step({ switch: 'alpha', atMs: 1_795_288_462_000, ...fact });
  };
  for (let n = 0; n < openCalls; n++) for (const fields of [firstEvent(n), ...answerEvents(n)]) take(packetText(fields));
  const before = process.cpuUsage();
  for (const text of texts) take(text);
  const { user, system } = process.cpuUsage(before);
  return texts.length / ((user + system) / 1e6);
}

function foldFigure(): Figure {
  const texts: string[] = [];
  for (let n = openCalls; n < openCalls + 4_000; n++)
    for (const fields of [firstEvent(n), ...answerEvents(n), ...endEvents(n)]) texts.push(packetText(fields));
  const rates = { folded: [] as number[], read: [] as number[] };
  for (let run = 0; run <= runs; run++) {
    const [folded, read] = [foldRate(texts, true), foldRate(texts, false)];
    if (run === 0) continue; // warming up
    rates.folded.push(folded);
    rates.read.push(read);
  }
  return {
    name: 'call journal, manager events per core',
    value: Math.round(median(rates.folded)),
    unit: 'events/s',
    baseline: Math.round(median(rates.read)),
    note: `${String(openCalls)} calls go on, nine events a call; baseline: the same events read and not followed`,
  };
}

// ------------------------------------------------------------------ from the manager to the CRM

async function listen(serve: RequestListener): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/` };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const samples = 200;
const everyMs = 50;
const waitMsMax = 120_000;

async function delayFigures(): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'tandem-bench-crm-'));
  const ami = await createFakeAmi();
  const came = new Map<string, number>();
  const { server, url } = await listen((req, res) => {
    let body = '';
    req.on('data', (part: Buffer) => (body += part.toString('latin1')));
    req.on('end', () => {
      const at = performance.now();
      const [, id = ''] = /callstatus=StartApp&callUUID=alpha-([0-9.]+)/.exec(body) ?? [];
      if (id !== '') came.set(id, at);
      res.end();
    });
  });
  const store = await openStore({ url: `sqlite:${join(dir, 'crm.db')}`, zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: Date.now });
  await store.migrate();
  const parsed = bindingsFileSchema.parse({
    crm: [{ name: 'main', dialect: 'vtiger', crm_url: url, secret, timezone: 'UTC', extensions: { '1XX': 'PJSIP/${EXT}' } }],
  }).crm[0];
  if (!parsed) throw new Error('no binding');
  const post = createCrmPost({ connectMsMax: 3_000, requestMsMax: 10_000, caFile: undefined });
  const nowMs = Date.now;
  const after = (ms: number, run: () => void): (() => void) => systemTimers.after(ms, run);
  const ignore = (): undefined => undefined;
  const teller = createTeller(parsed, {
    post,
    nowMs,
    ownerOf: ignore,
    expectOwner: ignore,
    learn: ignore,
    log: silentLog,
    meter: silentMeter,
  });
  if (!teller) throw new Error('no teller');
  const tools = { store: store.crm, nowMs, after, log: silentLog, meter: silentMeter };
  const delivery = createCrmDelivery({
    ...tools,
    binding: 'main',
    send: (message) => teller.send(message),
    verify: () => Promise.resolve(undefined),
    isRepeatable: (message) => teller.isRepeatable(message),
    makesRow: (message) => teller.makesRow(message),
    liveCalls: () => journal.openCalls().map(({ id }) => id),
    random: Math.random,
  });
  const journal = createCrmJournal({ ...tools, roles, systemOf: (name) => name, tellers: [teller], onStored: () => delivery.wake() });
  const login = { user: 'tandem', secret: 'fake-ami-secret' };
  const link = createAmiLink({ name: 'alpha', host: '127.0.0.1', port: ami.port, ...login }, { log: silentLog, meter: silentMeter });
  link.start();
  await link.waitUp(5_000);
  await journal.start(['alpha']);
  delivery.start();
  const stop = feedFromAsterisk('alpha', { link, timers: systemTimers, log: silentLog }, (event) => journal.tell(event));
  try {
    for (let n = 0; n < openCalls; n++) {
      for (const fields of [firstEvent(n), ...answerEvents(n)]) ami.event(fields);
      if (n % 20 === 0) await pause(10);
    }
    for (let left = waitMsMax; (await store.crm.counts('main')).pending > 0 || came.size < openCalls; left -= 100) {
      if (left <= 0) throw new Error('the calls that go on were not told in time');
      await pause(100);
    }
    const sent = new Map<string, number>();
    const bare: number[] = [];
    for (let n = openCalls; n < openCalls + samples; n++) {
      sent.set(idOf(n), performance.now());
      ami.event(firstEvent(n));
      await pause(everyMs);
      bare.push(await bareRequest(url));
      ami.event({ ...firstEvent(n), Event: 'Hangup', Cause: '16' });
    }
    await pause(1_000);
    const delays = [...sent].flatMap(([id, at]) => (came.has(id) ? [(came.get(id) ?? 0) - at] : []));
    const [ours, theirs] = [spreadOf(delays), spreadOf(bare)];
    const note = `${String(openCalls)} calls go on, 20 new ones a second, SQLite, ${String(delays.length)} of ${String(samples)} seen; baseline: a request to the same server by the same client alone`;
    return [
      { name: 'manager event to request at the CRM, p50', value: ours.p50, unit: 'ms', baseline: theirs.p50, note },
      { name: 'manager event to request at the CRM, p99', value: ours.p99, unit: 'ms', baseline: theirs.p99 },
    ];
  } finally {
    stop();
    link.stop();
    await delivery.stop();
    await journal.stop();
    await store.close();
    await ami.close();
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true });
  }
}

/** Until the answer, ms. */
function bareRequest(url: string): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(performance.now() - startedMs));
    });
    asked.on('error', reject);
    asked.end('callstatus=Nothing');
  });
}

// ------------------------------------------------------------------ recordings

const fileBytes = 100 * 1024 * 1024;
const players = 10;

/** Megabytes a second that ten listeners get together. */
async function soundRate(url: string): Promise<number> {
  const startedMs = performance.now();
  const heard = await Promise.all(
    Array.from(
      { length: players },
      () =>
        new Promise<number>((resolve, reject) => {
          get(url, { agent: false }, (answer) => {
            let bytes = 0;
            answer.on('data', (part: Buffer) => (bytes += part.length));
            answer.on('end', () => resolve(bytes));
          }).on('error', reject);
        }),
    ),
  );
  if (heard.some((bytes) => bytes !== fileBytes)) throw new Error(`${heard.join()} bytes`);
  return (players * fileBytes) / 1e6 / ((performance.now() - startedMs) / 1000);
}

async function soundFigures(): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'tandem-bench-sound-'));
  const file = join(dir, 'long.wav');
  writeFileSync(file, '');
  truncateSync(file, fileBytes);
  const door = await openCrmDoor({ roots: [dir] });
  door.calls.set('c1', endedCall('c1', [file]));
  const plain = await listen((_req, res) => {
    void open(file).then((handle) => {
      res.setHeader('Content-Length', fileBytes);
      handle.createReadStream().pipe(res);
    });
  });
  const url = `http://127.0.0.1:${String(door.port)}/recording?id=c1&secret=${encodeURIComponent(secret)}`;
  try {
    const rates = { ours: [] as number[], plain: [] as number[] };
    let grown = 0;
    for (let run = 0; run <= runs; run++) {
      const before = process.memoryUsage().rss;
      const ours = await soundRate(url);
      grown = Math.max(grown, run === 0 ? 0 : process.memoryUsage().rss - before);
      const theirs = await soundRate(plain.url);
      if (run === 0) continue; // warming up
      rates.ours.push(ours);
      rates.plain.push(theirs);
    }
    return [
      {
        name: 'recordings, ten listeners of 100 MB',
        value: median(rates.ours),
        unit: 'MB/s',
        baseline: median(rates.plain),
        note: `listeners in the same process; memory grew by ${String(Math.round(grown / 1e6))} MB at most in a run; baseline: http and a stream of the file alone`,
      },
    ];
  } finally {
    await door.close();
    plain.server.closeAllConnections();
    plain.server.close();
    rmSync(dir, { recursive: true });
  }
}

export async function crm(): Promise<readonly Figure[]> {
  return [foldFigure(), ...(await delayFigures()), ...(await soundFigures())];
}
