/** The queues, agents and tiers that there will be once a file is applied: what is stored, with the file over it. */
import { agentDefinition, queueDefinition, type AgentDefinition, type QueueDefinition } from '../acd/schema.js';
import { canonical } from './names.js';
import type { CurrentRows, Row } from './plan.js';
import { tierKey, wantedTiers } from './queue-rows.js';
import type { Provisioning } from './schema.js';

export interface After<T> {
  readonly id: string;
  readonly definition: T;
  /** its place in the file; undefined: stored before */
  readonly index: number | undefined;
}

export interface QueuesAfter {
  /** by canonical key, each */
  readonly queues: ReadonlyMap<string, After<QueueDefinition>>;
  readonly agents: ReadonlyMap<string, After<AgentDefinition>>;
  readonly tiers: ReadonlyMap<string, { readonly queue: string; readonly agent: string }>;
}

export function queuesAfter(wanted: Provisioning, current: CurrentRows): QueuesAfter {
  const queues = after(current.tandem_queues, 'queue_id', wanted.queues, wanted.remove.queues, (text) =>
    readDefinition(queueDefinition, text),
  );
  const agents = after(current.tandem_agents, 'agent_id', wanted.agents, wanted.remove.agents, (text) =>
    readDefinition(agentDefinition, text),
  );
  return { queues, agents, tiers: tiersAfter(wanted, current, queues, agents) };
}

function after<T>(
  stored: readonly Row[] | undefined,
  column: string,
  entries: readonly (T & { readonly id: string })[],
  removed: readonly string[],
  read: (text: string) => T | undefined,
): Map<string, After<T>> {
  const result = new Map<string, After<T>>();
  const named = new Set(entries.map(({ id }) => canonical(id)));
  for (const row of stored ?? []) {
    const id = String(row[column]);
    if (named.has(canonical(id))) continue;
    const definition = read(String(row['definition']));
    if (definition) result.set(canonical(id), { id, definition, index: undefined });
  }
  for (const [index, entry] of entries.entries()) result.set(canonical(entry.id), { id: entry.id, definition: entry, index });
  for (const id of removed) result.delete(canonical(id));
  return result;
}

/** undefined when somebody has written something else into the table. */
export function readDefinition<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  text: string,
): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // the same as JSON that is no definition
  }
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}

function tiersAfter(
  wanted: Provisioning,
  current: CurrentRows,
  queues: ReadonlyMap<string, unknown>,
  agents: ReadonlyMap<string, unknown>,
) {
  const tiers = new Map<string, { readonly queue: string; readonly agent: string }>();
  const listed = new Set(wanted.queues.flatMap(({ id, tiers: own }) => (own ? [canonical(id)] : [])));
  for (const row of current.tandem_tiers ?? []) {
    const [queue, agent] = [canonical(row['queue_id']), canonical(row['agent_id'])];
    if (!listed.has(queue)) tiers.set(tierKey(queue, agent), { queue, agent });
  }
  for (const { queue, agent } of wantedTiers(wanted))
    tiers.set(tierKey(queue, agent), { queue: canonical(queue), agent: canonical(agent) });
  for (const { queue, agent } of wanted.remove.tiers) tiers.delete(tierKey(queue, agent));
  for (const [key, { queue, agent }] of tiers) if (!queues.has(queue) || !agents.has(agent)) tiers.delete(key);
  return tiers;
}
