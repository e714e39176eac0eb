/**
 * A contact in the shape of a CIM message (A5): names of its header as those of A2. `schedulingMetaData` is a free map in the
 * public object model; which of its names are read is ours.
 */
import { contactLimits, dataBytes, type Flat } from './contact-fields.js';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const scheduled = {
  campaignId: 'campaign_id',
  campaignContactId: 'campaign_contact_id',
  campaignType: 'campaign_type',
  gatewayId: 'gateway_id',
  ivr: 'ivr',
  dialingMode: 'dialing_mode',
  routingMode: 'routing_mode',
  resourceId: 'resource_id',
  queueName: 'queue_name',
  priority: 'priority',
  startTime: 'start_time',
  endTime: 'end_time',
  tenantId: 'tenant_id',
  timeZone: 'time_zone',
  region: 'region',
} as const;

/** The flat form; undefined: no object at all. */
export function flatOf(value: unknown): Flat | undefined {
  if (!isObject(value)) return undefined;
  const { header } = value;
  if (!isObject(header)) return value;
  const channel = isObject(header['channelData']) ? header['channelData'] : {};
  const schedule = isObject(header['schedulingMetaData']) ? header['schedulingMetaData'] : {};
  const out: Record<string, unknown> = { id: value['id'], customer_number: channel['channelCustomerIdentifier'] };
  for (const [name, flat] of Object.entries(scheduled)) if (schedule[name] !== undefined) out[flat] = schedule[name];
  out['data'] = dataOf(channel);
  return out;
}

/** Service identifier and additional attributes, as far as there is room: they are the sender's, not ours to refuse. */
function dataOf(channel: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const given: [string, unknown][] = [['serviceIdentifier', channel['serviceIdentifier']]];
  const attributes: unknown = channel['additionalAttributes'];
  if (Array.isArray(attributes))
    for (const each of attributes as readonly unknown[])
      if (isObject(each) && typeof each['key'] === 'string') given.push([each['key'], each['value']]);
  let data: Record<string, string> = {};
  for (const [name, value] of given.slice(0, contactLimits.dataFieldsMax)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const more = { ...data, [name]: String(value) };
    if (dataBytes(more) <= contactLimits.dataBytesMax) data = more;
  }
  return data;
}
