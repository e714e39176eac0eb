/** A file of numbers that must not be called, read as it comes (dialer.md B4): one on each line, or a column of a CSV file. */
import type { DialerStore } from '../dialer-ports.js';
import type { DialerAuditEntry, DncEntry } from '../dialer/engine-words.js';
import { columnsOf } from '../dialer/list-columns.js';
import { readNumber, type NumberRules, type NumberWish } from '../dialer/list-number.js';
import { createCsvRecords, type ListRecord, type SourceLine } from '../dialer/list-records.js';
import { separatorOf } from '../dialer/list-format.js';
import { isWrong, listProblems, timeOf, truthOf, withoutApostrophe, wrong } from '../dialer/list-values.js';
import type { ListProblem, Wrong } from '../dialer/list-values.js';

export interface DncImport {
  /** undefined: everybody's, or what our own export says in each line */
  readonly scope: string | undefined;
  readonly source: string;
  readonly reason: string;
  readonly untilMs: number | undefined;
  /** every line is the begin of numbers */
  readonly isPrefix: boolean;
  readonly number: NumberWish;
  /** what the scope has and the file has not is taken off */
  readonly replaces: boolean;
}

export interface DncImported {
  readonly rows: number;
  /** that were not there before */
  readonly added: number;
  readonly removed: number;
  readonly invalid: number;
  /** in national form, without a country */
  readonly national: number;
  /** false: so much of it could not be read that nothing was taken off; it is not the new issue of a list */
  readonly isReadable: boolean;
  /** the first ones */
  readonly problems: readonly { readonly line: number; readonly code: ListProblem; readonly reason: string; readonly value: string }[];
}

export interface ImportDncDeps {
  readonly store: Pick<DialerStore, 'addDnc' | 'removeDnc' | 'dnc'>;
  readonly numbers: NumberRules;
  readonly breathe: () => Promise<void>;
  readonly nowMs: () => number;
  readonly auditOf: (action: string, after: object) => DialerAuditEntry;
}

/** Of the export, which can be read again: on another server, after somebody has looked through it. */
export const dncColumns = ['number', 'prefix', 'scope', 'source', 'reason', 'from', 'until'] as const;
export const dncScope = /^$|^(?:client|campaign|national):[\p{L}\p{N}_.:@ -]{1,100}$/u;
export const reasonCharsMax = 255;

export const importDncDefaults = {
  batchRows: 2_000,
  problemsMax: 100,
  /** bits of the memory of which numbers a file had: 32 MiB, enough for 20 million numbers */
  seenBits: 2 ** 28,
  /** of a file that counts as an issue of its list; more is another format, country or encoding */
  invalidShareMax: 0.1,
};

/** Rejects as the store and the pages do; what was stored stays, and the same file may be sent again. */
export async function importDnc(
  deps: ImportDncDeps,
  wish: DncImport,
  pages: AsyncIterable<readonly SourceLine[]>,
  options = importDncDefaults,
): Promise<DncImported> {
  const scope = wish.scope ?? '';
  const seen = wish.replaces ? createSeen(options.seenBits) : undefined;
  const problems: DncImported['problems'][number][] = [];
  let [rows, added, invalid, national] = [0, 0, 0, 0];
  let batch: DncEntry[] = [];

  async function commit(): Promise<void> {
    if (batch.length === 0) return;
    added += await deps.store.addDnc(batch, deps.auditOf('dnc-import', { scope, source: wish.source, numbers: batch.length }));
    batch = [];
    await deps.breathe();
  }

  for await (const found of numbersIn(pages)) {
    rows++;
    const entry = entryOf(found, wish, deps);
    if (isWrong(entry)) {
      invalid++;
      const { wrong: code } = entry;
      if (problems.length < options.problemsMax)
        problems.push({ line: found.line, code, reason: listProblems[code], value: found.number.slice(0, 100) });
      continue;
    }
    if (entry.scope === scope) seen?.add(keyOf(entry));
    if (isNational(entry)) national++;
    batch.push(entry);
    if (batch.length >= options.batchRows) await commit();
  }
  await commit();
  // a file that could not be read does not empty the list, whatever few numbers were found in it
  const isReadable = rows > invalid && invalid <= rows * options.invalidShareMax;
  const removed = seen && isReadable ? await removeUnseen(deps, scope, seen, options.batchRows) : 0;
  return { rows, added, removed, invalid, national, isReadable, problems };
}

const keyOf = ({ number, isPrefix }: Pick<DncEntry, 'number' | 'isPrefix'>): string => (isPrefix ? `${number}*` : number);

/** A number whose country nobody said: contacts that are stored with theirs are not found by it. */
export const isNational = ({ number, isPrefix }: Pick<DncEntry, 'number' | 'isPrefix'>): boolean => !isPrefix && /^0[0-9]/.test(number);

function entryOf(found: FoundNumber, wish: DncImport, deps: ImportDncDeps): DncEntry | Wrong {
  const { number, until, own } = found;
  const untilMs = until === '' ? wish.untilMs : timeOf(until, 'UTC', 'end');
  if (isWrong(untilMs)) return untilMs;
  const { scope = '', source, reason, isPrefix } = wish;
  const fromMs = deps.nowMs();
  if (own) return ownEntry(number, own, { scope: wish.scope, source, reason, fromMs, untilMs });
  const key = isPrefix ? prefixOf(number) : readNumber(number, wish.number, deps.numbers);
  if (isWrong(key)) return key;
  return { number: key.key, isPrefix, scope, source, reason, fromMs, untilMs };
}

/** As it was exported: its number is the key by which contacts are found. */
function ownEntry(
  number: string,
  own: NonNullable<FoundNumber['own']>,
  rest: Pick<DncEntry, 'source' | 'reason' | 'fromMs' | 'untilMs'> & Pick<DncImport, 'scope'>,
): DncEntry | Wrong {
  const isPrefix = truthOf(own.prefix);
  if (isWrong(isPrefix)) return isPrefix;
  const key = isPrefix ? prefixOf(number) : /^[0-9]{1,21}$/.test(number) ? { key: number } : wrong('characters');
  if (isWrong(key)) return key;
  const scope = rest.scope ?? own.scope;
  if (!dncScope.test(scope)) return wrong('characters');
  return { ...rest, number: key.key, isPrefix, scope, reason: (rest.reason || withoutApostrophe(own.reason)).slice(0, reasonCharsMax) };
}

function prefixOf(text: string): { readonly key: string } | Wrong {
  const digits = text.replace(/^\+/, '').replace(/\*$/, '');
  return /^[0-9]{1,15}$/.test(digits) ? { key: digits } : wrong('characters');
}

// ------------------------------------------------------------------ the file

interface FoundNumber {
  readonly line: number;
  readonly number: string;
  /** '' = none */
  readonly until: string;
  /** of a line of our own export */
  readonly own?: { readonly prefix: string; readonly scope: string; readonly reason: string };
}

/** A head line with a column for the number makes it CSV; else the first value of each line is the number. */
async function* numbersIn(pages: AsyncIterable<readonly SourceLine[]>): AsyncGenerator<FoundNumber> {
  let reader: ReturnType<typeof createCsvRecords> | undefined;
  let columns: ReturnType<typeof columnsIn> | undefined;
  function* read(records: readonly ListRecord[]): Generator<FoundNumber> {
    for (const { line, content } of records) {
      const cells = content.kind === 'cells' ? content.cells.map((cell) => cell.trim()) : [];
      if (!columns) {
        columns = columnsIn(cells);
        if (columns.isHead) continue;
      }
      const [number = '', prefix = '', scope = '', , reason = '', , until = ''] = cells;
      if (columns.isOwn) yield { line, number, until, own: { prefix, scope, reason } };
      else yield { line, number: cells[columns.number] ?? '', until: cells[columns.until] ?? '' };
    }
  }
  for await (const page of pages)
    for (const line of page) {
      reader ??= createCsvRecords({ separator: separatorOf(line.text, '"'), quote: '"' });
      yield* read(reader.push(line));
    }
  if (reader) yield* read(reader.end());
}

interface DncColumns {
  readonly number: number;
  readonly until: number;
  readonly isHead: boolean;
  readonly isOwn?: boolean;
}

function columnsIn(cells: readonly string[]): DncColumns {
  if (cells.join() === dncColumns.join()) return { number: 0, until: 0, isHead: true, isOwn: true };
  const found = columnsOf(cells);
  const at = (field: string): number => (found.ok ? found.uses.findIndex((use) => use.kind === 'field' && use.field === field) : -1);
  return found.ok ? { number: at('number'), until: at('end_time'), isHead: true } : { number: 0, until: -1, isHead: false };
}

// ------------------------------------------------------------------ what the file did not have

interface Seen {
  add(key: string): void;
  has(key: string): boolean;
}

/**
 * A Bloom filter: it may take a number for seen that was not, never the other way round. So a number may stay on the list that
 * should have gone (one in thousands), and none is taken off that the file has.
 */
function createSeen(bits: number): Seen {
  const memory = new Uint32Array(bits / 32);
  const hashes = 4;
  const places = function* (key: string): Generator<number> {
    const [a, b] = [hash(key, 0x811c9dc5), hash(key, 0x9e3779b1) | 1];
    for (let i = 0; i < hashes; i++) yield ((a + Math.imul(i, b)) >>> 0) % bits;
  };
  return {
    add(key) {
      for (const place of places(key)) memory[place >>> 5] = (memory[place >>> 5] ?? 0) | (1 << (place & 31));
    },
    has(key) {
      for (const place of places(key)) if (((memory[place >>> 5] ?? 0) & (1 << (place & 31))) === 0) return false;
      return true;
    },
  };
}

/** FNV-1a with a last stir, so that numbers in a row do not fall side by side. */
function hash(key: string, seed: number): number {
  let value = seed;
  for (let i = 0; i < key.length; i++) value = Math.imul(value ^ key.charCodeAt(i), 0x01000193);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 12)) >>> 0;
}

async function removeUnseen({ store, auditOf, breathe }: ImportDncDeps, scope: string, seen: Seen, limit: number): Promise<number> {
  let removed = 0;
  for (let after = ''; ;) {
    const page = await store.dnc({ scope, after, limit });
    const gone = page.filter((entry) => !seen.has(keyOf(entry)));
    if (gone.length > 0) removed += await store.removeDnc(gone, auditOf('dnc-import-removed', { scope, numbers: gone.length }));
    const last = page.at(-1);
    if (page.length < limit || !last) return removed;
    after = `${keyOf(last)} ${last.scope}`;
    await breathe();
  }
}
