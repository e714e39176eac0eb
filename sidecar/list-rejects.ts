/** Lines of a list that were refused, as a CSV file: number of the line, field, code, reason, and the line as it was sent. */
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readFile, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { csvRecord } from '../core/reports/csv.js';
import type { RejectedLine } from '../core/services/load-list.js';

export const rejectLimits = {
  /** lines kept; more are counted only */
  linesMax: 100_000,
  /** characters of a line that are kept */
  originalCharsMax: 4_096,
};

const head = csvRecord(['line', 'field', 'code', 'reason', 'value', 'original']);

export interface Rejects {
  keep(lines: readonly RejectedLine[]): Promise<void>;
  kept(): number;
}

/** `count`: refused lines that the counts of the list know of. What was kept beyond them comes again, so it is cut off. */
export async function openRejects(file: string, count: number, limits = rejectLimits): Promise<Rejects> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let kept = await cutBehind(file, count);
  return {
    kept: () => kept,
    async keep(lines) {
      const room = lines.slice(0, Math.max(0, limits.linesMax - kept));
      if (room.length === 0) return;
      const text = room.map(({ line, field, code, reason, value, original }) =>
        csvRecord([line, field, code, reason, value, original.slice(0, limits.originalCharsMax)]),
      );
      await appendFile(file, (kept === 0 ? head : '') + text.join(''), { mode: 0o600 });
      kept += room.length;
    },
  };
}

const quote = 0x22;
const newline = 0x0a;

/** Records left, without the head; a record may have line breaks in quotes. */
async function cutBehind(file: string, count: number): Promise<number> {
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes) return 0;
  let records = -1; // the head
  let end = 0;
  let isQuoted = false;
  for (let i = 0; i < bytes.length && records < count; i++) {
    if (bytes[i] === quote) isQuoted = !isQuoted;
    if (bytes[i] !== newline || isQuoted) continue;
    records++;
    end = i + 1;
  }
  // without a line the head comes again with the first one
  const kept = Math.max(0, records);
  await truncate(file, kept === 0 ? 0 : end);
  return kept;
}

export const rejectsExist = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined))?.isFile() === true;

export const readRejects = (file: string): AsyncIterable<string> => createReadStream(file, { encoding: 'utf8' });
