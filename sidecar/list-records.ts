/** The records of a spooled list from a place on, in pages: bytes to lines, or elements, to records. */
import { listNumberRules } from '../core/dialer/list-plan.js';
import type { Campaign } from '../core/dialer/campaign.js';
import { createCsvRecords, createJsonRecords, type ListRecord, type SourceLine } from '../core/dialer/list-records.js';
import { createRowReader, type Row } from '../core/dialer/list-rows.js';
import { zoneOfList, type ListPlan, type ListWish } from '../core/dialer/list-wish.js';
import { readElements } from './list-elements.js';
import { readLines } from './list-lines.js';
import { createDigestIds } from './list-ids.js';

/** Lines of the begin of a file. */
export async function headLinesOf(head: Buffer, markBytes: number, wish: Pick<ListWish, 'encoding'>): Promise<readonly SourceLine[]> {
  const lines: SourceLine[] = [];
  // eslint-disable-next-line @typescript-eslint/require-await -- one piece, as a file would give it
  async function* pieces() {
    yield head.subarray(markBytes);
  }
  for await (const page of readLines(pieces(), { offset: markBytes, line: 1 }, wish.encoding)) lines.push(...page);
  return lines;
}

/** `from`: behind the last record that was stored; 0 = none was. */
export async function* readRecords(
  read: (offset: number) => AsyncIterable<Buffer>,
  plan: ListPlan,
  wish: Pick<ListWish, 'encoding'>,
  from: number,
): AsyncGenerator<readonly ListRecord[]> {
  const isResumed = from > plan.start.offset;
  const start = isResumed ? { offset: from, line: await lineAt(read(0), from) } : plan.start;
  const pieces = read(start.offset);
  const lines = plan.format === 'json' ? readElements(pieces, start, isResumed) : readLines(pieces, start, wish.encoding);
  const reader = plan.csv ? createCsvRecords(plan.csv) : createJsonRecords();
  for await (const page of lines) yield page.flatMap((line) => reader.push(line));
  yield reader.end();
}

const newline = 0x0a;

/** The number of the line in which the byte lies. */
async function lineAt(pieces: AsyncIterable<Buffer>, offset: number): Promise<number> {
  let line = 1;
  let at = 0;
  for await (const piece of pieces) {
    const part = at + piece.length > offset ? piece.subarray(0, offset - at) : piece;
    for (let i = part.indexOf(newline); i >= 0; i = part.indexOf(newline, i + 1)) line++;
    at += piece.length;
    if (at >= offset) break;
  }
  return line;
}

export function rowReaderOf(
  wish: ListWish,
  plan: ListPlan,
  list: { readonly id: number; readonly fileKey: string },
  campaign: Campaign,
): (record: ListRecord) => Row {
  return createRowReader(
    {
      campaign,
      listId: list.id,
      number: { country: wish.country ?? campaign.country, form: wish.numbers, dial: wish.dial },
      timeZone: zoneOfList(wish, campaign),
      priority: wish.priority,
      startTimeMs: wish.startTimeMs,
      endTimeMs: wish.endTimeMs,
      mapping: wish.mapping,
      columns: plan.columns,
      isEachLineOne: wish.duplicates === 'allow',
      fileKey: list.fileKey,
    },
    { numbers: listNumberRules, idOf: createDigestIds() },
  );
}
