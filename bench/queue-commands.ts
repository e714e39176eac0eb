/**
 * mod_callcenter's status commands while 10,000 callers wait: time of a command from its text to the whole answer.
 *
 *   npm run bench queue-commands
 *
 * Method: the engine with 50 agents who talk and 10,000 callers who wait in 20 queues, no store, no switch, no network;
 * each command many times, single times by the nanosecond clock. Baseline: what the real one needed for any command
 * with 5,000 rows waiting and 50 busy agents on such a machine, p50 1,227 ms (freeswitch-anchors 5).
 */
import type { QueueEngine } from '../core/acd-ports.js';
import { createCallcenterCommands } from '../core/services/callcenter-commands.js';
import { silentLog } from '../test/support/observers.js';
import { EngineLoad, fill } from './support/engine-load.js';
import { spreadOf, type Figure } from './support/figure.js';

const [agents, waiting] = [50, 10_000];
const runs = 300;
const warmUps = 30;
const referenceMs = 1_227;
const who = { user: 'bench', queues: undefined };

const commands = [
  'queue list members queue-1',
  'queue list members',
  'queue count members queue-1',
  'queue list agents queue-1',
  'agent list',
  'tier list',
  'queue list',
  "agent set status agent-1 'On Break'",
] as const;
const membersAsJson = '{"command":"callcenter_config","data":{"arguments":"member list"}}';

export async function queueCommands(): Promise<readonly Figure[]> {
  const load = new EngineLoad(agents);
  // one every 300 ms, so that not all have the same second
  for (let n = 1; n <= waiting; n++) {
    load.nowMs += 300;
    fill(load, n);
  }
  const engine = {
    view: () => load.engine.state,
    ask: (event) => Promise.resolve(load.step(event).answer),
  } satisfies Partial<QueueEngine>;
  const callcenter = createCallcenterCommands(
    {
      engine,
      provisioning: { change: () => Promise.resolve() },
      reload: () => Promise.resolve(),
      channel: () => Promise.resolve(undefined),
      tracked: { track: () => undefined },
      log: silentLog,
      nowMs: () => load.nowMs,
    },
    { instance: 'single_box' },
  );
  const figures: Figure[] = [];
  for (const command of commands) figures.push(...(await measure(command, () => callcenter.config(command, who))));
  figures.push(...(await measure('json: member list', () => callcenter.json(membersAsJson, who))));
  return figures;
}

async function measure(what: string, run: () => Promise<string>): Promise<Figure[]> {
  const times: number[] = [];
  let bytes = 0;
  let cpu = process.cpuUsage();
  for (let n = 0; n < warmUps + runs; n++) {
    if (n === warmUps) cpu = process.cpuUsage();
    const from = process.hrtime.bigint();
    bytes = (await run()).length;
    if (n >= warmUps) times.push(Number(process.hrtime.bigint() - from) / 1e6);
  }
  const { p50, p99, max } = spreadOf(times);
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000 / runs;
  const note = `${String(runs)} times, CPU ${cpuMs.toPrecision(3)} ms, ${String(bytes)} characters, ${Math.min(...times).toPrecision(3)} to ${max.toPrecision(3)} ms; baseline: any command there, 5,000 waiting`;
  return [
    { name: `${what}, 10,000 waiting: p50`, value: p50, unit: 'ms', baseline: referenceMs, note },
    { name: `${what}, 10,000 waiting: p99`, value: p99, unit: 'ms' },
  ];
}
