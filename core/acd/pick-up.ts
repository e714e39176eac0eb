/**
 * A person takes one caller to his own telephone (B34). He needs no tier and no status that takes calls, so that a
 * supervisor can help out; whoever is rung for the caller is let go. Only a free hand and a telephone count. When
 * he does not answer, the caller was in his place all the time, and nothing is counted against anybody.
 */
import { done, refused, unknown } from './answers.js';
import type { Service } from './acd-state.js';
import { handsHold } from './availability.js';
import type { AcdEvent, Answer } from './events.js';
import { memberId } from './ids.js';
import { isReachable } from './matching.js';
import { cancelOffers, makeOffer } from './offers.js';
import { isConnecting } from './places.js';
import type { World } from './world.js';

export function pickUpAsked(w: World, wish: Extract<AcdEvent, { type: 'pick-up-asked' }>): Answer {
  const config = w.agentNamed(wish.agent);
  if (!config) return unknown('agent', wish.agent);
  const member = w.members.get(memberId(wish.member));
  if (!member) return unknown('member', wish.member);
  if (member.phase.kind !== 'waiting' || member.presence.kind !== 'here' || member.media !== 'audio')
    return refused('TDM_CONFLICT', `member ${member.id} is no caller who waits`);
  if (isConnecting(w, member)) return refused('TDM_CONFLICT', `member ${member.id} is being connected to an agent`);
  if (member.call && w.switchesDown.has(member.call.switch)) return refused('TDM_CONFLICT', 'the switch of the call is down');
  const agent = w.agentOf(config.id);
  const hold = handsHold(agent, config, w.nowMs);
  if (hold !== undefined || !isReachable(w, member, agent.id))
    return refused('TDM_CONFLICT', `agent ${agent.id} cannot be rung: ${hold ?? 'his telephone is on another switch'}`);
  cancelOffers(w, member, 'taken-back');
  const service: Service = { queue: member.queue, agent: agent.id, level: 1, position: 1, bySkill: false };
  return done(makeOffer(w, member, w.servicesOfQueue(member.queue).get(agent.id) ?? service, 'person').id);
}
