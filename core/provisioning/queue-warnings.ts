/** What is allowed and looks like a mistake: nobody would be called, and nothing would say why. One line each. */
import { asteriskContactProblem } from '../dial-string-asterisk.js';
import { freeswitchContactProblem } from '../dial-string-freeswitch.js';
import { canonical } from './names.js';
import type { CurrentRows } from './plan.js';
import { queuesAfter, type QueuesAfter } from './queues-after.js';
import type { Provisioning } from './schema.js';

/** More lines than this nobody reads. */
export const warningsMax = 50;

export function queueWarnings(wanted: Provisioning, current: CurrentRows): readonly string[] {
  if (!isAboutQueues(wanted)) return [];
  const after = queuesAfter(wanted, current);
  const lines = [
    ...skillWarnings(after),
    ...serviceWarnings(after),
    ...contactWarnings(after),
    ...dialWarnings(after),
    ...dissuadingWarnings(after),
  ];
  const more = lines.length - warningsMax;
  return more > 0 ? [...lines.slice(0, warningsMax), `and ${String(more)} more`] : lines;
}

function isAboutQueues({ queues, agents, tiers, remove }: Provisioning): boolean {
  return [queues, agents, tiers, remove.queues, remove.agents, remove.tiers].some((list) => list.length > 0);
}

function* skillWarnings({ queues, agents }: QueuesAfter): Generator<string> {
  const best = new Map<string, number>();
  for (const { definition } of agents.values())
    for (const [skill, level] of Object.entries(definition.skills ?? {})) best.set(skill, Math.max(level, best.get(skill) ?? 0));
  for (const { id, definition } of queues.values())
    for (const { skill, level = 1, required = true } of definition.skills ?? []) {
      if ((best.get(skill) ?? 0) >= level) continue;
      yield `queue "${id}" ${required ? 'wants' : 'prefers'} skill "${skill}"${level > 1 ? ` of level ${String(level)}` : ''}, which no agent has`;
    }
}

function* serviceWarnings({ queues, tiers }: QueuesAfter): Generator<string> {
  const served = new Set([...tiers.values()].map(({ queue }) => queue));
  for (const { id, definition } of queues.values())
    if (!served.has(canonical(id)) && !definition.served_by_skill)
      yield `queue "${id}" has no agents: no tier, and it is not served by skill`;
}

function* contactWarnings({ agents }: QueuesAfter): Generator<string> {
  for (const { id, definition } of agents.values())
    if (definition.type !== 'uuid-standby' && !definition.contact && !definition.contact_freeswitch && !definition.chat_address)
      yield `agent "${id}" has neither contact nor chat address: he is called only where he logs in from`;
}

/** A contact that neither switch can dial; each has its own words, so one that understands it is enough. */
function* dialWarnings({ agents }: QueuesAfter): Generator<string> {
  for (const { id, definition } of agents.values()) {
    const { contact, contact_freeswitch: other } = definition;
    if (contact && asteriskContactProblem(contact) !== undefined) {
      const problem = freeswitchContactProblem(contact);
      if (problem !== undefined) yield `agent "${id}": contact "${contact}" can be dialled by no switch: ${problem}`;
    }
    const problem = other && freeswitchContactProblem(other);
    if (problem) yield `agent "${id}": contact_freeswitch "${other}": ${problem}`;
  }
}

function* dissuadingWarnings({ queues }: QueuesAfter): Generator<string> {
  for (const { id, definition } of queues.values()) {
    const { message, on_hold_s = 0, ewt_s = 0, queue_size = 0 } = definition.dissuading ?? {};
    if (!message && on_hold_s + ewt_s + queue_size > 0)
      yield `queue "${id}" has a dissuading threshold and no dissuading message, so it does nothing`;
  }
}
