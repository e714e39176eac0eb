/** `tandem doctor`: checks settings, database, doors, links and peers, and says what is wrong. Exit code 1 when something is broken. */
import { connect } from 'node:net';
import type { Command } from 'commander';
import { cccLevelOf, peerMismatch } from '../../core/cluster/peer-level.js';
import type { Container, PeerRequest } from '../../core/ports.js';
import { sqlDateTime } from '../../core/time.js';
import { createAmiLink } from '../ami.js';
import { knownDefaultSecrets, type Config } from '../config.js';
import { createEslLink } from '../esl.js';
import { redactText } from '../log.js';
import { createPeerClient } from '../peer-client.js';
import { createProvisioningStore } from '../provisioning-store.js';
import type { Store } from '../../sql/store.js';
import { noLog, noMeter, print, withStore } from './context.js';
import { addDoctorCrm } from './doctor-crm.js';

type Verdict = 'ok' | 'warn' | 'FAIL';

interface Finding {
  readonly verdict: Verdict;
  readonly what: string;
  readonly detail: string;
}

const linkMsMax = 5_000;
const peerMsMax = 5_000;
const clockSkewMsMax = 2_000;

export function addDoctor(program: Command): void {
  const doctor = program.command('doctor').description('check settings, database, doors, links and peers; "crm": the CRM connector');
  addDoctorCrm(doctor);
  doctor.action(() =>
    withStore(async (store, config) => {
      const found = await database(store, config);
      const usable = found.every((finding) => finding.verdict !== 'FAIL');
      const findings = [
        ok('settings', 'read without problems'),
        ...exposed(config),
        ...found,
        ...(await doors(config)),
        ...(await links(config)),
        ...(usable ? [...(await peers(store, config)), ...(await users(store, config))] : []),
      ];
      for (const { verdict, what, detail } of findings) print(`${verdict.padEnd(5)} ${what}: ${redactText(detail)}`);
      if (findings.some((finding) => finding.verdict === 'FAIL')) process.exitCode = 1;
    }, 'check'),
  );
}

const ok = (what: string, detail: string): Finding => ({ verdict: 'ok', what, detail });
const warn = (what: string, detail: string): Finding => ({ verdict: 'warn', what, detail });
const fail = (what: string, detail: string): Finding => ({ verdict: 'FAIL', what, detail });
const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : String(e));

function exposed(config: Config): Finding[] {
  const open = ['0.0.0.0/0', '::/0'];
  return (['agi', 'esl'] as const).flatMap((door) =>
    config[door].allow.some((entry) => open.includes(entry))
      ? [warn(`${door} door`, `TANDEM_${door.toUpperCase()}_ALLOW lets everybody in; name your switches`)]
      : [],
  );
}

async function database(store: Store, config: Config): Promise<Finding[]> {
  try {
    const before = Date.now();
    await store.ping();
    const answered = `answers in ${String(Date.now() - before)} ms; zone ${config.zone}, local time ${sqlDateTime(before, config.zone)}`;
    if (!(await store.isMigrated()))
      return [fail('database', `${answered}; the tables of Tandem are missing or older: run "tandem migrate"`)];
    return [ok('database', `${answered}; tables up to date`), ...(await clock(store, config))];
  } catch (e) {
    return [fail('database', reasonOf(e))];
  }
}

async function clock(store: Store, config: Config): Promise<Finding[]> {
  const skewMs = Math.abs((await store.databaseNowMs()) - Date.now());
  if (skewMs <= clockSkewMsMax) return [];
  const skewS = String(Math.round(skewMs / 1000));
  return [
    warn(
      'database clock',
      `differs from ours by ${skewS} s in zone ${config.zone}: check NTP and TANDEM_ZONE, the log window depends on it`,
    ),
  ];
}

function doors(config: Config): Promise<Finding[]> {
  return Promise.all(
    (['http', 'agi', 'esl'] as const).map(async (door) => {
      const { host, port } = config[door];
      if (port === 0) return ok(`${door} door`, 'any free port, see the ready line');
      return (await answers(host, port))
        ? ok(`${door} door`, `something listens at ${host}:${String(port)}`)
        : warn(`${door} door`, `nobody listens at ${host}:${String(port)}; is tandem serve running?`);
    }),
  );
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port, timeout: 1000 });
    const end = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

async function links(config: Config): Promise<Finding[]> {
  const deps = { log: noLog, meter: noMeter };
  const all = [
    ...config.amiLinks.map((address) => ({ what: `ami link ${address.name}`, link: createAmiLink(address, deps) })),
    ...config.freeswitchLinks.map(({ secret, ...address }) => ({
      what: `esl link ${address.name}`,
      link: createEslLink({ ...address, password: secret }, deps),
    })),
  ];
  return Promise.all(
    all.map(async ({ what, link }) => {
      link.start();
      try {
        await link.waitUp(linkMsMax);
        return ok(what, 'connected and logged in');
      } catch (e) {
        return fail(what, reasonOf(e));
      } finally {
        link.stop();
      }
    }),
  );
}

/** Each peer and container is asked for its version; that needs no login. */
async function peers(store: Store, config: Config): Promise<Finding[]> {
  const client = createPeerClient({ nowMs: Date.now, env: process.env });
  const { vicidial_settings_containers: containers = [], tandem_peers: profiles = [] } = await createProvisioningStore(store).read({
    leadIds: [],
    callerCodes: [],
  });
  // A VICIdial has many containers that are no addresses of clusters.
  const addresses = containers.filter((row) => /^\s*https?:.*ccc_lead_info/i.test(String(row['container_entry'])));
  const ids = new Set([...addresses.map((row) => String(row['container_id'])), ...profiles.map((row) => String(row['peer_id']))]);
  try {
    return await Promise.all(
      [...ids].map(async (id) => {
        const container = await store.containers.find(id);
        return container ? askVersion(client.ask.bind(client), container, config) : warn(`peer ${id}`, 'vanished meanwhile');
      }),
    );
  } finally {
    client.close();
  }
}

async function askVersion(
  ask: (request: PeerRequest) => Promise<{ status: number; body: string }>,
  container: Container,
  config: Config,
): Promise<Finding> {
  const what = `peer ${container.id}`;
  try {
    const answer = await ask({
      container,
      function: 'version',
      parameters: {},
      signal: AbortSignal.timeout(peerMsMax),
      connectMsMax: config.lookupConnectMsMax,
      requestMsMax: peerMsMax,
    });
    const level = cccLevelOf(answer.body);
    if (level === undefined) return fail(what, `answers with status ${String(answer.status)}, but not as a VICIdial API does`);
    const mismatch = peerMismatch(container.profile, level);
    if (mismatch) return (mismatch.isBroken ? fail : warn)(what, mismatch.text);
    const unchecked = container.profile?.verifyTls === false ? ' (its certificate is not checked)' : '';
    return ok(what, `${answer.body.split('|')[0] ?? ''}${level > 0 ? ', a Tandem' : ''}${unchecked}`);
  } catch (e) {
    return fail(what, reasonOf(e));
  }
}

async function users(store: Store, config: Config): Promise<Finding[]> {
  const { vicidial_users: rows = [] } = await createProvisioningStore(store).read({ leadIds: [], callerCodes: [] });
  const weak = rows.filter((row) => row['active'] === 'Y' && knownDefaultSecrets.has(String(row['pass'])));
  if (!weak.length) return [ok('users', `${String(rows.length)} users, none with a well-known password`)];
  const names = weak
    .slice(0, 5)
    .map((row) => String(row['user']))
    .join(', ');
  const finding = config.http.host.startsWith('127.') ? warn : fail;
  return [finding('users', `${String(weak.length)} with a well-known default password: ${names}`)];
}
