/** Wishes of agents and about agents. Each gives an answer; a refused one has changed nothing. */
import { becomeFree, becomeIdle, setStatus } from './agent-phases.js';
import { done, refused, unknown } from './answers.js';
import type { AcdEvent, Answer } from './events.js';
import { sameCall, type CallKey } from './ids.js';
import { cancelOffer, endTalk, failOffer } from './offers.js';
import { checkPause } from './pauses.js';
import { endReservation } from './reservations.js';
import type { Agent } from './state.js';
import { takesCalls, type AgentStatus } from './words.js';
import type { World } from './world.js';

type Wish<T extends AcdEvent['type']> = Extract<AcdEvent, { type: T }>;

/** The agent with this name, or the refusal. */
function withAgent(w: World, name: string, work: (agent: Agent) => Answer): Answer {
  const config = w.agentNamed(name);
  return config ? work(w.agentOf(config.id)) : unknown('agent', name);
}

export function statusAsked(w: World, { agent: name, status, reason }: Wish<'status-asked'>): Answer {
  return withAgent(w, name, (agent) => {
    const checked = checkPause(w, agent, status, reason);
    if ('ok' in checked) return checked;
    changeStatus(w, agent, status, checked.reason);
    return done();
  });
}

/** A ringing phone of an agent who takes no calls any more stops ringing, without blame (7.2). */
export function changeStatus(w: World, agent: Agent, status: AgentStatus, reason: string | undefined): void {
  setStatus(w, agent, status, reason);
  if (takesCalls(status)) return;
  const offers = [...agent.chats, ...(agent.phase.kind === 'offered' ? [agent.phase.offer] : [])];
  for (const id of offers) {
    const offer = w.offers.get(id);
    if (offer?.phase.kind === 'ringing') cancelOffer(w, offer, 'agent-status');
  }
}

export function loginAsked(w: World, wish: Wish<'login-asked'>): Answer {
  return withAgent(w, wish.agent, (agent) => {
    const config = w.configOf(agent.id);
    if (wish.standby && config.type !== 'uuid-standby') return refused('TDM_CONFLICT', `agent ${agent.id} is of type callback`);
    if (wish.contact !== undefined) agent.contactOverride = wish.contact;
    if (wish.standby) agent.standby = wish.standby;
    if (agent.device === 'unavailable') agent.device = 'unknown'; // who logs in from a phone has one
    setStatus(w, agent, wish.onDemand ? 'Available (On Demand)' : 'Available', undefined);
    w.changeAgent(agent);
    return done();
  });
}

export function standbyAsked(w: World, { agent: name, call }: Wish<'standby-asked'>): Answer {
  return withAgent(w, name, (agent) => {
    if (w.configOf(agent.id).type !== 'uuid-standby') return refused('TDM_CONFLICT', `agent ${agent.id} is of type callback`);
    if (agent.phase.kind === 'offered' || agent.phase.kind === 'talking') return refused('TDM_CONFLICT', `agent ${agent.id} has a call`);
    agent.standby = call;
    w.changeAgent(agent);
    return done();
  });
}

/** The open channel of a standby agent is gone: so is the agent (7.3). */
export function standbyEnded(w: World, agent: Agent, call: CallKey): void {
  if (!agent.standby || !sameCall(agent.standby, call)) return;
  const { phase } = agent;
  agent.standby = undefined;
  w.changeAgent(agent);
  const current = phase.kind === 'offered' || phase.kind === 'talking' ? w.offers.get(phase.offer) : undefined;
  // a leg of its own, from before the type changed, is another story
  const offer = current?.standby && sameCall(current.standby, call) ? current : undefined;
  if (offer?.phase.kind === 'talking') endTalk(w, offer, 'agent', 'standby channel ended');
  else if (offer) failOffer(w, offer, 'agent-gone', 'standby channel ended');
  // an agent with a telephone of his own again does not need the channel
  if (w.configOf(agent.id).type === 'uuid-standby') changeStatus(w, agent, 'Logged Out', 'standby channel ended');
}

export function wrapUpEndAsked(w: World, name: string): Answer {
  return withAgent(w, name, (agent) => {
    if (agent.chatWrapUpEndsAtMs > 0) agent.chatWrapUpEndsAtMs = 0;
    else if (agent.phase.kind !== 'wrapup') return refused('TDM_CONFLICT', `agent ${agent.id} is not in wrap-up`);
    if (agent.phase.kind === 'wrapup') becomeIdle(w, agent);
    w.changeAgent(agent);
    return done();
  });
}

/** Up to a cap, counted from the end of the talk (user-needs 19). */
export function wrapUpExtendAsked(w: World, name: string, byMs: number): Answer {
  if (!(Number.isFinite(byMs) && byMs > 0)) return refused('TDM_BAD_VALUE', 'the extension must be longer than 0');
  return withAgent(w, name, (agent) => {
    const { phase } = agent;
    if (phase.kind !== 'wrapup') return refused('TDM_CONFLICT', `agent ${agent.id} is not in wrap-up`);
    const latestMs = phase.startedAtMs + w.settings.wrapUpMsMax;
    if (phase.endsAtMs >= latestMs) return refused('TDM_CONFLICT', 'the longest wrap-up is reached');
    agent.phase = { ...phase, endsAtMs: Math.min(phase.endsAtMs + byMs, latestMs) };
    w.changeAgent(agent);
    return done();
  });
}

/** On Demand: the next call, please. */
export function readyAsked(w: World, name: string): Answer {
  return withAgent(w, name, (agent) => {
    if (agent.phase.kind !== 'spent') return refused('TDM_CONFLICT', `agent ${agent.id} is not waiting to be released`);
    becomeIdle(w, agent);
    return done();
  });
}

export function idleAsked(w: World, name: string): Answer {
  return withAgent(w, name, (agent) => {
    if (!takesCalls(agent.status)) return refused('TDM_CONFLICT', `agent ${agent.id} takes no calls`);
    if (agent.phase.kind !== 'idle' || agent.chats.length > 0) return refused('TDM_CONFLICT', `agent ${agent.id} is not free`);
    agent.phase = { kind: 'spent', wrapUpStartedAtMs: w.nowMs, wrapUpEndsAtMs: w.nowMs };
    w.changeAgent(agent);
    return done();
  });
}

export function readyTimeAsked(w: World, name: string, atMs: number): Answer {
  if (!Number.isFinite(atMs) || atMs < 0) return refused('TDM_BAD_VALUE', 'ready time');
  return withAgent(w, name, (agent) => {
    agent.readyAtMs = atMs;
    w.changeAgent(agent);
    return done();
  });
}

/** Whatever stands in the way goes: a ringing leg, a talk nobody ends, wrap-up, rest, reservation (user-needs 2). */
export function releaseAsked(w: World, name: string, by: string): Answer {
  return withAgent(w, name, (agent) => {
    for (const id of agent.chats) releaseOffer(w, id, by);
    const { phase } = agent;
    if (phase.kind === 'offered' || phase.kind === 'talking') releaseOffer(w, phase.offer, by);
    endReservation(w, agent, 'by-hand');
    becomeFree(w, agent);
    agent.readyAtMs = agent.chatWrapUpEndsAtMs = 0;
    agent.externalCalls = 0;
    w.changeAgent(agent);
    w.tell({ type: 'repaired', what: 'agent', id: agent.id, reason: `released by ${by}` });
    return done();
  });
}

function releaseOffer(w: World, id: Agent['chats'][number], by: string): void {
  const offer = w.offers.get(id);
  if (!offer) return;
  if (offer.phase.kind !== 'talking') {
    cancelOffer(w, offer, 'taken-back');
    return;
  }
  // a talk that is really there goes on without us (freeswitch-callcenter 9.5)
  endTalk(w, offer, 'unknown', `released by ${by}`);
}

export function deviceChanged(w: World, { agent: id, device }: Wish<'device-changed'>): void {
  const agent = w.agents.get(id);
  if (!agent || agent.device === device) return;
  agent.device = device;
  agent.deviceSinceMs = w.nowMs;
  w.changeAgent(agent);
}

export function externalCallsChanged(w: World, { agent: id, count }: Wish<'external-calls-changed'>): void {
  const agent = w.agents.get(id);
  if (!agent || !Number.isInteger(count)) return;
  agent.externalCalls = Math.max(0, count);
  w.changeAgent(agent);
}
