/**
 * Tandem's own queues on a real Asterisk, in this process: engine, loop, FastAGI door, manager link and the shipped
 * dialplan. `restart` is a kill of the process as Asterisk sees it: every session breaks, the link is lost.
 */
import { fileURLToPath } from 'node:url';
import { createAgentLeg } from '../../agi/agent-leg.js';
import { asteriskCaller } from '../../agi/caller-facts.js';
import { withoutGuard } from '../../agi/guard.js';
import { createAsteriskSessions } from '../../agi/member-session.js';
import { createAgiServer, type AgiServer } from '../../agi/server.js';
import { acdSettingsDefaults, agentDefaults, queueDefaults } from '../../core/acd/config.js';
import type { AcdConfig, AgentConfig, QueueConfig } from '../../core/acd/config.js';
import { createAcdEngine } from '../../core/acd/create-engine.js';
import type { AcdEvent } from '../../core/acd/events.js';
import { agentId, queueId, switchId, type AgentId, type SwitchId } from '../../core/acd/ids.js';
import type { Notice } from '../../core/acd/notices.js';
import type { CallApplication } from '../../core/call.js';
import { TandemError } from '../../core/errors.js';
import { createAcdBoard } from '../../core/services/acd-board.js';
import { createAcdLoop, type AcdLoop } from '../../core/services/acd-loop.js';
import { createAcdReconcile } from '../../core/services/acd-reconcile.js';
import { createQueueEntry } from '../../core/services/enter-queue.js';
import { createNativeQueue } from '../../core/services/native-queue.js';
import type { SwitchPort } from '../../core/switch.js';
import { createAmiLink, type AmiLink } from '../../sidecar/ami.js';
import { createAsteriskSwitch, type AsteriskSwitch } from '../../sidecar/switch-asterisk.js';
import { systemTimers } from '../../sidecar/timers.js';
import { createMemoryAcdStore, type MemoryAcdStore } from '../support/acd-memory-store.js';
import { eventually } from '../support/eventually.js';
import { silentLog, silentMeter } from '../support/observers.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import type { SipCall, SipCallOptions, SipPhone } from '../testbed/sip-phone.js';
import { asserted } from './clusters.js';

export const here = switchId('alpha');
const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
const include = (...files: readonly string[]): string => files.map((file) => `#include ${samples}${file}\n`).join('');
const { nowMs, after } = systemTimers;

/** The engine's side, as long as one process lives. */
interface Tandem {
  readonly link: AmiLink;
  readonly loop: AcdLoop;
  readonly control: AsteriskSwitch;
  readonly door: AgiServer;
  stop(): Promise<void>;
}

export interface QueueBed {
  readonly asterisk: Asterisk;
  readonly store: MemoryAcdStore;
  /** everything fed to the engine, by all processes so far */
  readonly events: AcdEvent[];
  readonly notices: Notice[];
  /** what the dialplan of extension `own` found behind the queue: result, exit key, agent, cc_cause, recording */
  readonly reports: (readonly string[])[];
  readonly tandem: Tandem;
  /** Provision: queues and agents by what differs from the defaults; all agents serve all queues, and are available. */
  provision(config: { queues: readonly Partial<QueueConfig>[]; agents: readonly Partial<AgentConfig>[] }): void;
  /** A customer calls the queue `support` (or `extension`) from phone 1010; resolves when he hears music. */
  join(extension?: string, options?: SipCallOptions): Promise<SipCall>;
  /** Resolves with the notice of this type that comes next, or came since the last `provision`. */
  notice<T extends Notice['type']>(
    type: T,
    fits?: (notice: Extract<Notice, { type: T }>) => boolean,
  ): Promise<Extract<Notice, { type: T }>>;
  event<T extends AcdEvent['type']>(
    type: T,
    fits?: (event: Extract<AcdEvent, { type: T }>) => boolean,
  ): Promise<Extract<AcdEvent, { type: T }>>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Hang everything up and wait until Asterisk is empty. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

function dialplan(agiPort: number): string {
  return `${include('tandem-globals.conf', 'tandem-doors.conf', 'tandem-agents.conf')}
[globals](+)
TANDEM_AGI_1 = 127.0.0.1:${agiPort}
TANDEM_AGI_2 = 127.0.0.1:${agiPort}
TANDEM_PAUSE_S = 0.3
TANDEM_ROUNDS = 12
TANDEM_GUARD_S = 5
[tandem-dial-out](+)
exten => 1012,1,Dial(PJSIP/1012,10)
[from-phones](+)
exten => support,hint,Custom:tandem-1011
exten => queue,1,Goto(tandem-queue,s,1)
exten => own,1,Answer()
 same => n,Set(TANDEM_APP=queue_entry)
 same => n,Set(TANDEM_ARGS=support)
 same => n,Gosub(tandem-door,s,1)
 same => n,AGI(agi://127.0.0.1:${agiPort}/report,\${TANDEM_RESULT},\${TANDEM_EXIT_KEY},\${TANDEM_AGENT},\${cc_cause},\${cc_record_filename})
 same => n,Hangup()
exten => standby,1,Answer()
 same => n,Set(TANDEM_AGENT=1013)
 same => n,Goto(tandem-agent-standby,s,1)
[agents]
exten => _10XX,1,Dial(PJSIP/\${EXTEN},20)
 same => n,Hangup()
`;
}

export async function startQueueBed(name: string): Promise<QueueBed> {
  const { bases, release } = await claimPorts(1);
  const asterisk = await startAsterisk({ name, base: bases[0] ?? 0 });
  try {
    await asterisk.addConfig('extensions', '50-queue', dialplan(asterisk.ports.base + 4));
    await asterisk.reload();
    return await createBed(asterisk, release);
  } catch (error) {
    await asterisk.stop();
    release();
    throw error;
  }
}

async function createBed(asterisk: Asterisk, release: () => void): Promise<QueueBed> {
  const store = createMemoryAcdStore();
  const events: AcdEvent[] = [];
  const notices: Notice[] = [];
  const reports: (readonly string[])[] = [];
  let config = configOf({ queues: [{}], agents: [] });
  let tandem: Tandem;

  async function start(): Promise<void> {
    tandem = await startTandem(asterisk, config, store, events, reports, (notice) => notices.push(notice));
  }
  await start();

  const bed: QueueBed = {
    asterisk,
    store,
    events,
    notices,
    reports,
    get tandem() {
      return tandem;
    },
    provision(given) {
      config = configOf(given);
      notices.length = events.length = reports.length = 0;
      tandem.loop.tell({ type: 'configured', config });
      for (const { id } of config.agents) {
        tandem.loop.tell({ type: 'status-asked', agent: id, status: 'Available', reason: undefined });
        tandem.loop.tell({ type: 'release-asked', agent: id, by: 'test' });
      }
    },
    async join(extension = 'queue', options = {}) {
      const phone = await asterisk.phone(10);
      const call = await phone.call(extension, { headers: asserted('Jane Doe', '5551234'), ...options });
      await call.answered;
      const heard = call.media.received;
      await eventually(
        () => call.media.received,
        (packets) => packets > heard + 3,
      );
      return call;
    },
    notice: (type, fits = () => true) =>
      found(
        () => notices.find((notice): notice is Extract<Notice, { type: typeof type }> => notice.type === type && fits(notice as never)),
        type,
      ),
    event: (type, fits = () => true) =>
      found(
        () => events.find((event): event is Extract<AcdEvent, { type: typeof type }> => event.type === type && fits(event as never)),
        type,
      ),
    kill: () => tandem.stop(),
    start,
    async clear() {
      for (const nn of [10, 11, 12, 13, 14]) hangUpAll(await asterisk.phone(nn));
      await eventually(
        () => asterisk.channels(),
        (channels) => channels.length === 0,
        { msMax: 5_000 },
      );
    },
    async stop() {
      await tandem.stop();
      await asterisk.stop();
      release();
    },
  };
  return bed;
}

function hangUpAll(phone: SipPhone): void {
  phone.onCall = (call) => {
    call.ring();
    void call.answer();
  };
  for (const call of phone.calls.values()) call.hangup();
}

async function found<T>(find: () => T | undefined, what: string): Promise<T> {
  const value = await eventually(find, (seen) => seen !== undefined, { msMax: 5_000, everyMs: 5 }).catch(() => undefined);
  if (value === undefined) throw new Error(`no ${what} within 5 s`);
  return value;
}

function configOf(given: { queues: readonly Partial<QueueConfig>[]; agents: readonly Partial<AgentConfig>[] }): AcdConfig {
  const queues = given.queues.map((queue) => ({ ...queueDefaults(queueId('support')), ...queue }));
  const agents = given.agents.map((agent) => ({
    ...agentDefaults(agent.id ?? agentId('1011')),
    contact: `PJSIP/${agent.id ?? '1011'}`,
    ringMs: 3_000,
    initialStatus: 'Available' as const,
    ...agent,
  }));
  const tiers = queues.flatMap((queue) => agents.map((agent, i) => ({ queue: queue.id, agent: agent.id, level: 1, position: i + 1 })));
  return { settings: { ...acdSettingsDefaults, retryPauseMs: 500 }, queues, agents, tiers, callers: [] };
}

let instances = 0;

async function startTandem(
  asterisk: Asterisk,
  config: AcdConfig,
  store: MemoryAcdStore,
  events: AcdEvent[],
  reports: (readonly string[])[],
  onNotice: (notice: Notice) => void,
): Promise<Tandem> {
  const log = process.env['QUEUE_BED_LOG'] === undefined ? silentLog : loudLog;
  const tools = { log, meter: silentMeter, after, nowMs };
  const link = createAmiLink(
    { name: 'alpha', host: '127.0.0.1', port: asterisk.ports.ami, user: 'testbed', secret: 'testbed-secret' },
    { log, meter: silentMeter },
  );
  const board = createAcdBoard(tools);
  board.onNotice(onNotice);
  const switches = new Map<SwitchId, SwitchPort>();
  const engine = createAcdEngine({ config, instance: `t${++instances}`, seed: 1, stored: await store.load(), nowMs: nowMs() });
  const loop = createAcdLoop({
    ...tools,
    engine,
    save: (batch) => store.save(batch, 0),
    switches,
    board,
    onFenced: () => undefined,
    monoMs: () => performance.now(),
  });
  const feed = (event: AcdEvent): void => {
    events.push(event);
    loop.tell(event);
  };
  const devices = new Map<string, readonly AgentId[]>(config.agents.map(({ id }) => [`PJSIP/${id}`, [id]]));
  const control = createAsteriskSwitch(
    { id: here, agiAddress: `127.0.0.1:${asterisk.ports.base + 4}` },
    { link, feed, log, meter: silentMeter, watchedDevices: () => devices, orderOf: (offer) => loop.orderOf(offer) },
  );
  switches.set(here, control);
  const report: CallApplication = (call) => Promise.resolve(void reports.push(call.args));
  const applications = { ...applicationsOf(loop, control, feed), report };
  const door = createAgiServer({ port: asterisk.ports.base + 4 }, applications, { log, meter: silentMeter });
  await door.listen();
  link.start();
  await link.waitUp(5_000);
  const reconcile = createAcdReconcile({ ...tools, switches, feed });
  reconcile.start();
  return {
    link,
    loop,
    control,
    door,
    async stop() {
      reconcile.stop();
      link.stop();
      control.close();
      await door.close(0);
      await loop.close(new TandemError('TDM_STOPPING'));
    },
  };
}

function applicationsOf(loop: AcdLoop, control: AsteriskSwitch, feed: (event: AcdEvent) => void): Record<string, CallApplication> {
  const tools = { log: silentLog, after, nowMs };
  const openSession = createAsteriskSessions({ ...tools, switch: here, watch: control.watch });
  const engine = { ...bind(loop), tell: feed };
  const queues = createNativeQueue(
    {
      ...tools,
      engine,
      facts: asteriskCaller,
      placeOf: () => Promise.resolve({ switch: here, openSession }),
      newId: () => `m${nowMs()}-${++instances}`,
    },
    { joinMsMax: 5_000, domain: 'default' },
  );
  const legsOf = (id: SwitchId) => (id === here ? control.legs : undefined);
  return {
    queue_entry: withoutGuard(createQueueEntry({ queues, log: silentLog, meter: silentMeter })),
    agent_leg: createAgentLeg({ engine, legsOf, nowMs, log: silentLog }),
  };
}

const bind = (loop: AcdLoop): AcdLoop => ({
  tell: (event) => loop.tell(event),
  ask: (event) => loop.ask(event),
  view: () => loop.view(),
  attach: (member, session) => loop.attach(member, session),
  orderOf: (offer) => loop.orderOf(offer),
  onNotice: (listener) => loop.onNotice(listener),
  decisions: () => loop.decisions(),
  isOwner: () => loop.isOwner(),
  close: (reason) => loop.close(reason),
});

/* eslint-disable no-console -- only when somebody looks for a fault */
const say = (fields: object, message: string): void => console.error(message, fields);
/* eslint-enable no-console */
const loudLog = { debug: say, info: say, warn: say, error: say };
