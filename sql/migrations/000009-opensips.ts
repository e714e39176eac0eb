import type { Migration } from './migration.js';

/**
 * For rows in OpenSIPS's form: `serial` is the number of the call's join, its `cid` there. Offers fill `number`,
 * `arrived_ms` and `rejections` too from now on: those of their caller at that moment.
 */
export const opensips: Migration = {
  id: 9,
  name: 'opensips',
  statements: [`ALTER TABLE @tandem_segments ADD COLUMN serial BIGINT`],
};
