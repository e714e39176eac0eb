/**
 * Everything that is written beside the answer of a request: vicidial_api_log with its URL, vicidial_url_log,
 * and the login mark of vicidial_users. Entries of concurrent requests are stored in one transaction (3.5,
 * API-5). At least once: when a connection breaks during COMMIT, a group may be stored twice.
 */
import type { ApiLog, ApiLogEntry, Log, Meter, UrlLog, UrlLogEntry } from '../core/ports.js';
import { createApiLogRows } from './api-log-rows.js';
import type { Columns } from './columns.js';
import type { Db } from './db.js';
import { createGroupWriter } from './group-writer.js';
import { createLoginMarks } from './login-marks.js';
import type { LoginMark } from './login-marks.js';
import type { LocalClock } from './local-clock.js';
import { withTimeout } from './retry.js';
import { createUrlLogRows } from './url-log-rows.js';

export interface LogWriterOptions {
  readonly clock: LocalClock;
  readonly columns: Columns;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
  /** how long a write waits for its group at most */
  readonly waitMsMax: number;
  readonly queueMax: number;
}

/** What `users.ts` needs of it. */
export interface LoginLog {
  succeeded(user: string, ip: string, atMs: number): Promise<void>;
  /** resolves when no success of this user is on its way */
  settled(user: string): Promise<void>;
}

export interface LogWriter {
  readonly apiLog: ApiLog;
  readonly urlLog: UrlLog;
  readonly logins: LoginLog;
  close(msMax: number): Promise<void>;
}

type Entry =
  | { readonly kind: 'api'; readonly entry: ApiLogEntry }
  | { readonly kind: 'url'; readonly entry: UrlLogEntry }
  | { readonly kind: 'login'; readonly entry: LoginMark };

export const groupMax = 64;
const retryPauseMs = 250;

export function createLogWriter(db: Db, options: LogWriterOptions): LogWriter {
  const { meter, log } = options;
  const apiRows = createApiLogRows(db, options);
  const urlRows = createUrlLogRows(options);
  const logins = createLoginMarks(options);
  let away = false;

  async function flush(entries: readonly Entry[]): Promise<void> {
    const storeApi = await apiRows.prepare(entries.flatMap((one) => (one.kind === 'api' ? [one.entry] : [])));
    const storeUrl = await urlRows.prepare(entries.flatMap((one) => (one.kind === 'url' ? [one.entry] : [])));
    const storeLogins = await logins.prepare(entries.flatMap((one) => (one.kind === 'login' ? [one.entry] : [])));
    await db.transaction(
      async (tx) => {
        await storeApi(tx);
        await storeUrl(tx);
        await storeLogins(tx);
      },
      { repeatable: true },
    );
    logins.stored(entries.flatMap((one) => (one.kind === 'login' ? [one.entry] : [])));
  }

  function report(size: number, tookMs: number, error: unknown): void {
    meter.observe('tandem_store_log_group_size', size);
    meter.observe('tandem_store_log_group_seconds', tookMs / 1000);
    meter.set('tandem_store_log_queue', writer.size());
    if (error !== undefined && !away) log.warn({ error: reasonOf(error), queued: writer.size() }, 'log rows wait: the database is away');
    if (error === undefined && away) log.info({ queued: writer.size() }, 'log rows are stored again');
    away = error !== undefined;
  }

  const writer = createGroupWriter<Entry>({
    flush,
    groupMax,
    queueMax: options.queueMax,
    waitMsMax: options.waitMsMax,
    retryPauseMs,
    nowMs: options.nowMs,
    onDropped: (dropped, why, error) => {
      meter.count('tandem_store_log_dropped_total', { log: dropped.kind, why });
      if (dropped.kind === 'login') logins.stored([dropped.entry]);
      if (why === 'refused') log.warn({ log: dropped.kind, error: reasonOf(error) }, 'log row refused by the database');
    },
    onGroup: report,
  });

  return {
    apiLog: { write: (entry) => writer.add({ kind: 'api', entry }) },
    urlLog: { write: (entry) => writer.add({ kind: 'url', entry }) },
    logins: {
      succeeded(user, ip, atMs) {
        const mark = logins.begin(user, ip, atMs);
        return mark ? writer.add({ kind: 'login', entry: mark }) : Promise.resolve();
      },
      settled: (user) => withTimeout(logins.settled(user), options.waitMsMax, 'statement').catch(() => undefined), // then the count may be set back once
    },
    close: (msMax) => writer.close(msMax),
  };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
