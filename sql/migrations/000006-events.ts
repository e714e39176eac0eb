import type { Migration } from './migration.js';

/**
 * Stored events (B25): `seq` is given by the owner of the queues under its fence, in the order of its saves; `body` is
 * the news as JSON without its type. `tandem_webhooks` has the receivers: `types` and `queues` are JSON lists, empty =
 * all; everything up to `cursor_seq` was delivered or given up. What was given up stands in
 * `tandem_webhook_dead_letters`, with a copy of the body; `due` = 1: to be sent once more.
 */
export const events: Migration = {
  id: 6,
  name: 'events',
  statements: [
    `CREATE TABLE IF NOT EXISTS @tandem_events (
       seq BIGINT NOT NULL PRIMARY KEY,
       at_ms BIGINT NOT NULL,
       type VARCHAR(40) NOT NULL,
       body MEDIUMTEXT NOT NULL
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_webhooks (
       id VARCHAR(40) NOT NULL PRIMARY KEY,
       url VARCHAR(1000) NOT NULL,
       types TEXT NOT NULL,
       queues TEXT NOT NULL,
       secret VARCHAR(200) NOT NULL,
       disabled VARCHAR(255) NOT NULL DEFAULT '',
       created_ms BIGINT NOT NULL,
       cursor_seq BIGINT NOT NULL,
       tries INTEGER NOT NULL DEFAULT 0,
       next_ms BIGINT NOT NULL DEFAULT 0,
       problem VARCHAR(255) NOT NULL DEFAULT ''
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_webhook_dead_letters (
       webhook_id VARCHAR(40) NOT NULL,
       seq BIGINT NOT NULL,
       at_ms BIGINT NOT NULL,
       tries INTEGER NOT NULL,
       problem VARCHAR(255) NOT NULL,
       body MEDIUMTEXT NOT NULL,
       due SMALLINT NOT NULL DEFAULT 0,
       PRIMARY KEY (webhook_id, seq)
     )@table`,
  ],
};
