/**
 * Tandem's queues beside app_queue on the same real Asterisk, in turns: how soon a newcomer is offered to a free agent, and
 * how soon an agent who hung up is given the next of 1,000 waiting callers.
 *
 *   npm run bench queue-asterisk
 *
 * Method: docs/benchmarks.md, "Queue engine: on a real Asterisk".
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../test/support/eventually.js';
import { startTandem, type TandemProcess } from '../test/support/tandem-process.js';
import { testbedProblem } from '../test/testbed/cache.js';
import { cpuMsOf } from './support/cpu.js';
import { spreadOf, type Figure } from './support/figure.js';
import { startMetronome, type Metronome } from './support/metronome.js';
import { agentCount, agentNumbers, contactOf, manager, startQueuePbx } from './support/queue-pbx.js';
import type { EngineName, QueuePbx } from './support/queue-pbx.js';
import { watchPbx } from './support/queue-pbx-watch.js';

const waiting = 1_000;
const windowMs = 30_000;
/** the first talks end in here */
const rampMs = 7_000;
const rounds = 2;
const fillPerSecond = 250;
const [joinPerSecond, joinCount] = [20, 400];
const joinWarmUp = 40;
const lateMsMax = 20_000;

interface Window {
  readonly samples: readonly number[];
  readonly dials: number;
  /** CPU of Asterisk and of Tandem, ms for each agent started */
  readonly asteriskMs: number;
  readonly tandemMs: number;
}

interface Bed {
  readonly pbx: QueuePbx;
  readonly tandem: TandemProcess;
  readonly metronome: Metronome;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function provisioning(): object {
  const tiers = agentNumbers.map((agent) => ({ agent }));
  return {
    queues: [{ id: 'bench', strategy: 'longest-idle-agent', music: 'silent', tiers }],
    agents: agentNumbers.map((id) => ({ id, contact: contactOf(id), status: 'Available', wrap_up_s: 0 })),
  };
}

async function openBed(dir: string): Promise<Bed> {
  const pbx = await startQueuePbx();
  try {
    const { ami } = pbx.asterisk.ports;
    const settings = { TANDEM_AMI_URLS: `ami://${manager.user}:${manager.secret}@127.0.0.1:${ami}/bench`, TANDEM_LOG_LEVEL: 'warn' };
    const tandem = await startTandem({ dir, ports: { http: 0, agi: pbx.agiPort, esl: 0 }, provisioning: provisioning(), settings });
    return { pbx, tandem, metronome: startMetronome() };
  } catch (error) {
    await pbx.stop();
    throw error;
  }
}

/** Newcomers at random moments, agents free. */
async function joins({ pbx, tandem, metronome }: Bed, engine: EngineName): Promise<Window> {
  await metronome.run({ perSecond: joinPerSecond, count: joinWarmUp, seed: 1 }, () => pbx.call(engine));
  const watch = watchPbx(pbx.link, () => undefined);
  const cpuMs = await cpuMeter(pbx, tandem);
  await metronome.run({ perSecond: joinPerSecond, count: joinCount, seed: 2 }, () => pbx.call(engine));
  await eventually(
    () => watch.joined.length,
    (count) => count >= joinCount,
    { msMax: lateMsMax },
  );
  watch.stop();
  const window = { samples: watch.joined, dials: watch.dials(), ...(await cpuMs(watch.dials())) };
  await pbx.clear();
  return window;
}

/** All agents busy, and for each caller who is taken another one joins. */
async function freed({ pbx, tandem, metronome }: Bed, engine: EngineName): Promise<Window> {
  const refill = watchPbx(pbx.link, () => pbx.call(engine));
  await metronome.run({ perSecond: fillPerSecond, count: waiting, seed: 3 }, () => pbx.call(engine));
  await pause(rampMs);
  const watch = watchPbx(pbx.link, () => undefined);
  const cpuMs = await cpuMeter(pbx, tandem);
  await pause(windowMs);
  watch.stop();
  const window = { samples: watch.freed, dials: watch.dials(), ...(await cpuMs(watch.dials())) };
  refill.stop();
  await pbx.clear();
  return window;
}

async function cpuMeter(pbx: QueuePbx, tandem: TandemProcess) {
  const both = () => Promise.all([cpuMsOf(pbx.pid), cpuMsOf(tandem.pid)]);
  const [asterisk, own] = await both();
  return async (calls: number) => {
    const [asteriskNow, ownNow] = await both();
    return { asteriskMs: (asteriskNow - asterisk) / calls, tandemMs: (ownNow - own) / calls };
  };
}

function rowsOf(name: string, ours: readonly Window[], theirs: readonly Window[]): Figure[] {
  const samples = (windows: readonly Window[]) => spreadOf(windows.flatMap((window) => window.samples));
  const [own, other] = [samples(ours), samples(theirs)];
  const note = 'baseline: app_queue, same run';
  const rows = (['p50', 'p99', 'max'] as const).map((which): Figure => ({
    name: `${name}: ${which}`,
    value: own[which],
    unit: 'ms',
    baseline: other[which],
    note: which === 'p50' ? `${own.count} and ${other.count} times; ${note}` : note,
  }));
  const mean = (windows: readonly Window[], of: (window: Window) => number) =>
    windows.reduce((sum, window) => sum + of(window), 0) / windows.length;
  const cpu = { value: mean(ours, (w) => w.asteriskMs), baseline: mean(theirs, (w) => w.asteriskMs) };
  return [
    ...rows,
    { name: `${name}: CPU of Asterisk for each call`, unit: 'ms', ...cpu, note },
    { name: `${name}: CPU of Tandem for each call`, unit: 'ms', value: mean(ours, (w) => w.tandemMs) },
  ];
}

async function measure(bed: Bed): Promise<Figure[]> {
  const [theirJoins, ourJoins] = [await joins(bed, 'app_queue'), await joins(bed, 'tandem')];
  const [ours, theirs]: [Window[], Window[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    theirs.push(await freed(bed, 'app_queue'));
    ours.push(await freed(bed, 'tandem'));
  }
  const perSecond = (windows: readonly Window[]) =>
    windows.reduce((sum, { dials }) => sum + dials, 0) / windows.length / (windowMs / 1_000);
  return [
    ...rowsOf(`Asterisk, agents free, ${joinPerSecond} calls/s: join → DialBegin`, [ourJoins], [theirJoins]),
    ...rowsOf(`Asterisk, ${agentCount} agents, ${waiting.toLocaleString('en')} waiting: hang-up → next DialBegin`, ours, theirs),
    { name: 'the same: calls given to agents', value: perSecond(ours), unit: 'calls/s', baseline: perSecond(theirs), note: 'app_queue' },
  ];
}

/** Nothing where the test bed has no Asterisk. */
export async function queueAsterisk(): Promise<Figure[]> {
  if ((await testbedProblem('asterisk')) !== undefined) return [];
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  const bed = await openBed(dir);
  try {
    return await measure(bed);
  } finally {
    await bed.metronome.stop();
    await bed.tandem.stop();
    await bed.pbx.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
