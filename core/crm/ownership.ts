/** Whose call it is, where one Tandem serves several CRMs (crm-vtiger 3.4, 11): what one may hear is no other's business. */
import type { JournalCall } from '../journal/call.js';
import type { CrmBinding } from './binding.js';
import { channelOfExtension } from './click-to-call.js';

type Owner = Pick<CrmBinding, 'name' | 'extensions'>;

/**
 * The CRM that ordered it, and each with a telephone that took part. A call that no telephone of anybody took part in (lost
 * in a menu or a queue) is told to all, so it belongs to all.
 */
export function isCallOf(binding: Owner, call: Pick<JournalCall, 'binding' | 'legs'>): boolean {
  const rung = call.legs.filter(({ extension }) => extension !== '');
  if (call.binding === binding.name || rung.some(({ extension }) => channelOfExtension(binding, extension) !== undefined)) return true;
  return call.binding === '' && rung.length === 0;
}
