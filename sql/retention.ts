/** The nightly tidying: vicidial_ccc_log moves to its archive, keys that no longer count are deleted. */
import type { Log } from '../core/ports.js';
import type { Db } from './db.js';
import { dialerRetentionDefaults, runDialerRetention } from './dialer-retention.js';
import type { DialerRetention } from './dialer-retention.js';
import { expireEvents } from './events.js';
import { idempotencyDefaults } from './idempotency.js';
import type { LocalClock } from './local-clock.js';

export interface RetentionOptions extends DialerRetention {
  readonly own: string;
  readonly log: Log;
  readonly clock: LocalClock;
  /** rows of vicidial_ccc_log stay this long before they move; default one day as in VICIdial (4.3) */
  readonly cccLogMsMax: number;
  readonly handoversMsMax: number;
  readonly takenCodesMsMax: number;
  /** records of visits, offers and stays: a year and a month, for reports that compare */
  readonly segmentsMsMax: number;
  /** events of the feed: so long a consumer may be away */
  readonly eventsMsMax: number;
  /** what was changed over the own API, and by whom */
  readonly auditMsMax: number;
}

export interface RetentionResult {
  readonly archived: number;
  readonly handoversExpired: number;
  readonly takenCodesExpired: number;
  readonly segmentsExpired: number;
  readonly eventsExpired: number;
  /** sessions, answers under idempotency keys, audit rows */
  readonly accessExpired: number;
  /** calls, counters, audit, decisions, messages and finished contacts of the dialer */
  readonly dialerExpired: number;
}

const dayMs = 86_400_000;
export const retentionDefaults = {
  cccLogMsMax: dayMs,
  handoversMsMax: 7 * dayMs,
  takenCodesMsMax: 2 * dayMs,
  segmentsMsMax: 400 * dayMs,
  eventsMsMax: 7 * dayMs,
  auditMsMax: 400 * dayMs,
  ...dialerRetentionDefaults,
} as const;

/** no session lives longer (sidecar/browser-sessions.ts) */
const sessionsMsMax = dayMs;

const cccColumns = 'call_date, remote_call_id, local_call_id, lead_id, uniqueid, channel, server_ip, list_id, container_id, remote_lead_id';
/** A job of the background: it may wait longer than a call. */
const background = { repeatable: true, retryMsMax: 60_000 } as const;
/** Old rows go in slices of this much time: a statement has a limit, and a long one would hold the others up. */
const sliceMs = 600_000;

/** Two nodes may run it at once: the archive has a unique key, and deleting what is gone deletes nothing. */
export async function runRetention(db: Db, options: RetentionOptions, nowMs: number): Promise<RetentionResult> {
  return {
    archived: await archiveCccLog(db, options.clock, nowMs - options.cccLogMsMax),
    handoversExpired: await expire(db, `${options.own}tandem_handovers`, 'created_ms', nowMs - options.handoversMsMax),
    takenCodesExpired: await expire(db, `${options.own}tandem_taken_codes`, 'taken_ms', nowMs - options.takenCodesMsMax),
    segmentsExpired: await expireSegments(db, `${options.own}tandem_segments`, nowMs - options.segmentsMsMax),
    eventsExpired: await expireEvents(db, options.own, nowMs - options.eventsMsMax),
    accessExpired: await expireAccess(db, options, nowMs),
    dialerExpired: await runDialerRetention(db, options, nowMs),
  };
}

async function expireAccess(db: Db, { own, auditMsMax }: RetentionOptions, nowMs: number): Promise<number> {
  const sessions = await expire(db, `${own}tandem_sessions`, 'created_ms', nowMs - sessionsMsMax);
  const answers = await expire(db, `${own}tandem_idempotency`, 'created_ms', nowMs - idempotencyDefaults.keptMs);
  return sessions + answers + (await expire(db, `${own}tandem_audit`, 'at_ms', nowMs - auditMsMax));
}

const segmentKinds = ['visit', 'offer', 'status', 'wrapup'] as const;

/** Kind by kind: the index begins with it. */
async function expireSegments(db: Db, table: string, beforeMs: number): Promise<number> {
  let expired = 0;
  for (const kind of segmentKinds)
    for (;;) {
      const [row] = await db.all(`SELECT MIN(ended_ms) AS oldest FROM ${table} WHERE kind = ? AND ended_ms < ?`, [kind, beforeMs]);
      const oldest = row?.['oldest'];
      if (oldest === null || oldest === undefined) break;
      const untilMs = Math.min(Number(oldest) + sliceMs, beforeMs);
      const { rows } = await db.run(`DELETE FROM ${table} WHERE kind = ? AND ended_ms < ?`, [kind, untilMs], background);
      expired += rows;
    }
  return expired;
}

async function archiveCccLog(db: Db, clock: LocalClock, beforeMs: number): Promise<number> {
  const before = clock.text(beforeMs);
  let archived = 0;
  for (;;) {
    const [row] = await db.all('SELECT MIN(call_date) AS oldest FROM vicidial_ccc_log WHERE call_date < ?', [before]);
    const oldest = row?.['oldest'];
    if (typeof oldest !== 'string') return archived;
    const oldestMs = clock.instant(oldest);
    const until = oldestMs === undefined ? before : clock.text(Math.min(oldestMs + sliceMs, beforeMs));
    // Where the clock went back, a slice may end before it begins.
    archived += await archiveSlice(db, until > oldest ? until : before);
  }
}

/** Copy first, delete after, with the same limit: on MyISAM a break in between leaves rows twice for a day, never lost. */
function archiveSlice(db: Db, until: string): Promise<number> {
  const ignore = db.dialect === 'mysql' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
  return db.transaction(async (tx) => {
    await tx.run(`${ignore} INTO vicidial_ccc_log_archive (${cccColumns}) SELECT ${cccColumns} FROM vicidial_ccc_log WHERE call_date < ?`, [
      until,
    ]);
    const { rows } = await tx.run('DELETE FROM vicidial_ccc_log WHERE call_date < ?', [until]);
    return rows;
  }, background);
}

async function expire(db: Db, table: string, column: 'created_ms' | 'taken_ms' | 'at_ms', beforeMs: number): Promise<number> {
  let expired = 0;
  for (;;) {
    const [row] = await db.all(`SELECT MIN(${column}) AS oldest FROM ${table} WHERE ${column} < ?`, [beforeMs]);
    const oldest = row?.['oldest'];
    if (oldest === null || oldest === undefined) return expired;
    const { rows } = await db.run(`DELETE FROM ${table} WHERE ${column} < ?`, [Math.min(Number(oldest) + sliceMs, beforeMs)], background);
    expired += rows;
  }
}
