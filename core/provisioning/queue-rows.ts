/** Queues, agents, tiers and callers as rows. A definition is stored as it was written, without key, tiers and PIN. */
import { canonical } from './names.js';
import type { Change, CurrentRows, SecretsOf } from './plan.js';
import type { WantedRow } from './rows.js';
import type { Provisioning } from './schema.js';

export function queueRows(wanted: Provisioning, secrets: SecretsOf): WantedRow[] {
  return [
    ...wanted.queues.map((queue): WantedRow => ({
      table: 'tandem_queues',
      key: { queue_id: queue.id },
      values: { definition: definitionOf(queue) },
    })),
    ...wanted.agents.map((agent): WantedRow => ({
      table: 'tandem_agents',
      key: { agent_id: agent.id },
      values: { definition: definitionOf(agent), ...pinOf(agent.id, secrets) },
    })),
    ...wantedTiers(wanted).map(({ queue, agent, level, position }): WantedRow => ({
      table: 'tandem_tiers',
      key: { queue_id: queue, agent_id: agent },
      values: { level, position },
    })),
    ...wanted.callers.map((caller): WantedRow => ({
      table: 'tandem_callers',
      key: { number: caller.number },
      values: { blocked: caller.blocked ? 1 : 0, base_score_s: caller.base_score_s, agent_id: caller.agent ?? null },
    })),
    ...wanted.pause_reasons.map((reason): WantedRow => ({
      table: 'tandem_pause_reasons',
      key: { code: reason.code },
      values: { text: reason.text ?? reason.code, paid: reason.paid ? 1 : 0, max_s: reason.max_s, max_per_day_s: reason.max_per_day_s },
    })),
    ...Object.entries(wanted.queue_settings ?? {}).map(([name, value]): WantedRow => ({
      table: 'tandem_queue_settings',
      key: { name },
      values: { value: JSON.stringify(value) },
    })),
  ];
}

const keptApart: readonly string[] = ['id', 'tiers', 'pin'];

const definitionOf = (entry: object): string =>
  JSON.stringify(Object.fromEntries(Object.entries(entry).filter(([key]) => !keptApart.includes(key))));

function pinOf(id: string, { pins }: SecretsOf): { readonly pin_hash?: string | null } {
  const pin = pins.get(canonical(id));
  return pin === undefined ? {} : { pin_hash: pin };
}

/** A tier as the file says it: in the section `tiers`, or inside its queue. */
export interface WantedTier {
  readonly queue: string;
  readonly agent: string;
  readonly level: number;
  readonly position: number;
  readonly path: readonly (string | number)[];
}

export function wantedTiers(wanted: Provisioning): WantedTier[] {
  const inside = wanted.queues.flatMap(({ id, tiers = [] }, q) =>
    tiers.map(({ agent, level = 1, position = 1 }, t) => ({ queue: id, agent, level, position, path: ['queues', q, 'tiers', t] })),
  );
  return [...inside, ...wanted.tiers.map((tier, t) => ({ ...tier, path: ['tiers', t] }))];
}

export const tierKey = (queue: string, agent: string): string => `${canonical(queue)} ${canonical(agent)}`;

/** A queue that lists its tiers has these and no others. */
export function droppedTiers(wanted: Provisioning, current: CurrentRows): Change[] {
  const listed = new Set(wanted.queues.flatMap(({ id, tiers }) => (tiers ? [canonical(id)] : [])));
  if (listed.size === 0) return [];
  const kept = new Set(wantedTiers(wanted).map(({ queue, agent }) => tierKey(queue, agent)));
  return (current.tandem_tiers ?? [])
    .map((row) => ({ queue_id: String(row['queue_id']), agent_id: String(row['agent_id']) }))
    .filter((key) => listed.has(canonical(key.queue_id)) && !kept.has(tierKey(key.queue_id, key.agent_id)))
    .map((key): Change => ({ table: 'tandem_tiers', action: 'delete', key, values: {} }));
}

export function removedTiers(wanted: Provisioning, current: CurrentRows): Change[] {
  const gone = new Set(wanted.remove.tiers.map(({ queue, agent }) => tierKey(queue, agent)));
  if (gone.size === 0) return [];
  return (current.tandem_tiers ?? [])
    .map((row) => ({ queue_id: String(row['queue_id']), agent_id: String(row['agent_id']) }))
    .filter((key) => gone.has(tierKey(key.queue_id, key.agent_id)))
    .map((key): Change => ({ table: 'tandem_tiers', action: 'delete', key, values: {} }));
}
