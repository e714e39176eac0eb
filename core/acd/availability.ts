/** Whether an agent can be offered something now, and if not, why: derived from facts, no flag says so (user-needs 2). */
import type { AgentConfig, QueueConfig } from './config.js';
import type { NotTaken } from './records.js';
import type { Agent } from './state.js';
import { isLoggedIn, takesCalls } from './words.js';
import type { Media, ReservationEnd } from './words.js';
import type { Attendance } from './agent-index.js';

/** The first reason against; undefined: could be offered, as far as the queue does not mind (`queueHold`). */
export function agentHold(agent: Agent, config: AgentConfig, media: Media, nowMs: number): NotTaken | undefined {
  const hold = statusHold(agent) ?? phaseHold(agent);
  if (hold) return hold;
  if (agent.readyAtMs > nowMs) return 'resting';
  return media === 'audio' ? audioHold(agent, config, nowMs) : chatHold(agent, config, nowMs);
}

/** The same for a caller who would find nobody else: an agent who is held softly counts as free (B45). */
export const softHold = (agent: Agent, config: AgentConfig, nowMs: number): NotTaken | undefined =>
  isSoftlyHeld(agent) ? (statusHold(agent) ?? audioHold(agent, config, nowMs)) : 'reserved';

export const isSoftlyHeld = ({ phase }: Agent): boolean => phase.kind === 'reserved' && phase.isSoft === true;

/** Why an agent who is held could not be rung any more; undefined: could be. */
export function endsReservation(
  agent: Agent,
  config: AgentConfig,
  queue: QueueConfig | undefined,
  nowMs: number,
): ReservationEnd | undefined {
  const status = statusHold(agent);
  if (status === 'logged-out' || status === 'on-break') return status;
  if (agent.phase.kind === 'reserved' && agent.phase.isBare === true) return undefined;
  const isBusy = queue !== undefined && queueHold(agent, queue) !== undefined;
  if (isBusy || audioHold(agent, config, nowMs) !== undefined) return 'device';
  return agent.readyAtMs > nowMs ? 'by-hand' : undefined;
}

function statusHold({ status }: Agent): NotTaken | undefined {
  if (takesCalls(status)) return undefined;
  return isLoggedIn(status) ? 'on-break' : 'logged-out';
}

/** The first reason why nobody could talk to him now, whatever his status. */
export const handsHold = (agent: Agent, config: AgentConfig, nowMs: number): NotTaken | undefined =>
  phaseHold(agent) ?? audioHold(agent, config, nowMs);

function phaseHold({ phase }: Agent): NotTaken | undefined {
  switch (phase.kind) {
    case 'idle':
      return undefined;
    case 'resting':
      return 'resting';
    case 'offered':
      return 'ringing';
    case 'talking':
      return 'talking';
    case 'wrapup':
      return 'wrap-up';
    case 'spent':
      return 'on-demand-idle';
    case 'reserved':
      return 'reserved';
  }
}

function audioHold(agent: Agent, config: AgentConfig, nowMs: number): NotTaken | undefined {
  if (agent.chats.length > 0) return 'chatting';
  if (agent.chatWrapUpEndsAtMs > nowMs) return 'wrap-up';
  if (config.type === 'uuid-standby') return agent.standby ? undefined : 'no-contact';
  if (contactOf(agent, config) === undefined) return 'no-contact';
  // A standby agent's own open channel makes his phone busy; any other busy phone would only say so again (B22).
  if (agent.device === 'unavailable') return 'device-unavailable';
  if (agent.device === 'in-use' || agent.device === 'ringing') return 'device-busy';
  return undefined;
}

/** opensips-call-center 8.3: one slot is held back while the chat wrap-up runs. */
function chatHold(agent: Agent, config: AgentConfig, nowMs: number): NotTaken | undefined {
  if (config.chatAddress === undefined) return 'no-contact';
  const heldBack = agent.chatWrapUpEndsAtMs > nowMs ? 1 : 0;
  if (agent.chats.length > 0 || heldBack > 0) return config.chatsMax > agent.chats.length + heldBack ? undefined : 'chatting';
  return config.chatsMax > 0 ? undefined : 'no-contact';
}

/** What one queue has against an agent whom others may take. */
export function queueHold(agent: Agent, queue: QueueConfig): NotTaken | undefined {
  return queue.skipAgentsWithExternalCalls && agent.externalCalls > 0 ? 'external-call' : undefined;
}

/** Where the agent is rung: as given at login, else as provisioned; undefined = nowhere. */
export function contactOf(agent: Agent, config: AgentConfig): string | undefined {
  return agent.contactOverride ?? config.contact ?? config.contactFreeswitch;
}

export function attendanceOf(agent: Agent): Attendance {
  const isAvailable = takesCalls(agent.status);
  return { isLoggedIn: isLoggedIn(agent.status), isAvailable, isRegistered: isAvailable && agent.device !== 'unavailable' };
}
