import type { Migration } from './migration.js';

/**
 * Who may use `/api/v1` and what was done there. Secrets stand as SHA-256 of random ones, in hex. `queues` is a JSON
 * list, NULL = all; times are Unix ms, 0 = never or not yet. A row of tandem_idempotency with status 0 belongs to a
 * request that is being answered. `audit_id` grows with time, so it is order and cursor.
 */
export const access: Migration = {
  id: 7,
  name: 'access',
  statements: [
    `CREATE TABLE IF NOT EXISTS @tandem_user_rights (
       user VARCHAR(20) @ci NOT NULL PRIMARY KEY,
       queues MEDIUMTEXT,
       agent_id VARCHAR(150) @ci
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_api_keys (
       key_id VARCHAR(40) NOT NULL PRIMARY KEY,
       key_hash VARCHAR(64) NOT NULL,
       name VARCHAR(100) NOT NULL,
       functions TEXT NOT NULL,
       queues MEDIUMTEXT,
       created_ms BIGINT NOT NULL,
       created_by VARCHAR(150) NOT NULL,
       expires_ms BIGINT NOT NULL DEFAULT 0,
       disabled SMALLINT NOT NULL DEFAULT 0,
       last_used_ms BIGINT NOT NULL DEFAULT 0,
       last_ip VARCHAR(45)
     )@table`,
    `CREATE UNIQUE INDEX tandem_api_keys_hash ON @tandem_api_keys (key_hash)`,
    `CREATE TABLE IF NOT EXISTS @tandem_sessions (
       session_id VARCHAR(40) NOT NULL PRIMARY KEY,
       token_hash VARCHAR(64) NOT NULL,
       previous_hash VARCHAR(64) NOT NULL DEFAULT '',
       user VARCHAR(20) @ci NOT NULL,
       secret_mark VARCHAR(64) NOT NULL,
       created_ms BIGINT NOT NULL,
       seen_ms BIGINT NOT NULL,
       rotated_ms BIGINT NOT NULL,
       confirmed_ms BIGINT NOT NULL DEFAULT 0
     )@table`,
    `CREATE INDEX tandem_sessions_token ON @tandem_sessions (token_hash)`,
    `CREATE INDEX tandem_sessions_previous ON @tandem_sessions (previous_hash)`,
    `CREATE INDEX tandem_sessions_user ON @tandem_sessions (user)`,
    `CREATE INDEX tandem_sessions_created ON @tandem_sessions (created_ms)`,
    `CREATE TABLE IF NOT EXISTS @tandem_idempotency (
       principal VARCHAR(170) NOT NULL,
       idem_key VARCHAR(200) NOT NULL,
       request_hash VARCHAR(64) NOT NULL,
       created_ms BIGINT NOT NULL,
       status INTEGER NOT NULL DEFAULT 0,
       body MEDIUMTEXT,
       PRIMARY KEY (principal, idem_key)
     )@table`,
    `CREATE INDEX tandem_idempotency_created ON @tandem_idempotency (created_ms)`,
    `CREATE TABLE IF NOT EXISTS @tandem_audit (
       audit_id VARCHAR(40) NOT NULL PRIMARY KEY,
       at_ms BIGINT NOT NULL,
       principal VARCHAR(170) NOT NULL,
       address VARCHAR(45) NOT NULL,
       method VARCHAR(10) NOT NULL,
       path VARCHAR(500) NOT NULL,
       request TEXT,
       before_doc TEXT,
       after_doc TEXT,
       status INTEGER NOT NULL,
       code VARCHAR(40),
       request_id VARCHAR(40)
     )@table`,
    `CREATE INDEX tandem_audit_at ON @tandem_audit (at_ms)`,
    `CREATE INDEX tandem_audit_principal ON @tandem_audit (principal, audit_id)`,
  ],
};
