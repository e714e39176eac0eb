/** Wishes to hold agents, and the callers for whom they are held (E6, E55, B45); see reservations.ts. */
import type { Service } from './acd-state.js';
import { refused, unknown } from './answers.js';
import type { QueueConfig } from './config.js';
import type { AcdEvent, Answer } from './events.js';
import { bestFree, isReachable } from './matching.js';
import { makeOffer } from './offers.js';
import { endReservation, serviceFor } from './reservations.js';
import type { Agent, Member } from './state.js';
import { takesCalls } from './words.js';
import type { World } from './world.js';

type Wish<T extends AcdEvent['type']> = Extract<AcdEvent, { type: T }>;

export const reservationLimits = {
  /** characters of a key */
  keyMax: 120,
  /** longest reservation: one that everybody has forgotten ends by itself */
  msMax: 3_600_000,
  /** ... of one that only keeps the agent away */
  bareMsMax: 86_400_000,
};

export function reserveAsked(w: World, wish: Wish<'reserve-asked'>): Answer {
  const problem = wishProblem(w, wish);
  if (problem !== undefined) return refused('TDM_BAD_VALUE', problem);
  const queue = wish.queue === undefined ? undefined : w.queueNamed(wish.queue);
  if (wish.queue !== undefined && !queue) return unknown('queue', wish.queue);
  const named = wish.agent === undefined ? undefined : w.agentNamed(wish.agent);
  if (wish.agent !== undefined && !named) return unknown('agent', wish.agent);
  const held = w.reservations.get(wish.by);
  if (held !== undefined) {
    if (named && named.id !== held) return refused('TDM_CONFLICT', `key ${wish.by} holds agent ${held}`);
    return holdOn(w, w.agentOf(held), wish);
  }
  if (named && wish.isBare === true) {
    const agent = w.agentOf(named.id);
    const isNobodys = takesCalls(agent.status) && agent.phase.kind === 'idle' && agent.chats.length === 0;
    return isNobodys ? hold(w, agent, wish, undefined) : refused('TDM_CONFLICT', `agent ${agent.id} is not free`);
  }
  const found = named ? freeOne(w, w.agentOf(named.id), queue) : queue && freeOfQueue(w, queue);
  if (!found) return refused('TDM_BAD_VALUE', 'a reservation needs an agent or a queue');
  return 'ok' in found ? found : hold(w, found, wish, queue);
}

function wishProblem(w: World, { by, untilMs, isBare }: Wish<'reserve-asked'>): string | undefined {
  const { keyMax, bareMsMax } = reservationLimits;
  const msMax = isBare === true ? bareMsMax : reservationLimits.msMax;
  if (by === '' || by.length > keyMax) return `a reservation needs a key of 1 to ${keyMax} characters`;
  if (!(untilMs > w.nowMs)) return 'a reservation needs an end in the future';
  return untilMs - w.nowMs > msMax ? `a reservation lasts ${msMax / 1000} s at the most` : undefined;
}

/** This one, if he could be given a call now: of the queue, or of any that he serves. */
function freeOne(w: World, agent: Agent, queue: QueueConfig | undefined): Agent | Answer {
  if (!takesCalls(agent.status)) return refused('TDM_CONFLICT', `agent ${agent.id} takes no calls`);
  const free = w.agentIndex.placesOf(agent.id).filter(({ pool }) => pool === 'audio');
  if (free.length === 0) return refused('TDM_CONFLICT', `agent ${agent.id} is not free`);
  if (!queue || (free.some((place) => place.queue === queue.id) && serviceFor(w, agent, queue.id))) return agent;
  return refused('TDM_CONFLICT', `agent ${agent.id} does not serve queue ${queue.id} now`);
}

function freeOfQueue(w: World, queue: QueueConfig): Agent | Answer {
  const agent = bestFree(w, queue);
  return agent ? w.agentOf(agent) : refused('TDM_CONFLICT', `no agent of queue ${queue.id} is free`);
}

function hold(w: World, agent: Agent, wish: Wish<'reserve-asked'>, queue: QueueConfig | undefined): Answer {
  const { by, untilMs, isSoft = false, isBare = false } = wish;
  w.reservations.set(by, agent.id);
  agent.phase = { kind: 'reserved', by, untilMs, sinceMs: w.nowMs, isSoft, ...(isBare && { isBare }), ...(queue && { queue: queue.id }) };
  w.changeAgent(agent);
  return heldAnswer(agent);
}

/** The same key again: until the new time, as soft and as bare as it is said now. */
function holdOn(w: World, agent: Agent, { untilMs, isSoft, isBare }: Wish<'reserve-asked'>): Answer {
  if (agent.phase.kind === 'reserved')
    agent.phase = { ...agent.phase, untilMs, isSoft: isSoft ?? agent.phase.isSoft ?? false, ...(isBare !== undefined && { isBare }) };
  w.changeAgent(agent);
  return heldAnswer(agent);
}

const heldAnswer = (agent: Agent): Answer => ({ ok: true, detail: '', agent: agent.id });

export function unreserveAsked(w: World, { agent: name, by }: Wish<'unreserve-asked'>): Answer {
  const named = name === undefined ? undefined : w.agentNamed(name);
  if (name !== undefined && !named) return unknown('agent', name);
  const held = w.reservations.get(by);
  if (held === undefined || (named && named.id !== held))
    return refused('TDM_CONFLICT', named ? `agent ${named.id} is not reserved by ${by}` : `nobody is reserved by ${by}`);
  endReservation(w, w.agentOf(held), 'released');
  return heldAnswer(w.agentOf(held));
}

/** An agent is held under this key, and could be connected with this caller. */
export const isAwaited = (w: World, key: string, place: Place): boolean => {
  const held = w.reservations.get(key);
  return held !== undefined && fitService(w, w.agentOf(held), place) !== undefined;
};

type Place = Pick<Member, 'queue' | 'media' | 'call'>;

function fitService(w: World, agent: Agent, place: Place): Service | undefined {
  if (place.call && w.switchesDown.has(place.call.switch)) return undefined;
  return isReachable(w, place, agent.id) ? serviceFor(w, agent, place.queue) : undefined;
}

/**
 * A caller has come with his key: the agent who is held for it is offered to him before anybody else is looked at. The key
 * is used up by it, so an agent who cannot be connected with this caller is free again, and the caller waits like others.
 */
export function takeReserved(w: World, member: Member, key: string): void {
  const held = w.reservations.get(key);
  if (held === undefined) return;
  const agent = w.agentOf(held);
  const service = member.phase.kind === 'waiting' ? fitService(w, agent, member) : undefined;
  endReservation(w, agent, service ? 'used' : 'unfit');
  if (service) makeOffer(w, member, service, 'reservation');
}
