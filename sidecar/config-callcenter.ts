/** The settings of the face that speaks mod_callcenter's words. */
import type { Reader } from './config.js';

export function callcenterConfig(read: Reader) {
  const instance = read.text('instance_id');
  // it stands in a column of a table
  if (!/^[A-Za-z0-9_.@-]{1,64}$/.test(instance)) read.complain('instance_id', 'must be letters, digits, `_`, `.`, `@`, `-`, at most 64');
  return { instance };
}
