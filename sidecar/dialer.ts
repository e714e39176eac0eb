/**
 * The dialer put together (dialer.md B1): engine and loop under the lease `dialer`, switches, agents of the queue engine,
 * outbox of the voice connector, and the faces for the API and for the application `dialer_call`.
 */
import { schedule } from 'node-cron';
import type { Leases } from '../core/acd-ports.js';
import type { Campaign } from '../core/dialer/campaign.js';
import type { FieldProblem } from '../core/dialer/campaign-schema.js';
import type { OriginateOrder } from '../core/dialer/engine-words.js';
import type { Profile } from '../core/dialer/compliance/profile.js';
import type { DialerAgents, DialerControl, DialerDoor, DialerStore, DialFeed, DialSwitch, VoiceConnector } from '../core/dialer-ports.js';
import type { Log, Meter } from '../core/ports.js';
import { createDialerControl } from '../core/services/dialer-control.js';
import { followDialFeed, guardDialSwitch } from '../core/services/toll-ports.js';
import type { TollGate } from '../core/services/toll-gate.js';
import { createDialerDoor } from '../core/services/dialer-door.js';
import { openDialerSession } from '../core/services/dialer-session.js';
import type { DialerSession, DialerSessionDeps } from '../core/services/dialer-session.js';
import { createStartChecks } from '../core/services/dialer-start.js';
import type { OwnershipOptions } from './acd-ownership.js';
import type { DialerConfig } from './config-dialer.js';
import { createAsteriskDialSwitch } from './dial-asterisk.js';
import { createFreeswitchDialSwitch } from './dial-freeswitch.js';
import { toldBefore } from './dial-told.js';
import { createDialerJournal, dialerJournalDefaults } from './dialer-journal.js';
import { createDialerOwner } from './dialer-owner.js';
import type { DialerOwner } from './dialer-owner.js';
import type { Health } from './health.js';
import type { Links } from './links.js';
import type { Timers } from './timers.js';

/** What `openDialer` gives to main, API and doors. */
export interface Dialer {
  readonly control: DialerControl;
  /** for the application `dialer_call` of both doors */
  readonly door: DialerDoor;
  readonly store: DialerStore;
  readonly agents: DialerAgents;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** asks the switches for what a campaign needs there (A18, B4) before it is started; empty = nothing is wrong */
  readonly checkStart: (campaign: Campaign) => Promise<readonly FieldProblem[]>;
  /** Each order to call somebody, a moment before the switch has it. The result ends it. */
  readonly onOriginate: (listener: (order: OriginateOrder) => void) => () => void;
  /** Take the lease, when the tables are there; resolves after the first try, never rejects. */
  start(): Promise<void>;
  /** Claims not yet placed go back, results are stored; calls under way stay for whoever dials next. */
  stop(): Promise<void>;
}

export interface DialerDeps {
  readonly config: DialerConfig;
  readonly store: { readonly dialer: DialerStore; readonly leases: Leases; databaseNowMs(): Promise<number> };
  /** not started yet */
  readonly links: Pick<Links, 'ami' | 'esl'>;
  readonly agents: DialerAgents;
  /** undefined: connector mode is off */
  readonly connector: VoiceConnector | undefined;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** absent: nothing is capped */
  readonly toll?: TollGate | undefined;
  readonly health: Health;
  readonly timers: Timers;
  readonly monoMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

/** For tests. */
export interface DialerParts extends Pick<DialerSessionDeps, 'createEngine'> {
  readonly switches?: (feedOf: (id: string) => DialFeed) => readonly DialSwitch[];
  readonly ownership?: Partial<OwnershipOptions>;
  readonly everySecond?: (run: () => void) => () => void;
  readonly wallMs?: () => number;
  readonly random?: () => number;
  /** on the disk of the journal */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export function openDialer(deps: DialerDeps, parts: DialerParts = {}): Dialer {
  const { config, store, agents, profiles, timers, monoMs, log, meter, toll } = deps;
  const after = (delayMs: number, run: () => void): (() => void) => timers.after(delayMs, run);
  const nowMs = (): number => timers.nowMs();
  const feedOf =
    (id: string): DialFeed =>
    (event) =>
      session()?.heard(id, event);
  const originateListeners = new Set<(order: OriginateOrder) => void>();
  const told = (order: OriginateOrder): void => originateListeners.forEach((listener) => listener(order));
  const ports = (parts.switches ?? dialSwitches(deps))(followed(feedOf, deps)).map((port) => toldBefore(port, told));
  const capped = (port: DialSwitch): DialSwitch =>
    toll ? guardDialSwitch(port, feedOf(port.id), toll, nowMs, () => side.control.settings().callMsMax) : port;
  const switches = new Map(ports.map((port) => [port.id, capped(port)]));
  const journal = createDialerJournal(
    { ...dialerJournalDefaults, ...config.journal },
    { log, meter, ...(parts.freeBytes && { freeBytes: parts.freeBytes }) },
  );
  const session = (): DialerSession | undefined => owner.session();
  const owner: DialerOwner = createDialerOwner(
    {
      ...{ leases: store.leases, store: store.dialer, timers, monoMs, log, meter },
      open: (fence, onFenced) =>
        openDialerSession({
          ...{ store: store.dialer, journal, fence, switches, agents, connector: deps.connector, base: config.settings, profiles },
          ...(toll && { isTollBarred: toll.isBarred }),
          ...{ onFenced, nowMs, monoMs, after, log, meter, ...(parts.createEngine && { createEngine: parts.createEngine }) },
          onNotice: (notice, atMs) => side.tell(notice, atMs),
          isSure: () => owner.isSure(),
          databaseNowMs: () => store.databaseNowMs(),
          wallMs: parts.wallMs ?? Date.now,
          random: parts.random ?? Math.random,
        }),
    },
    parts.ownership,
  );
  const side = createDialerControl({
    ...{ session, store: store.dialer, agents, switches, base: config.settings, nowMs, log },
    why: () => owner.why(),
    standby: () => owner.standby(),
  });

  for (const port of switches.values()) port.onState(() => session()?.switchState(port.id));
  const stopNews = agents.onNews((news) => session()?.news(news));
  deps.health.add('dialer', () => owner.check());
  let stopSeconds = (): void => undefined;
  let stopped: Promise<void> | undefined;

  return {
    control: side.control,
    door: createDialerDoor({ session, log }),
    ...{ store: store.dialer, agents, profiles },
    checkStart: createStartChecks({ switches, settings: () => side.control.settings(), after }),
    onOriginate(listener) {
      originateListeners.add(listener);
      return () => void originateListeners.delete(listener);
    },
    async start() {
      stopSeconds = (parts.everySecond ?? everySecond)(() => session()?.second());
      await owner.start();
    },
    stop: () => (stopped ??= stop()),
  };

  async function stop(): Promise<void> {
    stopSeconds();
    await owner.stop();
    stopNews();
    for (const port of switches.values()) port.close();
    await journal.close();
  }
}

/** Ends and answers are told to the guard against toll fraud, too. */
const followed =
  (feedOf: (id: string) => DialFeed, { toll }: DialerDeps): ((id: string) => DialFeed) =>
  (id) =>
    toll ? followDialFeed(feedOf(id), toll) : feedOf(id);

function dialSwitches({ links, log, meter, timers }: DialerDeps): (feedOf: (id: string) => DialFeed) => readonly DialSwitch[] {
  const tools = { log, meter, timers };
  return (feedOf) => [
    ...[...links.ami].map(([id, link]) => createAsteriskDialSwitch({ id }, { ...tools, link, feed: feedOf(id) })),
    ...[...links.esl].map(([id, link]) => createFreeswitchDialSwitch({ id }, { ...tools, link, feed: feedOf(id) })),
  ];
}

/** B3: the tick of the dialer is a cron entry with seconds; the cycle sees by itself that it does not overlap. */
function everySecond(run: () => void): () => void {
  const task = schedule('* * * * * *', run, { timezone: 'Etc/UTC' });
  return () => void task.destroy();
}
