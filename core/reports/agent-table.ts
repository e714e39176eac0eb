/** A report about agents while it is being made, day by day. */
import { addAgentTally, agentFigures, agentTallies, sumAgentTallies } from './agent-figures.js';
import type { AgentFigures, AgentTally, AgentWork } from './agent-figures.js';
import type { Interval } from './calendar.js';
import { reportRowsMax, rowsPerTurn, tooManyRows } from './queue-table.js';

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
  /** by the beginning of the interval */
  readonly #items = new Map<number, AgentRow[]>();
  #rows = 0;
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
      if (++this.#rows > reportRowsMax) throw tooManyRows();
      const { fromMs, toMs } = interval;
      let rows = this.#items.get(fromMs);
      if (!rows) this.#items.set(fromMs, (rows = []));
      rows.push({ fromMs, toMs, agent, ...agentFigures(tally) });
      const total = this.#totals.get(agent);
      if (total) addAgentTally(total, tally);
      else this.#totals.set(agent, { ...tally });
    }
  }

  /** Sorted interval by interval; `turn`: others have their turn after each `rowsPerTurn` rows. */
  async report(turn: () => Promise<void>): Promise<AgentReport> {
    const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    const items: AgentRow[] = [];
    let told = 0;
    for (const [, rows] of [...this.#items].sort(([a], [b]) => a - b)) {
      for (const row of rows.sort((a, b) => byName(a.agent, b.agent))) items.push(row);
      if (items.length - told < rowsPerTurn) continue;
      told = items.length;
      await turn();
    }
    const totals: AgentReport['totals'][number][] = [];
    for (const [agent, tally] of [...this.#totals].sort(([a], [b]) => byName(a, b))) {
      totals.push({ agent, ...agentFigures(tally) });
      if (totals.length % rowsPerTurn === 0) await turn();
    }
    return { items, totals, all: agentFigures(sumAgentTallies(this.#totals.values())) };
  }
}
