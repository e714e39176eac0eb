/** The dialer's engine on a table in memory: what it orders is done at once, unless a test takes an order into its own hands. */
import { campaignDefaults, dialerSettingsDefaults } from '../../core/dialer/campaign-defaults.js';
import type { Campaign, DialerSettings } from '../../core/dialer/campaign.js';
import type { Contact } from '../../core/dialer/contact.js';
import type {
  AgentsView,
  ArrivalPlan,
  DialerAgent,
  DialerEffect,
  DialerEvent,
  HopperContact,
  OriginateOrder,
  TickView,
} from '../../core/dialer/engine-words.js';
import { createDialerEngine } from '../../core/dialer/engine/create-dialer-engine.js';
import type { DialerAnswer, DialerRules } from '../../core/dialer/engine/create-dialer-engine.js';
import { resultOf } from '../../core/dialer/results.js';
import { planAfter } from '../../core/dialer/retry.js';
import type { ContactClock } from '../../core/dialer/retry.js';
import type { GatewayState } from '../../core/dialer/words.js';
import { DialerTable, hopperOfContact } from './dialer-table.js';

type EffectOf<T extends DialerEffect['type']> = Extract<DialerEffect, { type: T }>;

const timeless: ContactClock = { opensAt: (ms) => ms, partOf: () => 0, partBegins: (_part, ms) => ms };

/** The project's own rules, without chance and with every hour alike. */
export const testRules: DialerRules = {
  resultOf,
  planAfter: (contact, campaign, result, nowMs, countsAsAttempt) =>
    planAfter(contact, campaign, result, nowMs, { jitter: 0.5, clock: timeless, countsAsAttempt }),
  dayPartOf: () => 0,
};

export const harbour = { audio: 'sorry', optOutDigits: '1', optOutPrompt: 'press-1', maxMs: 15_000, optOutScope: 'campaign' as const };

export const testCampaign = (id: string, more: Partial<Campaign> = {}): Campaign => ({
  ...campaignDefaults,
  ...{ id, name: id, mode: 'PROGRESSIVE', profile: 'test', state: 'running', queue: 'sales', safeHarbour: harbour },
  gateways: [{ switch: '', gateway: 'gw1', channelsMax: 0 }],
  callerIds: ['+49301', '+49302'],
  ...more,
});

export const readyAgent = (id: string, more: Partial<DialerAgent> = {}): DialerAgent => ({
  ...{ id, state: 'ready', sinceMs: 0, isStandby: true, reservedBy: undefined },
  ...more,
});

export class DialerDesk {
  readonly table = new DialerTable();
  readonly engine;
  nowMs = 1_000_000;
  campaigns: Campaign[];
  settings: DialerSettings;
  readonly agents = new Map<string, DialerAgent>();
  inboundWaiting = 0;
  /** false: no snapshot of the queue can be had */
  isQueueUp = true;
  /** end of everybody's calling hours */
  closesAtMs = Infinity;
  readonly gateways = new Map<string, GatewayState>();
  windows: TickView['windows'] = new Map();
  forced: ReadonlyMap<string, string> = new Map();
  lagMs = 0;
  /** calls that are on the switch, answered or not */
  readonly live = new Map<string, { readonly isAnswered: boolean }>();
  /** orders that the test answers itself */
  readonly byHand = new Set<DialerEffect['type']>();
  readonly effects: DialerEffect[] = [];
  readonly held: DialerEffect[] = [];
  private readonly hopperMore = new Map<string, Partial<HopperContact>>();

  constructor(campaigns: readonly Campaign[], settings: Partial<DialerSettings> = {}) {
    this.campaigns = [...campaigns];
    this.settings = { ...dialerSettingsDefaults, defaultSwitch: 's1', domain: 'pbx', ...settings };
    const isOpen = (_contact: unknown, _campaign: unknown, atMs: number): boolean => atMs < this.closesAtMs;
    this.engine = createDialerEngine({ instance: 'd1', rules: { ...testRules, isOpen }, nowMs: this.nowMs });
    this.configure();
    this.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: undefined });
  }

  configure(settings: Partial<DialerSettings> = {}): void {
    this.settings = { ...this.settings, ...settings };
    this.feed({ type: 'configured', settings: this.settings, campaigns: this.campaigns });
  }

  change(id: string, more: Partial<Campaign>): void {
    this.campaigns = this.campaigns.map((campaign) => (campaign.id === id ? { ...campaign, ...more } : campaign));
    this.configure();
  }

  add(contact: Contact, more: Partial<HopperContact> = {}): void {
    this.table.add(contact);
    this.hopperMore.set(contact.id, more);
  }

  login(...agents: readonly DialerAgent[]): void {
    for (const agent of agents) this.agents.set(agent.id, agent);
  }

  agent(id: string, change: Partial<DialerAgent>): void {
    const agent = this.agents.get(id);
    if (agent) this.agents.set(id, { ...agent, sinceMs: this.nowMs, ...change });
  }

  view(): TickView {
    const agents: AgentsView[] = this.isQueueUp
      ? [...new Set(this.campaigns.map(({ queue }) => queue).filter(Boolean))].map((queue) => ({
          ...{ queue, agents: [...this.agents.values()], inboundWaiting: this.inboundWaiting },
        }))
      : [];
    return {
      active: this.table.counts(),
      eligible: new Map(
        this.campaigns.flatMap(({ id }) => {
          const due = this.table.next(id, this.nowMs, new Set());
          return due[0] ? [[id, { count: due.length, oldestReceivedMs: due[0].receivedTimeMs }] as const] : [];
        }),
      ),
      agents: new Map(agents.map((view) => [view.queue, view])),
      ...{ windows: this.windows, forced: this.forced, shifts: new Map(), lagMs: this.lagMs },
    };
  }

  /** One event and all that follows of it. */
  feed(event: DialerEvent): DialerAnswer {
    const { effects, answer } = this.engine.step(event, this.nowMs);
    this.perform(effects);
    return answer;
  }

  tick(): void {
    this.feed({ type: 'ticked', view: this.view() });
  }

  /** Two ticks: the first one fills the hoppers. */
  begin(): void {
    this.tick();
    this.pass(1_000);
    this.tick();
  }

  /** Time passes; what is due on the way is done at its moment. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let due = this.engine.nextDueMs(); due !== undefined && due <= untilMs; due = this.engine.nextDueMs()) {
      this.nowMs = Math.max(this.nowMs, due);
      this.feed({ type: 'time-passed' });
    }
    this.nowMs = untilMs;
  }

  /** With a tick at the end of each second. */
  run(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.pass(1_000);
      this.tick();
    }
  }

  stop(): void {
    this.perform(this.engine.stop(this.nowMs).effects);
  }

  perform(effects: readonly DialerEffect[]): void {
    this.effects.push(...effects);
    for (const effect of effects) {
      if (this.byHand.has(effect.type)) this.held.push(effect);
      else for (const event of this.done(effect)) this.feed(event);
    }
  }

  /** What becomes of an order when nothing goes wrong. */
  private done(effect: DialerEffect): readonly DialerEvent[] {
    switch (effect.type) {
      case 'fill-hopper': {
        const due = this.table.next(effect.campaign, this.nowMs, new Set(effect.leaveOut)).slice(0, effect.count);
        return [
          { type: 'hopper-filled', campaign: effect.campaign, contacts: due.map((c) => hopperOfContact(c, this.hopperMore.get(c.id))) },
        ];
      }
      case 'claim':
        return [{ type: 'claimed', order: effect.order, ...this.table.claim(effect, this.nowMs) }];
      case 'change':
        this.table.save(effect.change);
        return [];
      case 'check-gateway':
        return [
          { type: 'gateway-checked', switch: effect.switch, gateway: effect.gateway, state: this.gateways.get(effect.gateway) ?? 'up' },
        ];
      case 'list-calls':
        return [{ type: 'calls-listed', switch: effect.switch, askedAtMs: this.nowMs, live: new Map(this.live) }];
      case 'reserve':
        return this.reserve(effect);
      case 'release':
        for (const agent of this.agents.values())
          if (agent.reservedBy === effect.key) this.agent(agent.id, { state: 'ready', reservedBy: undefined });
        return [];
      case 'request-agent':
        return [{ type: 'agent-request-sent', callId: effect.callId, ok: true }];
      default:
        return [];
    }
  }

  private reserve({ key, agent }: EffectOf<'reserve'>): readonly DialerEvent[] {
    const found = [...this.agents.values()].find((a) =>
      agent === undefined ? a.state === 'ready' : a.id === agent && (a.state === 'ready' || a.reservedBy === key),
    );
    if (!found) return [{ type: 'agent-not-reserved', key, reason: 'nobody is free' }];
    this.agent(found.id, { state: 'reserved', reservedBy: key });
    return [{ type: 'agent-reserved', key, agent: found.id }];
  }

  // ---------------------------------------------------------------- looking

  all<T extends DialerEffect['type']>(type: T): readonly EffectOf<T>[] {
    return this.effects.filter((effect): effect is EffectOf<T> => effect.type === type);
  }

  heldOf<T extends DialerEffect['type']>(type: T): readonly EffectOf<T>[] {
    return this.held.filter((effect): effect is EffectOf<T> => effect.type === type);
  }

  /** Contacts in the order in which their calls were placed. */
  dialled(): readonly string[] {
    return this.originates().map(({ contactId }) => contactId);
  }

  originates(): readonly OriginateOrder[] {
    return this.all('originate').map(({ order }) => order);
  }

  // ---------------------------------------------------------------- the far end

  answer(callId: string): void {
    this.feed({ type: 'call-answered', callId, atMs: this.nowMs });
  }

  /** It came to its door: what it is to do. */
  arrive(callId: string, amd?: Extract<DialerEvent, { type: 'call-arrived' }>['amd']): ArrivalPlan | undefined {
    const answer = this.feed({ type: 'call-arrived', callId, amd });
    return answer.kind === 'arrival' ? answer.plan : undefined;
  }

  connect(callId: string, agent: string): void {
    this.agent(agent, { state: 'talk', reservedBy: undefined });
    this.feed({ type: 'call-connected', callId, agent });
  }

  end(callId: string, more: Partial<Extract<DialerEvent, { type: 'call-ended' }>> = {}): void {
    this.feed({
      ...{
        type: 'call-ended',
        callId,
        atMs: this.nowMs,
        cause: 'NORMAL_CLEARING',
        q850: undefined,
        sip: undefined,
        hadProgress: undefined,
      },
      ...{ answeredAtMs: undefined, bridgedAtMs: undefined, endedBy: 'unknown', recording: undefined },
      ...more,
    });
  }
}
