/**
 * The dialer while this process holds its lease: engine, loop and everything around them, from the journal of a former
 * life to the last claim given back. Once a second it is told that a second has passed (`second`).
 */
import type { DialerSettings } from '../dialer/campaign.js';
import type { Profile } from '../dialer/compliance/profile.js';
import { createDialerEngine } from '../dialer/engine/create-dialer-engine.js';
import type { DialerEngine, DialerEngineStart } from '../dialer/engine/engine-types.js';
import type { DialerNotice, DialSwitchEvent } from '../dialer/engine-words.js';
import type { AgentNews, DialerAgents, DialerStore, DialSwitch, VoiceConnector } from '../dialer-ports.js';
import { TandemError } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';
import { createDialerClock } from './dialer-clock.js';
import type { DialerClockDeps } from './dialer-clock.js';
import { createDialerConfiguration, isLearnedOfEngine } from './dialer-configuration.js';
import type { DialerConfiguration } from './dialer-configuration.js';
import { createDialerCycle } from './dialer-cycle.js';
import { createDialerHistory } from './dialer-history.js';
import { createDialerLag } from './dialer-lag.js';
import { createDialerLoop } from './dialer-loop.js';
import type { DialerLoop } from './dialer-loop.js';
import { eventsOf } from './dialer-news.js';
import { createDialerOrders } from './dialer-orders.js';
import type { DialerOutbox } from './dialer-outbox.js';
import { createDialerOutbox } from './dialer-outbox.js';
import { createRulebook } from './dialer-rules.js';
import type { Rulebook } from './dialer-rules.js';
import { createDialerSaver } from './dialer-saver.js';
import type { ChangeJournal, DialerSaver } from './dialer-saver.js';
import { createDialerSwitches } from './dialer-switches.js';
import { createDialerTalks } from './dialer-talks.js';
import { createDialerTraits } from './dialer-traits.js';
import { createDialerWindows } from './dialer-windows.js';
import type { DialerWindows } from './dialer-windows.js';
import { createDialerViews } from './dialer-views.js';
import { createDialerWraps } from './dialer-wraps.js';
import type { DialerWraps } from './dialer-wraps.js';

export interface DialerSessionDeps extends Pick<DialerClockDeps, 'wallMs' | 'databaseNowMs'> {
  readonly store: DialerStore;
  readonly journal: ChangeJournal;
  readonly fence: number;
  readonly switches: ReadonlyMap<string, DialSwitch>;
  readonly agents: DialerAgents;
  /** undefined: connector mode is off */
  readonly connector: VoiceConnector | undefined;
  readonly base: DialerSettings;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** absent: no caps against toll fraud */
  readonly isTollBarred?: DialerEngineStart['rules']['isTollBarred'];
  readonly onNotice: (notice: DialerNotice, atMs: number) => void;
  readonly onFenced: (reason: TandemError) => void;
  /** the lease is surely ours now */
  readonly isSure: () => boolean;
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly monoMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
  /** for tests */
  readonly createEngine?: (start: DialerEngineStart) => DialerEngine;
}

export interface DialerSession {
  readonly loop: DialerLoop;
  readonly configuration: DialerConfiguration;
  readonly rules: Rulebook;
  readonly windows: DialerWindows;
  readonly saver: Pick<DialerSaver, 'save' | 'isStoreAway' | 'alarm' | 'storeFailed'>;
  readonly outbox: Pick<DialerOutbox, 'counts' | 'wake'> | undefined;
  readonly wraps: DialerWraps;
  /** why nothing new is dialled now; undefined: it is */
  whyNot(): string | undefined;
  /** Campaigns and settings are read again. Rejects TDM_STORE_DOWN. */
  reload(): Promise<void>;
  wake(): void;
  second(): void;
  heard(switchId: string, event: DialSwitchEvent): void;
  switchState(switchId: string): void;
  news(news: AgentNews): void;
  /** Claims without a call go back, everything is stored; calls go on. */
  close(): Promise<void>;
  /** At once: another dials, or the process is gone as far as tests are concerned. */
  drop(reason: TandemError): void;
}

/** Rejects TDM_STORE_DOWN, TDM_STANDBY: then nothing runs. */
export async function openDialerSession(deps: DialerSessionDeps): Promise<DialerSession> {
  const { store, fence, agents, log, meter, nowMs, monoMs, after } = deps;
  let isEnded = false;
  const ended = (reason: TandemError): void => {
    if (isEnded) return;
    drop(reason);
    deps.onFenced(reason);
  };
  const configuration = createDialerConfiguration({ store, base: deps.base, nowMs });
  const saver = createDialerSaver({
    ...{ save: (changes, under) => store.save(changes, under), journal: deps.journal, fence, after, monoMs, log, meter },
    onBack: () => cycle.wake(),
    onFenced: ended,
  });
  const traits = createDialerTraits({
    zonesOf: (contact, campaign) => rules.zonesOf(contact, campaign),
    switches: deps.switches,
    defaultSwitch: () => configuration.settings().defaultSwitch,
  });
  const windows = createDialerWindows({ store, profiles: deps.profiles, zonesOf: (campaign) => traits.zonesOf(campaign) });
  const lag = createDialerLag();
  const views = createDialerViews({
    ...{ store, agents, figures: windows, profiles: deps.profiles, monoMs, lagMs: () => lag.lagMs(nowMs()) },
    queuesOf: (campaign) => traits.queuesOf(campaign),
    missingAudio: (campaign) => traits.missingAudio(campaign),
  });
  const rules = createRulebook({
    profiles: deps.profiles,
    settings: () => configuration.settings(),
    suppression: () => configuration.suppression(),
    isForced: (campaign) => views.forced().has(campaign) || loop.view().campaign(campaign)?.forced !== undefined,
    agentsOf: (queue) => agentsHere(agents, queue),
    isGatewayUsable: (campaign, gateway) => switches.isUsable(campaign, gateway),
    random: deps.random,
  });
  const clock = createDialerClock({
    ...{ wallMs: deps.wallMs, monoMs, databaseNowMs: deps.databaseNowMs },
    onJump: ({ ms, against }) => {
      log.warn({ ms, against }, 'the clock has jumped: nothing new is dialled for a moment');
      const words = {
        before: undefined,
        after: undefined,
        reason: `by ${String(ms)} ms against ${against === 'itself' ? 'time itself' : "the database's"}`,
      };
      void store.writeAudit([{ atMs: nowMs(), actor: 'system', object: 'clock', action: 'clock jumped', ...words }]).catch(() => undefined);
    },
  });
  const whyNot = (): string | undefined => {
    if (saver.isStoreAway()) return 'the database is away';
    return saver.alarm() ?? (clock.isHeld() ? 'the clock has jumped' : undefined);
  };

  const begun = async () => {
    await saver.recover();
    await configuration.read(true);
    return Promise.all([store.active(), store.learned()]);
  };
  const [active, learned] = await begun().catch((error: unknown) => {
    void saver.stop(); // it is tried again every second, and each try has a saver that looks at its disk
    throw error;
  });
  const create = deps.createEngine ?? createDialerEngine;
  const engine = create({
    instance: fence.toString(36),
    rules: { ...rules.engine, ...(deps.isTollBarred && { isTollBarred: deps.isTollBarred }) },
    nowMs: nowMs(),
  });
  const loop: DialerLoop = createDialerLoop({
    ...{ engine, saver, nowMs, monoMs, after, log, meter, onFenced: ended },
    perform: (effect) => perform(effect),
  });
  const outbox = deps.connector && createDialerOutbox({ store, connector: deps.connector, nowMs, after, log, meter });
  const history = createDialerHistory({ store, learned: () => loop.learned(), log });
  const perform = createDialerOrders({
    ...{ store, saver, fence, switches: deps.switches, agents, connector: deps.connector, rules, whyNot, nowMs, monoMs, after, log, meter },
    campaign: (id) => configuration.campaign(id),
    feed: (event) => loop.tell(event),
    onFilled: (campaign, contacts) => {
      traits.filled(campaign, contacts);
      // its first contacts are called by this cycle, not by the next
      if (contacts.length > 0 && (loop.view().campaign(campaign.id)?.hopper ?? 0) === 0) cycle.wake();
    },
    onNotice: ({ notice }) => told(notice),
    onDecision: ({ group, decision }) => history.add(group, decision, nowMs()),
    isSure: () => deps.isSure() && !clock.isHeld(),
    onFenced: ended,
    isEnded: () => isEnded,
  });
  const talks = createDialerTalks({ agents, view: () => loop.view(), feed: (event) => loop.tell(event) });
  const switches = createDialerSwitches({
    ...{ switches: deps.switches, after, log, view: () => loop.view(), settings: () => configuration.settings() },
    feed: (event) => loop.tell(event),
    isEnded: () => isEnded,
  });
  const cycle = createDialerCycle({
    ...{
      loop,
      saver,
      configuration,
      views,
      traits,
      clock,
      history,
      store,
      fence,
      rules,
      switches,
      whyNot,
      nowMs,
      monoMs,
      after,
      log,
      meter,
    },
    reload: () => reload(),
    isEnded: () => isEnded,
  });

  const wraps = createDialerWraps((callId) => loop.view().call(callId)?.campaign, meter);

  function told(notice: DialerNotice): void {
    if (notice.type === 'call-abandoned') windows.stale(notice.campaign);
    if (notice.type === 'call-ended') {
      meter.count('tandem_dialer_results_total', { result: notice.result });
      outbox?.wake();
    }
    deps.onNotice(notice, nowMs());
  }

  function configure(): void {
    loop.tell({ type: 'configured', settings: configuration.settings(), campaigns: configuration.campaigns() });
  }

  async function reload(): Promise<void> {
    if (await configuration.read(true)) configure();
    views.recount();
    cycle.wake();
  }

  function drop(reason: TandemError): void {
    isEnded = true;
    cycle.stop();
    loop.drop(reason);
    void saver.stop();
    void outbox?.stop();
  }

  configure();
  loop.tell({ type: 'restored', active, pacers: new Map([...learned].filter(([key]) => isLearnedOfEngine(key))) });
  talks.look();
  if (active.length > 0) log.info({ contacts: active.length }, 'contacts that were in a call are looked for on the switches');
  for (const id of deps.switches.keys()) switches.changed(id);

  return {
    ...{ loop, configuration, rules, windows, saver, outbox, wraps, whyNot, reload, drop },
    wake() {
      views.recount();
      cycle.wake();
    },
    second() {
      talks.look();
      cycle.second();
    },
    heard(switchId, event) {
      if ('atMs' in event) lag.heard(switchId, event.atMs, nowMs());
      if (event.type === 'call-answered')
        meter.count('tandem_dialer_calls_total', { event: 'answered', mode: loop.view().call(event.callId)?.mode ?? '' });
      loop.tell(event);
    },
    switchState: (id) => switches.changed(id),
    news: (news) => {
      wraps.heard(news);
      for (const event of eventsOf(news)) loop.tell(event);
    },
    async close() {
      cycle.stop();
      await loop.close();
      isEnded = true;
      await history.store(nowMs(), true);
      await outbox?.stop();
      await saver.stop();
    },
  };
}

/** Agents of a queue who are logged in. */
function agentsHere(agents: DialerAgents, queue: string): ReadonlySet<string> | undefined {
  const view = agents.isUp() && queue !== '' ? agents.view(queue) : undefined;
  return view && new Set(view.agents.filter(({ state }) => state !== 'out').map(({ id }) => id));
}
