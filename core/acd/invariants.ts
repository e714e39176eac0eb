/**
 * What must be true of the engine's state after every step, as code: tests and the simulator look after each step,
 * an operator on demand. Each invariant has a name; the result is what is broken, empty when all is well. The rules
 * are read here a second time on purpose, apart from the code that keeps them. Cost: offers + agents + members;
 * `brokenMatching` (core/acd/invariants-matching.ts) is the dearer one.
 */
import type { AcdState } from './acd-state.js';
import { callText } from './ids.js';
import type { Agent, Member, Offer, Reserved } from './state.js';

export const invariantNames = [
  'offer-has-member',
  'offer-has-agent',
  'member-has-offers',
  'agent-has-offer',
  'one-audio',
  'reservation',
  'deadline',
  'presence',
  'queue',
  'rank',
  'talk',
  'call',
  'counts',
  'number',
  'matching',
] as const;
export type InvariantName = (typeof invariantNames)[number];

export interface Broken {
  readonly invariant: InvariantName;
  readonly text: string;
}

type Tell = (invariant: InvariantName, text: string) => void;

/** Everything but the matching. */
export function brokenInvariants(state: AcdState): readonly Broken[] {
  const broken: Broken[] = [];
  const tell: Tell = (invariant, text) => broken.push({ invariant, text });
  for (const offer of state.offers.values()) checkOffer(state, offer, tell);
  for (const agent of state.agents.values()) checkAgent(state, agent, tell);
  for (const member of state.members.values()) checkMember(state, member, tell);
  checkCounts(state, tell);
  return broken;
}

/** An offer joins exactly one member and one agent, and both say so. */
function checkOffer(state: AcdState, offer: Offer, tell: Tell): void {
  const { id, phase } = offer;
  const member = state.members.get(offer.member);
  if (!member) tell('offer-has-member', `offer ${id} is for member ${offer.member}, who is gone`);
  else if (!member.offers.includes(id)) tell('offer-has-member', `member ${member.id} does not know its offer ${id}`);
  else if (member.media !== offer.media) tell('offer-has-member', `offer ${id} is ${offer.media}, member ${member.id} is ${member.media}`);
  else if (member.queue !== offer.queue) tell('offer-has-member', `offer ${id} is of ${offer.queue}, its member is in ${member.queue}`);
  const agent = state.agents.get(offer.agent);
  if (!agent) tell('offer-has-agent', `offer ${id} is for agent ${offer.agent}, who is gone`);
  else if (offer.media === 'chat') {
    if (!agent.chats.includes(id)) tell('offer-has-agent', `agent ${agent.id} does not know the chat ${id}`);
  } else {
    const wanted = phase.kind === 'talking' ? 'talking' : 'offered';
    if (agent.phase.kind !== wanted || agent.phase.offer !== id)
      tell('offer-has-agent', `offer ${id} is ${phase.kind}, agent ${agent.id} is ${JSON.stringify(agent.phase)}`);
  }
  if (phase.kind !== 'talking' && !Number.isFinite(phase.deadlineMs)) tell('deadline', `offer ${id} has no deadline`);
}

/** At most one audio offer or call, never audio and chats together; every state that is not idle has an end. */
function checkAgent(state: AcdState, agent: Agent, tell: Tell): void {
  const { id, phase, chats } = agent;
  if (phase.kind === 'offered' || phase.kind === 'talking') {
    const offer = state.offers.get(phase.offer);
    if (offer?.agent !== id) tell('agent-has-offer', `agent ${id} is ${phase.kind} with offer ${phase.offer}, which is not his`);
    if (chats.length > 0) tell('one-audio', `agent ${id} has a call and ${chats.length} chats`);
  }
  for (const chat of chats) {
    const offer = state.offers.get(chat);
    if (offer?.agent !== id || offer.media !== 'chat') tell('agent-has-offer', `agent ${id} has the chat ${chat}, which is not his`);
  }
  if (new Set(chats).size !== chats.length) tell('agent-has-offer', `agent ${id} has a chat twice`);
  if ((phase.kind === 'resting' || phase.kind === 'reserved') && !Number.isFinite(phase.untilMs))
    tell('deadline', `agent ${id} is ${phase.kind} without an end`);
  if (phase.kind === 'wrapup' && !Number.isFinite(phase.endsAtMs)) tell('deadline', `agent ${id} is in wrap-up without an end`);
  if (phase.kind === 'reserved') checkReserved(state, agent, phase, tell);
  const counts = [
    agent.externalCalls,
    agent.noAnswerCount,
    agent.rejectedCount,
    agent.busyCount,
    agent.notRegisteredCount,
    agent.callsAnswered,
  ];
  if (counts.some((count) => !(Number.isInteger(count) && count >= 0))) tell('number', `agent ${id} has counts ${counts.join(', ')}`);
  if (!(agent.talkMs >= 0)) tell('number', `agent ${id} talked ${agent.talkMs} ms`);
}

/** Found by its key alone, and held only while he could be rung. */
function checkReserved(state: AcdState, { id, status, chats, device, standby }: Agent, { by, isBare }: Reserved, tell: Tell): void {
  if (state.agentHeldBy(by) !== id)
    tell('reservation', `agent ${id} is held for ${by}, by which ${state.agentHeldBy(by) ?? 'nobody'} is found`);
  if (status !== 'Available' && status !== 'Available (On Demand)') tell('reservation', `agent ${id} is held for ${by} and ${status}`);
  if (chats.length > 0) tell('reservation', `agent ${id} is held for ${by} and has ${chats.length} chats`);
  if (isBare === true) return;
  const isStandby = state.agentConfigs.get(id)?.type === 'uuid-standby';
  if (isStandby ? !standby : device !== 'idle' && device !== 'unknown')
    tell('reservation', `agent ${id} is held for ${by} and cannot be rung`);
}

/** No member waits without a rule for the end of its waiting; its place is that of its rank. */
function checkMember(state: AcdState, member: Member, tell: Tell): void {
  const { id, phase } = member;
  const queue = state.queueConfigs.get(member.queue);
  if (!queue || !state.queues.has(member.queue)) tell('queue', `member ${id} is in queue ${member.queue}, which is gone`);
  else if (phase.kind !== 'talking' && phase.kind !== 'abandoned') {
    const score = member.baseScoreS + queue.baseScoreS;
    const rank = member.joinedAtMs - 1000 * score + member.priority * state.settings.priorityStepMs;
    if (member.rank !== rank) tell('rank', `member ${id} has rank ${member.rank}, by the rule ${rank}`);
  }
  checkPresence(member, tell);
  for (const offer of member.offers)
    if (state.offers.get(offer)?.member !== id) tell('member-has-offers', `member ${id} has offer ${offer}, which is not its own`);
  if (new Set(member.offers).size !== member.offers.length) tell('member-has-offers', `member ${id} has an offer twice`);
  checkTalk(state, member, tell);
  if (member.call && phase.kind !== 'abandoned' && state.memberOfCall(member.call)?.id !== id)
    tell('call', `member ${id} is not found by its call ${callText(member.call)}`);
}

function checkPresence({ id, phase, presence, offers }: Member, tell: Tell): void {
  if ((phase.kind === 'welcome' || phase.kind === 'dissuading') && !Number.isFinite(phase.deadlineMs))
    tell('deadline', `member ${id} hears a message without an end`);
  if (phase.kind === 'abandoned') {
    if (!Number.isFinite(phase.untilMs)) tell('deadline', `member ${id} is kept as abandoned without an end`);
    if (offers.length > 0) tell('presence', `member ${id} is gone and has offers`);
    return;
  }
  if (presence.kind === 'away' && !Number.isFinite(presence.untilMs)) tell('deadline', `member ${id} is away without an end`);
  if (presence.kind !== 'callback') return;
  if (offers.length > 0) tell('presence', `member ${id} waits to be called back and has offers`);
  const { step, expiresAtMs } = presence;
  const endMs = step.kind === 'pausing' ? step.untilMs : step.kind === 'dialling' ? step.deadlineMs : expiresAtMs;
  if (!Number.isFinite(endMs)) tell('deadline', `callback ${id} is ${step.kind} without an end`);
}

/** A talk is one on all three sides, and the member's only offer. */
function checkTalk(state: AcdState, { id, phase, offers }: Member, tell: Tell): void {
  const talks = offers.filter((offer) => state.offers.get(offer)?.phase.kind === 'talking');
  if (phase.kind === 'talking') {
    if (talks.length !== 1 || talks[0] !== phase.offer)
      tell('talk', `member ${id} talks by offer ${phase.offer}, its talks are ${talks.join(', ')}`);
    if (offers.length !== 1) tell('talk', `member ${id} talks and has ${offers.length} offers`);
  } else if (talks.length > 0) tell('talk', `member ${id} is ${phase.kind}, its offer ${talks.join(', ')} talks`);
  const connecting = offers.filter((offer) => state.offers.get(offer)?.phase.kind === 'connecting');
  if (connecting.length + talks.length > 1) tell('talk', `member ${id} is being connected ${connecting.length + talks.length} times`);
}

/** The sets by queue hold exactly those who wait there. */
function checkCounts(state: AcdState, tell: Tell): void {
  const waiting = new Map<string, number>();
  for (const member of state.members.values()) {
    const waits = member.phase.kind !== 'talking' && member.phase.kind !== 'abandoned';
    const isIn = state.membersOfQueue(member.queue).has(member.id);
    if (isIn !== waits) tell('counts', `member ${member.id} is ${member.phase.kind} and ${isIn ? '' : 'not '}counted in ${member.queue}`);
    if (waits) waiting.set(member.queue, (waiting.get(member.queue) ?? 0) + 1);
  }
  for (const id of state.queueConfigs.keys()) {
    const counted = state.membersOfQueue(id).size;
    if (counted !== (waiting.get(id) ?? 0)) tell('counts', `queue ${id} counts ${counted} members, there are ${waiting.get(id) ?? 0}`);
  }
}
