/**
 * How many contacts of a campaign there are by list, priority, status and result (B7). Changed in the transaction of the
 * contacts themselves; it also says where the hopper has to look, so the table is never counted in a cycle.
 */
import type { CallResult, ContactStatus } from '../core/dialer/words.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import type { DialerBase } from './dialer-sql.js';
import { upsert } from './dialer-sql.js';
import { batchSizes, rowStatements } from './row-batches.js';

/** What a contact is counted by. */
export interface CountKey {
  readonly campaignId: string;
  readonly listId: number;
  readonly priority: number;
  readonly status: string;
  /** '' = none */
  readonly result: string;
}

export interface CountChanges {
  add(key: CountKey, n: number): void;
  /** one contact from here to there */
  move(key: CountKey, to: { readonly status: string; readonly result: string }): void;
  /** In the transaction of the contacts; after their statements, so that locks are taken in one order. */
  write(tx: Statements): Promise<void>;
}

/** The part of a row by which a contact is counted. */
export const countColumns = 'campaign_id, list_id, priority, status, result';
export const countKeyOf = (row: Row): CountKey => ({
  campaignId: text(row['campaign_id']),
  listId: Number(row['list_id']),
  priority: Number(row['priority']),
  status: text(row['status']),
  result: text(row['result']),
});

export function createCounts(base: DialerBase) {
  const table = base.table('counts');
  const { head, tail } = upsert(base.db.dialect, table, ['campaign_id', 'list_id', 'priority', 'status', 'result'], { n: 'add' });
  const statement = rowStatements(head, () => '(?, ?, ?, ?, ?, ?)');

  function changes(): CountChanges {
    const sums = new Map<string, { readonly key: CountKey; n: number }>();
    const add = (key: CountKey, n: number): void => {
      const name = `${key.campaignId} ${String(key.listId)} ${String(key.priority)} ${key.status} ${key.result}`;
      const sum = sums.get(name);
      if (sum) sum.n += n;
      else sums.set(name, { key, n });
    };
    return {
      add,
      move(key, to) {
        if (to.status === key.status && to.result === key.result) return;
        add(key, -1);
        add({ ...key, ...to }, 1);
      },
      async write(tx) {
        const rows = [...sums].filter(([, { n }]) => n !== 0).sort(([a], [b]) => (a < b ? -1 : 1)); // one order: no deadlocks
        let from = 0;
        for (const size of batchSizes(rows.length)) {
          const values = rows
            .slice(from, from + size)
            .flatMap(([, { key, n }]): Value[] => [...[key.campaignId, key.listId, key.priority, key.status, key.result, n]]);
          await tx.run(statement(size) + tail, values);
          from += size;
        }
      },
    };
  }

  const ofIdle = `SELECT SUM(c.n) AS n FROM ${table} c JOIN ${base.table('lists')} l ON l.id = c.list_id
    WHERE c.campaign_id = ? AND c.status = 'pending' AND l.state <> 'active'`;
  const byResult = `SELECT status, result, SUM(n) AS n FROM ${table} WHERE campaign_id = ? GROUP BY status, result`;
  return {
    changes,
    async ofCampaign(campaign: string) {
      return (await base.db.all(byResult, [campaign]))
        .map((row) => ({
          status: text(row['status']) as ContactStatus,
          result: (text(row['result']) || undefined) as CallResult | undefined,
          count: Number(row['n']),
        }))
        .filter(({ count }) => count > 0);
    },
    /** Pending contacts of lists that are not dialled. */
    async idleOf(campaign: string): Promise<number> {
      const [row] = await base.db.all(ofIdle, [campaign]);
      return Number(row?.['n'] ?? 0);
    },
  };
}

export type Counts = ReturnType<typeof createCounts>;
