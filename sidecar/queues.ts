/** Tandem's own queues put together: the engine, call control on every switch, callers' sessions, agents' lamps and devices. */
import { randomUUID } from 'node:crypto';
import { createAsteriskSessions } from '../agi/member-session.js';
import type { AcdEvent } from '../core/acd/events.js';
import { switchId } from '../core/acd/ids.js';
import type { OfferId, SwitchId } from '../core/acd/ids.js';
import type { QueueEngine } from '../core/acd-ports.js';
import type { NewsDesk } from '../core/feed-news.js';
import type { Log, Meter } from '../core/ports.js';
import { createAgentLamps } from '../core/services/agent-lamps.js';
import type { CallPlace } from '../core/services/native-queue.js';
import { createQueueConfigs } from '../core/services/queue-configs.js';
import type { CallBackWayOut, TollLegs } from '../core/services/toll-ports.js';
import type { Feed, SwitchPort } from '../core/switch.js';
import { freeswitchWays, isListed } from '../core/toll/agent-ways.js';
import { createFreeswitchSessions } from '../esl-outbound/member-session.js';
import type { Store } from '../sql/store.js';
import { createChatWebhook } from './chat-webhook.js';
import type { Config } from './config.js';
import { createFeedSide } from './feed-side.js';
import type { FeedSide } from './feed-side.js';
import type { Health } from './health.js';
import type { Links } from './links.js';
import { createPasswordHasher } from './password-hasher.js';
import type { AcdDoors } from './queue-doors.js';
import { openQueueEngine } from './queue-engine.js';
import { equalSecrets } from './secrets.js';
import { createAsteriskSwitch } from './switch-asterisk.js';
import { originateDefaults } from './switch-asterisk-originate.js';
import type { AsteriskSwitch } from './switch-asterisk.js';
import { createFreeswitchSwitch } from './switch-freeswitch.js';
import type { FreeswitchSwitch } from './switch-freeswitch.js';
import { createStatistics } from './statistics.js';
import type { Statistics } from './statistics.js';
import type { Timers } from './timers.js';
import { createWatchedAgents } from './watched-agents.js';
import type { WatchedAgents } from './watched-agents.js';

export interface QueuesDeps {
  readonly config: Pick<Config, 'queues' | 'zone'>;
  readonly store: Pick<Store, 'acd' | 'leases' | 'acdConfigs' | 'events' | 'webhooks' | 'reports' | 'ping'>;
  /** not started yet */
  readonly links: Pick<Links, 'ami' | 'esl'>;
  readonly log: Log;
  readonly meter: Meter;
  readonly health: Health;
  /** before every leg that Tandem orders; absent: nothing is capped */
  readonly tollLegs?: TollLegs;
  readonly timers: Timers;
  readonly monoMs: () => number;
}

export interface Queues {
  readonly engine: QueueEngine;
  /** for news of others than the engine */
  readonly desk: NewsDesk;
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  /** what happens, stored and told */
  readonly events: FeedSide;
  /** reports, the running day, queue log */
  readonly statistics: Statistics;
  /** for the applications of both doors */
  readonly doors: AcdDoors;
  newId(): string;
  /** Take the queues, when the tables are there; resolves after the first try. */
  start(): Promise<void>;
  /** Give the engine what is provisioned now. */
  reload(): Promise<void>;
  /** The queues have just become ours; before the first news of them. */
  onOwned(listener: (fence: number | undefined) => void): void;
  /** They are not ours any more, or are just being given away. */
  onLost(listener: () => void): void;
  /** Store everything, end the waiting callers' sessions so that their dialplans go on, and give the queues away. */
  stop(): Promise<void>;
}

export function openQueues(deps: QueuesDeps): Queues {
  const { config, store, log, meter, timers } = deps;
  const ports = new Map<SwitchId, SwitchPort>();
  const after = (delayMs: number, run: () => void): (() => void) => timers.after(delayMs, run);
  const nowMs = (): number => timers.nowMs();
  const chat = createChatWebhook(config.queues.chatWebhook, { feed: (event) => running.engine.tell(event), log, meter, timers });
  const events = createFeedSide(config.queues.events, { store, isOwner: () => running.engine.isOwner(), timers, log, meter });
  const owned: ((fence: number | undefined) => void)[] = [];
  const lost: (() => void)[] = [];
  const statistics = createStatistics({ ...deps, zone: config.zone, queueLog: config.queues.queueLog, engine: () => running.engine });
  const running = openQueueEngine(
    {
      store: { acd: statistics.storing(events.telling(store.acd)), leases: store.leases },
      configs: store.acdConfigs,
      switches: ports,
      chat,
      timers,
      monoMs: deps.monoMs,
      log,
      meter,
      onOwned: (fence) => {
        watched.renew();
        lamps.refresh();
        statistics.owned();
        for (const listener of owned) listener(fence);
      },
      onLost: () => {
        for (const listener of lost) listener();
      },
    },
    { spoolFile: config.queues.spool.file, spoolBytesMax: config.queues.spool.bytesMax, reconcileEveryMs: config.queues.reconcileMs },
  );
  const { engine } = running;
  const watched = createWatchedAgents(
    engine,
    timers,
    () => void Promise.all([...asterisk, ...freeswitch].map((port) => port.refreshDevices())),
  );
  const feed = deps.tollLegs?.followed((event) => engine.tell(event)) ?? ((event: AcdEvent) => engine.tell(event));
  const asterisk = asteriskSwitches(deps, engine, watched, feed);
  const freeswitch = freeswitchSwitches(deps, watched, feed);
  for (const port of [...asterisk, ...freeswitch])
    ports.set(port.id, deps.tollLegs?.guard(port, feed, callBackWay(config.queues, port.kind)) ?? port);
  const lamps = createAgentLamps({ engine, ports, after });
  const configs = createQueueConfigs({ configs: store.acdConfigs, engine, after, log });

  for (const link of [...deps.links.ami.values(), ...deps.links.esl.values()]) {
    const id = switchId(link.status().name);
    link.onState(({ state }) => {
      if (state !== 'up') return;
      running.reconcile(id);
      if (engine.isOwner()) lamps.linkUp(id);
    });
  }
  deps.health.add('queue-engine', () => running.check());

  const legsOf = (id: SwitchId) => asterisk.find((port) => port.id === id)?.legs;
  const places = {
    asterisk: placesOf(asterisk, ({ id, watch }) => createAsteriskSessions({ switch: id, watch, after, nowMs, log })),
    freeswitch: placesOf(freeswitch, ({ id }) => createFreeswitchSessions({ switch: id, log, zone: config.zone })),
  };
  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    configs.stop();
    await running.stop();
    await events.stop();
    await statistics.stop();
    lamps.close();
    watched.close();
    for (const port of [...asterisk, ...freeswitch]) port.close();
  }

  return {
    engine,
    desk: running.desk,
    ports,
    events,
    statistics,
    doors: {
      engine,
      ports,
      ...places,
      legsOf,
      newId: randomUUID,
      switchQueues: config.queues.switchQueues,
      messageFolder: config.queues.messageFolder,
      ...people(config.queues),
    },
    newId: randomUUID,
    start: async () => {
      await events.start();
      statistics.start();
      await running.start();
    },
    reload: () => configs.reload(),
    onOwned: (listener) => void owned.push(listener),
    onLost: (listener) => void lost.push(listener),
    stop: () => (stopped ??= stop()),
  };
}

/** The way out to callers who are called back: a trunk, or the context of Asterisk's dialplan. */
function callBackWay({ freeswitchCallBack }: Config['queues'], kind: SwitchPort['kind']): CallBackWayOut {
  if (kind === 'asterisk') return { gateway: originateDefaults.dialOutContext, isListed: true };
  const contact = freeswitchCallBack?.contact.replaceAll('{number}', '00') ?? '';
  return { gateway: freeswitchWays(contact)[0]?.gateway ?? 'callback', isListed: isListed(kind, contact) };
}

type Parts = [QueueEngine, WatchedAgents, Feed];

function asteriskSwitches({ config, links, ...tools }: QueuesDeps, ...[engine, watched, feed]: Parts): AsteriskSwitch[] {
  const options = { agiAddress: config.queues.agiSwitchAddress, zone: config.zone };
  const deps = {
    ...tools,
    feed,
    orderOf: (offer: OfferId) => engine.orderOf(offer),
    watchedDevices: () => watched.devices(),
  };
  return [...links.ami].map(([name, link]) => createAsteriskSwitch({ ...options, id: switchId(name) }, { ...deps, link }));
}

function freeswitchSwitches({ config, links, ...tools }: QueuesDeps, watched: WatchedAgents, feed: Feed): FreeswitchSwitch[] {
  const options = { callBack: config.queues.freeswitchCallBack };
  const deps = { ...tools, feed, watchedAccounts: () => watched.accounts() };
  return [...links.esl].map(([name, link]) => createFreeswitchSwitch({ ...options, id: switchId(name) }, { ...deps, link }));
}

const placesOf = <Port extends SwitchPort>(list: readonly Port[], sessions: (port: Port) => CallPlace['openSession']) =>
  new Map(list.map((port): [string, CallPlace] => [port.id, { switch: port.id, openSession: sessions(port) }]));

/** Agents' PINs as they are stored, and who may listen to talks. */
function people({ supervisorPhones, supervisorPin }: Config['queues']): Pick<AcdDoors, 'verifyPin' | 'supervisors'> {
  const hasher = createPasswordHasher();
  const isPin = supervisorPin === undefined ? undefined : (pin: string) => Promise.resolve(equalSecrets(pin, supervisorPin));
  return { verifyPin: (stored, pin) => hasher.verify(pin, stored), supervisors: { phones: supervisorPhones, isPin } };
}
