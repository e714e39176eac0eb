/** Contacts and calls as the API shows them. Contacts have the names of dialer.md A2, so that what was read can be sent again. */
import type { CallRecord, Contact } from '../../../core/dialer/contact.js';
import { explainContact } from '../../../core/dialer/explain.js';
import { maskData, maskNumber, maskText } from '../../../core/dialer/mask.js';
import type { ContactWhy, PreviewOffer } from '../../../core/dialer-ports.js';
import type { Principal } from '../permission.js';

type Sees = Pick<Principal, 'seesNumbers'>;

/** RFC 3339 in UTC; null where there is none. */
const timeOf = (ms: number | undefined): string | null => (ms === undefined || !Number.isFinite(ms) ? null : new Date(ms).toISOString());

const numberFor = ({ seesNumbers }: Sees, number: string): string => (seesNumbers === true ? number : maskNumber(number));

export function contactView(who: Sees, contact: Contact): Readonly<Record<string, unknown>> {
  return { ...referenceFields(who, contact), ...ownFields(who, contact) };
}

/** The fields of A2, in their order. */
const referenceFields = (who: Sees, contact: Contact): object => ({
  id: contact.id,
  customer_number: numberFor(who, contact.customerNumber),
  campaign_type: contact.campaignType,
  gateway_id: contact.gatewayId,
  status: contact.status,
  call_result: contact.callResult ?? null,
  received_time: timeOf(contact.receivedTimeMs),
  dial_time: timeOf(contact.dialTimeMs),
  campaign_contact_id: contact.campaignContactId ?? null,
  campaign_id: contact.campaignId,
  start_time: timeOf(contact.startTimeMs),
  end_time: timeOf(contact.endTimeMs),
  priority: contact.priority,
  ivr: contact.ivr ?? null,
  dialing_mode: contact.dialingMode ?? null,
  routing_mode: contact.routingMode ?? null,
  resource_id: contact.resourceId ?? null,
  queue_name: contact.queueName ?? null,
  tenant_id: contact.tenantId ?? null,
});

const ownFields = (who: Sees, contact: Contact): object => ({
  seq: contact.seq,
  list_id: contact.listId ?? null,
  numbers: contact.numbers.map((number) => numberFor(who, number)),
  number_index: contact.numberIndex,
  time_zone: contact.zones,
  region: contact.region ?? null,
  consent: contact.consentUntilMs !== undefined,
  consent_until: timeOf(contact.consentUntilMs),
  answered_before: contact.answeredBefore,
  data: who.seesNumbers === true ? contact.data : maskData(contact.data),
  result: contact.result ?? null,
  results: contact.resultCounts,
  attempts: contact.attempts,
  dials: contact.dials,
  next_attempt_at: timeOf(contact.nextAttemptAtMs),
  callback_at: timeOf(contact.callbackAtMs),
  callback_agent: contact.callbackAgent ?? null,
  callback_patience_until: timeOf(contact.callbackPatienceUntilMs),
  skipped_by: contact.skippedBy,
  disposition: contact.disposition ?? null,
});

/** As it is recorded, without the key of its number. */
export const callView = (who: Sees, call: CallRecord): Readonly<Record<string, unknown>> => ({
  ...call,
  number: numberFor(who, call.number),
  numberKey: undefined,
});

/** `text`: the same in words, for people and `tandem explain contact`. */
export function contactWhyView(who: Sees, why: ContactWhy, nowMs: number): Readonly<Record<string, unknown>> {
  const { contact, first, idleList, calls } = why;
  const seen = who.seesNumbers === true ? why : maskedWhy(why);
  return {
    contact: contactView(who, contact),
    gates: seen.gates,
    first: first ?? null,
    ...(idleList ? { list: { id: idleList.id, name: idleList.name, state: idleList.state } } : {}),
    calls: calls.map((call) => callView(who, call)),
    text: explainContact(seen, nowMs),
  };
}

const maskedWhy = ({ contact, gates, calls, ...rest }: ContactWhy): ContactWhy => ({
  ...rest,
  contact: {
    ...contact,
    customerNumber: maskNumber(contact.customerNumber),
    numberKey: maskNumber(contact.numberKey),
    numbers: contact.numbers.map(maskNumber),
    data: maskData(contact.data),
  },
  // words about a number may name it
  gates: gates.map((gate) => ({ ...gate, detail: maskText(gate.detail) })),
  calls: calls.map((call) => ({ ...call, number: maskNumber(call.number), numberKey: maskNumber(call.numberKey) })),
});

export const previewView = (who: Sees, offer: PreviewOffer): Readonly<Record<string, unknown>> => ({
  campaign: offer.campaign,
  agent: offer.agent,
  offeredAtMs: offer.offeredAtMs,
  untilMs: offer.untilMs ?? null,
  contact: {
    id: offer.contact.id,
    number: numberFor(who, offer.contact.number),
    gateway: offer.contact.gateway,
    priority: offer.contact.priority,
    dials: offer.contact.dials,
    numbers: [offer.contact.contact.customerNumber, ...offer.contact.contact.numbers].map((number) => numberFor(who, number)),
    isCallback: offer.contact.callbackAgent !== undefined,
  },
  data: who.seesNumbers === true ? offer.data : maskData(offer.data),
});
