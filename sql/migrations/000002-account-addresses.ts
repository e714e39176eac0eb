import type { Migration } from './migration.js';

/** Where a peer's account may come from (W-7): JSON array of addresses and networks, null = anywhere. */
export const accountAddresses: Migration = {
  id: 2,
  name: 'account-addresses',
  statements: [`ALTER TABLE @tandem_accounts ADD COLUMN addresses TEXT`],
};
