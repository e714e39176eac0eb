/** What any other CRM may answer to a new call, or to the question for a customer (crm-vtiger 12): `{"customer": {"name", "recordUrl"}, "responsible": {"extension"}}`. */
import { z } from 'zod';
import type { Responsible } from '../crm-ports.js';
import { label } from './values.js';

/** A reply that comes later has no say in the call any more. */
export const replyMsMax = 1_000;
const textMax = 200;

const text = z.string().max(2_000).nullish();
const schema = z.looseObject({
  customer: z.looseObject({ name: text, recordUrl: text }).nullish(),
  responsible: z.looseObject({ extension: z.union([z.string(), z.number()]).nullish(), name: text }).nullish(),
});

export interface CustomerReply {
  /** '' = not told, each */
  readonly customerName: string;
  readonly recordUrl: string;
  readonly extension: string;
  readonly responsibleName: string;
}

/** undefined: it says nothing about a customer. An address that is no http(s) address is none. */
export function customerReply(value: unknown): CustomerReply | undefined {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return undefined;
  const { customer, responsible } = parsed.data;
  if (!customer && !responsible) return undefined;
  const extension = String(responsible?.extension ?? '');
  return {
    customerName: label(customer?.name ?? ''),
    recordUrl: webAddress(customer?.recordUrl ?? ''),
    extension: /^[A-Za-z0-9_.+*-]{1,40}$/.test(extension) ? extension : '',
    responsibleName: label(responsible?.name ?? ''),
  };
}

const webAddress = (address: string): string =>
  address.length <= textMax && /^https?:\/\/[^\s"'<>\\]+$/.test(address) && URL.canParse(address) ? address : '';

/** As the finder of responsible persons keeps it. `knows`: there is such a telephone. */
export function responsibleOf(reply: CustomerReply, knows: (extension: string) => boolean): Responsible {
  const { customerName, recordUrl, responsibleName } = reply;
  const more = { name: responsibleName, record: recordUrl, ...(customerName === '' ? {} : { customerName }) };
  if (reply.extension !== '' && knows(reply.extension)) return { status: 'FOUND', extension: reply.extension, ...more };
  return { status: customerName !== '' || recordUrl !== '' ? 'NOUSER' : 'NOTFOUND', extension: '', ...more };
}
