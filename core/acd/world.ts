/**
 * The engine's memory while it works: plain data as stored, indexes beside it, and what the running step has
 * changed and ordered. Handlers change things only between `change*` and the end of the step, when `settle`
 * brings indexes, deadlines and news up to date.
 */
import { AssertionError } from 'node:assert/strict';
import type { AcdState, Service } from './acd-state.js';
import type { CallName } from './call-index.js';
import { noChanges } from './changes.js';
import type { Changes } from './changes.js';
import type { AcdSettings, AgentConfig, KnownCaller, PauseReason, QueueConfig, TierConfig } from './config.js';
import { acdSettingsDefaults } from './config.js';
import { Dues } from './dues.js';
import { Positions } from './estimate.js';
import { lastTalksMax } from '../acd-ports.js';
import type { AcdEffect } from './effects.js';
import { AgentIndex } from './agent-index.js';
import { MemberIndex } from './member-index.js';
import type { AgentId, MemberId, OfferId, QueueId, SwitchId } from './ids.js';
import type { Notice } from './notices.js';
import { Recent } from './recent.js';
import type { Segment } from './records.js';
import type { Agent, Member, Offer, QueueRuntime, SystemState } from './state.js';
import { Touched } from './touched.js';

/** Offers that are over, remembered for facts that come late. */
const pastOffersMax = 2_000;

/** An agent of a queue with all that says whether he could be offered, found without a look at any map. */
export interface Attendant {
  readonly service: Service;
  readonly agent: Agent;
  readonly config: AgentConfig;
}

/** A fault of ours. The check stands at its place and the text here, so that no text is made for what is there. */
function missing(message: string): never {
  throw new AssertionError({ message });
}

export const canonical = (name: string): string => name.trim().toLowerCase();

export class World implements AcdState {
  settings: AcdSettings = acdSettingsDefaults;
  queueConfigs = new Map<QueueId, QueueConfig>();
  agentConfigs = new Map<AgentId, AgentConfig>();
  tiers: readonly TierConfig[] = [];
  callers = new Map<string, KnownCaller>();
  /** by canonical code */
  pauseReasons: ReadonlyMap<string, PauseReason> = new Map();
  readonly queueNames = new Map<string, QueueId>();
  readonly agentNames = new Map<string, AgentId>();
  readonly services = new Map<AgentId, Service[]>();
  readonly serving = new Map<QueueId, Map<AgentId, Service>>();
  /** first agents of a queue, as decisions list them; made when asked for, forgotten by `serve`, without which no agent comes or goes */
  readonly attendants = new Map<QueueId, readonly Attendant[]>();
  /** levels of a queue, ascending */
  readonly levels = new Map<QueueId, readonly number[]>();

  readonly members = new Map<MemberId, Member>();
  readonly agents = new Map<AgentId, Agent>();
  readonly offers = new Map<OfferId, Offer>();
  readonly queues = new Map<QueueId, QueueRuntime>();
  system: SystemState = { serial: 0, isDispatching: true, random: 1 };
  readonly lastTalks = new Recent<string, { readonly agent: AgentId; readonly atMs: number }>(lastTalksMax);
  /** who is held, by the key */
  readonly reservations = new Map<string, AgentId>();
  /** removed from the configuration, but still in a call */
  readonly leavingAgents = new Set<AgentId>();
  /** members who want an agent of their own, by that agent */
  readonly fond = new Map<AgentId, Set<MemberId>>();
  /** removed queues with calls left */
  readonly drainingQueues = new Set<QueueId>();
  readonly switchesDown = new Set<SwitchId>();
  readonly pastOffers = new Recent<OfferId, SwitchId>(pastOffersMax);

  readonly dues = new Dues();
  readonly positions = new Positions();
  readonly memberIndex = new MemberIndex();
  readonly agentIndex = new AgentIndex();
  readonly instance: string;
  nowMs = 0;
  heldUntilMs = 0;
  effects: AcdEffect[] = [];
  changes: Changes = noChanges();
  /** queues that somebody has entered in this step */
  readonly entered = new Touched<QueueId>();
  /** changed since the last settle */
  readonly dirtyMembers = new Touched<MemberId>();
  readonly dirtyAgents = new Touched<AgentId>();
  readonly dirtyOffers = new Touched<OfferId>();

  constructor(instance: string) {
    this.instance = instance;
  }

  // ---------------------------------------------------------------- reading

  queueNamed(name: string): QueueConfig | undefined {
    const named = this.queueConfigs.get(name as QueueId); // nearly always written as it is
    if (named) return named;
    const id = this.queueNames.get(canonical(name));
    return id === undefined ? undefined : this.queueConfigs.get(id);
  }

  agentNamed(name: string): AgentConfig | undefined {
    const id = this.agentNames.get(canonical(name));
    return id === undefined ? undefined : this.agentConfigs.get(id);
  }

  memberOfCall(call: CallName): Member | undefined {
    const id = this.memberIndex.byCall.get(call);
    return id === undefined ? undefined : this.members.get(id);
  }

  agentHeldBy(key: string): AgentId | undefined {
    return this.reservations.get(key);
  }

  callersWaiting(queue: QueueId): number {
    return this.memberIndex.callers(queue);
  }

  servicesOfAgent(agent: AgentId): readonly Service[] {
    return this.services.get(agent) ?? [];
  }

  servicesOfQueue(queue: QueueId): ReadonlyMap<AgentId, Service> {
    return this.serving.get(queue) ?? new Map<AgentId, Service>();
  }

  membersOfQueue(queue: QueueId): ReadonlySet<MemberId> {
    return this.memberIndex.ofQueue(queue);
  }

  /** The queue's configuration; a queue with members has one, draining ones too. */
  queueOf(id: QueueId): QueueConfig {
    const queue = this.queueConfigs.get(id);
    if (!queue) missing(`queue ${id} has no configuration`);
    return queue;
  }

  queueRuntime(id: QueueId): QueueRuntime {
    const runtime = this.queues.get(id);
    if (!runtime) missing(`queue ${id} has no runtime`);
    return runtime;
  }

  agentOf(id: AgentId): Agent {
    const agent = this.agents.get(id);
    if (!agent) missing(`agent ${id} is unknown`);
    return agent;
  }

  configOf(id: AgentId): AgentConfig {
    const config = this.agentConfigs.get(id);
    if (!config) missing(`agent ${id} has no configuration`);
    return config;
  }

  memberOf(id: MemberId): Member {
    const member = this.members.get(id);
    if (!member) missing(`member ${id} is unknown`);
    return member;
  }

  // ---------------------------------------------------------------- changing

  nextSerial(): number {
    return ++this.system.serial;
  }

  changeMember(member: Member): void {
    this.changes.members.add(member.id);
    this.dirtyMembers.add(member.id);
  }

  changeAgent(agent: Agent): void {
    this.changes.agents.add(agent.id);
    this.dirtyAgents.add(agent.id);
  }

  changeOffer(offer: Offer): void {
    this.changes.offers.add(offer.id);
    this.dirtyOffers.add(offer.id);
  }

  changeQueue(id: QueueId): void {
    this.changes.queues.add(id);
  }

  addMember(member: Member): void {
    this.members.set(member.id, member);
    this.rememberFond(member);
    if (member.call) this.memberIndex.byCall.set(member.call, member.id);
    this.changeMember(member);
  }

  rememberFond({ id, stickyAgent }: Member): void {
    if (stickyAgent === undefined) return;
    const fond = this.fond.get(stickyAgent);
    if (fond) fond.add(id);
    else this.fond.set(stickyAgent, new Set([id]));
  }

  removeMember(member: Member): void {
    this.members.delete(member.id);
    this.forgetFond(member);
    this.forgetCall(member);
    this.changeMember(member);
  }

  private forgetFond({ id, stickyAgent }: Member): void {
    if (stickyAgent === undefined) return;
    const fond = this.fond.get(stickyAgent);
    fond?.delete(id);
    if (fond?.size === 0) this.fond.delete(stickyAgent);
  }

  forgetCall(member: Member): void {
    if (member.call) this.memberIndex.byCall.delete(member.call, member.id);
  }

  removeOffer(offer: Offer): void {
    this.offers.delete(offer.id);
    this.pastOffers.set(offer.id, offer.switch);
    this.changeOffer(offer);
  }

  /** For callers who ring again (B41). */
  rememberTalk(number: string, agent: AgentId, atMs = this.nowMs): void {
    if (number !== '') this.lastTalks.set(number, { agent, atMs });
  }

  order(effect: AcdEffect): void {
    this.effects.push(effect);
  }

  tell(notice: Notice): void {
    this.effects.push({ type: 'notice', notice });
  }

  record(segment: Segment): void {
    this.changes.segments.push(segment);
  }
}
