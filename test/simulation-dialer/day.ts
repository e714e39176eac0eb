/**
 * One simulated day: agents, contacts, calls, inbound calls; the pacers of the campaigns are asked once a second. A
 * person who answers waits for an agent at most the grace time and is then abandoned.
 */
import { contactKinds, createTurns } from '../../core/dialer/pacing/index.js';
import type { Pacer, PacerEvent, PacerState } from '../../core/dialer/pacing/index.js';
import { Agenda } from '../simulation/agenda.js';
import { Random } from '../simulation/random.js';
import type { Campaign, SimCall } from './campaign.js';
import { Contacts, span } from './contacts.js';
import type { Contact } from './contacts.js';
import { Floor } from './floor.js';
import { addTotals, measure } from './measure.js';
import type { DayResult } from './measure.js';
import type { Agent } from './floor.js';
import type { Scenario } from './scenarios.js';

/** All that the day asks of a pacer; a baseline needs no more than `decide`. */
export type DayPacer = Pick<Pacer, 'decide'> & Partial<Pick<Pacer, 'onEvent'>>;
/** Makes the pacer of a campaign; the upper bound looks into the day, the others must not. */
export type PacerOf = (day: Day, campaign: number) => DayPacer;

const earlySeconds = 300;
const inboundTalk = { mean: 150 };
const inboundWrap = { mean: 20, variation: 0.5 };
const machineTalk = 6;
const machineWrap = 3;

const placeOf = (answer: ReturnType<DayPacer['decide']>): number => (typeof answer === 'number' ? answer : answer.place);

export class Day {
  now = 0;
  readonly end: number;
  readonly scenario: Scenario;
  readonly floor: Floor;
  readonly campaigns: readonly Campaign[];
  private readonly agenda = new Agenda();
  private readonly inboundRandom: Random;
  private readonly inboundWaits: number[] = [];
  private readonly inboundWaiting: number[] = [];
  private nextId = 1;
  private linesMost = 0;
  private overCap = 0;
  private overMost = 0;

  constructor(scenario: Scenario, seed: number, pacerOf: PacerOf) {
    const random = new Random(seed);
    this.scenario = scenario;
    this.end = scenario.hours * 3_600;
    this.floor = new Floor(scenario.agents);
    this.inboundRandom = new Random(random.fork());
    this.campaigns = scenario.campaigns.map((plan, index) => ({
      index,
      contacts: new Contacts(new Random(random.fork()), plan, scenario.ringTimeout),
      pacer: pacerOf(this, index),
      calls: new Map(),
      totals: { placed: 0, answered: 0, connected: 0, abandoned: 0, failed: 0 },
      persons: { connected: 0, abandoned: 0, abandonedEarly: 0, answeredEarly: 0 },
    }));
    for (const { from, to, agents } of scenario.leaves)
      for (const agent of this.floor.agents.slice(...agents)) {
        this.agenda.add(from, () => this.floor.wantPause(agent, true, from));
        this.agenda.add(to, () => this.floor.wantPause(agent, false, to) && this.serve(agent));
      }
    if (scenario.inboundPerHour > 0) this.planInbound();
  }

  run(): DayResult {
    for (let t = 0; t < this.end; t++) {
      for (let next = this.agenda.nextMs(); next !== undefined && next <= t; next = this.agenda.nextMs()) {
        this.now = next;
        this.agenda.take()?.run();
      }
      this.now = t;
      if (this.isPool()) this.paceAll();
      else for (const campaign of this.campaigns) this.pace(campaign);
      this.watch();
    }
    return this.result();
  }

  /** When each call in flight that will be answered is answered; only for the upper bound. */
  comingAnswers(): number[] {
    return this.campaigns.flatMap(({ calls }) => [...calls.values()].filter((call) => call.isAnswered).map((call) => call.endsAt));
  }

  /** When each agent is ready, the first first; only for the upper bound. */
  readyTimes(): number[] {
    const there = this.floor.agents.filter((agent) => agent.state !== 'paused' && !agent.wantsPause);
    return there.map((agent) => (agent.state === 'ready' ? this.now : agent.readyAt)).sort((a, b) => a - b);
  }

  private weight(index: number): number {
    return this.scenario.campaigns[index]?.weight ?? 1;
  }

  private pace(campaign: Campaign): void {
    const nextBucket = (i: number): number => this.bucketOf(campaign, campaign.contacts.peek(i));
    const state = this.stateOf([campaign], nextBucket);
    const place = placeOf(campaign.pacer.decide(this.campaigns.length > 1 ? { ...state, share: this.shareOf(campaign) } : state));
    for (let i = 0; i < place; i++) this.place(campaign);
  }

  /** One pacer for all campaigns; whose contact is called next goes by their weights. */
  private paceAll(): void {
    const turn = createTurns(
      this.campaigns.map(({ index, calls, totals }) => ({
        weight: this.weight(index),
        connected: totals.connected,
        inFlight: calls.size,
        answerShare: (totals.answered + 1) / (totals.placed - calls.size + 3),
      })),
    );
    const taken = this.campaigns.map(() => 0);
    const buckets: number[] = [];
    const nextBucket = (i: number): number => {
      for (let n = buckets.length; n <= i; n++) {
        const campaign = this.campaigns[turn(n)] as Campaign;
        const at = taken[campaign.index] ?? 0;
        buckets.push(this.bucketOf(campaign, campaign.contacts.peek(at)));
        taken[campaign.index] = at + 1;
      }
      return buckets[i] ?? 0;
    };
    const state = this.stateOf(this.campaigns, nextBucket);
    const place = placeOf(this.campaigns[0]?.pacer.decide({ ...state, windows: this.campaigns.map(({ totals }) => totals) }) ?? 0);
    for (let i = 0; i < place; i++) this.place(this.campaigns[turn(i)] as Campaign);
  }

  private watch(): void {
    let lines = 0;
    for (const { calls, totals } of this.campaigns) {
      lines += calls.size;
      const answered = totals.connected + totals.abandoned;
      const over = answered < 100 ? 0 : totals.abandoned - this.scenario.target * answered;
      this.overCap += Number(over > 0);
      this.overMost = Math.max(this.overMost, over);
    }
    this.linesMost = Math.max(this.linesMost, lines);
  }

  private stateOf(campaigns: readonly Campaign[], nextBucket: PacerState['nextBucket']): PacerState {
    const { scenario, floor, now } = this;
    const calls = campaigns.flatMap((campaign) => [...campaign.calls.values()]);
    const waiting = calls.reduce((sum, call) => sum + Number(call.state === 'waiting'), 0);
    return {
      now,
      tick: 1,
      agents: floor.agents,
      calls,
      counts: { ...floor.counts, ringing: calls.length - waiting, waiting },
      totals: campaigns.map(({ totals }) => totals).reduce(addTotals),
      target: scenario.target,
      grace: scenario.grace,
      ringTimeout: scenario.ringTimeout,
      minRing: 15,
      shift: { start: 0, end: this.end },
      limits: { maxLines: 20 * scenario.agents, maxCps: 1_000 },
      nextBucket,
      ...(scenario.inboundPerHour > 0 && { inbound: { waiting: this.inboundWaiting.length } }),
    };
  }

  private isPool(): boolean {
    return this.campaigns.length > 1 && this.scenario.sharing === 'pool';
  }

  private shareOf({ index }: Campaign): number {
    const all = this.campaigns.reduce((sum, campaign) => sum + this.weight(campaign.index), 0);
    return this.weight(index) / all;
  }

  /** Kinds of the campaigns are numbered apart. */
  private bucketOf({ index, contacts }: Campaign, contact: Contact): number {
    return index * contactKinds + contacts.bucketOf(contact, this.now);
  }

  private place(campaign: Campaign): void {
    const contact = campaign.contacts.take();
    const isPerson = campaign.contacts.answers(contact, this.now);
    const isAnswered = isPerson || (contact.other === 'machine' && !this.scenario.hasAmd);
    const call: SimCall = {
      id: this.nextId++,
      state: 'ringing',
      placedAt: this.now,
      answeredAt: null,
      bucket: this.bucketOf(campaign, contact),
      contact,
      endsAt: this.now + (isPerson ? contact.ring : contact.otherAfter),
      isAnswered,
      isPerson,
    };
    campaign.calls.set(call.id, call);
    campaign.totals.placed++;
    this.tell(campaign, { type: 'placed', t: this.now, callId: call.id, bucket: call.bucket });
    this.agenda.add(call.endsAt, () => (isAnswered ? this.answered(campaign, call) : this.failed(campaign, call)));
  }

  private failed(campaign: Campaign, { id, placedAt, contact }: SimCall): void {
    campaign.calls.delete(id);
    campaign.totals.failed++;
    campaign.contacts.learn(contact, placedAt, false);
    this.tell(campaign, { type: 'failed', t: this.now, callId: id, age: this.now - placedAt, cause: contact.other });
  }

  private answered(campaign: Campaign, call: SimCall): void {
    call.state = 'waiting';
    call.answeredAt = this.now;
    campaign.totals.answered++;
    campaign.contacts.learn(call.contact, call.placedAt, true);
    if (call.isPerson && this.now < earlySeconds) campaign.persons.answeredEarly++;
    this.tell(campaign, { type: 'answered', t: this.now, callId: call.id, age: this.now - call.placedAt });
    const agent = this.floor.longestReady();
    if (agent) {
      this.connect(campaign, call, agent);
      return;
    }
    this.agenda.add(this.now + this.scenario.grace, () => {
      if (campaign.calls.get(call.id) === call) this.abandon(campaign, call);
    });
  }

  private abandon(campaign: Campaign, call: SimCall): void {
    campaign.calls.delete(call.id);
    campaign.totals.abandoned++;
    if (call.isPerson) {
      campaign.persons.abandoned++;
      if ((call.answeredAt ?? 0) < earlySeconds) campaign.persons.abandonedEarly++;
    }
    this.tell(campaign, { type: 'abandoned', t: this.now, callId: call.id });
  }

  private connect(campaign: Campaign, call: SimCall, agent: Agent): void {
    campaign.calls.delete(call.id);
    campaign.totals.connected++;
    if (call.isPerson) campaign.persons.connected++;
    const wait = this.now - (call.answeredAt ?? this.now);
    this.tell(campaign, { type: 'connected', t: this.now, callId: call.id, agentId: agent.id, wait });
    const talk = call.isPerson ? call.contact.talk : machineTalk;
    this.talk(agent, { talk, wrap: call.isPerson ? call.contact.wrap : machineWrap, live: call.isPerson });
  }

  private talk(agent: Agent, work: { talk: number; wrap: number; live: boolean }): void {
    const begin = this.now;
    this.floor.enter(agent, 'talk', begin);
    agent.readyAt = begin + work.talk + work.wrap;
    this.agenda.add(begin + work.talk, () => {
      this.floor.enter(agent, 'wrap', this.now);
      this.tellAll({ type: 'talkEnd', t: this.now, agentId: agent.id, duration: work.talk, live: work.live });
      this.agenda.add(this.now + work.wrap, () => {
        this.tellAll({ type: 'wrapEnd', t: this.now, agentId: agent.id, duration: work.wrap });
        if (this.floor.free(agent, this.now)) this.serve(agent);
      });
    });
  }

  /** Inbound callers first, then who has waited longest after an answer. */
  private serve(agent: Agent): void {
    const came = this.inboundWaiting.shift();
    if (came !== undefined) {
      this.takeInbound(agent, came);
      return;
    }
    let first: { campaign: Campaign; call: SimCall } | undefined;
    for (const campaign of this.campaigns)
      for (const call of campaign.calls.values())
        if (call.state === 'waiting' && (call.answeredAt ?? 0) < (first?.call.answeredAt ?? Infinity)) first = { campaign, call };
    if (first) this.connect(first.campaign, first.call, agent);
  }

  private planInbound(): void {
    const gap = span(this.inboundRandom, { mean: 3_600 / this.scenario.inboundPerHour });
    this.agenda.add(this.now + gap, () => {
      this.tellAll({ type: 'inbound', t: this.now });
      const agent = this.floor.longestReady();
      if (agent) this.takeInbound(agent, this.now);
      else this.inboundWaiting.push(this.now);
      this.planInbound();
    });
  }

  private takeInbound(agent: Agent, came: number): void {
    this.inboundWaits.push(this.now - came);
    const [talk, wrap] = [span(this.inboundRandom, inboundTalk), span(this.inboundRandom, inboundWrap)];
    this.talk(agent, { talk, wrap, live: true });
  }

  private tell(campaign: Campaign, event: PacerEvent): void {
    const { pacer } = (this.isPool() ? this.campaigns[0] : campaign) ?? campaign;
    pacer.onEvent?.(event);
  }

  /** Ends of work and inbound calls are news for every pacer. */
  private tellAll(event: PacerEvent): void {
    for (const campaign of this.isPool() ? this.campaigns.slice(0, 1) : this.campaigns) this.tell(campaign, event);
  }

  private result(): DayResult {
    return measure(this.campaigns, this.floor.close(this.end), {
      inboundWaits: this.inboundWaits,
      linesMost: this.linesMost,
      overCap: this.overCap / this.end / this.campaigns.length,
      overMost: this.overMost,
    });
  }
}
