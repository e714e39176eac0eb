/**
 * A telephone system small enough to be looked at, which outlives the queue engine beside it: callers, agents' legs, and
 * what of them is bridged. The engine, its loop and its reconcile are the real ones; the process that runs them dies at a
 * chosen save and is started anew from what is stored. What must never happen is written down in `wrong`.
 */
import { createAcdEngine } from '../../core/acd/create-engine.js';
import type { AcdConfig } from '../../core/acd/config.js';
import { acdSettingsDefaults, agentDefaults, queueDefaults } from '../../core/acd/config.js';
import type { RingOrder } from '../../core/acd/effects.js';
import type { Join } from '../../core/acd/events.js';
import { agentId, memberId, queueId, switchId } from '../../core/acd/ids.js';
import type { MemberId } from '../../core/acd/ids.js';
import { brokenInvariants } from '../../core/acd/invariants.js';
import { createAcdBoard } from '../../core/services/acd-board.js';
import { createAcdLoop } from '../../core/services/acd-loop.js';
import type { AcdLoop } from '../../core/services/acd-loop.js';
import { acdReconcileDefaults, createAcdReconcile } from '../../core/services/acd-reconcile.js';
import type { MemberSession, SwitchPort } from '../../core/switch.js';
import { createMemoryAcdStore } from './acd-memory-store.js';
import { turn } from './acd-stub-engine.js';
import { createHandTimers } from './hand-timers.js';
import { silentLog, silentMeter } from './observers.js';
import { plainJoin } from './plain-join.js';

export const pbx = switchId('pbx');
const support = queueId('support');

/** The process dies at save number `save` (from 1): before it took effect, or after it and before anything that follows. */
export interface Death {
  readonly save: number;
  readonly when: 'before' | 'after';
}

interface Caller {
  readonly name: string;
  state: 'waiting' | 'talking' | 'gone';
  /** the life whose session holds the channel; another one's is broken */
  heldBy: number;
  member: MemberId | undefined;
  hasTalked: boolean;
  readonly exits: string[];
}

interface Leg {
  readonly order: RingOrder;
  state: 'ringing' | 'answered' | 'bridged';
}

interface Life {
  readonly number: number;
  readonly loop: AcdLoop;
  readonly alive: { is: boolean };
  stop(): void;
}

export class SmallWorld {
  readonly store = createMemoryAcdStore();
  readonly timers = createHandTimers(1_000_000_000);
  readonly wrong: string[] = [];
  readonly callers = new Map<string, Caller>();
  readonly legs = new Map<string, Leg>();
  saves = 0;
  lives = 0;
  private readonly config: AcdConfig;
  private readonly death: Death | undefined;
  private life: Life | undefined;

  constructor(agents: readonly string[], death?: Death) {
    this.death = death;
    this.config = {
      settings: acdSettingsDefaults,
      queues: [queueDefaults(support)],
      agents: agents.map((id) => ({ ...agentDefaults(agentId(id)), contact: `PJSIP/${id}`, ringMs: 20_000, wrapUpMs: 2_000 })),
      tiers: agents.map((id, i) => ({ queue: support, agent: agentId(id), level: 1, position: i + 1 })),
      callers: [],
    };
  }

  get loop(): AcdLoop {
    if (!this.life) throw new Error('no life yet');
    return this.life.loop;
  }

  /** From what is stored; callers whose session broke come back by their dialplan. */
  async start(): Promise<void> {
    const number = ++this.lives;
    const nowMs = this.timers.nowMs();
    const engine = createAcdEngine({
      config: this.config,
      instance: `f${String(number)}`,
      seed: 1,
      stored: await this.store.load(),
      nowMs,
    });
    const alive = { is: true };
    const after = (delayMs: number, run: () => void) => this.timers.after(delayMs, () => alive.is && run());
    const tools = { after, log: silentLog, meter: silentMeter };
    const switches = new Map([[pbx, this.port(() => alive.is)]]);
    const loop = createAcdLoop({
      ...tools,
      engine,
      save: (batch) => this.save(batch, number, () => void (alive.is = false)),
      switches,
      board: createAcdBoard(tools),
      askChannels: () => undefined,
      onFenced: () => void this.wrong.push('fenced'),
      nowMs: () => this.timers.nowMs(),
      monoMs: () => this.timers.nowMs(),
    });
    const reconcile = createAcdReconcile({ ...tools, switches, feed: (event) => alive.is && loop.tell(event) }, acdReconcileDefaults);
    const life: Life = { number, loop, alive, stop: () => reconcile.stop() };
    this.life = life;
    loop.tell({ type: 'switch-changed', switch: pbx, isUp: true });
    reconcile.start();
    for (const caller of this.callers.values()) if (caller.state === 'waiting') this.enter(caller);
    for (const leg of this.legs.values()) if (leg.state === 'answered') this.atTheDoor(leg);
    await this.settle();
  }

  /** Everything that follows at once has followed; a process that died is started again. */
  async settle(): Promise<void> {
    for (let i = 0; i < 4; i++) await turn();
    if (this.life && !this.life.alive.is) {
      this.life.stop();
      await this.start();
      return;
    }
    for (const { invariant, text } of brokenInvariants(this.loop.view())) this.wrong.push(`${invariant}: ${text}`);
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      this.timers.advance(Math.min(500, left));
      await this.settle();
    }
  }

  // ---------------------------------------------------------------- people

  call(name: string): void {
    const caller: Caller = { name, state: 'waiting', heldBy: 0, member: undefined, hasTalked: false, exits: [] };
    this.callers.set(name, caller);
    this.enter(caller);
  }

  hangUp(name: string): void {
    const caller = this.callers.get(name);
    if (!caller || caller.state === 'gone') return;
    const wasTalking = caller.state === 'talking';
    caller.state = 'gone';
    const leg = [...this.legs.values()].find(({ order, state }) => state === 'bridged' && order.call?.uniqueId === name);
    if (leg) this.endTalk(leg, 'caller');
    else if (!wasTalking && caller.member && caller.heldBy === this.life?.number)
      this.tell({ type: 'caller-left', member: caller.member, cause: 'hangup' });
  }

  agent(id: string, status: 'Available' | 'Logged Out'): void {
    this.tell({ type: 'status-asked', agent: id, status, reason: undefined });
  }

  /** The telephone of the agent is picked up, when it rings. */
  pickUp(agent: string): void {
    const leg = [...this.legs.values()].find(({ order, state }) => state === 'ringing' && order.agent === agent);
    if (!leg) return;
    leg.state = 'answered';
    this.atTheDoor(leg);
  }

  agentHangsUp(agent: string): void {
    const leg = [...this.legs.values()].find(({ order, state }) => state === 'bridged' && order.agent === agent);
    const caller = this.callers.get(leg?.order.call?.uniqueId ?? '');
    if (!leg || !caller) return;
    caller.state = 'gone';
    this.endTalk(leg, 'agent');
  }

  // ---------------------------------------------------------------- the switch

  private tell(event: Parameters<AcdLoop['tell']>[0]): void {
    if (this.life?.alive.is) this.life.loop.tell(event);
  }

  private atTheDoor(leg: Leg): void {
    const { offer } = leg.order;
    if (!this.life?.alive.is) return;
    if (!this.life.loop.orderOf(offer)) {
      this.legs.delete(leg.order.leg);
      return;
    }
    this.tell({ type: 'agent-answered', offer });
    this.tell({ type: 'agent-ready', offer });
  }

  private endTalk(leg: Leg, by: 'caller' | 'agent'): void {
    this.legs.delete(leg.order.leg);
    this.tell({ type: 'call-ended', offer: leg.order.offer, by, cause: 'NORMAL_CLEARING' });
  }

  private enter(caller: Caller): void {
    const { life } = this;
    if (!life?.alive.is) return;
    const call = { switch: pbx, uniqueId: caller.name, channel: `PJSIP/${caller.name}` };
    life.loop
      .ask({ type: 'caller-joined', join: joinOf(caller.name, `m-${caller.name}-${String(life.number)}`, call, this.timers.nowMs()) })
      .then(
        (answer) => {
          if (!answer.ok || !answer.member) this.wrong.push(`${caller.name} was not let in: ${answer.detail}`);
          else if (life.alive.is && caller.state === 'waiting') {
            caller.member = answer.member;
            caller.heldBy = life.number;
            life.loop.attach(answer.member, this.session(caller, life, call));
          } else if (life.alive.is && caller.state === 'gone')
            life.loop.tell({ type: 'caller-left', member: answer.member, cause: 'hangup' });
        },
        (e: unknown) => this.wrong.push(`${caller.name}: ${String(e)}`),
      );
  }

  private session(caller: Caller, life: Life, call: MemberSession['call']): MemberSession {
    const nothing = (): void => undefined;
    return {
      call,
      music: nothing,
      message: nothing,
      announce: nothing,
      prepare: () => Promise.resolve(),
      exit: ({ reason }) => {
        if (!life.alive.is) return;
        caller.exits.push(reason);
        caller.state = 'gone';
      },
    };
  }

  private port(alive: () => boolean): SwitchPort {
    return {
      id: pbx,
      kind: 'asterisk',
      isUp: () => true,
      ring: (order) => {
        if (!alive()) return;
        for (const { order: other } of this.legs.values()) {
          if (other.agent === order.agent) this.wrong.push(`agent ${order.agent} is rung twice`);
          if (other.member === order.member) this.wrong.push(`member ${order.member} is offered twice`);
        }
        if (this.callers.get(order.call?.uniqueId ?? '')?.state !== 'waiting')
          this.wrong.push(`${order.callerNumber} is offered and does not wait`);
        this.legs.set(order.leg, { order, state: 'ringing' });
      },
      cancel: (leg) => {
        if (!alive()) return;
        if (this.legs.get(leg)?.state === 'bridged') this.wrong.push(`a talk was cut: ${leg}`);
        this.legs.delete(leg);
      },
      connect: (order) => {
        if (!alive()) return;
        const leg = this.legs.get(order.leg);
        const caller = this.callers.get(order.call.uniqueId);
        if (leg?.state === 'bridged') return;
        if (!leg || caller?.state !== 'waiting') {
          this.tell({ type: 'offer-failed', offer: order.offer, failure: 'agent-gone', detail: 'test' });
          return;
        }
        leg.state = 'bridged';
        caller.state = 'talking';
        caller.hasTalked = true;
        this.tell({ type: 'connected', offer: order.offer });
      },
      callBack: () => undefined,
      listChannels: () => Promise.resolve(this.channels()),
      transfer: () => Promise.resolve(),
      spy: () => Promise.resolve(),
      leadOn: () => undefined,
      lamp: () => undefined,
    };
  }

  private channels() {
    const bridged = [...this.legs.values()].filter(({ state }) => state === 'bridged');
    const live = [...this.callers.values()].filter(({ state }) => state !== 'gone').map(({ name }) => name);
    return {
      askedAtMs: this.timers.nowMs(),
      uniqueIds: new Set([...live, ...this.legs.keys()]),
      bridged: new Set(bridged.flatMap(({ order }): string[] => [order.leg, ...(order.call ? [order.call.uniqueId] : [])])),
    };
  }

  private async save(batch: Parameters<typeof this.store.save>[0], life: number, die: () => void): Promise<void> {
    if (life !== this.lives) return new Promise(() => undefined);
    this.saves++;
    const dies = this.saves === this.death?.save;
    if (!dies || this.death.when === 'after') await this.store.save(batch, life);
    if (!dies) return;
    die();
    await new Promise(() => undefined);
  }
}

export function joinOf(name: string, member: string, call: Join['call'], answeredAtMs: number): Join {
  return {
    ...plainJoin,
    member: memberId(member),
    queue: 'support',
    call,
    number: name,
    name,
    answeredAtMs,
    rootId: name,
  };
}
