/** The callers: when they come, how long they wait, what they press, and how their sessions and dialplans behave. */
import type { ExitOrder } from '../../core/acd/effects.js';
import type { AcdEvent, Join } from '../../core/acd/events.js';
import { memberId } from '../../core/acd/ids.js';
import type { CallKey, LegId, MemberId, SwitchId } from '../../core/acd/ids.js';
import type { Channel } from './lines.js';
import { callerNumber, drawCallNeeds } from './plan-config.js';
import type { Simulation } from './simulation.js';

/** One person on one channel, or one chat. */
interface Caller {
  readonly number: string;
  readonly isChat: boolean;
  readonly on: SwitchId;
  channel: Channel | undefined;
  /** undefined while no session of ours holds the caller */
  member: MemberId | undefined;
  queue: string;
  isGone: boolean;
  /** grows with each session, so that what belongs to an old one is ignored */
  session: number;
  readonly answeredAtMs: number;
  /** of a chat: the client asks again under the same name */
  readonly name: MemberId | undefined;
  /** an answered call of a campaign, and the key under which an agent may be held for it */
  readonly dialled?: { readonly key: string | undefined };
}

export class Door {
  private readonly sim: Simulation;
  private readonly byMember = new Map<MemberId, Caller>();
  private readonly calledBackBy = new Map<LegId, Caller>();
  private joins = 0;
  private dialled = 0;
  private arrived = 0;

  constructor(sim: Simulation) {
    this.sim = sim;
  }

  open(): void {
    const { plan, random } = this.sim;
    for (let i = 0; i < plan.callers; i++) this.sim.later(random.int(0, plan.dayMs), () => this.arrive());
    this.sim.often(60_000, () => this.breakSessions());
    this.sim.often(20_000, () => this.pressKey());
    this.sim.often(180_000, () => this.orderCallback());
    this.sim.often((2 * plan.dayMs) / plan.callers, () => this.dial());
  }

  private arrive(): void {
    const { random, plan } = this.sim;
    const isChat = plan.hasChats && random.chance(0.25);
    const number = callerNumber(random.chance(0.4) ? random.int(1, 8) : 100 + ++this.arrived);
    const on = random.pick(this.sim.switches);
    const caller: Caller = {
      number: random.chance(0.05) ? '' : number,
      isChat,
      on,
      channel: isChat ? undefined : this.sim.lines.openChannel(on),
      member: undefined,
      queue: random.pick(this.sim.config.queues).id,
      isGone: false,
      session: 0,
      answeredAtMs: this.sim.nowMs - random.int(0, 60_000),
      name: isChat ? memberId(`chat${String(++this.joins)}`) : undefined,
    };
    this.sim.later(1 + random.span(plan.patienceMs), () => this.hangUp(caller));
    this.enter(caller, undefined);
  }

  /** A campaign: perhaps an agent is held first, by name or whoever is free; some seconds later the customer answers. */
  private dial(): void {
    const { random } = this.sim;
    const key = random.chance(0.7) ? `call-${String(++this.dialled)}` : undefined;
    const queue = random.pick(this.sim.config.queues).id;
    const dialled = { key: key ?? (random.chance(0.3) ? `key-${String(random.int(1, 4))}` : undefined) };
    if (key !== undefined) {
      const whom = random.chance(0.5) ? { agent: random.pick(this.sim.config.agents).id } : {};
      const untilMs = this.sim.nowMs + random.int(1, 40) * 1_000;
      this.sim.feed({ type: 'reserve-asked', ...whom, queue, by: key, untilMs, isSoft: random.chance(0.5) });
    }
    this.sim.later(random.int(0, 20_000), () => {
      if (this.sim.isCalm) return;
      const on = random.pick(this.sim.switches);
      const caller: Caller = {
        number: callerNumber(random.int(1, 40)),
        isChat: false,
        on,
        channel: this.sim.lines.openChannel(on),
        member: undefined,
        queue: random.chance(0.9) ? queue : random.pick(this.sim.config.queues).id,
        isGone: false,
        session: 0,
        answeredAtMs: this.sim.nowMs,
        name: undefined,
        dialled,
      };
      this.sim.later(1 + random.span(20_000), () => this.hangUp(caller));
      this.enter(caller, undefined);
    });
  }

  // ---------------------------------------------------------------- joining

  private enter(caller: Caller, callbackOf: MemberId | undefined): void {
    if (caller.isGone || caller.channel?.leg) return;
    const join = this.joinOf(caller, callbackOf);
    const session = ++caller.session;
    const answer = this.sim.feed({ type: 'caller-joined', join });
    if (answer === undefined) {
      this.tryAgain(caller, session, callbackOf);
      return;
    }
    // a client without an answer asks again, and hears that it is in already
    const isIn = caller.isChat && !answer.ok && answer.code === 'TDM_CONFLICT';
    if (!answer.ok && !isIn) {
      this.sim.later(this.sim.random.int(1, 2_000), () => this.leave(caller));
      return;
    }
    const member = (answer.ok ? answer.member : undefined) ?? join.member;
    caller.member = member;
    this.byMember.set(member, caller);
  }

  private joinOf(caller: Caller, callbackOf: MemberId | undefined): Join {
    const { random } = this.sim;
    const isFirst = caller.session === 0;
    return {
      member: caller.name ?? memberId(`m${String(++this.joins)}`),
      queue: random.chance(0.1) ? caller.queue.toUpperCase() : caller.queue,
      media: caller.isChat ? 'chat' : 'audio',
      call: caller.channel?.call,
      number: caller.number,
      name: '',
      answeredAtMs: caller.answeredAtMs,
      baseScoreS: isFirst ? random.pick([0, 0, 0, 60]) : 0,
      priority: isFirst && random.chance(0.1) ? random.int(0, 300) : undefined,
      needs: isFirst ? drawCallNeeds(random) : [],
      exitKeys: random.chance(0.1) ? '0' : undefined,
      maxWaitMs: random.chance(0.1) ? random.int(5, 60) * 1000 : 0,
      language: undefined,
      music: undefined,
      callerIdPrefix: undefined,
      agentAnnouncements: undefined,
      variables: {},
      param: '',
      leadId: undefined,
      rootId: caller.channel?.call.uniqueId ?? `chat-${String(this.joins)}`,
      stickyAgent: random.chance(0.05) ? random.pick(this.sim.config.agents).id : undefined,
      callbackOf,
      ...(caller.dialled && {
        origin: 'dialer',
        reservation: caller.dialled.key,
        maxWaitMs: random.int(1, 4_000),
        exitKeys: '',
        needs: [],
      }),
    };
  }

  /** Nobody was there: the dialplan comes again, to another address or after a pause. */
  private tryAgain(caller: Caller, session: number, callbackOf: MemberId | undefined): void {
    this.sim.later(this.sim.random.int(100, 4_000), () => {
      if (caller.session === session && caller.member === undefined) this.enter(caller, callbackOf);
    });
  }

  /** A callback ordered by API, without a call. */
  private orderCallback(): void {
    const { random } = this.sim;
    const on = random.pick(this.sim.switches);
    const caller: Caller = {
      number: callerNumber(random.int(20, 30)),
      isChat: false,
      on,
      channel: undefined,
      member: undefined,
      queue: random.pick(this.sim.config.queues).id,
      isGone: false,
      session: 0,
      answeredAtMs: this.sim.nowMs,
      name: undefined,
    };
    this.sim.feed({ type: 'caller-joined', join: { ...this.joinOf(caller, undefined), homeSwitch: on } });
  }

  /** The called-back leg answered and pressed the key. */
  calledBack(member: MemberId, leg: LegId, on: SwitchId, number: string): void {
    const channel = this.sim.lines.openChannel(on, leg);
    const queue = this.sim.engine?.state.members.get(member)?.queue ?? this.sim.random.pick(this.sim.config.queues).id;
    const caller: Caller = {
      number,
      isChat: false,
      on,
      channel,
      member: undefined,
      queue,
      isGone: false,
      session: 0,
      answeredAtMs: this.sim.nowMs,
      name: undefined,
    };
    this.calledBackBy.set(leg, caller);
    this.sim.later(1 + this.sim.random.span(this.sim.plan.patienceMs), () => this.hangUp(caller));
    this.enter(caller, member);
  }

  /** The engine ends a leg that has become a caller's channel. */
  hangUpCalledBack(leg: LegId): void {
    const caller = this.calledBackBy.get(leg);
    if (caller && !caller.channel?.leg) this.leave(caller);
  }

  // ---------------------------------------------------------------- leaving

  /** The caller loses patience, in whatever state. */
  private hangUp(caller: Caller): void {
    if (caller.isGone) return;
    // who talks at last does not hang up for impatience; the end of the talk is drawn elsewhere
    if (caller.channel?.leg) {
      this.sim.later(60_000, () => this.hangUp(caller));
      return;
    }
    this.leave(caller);
  }

  /** The channel is gone; whoever holds a session on it says so. */
  leave(caller: Caller): void {
    if (caller.isGone) return;
    caller.isGone = true;
    if (caller.channel) this.sim.lines.closeChannel(caller.channel);
    // a chat client who never heard whether it is in says good-bye all the same
    caller.member ??= caller.name;
    this.endSession(caller, 'hangup');
  }

  private endSession(caller: Caller, cause: 'hangup' | 'transferred'): void {
    const { member } = caller;
    caller.session++;
    if (member === undefined) return;
    caller.member = undefined;
    this.byMember.delete(member);
    const event: AcdEvent = { type: 'caller-left', member, cause };
    if (caller.isChat) this.sim.insist(event);
    else this.sim.report(event, caller.on);
  }

  exit(order: ExitOrder): void {
    const caller = this.byMember.get(order.member);
    if (!caller) return;
    const { random } = this.sim;
    caller.session++;
    caller.member = undefined;
    this.byMember.delete(order.member);
    if (order.hangUp || caller.isChat || order.reason === 'callback' || this.sim.isCalm || random.chance(0.7)) {
      this.sim.later(random.int(1, 5_000), () => this.leave(caller));
      // news of the channel's end may still reach the engine
      if (order.reason !== 'callback' && random.chance(0.2))
        this.sim.report({ type: 'caller-left', member: order.member, cause: 'hangup' }, caller.on);
    } else {
      caller.queue = random.pick(this.sim.config.queues).id;
      this.sim.later(random.int(1, 2_000), () => caller.member ?? this.enter(caller, undefined));
    }
  }

  message(member: MemberId): void {
    const caller = this.byMember.get(member);
    if (!caller) return;
    const { session } = caller;
    this.sim.later(this.sim.random.int(500, 6_000), () => {
      if (caller.session === session) this.sim.report({ type: 'message-ended', member });
    });
  }

  // ---------------------------------------------------------------- talks

  /** The caller's channel is bridged: the session that waited is over, without news. */
  connected(member: MemberId): Channel | undefined {
    const caller = this.byMember.get(member);
    if (!caller?.channel || caller.isGone) return undefined;
    caller.session++;
    return caller.channel;
  }

  /** The caller's fate after a talk. */
  talkEnded(member: MemberId, by: 'caller' | 'agent' | 'transfer' | 'unknown', hangUpAfterTalk: boolean): void {
    const caller = this.byMember.get(member);
    if (!caller) return;
    this.byMember.delete(member);
    caller.member = undefined;
    const { random } = this.sim;
    if (by === 'caller' || hangUpAfterTalk) {
      caller.isGone = true;
      if (caller.channel) this.sim.lines.closeChannel(caller.channel);
      if (random.chance(0.3)) this.sim.report({ type: 'caller-left', member, cause: 'hangup' }, caller.on);
    } else if (random.chance(0.3) && !this.sim.isCalm) {
      // the dialplan goes on, to a queue once more
      caller.queue = random.pick(this.sim.config.queues).id;
      this.sim.later(random.int(1, 1_000), () => caller.member ?? this.enter(caller, undefined));
    } else this.sim.later(random.int(1, 20_000), () => this.leave(caller));
  }

  callOf(member: MemberId): CallKey | undefined {
    return this.byMember.get(member)?.channel?.call;
  }

  /** A chat's customer is there. */
  isChatting(member: MemberId): boolean {
    const caller = this.byMember.get(member);
    return caller?.isChat === true && !caller.isGone;
  }

  // ---------------------------------------------------------------- faults

  /** Our process died: sessions break, each dialplan comes back by itself, some callers hang up for it. */
  processDied(): void {
    for (const [member, caller] of [...this.byMember]) {
      if (caller.isChat || caller.channel?.leg) continue;
      this.byMember.delete(member);
      caller.member = undefined;
      this.comeBack(caller);
    }
  }

  private comeBack(caller: Caller): void {
    const { random } = this.sim;
    const session = ++caller.session;
    this.sim.later(random.int(50, 6_000), () => {
      if (caller.session !== session || caller.isGone) return;
      if (random.chance(0.05)) this.leave(caller);
      else this.enter(caller, undefined);
    });
  }

  private breakSessions(): void {
    const { random, faults } = this.sim;
    for (const [member, caller] of [...this.byMember]) {
      if (caller.isChat || caller.channel?.leg || !random.chance(faults.sessionLostShare)) continue;
      this.byMember.delete(member);
      caller.member = undefined;
      this.sim.report({ type: 'session-lost', member });
      // some dialplans do not come back: the channel lives, but elsewhere
      if (random.chance(0.8)) this.comeBack(caller);
      else caller.session++;
    }
  }

  private pressKey(): void {
    const { random } = this.sim;
    for (const [member, caller] of this.byMember) {
      if (caller.isChat || caller.channel?.leg || !random.chance(0.1)) continue;
      this.sim.report({ type: 'key-pressed', member, key: random.pick(['5', '9', '0', '#', '1']) });
    }
    for (const [, caller] of [...this.byMember])
      if (!caller.channel?.leg && random.chance(0.01)) {
        // transferred away by somebody on the switch
        this.endSession(caller, 'transferred');
        this.sim.later(random.int(1, 30_000), () => this.leave(caller));
      }
  }
}
