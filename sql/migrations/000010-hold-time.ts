import type { Migration } from './migration.js';

/** Hold time of a talk (of offers), and the place that a caller had when he left (of visits); NULL in older rows: unknown. */
export const holdTime: Migration = {
  id: 10,
  name: 'hold-time',
  statements: [
    `ALTER TABLE @tandem_segments ADD COLUMN hold_ms BIGINT`,
    `ALTER TABLE @tandem_segments ADD COLUMN position_at_exit INTEGER`,
  ],
};
