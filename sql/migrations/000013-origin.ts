import type { Migration } from './migration.js';

/** Who was not a caller of his own accord, `dialer`; NULL: a caller, and every row of before. */
export const origin: Migration = {
  id: 13,
  name: 'origin',
  statements: [`ALTER TABLE @tandem_segments ADD COLUMN origin VARCHAR(16)`],
};
