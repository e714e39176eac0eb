/** A switch of the dialer's simulated world: calls that ring, are answered or refused, and events that come late, twice or never. */
import type { ArrivalPlan, DialerEvent, DialSwitchEvent, OriginateOrder } from '../../core/dialer/engine-words.js';
import type { AmdVerdict } from '../../core/dialer/words.js';
import type { Random } from '../simulation/random.js';

export interface Faults {
  /** share of events that get lost */
  lost: number;
  doubled: number;
  /** ms */
  lateMax: number;
  /** share of originates whose fate nobody learns */
  unknown: number;
}

export interface WorldCall {
  readonly order: OriginateOrder;
  readonly placedAtMs: number;
  isAnswered: boolean;
  isOver: boolean;
  isWithAgent: boolean;
}

export interface SwitchDeps {
  readonly random: Random;
  readonly faults: Faults;
  readonly nowMs: () => number;
  readonly after: (ms: number, run: () => void) => void;
  /** to the engine that lives now */
  readonly feed: (event: DialerEvent) => void;
  /** an answered call came to its door: what it is to do */
  readonly arrived: (callId: string, amd: AmdVerdict | undefined) => ArrivalPlan | undefined;
  /** it goes to the queue, from where it comes back over `ended` or `left` */
  readonly queued: (call: WorldCall, plan: Extract<ArrivalPlan, { kind: 'queue' }>) => void;
  readonly onPlaced: (call: WorldCall) => void;
  readonly onOver: (call: WorldCall) => void;
}

const refusals = ['USER_BUSY', 'UNALLOCATED_NUMBER', 'CALL_REJECTED', 'NORMAL_TEMPORARY_FAILURE', 'NO_ROUTE_DESTINATION', 'GATEWAY_DOWN'];

export class WorldSwitch {
  readonly calls = new Map<string, WorldCall>();
  isUp = true;
  private readonly d: SwitchDeps;

  constructor(deps: SwitchDeps) {
    this.d = deps;
  }

  live(): ReadonlyMap<string, { readonly isAnswered: boolean }> {
    return new Map([...this.calls].map(([id, { isAnswered }]) => [id, { isAnswered }]));
  }

  originate(order: OriginateOrder): void {
    const { random, faults } = this.d;
    if (!this.isUp) {
      this.d.feed({ type: 'originate-unsent', callId: order.callId, reason: 'link is down' });
      return;
    }
    if (random.chance(faults.unknown)) {
      this.d.feed({ type: 'originate-unknown', callId: order.callId });
      if (random.chance(0.5)) return; // it never came to be
    }
    const call: WorldCall = { order, placedAtMs: this.d.nowMs(), isAnswered: false, isOver: false, isWithAgent: false };
    this.calls.set(order.callId, call);
    this.d.onPlaced(call);
    this.d.after(random.int(1, 50), () => this.ring(call));
  }

  private ring(call: WorldCall): void {
    const { random } = this.d;
    if (random.chance(0.2)) {
      this.over(call, random.pick(refusals), 'unknown');
      return;
    }
    this.tell({ type: 'call-ringing', callId: call.order.callId, atMs: this.d.nowMs() });
    if (random.chance(0.55)) this.d.after(random.int(300, 20_000), () => this.answer(call));
    else if (random.chance(0.3)) this.d.after(random.int(2_000, 15_000), () => this.over(call, 'NO_ANSWER', 'unknown'));
    else this.d.after(call.order.ringTimeoutMs, () => !call.isAnswered && this.over(call, 'NO_ANSWER', 'us'));
  }

  private answer(call: WorldCall): void {
    const { random } = this.d;
    if (call.isOver) return;
    call.isAnswered = true;
    this.tell({ type: 'call-answered', callId: call.order.callId, atMs: this.d.nowMs() });
    if (random.chance(0.1)) this.d.after(random.int(10, 3_000), () => this.over(call, 'NORMAL_CLEARING', 'customer'));
    if (call.order.kind === 'agent-connector') this.bridge(call);
    else if (call.order.kind === 'ivr' && random.chance(0.7)) {
      this.d.after(random.span(15_000), () => this.over(call, 'NORMAL_CLEARING', 'customer'));
    } else this.d.after(random.int(20, call.order.kind === 'ivr' ? 8_000 : 300), () => this.arrive(call));
  }

  /** The connector's extension rings the agent. */
  private bridge(call: WorldCall): void {
    const { random } = this.d;
    this.d.after(random.int(100, 2_000), () => {
      if (call.isOver) return;
      this.tell({ type: 'call-bridged', callId: call.order.callId, atMs: this.d.nowMs(), agent: undefined });
      this.d.after(random.span(30_000), () => this.over(call, 'NORMAL_CLEARING', 'customer'));
    });
  }

  private arrive(call: WorldCall): void {
    const { random } = this.d;
    if (call.isOver) return;
    const isListening = call.order.amd.mode !== 'off';
    const amd: AmdVerdict | undefined = isListening ? random.pick(['HUMAN', 'HUMAN', 'MACHINE', 'NOTSURE', 'FAX']) : undefined;
    const plan = this.d.arrived(call.order.callId, amd);
    if (plan?.kind === 'queue') this.d.queued(call, plan);
    else if (plan?.kind === 'message') this.d.after(random.int(500, plan.maxMs), () => this.over(call, 'NORMAL_CLEARING', 'us'));
    else this.over(call, 'NORMAL_CLEARING', 'us');
  }

  hangUp(callId: string): void {
    const call = this.calls.get(callId);
    if (call && this.isUp) this.d.after(this.d.random.int(5, 100), () => this.over(call, 'NORMAL_CLEARING', 'us'));
  }

  over(call: WorldCall, cause: string, endedBy: 'customer' | 'us' | 'unknown'): void {
    if (call.isOver) return;
    call.isOver = true;
    this.calls.delete(call.order.callId);
    this.d.onOver(call);
    this.tell({
      ...{ type: 'call-ended', callId: call.order.callId, atMs: this.d.nowMs(), cause, q850: undefined, sip: undefined },
      ...{ hadProgress: true, answeredAtMs: undefined, bridgedAtMs: undefined, endedBy, recording: undefined },
    });
  }

  /** Late, twice, or never. */
  private tell(event: DialSwitchEvent): void {
    const { random, faults } = this.d;
    if (!this.isUp || random.chance(faults.lost)) return;
    const times = random.chance(faults.doubled) ? 2 : 1;
    for (let n = 0; n < times; n++) this.d.after(random.int(0, faults.lateMax), () => this.isUp && this.d.feed(event));
  }
}
