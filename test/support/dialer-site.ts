/**
 * A site that dials: the real store on SQLite, the real engine and loop, switches and agents of which the test is in
 * charge, and a clock that it turns. `life()` is one process; `die` ends it as a sudden death does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { campaignDefaults, dialerSettingsDefaults } from '../../core/dialer/campaign-defaults.js';
import type { Campaign, DialerSettings } from '../../core/dialer/campaign.js';
import { shippedProfiles } from '../../core/dialer/compliance/profiles.js';
import type { Contact, NewContact } from '../../core/dialer/contact.js';
import type { AgentsView, DialerAgent, DialSwitchEvent, OriginateOrder } from '../../core/dialer/engine-words.js';
import type { AgentNews, DialerAgents, DialerStore, DialFeed, DialSwitch, VoiceConnector } from '../../core/dialer-ports.js';
import { campaignModes } from '../../core/dialer/words.js';
import type { GatewayState } from '../../core/dialer/words.js';
import { TandemError } from '../../core/errors.js';
import { openDialer } from '../../sidecar/dialer.js';
import type { Dialer } from '../../sidecar/dialer.js';
import { createHealth } from '../../sidecar/health.js';
import type { Health } from '../../sidecar/health.js';
import type { TollGate } from '../../core/services/toll-gate.js';
import { dialerRetentionDefaults } from '../../sql/dialer-retention.js';
import { openStore } from '../../sql/store.js';
import type { Store } from '../../sql/store.js';
import { createHandTimers } from './hand-timers.js';
import type { HandTimers } from './hand-timers.js';
import { recordingMeter, silentLog } from './observers.js';

/** a Tuesday noon, UTC */
export const noonMs = Date.UTC(2026, 11, 1, 12, 0, 0);

/** Those that ship, and `any`: the reference's with every mode. */
const reference = shippedProfiles.get('reference');
const siteProfiles = new Map([
  ...shippedProfiles,
  ...(reference ? [['any', { ...reference, name: 'any', modes: campaignModes }] as const] : []),
]);

export const siteCampaign = (id: string, more: Partial<Campaign> = {}): Campaign => ({
  ...campaignDefaults,
  ...{ id, name: id, mode: 'IVR', profile: 'reference', state: 'running', ivr: '9664', startedAtMs: noonMs - 3_600_000 },
  gateways: [{ switch: '', gateway: 'gw1', channelsMax: 0 }],
  callerIds: ['+49301'],
  ...more,
});

export const siteContact = (id: string, campaignId: string, more: Partial<NewContact> = {}): NewContact => {
  const digits = `4930${id.replace(/\D/g, '').padStart(7, '0')}`;
  return {
    ...{
      id,
      customerNumber: `+${digits}`,
      numberKey: digits,
      campaignType: 'IVR',
      gatewayId: '',
      campaignContactId: `cc-${id}`,
      campaignId,
    },
    ...{ startTimeMs: undefined, endTimeMs: undefined, priority: 5, ivr: undefined, dialingMode: undefined, routingMode: undefined },
    ...{ resourceId: undefined, queueName: undefined, tenantId: undefined, listId: undefined, numbers: [], zones: ['Europe/Berlin'] },
    ...{ region: undefined, consentUntilMs: undefined, answeredBefore: false, data: {}, ...more },
  };
};

type Ended = Extract<DialSwitchEvent, { type: 'call-ended' }>;

/** Lives on when the process dies. What it hears goes to whoever listens now. */
export class SiteSwitch implements DialSwitch {
  readonly kind = 'freeswitch';
  readonly orders: OriginateOrder[] = [];
  readonly channels = new Map<string, { isAnswered: boolean }>();
  readonly hungUp: { readonly callId: string; readonly reason: string }[] = [];
  gateways = new Map<string, GatewayState>();
  feed: DialFeed = () => undefined;
  speed: number | undefined;
  sounds = new Map<string, boolean>();
  /** what becomes of an order; nothing = it rings */
  onOriginate: (order: OriginateOrder) => void = () => undefined;
  #isUp = true;
  #listeners: ((isUp: boolean) => void)[] = [];

  readonly id: string;
  readonly timers: HandTimers;

  constructor(id: string, timers: HandTimers) {
    this.id = id;
    this.timers = timers;
  }

  isUp(): boolean {
    return this.#isUp;
  }

  setUp(isUp: boolean): void {
    this.#isUp = isUp;
    for (const listener of this.#listeners) listener(isUp);
  }

  forgetListeners(): void {
    this.#listeners = [];
    this.feed = () => undefined;
  }

  originate(order: OriginateOrder): void {
    if (!this.#isUp) {
      this.feed({ type: 'originate-unsent', callId: order.callId, reason: 'down' });
      return;
    }
    this.orders.push(order);
    this.channels.set(order.callId, { isAnswered: false });
    this.onOriginate(order);
  }

  hangUp(callId: string, reason: string): void {
    this.hungUp.push({ callId, reason });
    if (this.channels.has(callId)) this.end(callId, 'ORIGINATOR_CANCEL', { endedBy: 'us' });
  }

  ring(callId: string): void {
    this.feed({ type: 'call-ringing', callId, atMs: this.timers.nowMs() });
  }

  answer(callId: string): void {
    const channel = this.channels.get(callId);
    if (channel) channel.isAnswered = true;
    this.feed({ type: 'call-answered', callId, atMs: this.timers.nowMs() });
  }

  bridge(callId: string, agent?: string): void {
    this.feed({ type: 'call-bridged', callId, atMs: this.timers.nowMs(), agent });
  }

  end(callId: string, cause: string, more: Partial<Ended> = {}): void {
    this.channels.delete(callId);
    this.feed({
      ...{ type: 'call-ended', callId, atMs: this.timers.nowMs(), cause, q850: undefined, sip: undefined, hadProgress: undefined },
      ...{ answeredAtMs: undefined, bridgedAtMs: undefined, endedBy: 'unknown', recording: undefined, ...more },
    });
  }

  checkGateway(gateway: string): Promise<GatewayState> {
    if (!this.#isUp) return Promise.reject(new TandemError('TDM_SWITCH_DOWN', [this.id, 'test']));
    return Promise.resolve(this.gateways.get(gateway) ?? 'up');
  }

  liveCalls(): ReturnType<DialSwitch['liveCalls']> {
    if (!this.#isUp) return Promise.reject(new TandemError('TDM_SWITCH_DOWN', [this.id, 'test']));
    return Promise.resolve({ askedAtMs: this.timers.nowMs(), calls: new Map(this.channels) });
  }

  callsPerSecondMax = () => Promise.resolve(this.speed);
  hasExtension = () => Promise.resolve(true);
  hasSound = (file: string) => Promise.resolve(this.sounds.get(file));

  onState(listener: (isUp: boolean) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.forgetListeners();
  }
}

export class SiteAgents implements DialerAgents {
  readonly agents = new Map<string, DialerAgent>();
  readonly released: string[] = [];
  readonly held = new Map<string, string>();
  up = true;
  #listeners = new Set<(news: AgentNews) => void>();

  isUp = () => this.up;
  inTalk: ReturnType<DialerAgents['talks']> = [];
  talks = () => this.inTalk;

  view(queue: string): AgentsView | undefined {
    return this.up ? { queue, agents: [...this.agents.values()], inboundWaiting: 0 } : undefined;
  }

  ready(...ids: readonly string[]): void {
    for (const id of ids) this.agents.set(id, { id, state: 'ready', sinceMs: 0, isStandby: true, reservedBy: undefined });
  }

  reserve({ key, agent }: Parameters<DialerAgents['reserve']>[0]): ReturnType<DialerAgents['reserve']> {
    const mine = this.held.get(key);
    const found = mine ?? [...this.agents.values()].find(({ id, state }) => state === 'ready' && (agent === undefined || agent === id))?.id;
    if (found === undefined) return Promise.resolve({ reason: 'nobody is free' });
    this.held.set(key, found);
    this.agents.set(found, { id: found, state: 'reserved', sinceMs: 0, isStandby: true, reservedBy: key });
    return Promise.resolve({ agent: found });
  }

  release(key: string): Promise<void> {
    this.released.push(key);
    const id = this.held.get(key);
    this.held.delete(key);
    if (id !== undefined) this.ready(id);
    return Promise.resolve();
  }

  pause = () => Promise.resolve();

  onNews(listener: (news: AgentNews) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(news: AgentNews): void {
    for (const listener of this.#listeners) listener(news);
  }
}

export interface SiteLife {
  readonly dialer: Dialer;
  readonly health: Health;
  /** what the switch tells this process */
  readonly feed: DialFeed;
  readonly meter: ReturnType<typeof recordingMeter>;
  /** once a second, as the cron entry does */
  second(): void;
  /** nothing of it does anything any more */
  die(): void;
}

export interface LifeOptions {
  readonly settings?: Partial<DialerSettings>;
  readonly toll?: TollGate;
  readonly connector?: VoiceConnector;
  readonly owner?: string;
}

export class DialerSite {
  readonly timers = createHandTimers(noonMs);
  readonly folder = mkdtempSync(join(tmpdir(), 'tandem-dialer-'));
  readonly fs1 = new SiteSwitch('fs1', this.timers);
  readonly agents = new SiteAgents();
  /** the database is away */
  isDown = false;
  /** bytes free on the disk of the journal */
  freeBytes = 1e12;
  /** database; set before `open` for another than a file of its own */
  url = `sqlite:${join(this.folder, 'test.db')}`;
  /** the machine's clock is set by this much */
  clockOffMs = 0;
  lives: SiteLife[] = [];
  #store: Store | undefined;
  /** requests to voice connector and database under way */
  #posts = 0;
  /** closes the files of each process, dead or alive */
  readonly #ends: (() => Promise<void>)[] = [];

  get leases(): Store['leases'] {
    return this.#opened().leases;
  }

  get store(): DialerStore {
    return this.#opened().dialer;
  }

  async open(...campaigns: readonly Campaign[]): Promise<void> {
    const nowMs = (): number => this.timers.nowMs();
    this.#store = await openStore({ url: this.url, zone: 'UTC', log: silentLog, meter: recordingMeter(), nowMs });
    await this.#store.migrate();
    for (const campaign of campaigns) await this.put(campaign);
  }

  async put(campaign: Campaign): Promise<void> {
    const audit = { atMs: noonMs, actor: 'test', object: '', action: '', before: undefined, after: undefined, reason: '' };
    await this.store.putCampaign(campaign, audit);
  }

  async intake(...contacts: readonly NewContact[]): Promise<void> {
    await this.store.intake(contacts, this.timers.nowMs(), { strictSameNumber: false });
  }

  async contact(id: string): Promise<Contact> {
    const contact = await this.store.contact(id);
    if (!contact) throw new Error(`no contact ${id}`);
    return contact;
  }

  /** A process; its work is cut off when it dies. */
  async life(options: LifeOptions = {}): Promise<SiteLife> {
    const { store } = this.#away();
    const meter = recordingMeter();
    let isDead = false;
    const alive =
      <A extends unknown[]>(run: (...args: A) => void): ((...args: A) => void) =>
      (...args) => {
        if (!isDead) run(...args);
      };
    let second = (): void => undefined;
    let feed: DialFeed = () => undefined;
    const health = createHealth();
    const base = { ...dialerSettingsDefaults, defaultSwitch: 'fs1', domain: '127.0.0.1', ...options.settings };
    const dialer = openDialer(
      {
        config: {
          isOn: true,
          settings: base,
          journal: { file: join(this.folder, 'journal'), bytesMax: 1 << 20 },
          lists: { folder: this.folder, bytesMax: 1 << 20 },
          retention: dialerRetentionDefaults,
          ...{ allow: [], notificationsUrl: '', profilesFile: '', tellsCalls: false },
        },
        store,
        links: { ami: new Map(), esl: new Map() },
        ...{
          agents: this.agents,
          connector: options.connector && this.#counted(options.connector),
          ...{ profiles: () => siteProfiles, toll: options.toll },
          health,
        },
        timers: { nowMs: () => this.timers.nowMs(), after: (ms, run) => this.timers.after(ms, alive(run)) },
        ...{ monoMs: () => this.timers.nowMs(), log: silentLog, meter },
      },
      {
        switches: (feedOf) => {
          feed = alive(feedOf('fs1'));
          this.fs1.feed = feed;
          return [this.fs1];
        },
        everySecond: (run) => {
          second = alive(run);
          return () => undefined;
        },
        ...(options.owner !== undefined && { ownership: { owner: options.owner } }),
        wallMs: () => this.timers.nowMs() + this.clockOffMs,
        random: () => 0.5,
        freeBytes: () => Promise.resolve(this.freeBytes),
      },
    );
    const life: SiteLife = {
      ...{ dialer, meter, health, feed },
      second: () => second(),
      die: () => {
        isDead = true;
        this.lives = this.lives.filter((one) => one !== life);
      },
    };
    this.lives.push(life);
    this.#ends.push(() => {
      isDead = false;
      this.isDown = false;
      return dialer.stop();
    });
    await dialer.start();
    await this.settle();
    return life;
  }

  /** Time passes in small steps; what it began is finished before the next. */
  async pass(ms: number, stepMs = 100): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      const before = Math.floor(this.timers.nowMs() / 1000);
      this.timers.advance(Math.min(stepMs, left));
      if (Math.floor(this.timers.nowMs() / 1000) !== before) for (const life of this.lives) life.second();
      await this.settle();
    }
  }

  /** Also what is being written to a file, or posted. */
  async settle(turns = 40): Promise<void> {
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    if (this.#posts === 0 && !process.getActiveResourcesInfo().includes('FSReqPromise')) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
    await this.settle(turns);
  }

  async close(): Promise<void> {
    for (const end of this.#ends) {
      const ending = end();
      await this.settle();
      await this.pass(6_000, 1_000);
      await ending;
    }
    await this.#store?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #counted(connector: VoiceConnector): VoiceConnector {
    return {
      post: (...message) => this.#waitedFor(connector.post(...message)),
    };
  }

  async #waitedFor<T>(answer: Promise<T>): Promise<T> {
    this.#posts++;
    try {
      return await answer;
    } finally {
      this.#posts--;
    }
  }

  #given(answer: unknown): unknown {
    return answer instanceof Promise ? this.#waitedFor(answer) : answer;
  }

  #opened(): Store {
    if (!this.#store) throw new Error('open() first');
    return this.#store;
  }

  /** The store as a process sees it: every question fails while the database is away. */
  #away(): { readonly store: { readonly dialer: DialerStore; readonly leases: Store['leases']; databaseNowMs(): Promise<number> } } {
    const opened = this.#opened();
    const guarded = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (of, name) => {
          const value: unknown = Reflect.get(of, name);
          if (typeof value === 'object' && value !== null) return guarded(value);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]): unknown =>
            this.isDown
              ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['test']))
              : this.#given((value as (...a: unknown[]) => unknown).apply(of, args));
        },
      });
    const databaseNowMs = (): Promise<number> =>
      this.isDown ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['test'])) : Promise.resolve(this.timers.nowMs());
    return { store: { dialer: guarded(opened.dialer), leases: guarded(opened.leases), databaseNowMs } };
  }
}
