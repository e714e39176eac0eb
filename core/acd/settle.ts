/** The end of a change: indexes, deadlines and news follow the state. */
import { agentStateOf } from './agent-state.js';
import type { AgentId, QueueId } from './ids.js';
import type { AgentNews } from './notices.js';
import { agentDueMs, agentPlace, memberDueMs, memberPlace, offerDueMs } from './places.js';
import { endIfBroken } from './reservations.js';
import type { Agent } from './state.js';
import type { World } from './world.js';

/** Brings everything up to date that the changes since the last time concern. Afterwards `memberIndex.dirty` has the classes to match. */
export function settle(w: World): ReadonlySet<QueueId> {
  const attended = w.dirtyAgents.size > 0 ? settleAgents(w) : noQueues;
  for (const queue of attended) settleAttendance(w, queue);
  // also queues whose agents went with the configuration: none of theirs settles any more
  for (const queue of w.entered.items) if (!attended.has(queue)) settleAttendance(w, queue);
  for (const id of w.dirtyMembers.items) {
    const member = w.members.get(id);
    w.memberIndex.place(id, member && memberPlace(w, member));
    w.dues.set('member', id, member && memberDueMs(w, member));
  }
  w.dirtyMembers.clear();
  for (const id of w.dirtyOffers.items) {
    const offer = w.offers.get(id);
    w.dues.set('offer', id, offer && offerDueMs(offer));
  }
  w.dirtyOffers.clear();
  return attended;
}

const noQueues: ReadonlySet<QueueId> = new Set();

/** The queues whose attendance has changed. */
function settleAgents(w: World): ReadonlySet<QueueId> {
  let attended: Set<QueueId> | undefined;
  for (const id of w.dirtyAgents.items) for (const queue of settleAgent(w, id)) (attended ??= new Set()).add(queue);
  w.dirtyAgents.clear();
  return attended ?? noQueues;
}

function settleAgent(w: World, id: AgentId): readonly QueueId[] {
  const agent = w.agents.get(id);
  if (agent) endIfBroken(w, agent);
  const { gained, attended } = w.agentIndex.place(id, agent && agentPlace(w, agent));
  w.dues.set('agent', id, agent && agentDueMs(agent, w.nowMs));
  for (const queue of gained) w.memberIndex.markQueue(queue);
  // callers who want this agent alone are held from now on, or no longer
  if (attended.length > 0) for (const member of w.fond.get(id) ?? []) w.dirtyMembers.add(member);
  if (agent) tellAgent(w, agent);
  else w.agentIndex.told.delete(id);
  return attended;
}

/** Who is there has changed: since when nobody is, and whose waiting time counts for it. */
function settleAttendance(w: World, queue: QueueId): void {
  const runtime = w.queues.get(queue);
  if (!runtime) return;
  const isEmpty = w.agentIndex.counts(queue).loggedIn === 0;
  // the lowest manned level may be another: members wait for other moments, and may be offered to others
  if (w.queueConfigs.get(queue)?.tierRulesApply) w.memberIndex.markQueue(queue);
  if (isEmpty === runtime.emptySinceMs > 0) return;
  runtime.emptySinceMs = isEmpty ? w.nowMs : 0;
  w.changeQueue(queue);
  if (w.queueOf(queue).maxWaitNoAgentMs > 0) for (const id of w.membersOfQueue(queue)) w.dirtyMembers.add(id);
}

function tellAgent(w: World, agent: Agent): void {
  const state = agentStateOf(agent);
  const wrapUpEndsAtMs = agent.phase.kind === 'wrapup' ? agent.phase.endsAtMs : agent.chatWrapUpEndsAtMs;
  const { id, status, pauseReason, device } = agent;
  const told = w.agentIndex.told.get(id);
  if (
    told?.state === state &&
    told.status === status &&
    told.pauseReason === pauseReason &&
    told.wrapUpEndsAtMs === wrapUpEndsAtMs &&
    told.chats === agent.chats.length &&
    told.device === device
  )
    return;
  const news: AgentNews = {
    type: 'agent-changed',
    agent: id,
    status,
    state,
    pauseReason,
    wrapUpEndsAtMs,
    chats: agent.chats.length,
    device,
  };
  w.agentIndex.told.set(id, news);
  w.tell(news);
}
