/** Statistics put together: reports, the running day, callers to be called back, queue log, gauges for alarms. */
import type { AcdState } from '../core/acd/acd-state.js';
import { queueDefaults } from '../core/acd/config-defaults.js';
import { queueId } from '../core/acd/ids.js';
import type { FencedAcdStore, QueueEngine } from '../core/acd-ports.js';
import type { Log, Meter } from '../core/ports.js';
import type { OpenThings } from '../core/reports/open-work.js';
import type { Goal } from '../core/reports/queue-figures.js';
import { createQueueLogs } from '../core/services/queue-log-report.js';
import { createQueueLogWriter } from '../core/services/queue-log-writer.js';
import { createReports } from '../core/services/reports.js';
import { createToday } from '../core/services/today.js';
import { createUnserved } from '../core/services/unserved.js';
import type { Store } from '../sql/store.js';
import { startQueueGauges } from './queue-gauges.js';
import { openQueueLogFile, type QueueLogFileOptions } from './queue-log-file.js';
import type { StatisticsTools } from './routes/statistics.js';
import type { Timers } from './timers.js';

export interface StatisticsDeps {
  readonly store: Pick<Store, 'acd' | 'acdConfigs' | 'reports' | 'ping'>;
  /** asked later than this is put together */
  readonly engine: () => QueueEngine;
  readonly zone: string;
  /** undefined: no queue log on disk */
  readonly queueLog: QueueLogFileOptions | undefined;
  readonly timers: Timers;
  readonly monoMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

export interface Statistics extends StatisticsTools {
  /** The same store, which tells the running day what it has stored. */
  storing(acd: FencedAcdStore): FencedAcdStore;
  /** Listeners and gauges begin. */
  start(): void;
  /** The queues have become ours: the day is read from the database. */
  owned(): void;
  /** SIGHUP: go on in a new queue log. */
  reopen(): void;
  stop(): Promise<void>;
}

const fillAgainMs = 5_000;
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createStatistics(deps: StatisticsDeps): Statistics {
  const { store, zone, timers, log, meter } = deps;
  const nowMs = (): number => timers.nowMs();
  const state = (): AcdState | undefined => (deps.engine().isOwner() ? deps.engine().view() : undefined);
  const { open, goalOf } = openOf(deps, state);
  const today = createToday({ zone, nowMs, goalOf, live: state });
  const queueLog = deps.queueLog && openQueueLogFile(deps.queueLog, { log, meter });
  let ends: (() => void)[] = [];
  let logBegins: () => void = () => undefined;
  let cancelFill: (() => void) | undefined;

  function owned(): void {
    logBegins();
    fill();
  }

  function fill(): void {
    cancelFill?.();
    today.fill(store.reports, breathe).catch((error: unknown) => {
      log.warn({ error }, 'the figures of the day could not be read; it is tried again');
      cancelFill = timers.after(fillAgainMs, fill);
    });
  }

  return {
    zone,
    today,
    reports: createReports({ store: store.reports, open, goalOf, nowMs, breathe }),
    unserved: createUnserved({ store: store.reports, zone, nowMs, breathe }),
    queueLog: createQueueLogs({ store: store.reports, zone, state, breathe }),
    storing: (acd) => ({
      ...acd,
      async save(batch, fence) {
        await acd.save(batch, fence);
        today.stored(batch.segments);
      },
    }),
    start() {
      const engine = deps.engine();
      const tally = (queue: string) => today.tally(queue);
      const gauges = startQueueGauges({ ...deps, engine, tally, ping: () => store.ping() });
      const touching = engine.onNotice(({ type }) => {
        if (type === 'member-joined' || type === 'talk-started') today.touch();
      });
      ends = [gauges, touching];
      if (!queueLog) return;
      const writer = createQueueLogWriter(state, (lines) => queueLog.write(lines));
      logBegins = () => writer.begin();
      ends.push(engine.onNotice((notice, atMs) => writer.notice(notice, atMs)));
    },
    owned,
    reopen: () => queueLog?.reopen(),
    async stop() {
      cancelFill?.();
      for (const end of ends.splice(0)) end();
      await queueLog?.close();
    },
  };
}

/** What is not over, and the goals: of the engine where it runs, else as they are stored. */
function openOf({ store }: StatisticsDeps, state: () => AcdState | undefined) {
  let stored: ReadonlyMap<string, Goal> = new Map();
  async function open(): Promise<OpenThings> {
    const own = state();
    if (own) return { members: own.members.values(), offers: own.offers.values(), agents: own.agents.values() };
    const [things, config] = [await store.acd.load(), await store.acdConfigs.load()];
    stored = new Map(config.queues.map(({ id, serviceLevel }) => [id, serviceLevel]));
    return things;
  }
  const goalOf = (queue: string): Goal => state()?.queueConfigs.get(queue as never)?.serviceLevel ?? stored.get(queue) ?? defaultGoal;
  return { open, goalOf };
}

const defaultGoal: Goal = queueDefaults(queueId('')).serviceLevel;
