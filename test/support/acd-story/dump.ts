/** State as lines of a story: what a person would ask for when something looks wrong. */
import assert from 'node:assert/strict';
import type { AcdState } from '../../../core/acd/acd-state.js';
import { agentStateOf, opensipsStateOf } from '../../../core/acd/agent-state.js';
import { agentId, memberId, queueId } from '../../../core/acd/ids.js';
import { explainMember } from '../../../core/acd/explain.js';
import { byMemberKey, memberKey } from '../../../core/acd/order.js';
import { memberStateOf, opensipsCallStateOf } from '../../../core/acd/member-state.js';
import type { Agent, AgentPhase, MemberPhase, Presence } from '../../../core/acd/state.js';
import type { Segment } from '../../../core/acd/records.js';
import { tierStateOf } from '../../../core/acd/tier-state.js';
import type { PrintNames } from './print.js';
import { inSeconds } from './words.js';

/** `state agent ann`, `state tiers ann`, `state member bob`, `state queue support`, `state callers support`. */
export function stateLine(kind: string, name: string, state: AcdState, names: PrintNames): string {
  const dump = dumps[kind] ?? assert.fail(`state ${kind}: no such kind`);
  return `= ${kind} ${name}: ${dump(name, state, names)}`;
}

const dumps: Readonly<Record<string, (name: string, state: AcdState, names: PrintNames) => string>> = {
  agent: (name, state, names) => {
    const agent = state.agents.get(agentId(name));
    if (!agent) return 'unknown';
    const counts = [
      ['calls', agent.callsAnswered],
      ['missed', agent.noAnswerCount],
      ['rejected', agent.rejectedCount],
      ['busy', agent.busyCount],
      ['not-registered', agent.notRegisteredCount],
      ['external', agent.externalCalls],
      ['chats', agent.chats.length],
    ] as const;
    return [
      `${agent.status}, ${agentStateOf(agent)}, ${opensipsStateOf(agent)}, ${agentPhase(agent.phase, names)}`,
      ...(agent.pauseReason === undefined ? [] : [`reason ${agent.pauseReason}`]),
      ...pauseWords(agent, names),
      ...(agent.contactOverride === undefined ? [] : [`at ${agent.contactOverride}`]),
      ...(agent.standby === undefined ? [] : [`standby ${agent.standby.uniqueId}`]),
      ...(agent.talkMs === 0 ? [] : [`talk ${inSeconds(agent.talkMs)}s`]),
      ...(agent.device === 'unknown' ? [] : [`device ${agent.device}`]),
      ...counts.flatMap(([word, count]) => (count === 0 ? [] : [`${word} ${count}`])),
    ].join(', ');
  },
  member: (name, state, names) => {
    const member = state.members.get(memberId(name));
    if (!member) return 'gone';
    const offer = member.offers[0] === undefined ? undefined : state.offers.get(member.offers[0]);
    return [
      `${member.queue}, ${memberStateOf(member)}, ${opensipsCallStateOf(member, offer)}, ${memberPhase(member.phase, names)}`,
      presence(member.presence, names),
      `joined ${inSeconds(member.joinedAtMs - names.startMs)}`,
      ...(member.offers.length === 0 ? [] : [`offers ${member.offers.map((id) => names.ofOffer(id)).join(' ')}`]),
      ...(member.rejections === 0 ? [] : [`rejections ${member.rejections}`]),
      ...(member.visit === 1 ? [] : [`visit ${member.visit}`]),
      ...(member.ewtAtJoinMs === undefined ? [] : [`ewt ${inSeconds(member.ewtAtJoinMs)}`]),
    ].join(', ');
  },
  /** an agent's tiers in mod_callcenter's words */
  tiers: (name, state) => {
    const agent = state.agents.get(agentId(name)) ?? assert.fail(`state tiers ${name}: unknown`);
    return state
      .servicesOfAgent(agent.id)
      .map(({ queue }) => `${queue} ${tierStateOf(state, agent, queue)}`)
      .join(', ');
  },
  queue: (name, state) => {
    const queue = state.queues.get(queueId(name));
    if (!queue) return 'unknown';
    return [
      `answered ${queue.callsAnswered}, abandoned ${queue.callsAbandoned}, mean talk ${queue.talkMeanS}s of ${queue.talkCount}`,
      ...(queue.isDraining ? ['draining'] : []),
    ].join(', ');
  },
  /** all members of a queue in the order in which they would be served */
  callers: (name, state) => {
    const members = [...state.members.values()].filter((member) => member.queue === name && member.phase.kind !== 'abandoned');
    members.sort((a, b) => byMemberKey(memberKey(a, state), memberKey(b, state)));
    return members.map((member) => member.id).join(' ') || 'none';
  },
};

/** `explain bob`: why each agent of the queue is not on the line with this caller (B31). */
export function explanation(name: string, state: AcdState, nowMs: number): string {
  const member = state.members.get(memberId(name)) ?? assert.fail(`explain ${name}: nobody of this name waits`);
  const { verdict, agents } = explainMember(state, member, [], nowMs);
  const reasons = agents.map(({ agent, reason }) => `${agent} ${reason}`).join(', ');
  return `= ${name}: ${verdict}${reasons === '' ? '' : `; ${reasons}`}`;
}

function pauseWords({ pause }: Agent, names: PrintNames): string[] {
  if (!pause) return [];
  if (pause.isOverdue) return ['overdue'];
  return pause.limitAtMs === undefined ? [] : [`break till ${inSeconds(pause.limitAtMs - names.startMs)}`];
}

function agentPhase(phase: AgentPhase, names: PrintNames): string {
  const at = (ms: number): string => inSeconds(ms - names.startMs);
  switch (phase.kind) {
    case 'idle':
    case 'spent':
      return phase.kind;
    case 'resting':
      return `resting till ${at(phase.untilMs)} (${phase.cause})`;
    case 'offered':
      return `offered ${names.ofOffer(phase.offer)}`;
    case 'talking':
      return `talking ${names.ofOffer(phase.offer)}`;
    case 'wrapup':
      return `wrapup till ${at(phase.endsAtMs)}`;
    case 'reserved':
      return `reserved ${phase.isSoft === true ? 'softly ' : ''}by ${phase.by} till ${at(phase.untilMs)}`;
  }
}

function memberPhase(phase: MemberPhase, names: PrintNames): string {
  if (phase.kind === 'talking') return `talking ${names.ofOffer(phase.offer)}`;
  if (phase.kind === 'dissuading') return phase.isFinal ? 'dissuading2' : 'dissuading1';
  return phase.kind;
}

function presence(is: Presence, names: PrintNames): string {
  if (is.kind === 'here') return 'here';
  if (is.kind === 'message') return `message ${is.file}`;
  if (is.kind === 'away') return Number.isFinite(is.untilMs) ? `away till ${inSeconds(is.untilMs - names.startMs)}` : 'gone';
  const step = is.step.kind === 'dialling' ? `dialling ${names.ofLeg(is.step.leg)}` : is.step.kind;
  return `callback to ${is.number}, ${step}, attempts ${is.attempts}`;
}

/** One record, for `segments`. */
export function segmentLine(segment: Segment, names: PrintNames): string {
  switch (segment.kind) {
    case 'visit':
      return [
        `= visit ${segment.member} ${segment.visit} ${segment.queue} ${segment.reason}`,
        `waited ${inSeconds(segment.waitMs)}s talked ${inSeconds(segment.talkMs)}s`,
        `offers ${segment.offers} rejections ${segment.rejections} position ${segment.positionAtEntry} root ${segment.rootId}`,
        ...(segment.agent === undefined ? [] : [`by ${segment.agent}`]),
        ...(segment.detail === '' || segment.detail === segment.agent ? [] : [`(${segment.detail})`]),
      ].join(', ');
    case 'offer':
      return [
        `= offer ${names.ofOffer(segment.offer)} ${segment.member} ${segment.visit} ${segment.agent} ${segment.outcome}`,
        `rang ${inSeconds(segment.ringMs)}s talked ${inSeconds(segment.talkMs)}s by ${segment.endedBy}`,
        ...(segment.detail === '' ? [] : [`(${segment.detail})`]),
      ].join(', ');
    case 'wrapup':
      return `= wrapup ${segment.agent} ${segment.queue ?? ''} ${inSeconds(segment.startedAtMs - names.startMs)} to ${inSeconds(segment.endedAtMs - names.startMs)}, ${segment.outcome}`;
    case 'status':
      return [
        `= status ${segment.agent} ${segment.status}`,
        `${inSeconds(segment.startedAtMs - names.startMs)} to ${inSeconds(segment.endedAtMs - names.startMs)}`,
        ...(segment.reason === undefined ? [] : [`reason ${segment.reason}`]),
        ...(segment.paid === undefined ? [] : [segment.paid === 1 ? 'paid' : 'unpaid']),
      ].join(', ');
  }
}
