/**
 * The agents of Tandem's own queues for the dialer (B1): who is there and doing what, who is held for which call, and what
 * becomes of calls that were connected. Everything is read from the queue engine when it is asked for; nothing is kept but
 * whose wrap-up is running.
 */
import type { AcdState, Service } from '../acd/acd-state.js';
import { agentHold, queueHold } from '../acd/availability.js';
import type { QueueConfig } from '../acd/config.js';
import type { AgentId, QueueId } from '../acd/ids.js';
import { fits, wantsNow } from '../acd/needs.js';
import type { Wants } from '../acd/needs.js';
import type { Notice } from '../acd/notices.js';
import type { Agent } from '../acd/state.js';
import { opensAfterMs } from '../acd/tiers.js';
import { isLoggedIn } from '../acd/words.js';
import type { ReservationEnd } from '../acd/words.js';
import type { QueueEngine } from '../acd-ports.js';
import { callIdOfChannel } from '../dialer/dial-strings.js';
import type { AgentsView, DialerAgent } from '../dialer/engine-words.js';
import type { AgentNews, DialerAgents } from '../dialer-ports.js';
import { hasCode, TandemError } from '../errors.js';
import type { Log } from '../ports.js';
import { withDeadline } from './deadline.js';
import type { After } from './deadline.js';
import { agentNamed, queueNamed } from './queue-name.js';

export interface DialerAgentsDeps {
  readonly after: After;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** Longest wait for the engine's answer to a wish; the store's limit is well below. */
export const dialerAskMsMax = 5_000;

/** Ends of reservations that their owner has brought about. */
const expected: readonly ReservationEnd[] = ['used', 'released'];

export function createDialerAgents(engine: QueueEngine, deps: DialerAgentsDeps): DialerAgents {
  const related = createRelatedQueues();
  const ask = (event: Parameters<QueueEngine['ask']>[0]): ReturnType<QueueEngine['ask']> =>
    withDeadline(deps.after, dialerAskMsMax, never, () => engine.ask(event));

  return {
    isUp: () => engine.isOwner(),

    view(name) {
      if (!engine.isOwner()) return undefined;
      const state = engine.view();
      const queue = queueNamed(state, name);
      return queue && viewOf(state, queue, related(state, queue.id), deps.nowMs());
    },

    talks: () => (engine.isOwner() ? talksOf(engine.view()) : []),

    async reserve({ key, queue, agent, untilMs, isSoft, isBare }) {
      const bare = isBare === true ? { isBare } : {};
      const wish = { type: 'reserve-asked', by: key, untilMs, isSoft, ...bare, ...namesOf(engine, queue, agent) } as const;
      try {
        const answer = await ask(wish);
        if (!answer.ok) return { reason: answer.detail };
        return answer.agent === undefined ? { reason: 'nobody was named' } : { agent: answer.agent };
      } catch (error) {
        // granted or not, nobody knows: a key without a call would hold the agent until its end
        engine.tell({ type: 'unreserve-asked', by: key });
        return { reason: error instanceof TandemError ? error.code : 'TDM_INTERNAL' };
      }
    },

    async release(key) {
      // refused: it holds nobody any more, which is what was wanted
      await ask({ type: 'unreserve-asked', by: key }).catch((error: unknown) => {
        if (!hasCode(error, 'TDM_STANDBY', 'TDM_STOPPING')) throw error;
      });
    },

    async pause(agent, reason) {
      const asked = { type: 'status-asked', agent: namesOf(engine, '', agent).agent ?? agent, status: 'On Break' } as const;
      let answer = await ask({ ...asked, reason });
      // the list of reasons need not have the dialer's
      if (!answer.ok && answer.code === 'TDM_REFUSED') answer = await ask({ ...asked, reason: undefined });
      if (!answer.ok) throw new TandemError(answer.code, [answer.detail, answer.detail]);
      deps.log.info({ agent, reason }, 'dialer: an agent was put on break');
    },

    onNews(listener) {
      const newsOf = createNews();
      return engine.onNotice((notice, atMs) => {
        for (const news of newsOf(notice, atMs)) listener(news);
      });
    },
  };
}

const never = new AbortController().signal;

/** Ids for names; what is unknown goes as it is, to be refused by name. */
function namesOf(engine: QueueEngine, queue: string, agent: string | undefined): { readonly queue?: string; readonly agent?: string } {
  if (!engine.isOwner()) return { ...(queue && { queue }), ...(agent !== undefined && { agent }) };
  const state = engine.view();
  return {
    ...(queue && { queue: queueNamed(state, queue)?.id ?? queue }),
    ...(agent !== undefined && { agent: agentNamed(state, agent)?.id ?? agent }),
  };
}

// ------------------------------------------------------------------ who is there

function talksOf(state: AcdState): ReturnType<DialerAgents['talks']> {
  return [...state.offers.values()].flatMap(({ phase, member, agent }) => {
    const caller = state.members.get(member);
    if (phase.kind !== 'talking' || caller?.origin !== 'dialer' || !caller.call) return [];
    return [{ callId: callIdOfChannel(caller.call.uniqueId), agent, sinceMs: phase.connectedAtMs }];
  });
}

/** All queues that agents of a queue serve; worked out once for each change of the services. */
function createRelatedQueues(): (state: AcdState, queue: QueueId) => ReadonlySet<QueueId> {
  const known = new WeakMap<object, ReadonlySet<QueueId>>();
  return (state, queue) => {
    const services = state.servicesOfQueue(queue);
    let found = known.get(services);
    if (!found) {
      found = new Set([queue, ...[...services.keys()].flatMap((agent) => state.servicesOfAgent(agent).map((service) => service.queue))]);
      known.set(services, found);
    }
    return found;
  };
}

function viewOf(state: AcdState, queue: QueueConfig, related: ReadonlySet<QueueId>, nowMs: number): AgentsView {
  const services = state.servicesOfQueue(queue.id);
  const wants = wantsNow(queue.skills, 0);
  const lowest = queue.tierRulesApply ? lowestManned(state, services) : undefined;
  const agents: DialerAgent[] = [];
  for (const service of services.values()) {
    // who is not open to a caller at once is of no use to one who waits for two seconds
    if (opensAfterMs(queue, service.level, lowest) > 0) continue;
    const agent = agentOf(state, queue, service.agent, wants, nowMs);
    if (agent) agents.push(agent);
  }
  let inboundWaiting = 0;
  for (const id of related) inboundWaiting += state.callersWaiting(id);
  return { queue: queue.id, agents, inboundWaiting };
}

function lowestManned(state: AcdState, services: ReadonlyMap<AgentId, Service>): number | undefined {
  let lowest: number | undefined;
  for (const { agent, level } of services.values())
    if ((lowest === undefined || level < lowest) && isLoggedIn(state.agents.get(agent)?.status ?? 'Logged Out')) lowest = level;
  return lowest;
}

function agentOf(state: AcdState, queue: QueueConfig, id: AgentId, wants: Wants, nowMs: number): DialerAgent | undefined {
  const agent = state.agents.get(id);
  const config = state.agentConfigs.get(id);
  if (!agent || !config || !fits(config.skills, wants)) return undefined;
  const of = (now: DialerAgent['state'], sinceMs: number, reservedBy?: string): DialerAgent => ({
    id,
    state: now,
    sinceMs,
    isStandby: config.type === 'uuid-standby',
    reservedBy,
  });
  const { phase } = agent;
  switch (phase.kind) {
    case 'offered':
      return of('ringing', agent.lastOfferedMs);
    case 'talking':
      return of('talk', phase.sinceMs);
    case 'wrapup':
      return of('wrap', phase.startedAtMs);
    case 'reserved':
      return of('reserved', phase.sinceMs ?? agent.lastOfferedMs, phase.by);
    case 'spent':
      return of('paused', phase.wrapUpStartedAtMs);
    case 'idle':
    case 'resting':
      if (!isLoggedIn(agent.status)) return of('out', agent.statusSinceMs);
      if ((agentHold(agent, config, 'audio', nowMs) ?? queueHold(agent, queue)) !== undefined) return of('paused', agent.statusSinceMs);
      return of('ready', readySinceMs(agent));
  }
}

const readySinceMs = ({ statusSinceMs, lastBridgeEndMs, lastOfferedMs }: Agent): number =>
  Math.max(statusSinceMs, lastBridgeEndMs, lastOfferedMs);

// ------------------------------------------------------------------ what happens

/** Keeps whose wrap-up runs, and since when: at most one entry for each agent. */
function createNews(): (notice: Notice, atMs: number) => readonly AgentNews[] {
  const wrapping = new Map<AgentId, number>();

  function changed({ agent, state, wrapUpEndsAtMs }: Extract<Notice, { type: 'agent-changed' }>, atMs: number): readonly AgentNews[] {
    const sinceMs = wrapping.get(agent);
    if (sinceMs === undefined || (wrapUpEndsAtMs > 0 && state === 'Waiting')) return [];
    wrapping.delete(agent);
    // an agent who waits to be released has no wrap-up of a known length
    return state === 'Idle' ? [] : [{ type: 'wrap-ended', agent, wrapMs: atMs - sinceMs, atMs }];
  }

  return (notice, atMs) => {
    switch (notice.type) {
      case 'talk-started': {
        const callId = callIdOf(notice.caller);
        return callId === undefined ? [] : [{ type: 'connected', callId, agent: notice.agent, atMs }];
      }
      case 'talk-ended':
        if (notice.caller?.media === 'chat') return [];
        wrapping.set(notice.agent, atMs);
        return [{ type: 'talk-ended', callId: callIdOf(notice.caller), agent: notice.agent, talkMs: notice.talkMs, atMs }];
      case 'agent-changed':
        return changed(notice, atMs);
      case 'agent-configured':
        if (notice.change === 'removed') wrapping.delete(notice.agent);
        return [];
      case 'member-joined': {
        const { origin, media } = notice.caller;
        const isNew = !notice.resumed && origin === undefined && media === 'audio';
        return isNew ? [{ type: 'inbound-came', queue: notice.queue, atMs }] : [];
      }
      case 'reservation-ended':
        return expected.includes(notice.reason) ? [] : [{ type: 'reservation-lost', key: notice.by, reason: notice.reason }];
      default:
        return [];
    }
  };
}

type Caller = Extract<Notice, { type: 'talk-ended' }>['caller'];

/** The channel of a call of ours has the call's id. */
const callIdOf = (caller: Caller): string | undefined =>
  caller?.origin === 'dialer' && caller.call ? callIdOfChannel(caller.call.uniqueId) : undefined;
