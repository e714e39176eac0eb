/**
 * E_CALLCENTER_AGENT_REPORT (opensips-call-center 14): what a piece of news says of an agent, parameters in the
 * reference's order. Ours is raised at every assignment, also of a call that never waited (D-17), and names the call.
 */
import type { AcdState } from '../acd/acd-state.js';
import { opensipsStateOf } from '../acd/agent-state.js';
import type { AgentId } from '../acd/ids.js';
import type { Notice } from '../acd/notices.js';
import type { Agent } from '../acd/state.js';
import { isLoggedIn } from '../acd/words.js';

export const agentReportEvent = 'E_CALLCENTER_AGENT_REPORT';

export interface AgentReport {
  readonly agent_id: string;
  readonly status: 'offline' | 'free' | 'incall' | 'inchat' | 'wrapup';
  /** Unix seconds */
  readonly wrapup_ends?: number;
  readonly ongoing_sessions?: number;
  readonly flow_id?: string;
  /** ours, behind the reference's */
  readonly call_id?: string;
}

/** One for each agent: news that change nothing which the event shows raise none. */
export class AgentReports {
  readonly #last = new Map<AgentId, string>();

  /** The report that the notice calls for. */
  of(notice: Notice, state: AcdState): AgentReport | undefined {
    if (notice.type === 'agent-configured' && notice.change === 'removed') {
      this.#last.delete(notice.agent);
      return undefined;
    }
    const agent = notice.type === 'agent-changed' || notice.type === 'offer-made' ? state.agents.get(notice.agent) : undefined;
    if (!agent) return undefined;
    if (notice.type === 'offer-made') return this.#assigned(agent, notice);
    const report = standing(agent);
    return this.#isNews(report) ? report : undefined;
  }

  #assigned(agent: Agent, { queue, member, caller }: Extract<Notice, { type: 'offer-made' }>): AgentReport {
    const isChat = caller.media === 'chat';
    const report: AgentReport = {
      agent_id: agent.id,
      status: isLoggedIn(agent.status) ? (isChat ? 'inchat' : 'incall') : 'offline',
      ...(isChat && agent.chatWrapUpEndsAtMs > 0 && { wrapup_ends: seconds(agent.chatWrapUpEndsAtMs) }),
      ...(isChat && { ongoing_sessions: agent.chats.length }),
      flow_id: queue,
      call_id: member,
    };
    this.#last.set(agent.id, keyOf(report));
    return report;
  }

  #isNews(report: AgentReport): boolean {
    const id = report.agent_id as AgentId;
    const key = keyOf(report);
    const before = this.#last.get(id);
    if (before === key) return false;
    this.#last.set(id, key);
    // an agent who is seen for the first time and is not there has changed nothing
    return before !== undefined || report.status !== 'offline';
  }
}

const keyOf = ({ status, wrapup_ends: ends }: AgentReport): string => `${status} ${String(status === 'wrapup' ? ends : 0)}`;
const seconds = (ms: number): number => Math.floor(ms / 1000);

function standing(agent: Agent): AgentReport {
  const word = opensipsStateOf(agent);
  const ends = agent.phase.kind === 'wrapup' ? { wrapup_ends: seconds(agent.phase.endsAtMs) } : {};
  return { agent_id: agent.id, status: isLoggedIn(agent.status) ? word : 'offline', ...ends };
}
