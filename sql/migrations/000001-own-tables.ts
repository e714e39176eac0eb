import type { Migration } from './migration.js';

/**
 * Our first tables. Codes and ids of calls compare exactly; names of users, peers and menus compare as
 * VICIdial compares them, without letter case (`@ci`). JSON is kept in text columns: MariaDB and SQLite
 * would give two different things for a JSON column.
 */
export const ownTables: Migration = {
  id: 1,
  name: 'own-tables',
  statements: [
    `CREATE TABLE IF NOT EXISTS @tandem_accounts (
       user VARCHAR(20) @ci NOT NULL PRIMARY KEY,
       peer_id VARCHAR(40) @ci NOT NULL,
       window_s INTEGER,
       one_time SMALLINT NOT NULL DEFAULT 0,
       requests_per_minute INTEGER,
       lists TEXT
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_user_secrets (
       user VARCHAR(20) @ci NOT NULL PRIMARY KEY,
       secret_hash VARCHAR(255) NOT NULL
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_peers (
       peer_id VARCHAR(40) @ci NOT NULL PRIMARY KEY,
       kind VARCHAR(10) NOT NULL DEFAULT 'vicidial',
       active SMALLINT NOT NULL DEFAULT 1,
       base_url VARCHAR(500),
       non_agent_path VARCHAR(200) NOT NULL DEFAULT '/vicidial/non_agent_api.php',
       agent_path VARCHAR(200) NOT NULL DEFAULT '/agc/api.php',
       user VARCHAR(20) NOT NULL DEFAULT '',
       pass VARCHAR(500) NOT NULL DEFAULT '',
       source VARCHAR(20) NOT NULL DEFAULT 'tandem',
       stage VARCHAR(10) NOT NULL DEFAULT 'pipe',
       credentials VARCHAR(10) NOT NULL DEFAULT 'query',
       verify_tls SMALLINT NOT NULL DEFAULT 1,
       ca_file VARCHAR(500),
       pin_sha256 VARCHAR(64),
       client_cert_file VARCHAR(500),
       client_key_file VARCHAR(500),
       connect_ms_max INTEGER,
       request_ms_max INTEGER,
       allow_extra_fields SMALLINT NOT NULL DEFAULT 0,
       trunks TEXT
     )@table`,
    `CREATE TABLE IF NOT EXISTS @tandem_handovers (
       peer_id VARCHAR(40) NOT NULL,
       remote_code VARCHAR(30) NOT NULL,
       uniqueid VARCHAR(150) NOT NULL,
       owner VARCHAR(40) NOT NULL,
       created_ms BIGINT NOT NULL,
       lead_id BIGINT,
       local_code VARCHAR(30),
       PRIMARY KEY (peer_id, remote_code, uniqueid)
     )@table`,
    `CREATE INDEX tandem_handovers_created_ms ON @tandem_handovers (created_ms)`,
    `CREATE TABLE IF NOT EXISTS @tandem_taken_codes (
       account VARCHAR(40) NOT NULL,
       code VARCHAR(40) NOT NULL,
       owner VARCHAR(40) NOT NULL,
       taken_ms BIGINT NOT NULL,
       PRIMARY KEY (account, code)
     )@table`,
    `CREATE INDEX tandem_taken_codes_taken_ms ON @tandem_taken_codes (taken_ms)`,
    `CREATE TABLE IF NOT EXISTS @tandem_menus (
       menu_id VARCHAR(50) @ci NOT NULL PRIMARY KEY,
       definition MEDIUMTEXT NOT NULL
     )@table`,
  ],
};
