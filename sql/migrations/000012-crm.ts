import type { Migration } from './migration.js';

/** The call journal, and what CRMs are still to be told (crm-vtiger 8, 9). `state` of a message: 0 waits, 1 delivered, 2 dead. */
export const crm: Migration = {
  id: 12,
  name: 'crm',
  statements: [
    `CREATE TABLE IF NOT EXISTS @tandem_journal (
       id VARCHAR(100) NOT NULL PRIMARY KEY,
       switch VARCHAR(40) NOT NULL,
       direction VARCHAR(10) NOT NULL,
       state VARCHAR(10) NOT NULL,
       number VARCHAR(60) NOT NULL,
       extension VARCHAR(40) NOT NULL,
       outcome VARCHAR(10),
       started_ms BIGINT NOT NULL,
       ended_ms BIGINT,
       purged_ms BIGINT,
       body MEDIUMTEXT NOT NULL
     )@table`,
    `CREATE INDEX tandem_journal_started ON @tandem_journal (started_ms, id)`,
    `CREATE INDEX tandem_journal_state ON @tandem_journal (switch, state)`,
    `CREATE INDEX tandem_journal_number ON @tandem_journal (number, started_ms)`,
    `CREATE INDEX tandem_journal_extension ON @tandem_journal (extension, started_ms)`,
    `CREATE TABLE IF NOT EXISTS @tandem_crm_outbox (
       id @serial,
       binding VARCHAR(40) NOT NULL,
       call_id VARCHAR(100) NOT NULL,
       seq INTEGER NOT NULL,
       event VARCHAR(40) NOT NULL,
       payload MEDIUMTEXT NOT NULL,
       state SMALLINT NOT NULL,
       attempts INTEGER NOT NULL,
       next_ms BIGINT NOT NULL,
       last_error VARCHAR(300),
       created_ms BIGINT NOT NULL,
       settled_ms BIGINT
     )@table`,
    `CREATE UNIQUE INDEX tandem_crm_outbox_lane ON @tandem_crm_outbox (binding, call_id, seq)`,
    `CREATE INDEX tandem_crm_outbox_due ON @tandem_crm_outbox (binding, state, next_ms)`,
    `CREATE INDEX tandem_crm_outbox_settled ON @tandem_crm_outbox (state, settled_ms)`,
  ],
};
