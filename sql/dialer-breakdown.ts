/** How the calls of a campaign fall to its lists, and how often its finished contacts were called (dialer.md B9). Bounded reads. */
import type { CampaignBreakdown, DialerStore } from '../core/dialer-ports.js';
import type { DialerBase } from './dialer-sql.js';

/** Newest calls, and finished contacts, that are looked at: about 20 ms of a table that is not in memory. */
export const breakdownRowsMax = 20_000;

export function createBreakdown(base: DialerBase): Pick<DialerStore, 'breakdown'> {
  const [attempts, contacts, counters] = ['attempts', 'contacts', 'counters'].map((name) => base.table(name));
  const limit = `LIMIT ${String(breakdownRowsMax)}`;
  const listsSql = `SELECT list_id, COUNT(*) AS calls, SUM(CASE WHEN answered_ms IS NULL THEN 0 ELSE 1 END) AS answered FROM
    (SELECT list_id, answered_ms FROM ${attempts} WHERE campaign_id = ? AND placed_ms >= ? ORDER BY placed_ms DESC, call_id DESC ${limit}) AS newest
    GROUP BY list_id ORDER BY list_id`;
  const attemptsSql = `SELECT attempts, COUNT(*) AS n FROM
    (SELECT attempts FROM ${contacts} WHERE campaign_id = ? AND status = 'ended' ${limit}) AS finished GROUP BY attempts ORDER BY attempts`;
  const placedSql = `SELECT SUM(placed) AS placed FROM ${counters} WHERE campaign_id = ?`;

  return {
    async breakdown(campaign, fromMs): Promise<CampaignBreakdown> {
      const [lists, finished, [sum]] = await Promise.all([
        base.db.all(listsSql, [campaign, fromMs]),
        base.db.all(attemptsSql, [campaign]),
        base.db.all(placedSql, [campaign]),
      ]);
      return {
        lists: lists.map((row) => ({
          listId: row['list_id'] === null ? undefined : Number(row['list_id']),
          calls: Number(row['calls']),
          answered: Number(row['answered']),
        })),
        finished: finished.map((row) => ({ attempts: Number(row['attempts']), contacts: Number(row['n']) })),
        placed: Number(sum?.['placed'] ?? 0),
      };
    },
  };
}
