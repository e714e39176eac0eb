/** The agents of a simulated day: who is ready since when, and how long each was busy, ready or away. */
export type AgentState = 'ready' | 'talk' | 'wrap' | 'paused';

export interface Agent {
  readonly id: number;
  state: AgentState;
  since: number;
  wantsPause: boolean;
  /** the end of the work at hand; only for the upper bound */
  readyAt: number;
}

export class Floor {
  readonly agents: readonly Agent[];
  readonly counts = { ready: 0, talk: 0, wrap: 0, paused: 0, out: 0 };
  /** in the order in which they became ready */
  private readonly ready = new Set<Agent>();
  private readonly spent = { ready: 0, talk: 0, wrap: 0, paused: 0 };
  private readonly waits: number[] = [];

  constructor(count: number) {
    this.agents = Array.from({ length: count }, (_, id) => ({ id, state: 'ready' as const, since: 0, wantsPause: false, readyAt: 0 }));
    for (const agent of this.agents) this.ready.add(agent);
    this.counts.ready = count;
  }

  longestReady(): Agent | undefined {
    for (const agent of this.ready) return agent;
    return undefined;
  }

  enter(agent: Agent, state: AgentState, now: number): void {
    this.spent[agent.state] += now - agent.since;
    if (agent.state === 'ready' && state === 'talk') this.waits.push(now - agent.since);
    this.counts[agent.state]--;
    this.counts[state]++;
    if (agent.state === 'ready') this.ready.delete(agent);
    if (state === 'ready') this.ready.add(agent);
    agent.state = state;
    agent.since = now;
  }

  /** After the wrap-up: true when the agent is ready now. */
  free(agent: Agent, now: number): boolean {
    this.enter(agent, agent.wantsPause ? 'paused' : 'ready', now);
    return !agent.wantsPause;
  }

  /** A busy agent goes when the work is done. True when the agent is ready now. */
  wantPause(agent: Agent, wants: boolean, now: number): boolean {
    agent.wantsPause = wants;
    if (wants && agent.state === 'ready') this.enter(agent, 'paused', now);
    else if (!wants && agent.state === 'paused') {
      this.enter(agent, 'ready', now);
      return true;
    }
    return false;
  }

  close(now: number): { busy: number; signedIn: number; waits: number[] } {
    for (const agent of this.agents) this.enter(agent, agent.state, now);
    const busy = this.spent.talk + this.spent.wrap;
    return { busy, signedIn: busy + this.spent.ready, waits: this.waits };
  }
}
