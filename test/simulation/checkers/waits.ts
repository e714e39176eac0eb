/** B20 and the longest wait: nobody waits on after the queue's own rules have sent him away. */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { QueueConfig } from '../../../core/acd/config.js';
import type { Member } from '../../../core/acd/state.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

const name = 'waits';

/** Agents of the queue that count by the rule. */
function present(state: AcdState, queue: QueueConfig, rule: 'logged-in' | 'available' | 'registered'): number {
  let count = 0;
  for (const id of state.servicesOfQueue(queue.id).keys()) {
    const agent = state.agents.get(id);
    if (!agent || agent.status === 'Logged Out') continue;
    if (rule === 'logged-in' || (agent.status !== 'On Break' && (rule === 'available' || agent.device !== 'unavailable'))) count++;
  }
  return count;
}

function checkMember(state: AcdState, queue: QueueConfig, member: Member, loggedIn: number, nowMs: number): void {
  const fail = (text: string): never => {
    throw new Violation(name, `${member.id} in ${queue.id}: ${text}`);
  };
  const { phase, presence } = member;
  if (presence.kind === 'away' && presence.untilMs <= nowMs) fail('is away beyond the grace');
  if ((phase.kind === 'welcome' || phase.kind === 'dissuading') && phase.deadlineMs <= nowMs) fail('hears a message beyond its deadline');
  if (presence.kind === 'callback') {
    if (presence.step.kind !== 'dialling' && presence.expiresAtMs <= nowMs) fail('the callback has expired');
    if (presence.step.kind === 'dialling' && presence.step.deadlineMs <= nowMs) fail('is dialled beyond the deadline');
    if (presence.attempts > 100) fail('is dialled without end');
    return;
  }
  if (member.offers.length > 0) return;
  if (phase.kind === 'waiting' && member.giveUpAtMs > 0 && member.giveUpAtMs <= nowMs) fail('waits longer than the longest wait');
  const waitMs = queue.maxWaitNoAgentMs;
  if (waitMs === 0 || loggedIn > 0) return;
  const graceMs = queue.maxWaitNoAgentGraceMs;
  const emptySinceMs = state.queues.get(queue.id)?.emptySinceMs ?? 0;
  if (emptySinceMs === 0) fail('nobody is logged in, but the queue does not know since when');
  const leavesAtMs = Math.max(emptySinceMs + waitMs, member.enteredAtMs + (graceMs > 0 ? graceMs + waitMs : 1));
  if (leavesAtMs <= nowMs) fail(`nobody is logged in since ${String(nowMs - emptySinceMs)} ms`);
}

export function createWaitChecker(): Checker {
  return {
    name,
    saved({ state, nowMs, isThorough, event, answer }: Seen): void {
      if (event?.type === 'caller-joined' && answer.ok && answer.resumed !== true) checkEntry(state, event.join.member, nowMs);
      for (const { id, phase } of state.offers.values()) {
        if (phase.kind !== 'talking' && phase.deadlineMs <= nowMs)
          throw new Violation(name, `offer ${id} is ${phase.kind} beyond its deadline`);
      }
      if (!isThorough) return;
      for (const queue of state.queueConfigs.values()) {
        const members = state.membersOfQueue(queue.id);
        if (members.size === 0) continue;
        if (state.queues.get(queue.id)?.isDraining)
          throw new Violation(name, `${String(members.size)} wait in ${queue.id}, which is being removed`);
        const loggedIn = present(state, queue, 'logged-in');
        const mayStay = queue.leaveWhen === undefined || present(state, queue, queue.leaveWhen) > 0;
        for (const id of members) {
          const member = state.members.get(id);
          if (!member) continue;
          checkMember(state, queue, member, loggedIn, nowMs);
          if (!mayStay && member.enteredAtMs < nowMs && member.presence.kind === 'here' && event?.type !== 'configured')
            checkEmptied(queue, member);
        }
      }
    },
  };
}

/** Max wait counts from the entry. */
function checkEntry(state: AcdState, id: Member['id'], nowMs: number): void {
  const member = state.members.get(id);
  const queue = member && state.queueConfigs.get(member.queue);
  if (!member || !queue || member.presence.kind === 'callback') return;
  const maxMs = member.maxWaitMs || queue.maxWaitMs;
  if (member.giveUpAtMs !== (maxMs > 0 ? nowMs + maxMs : 0))
    throw new Violation(name, `${id} gives up at ${String(member.giveUpAtMs)}, entered at ${String(nowMs)} for ${String(maxMs)} ms`);
}

function checkEmptied(queue: QueueConfig, member: Member): void {
  if (member.offers.length === 0)
    throw new Violation(name, `${member.id} stays in ${queue.id}, where nobody is there by the rule ${String(queue.leaveWhen)}`);
}
