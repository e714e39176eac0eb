import type { Migration } from './migration.js';

/** How far a call under way has come (dialer.md A15): one that was answered is not made again after a restart, its agent is known. */
export const dialerProgress: Migration = {
  id: 16,
  name: 'dialer-progress',
  statements: ['answered_ms BIGINT', 'bridged_ms BIGINT', 'agent VARCHAR(150)', 'agent_extension VARCHAR(40)'].map(
    (column) => `ALTER TABLE @dialer_active ADD COLUMN ${column}`,
  ),
};
