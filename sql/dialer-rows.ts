/** Rows of dialer_contacts to contacts and back. Rare things lie together in JSON: `history`, `numbers`, `skipped_by`, `data`. */
import type { Contact, NewContact } from '../core/dialer/contact.js';
import type { CallResult, CampaignType, ContactStatus, DialingMode, RoutingMode } from '../core/dialer/words.js';
import { TandemError } from '../core/errors.js';
import { integer, text } from './db.js';
import type { Row, Value } from './db.js';
import { jsonOf, moment, momentOrNull, msOf } from './dialer-sql.js';

/** What is given; the rest has defaults. In the order of `newContactValues`. */
export const newContactColumns = [
  ...['id', 'customer_number', 'campaign_type', 'gateway_id', 'campaign_contact_id', 'campaign_id', 'start_time', 'end_time', 'priority'],
  ...['ivr', 'dialing_mode', 'routing_mode', 'resource_id', 'queue_name', 'tenant_id', 'list_id', 'number_key', 'time_zone', 'region'],
  ...['numbers', 'consent_until', 'answered_before', 'data', 'received_time', 'next_attempt_at', 'dials'],
] as const;

export const contactColumns = [
  ...newContactColumns,
  ...['seq', 'status', 'call_result', 'dial_time', 'result', 'attempts', 'number_index', 'callback_at', 'callback_agent'],
  ...['callback_patience_until', 'disposition', 'history', 'skipped_by'],
].join(', ');

const zonesCharsMax = 1_000;

/** What a contact gets when it is stored, in place of what it says itself. */
export interface Arrival {
  readonly nowMs: number;
  /** `nowMs` as a moment */
  readonly received: string;
  /** calls that were made under its id before */
  readonly dials?: number;
  readonly list?: { readonly id: number; readonly campaign: string };
}

export const arrivalAt = (nowMs: number): Arrival => ({ nowMs, received: moment(nowMs) });

/** A contact that is stored: due at once, or when its time begins. In one piece: a list has a million of them. */
export function newContactValues(contact: NewContact, { nowMs, received, dials = 0, list }: Arrival): Value[] {
  return [
    contact.id,
    contact.customerNumber,
    contact.campaignType,
    contact.gatewayId,
    contact.campaignContactId ?? null,
    list?.campaign ?? contact.campaignId,
    momentOrNull(contact.startTimeMs),
    momentOrNull(contact.endTimeMs),
    contact.priority,
    contact.ivr ?? null,
    contact.dialingMode ?? null,
    contact.routingMode ?? null,
    contact.resourceId ?? null,
    contact.queueName ?? null,
    contact.tenantId ?? null,
    list?.id ?? contact.listId ?? 0,
    contact.numberKey,
    contact.zones.length === 0 ? null : zonesText(contact.zones),
    contact.region ?? null,
    contact.numbers.length === 0 ? null : JSON.stringify(contact.numbers),
    momentOrNull(contact.consentUntilMs),
    contact.answeredBefore ? 1 : 0,
    dataText(contact.data),
    received,
    contact.startTimeMs !== undefined && contact.startTimeMs > nowMs ? moment(contact.startTimeMs) : received,
    dials,
  ];
}

/** With fewer zones than there are the window would be too wide: refused instead of cut. */
function zonesText(zones: readonly string[]): string {
  const joined = zones.join(',');
  if (joined.length > zonesCharsMax) throw new TandemError('TDM_BAD_VALUE', ['zones', `more than ${String(zonesCharsMax)} characters`]);
  return joined;
}

function dataText(data: Readonly<Record<string, string>>): Value {
  for (const key in data) if (Object.hasOwn(data, key)) return JSON.stringify(data);
  return null;
}

/** Found out from the number, perhaps by another table each time: says nothing of what was given. */
const derived = new Set(['number_key', 'time_zone', 'region']);

const anyArrival: Arrival = { nowMs: Infinity, received: '' };

/** What was given is the same (A5: an id that comes again). */
export function isSameContent(a: NewContact, b: NewContact): boolean {
  const [left, right] = [a, b].map((one) => newContactValues({ ...one, data: sortedData(one) }, anyArrival));
  return left?.every((value, i) => derived.has(newContactColumns[i] ?? '') || value === right?.[i]) === true;
}

const sortedData = ({ data }: NewContact): Record<string, string> =>
  Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));

export interface ContactHistory {
  /** calls with each result */
  readonly results?: Readonly<Partial<Record<CallResult, number>>>;
  /** attempts by part of the day */
  readonly parts?: readonly number[];
}

const word = (value: Row[string] | undefined): string | undefined => text(value) || undefined;

export function contactOf(row: Row): Contact {
  const history = jsonOf<ContactHistory>(row['history'], {});
  return {
    seq: Number(row['seq']),
    id: text(row['id']),
    customerNumber: text(row['customer_number']),
    campaignType: text(row['campaign_type']) as CampaignType,
    gatewayId: text(row['gateway_id']),
    status: text(row['status']) as ContactStatus,
    callResult: word(row['call_result']),
    receivedTimeMs: msOf(row['received_time']) ?? 0,
    dialTimeMs: msOf(row['dial_time']),
    campaignContactId: word(row['campaign_contact_id']),
    campaignId: text(row['campaign_id']),
    startTimeMs: msOf(row['start_time']),
    endTimeMs: msOf(row['end_time']),
    priority: Number(row['priority']),
    ivr: word(row['ivr']),
    dialingMode: word(row['dialing_mode']) as DialingMode | undefined,
    routingMode: word(row['routing_mode']) as RoutingMode | undefined,
    resourceId: word(row['resource_id']),
    queueName: word(row['queue_name']),
    tenantId: word(row['tenant_id']),
    listId: integer(row['list_id']) || undefined,
    numberKey: text(row['number_key']),
    numbers: jsonOf<readonly string[]>(row['numbers'], []),
    zones: text(row['time_zone']).split(',').filter(Boolean),
    region: word(row['region']),
    consentUntilMs: msOf(row['consent_until']),
    answeredBefore: Number(row['answered_before']) === 1,
    data: jsonOf<Readonly<Record<string, string>>>(row['data'], {}),
    result: word(row['result']) as CallResult | undefined,
    attempts: Number(row['attempts']),
    dials: Number(row['dials']),
    resultCounts: history.results ?? {},
    partCounts: history.parts ?? [],
    numberIndex: Number(row['number_index']),
    nextAttemptAtMs: msOf(row['next_attempt_at']) ?? 0,
    callbackAtMs: msOf(row['callback_at']),
    callbackAgent: word(row['callback_agent']),
    callbackPatienceUntilMs: msOf(row['callback_patience_until']),
    skippedBy: jsonOf<Readonly<Record<string, number>>>(row['skipped_by'], {}),
    disposition: word(row['disposition']),
  };
}
