/**
 * The dialer on a real Asterisk: how many calls a second it places, beside a bare manager client with the same orders on the
 * same Asterisk in the same run, and what a call costs Tandem and Asterisk in CPU.
 *
 *   npm run bench dialer-asterisk         SHARES=1.5: other shares than a half and three quarters
 *
 * Method: docs/benchmarks.md, "Dialer: on a real Asterisk".
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTandem, type TandemProcess } from '../test/support/tandem-process.js';
import { testbedProblem } from '../test/testbed/cache.js';
import { amiLinkDefaults } from '../sidecar/ami-options.js';
import { cpuMsOf } from './support/cpu.js';
import { manager, originateBare, startDialPbx, trunk, type DialPbx } from './support/dial-pbx.js';
import { median, type Figure } from './support/figure.js';

const rampMs = 4_000;
const windowMs = 12_000;
/** of what the bare client had: how many calls a second Tandem is allowed */
const shares = (process.env['SHARES'] ?? '0.5,0.75').split(',').map(Number);
const inFlight = 64;
const contactsPerPost = 1_000;
/** calls under way that a Tandem may have; the bare client's is `inFlight` */
const slotsMax = 2_000;
/** of the setting */
const perSecondMax = 1_000;
const boss = { user: 'boss', pass: 'boss-password-1' };

interface Run {
  /** calls that were over in the window */
  readonly calls: number;
  readonly perSecond: number;
  /** CPU for each call, ms */
  readonly asteriskMs: number;
  readonly clientMs: number;
  /** share of one core */
  readonly clientShare: number;
  /** of all calls those that ended as they should */
  readonly busyShare: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** After the ramp: how many calls are over within the window, and what they cost. */
async function watch(pbx: DialPbx, clientPid: number, overAtMs: () => readonly number[]): Promise<Omit<Run, 'busyShare'>> {
  await pause(rampMs);
  const [fromMs, beganMs] = [Date.now(), performance.now()];
  const read = () => Promise.all([cpuMsOf(pbx.pid), cpuMsOf(clientPid)]);
  const [asterisk, client] = await read();
  await pause(windowMs);
  const [untilMs, tookMs] = [Date.now(), performance.now() - beganMs];
  const [asteriskNow, clientNow] = await read();
  const calls = overAtMs().filter((atMs) => atMs >= fromMs && atMs < untilMs).length;
  return {
    ...{ calls, perSecond: (calls / tookMs) * 1_000, clientShare: (clientNow - client) / tookMs },
    ...{ asteriskMs: (asteriskNow - asterisk) / calls, clientMs: (clientNow - client) / calls },
  };
}

async function bare(pbx: DialPbx): Promise<Run> {
  const client = originateBare(pbx.asterisk.ports.ami, { inFlight, events: amiLinkDefaults.eventMask });
  const run = await watch(pbx, process.pid, () => client.overAtMs);
  const { busy } = await client.stop();
  return { ...run, busyShare: busy / client.overAtMs.length };
}

async function openTandem(pbx: DialPbx, dir: string, perSecond: number): Promise<TandemProcess> {
  const { base, ami } = pbx.asterisk.ports;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'profiles.yaml'), 'profiles:\n  - { name: bench, based_on: reference, modes: [IVR] }\n');
  return startTandem({
    dir,
    ports: { agi: base + 4, http: 0, esl: 0 },
    provisioning: { users: [{ ...boss, user_level: 9, functions: ['tandem_admin', 'tandem_dialer'] }] },
    settings: {
      TANDEM_AMI_URLS: `ami://${manager.user}:${manager.secret}@127.0.0.1:${String(ami)}/bench`,
      TANDEM_LOG_LEVEL: 'warn',
      TANDEM_DIALER: 'yes',
      TANDEM_DIALER_CALLS_PER_SECOND: String(perSecond),
      TANDEM_DIALER_MAX_CONCURRENT_CALLS: String(slotsMax),
      TANDEM_DIALER_PROFILES: join(dir, 'profiles.yaml'),
      TANDEM_DIALER_JOURNAL_FILE: join(dir, 'dialer.journal'),
    },
  });
}

async function ask(tandem: TandemProcess, path: string, body: unknown): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${boss.user}:${boss.pass}`).toString('base64')}`;
  const answer = await fetch(`http://127.0.0.1:${String(tandem.ports.http)}/api/v1/dialer${path}`, {
    ...{ method: 'POST', body: JSON.stringify(body) },
    headers: { authorization, 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`${path}: ${String(answer.status)} ${await answer.text()}`);
}

/** A campaign whose contacts are all busy, at so many calls a second. */
async function ours(pbx: DialPbx, dir: string, perSecond: number): Promise<Run> {
  const count = Math.ceil((perSecond * (rampMs + windowMs)) / 1_000) + contactsPerPost;
  const tandem = await openTandem(pbx, dir, perSecond);
  try {
    const gateways = [{ switch: 'bench', gateway: trunk }];
    await ask(tandem, '/campaigns', { id: 'bench', profile: 'bench', mode: 'IVR', ivr: '9664', gateways, caller_ids: ['4930555'] });
    for (let from = 0; from < count; from += contactsPerPost) {
      const rows = Array.from({ length: contactsPerPost }, (_, n) => {
        const number = `2${String(from + n).padStart(8, '0')}`;
        return { id: `c${number}`, customer_number: number, campaign_type: 'IVR', campaign_id: 'bench' };
      });
      await ask(tandem, '/contacts', rows);
    }
    await ask(tandem, '/campaigns/bench/start', {});
    const calls = () => tandem.rows('SELECT ended_ms, result FROM dialer_attempts');
    const run = await watch(pbx, tandem.pid, () => calls().map((row) => Number(row['ended_ms'])));
    const rows = calls();
    return { ...run, busyShare: rows.filter(({ result }) => result === 'BUSY').length / rows.length };
  } finally {
    await tandem.stop();
    await pbx.idle();
  }
}

async function measure(pbx: DialPbx, dir: string): Promise<Figure[]> {
  const first = await bare(pbx);
  const own: { readonly allowed: number; readonly run: Run }[] = [];
  for (const share of shares) {
    const allowed = Math.min(perSecondMax, Math.round(first.perSecond * share));
    own.push({ allowed, run: await ours(pbx, join(dir, String(share)), allowed) });
  }
  const theirs = [first, await bare(pbx)];
  const of = (read: (run: Run) => number): number => median(theirs.map(read));
  const note = 'baseline: bare manager client, same run';
  return own.flatMap(({ allowed, run }): Figure[] => {
    const name = `dialer on Asterisk, busy far end, ${String(allowed)} calls/s allowed`;
    const busy = `${(run.busyShare * 100).toFixed(1)} % ended as busy`;
    return [
      { name: `${name}: calls`, value: run.perSecond, unit: 'calls/s', baseline: of((one) => one.perSecond), note: `${busy}; ${note}` },
      { name: `${name}: CPU of Asterisk for each`, value: run.asteriskMs, unit: 'ms', baseline: of((one) => one.asteriskMs), note },
      { name: `${name}: CPU of Tandem for each`, value: run.clientMs, unit: 'ms', baseline: of((one) => one.clientMs), note },
      { name: `${name}: Tandem of one core`, value: run.clientShare * 100, unit: '%', baseline: of((one) => one.clientShare) * 100, note },
    ];
  });
}

/** Nothing where the test bed has no Asterisk. */
export async function dialerAsterisk(): Promise<Figure[]> {
  if ((await testbedProblem('asterisk')) !== undefined) return [];
  const dir = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  const pbx = await startDialPbx();
  try {
    return await measure(pbx, dir);
  } finally {
    await pbx.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
