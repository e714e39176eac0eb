/** A report about agents while it is being made, day by day. */
import { addAgentTally, agentFigures, agentTallies, sumAgentTallies } from './agent-figures.js';
import type { AgentFigures, AgentTally, AgentWork } from './agent-figures.js';
import type { Interval } from './calendar.js';
import { reportRowsMax, tooManyRows } from './queue-table.js';

export interface AgentRow extends Interval, AgentFigures {
  readonly agent: string;
}

export interface AgentReport {
  /** by interval, then by agent; intervals in which an agent did nothing and was not there are left out */
  readonly items: readonly AgentRow[];
  /** of the whole time, by agent */
  readonly totals: readonly ({ readonly agent: string } & AgentFigures)[];
  readonly all: AgentFigures;
}

export class AgentTable {
  readonly #isWanted: (agent: string) => boolean;
  readonly #items: AgentRow[] = [];
  readonly #totals = new Map<string, AgentTally>();

  constructor(isWanted: (agent: string) => boolean) {
    this.#isWanted = isWanted;
  }

  /** What he did in these intervals, which come once each. */
  add(agent: string, work: AgentWork, intervals: readonly Interval[]): void {
    if (!this.#isWanted(agent)) return;
    for (const [index, tally] of agentTallies(work, intervals).entries()) {
      const interval = intervals[index];
      if (!tally || !interval) continue;
      if (this.#items.length >= reportRowsMax) throw tooManyRows();
      this.#items.push({ fromMs: interval.fromMs, toMs: interval.toMs, agent, ...agentFigures(tally) });
      const total = this.#totals.get(agent);
      if (total) addAgentTally(total, tally);
      else this.#totals.set(agent, { ...tally });
    }
  }

  report(): AgentReport {
    const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    return {
      items: this.#items.sort((a, b) => a.fromMs - b.fromMs || byName(a.agent, b.agent)),
      totals: [...this.#totals].sort(([a], [b]) => byName(a, b)).map(([agent, tally]) => ({ agent, ...agentFigures(tally) })),
      all: agentFigures(sumAgentTallies(this.#totals.values())),
    };
  }
}
