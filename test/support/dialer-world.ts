/*
 * Goal: whatever the order of events, nobody is called twice at once, nothing is stuck, no agent stays held (dialer.md C).
 * Method: the engine on a table in memory, with a switch, a queue and a voice connector that answer after a random time,
 * twice or never; campaigns are paused and changed, links drop, the process dies. The checkers look at every order; at the
 * end faults stop, and everything must come to rest. A failure prints its seed.
 */
import assert from 'node:assert/strict';
import { dialerSettingsDefaults } from '../../core/dialer/campaign-defaults.js';
import type { Campaign, DialerSettings } from '../../core/dialer/campaign.js';
import type { DialerEffect, DialerEvent, TickView } from '../../core/dialer/engine-words.js';
import { createDialerEngine } from '../../core/dialer/engine/create-dialer-engine.js';
import type { DialerAnswer, DialerEngine } from '../../core/dialer/engine/create-dialer-engine.js';
import { Agenda } from '../simulation/agenda.js';
import { Random } from '../simulation/random.js';
import { testRules } from './dialer-desk.js';
import type { WorldPlan } from './dialer-world-plan.js';
import { DialerTable, hopperOfContact, sampleContact } from './dialer-table.js';
import { WorldFloor } from './dialer-world-floor.js';
import { WorldSwitch } from './dialer-world-switch.js';
import type { Faults, WorldCall } from './dialer-world-switch.js';

export class DialerWorld {
  readonly table = new DialerTable();
  readonly random: Random;
  readonly faults: Faults;
  readonly floor: WorldFloor;
  readonly switch: WorldSwitch;
  readonly placed: WorldCall[] = [];
  nowMs = 10_000_000;
  engine!: DialerEngine;
  campaigns: Campaign[];
  readonly settings: DialerSettings;
  kills = 0;
  private readonly agenda = new Agenda();
  private life = 0;
  private armedMs = Infinity;
  private isQuiet = false;
  private lastOriginateMs = -Infinity;
  private readonly plan: WorldPlan;

  constructor(plan: WorldPlan) {
    this.plan = plan;
    this.random = new Random(plan.seed ^ 0x5eed);
    this.faults = { lost: 0, doubled: 0, lateMax: 1, unknown: 0, ...plan.faults };
    this.settings = { ...dialerSettingsDefaults, defaultSwitch: 's1', defaultIvr: '*1', ...plan.settings };
    this.campaigns = [...plan.campaigns];
    const common = { random: this.random, nowMs: () => this.nowMs, after: this.after, feed: (event: DialerEvent) => void this.feed(event) };
    this.floor = new WorldFloor('sales', plan.agents, {
      ...common,
      optOutChance: 0.1,
      hangUp: (call) => this.switch.over(call, 'NORMAL_CLEARING', 'customer'),
    });
    this.switch = new WorldSwitch({
      ...common,
      faults: this.faults,
      arrived: (callId, amd) => {
        const answer = this.feed({ type: 'call-arrived', callId, amd });
        return answer.kind === 'arrival' ? answer.plan : undefined;
      },
      queued: (call, queuePlan) => this.floor.join(call, queuePlan),
      onPlaced: (call) => this.checkPlaced(call),
      onOver: (call) => this.floor.leave(call.order.callId),
    });
    for (let n = 0; n < plan.contacts; n++) {
      const campaign = this.random.pick(this.campaigns);
      this.table.add(
        sampleContact(`k${n}`, campaign.id, {
          receivedTimeMs: n,
          nextAttemptAtMs: n,
          ...(this.random.chance(0.05) && { numberKey: '4930same' }),
        }),
      );
      if (this.random.chance(0.1)) this.table.guaranteedOnly.add(`k${n}`);
    }
  }

  private readonly after = (ms: number, run: () => void): void => this.agenda.add(this.nowMs + Math.max(0, ms), run);

  /** For this process only: what it waits for dies with it. */
  private soon(msMax: number, run: () => void): void {
    const { life } = this;
    this.after(this.random.int(0, msMax), () => this.life === life && run());
  }

  private every(meanMs: number, run: () => void): void {
    if (meanMs <= 0) return;
    this.after(this.random.span(meanMs) + 1, () => {
      if (this.isQuiet) return;
      run();
      this.every(meanMs, run);
    });
  }

  /** The whole of it: trouble, then rest, then the invariants. */
  run(): void {
    const { plan } = this;
    this.boot();
    this.every(plan.killEveryMs, () => this.kill());
    this.every(plan.dropEveryMs, () => this.drop());
    this.every(plan.shiftEveryMs, () => this.floor.shift());
    this.every(plan.changeEveryMs, () => this.changeSomething());
    this.every(plan.inboundEveryMs, () => this.floor.inbound());
    this.every(3_000, () => this.agentActs());
    this.every(20_000, () => (this.floor.isUp = this.random.chance(0.9)));
    this.runUntil(this.nowMs + plan.minutes * 60_000);
    this.isQuiet = true;
    Object.assign(this.faults, { lost: 0, doubled: 0, lateMax: 1, unknown: 0 });
    this.floor.isUp = true;
    this.link(true);
    this.campaigns = this.campaigns.map((campaign) => ({ ...campaign, state: 'draining' }));
    this.configure();
    this.runUntil(this.nowMs + 60 * 60_000);
    this.checkRest();
  }

  private runUntil(untilMs: number): void {
    for (let next = this.agenda.nextMs(); next !== undefined && next <= untilMs; next = this.agenda.nextMs()) {
      this.nowMs = Math.max(this.nowMs, next);
      this.agenda.take()?.run();
    }
    this.nowMs = untilMs;
  }

  // ---------------------------------------------------------------- the process

  private boot(): void {
    this.life++;
    this.isDead = false;
    this.armedMs = Infinity;
    this.engine = createDialerEngine({ instance: `life${this.life}`, rules: testRules, nowMs: this.nowMs });
    this.configure();
    this.feed({
      type: 'restored',
      active: [...this.table.contacts.values()].filter(({ status }) => status === 'dialed' || status === 'agent_pending'),
      pacers: new Map(),
    });
    if (this.switch.isUp) this.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: undefined });
    this.tickLater();
    this.adoptLater();
  }

  private kill(): void {
    if (this.isDead) return;
    this.kills++;
    this.life++; // nobody listens
    for (const agent of this.floor.agents) if (agent.state === 'reserved' && agent.reservedBy) this.floor.release(agent.reservedBy);
    this.after(this.random.int(1_000, 8_000), () => this.boot());
    this.isDead = true;
  }
  private isDead = false;

  private tickLater(): void {
    const { life } = this;
    this.after(this.settings.cycleMs, () => {
      if (this.life !== life) return;
      this.feed({ type: 'ticked', view: this.view() });
      this.checkSlots();
      this.tickLater();
    });
  }

  /** As the loop does every 10 minutes: contacts that the table has in a call and nobody follows. */
  private adoptLater(): void {
    const { life } = this;
    this.after(10 * 60_000, () => {
      if (this.life !== life) return;
      const active = [...this.table.contacts.values()].filter(({ status }) => status === 'dialed' || status === 'agent_pending');
      this.feed({ type: 'restored', active, pacers: new Map() });
      this.adoptLater();
    });
  }

  private view(): TickView {
    const floor = this.floor.view();
    return {
      active: this.table.counts(),
      eligible: new Map(
        this.campaigns.flatMap(({ id }) => {
          const due = this.table.next(id, this.nowMs, new Set());
          return due[0] ? [[id, { count: due.length, oldestReceivedMs: due[0].receivedTimeMs }] as const] : [];
        }),
      ),
      agents: new Map(floor ? [[floor.queue, floor]] : []),
      ...{ windows: this.windows(), shifts: new Map(), lagMs: 0 },
    };
  }

  private windows(): TickView['windows'] {
    const count = (campaign: string, result: string): number =>
      this.table.records.filter((record) => record.campaignId === campaign && record.result === result).length;
    return new Map(
      this.campaigns.map(({ id }) => {
        const [connected, abandoned] = [count(id, 'CONNECTED'), count(id, 'ABANDONED')];
        return [id, { connected, abandoned, today: { answered: connected + abandoned, abandoned } }];
      }),
    );
  }

  private configure(): void {
    this.feed({ type: 'configured', settings: this.settings, campaigns: this.campaigns });
  }

  private feed(event: DialerEvent): DialerAnswer {
    if (this.isDead) return { kind: 'done' };
    const { effects, answer } = this.engine.step(event, this.nowMs);
    for (const effect of effects) if (effect.type === 'change') this.save(effect.change);
    for (const effect of effects) this.perform(effect);
    this.arm();
    return answer;
  }

  /** A call that ended while the process was dead may have been settled by the one before: once is enough. */
  private save(change: Extract<DialerEffect, { type: 'change' }>['change']): void {
    this.table.save(change);
  }

  private arm(): void {
    const due = this.engine.nextDueMs();
    if (due === undefined || due >= this.armedMs) return;
    this.armedMs = due;
    const { life } = this;
    this.agenda.add(Math.max(this.nowMs, due), () => {
      if (this.life !== life || this.armedMs !== due) return;
      this.armedMs = Infinity;
      this.feed({ type: 'time-passed' });
    });
  }

  private perform(effect: DialerEffect): void {
    switch (effect.type) {
      case 'fill-hopper':
        this.soon(100, () => {
          const due = this.table.next(effect.campaign, this.nowMs, new Set(effect.leaveOut)).slice(0, effect.count);
          const contacts = due.map((contact) => hopperOfContact(contact, { guaranteedOnly: this.table.guaranteedOnly.has(contact.id) }));
          this.feed({ type: 'hopper-filled', campaign: effect.campaign, contacts });
        });
        break;
      case 'claim':
        this.claim(effect);
        break;
      case 'check-gateway':
        if (this.random.chance(0.02)) return; // no answer
        this.soon(50, () =>
          this.feed({ type: 'gateway-checked', switch: 's1', gateway: effect.gateway, state: this.random.chance(0.05) ? 'down' : 'up' }),
        );
        break;
      case 'list-calls':
        if (!this.switch.isUp) return;
        this.soon(500, () => {
          if (this.switch.isUp) this.feed({ type: 'calls-listed', switch: 's1', askedAtMs: this.nowMs, live: this.switch.live() });
        });
        break;
      case 'originate':
        this.checkRate();
        this.switch.originate(effect.order);
        break;
      case 'hang-up':
        this.switch.hangUp(effect.callId);
        break;
      case 'reserve':
        this.soon(20, () => {
          const answer = this.floor.reserve(effect);
          this.feed(
            'agent' in answer
              ? { type: 'agent-reserved', key: effect.key, ...answer }
              : { type: 'agent-not-reserved', key: effect.key, ...answer },
          );
        });
        break;
      case 'release':
        this.soon(20, () => this.floor.release(effect.key));
        break;
      case 'request-agent':
        this.connector(effect.callId);
        break;
      default:
    }
  }

  private claim(effect: Extract<DialerEffect, { type: 'claim' }>): void {
    const isAway = this.random.chance(0.02);
    const isLate = this.random.chance(0.01);
    this.soon(isLate ? 90_000 : 200, () => {
      if (isAway) {
        this.feed({ type: 'claim-failed', order: effect.order, code: 'TDM_STORE_DOWN' });
        return;
      }
      for (const { id, attempts, campaignId } of this.table.contacts.values())
        if (attempts >= (this.campaigns.find((c) => c.id === campaignId)?.attemptsMax ?? 1)) this.table.refused.set(id, 'attempts');
      const claimed = this.table.claim(effect, this.nowMs);
      if (!isLate) this.checkSlots();
      this.feed({ type: 'claimed', order: effect.order, ...claimed });
    });
  }

  private connector(callId: string): void {
    const { random } = this;
    const ok = random.chance(0.9);
    this.soon(300, () => this.feed({ type: 'agent-request-sent', callId, ok }));
    if (!ok && random.chance(0.8)) return;
    const details = {
      type: 'agent-details' as const,
      callId,
      agentId: 'a7',
      queueName: 'sales',
      agentExtension: random.chance(0.7) ? '1004' : undefined,
    };
    const afterMs = random.span(5_000);
    for (let n = 0; n < (random.chance(0.1) ? 2 : 1); n++) this.soon(afterMs + 300, () => this.feed(details));
  }

  // ---------------------------------------------------------------- trouble

  private link(isUp: boolean): void {
    if (this.switch.isUp === isUp) return;
    this.switch.isUp = isUp;
    this.feed({ type: 'switch-changed', switch: 's1', isUp, callsPerSecondMax: undefined });
  }

  private drop(): void {
    this.link(false);
    this.after(this.random.int(500, 20_000), () => this.link(true));
  }

  private changeSomething(): void {
    const { random } = this;
    const which = random.pick(this.campaigns).id;
    const more: Partial<Campaign> = random.pick<Partial<Campaign>>([
      { state: 'paused' },
      { state: 'running' },
      { state: 'running' },
      { mode: random.pick(['PROGRESSIVE', 'POWER', 'PREDICTIVE'] as const) },
      { weight: random.int(0, 3) },
    ]);
    this.campaigns = this.campaigns.map((campaign) =>
      campaign.id === which ? { ...campaign, ...(campaign.mode === 'IVR' ? { ...more, mode: 'IVR' } : more) } : campaign,
    );
    this.configure();
  }

  private agentActs(): void {
    const { random } = this;
    const agent = random.pick(this.floor.agents).id;
    const kind = random.int(0, 5);
    if (kind <= 2) this.feed({ type: 'preview-next-asked', agent, campaign: undefined });
    else if (kind === 3) this.feed({ type: 'preview-dial-asked', agent, numberIndex: undefined });
    else if (kind === 4) this.feed({ type: 'preview-skip-asked', agent, reason: 'not now' });
    else this.feed({ type: 'preview-reject-asked', agent, reason: 'wrong person' });
  }

  // ---------------------------------------------------------------- promises

  private checkPlaced(call: WorldCall): void {
    const { order } = call;
    this.placed.push(call);
    const numberKey = this.table.contacts.get(order.contactId)?.numberKey;
    for (const other of this.switch.calls.values()) {
      if (other === call) continue;
      assert.notEqual(other.order.contactId, order.contactId, `${order.contactId} has two calls at once`);
      assert.notEqual(
        this.table.contacts.get(other.order.contactId)?.numberKey,
        numberKey,
        `the number of ${order.contactId} is in two calls`,
      );
    }
    assert.equal(this.table.status(order.contactId), 'dialed', `${order.contactId} is called, but not claimed`);
  }

  private checkRate(): void {
    const gapMs = 1000 / this.settings.callsPerSecond;
    assert.ok(this.nowMs - this.lastOriginateMs >= gapMs - 1e-6, `two calls within ${this.nowMs - this.lastOriginateMs} ms`);
    this.lastOriginateMs = this.nowMs;
  }

  private checkSlots(): void {
    const { dialed, agentPending } = this.table.counts();
    assert.ok(dialed + agentPending <= this.settings.slotsMax, `${dialed + agentPending} of ${this.settings.slotsMax} slots`);
  }

  private checkRest(): void {
    const { table } = this;
    for (const contact of table.contacts.values()) {
      const { id, status, attempts, campaignId } = contact;
      assert.ok(['pending', 'ended', 'failed'].includes(status), `${id} is still ${status}`);
      const most = this.campaigns.find((c) => c.id === campaignId)?.attemptsMax ?? 0;
      assert.ok(attempts <= most, `${id}: ${attempts} attempts of ${most}`);
      const messages = table.outbox.filter(({ kind, body }) => kind === 'call-result' && body.campaignContactId === `cc-${id}`).length;
      assert.equal(messages, status === 'pending' ? 0 : 1, `${id} is ${status} and has ${messages} result messages`);
    }
    for (const record of table.records) {
      if (record.result !== 'ABANDONED') continue;
      const entry = table.audit.find(({ object, action }) => object === `call ${record.callId}` && action === 'call-abandoned');
      assert.ok(entry, `${record.callId} was abandoned and nobody wrote it down`);
      assert.ok(record.messageAtMs !== undefined || entry.after?.includes('no message'), `${record.callId}: no message, no reason`);
    }
    assert.equal(this.switch.calls.size, 0, 'calls are left on the switch');
    for (const { id, state, reservedBy } of this.floor.agents)
      assert.notEqual(state, 'reserved', `${id} is still held by ${reservedBy ?? ''}`);
    assert.equal(this.floor.forgotten, 0, 'agents were held until their time was over');
    const view = this.engine.view();
    assert.equal(view.calls().length, 0);
    assert.deepEqual(view.active, { dialed: 0, agentPending: 0, other: 0 });
    assert.deepEqual(view.previews(), []);
    for (const { gateway, calls } of view.gateways()) assert.equal(calls, 0, `${gateway} counts ${calls} calls that are not there`);
    for (const { id } of this.campaigns) assert.deepEqual(view.busyContacts(id), []);
  }
}
