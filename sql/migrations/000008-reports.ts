import type { Migration } from './migration.js';

/**
 * Reports read segments by the moment at which they began, in pages of that order, and the later visits of a number.
 * `tandem_followups`: what somebody says of a caller who was not served (B36); without a row he is open.
 */
export const reports: Migration = {
  id: 8,
  name: 'reports',
  statements: [
    `CREATE INDEX tandem_segments_started_ms ON @tandem_segments (kind, started_ms, segment_key)`,
    `CREATE INDEX tandem_segments_number ON @tandem_segments (number, ended_ms)`,
    `CREATE TABLE IF NOT EXISTS @tandem_followups (
       segment_key VARCHAR(200) NOT NULL PRIMARY KEY,
       state VARCHAR(20) NOT NULL,
       note VARCHAR(500) NOT NULL,
       user VARCHAR(150) NOT NULL,
       changed_ms BIGINT NOT NULL
     )@table`,
  ],
};
