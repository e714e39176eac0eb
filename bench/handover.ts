/**
 * Hand-overs through FastAGI, the HTTP lookup included: rate, latency, and CPU of the destination per hand-over.
 *
 *   npm run bench handover
 *
 * Method: two real Tandem processes, each with its own SQLite file on disk and default settings. The origin has
 * leads and proven calls and answers ccc_lead_info; the destination has a stock container that asks it. This
 * process is the third: it plays Asterisk, so many calls at a time, each with another code and unique id, and
 * counts only calls that were led to A. CPU is the destination's own, from the kernel. Baseline in the same
 * run: the same door with the same nine commands and no lookup.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeCallerCode } from '../core/callercode.js';
import { environmentBlock } from '../test/support/fake-asterisk.js';
import { startTandem } from '../test/support/tandem-process.js';
import type { TandemProcess } from '../test/support/tandem-process.js';
import { runAgiLoad } from './support/agi-load.js';
import type { AgiLoadResult } from './support/agi-load.js';
import { cpuMsOf } from './support/cpu.js';
import type { Figure } from './support/figure.js';

const leads = 2_000;
const firstLeadId = 1_000_000;
const warmUpCalls = 6_000;
const steps = [
  { parallel: 1, calls: 800 },
  { parallel: 4, calls: 2_000 },
  { parallel: 16, calls: 3_000 },
  { parallel: 64, calls: 3_000 },
] as const;
const free = { http: 0, agi: 0, esl: 0 };
/** The Perl script of the reference, idle machine, two cores: CPU per call in ms, hand-overs/s at 1, 4 and 16 at a time. */
const reference = { cpuMs: 39, perSecond: { 1: 24, 4: 45, 16: 41, 64: 41 }, p50Ms: { 1: 42, 4: 89, 16: 384, 64: 384 } } as const;

const code = (n: number) => encodeCallerCode('V', Date.UTC(2026, 10, 21, 19, 3, 9), 'UTC', firstLeadId + (n % leads));

function originData(): object {
  const ids = Array.from({ length: leads }, (_, n) => firstLeadId + n);
  return {
    users: [{ user: '6666', pass: 'bench-only', user_level: 8, view_reports: true, agent_api_access: true, functions: ['ccc_lead_info'] }],
    lists: [{ list_id: 501, name: 'Customers', campaign_id: 'SALES' }],
    leads: ids.map((id) => ({
      lead_id: id,
      ...{
        list_id: 501,
        status: 'SALE',
        phone_code: '1',
        phone_number: String(9_990_000_000 + id),
        first_name: 'Billy',
        last_name: 'Reilly',
      },
      ...{
        address1: '12 Main St',
        city: 'Largo',
        state: 'FL',
        postal_code: '33777',
        email: 'billy@test.example',
        comments: 'call after lunch',
      },
    })),
    calls: ids.map((id, n) => ({ code: code(n), lead_id: id, age_seconds: 60 })),
  };
}

function destinationData(originPort: number): object {
  const query = 'user=6666&pass=bench-only&source=bench&function=ccc_lead_info&call_id=--A--call_id--B--';
  return { containers: [{ id: 'ccc_bench', url: `http://127.0.0.1:${originPort}/vicidial/non_agent_api.php?${query}` }] };
}

let calls = 0;
const environment = (n: number) =>
  environmentBlock({
    script: 'cm_sc_ccc_lookup_insert.agi',
    args: ['ccc_bench---8199'],
    fields: { calleridname: code(n), uniqueid: `${Date.now()}.${++calls}` },
  });

interface Measured extends AgiLoadResult {
  readonly cpuMs: number;
}

async function measure(pid: number, port: number, step: { readonly parallel: number; readonly calls: number }): Promise<Measured> {
  const before = await cpuMsOf(pid);
  const result = await runAgiLoad({ port, environment, ...step });
  const cpuMs = ((await cpuMsOf(pid)) - before) / step.calls;
  if (result.found !== step.calls) throw new Error(`${step.calls - result.found} of ${step.calls} calls were not led to A`);
  return { ...result, cpuMs };
}

async function startCanned(): Promise<{ readonly process: ChildProcess; readonly port: number }> {
  const child = fork(fileURLToPath(new URL('./support/canned-agi.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, port };
}

async function measureCanned(): Promise<Measured> {
  const canned = await startCanned();
  try {
    await runAgiLoad({ port: canned.port, calls: warmUpCalls, parallel: 16, environment });
    return await measure(canned.process.pid ?? 0, canned.port, { parallel: 16, calls: 3_000 });
  } finally {
    const exited = once(canned.process, 'exit');
    canned.process.disconnect();
    await exited;
  }
}

function rowsOf(parallel: keyof typeof reference.perSecond, measured: Measured, bare: Measured): Figure[] {
  const name = `hand-over, ${parallel} at a time`;
  const perl = `baseline: the Perl script, ${reference.cpuMs} ms CPU; the door without lookup here: ${bare.cpuMs.toFixed(2)} ms`;
  return [
    {
      name: `${name}: rate`,
      value: measured.perSecond,
      unit: 'hand-overs/s',
      baseline: reference.perSecond[parallel],
      note: 'baseline: the Perl script',
    },
    { name: `${name}: CPU`, value: measured.cpuMs, unit: 'ms', baseline: reference.cpuMs, note: perl },
    { name: `${name}: p50`, value: measured.p50Ms, unit: 'ms', baseline: reference.p50Ms[parallel], note: 'baseline: the Perl script' },
    { name: `${name}: p99`, value: measured.p99Ms, unit: 'ms' },
  ];
}

export async function handover(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  const running: TandemProcess[] = [];
  try {
    const settings = { TANDEM_LOG_LEVEL: 'info' };
    const origin = await startTandem({ dir: join(dir, 'origin'), ports: free, provisioning: originData(), settings });
    running.push(origin);
    const destination = await startTandem({
      dir: join(dir, 'destination'),
      ports: free,
      provisioning: destinationData(origin.ports.http),
      settings,
    });
    running.push(destination);
    await runAgiLoad({ port: destination.ports.agi, calls: warmUpCalls, parallel: 16, environment });
    const measured: Measured[] = [];
    for (const step of steps) measured.push(await measure(destination.pid, destination.ports.agi, step));
    const bare = await measureCanned();
    const rows = steps.flatMap(({ parallel }, i) => (measured[i] ? rowsOf(parallel, measured[i], bare) : []));
    return [...rows, { name: 'FastAGI door without lookup, 16 at a time: rate', value: bare.perSecond, unit: 'calls/s' }];
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    await rm(dir, { recursive: true });
  }
}
