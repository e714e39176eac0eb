/** Lines of a file of contacts, read in pieces: the memory is that of one piece and one line, however long the file or the line is. */
import { isUtf8 } from 'node:buffer';
import type { ListEncoding } from '../core/dialer/list-format.js';
import type { SourceLine } from '../core/dialer/list-records.js';

export interface LineStart {
  /** byte at which reading begins, at the begin of a line */
  readonly offset: number;
  /** its number, from 1 */
  readonly line: number;
}

export const lineDefaults = {
  /** bytes of one line, or of one element of a JSON array */
  lineBytesMax: 65_536,
};

/** Bytes of a line too long, or not in its encoding, that are shown. */
export const shownBytesMax = 200;

const newline = 0x0a;
const carriageReturn = 0x0d;

/** The lines of each piece together. */
export async function* readLines(
  pieces: AsyncIterable<Buffer>,
  start: LineStart,
  encoding: ListEncoding,
  options = lineDefaults,
): AsyncGenerator<SourceLine[]> {
  const decode = createDecoder(encoding);
  let { line } = start;
  /** offset of the first byte of `rest` */
  let at = start.offset;
  let rest: Buffer = Buffer.alloc(0);
  /** a line that was too long: its begin; bytes behind that are skipped */
  let long: Buffer | undefined;

  function* linesOf(data: Buffer): Generator<SourceLine> {
    const isPlain = encoding === 'utf-8' && isUtf8(data.subarray(0, data.lastIndexOf(newline) + 1));
    let from = 0;
    for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline, from)) {
      const isLong = long !== undefined || end - from > options.lineBytesMax;
      if (isLong) yield tooLong(long ?? data.subarray(from, Math.min(end, from + shownBytesMax)), line, at + end + 1);
      else yield decode(data, from, end, isPlain, line, at + end + 1);
      long = undefined;
      line++;
      from = end + 1;
    }
    rest = data.subarray(from);
    at += from;
  }

  for await (const piece of pieces) {
    const lines = [...linesOf(rest.length === 0 ? piece : Buffer.concat([rest, piece]))];
    if (rest.length > options.lineBytesMax) {
      long ??= Buffer.from(rest.subarray(0, shownBytesMax));
      at += rest.length;
      rest = Buffer.alloc(0);
    }
    if (lines.length > 0) yield lines;
  }
  if (long) yield [tooLong(long, line, at + rest.length)];
  else if (rest.length > 0) yield [decode(rest, 0, rest.length, false, line, at + rest.length)];
}

const tooLong = (begin: Buffer, line: number, end: number): SourceLine => ({
  text: begin.toString('latin1'),
  line,
  end,
  problem: 'line-too-long',
});

type Decode = (data: Buffer, from: number, to: number, isPlain: boolean, line: number, end: number) => SourceLine;

/** `isPlain`: the bytes are known to be UTF-8. */
export function createDecoder(encoding: ListEncoding): Decode {
  const windows = new TextDecoder('windows-1252');
  const trimmed = (data: Buffer, from: number, to: number): number => (to > from && data[to - 1] === carriageReturn ? to - 1 : to);
  if (encoding === 'latin1')
    return (data, from, to, _isPlain, line, end) => ({ text: windows.decode(data.subarray(from, trimmed(data, from, to))), line, end });
  return (data, from, to, isPlain, line, end) => {
    const last = trimmed(data, from, to);
    if (isPlain || isUtf8(data.subarray(from, last))) return { text: data.toString('utf8', from, last), line, end };
    return { text: windows.decode(data.subarray(from, Math.min(last, from + shownBytesMax))), line, end, problem: 'encoding' };
  };
}
