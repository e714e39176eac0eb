/** What the address says of a list: words and texts, as the wish by which it is read. */
import { z } from 'zod';
import type { Campaign } from '../../../core/dialer/campaign.js';
import { listEncodings, listFormats } from '../../../core/dialer/list-format.js';
import { dialForms, numberForms } from '../../../core/dialer/list-number.js';
import { isWrong, listProblems, timeOf } from '../../../core/dialer/list-values.js';
import { listWish, zoneOfList, type ListWish } from '../../../core/dialer/list-wish.js';
import { TandemError } from '../../../core/errors.js';
import { checked } from '../request.js';

const yesNo = z.enum(['yes', 'no']).optional();
const time = z.string().max(40).optional();
const separatorWords: Readonly<Record<string, string>> = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' };

export const listQuery = z.strictObject({
  name: z.string().max(150).optional().describe('of the list; default: the campaign and the time'),
  format: z.enum(listFormats).optional().describe('default: by its content'),
  encoding: z.enum(listEncodings).optional().describe('default: utf-8; latin1 is Windows-1252'),
  separator: z.string().max(10).optional().describe('comma, semicolon, tab, pipe or a sign; default: by the head line'),
  quote: z.string().max(4).optional().describe('a sign, or none; default: "'),
  columns: z.string().max(16_000).optional().describe('names of the columns of a file without a head line, with commas between them'),
  map: z.string().max(16_000).optional().describe('JSON object, field to column: {"number": "Telefon", "id": "Kundennr"}'),
  country: z.string().max(2).optional().describe("of numbers in national form, two letters; default: the campaign's"),
  numbers: z.enum(numberForms).optional().describe('international: digits without + are international'),
  dial: z.enum(dialForms).optional().describe('how numbers are dialled; default: e164'),
  duplicates: z.enum(['skip', 'replace', 'allow']).optional().describe('default: skip'),
  within: z.enum(['list', 'campaign', 'all']).optional().describe('where numbers are compared; default: campaign'),
  blocked: z.enum(['reject', 'store']).optional().describe('contacts on a suppression list; default: reject'),
  activate: yesNo.describe('dialled when the load has ended; default: yes'),
  activate_early: yesNo.describe('dialled already while it is loaded; default: no'),
  priority: z
    .string()
    .regex(/^(?:[1-9]|10)$/, 'must be 1 to 10')
    .transform(Number)
    .optional(),
  start: time.describe('not before, for rows that do not say; as in a row'),
  end: time.describe('not after'),
  time_zone: z.string().max(40).optional().describe("IANA name, of times without an offset; default: the campaign's"),
});

/** Throws TDM_BAD_REQUEST naming what is wrong. */
export function wishOf(query: z.infer<typeof listQuery>, campaign: Pick<Campaign, 'id' | 'timeZone'>, nowMs: number): ListWish {
  const said = <T>(value: T | undefined, name: string): Record<string, T> => (value === undefined ? {} : { [name]: value });
  const zone = zoneOfList(said(query.time_zone, 'timeZone'), campaign);
  return checked(listWish, {
    name: query.name ?? `${campaign.id} ${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    ...said(query.format, 'format'),
    ...said(query.encoding, 'encoding'),
    ...said(query.separator === undefined ? undefined : (separatorWords[query.separator] ?? query.separator), 'separator'),
    ...said(query.quote === 'none' ? '' : query.quote, 'quote'),
    ...said(query.columns?.split(','), 'columns'),
    ...said(query.map === undefined ? undefined : mapOf(query.map), 'mapping'),
    ...said(query.country?.toUpperCase(), 'country'),
    ...said(query.numbers, 'numbers'),
    ...said(query.dial, 'dial'),
    ...said(query.duplicates, 'duplicates'),
    ...said(query.within, 'within'),
    ...said(query.blocked, 'blocked'),
    ...said(query.activate === undefined ? undefined : query.activate === 'yes', 'activate'),
    ...said(query.activate_early === undefined ? undefined : query.activate_early === 'yes', 'activateEarly'),
    ...said(query.priority, 'priority'),
    ...said(momentOf(query.start, zone, 'start'), 'startTimeMs'),
    ...said(momentOf(query.end, zone, 'end'), 'endTimeMs'),
    ...said(query.time_zone, 'timeZone'),
  });
}

function mapOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TandemError('TDM_BAD_REQUEST', ['map: is no JSON object']);
  }
}

function momentOf(text: string | undefined, zone: string, edge: 'start' | 'end'): number | undefined {
  if (text === undefined) return undefined;
  const ms = timeOf(text, zone, edge);
  if (isWrong(ms)) throw new TandemError('TDM_BAD_REQUEST', [`${edge}: ${listProblems[ms.wrong]}`]);
  return ms;
}
