import type { Migration } from './migration.js';

/**
 * Which call a message to the voice connector is about: those of one call are delivered in order also by a process that did
 * not see the first of them fail. Keys are `<call>:<kind>:<n>`.
 */
export const dialerOutboxCall: Migration = {
  id: 14,
  name: 'dialer-outbox-call',
  statements: [
    `ALTER TABLE @dialer_outbox ADD COLUMN call_id VARCHAR(120) NOT NULL DEFAULT ''`,
    ...['end-chat', 'call-result'].map(
      (kind) => `UPDATE @dialer_outbox SET call_id = SUBSTR(message_key, 1, INSTR(message_key, ':${kind}:') - 1)
        WHERE kind = '${kind}' AND call_id = '' AND INSTR(message_key, ':${kind}:') > 1`,
    ),
    `CREATE INDEX dialer_outbox_call ON @dialer_outbox (call_id, state, id)`,
  ],
};
