/**
 * The baseline "plain scan-all engine": on each event it sorts all callers and looks for each through all agents, as
 * an engine without indexes does. It knows one queue order and one strategy, no timers, no records.
 */
interface Caller {
  readonly id: number;
  readonly queue: number;
  readonly joinedAtMs: number;
  agent: Agent | undefined;
}

interface Agent {
  readonly id: number;
  readonly queues: readonly number[];
  freeSinceMs: number;
  isFree: boolean;
}

export class ScanAllEngine {
  readonly callers = new Set<Caller>();
  private readonly agents: Agent[];
  private count = 0;

  constructor(agents: number, queues: number) {
    this.agents = Array.from({ length: agents }, (_, id) => ({
      id,
      queues: [id % queues, (id + 7) % queues, (id + 14) % queues],
      freeSinceMs: 0,
      isFree: true,
    }));
  }

  join(queue: number, nowMs: number): Caller[] {
    this.callers.add({ id: ++this.count, queue, joinedAtMs: nowMs, agent: undefined });
    return this.match();
  }

  end(caller: Caller, nowMs: number): Caller[] {
    this.callers.delete(caller);
    if (caller.agent) Object.assign(caller.agent, { isFree: true, freeSinceMs: nowMs });
    return this.match();
  }

  private match(): Caller[] {
    const matched: Caller[] = [];
    const waiting = [...this.callers].filter(({ agent }) => !agent).sort((a, b) => a.joinedAtMs - b.joinedAtMs || a.id - b.id);
    for (const caller of waiting) {
      const free = this.agents.filter(({ isFree, queues }) => isFree && queues.includes(caller.queue));
      const [first] = free.sort((a, b) => a.freeSinceMs - b.freeSinceMs || a.id - b.id);
      if (!first) continue;
      first.isFree = false;
      caller.agent = first;
      matched.push(caller);
    }
    return matched;
  }
}
