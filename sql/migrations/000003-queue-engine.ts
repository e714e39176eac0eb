import type { Migration } from './migration.js';

/**
 * The queue engine. `tandem_acd` has one row for each thing it remembers: kind and id are the key, `doc` the state as
 * JSON; queue, agent and state are there to be found by people. `tandem_segments` is what happened, each row
 * written once: of a visit (`outcome` = why the member left), of an offer, of an agent's stay in a status.
 * Times are Unix ms, 0 = did not happen; what a kind does not have is NULL. `tandem_leases` says who may write:
 * `fence` grows with each new owner, `saved_fence` is that of the last save.
 */
export const queueEngine: Migration = {
  id: 3,
  name: 'queue-engine',
  statements: [
    `CREATE TABLE IF NOT EXISTS @tandem_leases (
       name VARCHAR(80) NOT NULL PRIMARY KEY,
       owner VARCHAR(150) NOT NULL,
       fence BIGINT NOT NULL,
       saved_fence BIGINT NOT NULL DEFAULT 0,
       until_ms BIGINT NOT NULL
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_acd (
       kind VARCHAR(10) NOT NULL,
       id VARCHAR(150) NOT NULL,
       queue VARCHAR(150) @ci,
       agent VARCHAR(150) @ci,
       state VARCHAR(30) NOT NULL,
       doc MEDIUMTEXT NOT NULL,
       PRIMARY KEY (kind, id)
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_segments (
       kind VARCHAR(10) NOT NULL,
       segment_key VARCHAR(200) NOT NULL,
       member VARCHAR(150),
       visit INTEGER,
       offer VARCHAR(150),
       root_id VARCHAR(150),
       queue VARCHAR(150) @ci,
       agent VARCHAR(150) @ci,
       media VARCHAR(10),
       number VARCHAR(100),
       name VARCHAR(150),
       lead_id BIGINT,
       param TEXT,
       arrived_ms BIGINT,
       started_ms BIGINT NOT NULL,
       answered_ms BIGINT,
       connected_ms BIGINT,
       ended_ms BIGINT NOT NULL,
       outcome VARCHAR(40) NOT NULL,
       detail VARCHAR(255),
       ended_by VARCHAR(10),
       offers INTEGER,
       rejections INTEGER,
       wait_ms BIGINT,
       ring_ms BIGINT,
       talk_ms BIGINT,
       position_at_entry INTEGER,
       priority BIGINT,
       PRIMARY KEY (kind, segment_key)
     )@table`,
    `CREATE INDEX tandem_segments_ended_ms ON @tandem_segments (kind, ended_ms)`,
    `CREATE INDEX tandem_segments_queue ON @tandem_segments (queue, ended_ms)`,
    `CREATE INDEX tandem_segments_agent ON @tandem_segments (agent, ended_ms)`,
    `CREATE INDEX tandem_segments_member ON @tandem_segments (member)`,
  ],
};
