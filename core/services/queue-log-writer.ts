/** The queue log as it happens, from news of the engine (B60): the same lines as of the segments later. */
import type { AcdState } from '../acd/acd-state.js';
import type { MemberFacts } from '../acd/facts.js';
import type { MemberId } from '../acd/ids.js';
import type { Notice } from '../acd/notices.js';
import { Recent } from '../acd/recent.js';
import { isMessageParam } from '../message-file.js';
import { isMissed } from '../reports/queue-figures.js';
import { callIdOf } from '../reports/queue-log-of-segments.js';
import { completed, connected, entered, left, queueLogText, rang, statusChanged } from '../reports/queue-log.js';
import type { LoggedStatus, LoggedVisit, QueueLogLine } from '../reports/queue-log.js';

/** callers whose place at entry is remembered */
const placesMax = 50_000;

export interface QueueLogWriter {
  /** The queues have become ours: who is logged in was so before. */
  begin(): void;
  notice(notice: Notice, atMs: number): void;
}

/** `state`: undefined while the queues belong to another. `write` takes whole lines. */
export function createQueueLogWriter(state: () => AcdState | undefined, write: (lines: string) => void): QueueLogWriter {
  const places = new Recent<MemberId, number>(placesMax);
  const statuses = new Map<string, LoggedStatus>();

  function visitOf(member: MemberId, queue: string, caller: MemberFacts): LoggedVisit {
    const known = state()?.members.get(member)?.positionAtEntry;
    if (known !== undefined) places.set(member, known);
    const { rootId, number, enteredAtMs } = caller;
    return { call: callIdOf({ rootId, member }), queue, number, enteredAtMs, positionAtEntry: known ?? places.get(member) ?? 1 };
  }

  const queuesOf = (agent: string): readonly string[] =>
    state()
      ?.servicesOfAgent(agent as never)
      .map(({ queue }) => queue) ?? [];

  function linesOf(notice: Notice, atMs: number): readonly QueueLogLine[] {
    // app_queue knows no messages (B51), and whoever reads its log counts callers
    if ('caller' in notice && (isMessageParam(notice.caller?.param ?? '') || notice.caller?.origin !== undefined)) return [];
    switch (notice.type) {
      case 'member-joined':
        return [entered(visitOf(notice.member, notice.queue, notice.caller))];
      case 'callback-placed':
        return [];
      case 'member-moved': {
        const visit = visitOf(notice.member, notice.from, notice.caller);
        const exit = { reason: 'overflowed', detail: '', position: notice.position } as const;
        return [left(visit, atMs, exit), entered({ ...visit, queue: notice.to, enteredAtMs: atMs })];
      }
      case 'talk-started': {
        const { agent, leg, facts, member, queue, caller } = notice;
        const ringMs = facts.answeredAtMs - facts.startedAtMs;
        return [connected(visitOf(member, queue, caller), { agent, leg, ringMs, connectedAtMs: facts.connectedAtMs })];
      }
      case 'talk-ended': {
        const { agent, caller, facts, member, queue } = notice;
        return caller ? [completed(visitOf(member, queue, caller), { agent, connectedAtMs: facts.connectedAtMs }, atMs, notice)] : [];
      }
      case 'member-left':
        return notice.reason === 'answered' ? [] : [left(visitOf(notice.member, notice.queue, notice.caller), atMs, notice)];
      case 'offer-failed':
      case 'offer-cancelled': {
        const missed = notice.type === 'offer-failed' && isMissed(notice.failure);
        if (!missed && !(notice.type === 'offer-cancelled' && notice.reason === 'caller-left')) return [];
        const { agent, queue, member, caller, facts } = notice;
        const ringMs = (facts.answeredAtMs || atMs) - facts.startedAtMs;
        return [rang({ call: callIdOf({ rootId: caller?.rootId ?? '', member }), queue, agent, ringMs }, atMs, missed)];
      }
      case 'agent-changed':
        return agentLines(notice.agent, { status: notice.status, reason: notice.pauseReason }, atMs);
      default:
        return [];
    }
  }

  /** Who was not heard of yet was logged out. */
  function agentLines(agent: string, to: LoggedStatus, atMs: number): QueueLogLine[] {
    const from = statuses.get(agent);
    if (to.status === 'Logged Out') statuses.delete(agent);
    else statuses.set(agent, to);
    return statusChanged(agent, queuesOf(agent), atMs, from, to);
  }

  return {
    begin() {
      statuses.clear();
      for (const { id, status, pauseReason } of state()?.agents.values() ?? [])
        if (status !== 'Logged Out') statuses.set(id, { status, reason: pauseReason });
    },
    notice(notice, atMs) {
      const lines = linesOf(notice, atMs);
      if (lines.length > 0) write(lines.map(queueLogText).join(''));
    },
  };
}
