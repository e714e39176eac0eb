/**
 * Rows of all queues and agents, kept up to date from what the news name. How many agents of a queue do what is counted
 * by differences, since an agent may serve each queue. A part of the rest is looked at again with every refresh, so
 * that what changed without news (time, a lost session) is right after `roundsOfAll` refreshes.
 */
import type { AcdState } from '../acd/acd-state.js';
import { agentId, queueId, type AgentId, type QueueId } from '../acd/ids.js';
import type { Today } from '../report-ports.js';
import { agentRow } from './agent-row.js';
import { countOffers, noDoings, queueRow, type DoingCounts } from './queue-row.js';
import type { AgentRow, Doing, QueueRow } from './wire.js';

/** A row with its JSON: made once, sent to many. */
export interface Kept<Row> {
  readonly row: Row;
  readonly json: string;
}

export interface AgentKept extends Kept<AgentRow> {
  /** queues that he serves: whoever sees one of them sees him */
  readonly queues: readonly QueueId[];
  /** without the caller, for those who may not see the call's queue */
  readonly jsonWithoutCall: string;
}

export interface Changed {
  readonly queues: ReadonlySet<QueueId>;
  readonly agents: ReadonlySet<AgentId>;
}

const roundsOfAll = 20;

export class BoardModel {
  readonly queues = new Map<QueueId, Kept<QueueRow>>();
  readonly agents = new Map<AgentId, AgentKept>();
  readonly #today: Today;
  readonly #counts = new Map<QueueId, DoingCounts>();
  #touchedQueues = new Set<QueueId>();
  #touchedAgents = new Set<AgentId>();
  #round = 0;
  #isShapeNew = true;
  /** who serves what has no news of its own */
  #tiers: AcdState['tiers'] | undefined;

  constructor(today: Today) {
    this.#today = today;
  }

  /** The provisioning changed: everything is looked at again. */
  reshape(): void {
    this.#isShapeNew = true;
  }

  touch(queue: string | undefined, agent: string | undefined): void {
    if (queue !== undefined) this.#touchedQueues.add(queueId(queue));
    if (agent !== undefined) this.#touchedAgents.add(agentId(agent));
  }

  /** Brings the rows up to the state; those that were looked at may have changed, or be gone. */
  refresh(state: AcdState, nowMs: number): Changed {
    const [queues, agents] = [this.#touchedQueues, this.#touchedAgents];
    [this.#touchedQueues, this.#touchedAgents] = [new Set(), new Set()];
    if (this.#isShapeNew || this.#tiers !== state.tiers) this.#addAll(state, queues, agents);
    else this.#addPart(queues, agents);
    for (const id of agents) for (const queue of this.#refreshAgent(state, id, nowMs)) queues.add(queue);
    const offers = countOffers(state);
    for (const id of queues) {
      const config = state.queueConfigs.get(id);
      if (config) keep(this.queues, id, queueRow(state, config, { offers, agents: this.#countsOf(id), today: this.#today }));
      else this.queues.delete(id);
    }
    return { queues, agents };
  }

  #addAll(state: AcdState, queues: Set<QueueId>, agents: Set<AgentId>): void {
    this.#isShapeNew = false;
    this.#tiers = state.tiers;
    for (const id of [...this.queues.keys(), ...state.queueConfigs.keys()]) queues.add(id);
    for (const id of [...this.agents.keys(), ...state.agentConfigs.keys()]) agents.add(id);
  }

  #addPart(queues: Set<QueueId>, agents: Set<AgentId>): void {
    this.#round = (this.#round + 1) % roundsOfAll;
    addEach(this.queues.keys(), this.#round, queues);
    addEach(this.agents.keys(), this.#round, agents);
  }

  /** Queues whose counts changed by it. */
  #refreshAgent(state: AcdState, id: AgentId, nowMs: number): readonly QueueId[] {
    const before = this.agents.get(id);
    const [agent, config] = [state.agents.get(id), state.agentConfigs.get(id)];
    if (!agent || !config) {
      this.agents.delete(id);
      return before ? this.#recount(before.queues, before.row.doing, [], undefined) : [];
    }
    const row = agentRow(state, agent, config, this.#today, nowMs);
    const json = JSON.stringify(row);
    const queues = state.servicesOfAgent(id).map(({ queue }) => queue);
    if (before?.json !== json || !isSame(before.queues, queues))
      this.agents.set(id, { row, json, queues, jsonWithoutCall: bare(row, json) });
    if (before?.row.doing === row.doing && isSame(before.queues, queues)) return [];
    return this.#recount(before?.queues ?? [], before?.row.doing, queues, row.doing);
  }

  #recount(from: readonly QueueId[], was: Doing | undefined, to: readonly QueueId[], is: Doing | undefined): readonly QueueId[] {
    if (was !== undefined) for (const queue of from) this.#countsOf(queue)[was]--;
    if (is !== undefined) for (const queue of to) this.#countsOf(queue)[is]++;
    return from === to ? to : [...from, ...to];
  }

  #countsOf(queue: QueueId): DoingCounts {
    let counts = this.#counts.get(queue);
    if (!counts) this.#counts.set(queue, (counts = noDoings()));
    return counts;
  }
}

function keep<Id, Row>(kept: Map<Id, Kept<Row>>, id: Id, row: Row): void {
  const json = JSON.stringify(row);
  if (kept.get(id)?.json !== json) kept.set(id, { row, json });
}

function addEach<Id>(all: Iterable<Id>, first: number, to: Set<Id>): void {
  let i = 0;
  for (const id of all) if (i++ % roundsOfAll === first) to.add(id);
}

const isSame = (a: readonly QueueId[], b: readonly QueueId[]): boolean => a.length === b.length && a.every((id, i) => id === b[i]);

const bare = (row: AgentRow, json: string): string => (row.call ? JSON.stringify({ ...row, call: undefined }) : json);
