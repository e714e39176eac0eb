/** The nightly tidying: vicidial_ccc_log moves to its archive, keys that no longer count are deleted. */
import type { Db } from './db.js';
import type { LocalClock } from './local-clock.js';

export interface RetentionOptions {
  readonly own: string;
  readonly clock: LocalClock;
  /** rows of vicidial_ccc_log stay this long before they move; default one day as in VICIdial (4.3) */
  readonly cccLogMsMax: number;
  readonly handoversMsMax: number;
  readonly takenCodesMsMax: number;
}

export interface RetentionResult {
  readonly archived: number;
  readonly handoversExpired: number;
  readonly takenCodesExpired: number;
}

const dayMs = 86_400_000;
export const retentionDefaults = { cccLogMsMax: dayMs, handoversMsMax: 7 * dayMs, takenCodesMsMax: 2 * dayMs } as const;

const cccColumns = 'call_date, remote_call_id, local_call_id, lead_id, uniqueid, channel, server_ip, list_id, container_id, remote_lead_id';
/** A job of the background: it may wait longer than a call. */
const background = { repeatable: true, retryMsMax: 60_000 } as const;

/** Two nodes may run it at once: the archive has a unique key, and deleting what is gone deletes nothing. */
export async function runRetention(db: Db, options: RetentionOptions, nowMs: number): Promise<RetentionResult> {
  const archived = await archiveCccLog(db, options.clock.text(nowMs - options.cccLogMsMax));
  const expire = async (table: string, column: string, beforeMs: number): Promise<number> =>
    (await db.run(`DELETE FROM ${options.own}${table} WHERE ${column} < ?`, [beforeMs], background)).rows;
  return {
    archived,
    handoversExpired: await expire('tandem_handovers', 'created_ms', nowMs - options.handoversMsMax),
    takenCodesExpired: await expire('tandem_taken_codes', 'taken_ms', nowMs - options.takenCodesMsMax),
  };
}

/** Copy first, delete after, with the same limit: on MyISAM a break in between leaves rows twice for a day, never lost. */
async function archiveCccLog(db: Db, before: string): Promise<number> {
  const ignore = db.dialect === 'mysql' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
  return db.transaction(async (tx) => {
    await tx.run(`${ignore} INTO vicidial_ccc_log_archive (${cccColumns}) SELECT ${cccColumns} FROM vicidial_ccc_log WHERE call_date < ?`, [
      before,
    ]);
    const { rows } = await tx.run('DELETE FROM vicidial_ccc_log WHERE call_date < ?', [before]);
    return rows;
  }, background);
}
