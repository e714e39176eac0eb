/**
 * Two call centres for the real-call suites: Asterisk `alpha` with Tandem A (the origin, which knows the leads) and Asterisk
 * `beta` with Tandem B (the destination), joined by an IAX2 and a PJSIP trunk.
 */
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { startSilentOrigin, type SilentOrigin } from '../support/silent-origin.js';
import { startTandem, type TandemProcess } from '../support/tandem-process.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { alphaDialplan, betaDialplan, betaQueues } from './dialplan.js';
import { destinationSite, makeLeads, originSite, type OriginLead } from './sites.js';

export { localList, type OriginLead } from './sites.js';

/** a port of the instance on which nobody listens */
const closedOffset = 8;

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

export const portsOf = (asterisk: Asterisk): { http: number; agi: number; esl: number } => ({
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
  /** Make trunks and dialplans in another way than `dialplan.ts`: gets instances without trunks; reloaded afterwards. */
  readonly configure?: (alpha: Asterisk, beta: Asterisk) => Promise<unknown>;
}

/** Bring everything up (3 to 5 s). What was started is stopped when something fails on the way. */
export async function startClusters(options: ClusterOptions = {}): Promise<Clusters> {
  const claim = await claimPorts(2);
  const starting: Promise<{ stop(): Promise<unknown> }>[] = [];
  const keep: Keep = (part) => {
    starting.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    const stops = await Promise.allSettled(starting.map(async (part) => await (await part).stop()));
    claim.release();
    // a part that did not start has been reported by compose
    for (const [i, result] of stops.entries()) if (result.status === 'rejected' && (await isUp(starting[i]))) throw result.reason;
  };
  try {
    return await compose(options, claim.bases, keep, stop);
  } catch (e) {
    await stop();
    throw e;
  }
}

const isUp = (part: Promise<unknown> | undefined): Promise<boolean> =>
  part?.then(
    () => true,
    () => false,
  ) ?? Promise.resolve(false);

type Keep = <T extends { stop(): Promise<unknown> }>(starting: Promise<T>) => Promise<T>;

async function compose(
  options: ClusterOptions,
  [alphaBase = 0, betaBase = 0]: readonly number[],
  keep: Keep,
  stop: () => Promise<void>,
): Promise<Clusters> {
  const [alpha, beta, silent] = await Promise.all([
    keep(startAsterisk({ name: 'alpha', base: alphaBase, peers: options.configure ? {} : { beta: betaBase } })),
    keep(startAsterisk({ name: 'beta', base: betaBase, peers: options.configure ? {} : { alpha: alphaBase } })),
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
    options.configure
      ? options.configure(alpha, beta)
      : Promise.all([
          alpha.addConfig('extensions', '50-real', alphaDialplan()),
          beta.addConfig('extensions', '50-real', betaDialplan(options.agiPort ?? portsOf(beta).agi)),
        ]),
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

/** Resolves when the phone hears the other side: from there on a person would press keys, transfer or hang up. */
export async function hears(call: SipCall): Promise<void> {
  await call.answered;
  const before = call.media.received;
  await eventually(
    () => call.media.received,
    (packets) => packets > before + 3,
  );
}
