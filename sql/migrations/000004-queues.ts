import type { Migration } from './migration.js';

/**
 * What is provisioned of the queue engine. `definition` is the entry as it was written (JSON, seconds, only what was
 * said), checked by core/acd/schema.ts on the way in and out; defaults are not stored, so that a better default of a
 * later release counts. `tandem_revisions` tells running processes that something changed.
 */
export const queues: Migration = {
  id: 4,
  name: 'queues',
  statements: [
    `CREATE TABLE IF NOT EXISTS @tandem_queues (
       queue_id VARCHAR(150) @ci NOT NULL PRIMARY KEY,
       definition MEDIUMTEXT NOT NULL
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_agents (
       agent_id VARCHAR(150) @ci NOT NULL PRIMARY KEY,
       definition MEDIUMTEXT NOT NULL,
       pin_hash VARCHAR(255)
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_tiers (
       queue_id VARCHAR(150) @ci NOT NULL,
       agent_id VARCHAR(150) @ci NOT NULL,
       level INTEGER NOT NULL DEFAULT 1,
       position INTEGER NOT NULL DEFAULT 1,
       PRIMARY KEY (queue_id, agent_id)
     )@table`,
    `CREATE INDEX tandem_tiers_agent ON @tandem_tiers (agent_id)`,
    `CREATE TABLE IF NOT EXISTS @tandem_callers (
       number VARCHAR(32) NOT NULL PRIMARY KEY,
       blocked SMALLINT NOT NULL DEFAULT 0,
       base_score_s INTEGER NOT NULL DEFAULT 0,
       agent_id VARCHAR(150) @ci
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_queue_settings (
       name VARCHAR(40) NOT NULL PRIMARY KEY,
       value VARCHAR(100) NOT NULL
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_revisions (
       name VARCHAR(40) NOT NULL PRIMARY KEY,
       number BIGINT NOT NULL
     )@table`,
  ],
};
