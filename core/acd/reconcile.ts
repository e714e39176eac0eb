/**
 * Compare what we believe with the channels that live on a switch; what is gone is closed, with news that say so
 * (user-needs 1, 2, 5, 8, 10). Things younger than the question are left alone: their channel may be newer than the list.
 */
import type { AcdEvent } from './events.js';
import { exitMember } from './exits.js';
import { callText, callbackLegPrefix, legId, legPrefix } from './ids.js';
import { answered, cancelOffers, connected, endTalk, failOffer } from './offers.js';
import { isConnecting, isWaiting } from './places.js';
import { callbackFailed } from './callbacks.js';
import type { Member, Offer } from './state.js';
import type { World } from './world.js';

type Listed = Extract<AcdEvent, { type: 'channels-listed' }>;

/** Between our order and the channel that shows up in a list. */
const youngMs = 3_000;

export function channelsListed(w: World, listed: Listed): void {
  const known = new Set<string>();
  for (const offer of [...w.offers.values()]) {
    if (offer.media !== 'audio' || offer.switch !== listed.switch) continue;
    known.add(offer.leg);
    if (w.offers.has(offer.id)) checkOffer(w, offer, listed);
  }
  for (const member of [...w.members.values()]) {
    const { presence } = member;
    if (presence.kind === 'callback' && presence.step.kind === 'dialling') known.add(presence.step.leg);
    if (w.members.has(member.id)) checkMember(w, member, listed);
  }
  for (const id of listed.uniqueIds)
    if (id.startsWith(legPrefix) && !known.has(id) && !listed.bridged.has(id) && isStale(id, w)) {
      w.order({ type: 'hang-up-leg', switch: listed.switch, leg: legId(id), reason: 'stale' });
      w.tell({ type: 'repaired', what: 'leg', id, reason: 'nobody knows it' });
    }
}

/**
 * Legs of this process that are over are being hung up already. A called-back caller who has left the queue is in a mailbox,
 * or at the next desk: his channel has the name of his leg, and is none of ours any more.
 */
function isStale(id: string, w: World): boolean {
  if (id.startsWith(callbackLegPrefix)) return false;
  for (const member of w.members.values()) if (member.call?.uniqueId === id) return false;
  return true;
}

function checkOffer(w: World, offer: Offer, { askedAtMs, uniqueIds, bridged }: Listed): void {
  if (offer.startedAtMs > askedAtMs - youngMs) return;
  const leg: string = offer.standby?.uniqueId ?? offer.leg;
  const isAlive = uniqueIds.has(leg);
  const isBridged = bridged.has(leg);
  const tell = (reason: string) => w.tell({ type: 'repaired', what: 'offer', id: offer.id, reason });
  if (offer.phase.kind === 'talking') {
    const isHeard = w.members.get(offer.member)?.presence.kind === 'message';
    if (isAlive && (isBridged || isHeard || offer.phase.connectedAtMs > askedAtMs - youngMs)) return;
    tell(isAlive ? 'the talk is over, its leg is alone' : 'the leg of the talk is gone');
    if (isAlive) w.order({ type: 'hang-up-leg', switch: offer.switch, leg: offer.leg, reason: 'stale' });
    endTalk(w, offer, 'unknown', 'found over', 'lost');
  } else if (isBridged && !offer.standby) {
    // connected while we were away
    tell('found connected');
    answered(w, offer);
    connected(w, offer);
  } else if (!isAlive) {
    tell('the ringing leg is gone');
    failOffer(w, offer, offer.phase.kind === 'ringing' ? 'switch-failed' : 'agent-gone', 'found gone');
  }
}

function checkMember(w: World, member: Member, { switch: id, askedAtMs, uniqueIds }: Listed): void {
  const { presence } = member;
  if (presence.kind === 'callback') {
    if (presence.step.kind === 'dialling' && member.homeSwitch === id && !uniqueIds.has(presence.step.leg)) {
      const startedAtMs = presence.step.deadlineMs - w.queueOf(member.queue).callback.ringMs - 30_000;
      if (startedAtMs <= askedAtMs - youngMs) callbackFailed(w, member, 'found gone');
    }
    return;
  }
  if (member.call?.switch !== id) return;
  if (uniqueIds.has(member.call.uniqueId)) {
    if (presence.kind === 'away' && isWaiting(member) && !isConnecting(w, member)) w.order({ type: 'lead-on', call: member.call });
    return;
  }
  if (Math.max(member.enteredAtMs, member.rejoinedAtMs) > askedAtMs - youngMs) return;
  w.tell({ type: 'repaired', what: 'member', id: member.id, reason: `the channel ${callText(member.call)} is gone` });
  if (member.phase.kind === 'talking') {
    const offer = w.offers.get(member.phase.offer);
    // the caller may have been transferred to another switch's channel: the agent's leg tells
    if (offer && !uniqueIds.has(offer.standby?.uniqueId ?? offer.leg)) endTalk(w, offer, 'unknown', 'found over', 'lost');
  } else if (isWaiting(member)) {
    cancelOffers(w, member, 'caller-left');
    exitMember(w, member, { reason: 'lost', detail: 'found gone' });
  }
}
