/** The order behind an offer, worked out from the state: the same when it is made and after a restart. */
import type { AcdState } from './acd-state.js';
import { contactOf } from './availability.js';
import type { ConnectOrder, RingOrder } from './effects.js';
import type { OfferId } from './ids.js';
import { waitedMs } from './places.js';
import type { Offer } from './state.js';

/** undefined when the offer is over. */
export function ringOrderOf(state: AcdState, id: OfferId): RingOrder | undefined {
  const offer = state.offers.get(id);
  return offer && ringOrder(state, offer);
}

export function ringOrder(state: AcdState, offer: Offer): RingOrder | undefined {
  const member = state.members.get(offer.member);
  const agent = state.agents.get(offer.agent);
  const config = state.agentConfigs.get(offer.agent);
  const queue = state.queueConfigs.get(offer.queue);
  if (!member || !agent || !config || !queue) return undefined;
  // the queue's is a word of its own (opensips-call-center 4.3), the call's stands as it was given (cc_outbound_cid_name_prefix)
  const prefix = member.callerIdPrefix ?? (queue.callerIdPrefix ? `${queue.callerIdPrefix} ` : '');
  const name = member.name === '' ? member.number : member.name;
  return {
    offer: offer.id,
    leg: offer.leg,
    switch: offer.switch,
    media: offer.media,
    queue: offer.queue,
    agent: offer.agent,
    agentName: config.name,
    contact: (offer.media === 'chat' ? config.chatAddress : contactOf(agent, config)) ?? '',
    contactFreeswitch: agent.contactOverride ?? config.contactFreeswitch,
    standby: offer.standby,
    ringMs: offer.ringMs,
    member: member.id,
    call: member.call,
    callerNumber: member.number,
    callerName: prefix + name,
    joinedAtMs: member.joinedAtMs,
    announcements: member.agentAnnouncements ?? queue.agentAnnouncements,
    confirmKey: queue.confirmKey,
    confirmMs: queue.confirmMs,
    language: member.language ?? queue.language,
    variables: member.variables,
    leadId: member.leadId,
    message: member.presence.kind === 'message' ? member.presence.file : undefined,
  };
}

/** undefined when the caller's channel is not known: a chat, or gone. */
export function connectOrder(state: AcdState, offer: Offer): ConnectOrder | undefined {
  const member = state.members.get(offer.member);
  const config = state.agentConfigs.get(offer.agent);
  const queue = state.queueConfigs.get(offer.queue);
  if (!member?.call || !config || !queue) return undefined;
  return {
    offer: offer.id,
    leg: offer.leg,
    switch: offer.switch,
    queue: offer.queue,
    agent: offer.agent,
    agentName: config.name,
    member: member.id,
    call: member.call,
    isStandby: offer.standby !== undefined,
    waitedMs: offer.phase.kind === 'connecting' ? waitedMs(member, offer.phase.answeredAtMs) : undefined,
    recordTemplate: queue.recordTemplate,
    hangUpAfterTalk: queue.hangUpAfterTalk,
  };
}
