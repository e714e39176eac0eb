import type { Migration } from './migration.js';

/** Kinds of calls that a counter row sums up, each a column of dialer_counters. */
const sums = [
  ...['placed', 'answered', 'persons', 'connected', 'connected_ivr', 'abandoned', 'customer_dropped', 'machines', 'machines_by_agent'],
  ...['busy', 'no_answer', 'invalid', 'trunk', 'other', 'talk_ms', 'ring_ms', 'wait_ms', 'opted_out', 'messages_played'],
];

/**
 * The dialer (dialer.md A2, B7). `dialer_contacts` keeps the reference's names, with its moments as UTC DATETIME(3), so that
 * SQL written for it works; everything else has Unix ms. `seq` is the order of arrival: ids are random and a poor clustered key.
 *
 * - pick: due contacts of one list and priority in order, the only index the hopper needs: which (list, priority) of a
 *   campaign have any stands in `dialer_counts`, changed in the same transactions.
 * - `dialer_active`: one row per number in a call; its key is what keeps a second call to it from being placed.
 * - `dialer_dnc`: a number, or a prefix that ends in `*`; `dialer_dnc_lengths` has the lengths of prefixes in use.
 * - `dialer_number_hours`: calls to a number by UTC hour, over all campaigns, for frequency caps in one read.
 * - `dialer_audit` is a chain of hashes; `dialer_audit_head` has its two ends.
 */
export const dialer: Migration = {
  id: 11,
  name: 'dialer',
  statements: [
    `CREATE TABLE IF NOT EXISTS @dialer_contacts (
       seq @serial,
       id VARCHAR(40) NOT NULL,
       customer_number VARCHAR(20) NOT NULL,
       campaign_type VARCHAR(20) NOT NULL,
       gateway_id VARCHAR(40) NOT NULL,
       status VARCHAR(20) NOT NULL DEFAULT 'pending',
       call_result VARCHAR(40),
       received_time @moment NOT NULL,
       dial_time @moment,
       campaign_contact_id VARCHAR(40),
       campaign_id VARCHAR(40) NOT NULL,
       start_time @moment,
       end_time @moment,
       priority INTEGER NOT NULL DEFAULT 5,
       ivr VARCHAR(20),
       dialing_mode VARCHAR(20),
       routing_mode VARCHAR(20),
       resource_id VARCHAR(40),
       queue_name VARCHAR(20),
       tenant_id VARCHAR(40),
       list_id BIGINT NOT NULL DEFAULT 0,
       number_key VARCHAR(21) NOT NULL,
       time_zone VARCHAR(1000),
       region VARCHAR(10),
       result VARCHAR(20),
       attempts SMALLINT NOT NULL DEFAULT 0,
       dials SMALLINT NOT NULL DEFAULT 0,
       number_index SMALLINT NOT NULL DEFAULT 0,
       next_attempt_at @moment NOT NULL,
       numbers TEXT,
       consent_until @moment,
       answered_before SMALLINT NOT NULL DEFAULT 0,
       callback_at @moment,
       callback_agent VARCHAR(150),
       callback_patience_until @moment,
       disposition VARCHAR(40),
       history TEXT,
       skipped_by TEXT,
       data TEXT
     )@table`,
    `CREATE UNIQUE INDEX dialer_contacts_id ON @dialer_contacts (id)`,
    `CREATE INDEX dialer_contacts_pick ON @dialer_contacts (campaign_id, status, list_id, priority, next_attempt_at)`,
    `CREATE INDEX dialer_contacts_number ON @dialer_contacts (number_key)`,
    `CREATE INDEX dialer_contacts_campaign ON @dialer_contacts (campaign_id)`,
    `CREATE INDEX dialer_contacts_end ON @dialer_contacts (status, end_time)@where(status = 'pending' AND end_time IS NOT NULL)`,
    `CREATE INDEX dialer_contacts_callback ON @dialer_contacts (callback_at)@where(callback_at IS NOT NULL)`,
    `CREATE TABLE IF NOT EXISTS @dialer_active (
       number_key VARCHAR(21) NOT NULL PRIMARY KEY,
       contact_id VARCHAR(40) NOT NULL,
       campaign_id VARCHAR(40) NOT NULL,
       status VARCHAR(20) NOT NULL,
       since_ms BIGINT NOT NULL
     )@table`,
    `CREATE UNIQUE INDEX dialer_active_contact ON @dialer_active (contact_id)`,
    `CREATE TABLE IF NOT EXISTS @dialer_counts (
       campaign_id VARCHAR(40) NOT NULL,
       list_id BIGINT NOT NULL,
       priority INTEGER NOT NULL,
       status VARCHAR(20) NOT NULL,
       result VARCHAR(20) NOT NULL,
       n BIGINT NOT NULL,
       PRIMARY KEY (campaign_id, status, list_id, priority, result)
     )@table`,
    `CREATE TABLE IF NOT EXISTS @dialer_campaigns (
       id VARCHAR(40) NOT NULL PRIMARY KEY,
       name VARCHAR(150) NOT NULL,
       state VARCHAR(20) NOT NULL,
       revision BIGINT NOT NULL,
       doc MEDIUMTEXT NOT NULL
     )@table`,
    `CREATE TABLE IF NOT EXISTS @dialer_lists (
       id @serial,
       campaign_id VARCHAR(40) NOT NULL,
       name VARCHAR(150) NOT NULL,
       state VARCHAR(20) NOT NULL,
       file_hash VARCHAR(64) NOT NULL,
       file_offset BIGINT NOT NULL DEFAULT 0,
       rows_read BIGINT NOT NULL DEFAULT 0,
       stored BIGINT NOT NULL DEFAULT 0,
       duplicates BIGINT NOT NULL DEFAULT 0,
       invalid BIGINT NOT NULL DEFAULT 0,
       blocked BIGINT NOT NULL DEFAULT 0,
       no_time_zone BIGINT NOT NULL DEFAULT 0,
       started_ms BIGINT NOT NULL,
       ended_ms BIGINT,
       problem VARCHAR(500)
     )@table`,
    `CREATE INDEX dialer_lists_campaign ON @dialer_lists (campaign_id, state)`,
    `CREATE TABLE IF NOT EXISTS @dialer_attempts (
       seq @serial,
       call_id VARCHAR(60) NOT NULL,
       contact_id VARCHAR(40) NOT NULL,
       campaign_id VARCHAR(40) NOT NULL,
       list_id BIGINT,
       mode VARCHAR(20) NOT NULL,
       number VARCHAR(20) NOT NULL,
       number_key VARCHAR(21) NOT NULL,
       caller_id VARCHAR(40) NOT NULL,
       switch VARCHAR(80) NOT NULL,
       gateway VARCHAR(80) NOT NULL,
       placed_ms BIGINT NOT NULL,
       ringing_ms BIGINT,
       answered_ms BIGINT,
       offered_ms BIGINT,
       bridged_ms BIGINT,
       ended_ms BIGINT NOT NULL,
       cause VARCHAR(60) NOT NULL,
       q850 INTEGER,
       sip INTEGER,
       result VARCHAR(20) NOT NULL,
       counts_as_attempt SMALLINT NOT NULL,
       agent VARCHAR(150),
       amd VARCHAR(10),
       message_ms BIGINT,
       message_heard_ms BIGINT,
       opted_out SMALLINT NOT NULL,
       ended_by VARCHAR(10) NOT NULL,
       decision_ms BIGINT,
       recording VARCHAR(500)
     )@table`,
    `CREATE UNIQUE INDEX dialer_attempts_call ON @dialer_attempts (call_id)`,
    `CREATE INDEX dialer_attempts_placed ON @dialer_attempts (placed_ms, call_id)`,
    `CREATE INDEX dialer_attempts_campaign ON @dialer_attempts (campaign_id, placed_ms, call_id)`,
    `CREATE INDEX dialer_attempts_contact ON @dialer_attempts (contact_id, placed_ms, call_id)`,
    `CREATE INDEX dialer_attempts_number ON @dialer_attempts (number_key, placed_ms, call_id)`,
    `CREATE TABLE IF NOT EXISTS @dialer_number_hours (
       number_key VARCHAR(21) NOT NULL,
       hour BIGINT NOT NULL,
       calls INTEGER NOT NULL,
       abandoned_ms BIGINT NOT NULL,
       machine_ms BIGINT NOT NULL,
       PRIMARY KEY (number_key, hour)
     )@keyed`,
    `CREATE INDEX dialer_number_hours_hour ON @dialer_number_hours (hour)`,
    `CREATE TABLE IF NOT EXISTS @dialer_dnc (
       number_key VARCHAR(22) NOT NULL,
       scope VARCHAR(120) NOT NULL,
       source VARCHAR(80) NOT NULL,
       reason VARCHAR(255) NOT NULL,
       from_ms BIGINT NOT NULL,
       until_ms BIGINT,
       PRIMARY KEY (number_key, scope)
     )@keyed`,
    `CREATE INDEX dialer_dnc_scope ON @dialer_dnc (scope, number_key)`,
    `CREATE TABLE IF NOT EXISTS @dialer_dnc_lengths (chars INTEGER NOT NULL PRIMARY KEY)@table`,
    `CREATE TABLE IF NOT EXISTS @dialer_outbox (
       id @serial,
       message_key VARCHAR(120) NOT NULL,
       kind VARCHAR(20) NOT NULL,
       body MEDIUMTEXT NOT NULL,
       state VARCHAR(10) NOT NULL,
       tries INTEGER NOT NULL DEFAULT 0,
       created_ms BIGINT NOT NULL,
       next_ms BIGINT NOT NULL,
       problem VARCHAR(255)
     )@table`,
    `CREATE UNIQUE INDEX dialer_outbox_key ON @dialer_outbox (message_key)`,
    `CREATE INDEX dialer_outbox_state ON @dialer_outbox (state, next_ms)`,
    `CREATE TABLE IF NOT EXISTS @dialer_audit (
       seq BIGINT NOT NULL PRIMARY KEY,
       at_ms BIGINT NOT NULL,
       actor VARCHAR(170) NOT NULL,
       object VARCHAR(200) NOT NULL,
       action VARCHAR(80) NOT NULL,
       before_doc TEXT,
       after_doc TEXT,
       reason VARCHAR(500) NOT NULL,
       hash CHAR(64) NOT NULL
     )@table`,
    `CREATE INDEX dialer_audit_at ON @dialer_audit (at_ms)`,
    `CREATE INDEX dialer_audit_object ON @dialer_audit (object, seq)`,
    `CREATE TABLE IF NOT EXISTS @dialer_audit_head (
       id SMALLINT NOT NULL PRIMARY KEY,
       seq BIGINT NOT NULL,
       hash CHAR(64) NOT NULL,
       gone_seq BIGINT NOT NULL,
       gone_hash CHAR(64) NOT NULL
     )@table`,
    `CREATE TABLE IF NOT EXISTS @dialer_counters (
       campaign_id VARCHAR(40) NOT NULL,
       bucket_ms BIGINT NOT NULL,
       ${sums.map((name) => `${name} BIGINT NOT NULL DEFAULT 0,`).join('\n       ')}
       PRIMARY KEY (campaign_id, bucket_ms)
     )@table`,
    `CREATE INDEX dialer_counters_bucket ON @dialer_counters (bucket_ms)`,
    `CREATE TABLE IF NOT EXISTS @dialer_decisions (
       pacer VARCHAR(150) NOT NULL,
       at_ms BIGINT NOT NULL,
       doc TEXT NOT NULL,
       PRIMARY KEY (pacer, at_ms)
     )@table`,
    `CREATE INDEX dialer_decisions_at ON @dialer_decisions (at_ms)`,
    `CREATE TABLE IF NOT EXISTS @dialer_learned (
       learned_key VARCHAR(150) NOT NULL PRIMARY KEY,
       at_ms BIGINT NOT NULL,
       doc MEDIUMTEXT NOT NULL
     )@table`,
  ],
};
