/**
 * Loads a list of contacts (dialer.md B7): records as they are read, in batches, each batch in one transaction with the place in
 * the file behind it. Whatever ends the load, it goes on there: rows of a batch that was stored are not read again, and a batch
 * that was stored without our hearing of it is recognised.
 */
import type { ContactList, ContactLists } from '../dialer-ports.js';
import { nextBatchRows } from '../dialer/batch-size.js';
import type { NewContact } from '../dialer/contact.js';
import type { ListRecord } from '../dialer/list-records.js';
import { rowProblemText, type Row } from '../dialer/list-rows.js';
import type { ListProblem } from '../dialer/list-values.js';
import { hasCode } from '../errors.js';
import type { PreviewDnc } from './preview-dnc.js';

/** A line that was not stored. */
export interface RejectedLine {
  readonly line: number;
  readonly field: string;
  readonly code: ListProblem;
  readonly reason: string;
  readonly value: string;
  readonly original: string;
}

export type LoadCounts = Pick<ContactList, 'offset' | 'rowsRead' | 'stored' | 'duplicates' | 'invalid' | 'blocked' | 'noTimeZone'>;

export interface LoadListDeps {
  readonly lists: Pick<ContactLists, 'load' | 'find' | 'batchRows'>;
  /** contacts whose number must not be called */
  readonly preview: PreviewDnc;
  /** a zone of the contact is known, by whatever way */
  readonly isPlaced: (contact: NewContact) => boolean;
  /** Keeps rejected lines, before their batch is stored. */
  readonly keep: (lines: readonly RejectedLine[]) => Promise<void>;
  /** Others have their turn. */
  readonly breathe: () => Promise<void>;
  readonly wait: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
  readonly onProgress: (counts: LoadCounts) => void;
  /** Asked before each batch; what it rejects ends the load. */
  readonly check: () => Promise<void>;
}

export interface ListLoad {
  readonly listId: number;
  readonly readRow: (record: ListRecord) => Row;
  readonly rule: Parameters<ContactLists['load']>[2];
  /** contacts whose number must not be called are stored all the same, and judged when they are due */
  readonly keepsBlocked: boolean;
  /** what an earlier try has stored */
  readonly from: LoadCounts;
}

export const loadListDefaults = {
  /** contacts of one transaction; undefined: as many as the store likes, and stores quickly */
  batchRows: undefined as number | undefined,
  /** records after which a batch ends also when most of them are bad */
  batchRecordsMax: 10_000,
  /** rows prepared between two turns of others */
  rowsPerTurn: 500,
  /** pauses before a batch is tried again while the database is away; then the load ends, to be taken up again */
  retryMs: [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000] as readonly number[],
};

interface Batch {
  readonly records: ListRecord[];
  readonly good: { readonly record: ListRecord; readonly contact: NewContact }[];
  readonly bad: RejectedLine[];
}

const emptyBatch = (): Batch => ({ records: [], good: [], bad: [] });

/** The counts at the end. Rejects what `check` rejects, TDM_STORE_DOWN when the database stays away, and what reading the file rejects. */
export async function loadList(
  deps: LoadListDeps,
  load: ListLoad,
  pages: AsyncIterable<readonly ListRecord[]>,
  options = loadListDefaults,
): Promise<LoadCounts> {
  const bounds = options.batchRows === undefined ? deps.lists.batchRows : { least: options.batchRows, most: options.batchRows };
  let batchRows = bounds.least;
  let counts = load.from;
  let batch = emptyBatch();

  async function commit(): Promise<void> {
    const sinceMs = deps.nowMs();
    counts = await storeBatch(deps, load, batch, counts, options.retryMs);
    if (batch.good.length >= batchRows) batchRows = nextBatchRows(batchRows, deps.nowMs() - sinceMs, bounds);
    batch = emptyBatch();
    deps.onProgress(counts);
    await deps.breathe();
  }

  for await (const page of pages) {
    for (const record of page) {
      take(batch, record, load.readRow(record));
      if (batch.good.length >= batchRows || batch.records.length >= options.batchRecordsMax) await commit();
      else if (batch.records.length % options.rowsPerTurn === 0) await deps.breathe();
    }
  }
  if (batch.records.length > 0) await commit();
  return counts;
}

function take({ records, good, bad }: Batch, record: ListRecord, row: Row): void {
  records.push(record);
  if (row.ok) good.push({ record, contact: row.contact });
  else bad.push(rejected(record, row.problem));
}

async function storeBatch(
  deps: LoadListDeps,
  load: ListLoad,
  { records, good, bad }: Batch,
  before: LoadCounts,
  retryMs: readonly number[],
): Promise<LoadCounts> {
  const patiently = <T>(work: () => Promise<T>): Promise<T> => withRetries(work, deps, retryMs);
  await deps.check();
  const contacts = good.map(({ contact }) => contact);
  const isListed = await patiently(() => deps.preview(contacts, deps.nowMs()));
  const listed = good.filter(({ contact }) => isListed(contact));
  const allowed = load.keepsBlocked || listed.length === 0 ? contacts : contacts.filter((contact) => !isListed(contact));
  const rejects = load.keepsBlocked ? bad : [...bad, ...listed.map(blocked)].sort((a, b) => a.line - b.line);
  if (rejects.length > 0) await deps.keep(rejects);
  const progress = {
    offset: records.at(-1)?.end ?? before.offset,
    rowsRead: before.rowsRead + records.length,
    invalid: before.invalid + bad.length,
    blocked: before.blocked + listed.length,
    noTimeZone: before.noTimeZone + allowed.filter((contact) => !deps.isPlaced(contact)).length,
  };
  return { ...progress, ...(await patiently(storing(deps, load, allowed, progress, before))) };
}

/** Stores once: after a failure the place in the file tells whether it was stored nevertheless. */
function storing(
  { lists, nowMs }: LoadListDeps,
  { listId, rule }: ListLoad,
  contacts: readonly NewContact[],
  progress: Parameters<ContactLists['load']>[3],
  before: LoadCounts,
): () => Promise<Pick<LoadCounts, 'stored' | 'duplicates'>> {
  let isAgain = false;
  return async () => {
    const list = isAgain ? await lists.find(listId) : undefined;
    if (list && list.offset >= progress.offset) return { stored: list.stored, duplicates: list.duplicates };
    isAgain = true;
    const rows = await lists.load(listId, contacts, rule, progress, nowMs());
    const duplicates = rows.filter((row) => row === 'duplicate').length;
    return { stored: before.stored + rows.length - duplicates, duplicates: before.duplicates + duplicates };
  };
}

async function withRetries<T>(work: () => Promise<T>, { wait, check }: LoadListDeps, pausesMs: readonly number[]): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (e) {
      if (!hasCode(e, 'TDM_STORE_DOWN')) throw e;
      await wait(pauseMs);
      await check();
    }
  }
  return work();
}

const rejected = ({ line, original }: ListRecord, problem: Parameters<typeof rowProblemText>[0]): RejectedLine => ({
  line,
  field: problem.field,
  code: problem.code,
  reason: rowProblemText(problem),
  value: problem.value,
  original,
});

const blocked = ({ record, contact }: Batch['good'][number]): RejectedLine =>
  rejected(record, { line: record.line, field: 'number', code: 'blocked-dnc', value: contact.customerNumber });
