/** The life of an offer: made, taken back, failed, answered, connected, over. Member and agent always change in the same step. */
import type { Service } from './acd-state.js';
import { agentAfterTalk, agentReleased, restAfter } from './agent-phases.js';
import { decide } from './decisions.js';
import { isDialled } from './dialled.js';
import { learnTalk } from './estimate.js';
import type { EndedBy } from './events.js';
import { memberFacts, offerFacts } from './facts.js';
import type { MemberFacts, OfferFacts } from './facts.js';
import { legId, legPrefix, offerId, switchId } from './ids.js';
import type { OfferId } from './ids.js';
import { isMessage } from './messages.js';
import { triesOf } from './order.js';
import { endReservation } from './reservations.js';
import { recordOffer } from './segments.js';
import type { OfferOutcome } from './records.js';
import { connectOrder, ringOrder } from './ring-order.js';
import type { Agent, Member, Offer } from './state.js';
import { takesCalls } from './words.js';
import type { CancelReason, OfferFailure } from './words.js';
import type { World } from './world.js';
import { finishVisit } from './exits.js';

/** The switch ends the ringing by itself; this much later we believe it has not. */
const ringGraceMs = 3_000;
/** Announcements to the agent take no longer. */
const announcementMsMax = 60_000;
/** Two agents may be added no faster than this in ring-progressively (0 acts as 10 s there). */
const progressiveMs = 10_000;

export function makeOffer(w: World, member: Member, service: Service, by?: 'dispatcher' | 'person' | 'reservation'): Offer {
  const agent = w.agentOf(service.agent);
  const config = w.configOf(service.agent);
  const queue = w.queueOf(member.queue);
  const id = offerId(`${w.instance}-${w.nextSerial().toString(36)}`);
  const isStandby = config.type === 'uuid-standby' && member.media === 'audio';
  const ringMs = config.ringMs ?? queue.ringMs ?? w.settings.ringMs;
  const offer: Offer = {
    id,
    member: member.id,
    agent: agent.id,
    queue: member.queue,
    media: member.media,
    // a message is heard where its file is
    switch: isMessage(member) ? (member.homeSwitch ?? switchId('')) : switchId(config.switch ?? member.call?.switch ?? ''),
    leg: legId(legPrefix + id),
    startedAtMs: w.nowMs,
    ringMs,
    level: service.level,
    position: service.position,
    standby: isStandby ? agent.standby : undefined,
    isOrdered: by === 'dispatcher' || by === 'person',
    // written out, since each offer is made here: a spread in a literal costs as much as the rest of it
    isPickUp: by === 'person' ? true : undefined,
    isAwaited: by === 'reservation' ? true : undefined,
    origin: member.origin,
    phase: { kind: 'ringing', deadlineMs: w.nowMs + ringMs + ringGraceMs },
  };
  decide(w, member, offer);
  w.offers.set(id, offer);
  member.offers.push(id);
  member.offersMade++;
  // a pick-up has no place in the order of the agents
  if (!offer.isPickUp) member.lastTier = { level: service.level, position: service.position };
  if (queue.strategy === 'ring-progressively' && !offer.isPickUp)
    member.nextRingAtMs = w.nowMs + (queue.ringProgressivelyDelayMs || progressiveMs);
  takeAgent(w, agent, offer);
  w.changeMember(member);
  w.changeOffer(offer);
  const order = ringOrder(w, offer);
  if (order) w.order({ type: 'ring', order });
  const [caller, facts] = [memberFacts(member), offerFacts(offer)];
  w.tell({ type: 'offer-made', offer: id, member: member.id, agent: agent.id, queue: offer.queue, caller, facts });
  return offer;
}

type OfferNews<Caller> = Pick<Offer, 'agent' | 'queue'> & {
  readonly offer: OfferId;
  readonly member: Member['id'];
  readonly caller: Caller;
  readonly facts: OfferFacts;
};

/** What every piece of news about an offer says; those of every call write it out, since a spread costs more than all of it. */
export function newsOf(offer: Offer, member: Member): OfferNews<MemberFacts>;
export function newsOf(offer: Offer, member: Member | undefined): OfferNews<MemberFacts | undefined>;
export function newsOf(offer: Offer, member: Member | undefined): OfferNews<MemberFacts | undefined> {
  const { id, agent, queue } = offer;
  return { offer: id, member: offer.member, agent, queue, caller: member && memberFacts(member), facts: offerFacts(offer) };
}

function takeAgent(w: World, agent: Agent, offer: Offer): void {
  endReservation(w, agent, 'inbound');
  agent.lastOfferedMs = w.nowMs;
  agent.isOnDemandCall = agent.status === 'Available (On Demand)';
  if (offer.media === 'chat') agent.chats.push(offer.id);
  else agent.phase = { kind: 'offered', offer: offer.id };
  // round-robin goes on behind the queue's most recently offered agent, whatever queue made the offer; a pick-up is out of turn
  for (const { queue, level, position } of offer.isPickUp ? [] : w.servicesOfAgent(agent.id)) {
    if (w.queueOf(queue).strategy !== 'round-robin') continue;
    w.queueRuntime(queue).lastTier = { level, position };
    w.changeQueue(queue);
  }
  w.changeAgent(agent);
}

/** Takes the offer out of member and state, with its record; the agent is the caller's to settle. */
function endOffer(w: World, offer: Offer, outcome: OfferOutcome, by: EndedBy, detail: string): Member | undefined {
  recordOffer(w, offer, { outcome, by, detail });
  const member = w.members.get(offer.member);
  if (member) {
    member.offers = member.offers.filter((id) => id !== offer.id);
    w.changeMember(member);
  }
  w.removeOffer(offer);
  return member;
}

/** Take an offer back; no blame, no rest. */
export function cancelOffer(w: World, offer: Offer, reason: CancelReason): void {
  w.order({ type: 'cancel-ring', offer: offer.id, leg: offer.leg, switch: offer.switch, reason });
  const member = endOffer(w, offer, reason, 'unknown', '');
  agentReleased(w, offer);
  w.tell({ type: 'offer-cancelled', ...newsOf(offer, member), reason });
}

export function cancelOffers(w: World, member: Member, reason: CancelReason, except?: Offer): void {
  for (const id of [...member.offers]) {
    const offer = w.offers.get(id);
    if (offer && offer !== except) cancelOffer(w, offer, reason);
  }
}

/** freeswitch-callcenter 7.2: pause, count and limit by kind of failure; the member goes on waiting in its place. */
export function failOffer(w: World, offer: Offer, failure: OfferFailure, detail: string): void {
  if (offer.isPickUp) {
    failPickUp(w, offer, failure);
    return;
  }
  const member = endOffer(w, offer, failure, 'unknown', detail);
  if (member && failure !== 'switch-failed') {
    member.tried[offer.agent] = triesOf(member, offer.agent) + 1;
    member.rejections++;
  }
  restAfter(w, offer, failure);
  takeBackChats(w, offer.agent);
  w.tell({ type: 'offer-failed', ...newsOf(offer, member), failure, detail });
}

/** Was asked for by hand: counts against nobody, and as nothing missed. The caller was in his place all the time. */
function failPickUp(w: World, offer: Offer, failure: OfferFailure): void {
  const member = endOffer(w, offer, 'taken-back', 'unknown', `pick-up: ${failure}`);
  restAfter(w, offer, failure);
  w.tell({ type: 'offer-cancelled', ...newsOf(offer, member), reason: 'taken-back' });
}

/** A limit that was reached may have ended the agent's readiness: nothing else rings on. */
function takeBackChats(w: World, id: Offer['agent']): void {
  const agent = w.agentOf(id);
  if (takesCalls(agent.status)) return;
  for (const chat of [...agent.chats]) {
    const offer = w.offers.get(chat);
    if (offer?.phase.kind === 'ringing') cancelOffer(w, offer, 'agent-status');
  }
}

export function answered(w: World, offer: Offer): void {
  if (offer.phase.kind !== 'ringing') return;
  if (offer.media === 'chat') {
    connected(w, offer); // accepted is connected: there is no leg to prepare
    return;
  }
  const queue = w.queueOf(offer.queue);
  const order = ringOrder(w, offer);
  const spokenMs = (order?.announcements.length ? announcementMsMax : 0) + (queue.confirmKey === '' ? 0 : queue.confirmMs);
  offer.phase = { kind: 'answered', atMs: w.nowMs, deadlineMs: w.nowMs + w.settings.connectMsMax + spokenMs };
  w.changeOffer(offer);
  const member = w.memberOf(offer.member);
  w.changeMember(member);
  // first to answer wins; where a key must be pressed, first to press it
  if (queue.confirmKey === '') cancelOffers(w, member, 'answered-elsewhere', offer);
}

export function ready(w: World, offer: Offer): void {
  if (offer.phase.kind === 'ringing') answered(w, offer);
  if (offer.phase.kind !== 'answered') return;
  const member = w.memberOf(offer.member);
  cancelOffers(w, member, 'answered-elsewhere', offer);
  if (isMessage(member)) {
    connected(w, offer); // the leg goes on with it by itself
    return;
  }
  offer.phase = { kind: 'connecting', answeredAtMs: offer.phase.atMs, deadlineMs: w.nowMs + w.settings.connectMsMax, isChecked: false };
  w.changeOffer(offer);
  w.changeMember(member);
  const order = connectOrder(w, offer);
  if (order) w.order({ type: 'connect', order });
}

export function connected(w: World, offer: Offer): void {
  const { phase } = offer;
  if (phase.kind === 'talking') return;
  const member = w.memberOf(offer.member);
  cancelOffers(w, member, 'answered-elsewhere', offer);
  const answeredAtMs = phase.kind === 'answered' ? phase.atMs : phase.kind === 'connecting' ? phase.answeredAtMs : w.nowMs;
  offer.phase = { kind: 'talking', answeredAtMs, connectedAtMs: w.nowMs };
  member.phase = { kind: 'talking', offer: offer.id, sinceMs: w.nowMs };
  if (member.presence.kind !== 'here' && !isMessage(member)) member.presence = { kind: 'here' };
  const agent = w.agentOf(offer.agent);
  agent.callsAnswered++;
  agent.noAnswerCount = agent.rejectedCount = agent.busyCount = agent.notRegisteredCount = 0;
  agent.lastBridgeStartMs = w.nowMs;
  if (offer.media === 'audio') agent.phase = { kind: 'talking', offer: offer.id, sinceMs: w.nowMs };
  if (!isDialled(member)) {
    w.queueRuntime(offer.queue).callsAnswered++;
    w.changeQueue(offer.queue);
  }
  w.changeAgent(agent);
  w.changeOffer(offer);
  w.changeMember(member);
  tellStart(w, offer, member);
}

function tellStart(w: World, offer: Offer, member: Member): void {
  const { id, agent, queue, leg } = offer;
  const [caller, facts] = [memberFacts(member), offerFacts(offer)];
  w.tell({ type: 'talk-started', offer: id, member: member.id, agent, queue, caller, facts, leg, waitedMs: w.nowMs - member.enteredAtMs });
}

/** The agent's part is over: wrap-up begins at once, whatever becomes of the caller (user-needs 28). */
export function endTalk(w: World, offer: Offer, by: EndedBy, cause: string, outcome: OfferOutcome = 'talked'): void {
  if (offer.phase.kind !== 'talking') return;
  const { connectedAtMs } = offer.phase;
  const talkMs = w.nowMs - connectedAtMs;
  const member = endOffer(w, offer, outcome, by, cause);
  const agent = w.agentOf(offer.agent);
  agent.lastBridgeEndMs = w.nowMs;
  agent.talkMs += talkMs;
  const wrapUpMs = agentAfterTalk(w, agent, offer);
  if (member) w.rememberTalk(member.number, agent.id);
  // what callers are told of their wait goes by talks with callers
  if (!isDialled(offer)) {
    learnTalk(w.queueRuntime(offer.queue), w.nowMs, talkMs, wrapUpMs);
    w.changeQueue(offer.queue);
  }
  const [caller, facts] = [member && memberFacts(member), offerFacts(offer)];
  w.tell({
    type: 'talk-ended',
    offer: offer.id,
    member: offer.member,
    agent: offer.agent,
    queue: offer.queue,
    caller,
    facts,
    talkMs,
    by,
    cause,
  });
  if (member)
    finishVisit(w, member, { reason: 'answered', detail: by === 'transfer' ? 'transfer' : '', offer, waitEndedAtMs: connectedAtMs });
}
