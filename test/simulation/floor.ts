/** The agents as people: they come, take breaks, extend wrap-ups, telephone with others, and forget things. */
import type { AgentConfig } from '../../core/acd/config.js';
import type { AcdEvent } from '../../core/acd/events.js';
import type { Agent } from '../../core/acd/state.js';
import { agentStatuses, deviceStates } from '../../core/acd/words.js';
import type { Simulation } from './simulation.js';

export class Floor {
  private readonly sim: Simulation;
  private standbyCount = 0;

  constructor(sim: Simulation) {
    this.sim = sim;
  }

  open(): void {
    const { plan } = this.sim;
    for (const { id } of this.sim.config.agents) this.sim.often(plan.moodEveryMs, () => this.mood(id));
    this.sim.often(Math.min(10_000, plan.moodEveryMs), () => this.routine());
    this.routine();
  }

  private config(id: string): AgentConfig | undefined {
    return this.sim.config.agents.find((agent) => agent.id === id);
  }

  /** What a working agent does without a thought: dial in, press ready, come back. */
  private routine(): void {
    const agents = this.sim.engine?.state.agents;
    if (!agents) return;
    for (const agent of [...agents.values()]) {
      if (agent.phase.kind === 'spent') this.sim.feed({ type: 'ready-asked', agent: agent.id });
      else if (this.config(agent.id)?.type === 'uuid-standby' && !agent.standby && agent.status !== 'On Break') this.dialIn(agent);
      else if (agent.status !== 'Available' && this.sim.random.chance(0.3))
        this.ask({ type: 'status-asked', agent: agent.id, status: 'Available', reason: undefined });
    }
  }

  private dialIn(agent: Agent): void {
    const on = this.sim.random.pick(this.sim.switches);
    const uniqueId = `standby-${String(++this.standbyCount)}`;
    const call = { switch: on, uniqueId, channel: `PJSIP/${agent.id}-${uniqueId}` };
    this.sim.lines.standby.set(uniqueId, call);
    this.ask({ type: 'login-asked', agent: agent.id, contact: undefined, standby: call, onDemand: false });
  }

  private ask(event: AcdEvent): void {
    this.sim.feed(event);
  }

  private mood(id: string): void {
    const { random } = this.sim;
    const agent = random.chance(0.1) ? id.toUpperCase() : id;
    const state = [...(this.sim.engine?.state.agents.values() ?? [])].find((a) => a.id === id);
    switch (random.int(0, 11)) {
      case 0:
      case 1:
      case 2:
        this.ask({
          type: 'status-asked',
          agent,
          status: random.pick(agentStatuses),
          reason: random.pick([undefined, 'lunch']),
        });
        return;
      case 3:
        this.ask({
          type: 'login-asked',
          agent,
          contact: random.chance(0.3) ? `PJSIP/${id}-home` : undefined,
          standby: undefined,
          onDemand: random.chance(0.3),
        });
        return;
      case 4:
        this.ask({ type: 'wrapup-end-asked', agent });
        return;
      case 5:
        this.ask({ type: 'wrapup-extend-asked', agent, byMs: random.int(1, 200) * 1000 });
        return;
      case 6:
        this.ask({ type: 'ready-asked', agent });
        return;
      case 7:
        this.telephone(id);
        return;
      case 8:
        this.device(id);
        return;
      case 9:
        if (state?.standby) {
          const leg = this.sim.lines.closeStandby(state.standby.uniqueId);
          if (leg) this.sim.phones.hangUp(leg.id);
          this.sim.report({ type: 'standby-ended', agent: state.id, call: state.standby });
        }
        return;
      case 10:
        this.ask({ type: 'ready-time-asked', agent, atMs: this.sim.nowMs + random.int(-5, 30) * 1000 });
        return;
      default:
    }
  }

  /** A private or outbound call of the agent, seen by the switch. */
  private telephone(id: string): void {
    const agent = this.config(id)?.id;
    if (agent === undefined) return;
    this.sim.report({ type: 'external-calls-changed', agent, count: this.sim.random.int(1, 2) });
    const over = (): void => void this.sim.feed({ type: 'external-calls-changed', agent, count: 0 });
    this.sim.later(this.sim.random.int(1_000, 40_000), over);
  }

  private device(id: string): void {
    const agent = this.config(id)?.id;
    if (agent === undefined) return;
    this.sim.report({ type: 'device-changed', agent, device: this.sim.random.pick(deviceStates) });
    this.sim.later(this.sim.random.int(1_000, 40_000), () => this.sim.feed({ type: 'device-changed', agent, device: 'idle' }));
  }
}
