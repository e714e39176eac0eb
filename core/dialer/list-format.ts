/** What a file of contacts is: found out from its first bytes and its head line, unless it is said. */

export const listFormats = ['csv', 'ndjson', 'json'] as const;
export type ListFormat = (typeof listFormats)[number];

export const listEncodings = ['utf-8', 'latin1'] as const;
/** `latin1` is Windows-1252, as spreadsheets mean it. */
export type ListEncoding = (typeof listEncodings)[number];

export type FileProblem = 'empty' | 'spreadsheet' | 'utf-16' | 'binary' | 'old-lines';

export interface FileKind {
  readonly format: ListFormat;
  /** bytes of a mark at the begin that are no content */
  readonly markBytes: number;
}

/** How much of a file must be at hand to judge it. */
export const headBytesWanted = 65_536;

const newline = 0x0a;
const carriageReturn = 0x0d;

const startsWith = (head: Uint8Array, bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte);

/** By the begin of the unpacked file: a byte order mark, what is no text at all, and the first sign of JSON. */
export function kindOf(head: Uint8Array): FileKind | FileProblem {
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04])) return 'spreadsheet';
  if (startsWith(head, [0xff, 0xfe]) || startsWith(head, [0xfe, 0xff])) return 'utf-16';
  if (head.includes(0)) return 'binary';
  const markBytes = startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0;
  const first = head.subarray(markBytes).find((byte) => byte > 0x20);
  if (first === undefined) return 'empty';
  const format = first === 0x5b ? 'json' : first === 0x7b ? 'ndjson' : 'csv';
  if (format !== 'json' && head.includes(carriageReturn) && !head.includes(newline)) return 'old-lines';
  return { format, markBytes };
}

const separators = [',', ';', '\t', '|'];

/** The one that stands most often in the head line outside of quotes; a comma when none does. */
export function separatorOf(headLine: string, quote: string): string {
  const bare =
    quote === ''
      ? headLine
      : headLine
          .split(quote)
          .filter((_, i) => i % 2 === 0)
          .join('');
  const counted = separators.map((separator) => ({ separator, count: bare.split(separator).length - 1 }));
  return counted.reduce((best, one) => (one.count > best.count ? one : best)).separator;
}

const problemTexts: Readonly<Record<FileProblem, string>> = {
  empty: 'there is nothing in it',
  spreadsheet: 'it is a spreadsheet or an archive; save it as CSV (UTF-8)',
  'utf-16': 'it is UTF-16; save it as UTF-8',
  binary: 'it is no text',
  'old-lines': 'its lines end with a carriage return alone; save it with line ends of Windows or Unix',
};

export const fileProblemText = (problem: FileProblem): string => problemTexts[problem];
