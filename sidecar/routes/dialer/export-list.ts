/** A contact as a line of a file that can be loaded again (dialer.md B7), into another campaign or on another server. */
import type { Contact } from '../../../core/dialer/contact.js';
import type { Principal } from '../permission.js';
import { contactView } from './views.js';

/** Where an id that is no id of A2 stands (`list-rows.ts`). */
const longId = 'external_id';

/** With the names that a load knows; what the dialer made of the contact (status, calls, results) is not in it. */
export function listRow(who: Pick<Principal, 'seesNumbers'>, contact: Contact): Readonly<Record<string, unknown>> {
  const view = contactView(who, contact);
  const { [longId]: id = view['campaign_contact_id'], ...data } = view['data'] as Readonly<Record<string, unknown>>;
  const row = {
    external_id: id,
    number: view['customer_number'],
    numbers: view['numbers'],
    // several are one word that a load refuses: without them the calling hours would be wider
    time_zone: contact.zones.join(' '),
    region: view['region'],
    priority: view['priority'],
    start_time: view['start_time'],
    end_time: view['end_time'],
    consent: contact.consentUntilMs === Infinity ? 'yes' : undefined,
    consent_until: view['consent_until'],
    answered_before: contact.answeredBefore ? 'yes' : undefined,
    gateway_id: view['gateway_id'],
    ivr: view['ivr'],
    agent: contact.routingMode === 'AGENT' ? view['resource_id'] : undefined,
    queue_name: view['queue_name'],
    tenant_id: view['tenant_id'],
    data,
  };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== '' && value !== undefined));
}
