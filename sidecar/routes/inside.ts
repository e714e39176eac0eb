/**
 * Names as the one who asks may use them: what is outside of his queues is not found when he reads (404), and refused
 * when he changes (403). What nobody knows is not found in either case.
 */
import type { AcdState } from '../../core/acd/acd-state.js';
import type { AgentConfig, QueueConfig } from '../../core/acd/config.js';
import type { Member } from '../../core/acd/state.js';
import type { AgentView } from '../../core/acd/views.js';
import { TandemError } from '../../core/errors.js';
import { isOwn, refuse, seesAgent, seesQueue, type Principal } from './permission.js';
import { agentOf, memberOf, queueOf } from './request.js';

export type Purpose = 'read' | 'change';

const notFound = (what: string, id: string): TandemError => new TandemError('TDM_NOT_FOUND', [what, id.slice(0, 100)]);

function outside(principal: Principal, purpose: Purpose, what: string, id: string): never {
  if (purpose === 'change') refuse(principal, `${what.toLowerCase()} ${id}`);
  throw notFound(what, id);
}

export function queueFor(principal: Principal, state: AcdState, name: string, purpose: Purpose = 'read'): QueueConfig {
  const queue = queueOf(state, name);
  if (principal.ownOnly) {
    const own = ownAgent(principal, state);
    if (!own || !state.servicesOfQueue(queue.id).has(own.id)) outside(principal, purpose, 'Queue', queue.id);
  } else if (!seesQueue(principal, queue.id)) outside(principal, purpose, 'Queue', queue.id);
  return queue;
}

export function agentFor(principal: Principal, state: AcdState, name: string, purpose: Purpose = 'read'): AgentConfig {
  const agent = agentOf(state, name);
  if (!seesAgent(principal, state, agent.id)) outside(principal, purpose, 'Agent', agent.id);
  return agent;
}

/** A caller of his queues; with `tandem_agent` alone one to whom his agent talks or is offered, or who is kept for him. */
export function memberFor(principal: Principal, state: AcdState, id: string, purpose: Purpose = 'read'): Member {
  const member = memberOf(state, id);
  const sees = principal.ownOnly ? isOwnMember(principal, state, member) : seesQueue(principal, member.queue);
  if (!sees) outside(principal, purpose, 'Member', member.id);
  return member;
}

export function isOwnMember(principal: Principal, state: AcdState, member: Member): boolean {
  if (isOwnCallback(principal, member)) return true;
  const offers = member.phase.kind === 'talking' ? [member.phase.offer] : member.offers;
  return offers.some((id) => isOwn(principal, state.offers.get(id)?.agent ?? ''));
}

/** Callbacks that are kept for the agent. */
export const isOwnCallback = (principal: Principal, { presence, stickyAgent }: Member): boolean =>
  presence.kind === 'callback' && stickyAgent !== undefined && isOwn(principal, stickyAgent);

/** The agent that the user is; undefined when he is none, or one that is no longer provisioned. */
export function ownAgent(principal: Principal, state: AcdState): AgentConfig | undefined {
  try {
    return principal.agent === undefined ? undefined : agentOf(state, principal.agent);
  } catch {
    return undefined;
  }
}

/** Without the queues that are not his. */
export function agentSeenBy(principal: Principal, view: AgentView): AgentView {
  if (principal.queues === undefined || isOwn(principal, view.id)) return view;
  const isInside = ({ queue }: { readonly queue: string }): boolean => seesQueue(principal, queue);
  return { ...view, offers: view.offers.filter(isInside), queues: view.queues.filter(isInside) };
}
