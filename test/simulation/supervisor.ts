/** Supervisors, dialers, external dispatchers and operators: orders that may make sense or not. */
import type { AcdEvent } from '../../core/acd/events.js';
import { changeConfig, callerNumber } from './plan-config.js';
import type { Simulation } from './simulation.js';

export class Supervisor {
  private readonly sim: Simulation;

  constructor(sim: Simulation) {
    this.sim = sim;
  }

  open(): void {
    const { plan } = this.sim;
    this.sim.often(plan.supervisorEveryMs, () => this.order());
    this.sim.often(plan.reloadEveryMs, () => this.reload());
  }

  private reload(): void {
    this.sim.config = changeConfig(this.sim.config, this.sim.plan, this.sim.random);
    this.sim.feed({ type: 'configured', config: this.sim.config });
  }

  private anyMember(): string {
    const ids = [...(this.sim.engine?.state.members.keys() ?? [])];
    return ids.length === 0 || this.sim.random.chance(0.05) ? 'nobody' : this.sim.random.pick(ids);
  }

  private anyAgent(): string {
    return this.sim.random.chance(0.05) ? 'nobody' : this.sim.random.pick(this.sim.config.agents).id;
  }

  private anyQueue(): string {
    return this.sim.random.chance(0.05) ? 'nowhere' : this.sim.random.pick(this.sim.config.queues).id;
  }

  private order(): void {
    const event = this.draw();
    this.sim.feed(event);
    if (event.type === 'dispatching-asked' && !event.isOn) this.dispatchOutside();
    if (event.type === 'reserve-asked' && this.sim.random.chance(0.5))
      this.sim.later(5_000, () => this.sim.feed({ type: 'unreserve-asked', by: event.by }));
  }

  private draw(): AcdEvent {
    const { random } = this.sim;
    const member = this.anyMember();
    const agent = this.anyAgent();
    switch (random.int(0, 10)) {
      case 0:
        return { type: 'withdraw-asked', member, reason: random.pick(['withdrawn', 'closed', 'timeout', 'error'] as const) };
      case 1:
      case 2:
        return { type: 'move-asked', member, queue: this.anyQueue(), keepWaiting: random.chance(0.7) };
      case 3:
        return { type: 'priority-asked', member, priority: random.pick([undefined, 0, 300]), baseScoreS: random.pick([undefined, 500]) };
      case 4:
        return { type: 'release-asked', agent, by: 'supervisor' };
      case 5:
        return this.reservation(agent);
      case 6:
        return { type: 'dispatching-asked', isOn: false };
      case 7:
        return { type: 'dispatch-asked', member, agent };
      case 8:
        return { type: 'callback-asked', member: member as never, number: callerNumber(random.int(20, 40)) };
      case 9:
        return { type: 'pick-up-asked', member, agent };
      default:
        return { type: 'type-asked', agent, agentType: random.pick(['callback', 'callback', 'uuid-standby']) };
    }
  }

  /** Long ones of a named agent are bare: kept away from calls, whatever his telephone does. No draw of its own, so that days stay. */
  private reservation(agent: string): AcdEvent {
    const { random, nowMs } = this.sim;
    const whom = random.chance(0.5) ? { agent } : { queue: this.anyQueue() };
    const by = `key-${String(random.int(1, 4))}`;
    const lengthS = random.int(-1, 30);
    return {
      ...{ type: 'reserve-asked', ...whom, by, untilMs: nowMs + lengthS * 1000 },
      ...(random.chance(0.5) && { isSoft: random.chance(0.7) }),
      ...('agent' in whom && lengthS > 15 && { isBare: true }),
    };
  }

  /** Somebody else decides for a while, badly; then the engine again. */
  private dispatchOutside(): void {
    const { random } = this.sim;
    for (let n = 0; n < 6; n++)
      this.sim.later(random.int(1, 15_000), () =>
        this.sim.feed({ type: 'dispatch-asked', member: this.anyMember(), agent: this.anyAgent() }),
      );
    const isOn = (): void => {
      // the order itself may be lost with the process: it is given again
      if (this.sim.feed({ type: 'dispatching-asked', isOn: true }) === undefined) this.sim.later(1_000, isOn);
    };
    this.sim.later(random.int(1_000, 20_000), isOn);
  }
}
