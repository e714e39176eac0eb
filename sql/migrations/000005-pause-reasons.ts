import type { Migration } from './migration.js';

/**
 * Reasons for breaks (B35), times in seconds, 0 = no limit. `paid` of a segment is what counted when the break ended:
 * a list that changes later does not change what was; NULL: no break, or its reason was not in the list.
 */
export const pauseReasons: Migration = {
  id: 5,
  name: 'pause-reasons',
  statements: [
    `CREATE TABLE IF NOT EXISTS @tandem_pause_reasons (
       code VARCHAR(40) @ci NOT NULL PRIMARY KEY,
       text VARCHAR(100) NOT NULL,
       paid SMALLINT NOT NULL DEFAULT 0,
       max_s DOUBLE PRECISION NOT NULL DEFAULT 0,
       max_per_day_s DOUBLE PRECISION NOT NULL DEFAULT 0
     )@table`,
    `ALTER TABLE @tandem_segments ADD COLUMN paid SMALLINT`,
  ],
};
