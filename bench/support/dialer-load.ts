/** A predictive day for the dialer's engine: agents, customers, a switch and a store that take no time of their own. */
import type { AgentsView, DialerAgent, DialerEffect, DialerEvent } from '../../core/dialer/engine-words.js';
import { createDialerEngine } from '../../core/dialer/engine/create-dialer-engine.js';
import type { DialerEngine } from '../../core/dialer/engine/create-dialer-engine.js';
import { dialerSettingsDefaults } from '../../core/dialer/campaign-defaults.js';
import { callIdOf } from '../../core/dialer/contact.js';
import { testCampaign, testRules } from '../../test/support/dialer-desk.js';
import { hopperOfContact, sampleContact } from '../../test/support/dialer-table.js';
import { Agenda } from '../../test/simulation/agenda.js';
import { Random } from '../../test/simulation/random.js';

const settings = { ...dialerSettingsDefaults, defaultSwitch: 's1', slotsMax: 20_000, callsPerSecond: 500, cycleMs: 1_000 };

interface LoadAgent extends DialerAgent {
  state: DialerAgent['state'];
  sinceMs: number;
}

export class DialerLoad {
  nowMs = 1_000_000;
  events = 0;
  /** calls that are over */
  calls = 0;
  /** processor time of each step of a tick, µs, collection of garbage in other threads included */
  readonly tickUs: number[] = [];
  private readonly engine: DialerEngine;
  private readonly agenda = new Agenda();
  private readonly random = new Random(7);
  private readonly agents: LoadAgent[];
  private readonly waiting: string[] = [];
  private serial = 0;
  private active = 0;
  private connected = 0;
  private abandoned = 0;
  private dueMs = Infinity;
  private readonly campaigns: readonly string[];

  constructor(agents: number, campaigns: number) {
    this.agents = Array.from({ length: agents }, (_, n) => ({
      id: `a${n}`,
      state: 'ready',
      sinceMs: 0,
      isStandby: true,
      reservedBy: undefined,
    }));
    this.campaigns = Array.from({ length: campaigns }, (_, n) => `c${n}`);
    this.engine = createDialerEngine({ instance: 'bench', rules: testRules, nowMs: this.nowMs });
    this.feed({ type: 'configured', settings, campaigns: this.campaigns.map((id) => testCampaign(id, { mode: 'PREDICTIVE' })) });
    this.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: undefined });
    this.tickLater();
  }

  run(seconds: number): void {
    const untilMs = this.nowMs + seconds * 1_000;
    for (let next = this.agenda.nextMs(); next !== undefined && next <= untilMs; next = this.agenda.nextMs()) {
      this.nowMs = Math.max(this.nowMs, next);
      this.agenda.take()?.run();
    }
    this.nowMs = untilMs;
  }

  private after(ms: number, run: () => void): void {
    this.agenda.add(this.nowMs + ms, run);
  }

  private tickLater(): void {
    this.after(1_000, () => {
      this.tick();
      this.tickLater();
    });
  }

  private tick(): void {
    const agents: AgentsView = { queue: 'sales', agents: this.agents.map((agent) => ({ ...agent })), inboundWaiting: 0 };
    const eligible = new Map(this.campaigns.map((id) => [id, { count: 1_000, oldestReceivedMs: 0 }]));
    const today = { answered: this.connected + this.abandoned, abandoned: this.abandoned };
    const window = { connected: Math.max(1_000, this.connected), abandoned: 0, today };
    const view = {
      ...{ active: { dialed: this.active, agentPending: 0 }, eligible, agents: new Map([['sales', agents]]), shifts: new Map(), lagMs: 0 },
      windows: new Map(this.campaigns.map((id) => [id, window])),
    };
    const from = process.cpuUsage();
    const { effects } = this.engine.step({ type: 'ticked', view }, this.nowMs);
    const { user, system } = process.cpuUsage(from);
    this.tickUs.push(user + system);
    this.events++;
    this.done(effects);
  }

  private feed(event: DialerEvent): void {
    this.events++;
    this.done(this.engine.step(event, this.nowMs).effects);
  }

  private done(effects: readonly DialerEffect[]): void {
    for (const effect of effects) this.perform(effect);
    const due = this.engine.nextDueMs();
    if (due === undefined || due >= this.dueMs) return;
    this.dueMs = due;
    this.agenda.add(Math.max(this.nowMs, due), () => {
      if (this.dueMs !== due) return;
      this.dueMs = Infinity;
      this.feed({ type: 'time-passed' });
    });
  }

  private perform(effect: DialerEffect): void {
    if (effect.type === 'fill-hopper') this.fill(effect.campaign, effect.count);
    else if (effect.type === 'claim') {
      this.active += effect.contacts.length;
      const granted = effect.contacts.map((contactId) => ({ contactId, callId: callIdOf(contactId, 1) }));
      this.feed({ type: 'claimed', order: effect.order, granted, refused: [] });
    } else if (effect.type === 'check-gateway')
      this.feed({ type: 'gateway-checked', switch: effect.switch, gateway: effect.gateway, state: 'up' });
    else if (effect.type === 'list-calls') this.feed({ type: 'calls-listed', switch: 's1', askedAtMs: this.nowMs, live: new Map() });
    else if (effect.type === 'originate') this.ring(effect.order.callId);
    else if (effect.type === 'reserve') this.feed({ type: 'agent-not-reserved', key: effect.key, reason: 'predictive only' });
  }

  private fill(campaign: string, count: number): void {
    const contacts = Array.from({ length: count }, () => {
      const id = `k${++this.serial}`;
      return hopperOfContact(sampleContact(id, campaign, { receivedTimeMs: this.nowMs, nextAttemptAtMs: this.nowMs }));
    });
    this.feed({ type: 'hopper-filled', campaign, contacts });
  }

  private ring(callId: string): void {
    this.after(200, () => this.feed({ type: 'call-ringing', callId, atMs: this.nowMs }));
    if (this.random.chance(0.3)) this.after(this.random.int(2_000, 20_000), () => this.answer(callId));
    else this.after(this.random.int(1_000, 25_000), () => this.end(callId, this.random.chance(0.2) ? 'USER_BUSY' : 'NO_ANSWER'));
  }

  private answer(callId: string): void {
    this.feed({ type: 'call-answered', callId, atMs: this.nowMs });
    this.feed({ type: 'call-arrived', callId, amd: undefined });
    this.waiting.push(callId);
    this.after(2_000, () => this.giveUp(callId));
    this.match();
  }

  private match(): void {
    for (const agent of this.agents) {
      if (agent.state !== 'ready') continue;
      const callId = this.waiting.shift();
      if (callId === undefined) return;
      this.become(agent, 'talk');
      this.connected++;
      this.feed({ type: 'call-connected', callId, agent: agent.id });
      const talkMs = this.random.span(120_000);
      this.after(talkMs, () => {
        this.end(callId, 'NORMAL_CLEARING');
        this.feed({ type: 'talk-ended', agent: agent.id, callId, talkMs, isMachine: false });
        this.become(agent, 'wrap');
        this.after(20_000, () => {
          this.feed({ type: 'wrap-ended', agent: agent.id, wrapMs: 20_000 });
          this.become(agent, 'ready');
          this.match();
        });
      });
    }
  }

  private become(agent: LoadAgent, state: DialerAgent['state']): void {
    agent.state = state;
    agent.sinceMs = this.nowMs;
  }

  private giveUp(callId: string): void {
    const at = this.waiting.indexOf(callId);
    if (at === -1) return;
    this.waiting.splice(at, 1);
    this.abandoned++;
    this.feed({ type: 'call-waited-out', callId, reason: 'grace over' });
    this.after(5_000, () => this.end(callId, 'NORMAL_CLEARING'));
  }

  private end(callId: string, cause: string): void {
    this.active--;
    this.calls++;
    this.feed({
      ...{ type: 'call-ended', callId, atMs: this.nowMs, cause, q850: undefined, sip: undefined, hadProgress: true },
      ...{ answeredAtMs: undefined, bridgedAtMs: undefined, endedBy: 'unknown', recording: undefined },
    });
  }
}
