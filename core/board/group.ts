/** Viewers with the same rights: what they were shown, and the one message that brings all of them up to date. */
import type { AgentId, QueueId } from '../acd/ids.js';
import type { AgentKept, BoardModel, Changed } from './model.js';

export type QueueRights = ReadonlySet<string> | undefined;

/** The same text for the same rights. */
export const rightsKey = (queues: QueueRights): string => (queues === undefined ? '*' : JSON.stringify([...queues].sort()));

export class BoardGroup {
  readonly #rights: QueueRights;
  readonly #model: BoardModel;
  readonly #queues = new Map<QueueId, string>();
  readonly #agents = new Map<AgentId, string>();
  #version = 0;

  constructor(rights: QueueRights, model: BoardModel) {
    this.#rights = rights;
    this.#model = model;
    for (const id of model.queues.keys()) setOrDelete(this.#queues, id, this.#queueJson(id));
    for (const id of model.agents.keys()) setOrDelete(this.#agents, id, this.#agentJson(id));
  }

  /** `BoardSnapshot` as it was told last. */
  snapshot(nowMs: number): string {
    return `{"version":${String(this.#version)},"atMs":${String(nowMs)},"queues":[${[...this.#queues.values()].join(',')}],"agents":[${[...this.#agents.values()].join(',')}]}`;
  }

  /** `BoardDiff`; undefined when nothing that these viewers see has changed. */
  diff({ queues, agents }: Changed, nowMs: number): string | undefined {
    const changedQueues = update(this.#queues, queues, (id) => this.#queueJson(id));
    const changedAgents = update(this.#agents, agents, (id) => this.#agentJson(id));
    if (!changedQueues && !changedAgents) return undefined;
    this.#version++;
    const [queueRows, goneQueues] = changedQueues ?? ['', '[]'];
    const [agentRows, goneAgents] = changedAgents ?? ['', '[]'];
    return `{"version":${String(this.#version)},"atMs":${String(nowMs)},"queues":[${queueRows}],"agents":[${agentRows}],"goneQueues":${goneQueues},"goneAgents":${goneAgents}}`;
  }

  #queueJson(id: QueueId): string | undefined {
    return this.#sees(id) ? this.#model.queues.get(id)?.json : undefined;
  }

  #agentJson(id: AgentId): string | undefined {
    const kept = this.#model.agents.get(id);
    if (!kept || !this.#seesAgent(kept)) return undefined;
    return kept.row.call && !this.#sees(kept.row.call.queue) ? kept.jsonWithoutCall : kept.json;
  }

  #sees(queue: string): boolean {
    return this.#rights?.has(queue.toLowerCase()) ?? true;
  }

  #seesAgent({ queues }: AgentKept): boolean {
    return this.#rights === undefined || queues.some((queue) => this.#sees(queue));
  }
}

function setOrDelete<Id>(shown: Map<Id, string>, id: Id, json: string | undefined): void {
  if (json === undefined) shown.delete(id);
  else shown.set(id, json);
}

/** Rows that differ from what was shown, and ids that are gone, both as JSON; undefined when there are none. */
function update<Id>(shown: Map<Id, string>, ids: Iterable<Id>, jsonOf: (id: Id) => string | undefined): [string, string] | undefined {
  const rows: string[] = [];
  const gone: Id[] = [];
  for (const id of ids) {
    const json = jsonOf(id);
    if (json === shown.get(id)) continue;
    if (json === undefined) gone.push(id);
    else rows.push(json);
    setOrDelete(shown, id, json);
  }
  return rows.length + gone.length === 0 ? undefined : [rows.join(','), JSON.stringify(gone)];
}
