/**
 * Configuration as a difference (B21): nobody is logged out by a reload, nobody loses the place. A removed queue lets
 * its callers go by its own overflow rule and ends with its last talk; a removed agent ends with the last call.
 */
import type { Service } from './acd-state.js';
import { changeStatus } from './agents.js';
import type { AcdConfig, AgentConfig, QueueConfig } from './config.js';
import { leaveFor } from './exits.js';
import type { AgentId, QueueId } from './ids.js';
import { fits, wantsNow } from './needs.js';
import { isWaiting } from './places.js';
import { pauseAgain } from './pauses.js';
import { recordStay, recordWrapUp } from './segments.js';
import type { Agent, Member, QueueRuntime } from './state.js';
import { rankWith } from './entering.js';
import { canonical, type World } from './world.js';

export function configure(w: World, config: AcdConfig): void {
  w.settings = config.settings;
  w.callers = new Map(config.callers.map((caller) => [caller.number, caller]));
  w.pauseReasons = new Map((config.pauseReasons ?? []).map((reason) => [canonical(reason.code), reason]));
  const [queues, agents] = [new Set(config.queues.map(({ id }) => id)), new Set(config.agents.map(({ id }) => id))];
  const goneQueues = [...w.queueConfigs.keys()].filter((id) => !queues.has(id));
  const goneAgents = [...w.agentConfigs.keys()].filter((id) => !agents.has(id));
  for (const queue of config.queues) setQueue(w, queue);
  for (const agent of config.agents) setAgent(w, agent);
  w.tiers = config.tiers;
  for (const id of goneAgents) w.leavingAgents.add(id);
  serve(w);
  for (const id of goneAgents) removeAgent(w, id);
  for (const id of goneQueues) drainQueue(w, id);
  for (const agent of w.agents.values()) {
    pauseAgain(w, agent);
    w.dirtyAgents.add(agent.id);
  }
  // a new rule, or tiers that went, may have left callers with nobody
  for (const id of w.queueConfigs.keys()) {
    w.entered.add(id);
    // other rules for the same places: whoever waits is looked at again
    w.memberIndex.markQueue(id);
  }
  for (const member of w.members.values()) {
    if (isWaiting(member)) rankAgain(w, member);
    w.dirtyMembers.add(member.id);
  }
}

/** The step of priorities, or the queue's base score, may be another now. */
export function rankAgain(w: World, member: Member): void {
  const rank = rankWith(w, member, w.queueOf(member.queue));
  if (rank === member.rank) return;
  member.rank = rank;
  w.changeMember(member);
}

function setQueue(w: World, queue: QueueConfig): void {
  const before = w.queueConfigs.get(queue.id);
  w.queueConfigs.set(queue.id, queue);
  w.queueNames.set(canonical(queue.id), queue.id);
  const runtime = w.queues.get(queue.id);
  if (!runtime) w.queues.set(queue.id, newQueue(queue.id));
  else if (runtime.isDraining) {
    runtime.isDraining = false;
    w.drainingQueues.delete(queue.id);
  } else if (before && JSON.stringify(before) === JSON.stringify(queue)) return;
  w.changeQueue(queue.id);
  w.tell({ type: 'queue-changed', queue: queue.id, change: before ? 'changed' : 'added' });
}

function newQueue(id: QueueId): QueueRuntime {
  return {
    id,
    lastTier: undefined,
    handled: [],
    talkMeanS: 0,
    talkCount: 0,
    callsAnswered: 0,
    callsAbandoned: 0,
    // a queue that never had agents counts as empty since 1970 (freeswitch-callcenter 8.4)
    emptySinceMs: 1,
    isDraining: false,
  };
}

function setAgent(w: World, config: AgentConfig): void {
  const before = w.agentConfigs.get(config.id);
  w.agentConfigs.set(config.id, config);
  w.agentNames.set(canonical(config.id), config.id);
  w.leavingAgents.delete(config.id);
  const agent = w.agents.get(config.id);
  if (!agent) {
    const created = newAgent(w, config);
    w.agents.set(config.id, created);
    w.changeAgent(created);
  }
  if (!before) w.tell({ type: 'agent-configured', agent: config.id, change: 'added' });
  else if (!sameAgent(before, config)) w.tell({ type: 'agent-configured', agent: config.id, change: 'changed' });
}

const sameAgent = (a: AgentConfig, b: AgentConfig): boolean =>
  JSON.stringify({ ...a, skills: [...a.skills] }) === JSON.stringify({ ...b, skills: [...b.skills] });

function newAgent(w: World, config: AgentConfig): Agent {
  return {
    id: config.id,
    status: config.initialStatus,
    statusSinceMs: w.nowMs,
    pauseReason: undefined,
    phase: { kind: 'idle' },
    standby: undefined,
    contactOverride: undefined,
    device: 'unknown',
    deviceSinceMs: w.nowMs,
    externalCalls: 0,
    chats: [],
    chatWrapUpEndsAtMs: 0,
    lastBridgeStartMs: 0,
    lastBridgeEndMs: 0,
    lastOfferedMs: 0,
    idleOrder: w.nextSerial(),
    noAnswerCount: 0,
    rejectedCount: 0,
    busyCount: 0,
    notRegisteredCount: 0,
    callsAnswered: 0,
    talkMs: 0,
    readyAtMs: 0,
    isOnDemandCall: false,
  };
}

/** Who serves what: by tier, or by having the skills that a queue requires (O20). */
function serve(w: World): void {
  w.services.clear();
  w.serving.clear();
  w.attendants.clear();
  for (const { queue, agent, level, position } of w.tiers) addService(w, { queue, agent, level, position, bySkill: false });
  for (const queue of w.queueConfigs.values()) {
    if (!queue.servedBySkill) continue;
    const wants = wantsNow(queue.skills, 0);
    for (const config of w.agentConfigs.values())
      if (fits(config.skills, wants)) addService(w, { queue: queue.id, agent: config.id, level: 1, position: 1, bySkill: true });
  }
  for (const id of w.queueConfigs.keys()) {
    const levels = new Set([...(w.serving.get(id)?.values() ?? [])].map(({ level }) => level));
    w.levels.set(
      id,
      [...levels].sort((a, b) => a - b),
    );
  }
}

function addService(w: World, service: Service): void {
  if (!w.queueConfigs.has(service.queue) || !w.agentConfigs.has(service.agent)) return;
  if (w.leavingAgents.has(service.agent)) return; // has a last call to end
  let serving = w.serving.get(service.queue);
  if (!serving) w.serving.set(service.queue, (serving = new Map<AgentId, Service>()));
  if (serving.has(service.agent)) return; // a tier counts before a skill
  serving.set(service.agent, service);
  const services = w.services.get(service.agent);
  if (services) services.push(service);
  else w.services.set(service.agent, [service]);
}

function removeAgent(w: World, id: AgentId): void {
  const agent = w.agents.get(id);
  if (!agent) return;
  changeStatus(w, agent, 'Logged Out', 'removed');
  w.tell({ type: 'agent-configured', agent: id, change: 'removed' });
}

function drainQueue(w: World, id: QueueId): void {
  const runtime = w.queueRuntime(id);
  if (runtime.isDraining) return;
  runtime.isDraining = true;
  w.drainingQueues.add(id);
  w.changeQueue(id);
  w.tell({ type: 'queue-changed', queue: id, change: 'draining' });
  for (const member of [...w.members.values()])
    if (member.queue === id && isWaiting(member)) leaveFor(w, member, 'queue-removed', 'queue-removed');
}

/** Removed things whose last call is over go for good. Call at the end of each step. */
export function finishRemovals(w: World): void {
  if (w.leavingAgents.size + w.drainingQueues.size === 0) return;
  let isAny = false;
  for (const id of w.leavingAgents) {
    const agent = w.agents.get(id);
    if (agent && isBusy(agent)) continue;
    if (agent) {
      recordStay(w, agent);
      recordWrapUp(w, agent);
    }
    w.leavingAgents.delete(id);
    w.agents.delete(id);
    w.changes.agents.add(id);
    w.dirtyAgents.add(id);
    w.agentConfigs.delete(id);
    w.agentNames.delete(canonical(id));
    isAny = true;
  }
  for (const id of w.drainingQueues)
    if (!isInUse(w, id)) {
      removeQueue(w, id);
      isAny = true;
    }
  if (isAny) serve(w);
}

const isBusy = ({ phase, chats }: Agent): boolean => phase.kind === 'talking' || phase.kind === 'offered' || chats.length > 0;

function isInUse(w: World, id: QueueId): boolean {
  for (const offer of w.offers.values()) if (offer.queue === id) return true;
  return w.membersOfQueue(id).size > 0;
}

function removeQueue(w: World, id: QueueId): void {
  // abandoned ones that nobody will take up again
  for (const member of [...w.members.values()]) if (member.queue === id) w.removeMember(member);
  const served = [...w.servicesOfQueue(id).keys()];
  w.queues.delete(id);
  w.queueConfigs.delete(id);
  w.queueNames.delete(canonical(id));
  w.levels.delete(id);
  w.drainingQueues.delete(id);
  w.changes.queues.add(id);
  served.forEach((agent) => w.dirtyAgents.add(agent));
  w.tell({ type: 'queue-changed', queue: id, change: 'removed' });
}
