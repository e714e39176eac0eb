/** The facts behind a reason for not being offered a caller, as one short text. */
import { triesOf } from './order.js';
import type { AcdState, Service } from './acd-state.js';
import { has, wantsNow } from './needs.js';
import { waitedMs } from './places.js';
import type { NotTaken } from './records.js';
import type { Agent, Member } from './state.js';
import { opensAfterMs } from './tiers.js';

const inSeconds = (ms: number): string => `${String(Math.max(0, Math.ceil(ms / 1000)))} s`;

export function detailOf(state: AcdState, member: Member, service: Service, reason: NotTaken | 'offered', nowMs: number): string {
  const agent = state.agents.get(service.agent);
  if (!agent) return '';
  switch (reason) {
    case 'logged-out':
    case 'on-break':
      return `for ${inSeconds(nowMs - agent.statusSinceMs)}${agent.pauseReason === undefined ? '' : `: ${agent.pauseReason}`}`;
    case 'ringing':
    case 'talking':
      return otherCaller(state, agent);
    case 'resting':
    case 'wrap-up':
    case 'reserved':
      return untilText(agent, nowMs);
    case 'chatting':
      return `${String(agent.chats.length)} chats`;
    case 'external-call':
      return `${String(agent.externalCalls)} calls outside the queues`;
    case 'device-busy':
    case 'device-unavailable':
      return `${agent.device} for ${inSeconds(nowMs - agent.deviceSinceMs)}`;
    case 'tier-not-open':
      return tierText(state, member, service);
    case 'skill-missing':
      return `wants ${missing(state, member, service, nowMs).join(', ')}`;
    case 'tried-before':
      return `${String(triesOf(member, service.agent))} offers failed`;
    case 'waits-for-sticky-agent':
      return `${member.stickyAgent ?? ''} for another ${inSeconds(member.stickyUntilMs - nowMs)}`;
    case 'on-demand-idle':
      return 'waits to be released by hand';
    case 'no-contact':
      return `no ${member.media === 'chat' ? 'chat address' : 'contact'}`;
    case 'offered':
    case 'later-in-order':
    case 'serves-others':
      return '';
  }
}

function otherCaller(state: AcdState, { phase }: Agent): string {
  const offer = phase.kind === 'offered' || phase.kind === 'talking' ? state.offers.get(phase.offer) : undefined;
  return offer ? `with ${offer.member} of ${offer.queue}` : '';
}

function untilText({ phase, readyAtMs, chatWrapUpEndsAtMs }: Agent, nowMs: number): string {
  switch (phase.kind) {
    case 'wrapup':
      return `for another ${inSeconds(phase.endsAtMs - nowMs)}`;
    case 'resting':
      return `after ${phase.cause}, for another ${inSeconds(phase.untilMs - nowMs)}`;
    case 'reserved':
      return `${phase.isSoft === true ? 'softly ' : ''}by ${phase.by}, for another ${inSeconds(phase.untilMs - nowMs)}`;
    default:
      return `for another ${inSeconds(Math.max(readyAtMs, chatWrapUpEndsAtMs) - nowMs)}`;
  }
}

function tierText(state: AcdState, member: Member, { level }: Service): string {
  const queue = state.queueConfigs.get(member.queue);
  return queue ? `level ${String(level)} opens after ${inSeconds(opensAfterMs(queue, level, undefined))} of waiting` : '';
}

function missing(state: AcdState, member: Member, { agent }: Service, nowMs: number): string[] {
  const skills = state.agentConfigs.get(agent)?.skills ?? new Map<string, number>();
  const { required } = wantsNow(member.needs, waitedMs(member, nowMs));
  return required.filter((want) => !has(skills, want)).map(([skill, level]) => `${skill} ${String(level)}`);
}
