/** Agents and their queue in the dialer's simulated world: reservations, inbound callers, talks, breaks. */
import type { AgentsView, ArrivalPlan, DialerAgent, DialerEffect, DialerEvent } from '../../core/dialer/engine-words.js';
import type { Random } from '../simulation/random.js';
import type { WorldCall } from './dialer-world-switch.js';

export interface FloorDeps {
  readonly random: Random;
  readonly nowMs: () => number;
  readonly after: (ms: number, run: () => void) => void;
  readonly feed: (event: DialerEvent) => void;
  readonly hangUp: (call: WorldCall) => void;
  readonly optOutChance: number;
}

interface FloorAgent {
  readonly id: string;
  readonly isStandby: boolean;
  state: DialerAgent['state'];
  sinceMs: number;
  reservedBy: string | undefined;
  untilMs: number;
  /** grows with each change: what was planned for an earlier state is void */
  turn: number;
}

type Reserve = Extract<DialerEffect, { type: 'reserve' }>;
type QueuePlan = Extract<ArrivalPlan, { kind: 'queue' }>;

export class WorldFloor {
  readonly queue: string;
  readonly agents: FloorAgent[];
  /** calls that wait for an agent */
  readonly waiting = new Map<string, { readonly call: WorldCall; readonly plan: QueuePlan }>();
  isUp = true;
  /** reservations that ran to their end: somebody forgot them */
  forgotten = 0;
  private readonly d: FloorDeps;

  constructor(queue: string, count: number, deps: FloorDeps) {
    this.queue = queue;
    this.d = deps;
    this.agents = Array.from({ length: count }, (_, n) => ({
      ...{ id: `agent${n}`, isStandby: n % 4 !== 3, state: 'ready' as const, sinceMs: 0, reservedBy: undefined, untilMs: 0, turn: 0 },
    }));
  }

  view(): AgentsView | undefined {
    if (!this.isUp) return undefined;
    return {
      queue: this.queue,
      agents: this.agents.map(({ id, isStandby, state, sinceMs, reservedBy }) => ({ id, isStandby, state, sinceMs, reservedBy })),
      inboundWaiting: 0,
    };
  }

  private become(agent: FloorAgent, state: FloorAgent['state'], reservedBy?: string): number {
    Object.assign(agent, { state, reservedBy, sinceMs: this.d.nowMs() });
    return ++agent.turn;
  }

  private later(agent: FloorAgent, ms: number, run: () => void): void {
    const { turn } = agent;
    this.d.after(ms, () => agent.turn === turn && run());
  }

  reserve({ key, agent: wanted, untilMs }: Reserve): { readonly agent: string } | { readonly reason: string } {
    const agent = this.agents.find((a) =>
      wanted === undefined ? a.state === 'ready' : a.id === wanted && (a.state === 'ready' || a.reservedBy === key),
    );
    if (!agent) return { reason: 'nobody is free' };
    this.become(agent, 'reserved', key);
    agent.untilMs = untilMs;
    this.later(agent, untilMs - this.d.nowMs(), () => {
      this.forgotten++;
      this.lose(agent, 'time over');
    });
    return { agent: agent.id };
  }

  release(key: string): void {
    for (const agent of this.agents) if (agent.state === 'reserved' && agent.reservedBy === key) this.ready(agent);
  }

  private lose(agent: FloorAgent, reason: string): void {
    const key = agent.reservedBy;
    this.ready(agent);
    if (key !== undefined) this.d.feed({ type: 'reservation-lost', key, reason });
  }

  private ready(agent: FloorAgent): void {
    this.become(agent, 'ready');
    this.match();
  }

  /** A customer waits: his own agent, else any who is ready. */
  join(call: WorldCall, plan: QueuePlan): void {
    const id = call.order.callId;
    this.waiting.set(id, { call, plan });
    if (this.d.random.chance(0.5)) this.d.feed({ type: 'call-offered', callId: id });
    this.d.after(plan.maxWaitMs, () => this.waitedOut(id));
    this.match();
  }

  leave(callId: string): void {
    this.waiting.delete(callId);
  }

  private match(): void {
    if (!this.isUp) return;
    for (const [id, { call, plan }] of this.waiting) {
      const own = this.agents.find((a) => a.state === 'reserved' && a.reservedBy === plan.reservation);
      const agent = own ?? this.agents.find((a) => a.state === 'ready' && a.isStandby);
      if (!agent) continue;
      this.waiting.delete(id);
      this.become(agent, 'talk');
      call.isWithAgent = true;
      this.d.feed({ type: 'call-connected', callId: id, agent: agent.id });
      this.talk(agent, id, () => this.d.hangUp(call));
    }
  }

  private talk(agent: FloorAgent, callId: string | undefined, end: () => void): void {
    const talkMs = this.d.random.span(30_000);
    this.later(agent, talkMs, () => {
      end();
      this.d.feed({ type: 'talk-ended', agent: agent.id, callId, talkMs, isMachine: false });
      this.become(agent, 'wrap');
      const wrapMs = this.d.random.span(5_000);
      this.later(agent, wrapMs, () => {
        this.d.feed({ type: 'wrap-ended', agent: agent.id, wrapMs });
        this.ready(agent);
      });
    });
  }

  private waitedOut(id: string): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (!waiting || waiting.call.isOver) return;
    const { call, plan } = waiting;
    this.d.feed({ type: 'call-waited-out', callId: id, reason: 'grace over' });
    if (!plan.message) return;
    const ms = this.d.random.int(0, plan.message.maxMs);
    this.d.after(ms, () => {
      if (call.isOver) return;
      if (this.d.random.chance(this.d.optOutChance)) this.d.feed({ type: 'opted-out', callId: id });
      this.d.feed({ type: 'message-played', callId: id, ms });
      this.d.hangUp(call);
    });
  }

  /** An inbound caller: a ready agent, else one who is held (B45). */
  inbound(): void {
    this.d.feed({ type: 'inbound-came', queue: this.queue });
    const agent = this.agents.find((a) => a.state === 'ready') ?? this.agents.find((a) => a.state === 'reserved');
    if (!agent) return;
    const key = agent.reservedBy;
    this.become(agent, 'talk');
    if (key !== undefined) this.d.feed({ type: 'reservation-lost', key, reason: 'inbound' });
    this.talk(agent, undefined, () => undefined);
  }

  /** Somebody comes, goes or takes a break. */
  shift(): void {
    const agent = this.d.random.pick(this.agents);
    if (agent.state === 'reserved') this.lose(agent, 'logged out');
    if (agent.state === 'ready') this.become(agent, this.d.random.pick(['out', 'paused'] as const));
    else if (agent.state === 'out' || agent.state === 'paused') this.ready(agent);
  }
}
