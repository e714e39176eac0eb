/**
 * News of the queue engine as mod_callcenter's events (freeswitch-callcenter 12, 13): `callcenter::info` with the
 * headers and the order of the reference. An offer has exactly one closing event. What the reference hides is added
 * behind its headers: the offer's id, and the real cause of a talk's end in `Hangup-Cause`.
 */
import type { AcdState } from '../acd/acd-state.js';
import { agentStateOf } from '../acd/agent-state.js';
import { contactOf } from '../acd/availability.js';
import type { AgentId } from '../acd/ids.js';
import type { Notice } from '../acd/notices.js';
import { cancelReasonOf, isGone } from './cancel-reason.js';
import { cancelCause, failureCause, hangupCause } from './hangup-cause.js';
import { agentChannel, memberChannel, memberHeaders, seconds, talkTimes } from './info-headers.js';
import { info } from './info-event.js';
import type { InfoEvent } from './info-event.js';
import { cancelled, counted, joined, moved, placed } from './info-members.js';

type NoticeOf<T extends Notice['type']> = Extract<Notice, { type: T }>;

interface Known {
  status: string;
  state: string;
  contact: string;
}

/** Agents whose last words are known; beyond it the oldest are forgotten, and their next change tells both words. */
export const knownAgentsMax = 50_000;

export class CallcenterInfo {
  readonly #instance: string;
  readonly #known = new Map<AgentId, Known>();

  constructor(instance: string) {
    this.#instance = instance;
  }

  /** Events of a notice, in order. `state` is that of the moment in which it is told, which may be later than the notice. */
  of(notice: Notice, state: AcdState, atMs: number): readonly InfoEvent[] {
    switch (notice.type) {
      case 'agent-configured':
        return this.#configured(notice, state);
      case 'agent-changed':
        return this.#changed(notice);
      case 'agent-limit-reached':
        return notice.failure === 'no-answer' ? [maxNoAnswer(notice)] : [];
      case 'offer-made':
        return [...this.#stateChange(notice.agent, 'Receiving'), this.#offering(notice, state)];
      case 'offer-failed':
        return [this.#failed(notice, failureCause(notice.failure, notice.detail), atMs)];
      case 'offer-cancelled':
        return [this.#failed(notice, cancelCause(notice.reason), atMs)];
      case 'talk-started':
        return [this.#bridged(notice), ...counted(notice.queue, state.membersOfQueue(notice.queue).size, false)];
      case 'talk-ended':
        return [this.#unbridged(notice, atMs)];
      case 'member-joined':
        return [joined(notice), ...counted(notice.queue, notice.waiting, true)];
      case 'callback-placed':
        return notice.isNew ? [placed(notice, state), ...counted(notice.queue, state.membersOfQueue(notice.queue).size, true)] : [];
      case 'member-moved':
        return moved(notice, state, atMs);
      case 'member-left':
        // who talked does not wait any more since the talk began
        return [this.#left(notice, atMs), ...(notice.reason === 'answered' ? [] : counted(notice.queue, notice.waiting, false))];
      default:
        return [];
    }
  }

  // ------------------------------------------------------------------ agents

  #configured({ agent, change }: NoticeOf<'agent-configured'>, state: AcdState): readonly InfoEvent[] {
    const config = state.agentConfigs.get(agent);
    const runtime = state.agents.get(agent);
    if (change === 'removed' || !config) {
      this.#known.delete(agent);
      return [];
    }
    const contact = (runtime && contactOf(runtime, config)) ?? '';
    if (change === 'added') {
      if (runtime) this.#remember(agent, { status: runtime.status, state: agentStateOf(runtime), contact });
      return [
        info('agent-add', [
          ['CC-Agent', agent],
          ['CC-Agent-Type', config.type],
          ['CC-Action', 'agent-add'],
        ]),
      ];
    }
    const known = this.#known.get(agent);
    if (!known || known.contact === contact) return [];
    known.contact = contact;
    return [agentEvent(agent, 'agent-contact-change', ['CC-Agent-Contact', contact])];
  }

  #changed({ agent, status, state }: NoticeOf<'agent-changed'>): readonly InfoEvent[] {
    const known = this.#known.get(agent) ?? { status: '', state: '', contact: '' };
    this.#remember(agent, known);
    const events: InfoEvent[] = [];
    if (known.status !== status) events.push(agentEvent(agent, 'agent-status-change', ['CC-Agent-Status', status]));
    known.status = status;
    events.push(...this.#stateChange(agent, state));
    return events;
  }

  #stateChange(agent: AgentId, state: string): readonly InfoEvent[] {
    const known = this.#known.get(agent);
    if (!known || known.state === state) return [];
    known.state = state;
    return [agentEvent(agent, 'agent-state-change', ['CC-Agent-State', state])];
  }

  /** What agents are when the listening begins. */
  begin(state: AcdState): void {
    this.#known.clear();
    for (const [id, config] of state.agentConfigs) {
      const agent = state.agents.get(id);
      if (agent) this.#remember(id, { status: agent.status, state: agentStateOf(agent), contact: contactOf(agent, config) ?? '' });
    }
  }

  #remember(agent: AgentId, known: Known): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= knownAgentsMax && oldest !== undefined && !this.#known.has(agent)) this.#known.delete(oldest);
    this.#known.set(agent, known);
  }

  // ------------------------------------------------------------------ offers

  #offering({ offer, queue, agent, member, caller }: NoticeOf<'offer-made'>, state: AcdState): InfoEvent {
    return info('agent-offering', [
      ['CC-Queue', queue],
      ['CC-Action', 'agent-offering'],
      ['CC-Agent', agent],
      ['CC-Agent-Type', state.agentConfigs.get(agent)?.type ?? 'callback'],
      ['CC-Agent-System', this.#instance],
      ...memberHeaders(member, caller),
      ['CC-Offer-UUID', offer],
    ]);
  }

  #failed(notice: NoticeOf<'offer-failed' | 'offer-cancelled'>, cause: string, atMs: number): InfoEvent {
    const { offer, queue, agent, member, caller, facts } = notice;
    return info('bridge-agent-fail', [
      ['CC-Queue', queue],
      ['CC-Action', 'bridge-agent-fail'],
      ['CC-Hangup-Cause', cause],
      ['CC-Agent', agent],
      ['CC-Agent-System', this.#instance],
      ['CC-Agent-Called-Time', seconds(facts.startedAtMs)],
      ['CC-Agent-Aborted-Time', seconds(atMs)],
      ...memberHeaders(member, caller),
      ...(caller ? ([['CC-Member-Joined-Time', seconds(caller.joinedAtMs)]] as const) : []),
      ['CC-Offer-UUID', offer],
    ]);
  }

  #bridged({ offer, queue, agent, member, caller, facts }: NoticeOf<'talk-started'>): InfoEvent {
    return info('bridge-agent-start', [
      ...agentChannel(facts, agent, queue, member, caller, undefined),
      ['CC-Queue', queue],
      ['CC-Action', 'bridge-agent-start'],
      ['CC-Agent', agent],
      ['CC-Agent-System', this.#instance],
      ['CC-Agent-UUID', facts.leg],
      ...talkTimes(facts),
      ['CC-Member-Joined-Time', seconds(caller.joinedAtMs)],
      ...memberHeaders(member, caller),
      ['CC-Offer-UUID', offer],
    ]);
  }

  #unbridged({ offer, queue, agent, member, caller, facts, cause }: NoticeOf<'talk-ended'>, atMs: number): InfoEvent {
    return info('bridge-agent-end', [
      ...agentChannel(facts, agent, queue, member, caller, hangupCause(cause)),
      ['CC-Queue', queue],
      ['CC-Action', 'bridge-agent-end'],
      ['CC-Hangup-Cause', 'SUCCESS'],
      ['CC-Agent', agent],
      ['CC-Agent-System', this.#instance],
      ['CC-Agent-UUID', facts.leg],
      ['CC-Agent-Bridged', 'true'],
      ...talkTimes(facts),
      ...(caller ? ([['CC-Member-Joined-Time', seconds(caller.joinedAtMs)]] as const) : []),
      ['CC-Bridge-Terminated-Time', seconds(atMs)],
      ...memberHeaders(member, caller),
      ['CC-Offer-UUID', offer],
    ]);
  }

  // ------------------------------------------------------------------ callers

  #left({ queue, reason, agent, member, caller, talk }: NoticeOf<'member-left'>, atMs: number): InfoEvent {
    const common = [
      ...memberChannel(caller, queue, member, isGone(reason) ? 'hangup' : 'answered'),
      ['CC-Queue', queue],
      ['CC-Action', 'member-queue-end'],
    ] as const;
    if (reason !== 'answered')
      return info('member-queue-end', [...common, ...cancelled(cancelReasonOf(reason), caller, atMs), ...memberHeaders(member, caller)]);
    return info('member-queue-end', [
      ...common,
      ['CC-Hangup-Cause', 'SUCCESS'],
      ['CC-Cause', 'Terminated'],
      ['CC-Agent', agent ?? ''],
      ['CC-Agent-System', this.#instance],
      ['CC-Agent-UUID', talk?.leg ?? ''],
      ...(talk ? talkTimes(talk) : []),
      ['CC-Member-Leaving-Time', seconds(atMs)],
      ['CC-Member-Joined-Time', seconds(caller.joinedAtMs)],
      ...memberHeaders(member, caller),
    ]);
  }
}

/** The answer of `agent get status|state|uuid`, which the reference tells everybody. */
export function getEvent(key: 'status' | 'state' | 'uuid', agent: string, value: string): InfoEvent {
  const header = key === 'uuid' ? 'CC-Agent-UUID' : key === 'status' ? 'CC-Agent-Status' : 'CC-Agent-State';
  return agentEvent(agent, `agent-${key}-get`, [header, value]);
}

const agentEvent = (agent: string, action: string, more: readonly [string, string]): InfoEvent =>
  info(action, [['CC-Agent', agent], ['CC-Action', action], more]);

function maxNoAnswer({ agent, count, status, member, caller }: NoticeOf<'agent-limit-reached'>): InfoEvent {
  return info('agent-max-no-answer', [
    ['CC-Agent', agent],
    ['CC-Action', 'agent-max-no-answer'],
    ['CC-Agent-No-Answer-Count', String(count)],
    ['CC-Agent-No-Answer-Status', status],
    ['CC-Member-UUID', member],
    ['CC-Member-Session-UUID', caller?.call?.uniqueId ?? ''],
  ]);
}
