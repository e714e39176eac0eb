/** The elements of a JSON array, one by one, however they are broken into lines: the array itself is never in memory. */
import { TandemError } from '../core/errors.js';
import type { SourceLine } from '../core/dialer/list-records.js';
import { createDecoder, lineDefaults, shownBytesMax, type LineStart } from './list-lines.js';

const sign = { quote: 0x22, comma: 0x2c, open: 0x5b, close: 0x5d, begin: 0x7b, end: 0x7d, escape: 0x5c, newline: 0x0a, space: 0x20 };

/** `start.offset` 0 is the begin of the file; anything else lies behind an element. Rejects TDM_BAD_FILE when the array does not end. */
export async function* readElements(
  pieces: AsyncIterable<Buffer>,
  start: LineStart,
  isResumed: boolean,
  options = lineDefaults,
): AsyncGenerator<SourceLine[]> {
  const scan = new Scan(start, isResumed, options.lineBytesMax);
  for await (const piece of pieces) {
    const found = scan.push(piece);
    if (found.length > 0) yield found;
    if (scan.hasMore) throw new TandemError('TDM_BAD_FILE', ['of contacts', 'there is text behind the end of its JSON array']);
  }
  if (scan.isOver) return;
  throw new TandemError('TDM_BAD_FILE', ['of contacts', 'its JSON array does not end: it is cut off']);
}

class Scan {
  isOver = false;
  /** something stands behind the array: a second one, or a slip */
  hasMore = false;
  readonly #decode = createDecoder('utf-8');
  readonly #bytesMax: number;
  /** behind the opening bracket */
  #isInside: boolean;
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  /** of the element that is being read: what earlier pieces had of it */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isLong = false;
  #isBegun = false;
  #elementLine = 0;
  #line: number;
  #offset: number;

  constructor({ offset, line }: LineStart, isResumed: boolean, bytesMax: number) {
    this.#offset = offset;
    this.#line = line;
    this.#isInside = isResumed;
    this.#bytesMax = bytesMax;
  }

  push(piece: Buffer): SourceLine[] {
    const found: SourceLine[] = [];
    /** where the element begins, or goes on, in this piece */
    let from = 0;
    for (let i = 0; i < piece.length && !this.hasMore; i++) {
      const byte = piece[i] ?? 0;
      if (this.isOver) {
        this.hasMore = byte > sign.space;
        continue;
      }
      if (byte === sign.newline) this.#line++;
      if (this.#isText) this.#inText(byte);
      else if (!this.#isInside) this.#isInside = byte === sign.open;
      else if (this.#depth === 0 && (byte === sign.comma || byte === sign.close)) {
        if (this.#isBegun) found.push(this.#element(piece.subarray(from, i), this.#offset + i));
        this.isOver = byte === sign.close;
      } else if (byte > sign.space) {
        if (!this.#isBegun) {
          this.#isBegun = true;
          this.#elementLine = this.#line;
          from = i;
        }
        this.#structure(byte);
      }
    }
    if (this.#isBegun && !this.isOver) this.#keep(piece.subarray(from));
    this.#offset += piece.length;
    return found;
  }

  #inText(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === sign.escape) this.#isEscaped = true;
    else if (byte === sign.quote) this.#isText = false;
  }

  #structure(byte: number): void {
    if (byte === sign.quote) this.#isText = true;
    else if (byte === sign.begin || byte === sign.open) this.#depth++;
    else if (byte === sign.end || byte === sign.close) this.#depth--;
  }

  #keep(bytes: Buffer): void {
    this.#isLong ||= this.#keptBytes + bytes.length > this.#bytesMax;
    const shown = this.#isLong ? bytes.subarray(0, Math.max(0, shownBytesMax - this.#keptBytes)) : bytes;
    if (shown.length > 0) this.#kept.push(Buffer.from(shown));
    this.#keptBytes += shown.length;
  }

  #element(last: Buffer, end: number): SourceLine {
    this.#keep(last);
    const whole = Buffer.concat(this.#kept);
    const line = this.#elementLine;
    const found: SourceLine = this.#isLong
      ? { text: whole.toString('latin1', 0, shownBytesMax), line, end, problem: 'line-too-long' }
      : this.#decode(whole, 0, endOf(whole), false, line, end);
    [this.#kept, this.#keptBytes, this.#isLong, this.#isBegun] = [[], 0, false, false];
    return found;
  }
}

/** Blanks before the comma belong to nobody. */
function endOf(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] ?? 0) <= sign.space) end--;
  return end;
}
