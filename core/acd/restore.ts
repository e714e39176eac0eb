/** From the stored rows to a running state: callers are away until they come back, talks stand until the switch says otherwise (B5). */
import type { StoredAcd } from '../acd-ports.js';
import { afterClockBack } from './clock-back.js';
import { rankAgain } from './configure.js';
import { finishVisit } from './exits.js';
import { beginHold } from './return-hold.js';
import type { Agent, Member, Offer } from './state.js';
import { recordOffer, recordVisit } from './segments.js';
import { pauseAgain } from './pauses.js';
import { isWaiting } from './places.js';
import type { World } from './world.js';

/** The configuration is in place; indexes follow at the first settle. */
export function restore(w: World, asStored: StoredAcd): void {
  const stored = afterClockBack(w, asStored);
  if (stored.system) w.system = { ...stored.system };
  for (const { number, agent, atMs } of stored.lastTalks ?? []) w.rememberTalk(number, agent, Math.min(atMs, w.nowMs));
  for (const queue of stored.queues)
    if (w.queueConfigs.has(queue.id)) w.queues.set(queue.id, queue);
    else w.changes.queues.add(queue.id);
  for (const agent of stored.agents)
    if (w.agentConfigs.has(agent.id)) {
      w.agents.set(agent.id, agent);
      // the idle order is a serial, at logins a negative one
      w.system.serial = Math.max(w.system.serial, Math.abs(agent.idleOrder));
      restoreKey(w, agent);
    } else w.changes.agents.add(agent.id);
  for (const member of stored.members) restoreMember(w, member);
  for (const offer of stored.offers) w.offers.set(offer.id, offer);
  mend(w);
  for (const member of w.members.values()) {
    if (isWaiting(member)) rankAgain(w, member);
    w.dirtyMembers.add(member.id);
  }
  for (const agent of w.agents.values()) {
    pauseAgain(w, agent);
    w.dirtyAgents.add(agent.id);
  }
}

/** Rows of before may share a key: each agent has one of his own then. */
function restoreKey(w: World, agent: Agent): void {
  const { phase } = agent;
  if (phase.kind !== 'reserved') return;
  const by = w.reservations.has(phase.by) ? `${phase.by}:${agent.id}` : phase.by;
  if (by !== phase.by) {
    agent.phase = { ...phase, by };
    w.changeAgent(agent);
  }
  w.reservations.set(by, agent.id);
}

function restoreMember(w: World, member: Member): void {
  w.members.set(member.id, member);
  w.rememberFond(member);
  w.system.serial = Math.max(w.system.serial, member.serial);
  if (member.call) w.memberIndex.byCall.set(member.call, member.id);
  if (member.phase.kind === 'abandoned') {
    // JSON has no Infinity
    member.presence = { kind: 'away', untilMs: Infinity };
    w.memberIndex.rememberNumber(member);
  } else if (member.presence.kind === 'callback' || member.presence.kind === 'message') w.memberIndex.rememberNumber(member);
  else if (member.media === 'audio' && isWaiting(member)) {
    member.presence = { kind: 'away', untilMs: w.nowMs + w.settings.attachGraceMs };
    w.changeMember(member);
    if (w.heldUntilMs === 0) beginHold(w);
  }
}

/** Rows that do not fit together any more (a queue or agent was removed while we were away) are closed, with a record. */
function mend(w: World): void {
  for (const offer of [...w.offers.values()]) {
    const member = w.members.get(offer.member);
    const agent = w.agents.get(offer.agent);
    const isWhole = member && agent && w.queueConfigs.has(offer.queue) && w.queues.has(offer.queue);
    if (!isWhole) {
      recordOffer(w, offer, { outcome: 'lost', by: 'unknown', detail: 'agent or queue removed while away' });
      w.removeOffer(offer);
      if (member) mendOffered(w, member, offer);
      w.tell({ type: 'repaired', what: 'offer', id: offer.id, reason: 'agent or queue removed while away' });
      continue;
    }
    if (offer.phase.kind !== 'talking')
      offer.phase = { ...offer.phase, deadlineMs: Math.max(offer.phase.deadlineMs, w.nowMs + w.settings.connectMsMax) };
    w.changeOffer(offer);
  }
  for (const agent of w.agents.values()) mendAgent(w, agent.id);
  for (const member of [...w.members.values()]) mendMember(w, member);
}

/** A talk whose agent or queue has gone was a talk all the same. */
function mendOffered(w: World, member: Member, offer: Offer): void {
  member.offers = member.offers.filter((id) => id !== offer.id);
  w.changeMember(member);
  if (offer.phase.kind !== 'talking' || !w.queueConfigs.has(member.queue)) return;
  finishVisit(w, member, { reason: 'answered', detail: 'found over', offer, waitEndedAtMs: offer.phase.connectedAtMs });
}

function mendAgent(w: World, id: Parameters<World['agentOf']>[0]): void {
  const agent = w.agentOf(id);
  const { phase } = agent;
  const isOrphan = (phase.kind === 'offered' || phase.kind === 'talking') && !w.offers.has(phase.offer);
  const chats = agent.chats.filter((offer) => w.offers.has(offer));
  if (!isOrphan && chats.length === agent.chats.length) return;
  if (isOrphan) agent.phase = { kind: 'idle' };
  agent.chats = chats;
  w.changeAgent(agent);
  w.tell({ type: 'repaired', what: 'agent', id, reason: 'its call was not stored' });
}

function mendMember(w: World, member: Member): void {
  const { phase } = member;
  if (w.queueConfigs.has(member.queue) && w.queues.has(member.queue)) {
    if (phase.kind === 'talking' && !w.offers.has(phase.offer))
      finishVisit(w, member, { reason: 'lost', detail: 'its talk was not stored', offer: undefined, waitEndedAtMs: phase.sinceMs });
    return;
  }
  if (member.phase.kind !== 'abandoned')
    recordVisit(w, member, {
      reason: 'queue-removed',
      detail: 'while away',
      offer: undefined,
      waitEndedAtMs: phase.kind === 'talking' ? phase.sinceMs : w.nowMs,
    });
  w.memberIndex.forgetNumber(member);
  w.removeMember(member);
  w.tell({ type: 'repaired', what: 'member', id: member.id, reason: 'its queue was removed while away' });
}
