/**
 * Two call centres for the real-call suites: Asterisk `alpha` with Tandem A (the origin, which knows the leads) and Asterisk
 * `beta` with Tandem B (the destination), joined by an IAX2 and a PJSIP trunk.
 */
import { join } from 'node:path';
import { encodeCallerCode } from '../../core/callercode.js';
import { startSilentOrigin, type SilentOrigin } from '../support/silent-origin.js';
import { startTandem, type TandemProcess } from '../support/tandem-process.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import { alphaDialplan, betaDialplan, betaQueues } from './dialplan.js';

export const apiUser = '7100';
const apiPass = 'origin-pass-6Hd2';
export const localList = '8199';
export const leadsMax = 60;
const firstLeadId = 5_000_001;
/** a port of the instance on which nobody listens */
const closedOffset = 8;

export interface OriginLead {
  readonly leadId: number;
  readonly phone: string;
  readonly lastName: string;
  /** the code of its call, logged at the origin */
  readonly code: string;
}

export interface Clusters {
  readonly alpha: Asterisk;
  readonly beta: Asterisk;
  readonly a: TandemProcess;
  /** replaced by `restartB` */
  b: TandemProcess;
  readonly silent: SilentOrigin;
  /** lead number `n` of the origin, 0 to `leadsMax` - 1 */
  lead(n: number): OriginLead;
  /** Start Tandem B again on its database and ports. */
  restartB(): Promise<void>;
  stop(): Promise<void>;
}

/** A code of now for a lead of the origin. */
const codeFor = (leadId: number): string => encodeCallerCode('V', Date.now(), 'UTC', leadId);

function makeLeads(): readonly OriginLead[] {
  return Array.from({ length: leadsMax }, (_, n) => {
    const leadId = firstLeadId + n;
    return { leadId, phone: String(9_998_887_000 + n), lastName: `Customer${n}`, code: codeFor(leadId) };
  });
}

/** What the origin knows: the API user of the destination, the leads, and the calls that prove the codes. */
function originSite(leads: readonly OriginLead[]): object {
  return {
    user_groups: [{ id: 'ADMIN', campaigns: ['ALL-CAMPAIGNS'] }],
    users: [
      {
        user: apiUser,
        pass: apiPass,
        user_level: 8,
        user_group: 'ADMIN',
        view_reports: true,
        agent_api_access: true,
        functions: ['ccc_lead_info'],
      },
    ],
    lists: [{ list_id: 1001, name: 'origin list', campaign_id: 'TESTCAMP' }],
    leads: leads.map(({ leadId, phone, lastName }) => ({
      lead_id: leadId,
      list_id: '1001',
      phone_number: phone,
      first_name: 'Ada',
      last_name: lastName,
    })),
    calls: leads.map(({ leadId, code }) => ({ code, lead_id: leadId, age_seconds: 5 })),
  };
}

function containerUrl(port: number): string {
  const query = `source=test&function=ccc_lead_info&stage=pipe&user=${apiUser}&pass=${apiPass}&call_id=--A--call_id--B--`;
  return `http://127.0.0.1:${port}/vicidial/non_agent_api.php?${query}`;
}

/** Each outcome of the lookup rings another phone of beta: A goes to the queue (1011), B 1012, C 1013, D 1014. */
const outcomeOptions = {
  A: { queue: 'support' },
  B: { extension: '1012', context: 'phones' },
  C: { extension: '1013', context: 'phones' },
  D: { extension: '1014', context: 'phones' },
};

/** What the destination knows: how to ask the origin, and its menus. */
function destinationSite(originPort: number, silentPort: number, closedPort: number): object {
  const menu = (id: string, argument: string) => ({
    id,
    prompt: `NOPLAY|cm_sc_ccc_lookup_insert.agi${argument}`,
    timeout_s: 2,
    options: outcomeOptions,
  });
  return {
    lists: [{ list_id: Number(localList), name: 'handed over', campaign_id: 'TESTCAMP' }],
    containers: [
      { id: 'ccc_test', url: containerUrl(originPort) },
      { id: 'ccc_silent', url: containerUrl(silentPort) },
      { id: 'ccc_refused', url: containerUrl(closedPort) },
    ],
    menus: [
      menu('ccc_menu', `,ccc_test---${localList}`),
      menu('ccc_menu_silent', `,ccc_silent---${localList}`),
      menu('ccc_menu_missing', ''),
      {
        id: 'keys',
        prompt: 'beep',
        timeout_s: 8,
        repeats: 0,
        options: {
          1: { queue: 'support', prefix: 'SALES:' },
          2: { extension: '1012', context: 'phones' },
          TIMEOUT: { extension: '1013', context: 'phones' },
        },
      },
    ],
  };
}

const portsOf = (asterisk: Asterisk): { http: number; agi: number; esl: number } => ({
  agi: asterisk.ports.base + 4,
  http: asterisk.ports.base + 6,
  esl: asterisk.ports.base + 7,
});

export interface ClusterOptions {
  /** port through which beta asks the origin, when not its own (a relay) */
  readonly originPort?: number;
  /** port that beta's dialplan takes for Tandem's FastAGI door, when not its own (a relay) */
  readonly agiPort?: number;
  /** settings of Tandem B */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Bring everything up (3 to 5 s). What was started is stopped when something fails on the way. */
export async function startClusters(options: ClusterOptions = {}): Promise<Clusters> {
  const claim = await claimPorts(2);
  const started: { stop(): Promise<unknown> }[] = [];
  const keep = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    started.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((part) => part.stop()));
    claim.release();
  };
  try {
    return await compose(options, claim.bases, keep, stop);
  } catch (e) {
    await stop();
    throw e;
  }
}

type Keep = <T extends { stop(): Promise<unknown> }>(starting: Promise<T>) => Promise<T>;

async function compose(
  options: ClusterOptions,
  [alphaBase = 0, betaBase = 0]: readonly number[],
  keep: Keep,
  stop: () => Promise<void>,
): Promise<Clusters> {
  const [alpha, beta, silent] = await Promise.all([
    keep(startAsterisk({ name: 'alpha', base: alphaBase, peers: { beta: betaBase } })),
    keep(startAsterisk({ name: 'beta', base: betaBase, peers: { alpha: alphaBase } })),
    keep(startSilentOrigin()),
  ]);
  const leads = makeLeads();
  const startB = () =>
    keep(
      startTandem({
        dir: join(beta.dir, 'tandem'),
        ports: portsOf(beta),
        provisioning: destinationSite(options.originPort ?? portsOf(alpha).http, silent.port, alphaBase + closedOffset),
        settings: options.settings ?? {},
      }),
    );
  const [a, b] = await Promise.all([
    keep(startTandem({ dir: join(alpha.dir, 'tandem'), ports: portsOf(alpha), provisioning: originSite(leads) })),
    startB(),
    alpha.addConfig('extensions', '50-real', alphaDialplan()),
    beta.addConfig('extensions', '50-real', betaDialplan(options.agiPort ?? portsOf(beta).agi)),
    beta.addConfig('queues', '50-real', betaQueues()),
  ]);
  await Promise.all([alpha.reload(), beta.reload()]);
  const clusters: Clusters = {
    alpha,
    beta,
    a,
    b,
    silent,
    lead(n) {
      const lead = leads[n];
      if (!lead) throw new RangeError(`no lead ${n}`);
      return lead;
    },
    async restartB() {
      clusters.b = await startB();
    },
    stop,
  };
  return clusters;
}

/** The header by which a customer's phone hands its call's name and number to alpha, as a dialler's trunk does. */
export const asserted = (name: string, number: string): readonly string[] => [`P-Asserted-Identity: "${name}" <sip:${number}@127.0.0.1>`];
