/** One process of Tandem for the queue suites, without its database and HTTP side: engine, loop, FastAGI door, manager link. */
import { createAgentLeg } from '../../agi/agent-leg.js';
import { createAgiAgent } from '../../agi/agent.js';
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
import type { Log, Meter } from '../../core/ports.js';
import { createAcdBoard } from '../../core/services/acd-board.js';
import { createAcdLoop, type AcdLoop } from '../../core/services/acd-loop.js';
import { createAcdReconcile } from '../../core/services/acd-reconcile.js';
import { createPinLockout } from '../../core/services/agent-identity.js';
import { createDialerQueue, type DialerQueue } from '../../core/services/dialer-queue.js';
import { createQueueEntry } from '../../core/services/enter-queue.js';
import { createNativeQueue } from '../../core/services/native-queue.js';
import { createQueueMessage } from '../../core/services/queue-message.js';
import type { SwitchPort } from '../../core/switch.js';
import { createAmiLink, type AmiLink } from '../../sidecar/ami.js';
import { createAsteriskSwitch, type AsteriskSwitch } from '../../sidecar/switch-asterisk.js';
import { systemTimers, type Timers } from '../../sidecar/timers.js';
import type { MemoryAcdStore } from '../support/acd-memory-store.js';
import { silentLog, silentMeter } from '../support/observers.js';
import type { Asterisk } from '../testbed/asterisk.js';

export const here = switchId('alpha');
/** The account that docs/asterisk.md tells an operator to give: no more rights than these. */
export const manager = { user: 'tandem', secret: 'queue-bed-secret', read: 'system,call,dtmf', write: 'system,call,originate,reporting' };
/** Where its callers leave messages. */
export const messageFolder = (asterisk: Pick<Asterisk, 'dir'>): string => `${asterisk.dir}/spool/messages`;
const nowMs = (): number => systemTimers.nowMs();
const after: Timers['after'] = (delayMs, run) => systemTimers.after(delayMs, run);

/** The engine's side, as long as one process lives. */
export interface Tandem {
  readonly link: AmiLink;
  readonly loop: AcdLoop;
  readonly control: AsteriskSwitch;
  readonly door: AgiServer;
  readonly log: Log;
  stop(): Promise<void>;
}

export function configOf(given: { queues: readonly Partial<QueueConfig>[]; agents: readonly Partial<AgentConfig>[] }): AcdConfig {
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

/** Further applications of the door. */
export type MoreApplications = (
  tools: { readonly log: Log; readonly meter: Meter; readonly after: Timers['after']; readonly nowMs: () => number },
  queue: DialerQueue,
) => Record<string, CallApplication>;

export async function startTandem(
  asterisk: Asterisk,
  config: AcdConfig,
  store: MemoryAcdStore,
  events: AcdEvent[],
  reports: (readonly string[])[],
  onNotice: (notice: Notice) => void,
  more: MoreApplications = () => ({}),
): Promise<Tandem> {
  const log = process.env['QUEUE_BED_LOG'] === undefined ? silentLog : loudLog;
  const tools = { log, meter: silentMeter, after, nowMs };
  const link = createAmiLink(
    { name: 'alpha', host: '127.0.0.1', port: asterisk.ports.ami, user: manager.user, secret: manager.secret },
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
    askChannels: () => undefined,
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
  const queue = createDialerQueue({
    ...tools,
    engine: { ...bind(loop), tell: feed },
    placeOf: () => Promise.resolve({ switch: here, openSession: createAsteriskSessions({ ...tools, switch: here, watch: control.watch }) }),
    newId: () => `d${nowMs()}-${++instances}`,
  });
  const applications = { ...applicationsOf(asterisk, loop, control, feed, log), ...more(tools, queue), report };
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
    log,
    async stop() {
      reconcile.stop();
      link.stop();
      control.close();
      await door.close(0);
      await loop.close(new TandemError('TDM_STOPPING'));
    },
  };
}

function applicationsOf(
  asterisk: Asterisk,
  loop: AcdLoop,
  control: AsteriskSwitch,
  feed: (event: AcdEvent) => void,
  log: Log,
): Record<string, CallApplication> {
  const tools = { log, after, nowMs };
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
  const agents = createAgiAgent({
    ...tools,
    meter: silentMeter,
    engine,
    ports: new Map<SwitchId, SwitchPort>([[here, control]]),
    verifyPin: () => Promise.resolve(false),
    supervisors: { phones: [], isPin: undefined },
    lockout: createPinLockout(),
    switchOf: () => Promise.resolve(here),
    newId: () => `a${++instances}`,
  });
  const legsOf = (id: SwitchId) => (id === here ? control.legs : undefined);
  return {
    queue_entry: withoutGuard(createQueueEntry({ queues, log, meter: silentMeter })),
    agent: withoutGuard(agents),
    queue_message: createQueueMessage({
      ...tools,
      meter: silentMeter,
      engine,
      folder: messageFolder(asterisk),
      switchOf: () => Promise.resolve(here),
      newId: () => `v${++instances}`,
    }),
    agent_leg: createAgentLeg({ engine, legsOf, nowMs, log }),
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
  note: (news) => loop.note(news),
  close: (reason) => loop.close(reason),
});

const say = (fields: object, message: string): void => console.error(message, fields);
const loudLog = { debug: say, info: say, warn: say, error: say };
