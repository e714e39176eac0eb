/**
 * Makes counts agree with contacts after rows were changed by hand. What is wrong is found with one statement, which sees one
 * moment, and mended by adding the difference, so that changes in between are not lost.
 */
import type { DialerStore } from '../core/dialer-ports.js';
import { text } from './db.js';
import type { Row, Value } from './db.js';
import type { Counts } from './dialer-counts.js';
import { again, createFence } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';

export function createReconcile(base: DialerBase, counts: Counts): Pick<DialerStore, 'reconcile'> {
  const { db } = base;
  const [contacts, table, active] = [base.table('contacts'), base.table('counts'), base.table('active')];
  const checkFence = createFence(base);
  const nextCampaign = `SELECT MIN(campaign_id) AS id FROM (
    SELECT MIN(campaign_id) AS campaign_id FROM ${contacts} WHERE campaign_id > ?
    UNION ALL SELECT MIN(campaign_id) FROM ${table} WHERE campaign_id > ?) found`;
  // By the index alone: results stand in the rows, and are looked at only where the sums differ.
  const differences = `SELECT status, list_id, priority, SUM(n) AS n FROM (
    SELECT status, list_id, priority, COUNT(*) AS n FROM ${contacts} WHERE campaign_id = ? GROUP BY status, list_id, priority
    UNION ALL SELECT status, list_id, priority, -n FROM ${table} WHERE campaign_id = ?) both_sides
    GROUP BY status, list_id, priority HAVING SUM(n) <> 0`;
  const group = 'campaign_id = ? AND status = ? AND list_id = ? AND priority = ?';
  const byResult = `SELECT result, SUM(n) AS n FROM (
    SELECT COALESCE(result, '') AS result, COUNT(*) AS n FROM ${contacts} WHERE ${group} GROUP BY COALESCE(result, '')
    UNION ALL SELECT result, -n FROM ${table} WHERE ${group}) both_sides GROUP BY result HAVING SUM(n) <> 0`;
  const freeSql = `DELETE FROM ${active} WHERE NOT EXISTS
    (SELECT 1 FROM ${contacts} c WHERE c.id = ${active}.contact_id AND c.status IN ('dialed', 'agent_pending'))`;

  async function mend(campaignId: string, row: Row, fence: number): Promise<number> {
    const key = { campaignId, status: text(row['status']), listId: Number(row['list_id']), priority: Number(row['priority']) };
    const range: Value[] = [campaignId, key.status, key.listId, key.priority];
    return db.transaction(async (tx) => {
      await checkFence(tx, fence);
      const wrong = await tx.all(byResult, [...range, ...range]);
      const changes = counts.changes();
      for (const one of wrong) changes.add({ ...key, result: text(one['result']) }, Number(one['n']));
      await changes.write(tx);
      return wrong.length;
    });
  }

  return {
    async reconcile(fence, after) {
      let wrong = 0;
      await db.transaction(async (tx) => {
        await checkFence(tx, fence);
        if (after === '') wrong += (await tx.run(freeSql)).rows;
      }, again);
      const [next] = await db.all(nextCampaign, [after, after]);
      const campaign = text(next?.['id']);
      if (campaign === '') return { wrong, campaign: undefined };
      for (const row of await db.all(differences, [campaign, campaign])) wrong += await mend(campaign, row, fence);
      // of lists that are dialled out
      await db.run(`DELETE FROM ${table} WHERE campaign_id = ? AND n = 0`, [campaign], again);
      return { wrong, campaign };
    },
  };
}
