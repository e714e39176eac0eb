/** Wishes of supervisors and of an external dispatcher. Refusals of the dispatcher are worded as in opensips-call-center 10. */
import { agentHold } from './availability.js';
import { done, refused, unknown } from './answers.js';
import type { AcdEvent, Answer } from './events.js';
import { rankWith } from './entering.js';
import { exitMember, moveMember } from './exits.js';
import { memberId } from './ids.js';
import { fits, wantsNow } from './needs.js';
import { isReachable } from './matching.js';
import { makeOffer } from './offers.js';
import { isConnecting, isWaiting, waitedMs } from './places.js';
import type { Member } from './state.js';
import { isLoggedIn } from './words.js';
import { canonical, type World } from './world.js';

type Wish<T extends AcdEvent['type']> = Extract<AcdEvent, { type: T }>;

export function dispatchingAsked(w: World, { isOn }: Wish<'dispatching-asked'>): Answer {
  if (w.system.isDispatching === isOn) return done('unchanged');
  w.system.isDispatching = isOn;
  w.changes.isSystemChanged = true;
  for (const member of w.members.values()) if (member.phase.kind === 'waiting') w.dirtyMembers.add(member.id);
  w.tell({ type: 'dispatching-changed', isOn });
  return done();
}

/** The estimate by OpenSIPS's formula is 0 until the next talk; the samples of ours stay. */
export function averagesResetAsked(w: World): Answer {
  for (const queue of w.queues.values()) {
    if (queue.talkCount === 0) continue;
    queue.talkMeanS = queue.talkCount = 0;
    w.changeQueue(queue.id);
  }
  return done();
}

/** The checks in the reference's order, with its texts. */
export function dispatchAsked(w: World, wish: Wish<'dispatch-asked'>): Answer {
  if (w.system.isDispatching) return refused('TDM_CONFLICT', 'Internal dispatching is enabled');
  const config = w.agentNamed(wish.agent);
  if (!config) return refused('TDM_NOT_FOUND', 'Agent not found');
  const agent = w.agentOf(config.id);
  if (!isLoggedIn(agent.status)) return refused('TDM_NOT_FOUND', 'Agent not logged in');
  const member = w.members.get(memberId(wish.member));
  const isThere = member?.presence.kind === 'here' || member?.presence.kind === 'message';
  if (member?.phase.kind !== 'waiting' || !isThere) return refused('TDM_NOT_FOUND', 'Call not found');
  if (member.call && w.switchesDown.has(member.call.switch)) return refused('TDM_CONFLICT', 'The switch of the call is down');
  const service = w.servicesOfQueue(member.queue).get(agent.id);
  if (!service || !fits(config.skills, wantsNow(member.needs, waitedMs(member, w.nowMs))))
    return refused('TDM_REFUSED', 'Agent has no skill for the call');
  if (agentHold(agent, config, member.media, w.nowMs) !== undefined || !isReachable(w, member, agent.id))
    return refused('TDM_REFUSED', `Agent is not free/${member.media} enabled`);
  if (member.offers.length > 0) return refused('TDM_NOT_FOUND', 'Call not in queue any more');
  const offer = makeOffer(w, member, service, 'dispatcher');
  return done(offer.id);
}

function withWaiting(w: World, id: string, work: (member: Member) => Answer): Answer {
  const member = w.members.get(memberId(id));
  if (!member) return unknown('member', id);
  if (!isWaiting(member)) return refused('TDM_CONFLICT', `member ${id} does not wait any more`);
  return work(member);
}

/** Nobody is taken away while the switch connects him: that takes moments, and ends in a talk or in further waiting. */
function withMovable(w: World, id: string, work: (member: Member) => Answer): Answer {
  return withWaiting(w, id, (member) =>
    isConnecting(w, member) ? refused('TDM_CONFLICT', `member ${id} is being connected to an agent`) : work(member),
  );
}

export function withdrawAsked(w: World, wish: Wish<'withdraw-asked'>): Answer {
  return withMovable(w, wish.member, (member) => {
    exitMember(w, member, { reason: wish.reason });
    return done();
  });
}

export function moveAsked(w: World, wish: Wish<'move-asked'>): Answer {
  const queue = w.queueNamed(wish.queue);
  if (!queue) return unknown('queue', wish.queue);
  if (w.queueRuntime(queue.id).isDraining) return refused('TDM_CONFLICT', `queue ${queue.id} is being removed`);
  return withMovable(w, wish.member, (member) => {
    if (member.queue === queue.id) return refused('TDM_CONFLICT', `member ${member.id} is in queue ${queue.id}`);
    moveMember(w, member, queue.id, wish.keepWaiting, 'transferred');
    return done();
  });
}

export function priorityAsked(w: World, wish: Wish<'priority-asked'>): Answer {
  const { priority, baseScoreS } = wish;
  const isPriority = priority === undefined || (Number.isInteger(priority) && priority >= 0 && priority <= 4_294_967_295);
  const isScore = baseScoreS === undefined || (Number.isInteger(baseScoreS) && Math.abs(baseScoreS) <= 1_000_000_000);
  if (!isPriority || !isScore) return refused('TDM_BAD_VALUE', 'priority or base score');
  return withWaiting(w, wish.member, (member) => {
    if (priority !== undefined) member.ownPriority = member.priority = priority;
    if (baseScoreS !== undefined) member.baseScoreS = baseScoreS;
    member.rank = rankWith(w, member, w.queueOf(member.queue));
    w.changeMember(member);
    return done();
  });
}

export function typeAsked(w: World, name: string): Answer {
  return w.agentNames.has(canonical(name)) ? refused('TDM_CONFLICT', 'the type of an agent is provisioned') : unknown('agent', name);
}
