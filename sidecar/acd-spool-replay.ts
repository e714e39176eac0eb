/** Reading a spool back: only what nobody has overtaken, many lines in one batch. */
import type { AcdBatch } from '../core/acd-ports.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { salvage } from '../core/services/acd-salvage.js';
import { batchOf, countBatch, entriesOf, mergeBatches } from './acd-batches.js';
import type { SpoolFile } from './acd-spool-file.js';
import { decodeLine, encodeLine } from './acd-spool-line.js';
import type { SpoolRecord } from './acd-spool-line.js';

interface ReplayDeps {
  readonly log: Log;
  readonly meter: Meter;
}

const readBytes = 1024 * 1024;
/** rows of one save */
export const replayRowsMax = 1_000;

/**
 * Make what stands in the file ours. Lines under a fence older than the last save of the database (`savedFence`) are out of
 * date: another owner has worked since. The mark lets the rest be replayed once more when we die half-way. A start under
 * which nothing was stored leaves no mark behind the next one's, so the file does not grow by starts that fail.
 */
export async function adopt(file: SpoolFile, fence: number, savedFence: number, deps: ReplayDeps): Promise<void> {
  const last = (await marksOf(file)).at(-1);
  if (last && last.behind === file.size() && last.fence > savedFence) await file.cutFrom(last.at);
  const mark: Mark = { at: file.size(), behind: Infinity, fence, from: savedFence };
  const marks = await marksOf(file);
  let outdated = 0;
  for await (const { record, at } of recordsOf(file, 0))
    if (record?.kind === 'batch' && effectiveFence(record, at, marks) > 0 && effectiveFence(record, at, [...marks, mark]) === 0) outdated++;
  if (outdated > 0) {
    const aside = await file.copyAside();
    deps.meter.count('tandem_acd_spool_lost_total', { what: 'set-aside' }, outdated);
    deps.log.warn({ lines: outdated, file: aside }, 'another owner has stored since: these lines of the spool are set aside');
  }
  await file.append(encodeLine({ kind: 'adopted', fence, from: savedFence }));
}

/** Batches of up to `replayRowsMax` rows in order, each with the offset behind it. Lines that are not of `fence`, nor adopted under it, are left out. */
export async function* readBatches(
  file: SpoolFile,
  from: number,
  fence: number,
  deps: ReplayDeps,
): AsyncGenerator<{ readonly batch: AcdBatch; readonly next: number }> {
  const marks = await marksOf(file);
  let gathered: AcdBatch[] = [];
  let rows = 0;
  let next = from;
  for await (const { record, at, behind } of recordsOf(file, from)) {
    if (!record) reportLost(at, deps);
    if (record?.kind === 'batch' && effectiveFence(record, at, marks) >= fence) {
      const size = countBatch(record.batch);
      if (rows > 0 && rows + size > replayRowsMax) {
        yield { batch: mergeBatches(gathered), next };
        gathered = [];
        rows = 0;
      }
      gathered.push(record.batch);
      rows += size;
    }
    next = behind;
  }
  if (next > from) yield { batch: mergeBatches(gathered), next };
}

/**
 * Stores a batch of the past. What the database refuses for good must not stand in the way of the rest: it is left out,
 * named and counted. Rejects TDM_STORE_DOWN when all of it is to be tried again, TDM_STANDBY.
 */
export async function storeReplayed(batch: AcdBatch, save: (batch: AcdBatch) => Promise<void>, { log, meter }: ReplayDeps): Promise<void> {
  try {
    await save(batch);
  } catch (why) {
    if (hasCode(why, 'TDM_STORE_DOWN', 'TDM_STANDBY')) throw why;
    // each row alone, if it must be: nobody waits for it
    const { refused, left } = await salvage(entriesOf(batch), (some) => save(batchOf(some)), 2 * countBatch(batch) + 1);
    for (const { thing, error } of refused) {
      meter.count('tandem_acd_spool_lost_total', { what: 'row' });
      log.error({ error, kind: thing.kind, id: thing.id }, 'the database refuses a row of the spool for good; it is left out');
    }
    if (left.length > 0) throw new TandemError('TDM_STORE_DOWN', ['it takes nothing of the spool'], { cause: why });
  }
}

interface Mark {
  /** offset of its line, and behind it */
  readonly at: number;
  readonly behind: number;
  readonly fence: number;
  readonly from: number;
}

/** Under which fence a line counts now; 0 when an owner did not adopt it, or it was written by one who had lost the queues already. */
function effectiveFence({ fence }: SpoolRecord, at: number, marks: readonly Mark[]): number {
  let effective = fence;
  for (const mark of marks) {
    if (effective < (mark.at < at ? mark.fence : mark.from)) return 0;
    effective = Math.max(effective, mark.fence);
  }
  return effective;
}

async function marksOf(file: SpoolFile): Promise<readonly Mark[]> {
  const marks: Mark[] = [];
  for await (const { record, at, behind } of recordsOf(file, 0)) if (record?.kind === 'adopted') marks.push({ ...record, at, behind });
  return marks;
}

/** `record` is undefined for a line whose checksum is wrong. */
async function* recordsOf(
  file: SpoolFile,
  from: number,
): AsyncGenerator<{ readonly record: SpoolRecord | undefined; readonly at: number; readonly behind: number }> {
  for (let at = from; at < file.size();) {
    const { lines, next } = await file.read(at, readBytes);
    for (const line of lines) {
      const behind = at + Buffer.byteLength(line) + 1;
      yield { record: decodeLine(line), at, behind };
      at = behind;
    }
    if (lines.length === 0) return; // cut by a later owner on the same machine
    at = next;
  }
}

function reportLost(at: number, { log, meter }: ReplayDeps): void {
  meter.count('tandem_acd_spool_lost_total', { what: 'line' });
  log.error({ offset: at }, 'a line of the spool is damaged and is left out');
}
