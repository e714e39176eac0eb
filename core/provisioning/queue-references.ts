/** Queues of a file: what they name must exist, chains of overflow must end, and numbers must fit each other. */
import { canonical } from './names.js';
import type { CurrentRows } from './plan.js';
import { wantedTiers } from './queue-rows.js';
import { queuesAfter, type QueuesAfter } from './queues-after.js';
import type { Provisioning, SchemaProblem } from './schema.js';

export function checkQueueReferences(wanted: Provisioning, current: CurrentRows): readonly SchemaProblem[] {
  const after = queuesAfter(wanted, current);
  return [
    ...tierProblems(wanted, after),
    ...overflowProblems(wanted, after),
    ...wanted.queues.flatMap((queue, i) => queueProblems(queue, ['queues', i])),
    ...wanted.callers.flatMap(({ agent }, i) =>
      agent === undefined || after.agents.has(canonical(agent))
        ? []
        : [{ path: ['callers', i, 'agent'], message: `agent "${agent}" is unknown` }],
    ),
    ...settingsProblems(wanted, current),
  ];
}

function tierProblems(wanted: Provisioning, after: QueuesAfter): SchemaProblem[] {
  return wantedTiers(wanted).flatMap(({ queue, agent, path }) => [
    ...(after.queues.has(canonical(queue)) ? [] : [{ path: [...path, 'queue'], message: `queue "${queue}" is unknown` }]),
    ...(after.agents.has(canonical(agent)) ? [] : [{ path: [...path, 'agent'], message: `agent "${agent}" is unknown` }]),
  ]);
}

/** Queues to which this one overflows, by canonical key, with the place of each rule. */
function targets(
  queue: Provisioning['queues'][number] | QueuesAfterDefinition,
): readonly { readonly to: string; readonly name: string; readonly rule: number }[] {
  return (queue.overflow ?? []).flatMap(({ to }, rule) =>
    typeof to === 'object' && 'queue' in to ? [{ to: canonical(to.queue), name: to.queue, rule }] : [],
  );
}

type QueuesAfterDefinition = QueuesAfter['queues'] extends ReadonlyMap<string, { readonly definition: infer D }> ? D : never;

function overflowProblems(wanted: Provisioning, after: QueuesAfter): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  for (const [key, { id, definition, index }] of after.queues)
    for (const { to, name, rule } of targets(definition)) {
      const path = index === undefined ? removalPath(wanted, to) : ['queues', index, 'overflow', rule, 'to'];
      if (path === undefined) continue; // stored before, and not the matter of this file
      if (!after.queues.has(to))
        problems.push({ path, message: index === undefined ? `queue "${id}" overflows to it` : `queue "${name}" is unknown` });
      else if (index !== undefined && reaches(after, to, key))
        problems.push({ path, message: `callers would go round in a circle: "${name}" leads back to "${id}"` });
    }
  return problems;
}

function removalPath(wanted: Provisioning, queue: string): readonly (string | number)[] | undefined {
  const i = wanted.remove.queues.findIndex((name) => canonical(name) === queue);
  return i < 0 ? undefined : ['remove', 'queues', i];
}

function reaches(after: QueuesAfter, from: string, wanted: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (key === wanted) return true;
    if (seen.has(key)) continue;
    seen.add(key);
    const queue = after.queues.get(key);
    if (queue) open.push(...targets(queue.definition).map(({ to }) => to));
  }
  return false;
}

function queueProblems(queue: Provisioning['queues'][number], path: readonly (string | number)[]): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const key = queue.callback?.key;
  if (key && queue.exit_keys?.includes(key)) problems.push({ path: [...path, 'callback', 'key'], message: `"${key}" is an exit key too` });
  for (const [i, rule] of (queue.overflow ?? []).entries())
    if ((rule.on === 'waited' || rule.on === 'ewt') && !rule.after_s)
      problems.push({ path: [...path, 'overflow', i], message: `"${rule.on}" needs after_s` });
  for (const [i, need] of (queue.skills ?? []).entries()) {
    let level = need.level ?? 1;
    let afterS = -1;
    for (const [s, step] of (need.relax ?? []).entries()) {
      const place = [...path, 'skills', i, 'relax', s];
      if (step.level >= level) problems.push({ path: place, message: `must ask for less than ${String(level)}` });
      if (step.after_s <= afterS) problems.push({ path: place, message: 'must come after the step before it' });
      ({ level, after_s: afterS } = step);
    }
  }
  return problems;
}

function settingsProblems(wanted: Provisioning, current: CurrentRows): SchemaProblem[] {
  const own = wanted.queue_settings;
  if (own?.wrap_up_s === undefined && own?.wrap_up_max_s === undefined) return [];
  const stored = (name: string): number | undefined => {
    const row = (current.tandem_queue_settings ?? []).find((r) => r['name'] === name);
    return row && !wanted.remove.queue_settings.includes(name) ? Number(row['value']) : undefined;
  };
  const [wrapUpS, maxS] = [own.wrap_up_s ?? stored('wrap_up_s'), own.wrap_up_max_s ?? stored('wrap_up_max_s')];
  if (wrapUpS === undefined || maxS === undefined || wrapUpS <= maxS) return [];
  return [{ path: ['queue_settings', 'wrap_up_s'], message: `is more than wrap_up_max_s (${String(maxS)})` }];
}
