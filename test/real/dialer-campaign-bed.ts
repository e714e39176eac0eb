/**
 * Campaigns on real Asterisks with Tandem as a process of its own: contacts come by the API, agents are SIP telephones, and
 * what became of each call is read from the table.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.js';
import { startTandem, type Row, type TandemProcess } from '../support/tandem-process.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { cacheDir } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { addSound, startDialerSwitches, type DialerSwitches } from './dialer-bed.js';

const boss = { user: 'boss', pass: 'boss-password-1' };

export interface CampaignBed extends DialerSwitches {
  /** between Tandem and Asterisk's manager port */
  readonly manager: TcpProxy;
  readonly harbour: string;
  tandem(): TandemProcess;
  /** with further settings, `TANDEM_...` */
  start(settings?: Readonly<Record<string, string>>): Promise<void>;
  ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  /** Make a campaign and start it. */
  campaign(id: string, rules: object): Promise<void>;
  /** Give a campaign its contacts, by id and number. */
  contacts(campaign: string, numbers: ReadonlyMap<string, string>, type: 'IVR' | 'AGENT'): Promise<void>;
  /** Calls that have ended, of a campaign. */
  calls(campaign: string): readonly Row[];
  contactRows(campaign: string): readonly Row[];
  /** Ten telephones on the line (standby) or ready to answer. */
  agentsIn(): Promise<readonly SipCall[]>;
  killAsterisk(): Promise<void>;
  startAsterisk(): Promise<void>;
}

export const agentIds = Array.from({ length: 10 }, (_, n) => String(1010 + n));

const provisioning = (type: string): object => ({
  users: [{ ...boss, user_level: 9, functions: ['tandem_admin', 'tandem_agents', 'tandem_dialer'] }],
  agents: agentIds.map((id) => ({
    id,
    type,
    contact: `PJSIP/${id}`,
    ring_s: 15,
    wrap_up_s: 0,
    ...(type === 'callback' && { status: 'Available' }),
  })),
  queues: [{ id: 'sales', strategy: 'longest-idle-agent', tiers: agentIds.map((agent) => ({ agent })) }],
});

const profiles = `profiles:\n  - name: test\n    based_on: reference\n    modes: [IVR, PREVIEW, PROGRESSIVE, POWER, PREDICTIVE]\n`;

export async function startCampaignBed(type: 'callback' | 'uuid-standby'): Promise<CampaignBed> {
  const switches = await startDialerSwitches();
  const { alpha } = switches;
  const { base } = alpha.ports;
  const dir = join(alpha.dir, 'tandem');
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'profiles.yaml'), profiles);
  const manager = await startTcpProxy({ host: '127.0.0.1', port: alpha.ports.ami });
  const harbour = await addSound(alpha, 'harbour', 1);
  let tandem: TandemProcess | undefined;
  const running = (): TandemProcess => tandem ?? assertRunning();

  async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    tandem = await startTandem({
      dir,
      ports: { agi: base + 4, http: base + 6, esl: 0 },
      provisioning: provisioning(type),
      settings: {
        TANDEM_AMI_URLS: `ami://testbed:testbed-secret@127.0.0.1:${String(manager.port)}/alpha`,
        TANDEM_AGI_SWITCH_ADDRESS: `127.0.0.1:${String(base + 4)}`,
        TANDEM_DIALER: 'yes',
        TANDEM_DIALER_CALLS_PER_SECOND: '30',
        TANDEM_DIALER_MAX_CONCURRENT_CALLS: '60',
        TANDEM_DIALER_PROFILES: join(dir, 'profiles.yaml'),
        TANDEM_DIALER_JOURNAL_FILE: join(dir, 'dialer.journal'),
        ...settings,
      },
    });
  }

  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const authorization = `Basic ${Buffer.from(`${boss.user}:${boss.pass}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${String(running().ports.http)}/api/v1${path}`;
    const answer = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
    return JSON.parse(text) as T;
  }

  await start();
  return {
    ...switches,
    manager,
    harbour,
    tandem: running,
    start,
    ask,
    async campaign(id, rules) {
      await ask('POST', '/dialer/campaigns', {
        id,
        profile: 'test',
        queue: 'sales',
        gateways: [{ switch: 'alpha', gateway: 'far' }],
        caller_ids: ['4930555'],
        safe_harbour: { audio: harbour },
        ...rules,
      });
      await ask('POST', `/dialer/campaigns/${id}/start`);
    },
    async contacts(campaign, numbers, type) {
      const rows = [...numbers].map(([id, customer_number]) => ({ id, customer_number, campaign_type: type, campaign_id: campaign }));
      const { accepted } = await ask<{ accepted: readonly string[] }>('POST', '/dialer/contacts', rows);
      if (accepted.length !== numbers.size) throw new Error(`${accepted.length} of ${numbers.size} contacts were taken`);
    },
    calls: (campaign) => running().rows('SELECT * FROM dialer_attempts WHERE campaign_id = ? ORDER BY call_id', campaign),
    contactRows: (campaign) => running().rows('SELECT * FROM dialer_contacts WHERE campaign_id = ? ORDER BY id', campaign),
    async agentsIn() {
      const calls: SipCall[] = [];
      for (const id of agentIds) {
        const phone = await alpha.phone(Number(id) - 1000);
        phone.quiet = true;
        if (type === 'uuid-standby') calls.push(await phone.call('standby', { quiet: true }));
      }
      await Promise.all(calls.map(({ answered }) => answered));
      await eventually(
        async () => (await ask<{ items: readonly { phase: string; status: string }[] }>('GET', '/agents')).items,
        (agents) => agents.length === agentIds.length && agents.every(({ status }) => status === 'Available'),
        { msMax: 10_000, everyMs: 100 },
      );
      return calls;
    },
    async killAsterisk() {
      process.kill(Number(await readFile(join(alpha.dir, 'pid'), 'utf8')), 'SIGKILL');
    },
    async startAsterisk() {
      const up = fileURLToPath(new URL('../testbed/asterisk-up', import.meta.url));
      await promisify(execFile)(up, [cacheDir, alpha.name, String(base), `far=${String(switches.far.ports.base)}`], { timeout: 30_000 });
    },
    async stop() {
      await tandem?.stop();
      await manager.close();
      await switches.stop();
    },
  };
}

function assertRunning(): never {
  throw new Error('Tandem was not started');
}
