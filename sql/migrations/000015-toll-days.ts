import type { Migration } from './migration.js';

/**
 * What the caps against toll fraud have counted within 24 hours: calls to a number, milliseconds of talk over a gateway. Whoever
 * changes rows counts up the revision `toll` in the same transaction, and its row holds other writers until the commit: behind
 * a revision that was read nothing is missing.
 */
export const tollDays: Migration = {
  id: 15,
  name: 'toll-days',
  statements: [
    `CREATE TABLE IF NOT EXISTS @tandem_toll_days (
       kind VARCHAR(10) NOT NULL,
       day_key VARCHAR(160) NOT NULL,
       from_ms BIGINT NOT NULL,
       total BIGINT NOT NULL,
       revision BIGINT NOT NULL,
       PRIMARY KEY (kind, day_key)
     )@table`,
    `CREATE INDEX tandem_toll_days_revision ON @tandem_toll_days (revision)`,
    `CREATE INDEX tandem_toll_days_from ON @tandem_toll_days (kind, from_ms)`,
  ],
};
