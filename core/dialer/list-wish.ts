/** How a list is to be read and stored; checked once, for HTTP and command line alike. */
import { z } from 'zod';
import { isZone } from '../time.js';
import type { Campaign } from './campaign.js';
import { columnProblemText, columnsOf, type ColumnMapping, type ColumnUse } from './list-columns.js';
import { fileProblemText, headBytesWanted, kindOf, listEncodings, listFormats, separatorOf, type ListFormat } from './list-format.js';
import { dialForms, numberForms } from './list-number.js';
import { createCsvRecords, type CsvForm, type SourceLine } from './list-records.js';

const namesMax = 200;
const oneSign = z.string().max(1);

export const listWish = z.strictObject({
  /** shown on terminals and pages */
  name: z
    .string()
    .min(1)
    .max(150)
    .regex(/^\P{Cc}*$/u, 'may have no control characters'),
  /** undefined: by its content */
  format: z.enum(listFormats).optional(),
  encoding: z.enum(listEncodings).default('utf-8'),
  /** undefined: the one that the head line has most of */
  separator: oneSign.min(1).optional(),
  /** '' = quotes mean nothing */
  quote: oneSign.default('"'),
  /** names of the columns of a file without a head line */
  columns: z.array(z.string().max(200)).min(1).max(namesMax).optional(),
  /** field to column */
  mapping: z
    .record(z.string().max(100), z.string().max(200))
    .refine((map) => Object.keys(map).length <= namesMax, { message: `at most ${String(namesMax)} columns` })
    .default({}),
  /** undefined: the campaign's; '' = numbers are international, or as dialled */
  country: z
    .string()
    .regex(/^([A-Z]{2})?$/, 'must be two letters such as DE')
    .optional(),
  numbers: z.enum(numberForms).default('auto'),
  dial: z.enum(dialForms).default('e164'),
  duplicates: z.enum(['skip', 'replace', 'allow']).default('skip'),
  within: z.enum(['list', 'campaign', 'all']).default('campaign'),
  /** contacts on a suppression list: left out and told, or stored and judged when they are due */
  blocked: z.enum(['reject', 'store']).default('reject'),
  /** the list is dialled when the load has ended */
  activate: z.boolean().default(true),
  /** or already while it is loaded */
  activateEarly: z.boolean().default(false),
  priority: z.int().min(1).max(10).default(5),
  startTimeMs: z.int().optional(),
  endTimeMs: z.int().optional(),
  /** of times without an offset; undefined: the campaign's, else UTC */
  timeZone: z
    .string()
    .max(40)
    .refine((zone) => isZone(zone), { message: 'is no IANA time zone' })
    .optional(),
});

export type ListWish = z.infer<typeof listWish>;

/** What the begin of the file and the wish make clear before anything is stored. */
export interface ListPlan {
  readonly format: ListFormat;
  readonly csv: CsvForm | undefined;
  readonly columns: readonly ColumnUse[] | undefined;
  /** of the first record, or of the array */
  readonly start: { readonly offset: number; readonly line: number };
}

export type Planned = { readonly ok: true; readonly plan: ListPlan } | { readonly ok: false; readonly problem: string };

const refused = (problem: string): Planned => ({ ok: false, problem });

/** `headLines`: the first lines, from behind the mark on. */
export function planList(head: Uint8Array, headLines: readonly SourceLine[], wish: ListWish): Planned {
  const kind = kindOf(head);
  if (typeof kind === 'string') return refused(fileProblemText(kind));
  const format = wish.format ?? kind.format;
  const begin = { offset: kind.markBytes, line: 1 };
  if (format !== 'csv') {
    if (wish.columns) return refused('columns are named for CSV only');
    return { ok: true, plan: { format, csv: undefined, columns: undefined, start: format === 'json' ? { offset: 0, line: 1 } : begin } };
  }
  return planCsv(headLines, wish, begin, head.length < headBytesWanted ? Infinity : head.length);
}

/** `endMax`: the head line ends before it, or its end was not seen. */
function planCsv(lines: readonly SourceLine[], wish: ListWish, begin: ListPlan['start'], endMax: number): Planned {
  const first = lines.find(({ text }) => text.trim() !== '');
  if (!first) return refused('its first line cannot be read: it is too long, or there is none');
  const csv = { separator: wish.separator ?? separatorOf(first.text, wish.quote), quote: wish.quote };
  if (csv.separator === csv.quote) return refused('separator and quote are the same sign');
  if (wish.columns) return withColumns(wish.columns, wish.mapping, { format: 'csv', csv, start: begin });
  const reader = createCsvRecords(csv);
  for (const line of lines) {
    const [record] = reader.push(line);
    if (!record) continue;
    if (record.content.kind !== 'cells') return refused('its head line cannot be read');
    if (record.end >= endMax) return refused('its head line is too long');
    return withColumns(record.content.cells, wish.mapping, {
      format: 'csv',
      csv,
      start: { offset: record.end, line: lineBehind(lines, record.end) },
    });
  }
  return refused('its head line does not end');
}

const lineBehind = (lines: readonly SourceLine[], offset: number): number => lines.filter(({ end }) => end <= offset).length + 1;

function withColumns(names: readonly string[], mapping: ColumnMapping, plan: Omit<ListPlan, 'columns'>): Planned {
  const found = columnsOf(names, mapping);
  return found.ok ? { ok: true, plan: { ...plan, columns: found.uses } } : refused(columnProblemText(found.problem));
}

/** Zone of times that name none. */
export const zoneOfList = (wish: Pick<ListWish, 'timeZone'>, campaign: Pick<Campaign, 'timeZone'>): string =>
  wish.timeZone ?? (campaign.timeZone || 'UTC');
