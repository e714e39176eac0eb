/** What alarms about the queues go by, looked up every few seconds (B38): who waits longest, what rings too long, who is stuck. */
import type { AcdState } from '../core/acd/acd-state.js';
import { isLoggedIn } from '../core/acd/words.js';
import type { QueueEngine } from '../core/acd-ports.js';
import type { Meter } from '../core/ports.js';
import type { QueueTally } from '../core/reports/queue-figures.js';
import type { Timers } from './timers.js';

export interface QueueGaugesDeps {
  readonly engine: Pick<QueueEngine, 'isOwner' | 'view' | 'onNotice'>;
  readonly tally: (queue: string) => QueueTally;
  /** how long the database takes to answer */
  readonly ping: () => Promise<void>;
  readonly timers: Timers;
  readonly monoMs: () => number;
  readonly meter: Meter;
}

export const gaugesEveryMs = 5_000;
/** queues with figures of their own; all others are together under this name */
export const gaugeQueuesMax = 200;
export const otherQueues = '_other';

interface QueueNow {
  waiting: number;
  oldestMs: number;
  inTime: number;
  finished: number;
  /** of the day's finished calls those that had to be answered in time */
  wanted: number;
}

const agentWords = ['offered', 'talking', 'wrapup', 'resting', 'reserved', 'spent', 'idle', 'on-break', 'logged-out'] as const;

/** The result ends it. */
export function startQueueGauges(deps: QueueGaugesDeps): () => void {
  const { engine, meter, timers, monoMs } = deps;
  /** queues that have a gauge, also while they are gone: it says 0 then */
  const shown = new Set<string>();
  let isPinging = false;
  const stopNotices = engine.onNotice((notice) => {
    if (notice.type === 'repaired') meter.count('tandem_acd_repairs_total', { what: notice.what });
    else if (notice.type === 'offer-failed') meter.count('tandem_acd_offer_failures_total', { failure: notice.failure });
    else if (notice.type === 'agent-limit-reached') meter.count('tandem_acd_agent_limits_total', { failure: notice.failure });
  });

  function look(): void {
    if (engine.isOwner()) {
      const [state, nowMs] = [engine.view(), timers.nowMs()];
      setQueues(state, nowMs);
      setOffers(state, nowMs);
      setAgents(state);
    } else clear();
    void ping();
    cancel = timers.after(gaugesEveryMs, look);
  }

  function setQueues(state: AcdState, nowMs: number): void {
    const now = new Map<string, QueueNow>();
    const at = (queue: string): QueueNow => {
      const name = shown.has(queue) || shown.size < gaugeQueuesMax ? queue : otherQueues;
      if (name !== otherQueues) shown.add(name);
      let one = now.get(name);
      if (!one) now.set(name, (one = { waiting: 0, oldestMs: 0, inTime: 0, finished: 0, wanted: 0 }));
      return one;
    };
    for (const [id, { serviceLevel }] of state.queueConfigs) {
      const one = at(id);
      const { answeredInTime, answered, abandoned } = deps.tally(id);
      one.inTime += answeredInTime;
      one.finished += answered + abandoned;
      one.wanted += (serviceLevel.percent / 100) * (answered + abandoned);
    }
    for (const { phase, queue, enteredAtMs } of state.members.values()) {
      if (phase.kind === 'talking' || phase.kind === 'abandoned') continue;
      const one = at(queue);
      one.waiting++;
      one.oldestMs = Math.max(one.oldestMs, nowMs - enteredAtMs);
    }
    for (const queue of [...shown, otherQueues]) {
      const { waiting = 0, oldestMs = 0, inTime = 0, finished = 0, wanted = 0 } = now.get(queue) ?? {};
      meter.set('tandem_acd_queue_waiting', waiting, { queue });
      meter.set('tandem_acd_queue_oldest_seconds', oldestMs / 1000, { queue });
      meter.set('tandem_acd_queue_service_level', finished > 0 ? inTime / finished : 1, { queue });
      meter.set('tandem_acd_queue_service_level_goal', finished > 0 ? wanted / finished : 0, { queue });
    }
  }

  function setOffers(state: AcdState, nowMs: number): void {
    let [ringMs, connectMs, talkMs] = [0, 0, 0];
    for (const { phase, startedAtMs } of state.offers.values()) {
      if (phase.kind === 'ringing') ringMs = Math.max(ringMs, nowMs - startedAtMs);
      else if (phase.kind === 'talking') talkMs = Math.max(talkMs, nowMs - phase.connectedAtMs);
      else connectMs = Math.max(connectMs, nowMs - (phase.kind === 'answered' ? phase.atMs : phase.answeredAtMs));
    }
    meter.set('tandem_acd_longest_ring_seconds', ringMs / 1000);
    meter.set('tandem_acd_longest_connect_seconds', connectMs / 1000);
    meter.set('tandem_acd_longest_talk_seconds', talkMs / 1000);
  }

  function setAgents(state: AcdState): void {
    const counts = new Map<string, number>(agentWords.map((word) => [word, 0]));
    for (const { status, phase } of state.agents.values()) {
      const word = !isLoggedIn(status) ? 'logged-out' : phase.kind === 'idle' && status === 'On Break' ? 'on-break' : phase.kind;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    for (const [state_, count] of counts) meter.set('tandem_acd_agents', count, { state: state_ });
  }

  function clear(): void {
    for (const queue of [...shown, otherQueues]) {
      meter.set('tandem_acd_queue_waiting', 0, { queue });
      meter.set('tandem_acd_queue_oldest_seconds', 0, { queue });
    }
    for (const name of agentWords) meter.set('tandem_acd_agents', 0, { state: name });
    meter.set('tandem_acd_longest_ring_seconds', 0);
    meter.set('tandem_acd_longest_connect_seconds', 0);
    meter.set('tandem_acd_longest_talk_seconds', 0);
  }

  /** Of one question at a time. */
  async function ping(): Promise<void> {
    if (isPinging) return;
    isPinging = true;
    const sinceMs = monoMs();
    try {
      await deps.ping();
      meter.set('tandem_store_up', 1);
    } catch {
      meter.set('tandem_store_up', 0);
    } finally {
      meter.set('tandem_store_ping_seconds', (monoMs() - sinceMs) / 1000);
      isPinging = false;
    }
  }

  let cancel = timers.after(gaugesEveryMs, look);
  return () => {
    cancel();
    stopNotices();
  };
}
