/**
 * Records of a contact list: CSV by RFC 4180 (any separator), one JSON object on each line, or the elements of a JSON
 * array. A record that cannot be read costs its own line only: after a quote that is never closed reading goes on at the
 * next line, so that one slip in a file does not swallow what stands behind it.
 */

/** One line of the file, or one element of a JSON array. */
export interface SourceLine {
  /** without its end */
  readonly text: string;
  /** 1-based line of the file at which it begins */
  readonly line: number;
  /** byte behind it, in the unpacked file */
  readonly end: number;
  /** it could not be read whole; `text` shows what can be shown */
  readonly problem?: 'line-too-long' | 'encoding';
}

export type RecordProblem = 'line-too-long' | 'encoding' | 'quote' | 'json';

export interface ListRecord {
  readonly line: number;
  readonly end: number;
  /** as it stands in the file */
  readonly original: string;
  readonly content: RecordContent;
}

export type RecordContent =
  | { readonly kind: 'cells'; readonly cells: readonly string[] }
  | { readonly kind: 'object'; readonly object: Readonly<Record<string, unknown>> }
  | { readonly kind: 'problem'; readonly code: RecordProblem };

export interface RecordReader {
  /** Records that are whole now, in the order of the file; empty lines are none. */
  push(line: SourceLine): readonly ListRecord[];
  /** The file has ended. */
  end(): readonly ListRecord[];
}

export const recordLimits = {
  /** lines of one record with line breaks in quotes */
  linesMax: 100,
  /** characters of such a record */
  charsMax: 65_536,
};

const none: readonly ListRecord[] = [];

const recordOf = ({ line, end, text }: SourceLine, content: RecordContent): ListRecord => ({ line, end, original: text, content });
const problemOf = (line: SourceLine, code: RecordProblem): ListRecord => recordOf(line, { kind: 'problem', code });

// ------------------------------------------------------------------ JSON

export function createJsonRecords(): RecordReader {
  return {
    push(line) {
      if (line.problem) return [problemOf(line, line.problem)];
      if (line.text.trim() === '') return none;
      return [recordOf(line, objectOf(line.text))];
    },
    end: () => none,
  };
}

function objectOf(text: string): RecordContent {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { kind: 'object', object: value as Record<string, unknown> };
  } catch {
    // told as a problem of the line
  }
  return { kind: 'problem', code: 'json' };
}

// ------------------------------------------------------------------ CSV

export interface CsvForm {
  /** one character */
  readonly separator: string;
  /** one character; '' = quotes mean nothing */
  readonly quote: string;
}

/** A record goes on over the line as long as its quotes are odd in number; then it is taken apart once. */
export function createCsvRecords(form: CsvForm, limits = recordLimits): RecordReader {
  let open: SourceLine[] = [];
  let openChars = 0;

  function push(line: SourceLine): readonly ListRecord[] {
    if (open.length === 0) return first(line);
    const isOver = line.problem !== undefined || open.length >= limits.linesMax || openChars + line.text.length > limits.charsMax;
    if (isOver) return [...giveUp(), ...push(line)];
    open.push(line);
    openChars += line.text.length;
    return isOdd(line.text, form.quote) ? close() : none;
  }

  function first(line: SourceLine): readonly ListRecord[] {
    const { text } = line;
    if (line.problem) return [problemOf(line, line.problem)];
    if (form.quote === '' || !text.includes(form.quote))
      return text.trim() === '' ? none : [recordOf(line, plainCells(text, form.separator))];
    if (!isOdd(text, form.quote)) return [recordOf(line, cellsOf(text, form))];
    open = [line];
    openChars = text.length;
    return none;
  }

  function close(): readonly ListRecord[] {
    const text = open.map((line) => line.text).join('\n');
    const content = cellsOf(text, form);
    if (content.kind === 'problem') return giveUp();
    const [begin, last] = [open[0], open.at(-1)];
    open = [];
    return begin && last ? [{ line: begin.line, end: last.end, original: text, content }] : none;
  }

  /** The line at which the quote was opened is bad; those behind it are read as if it were not there. */
  function giveUp(): readonly ListRecord[] {
    const [bad, ...rest] = open;
    open = [];
    return bad ? [problemOf(bad, 'quote'), ...rest.flatMap((line) => push(line))] : none;
  }

  return {
    push,
    end() {
      const records: ListRecord[] = [];
      while (open.length > 0) records.push(...giveUp());
      return records;
    },
  };
}

function isOdd(text: string, quote: string): boolean {
  let odd = false;
  for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) odd = !odd;
  return odd;
}

const plainCells = (text: string, separator: string): RecordContent => ({ kind: 'cells', cells: text.split(separator) });

/** A quote that does not stand at the edge of its cell is a problem, not a guess. */
function cellsOf(text: string, { separator, quote }: CsvForm): RecordContent {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== quote) {
      const next = text.indexOf(separator, at);
      const cell = next < 0 ? text.slice(at) : text.slice(at, next);
      if (cell.includes(quote)) return { kind: 'problem', code: 'quote' };
      cells.push(cell);
      if (next < 0) return { kind: 'cells', cells };
      at = next + 1;
      continue;
    }
    const close = closingQuote(text, at + 1, quote);
    if (close < 0) return { kind: 'problem', code: 'quote' };
    cells.push(text.slice(at + 1, close).replaceAll(quote + quote, quote));
    if (close + 1 === text.length) return { kind: 'cells', cells };
    if (text[close + 1] !== separator) return { kind: 'problem', code: 'quote' };
    at = close + 2;
  }
}

function closingQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  while (at >= 0 && text[at + 1] === quote) at = text.indexOf(quote, at + 2);
  return at;
}
