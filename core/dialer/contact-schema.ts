/**
 * Contacts as the intake gets them (dialer.md A2, A5): the flat shape with the names of A2, or a CIM message. Fields that
 * nobody knows are left aside, as are those that the dialer itself owns (E28).
 */
import { numberKeyOf } from './compliance/numbers.js';
import { flatOf } from './contact-cim.js';
import { createFields, type IntakeProblem } from './contact-fields.js';
import type { Contact, NewContact } from './contact.js';
import { campaignTypes, dialingModes, routingModes } from './words.js';

export type { IntakeCode, IntakeProblem } from './contact-fields.js';

export interface ContactOptions {
  /** of the campaign, for numbers in national form; '' = numbers are international or as dialled */
  readonly country: string;
  /**
   * The campaign has settings of its own (not `isImplicit`): gateway, modes, queue and agent may be left out, the campaign's
   * hold. Else they are mandatory as the reference wants them (E18, E37).
   */
  readonly isOwnCampaign?: boolean;
}

export type ReadContact =
  | { readonly ok: true; readonly contact: NewContact }
  | { readonly ok: false; readonly id: string | undefined; readonly problems: readonly IntakeProblem[] };

export const priorityDefault = 5;

/** Every wrong field is named. */
export function readContact(value: unknown, options: ContactOptions): ReadContact {
  const flat = flatOf(value);
  if (!flat) return { ok: false, id: undefined, problems: [{ code: 'SHAPE', field: '', message: 'a contact must be an object' }] };
  const fields = createFields(flat);
  const { need } = fields;
  const isOwn = options.isOwnCampaign === true;
  const id = need('id', fields.id('id'));
  const customerNumber = need('customer_number', fields.number('customer_number'));
  const campaignType = need('campaign_type', fields.word('campaign_type', campaignTypes));
  const campaignId = need('campaign_id', fields.id('campaign_id'));
  const gatewayId = fields.id('gateway_id');
  const routing = readRouting(fields, campaignType === 'AGENT' && !isOwn);
  if (!isOwn) need('gateway_id', gatewayId);
  const startTimeMs = fields.time('start_time');
  const endTimeMs = fields.time('end_time');
  if (startTimeMs !== undefined && endTimeMs !== undefined && endTimeMs <= startTimeMs)
    fields.wrong('end_time', 'ORDER', 'must lie after start_time');
  const consents = fields.flag('consent');
  const consentUntilMs = fields.time('consent_until');
  const rest = {
    ...routing,
    startTimeMs,
    endTimeMs,
    campaignContactId: fields.id('campaign_contact_id'),
    priority: fields.priority('priority') ?? priorityDefault,
    ivr: fields.name('ivr'),
    tenantId: fields.id('tenant_id'),
    listId: undefined,
    numbers: fields.numbers('numbers').filter((number) => number !== customerNumber),
    zones: fields.zones('time_zone'),
    region: fields.region('region'),
    consentUntilMs: consents === false ? undefined : (consentUntilMs ?? (consents === true ? Infinity : undefined)),
    answeredBefore: fields.flag('answered_before') ?? false,
    data: fields.data('data'),
  };
  if (
    fields.problems.length > 0 ||
    id === undefined ||
    customerNumber === undefined ||
    campaignType === undefined ||
    campaignId === undefined
  )
    return { ok: false, id, problems: fields.problems };
  const numberKey = numberKeyOf(customerNumber, options.country);
  return { ok: true, contact: { id, customerNumber, campaignType, campaignId, gatewayId: gatewayId ?? '', numberKey, ...rest } };
}

/** Of agent campaigns (A2): an agent by `resource_id`, a queue by `resource_id` or `queue_name`. */
function readRouting(
  fields: ReturnType<typeof createFields>,
  isMandatory: boolean,
): Pick<NewContact, 'dialingMode' | 'routingMode' | 'resourceId' | 'queueName'> {
  const routing = {
    dialingMode: fields.word('dialing_mode', dialingModes),
    routingMode: fields.word('routing_mode', routingModes),
    resourceId: fields.id('resource_id'),
    queueName: fields.name('queue_name'),
  };
  if (!isMandatory) return routing;
  fields.need('dialing_mode', routing.dialingMode);
  fields.need('routing_mode', routing.routingMode);
  if (routing.routingMode === 'AGENT') fields.need('resource_id', routing.resourceId);
  if (routing.routingMode === 'QUEUE' && routing.queueName === undefined && routing.resourceId === undefined)
    fields.need('queue_name', undefined);
  return routing;
}

/** Fields that the sender gives; what is made of them (number key, list) says nothing more. */
const contentOf = (contact: NewContact): readonly unknown[] => [
  contact.customerNumber,
  contact.campaignType,
  contact.gatewayId,
  contact.campaignContactId ?? null,
  contact.campaignId,
  contact.startTimeMs ?? null,
  contact.endTimeMs ?? null,
  contact.priority,
  contact.ivr ?? null,
  contact.dialingMode ?? null,
  contact.routingMode ?? null,
  contact.resourceId ?? null,
  contact.queueName ?? null,
  contact.tenantId ?? null,
  contact.numbers,
  contact.zones,
  contact.region ?? null,
  // JSON has no Infinity
  contact.consentUntilMs === undefined ? null : String(contact.consentUntilMs),
  contact.answeredBefore,
  Object.entries(contact.data).sort(([a], [b]) => (a < b ? -1 : 1)),
];

/** The same content: repeating an intake is a duplicate, other content under the same id a conflict (A5). */
export function sameContent(stored: Contact | NewContact, given: NewContact): boolean {
  return stored.id === given.id && JSON.stringify(contentOf(stored)) === JSON.stringify(contentOf(given));
}
