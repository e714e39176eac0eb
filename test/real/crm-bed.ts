/**
 * Tandem as a process of its own with its queues, its dialer and a CRM: on a real Asterisk with the shipped dialplan, with a
 * carrier behind it, against a stand-in CRM. Customers are telephone 1010, agents 1011 to 1013, a supervisor 1014.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { startStandInCrm, type StandInCrm } from '../support/stand-in-crm.js';
import type { CrmRow } from '../support/stand-in-rows.js';
import { startTandem, type TandemProcess } from '../support/tandem-process.js';
import type { SipCall, SipCallOptions } from '../testbed/sip-phone.js';
import { startDialerSwitches, type DialerSwitches } from './dialer-bed.js';

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
export const crmSecret = 's3cr3t+Key/&=1-and-longer';
const boss = { user: 'boss', pass: 'boss-password-1' };
export const agentNames = ['1011', '1012', '1013', '1014'] as const;

const dialplan = `#include ${samples}tandem-queues.conf
#include ${samples}tandem-crm.conf
[globals](+)
TANDEM_CRM = main
TANDEM_CARRIER = far
TANDEM_DIAL_ALLOWED = ^[0-9]+$
TANDEM_ROUNDS = 12
[from-phones](+)
exten => queue,1,Goto(tandem-queue,s,1)
exten => responsible,1,Set(TANDEM_RESP_SEEN=\${EPOCH})
 same => n,Goto(tandem-responsible,s,1)
[tandem-transfer](+)
exten => other,1,Set(TANDEM_QUEUE_NAME=other)
 same => n,Goto(tandem-queue,s,1)
exten => _10XX,1,Dial(PJSIP/\${EXTEN},20)
 same => n,Hangup()
[agents](+)
exten => _10XX,1,Dial(PJSIP/\${EXTEN},20)
 same => n,Hangup()
`;

export interface CrmBedOptions {
  readonly edition: 'vtiger' | 'vtiger-sp';
  /** where the CRM is, when it is not the stand-in */
  readonly crmUrl?: string;
  /** lines of the binding below those of every bed; indented by four */
  readonly binding?: string;
  readonly agents?: readonly object[];
  readonly queues?: readonly object[];
}

export interface FeedEvent {
  readonly seq: number;
  readonly type: string;
  readonly atMs: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface CrmBed extends DialerSwitches {
  readonly crm: StandInCrm;
  readonly crmPort: number;
  tandem(): TandemProcess;
  ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  /** A customer calls from 1010, or 10`nn`, and is answered. */
  customer(to?: string, options?: SipCallOptions, nn?: number): Promise<SipCall>;
  /** Rows of the CRM behind these, once they are as wanted. */
  rows(since: number, fits: (rows: readonly CrmRow[]) => boolean, msMax?: number): Promise<readonly CrmRow[]>;
  /** Events of calls (`call.*`) behind this number. */
  callEvents(after?: number): Promise<readonly FeedEvent[]>;
  lastEvent(): Promise<number>;
  /** Calls of the journal, oldest first. */
  journal(): readonly Readonly<Record<string, unknown>>[];
  available(...agents: readonly string[]): Promise<void>;
  clear(): Promise<void>;
}

const queue = (id: string, agents: readonly string[]): object => ({
  id,
  strategy: 'top-down',
  tiers: agents.map((agent, n) => ({ agent, position: n + 1 })),
});

export async function startCrmBed({ edition, crmUrl, binding = '', agents, queues }: CrmBedOptions): Promise<CrmBed> {
  const switches = await startDialerSwitches();
  const { alpha } = switches;
  const { base } = alpha.ports;
  const dir = join(alpha.dir, 'tandem');
  const crm = await startStandInCrm(edition, ['1011', '1012', '1013'], crmSecret);
  const release: (() => Promise<unknown>)[] = [() => crm.stop(), () => switches.stop()];
  const stop = async (): Promise<void> => {
    for (const end of release) await end();
  };
  try {
    await mkdir(dir, { recursive: true });
    await alpha.addConfig('extensions', '60-crm', dialplan);
    await alpha.reload();
    await writeFile(join(dir, 'crm.yaml'), bindings(edition, crmUrl ?? crm.url, alpha.dir, binding));
    const profiles = 'profiles:\n  - name: test\n    based_on: reference\n    modes: [IVR, PREVIEW, PROGRESSIVE, POWER, PREDICTIVE]\n';
    await writeFile(join(dir, 'profiles.yaml'), profiles);
    const tandem = await startTandem({
      dir,
      ports: { agi: base + 4, http: base + 6, esl: 0 },
      provisioning: {
        users: [{ ...boss, user_level: 9, functions: ['tandem_admin', 'tandem_agents', 'tandem_dialer'] }],
        agents: agents ?? agentNames.map((id) => ({ id, contact: `PJSIP/${id}`, ring_s: 4, wrap_up_s: 0, status: 'Logged Out' })),
        queues: queues ?? [queue('support', ['1011', '1012']), queue('other', ['1012', '1013']), queue('sales', ['1011', '1012'])],
      },
      settings: {
        TANDEM_AMI_URLS: `ami://testbed:testbed-secret@127.0.0.1:${String(alpha.ports.ami)}/alpha`,
        TANDEM_AGI_SWITCH_ADDRESS: `127.0.0.1:${String(base + 4)}`,
        TANDEM_CRM_FILE: join(dir, 'crm.yaml'),
        TANDEM_CRM_PORT: String(base + 7),
        TANDEM_QUEUE_TRANSFER_CONTEXT: 'tandem-transfer',
        TANDEM_DIALER: 'yes',
        TANDEM_DIALER_PROFILES: join(dir, 'profiles.yaml'),
        TANDEM_DIALER_JOURNAL_FILE: join(dir, 'dialer.journal'),
      },
    });
    release.unshift(() => tandem.stop());
    for (const nn of [10, 11, 12, 13, 14]) await alpha.phone(nn);
    return createBed(switches, crm, tandem, base + 7, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

const bindings = (edition: string, url: string, root: string, more: string): string => `recording_roots: [${root}]
crm:
  - name: main
    dialect: ${edition}
    crm_url: ${url}
    secret: '${crmSecret}'
    timezone: UTC
    public_url: http://127.0.0.1:5000
    contexts: [from-phones]
    extensions: { '1011': PJSIP/1011, '1012': PJSIP/1012, '1013': PJSIP/1013, '1014': PJSIP/1014 }
    missed_owner: '1013'
    short_numbers: ['1010']
${more}`;

function createBed(switches: DialerSwitches, crm: StandInCrm, tandem: TandemProcess, crmPort: number, stop: () => Promise<void>): CrmBed {
  const { alpha, far } = switches;

  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const authorization = `Basic ${Buffer.from(`${boss.user}:${boss.pass}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${String(tandem.ports.http)}/api/v1${path}`;
    const answer = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
    return JSON.parse(text) as T;
  }

  return {
    ...switches,
    crm,
    crmPort,
    tandem: () => tandem,
    ask,
    async customer(to = 'queue', options = {}, nn = 10) {
      const call = await (await alpha.phone(nn)).call(to, options);
      await call.answered;
      return call;
    },
    rows: (since, fits, msMax = 10_000) => eventually(() => crm.rows.slice(since), fits, { msMax }),
    async callEvents(after = 0) {
      const { events } = await ask<{ events: readonly FeedEvent[] }>('GET', `/events/list?after=${String(after)}&limit=1000`);
      return events.filter(({ type }) => type.startsWith('call.'));
    },
    lastEvent: async () => (await ask<{ last: number }>('GET', '/events/list?limit=1')).last,
    journal: () =>
      tandem
        .rows('SELECT body FROM tandem_journal ORDER BY started_ms, id')
        .map((row) => JSON.parse(String(row['body'])) as Record<string, unknown>),
    async available(...agents) {
      for (const id of agentNames) {
        const status = agents.includes(id) ? 'Available' : 'Logged Out';
        await ask('PUT', `/agents/${id}/status`, { status });
      }
    },
    async clear() {
      await Promise.all([alpha.cli('channel request hangup all'), far.cli('channel request hangup all')]);
      for (const nn of [10, 11, 12, 13, 14, 15, 16]) {
        const phone = await alpha.phone(nn);
        phone.onCall = (call) => {
          call.ring();
          void call.answer();
        };
        for (const call of phone.calls.values()) call.hangup();
      }
      await eventually(
        async () => [...(await alpha.channels()), ...(await far.channels())],
        (channels) => channels.length === 0,
        { msMax: 5_000 },
      );
    },
    stop,
  };
}
