/** One agent as the board shows him. */
import type { AcdState } from '../acd/acd-state.js';
import { agentHold } from '../acd/availability.js';
import type { AgentConfig } from '../acd/config.js';
import type { OfferId } from '../acd/ids.js';
import type { Agent } from '../acd/state.js';
import { isLoggedIn, takesCalls } from '../acd/words.js';
import type { Today } from '../report-ports.js';
import type { AgentRow, Doing, TalkRow } from './wire.js';

export function agentRow(state: AcdState, agent: Agent, config: AgentConfig, today: Today, nowMs: number): AgentRow {
  const doing = doingOf(agent, config, nowMs);
  const call = talkRow(state, agent);
  const { answered, missed, talkMs } = today.agent(agent.id);
  return {
    id: agent.id,
    name: config.name,
    status: agent.status,
    doing,
    sinceMs: sinceOf(agent, doing, call),
    endsAtMs: endOf(agent),
    ...(agent.pauseReason !== undefined && { reason: agent.pauseReason }),
    ...(agent.pause?.isOverdue && { isOverdue: true as const }),
    chats: agent.chats.length,
    device: agent.device,
    ...(call && { call }),
    today: { answered, missed, talkMs: overMs(talkMs, call, nowMs) },
  };
}

/** A talk goes on in a break and behind a logout: what he does comes before what he chose. */
export function doingOf(agent: Agent, config: AgentConfig, nowMs: number): Doing {
  switch (agent.phase.kind) {
    case 'offered':
      return 'ringing';
    case 'talking':
      return 'talking';
    case 'wrapup':
      return isLoggedIn(agent.status) ? 'wrap-up' : 'logged-out';
    case 'reserved':
      return 'reserved';
    default:
      if (agent.chats.length > 0) return 'chatting';
      if (!isLoggedIn(agent.status)) return 'logged-out';
      if (!takesCalls(agent.status)) return 'on-break';
      return isFree(agent, config, nowMs) ? 'free' : 'not-ready';
  }
}

const isFree = (agent: Agent, config: AgentConfig, nowMs: number): boolean =>
  (['audio', 'chat'] as const).some((media) => agentHold(agent, config, media, nowMs) === undefined);

/** Talk time of the day without the talk that runs: its beginning is shown already, and the row stays as it is while it lasts. */
const overMs = (talkMs: number, call: TalkRow | undefined, nowMs: number): number =>
  call?.isTalking ? Math.max(0, Math.round((talkMs - (nowMs - call.sinceMs)) / 1000) * 1000) : talkMs;

function sinceOf(agent: Agent, doing: Doing, call: TalkRow | undefined): number {
  const { phase } = agent;
  if (call) return call.sinceMs;
  if (doing === 'wrap-up' && phase.kind === 'wrapup') return phase.startedAtMs;
  return doing === 'logged-out' || doing === 'on-break' ? agent.statusSinceMs : Math.max(agent.statusSinceMs, agent.lastBridgeEndMs);
}

function endOf({ phase, pause }: Agent): number {
  if (phase.kind === 'wrapup') return phase.endsAtMs;
  if (phase.kind === 'resting' || phase.kind === 'reserved') return phase.untilMs;
  return phase.kind === 'idle' ? (pause?.limitAtMs ?? 0) : 0;
}

function talkRow(state: AcdState, { phase, chats }: Agent): TalkRow | undefined {
  const id: OfferId | undefined = phase.kind === 'offered' || phase.kind === 'talking' ? phase.offer : chats[0];
  const offer = id === undefined ? undefined : state.offers.get(id);
  if (!offer) return undefined;
  const member = state.members.get(offer.member);
  const heldSinceMs = (offer.phase.kind === 'talking' && offer.phase.hold?.sinceMs) || 0;
  return {
    offer: offer.id,
    member: offer.member,
    queue: offer.queue,
    number: member?.number ?? '',
    name: member?.name ?? '',
    isTalking: offer.phase.kind === 'talking',
    sinceMs: offer.phase.kind === 'talking' ? offer.phase.connectedAtMs : offer.startedAtMs,
    ...(heldSinceMs > 0 && { heldSinceMs }),
  };
}
