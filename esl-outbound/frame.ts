/**
 * Cuts the byte stream of an event socket into frames (esl-outbound spec section 1): a header block, an
 * empty line and, with `Content-Length: N`, exactly N bytes of body. Repairs E11 to E14 of the library.
 */
import { TandemError } from '../core/errors.js';
import { decodeBytes } from './text.js';

export interface Frame {
  /** the header block as text, without its empty line; values are not percent-decoded */
  readonly head: string;
  /** a view that is valid only until the next push; undefined without a Content-Length */
  readonly body: Buffer | undefined;
}

export const headBytesMax = 1024 * 1024;
export const bodyBytesMax = 16 * 1024 * 1024;
const storageBytesMin = 4096;
/** storage that grew beyond this for one large frame is given back afterwards */
const storageBytesKept = 64 * 1024;
const blankLine = Buffer.from('\n\n');
const lengthHeader = Buffer.from('Content-Length:');
const lineFeed = 10;
const carriageReturn = 13;

const broken = (reason: string) => new TandemError('TDM_PROTOCOL', ['FreeSWITCH', reason]);

/** Value of the frame's Content-Length; undefined when there is none. Throws TDM_PROTOCOL (E14). */
function bodyLengthOf(head: Buffer): number | undefined {
  let at = head.indexOf(lengthHeader);
  while (at > 0 && head[at - 1] !== lineFeed) at = head.indexOf(lengthHeader, at + 1);
  if (at < 0) return undefined;
  const lineEnd = head.indexOf(lineFeed, at);
  const text = head.toString('latin1', at + lengthHeader.length, lineEnd < 0 ? head.length : lineEnd).trim();
  if (!/^\d{1,9}$/.test(text)) throw broken(`Content-Length is no number: ${JSON.stringify(text.slice(0, 40))}`);
  const length = Number(text);
  if (length > bodyBytesMax) throw broken(`body of ${text} bytes is larger than ${bodyBytesMax}`);
  return length;
}

/**
 * Feed chunks, get whole frames. Unfinished bytes are kept in a store that doubles, and the search goes on
 * where it stopped, so the cost is linear in the bytes received however they were cut (E12, E13).
 */
export class FrameReader {
  #storage = Buffer.alloc(0);
  #used = 0;
  /** bytes of the current frame's head that hold no blank line */
  #searched = 0;
  #head: string | undefined;
  #headBytes = 0;
  #bodyBytes: number | undefined;

  /**
   * Hand the complete frames to `deliver`, in order, until it returns false (then the rest is dropped).
   * Throws TDM_PROTOCOL at the first broken frame; the reader is of no use afterwards.
   */
  push(chunk: Buffer, deliver: (frame: Frame) => boolean): void {
    const stored = this.#used > 0;
    const data = stored ? this.#store(chunk) : chunk;
    let at = 0;
    for (;;) {
      if (this.#head === undefined) at = this.#skipBlank(data, at);
      const end = this.#frameEnd(data, at);
      if (end === undefined) break;
      const frame = this.#take(data, at, end);
      at = end;
      if (!deliver(frame)) {
        this.#used = 0;
        return;
      }
    }
    this.#keep(data, at, stored);
  }

  /** Bytes that wait for the rest of their frame. */
  get heldBytes(): number {
    return this.#used;
  }

  #skipBlank(data: Buffer, from: number): number {
    let at = from;
    if (this.#searched === 0) while (data[at] === lineFeed || data[at] === carriageReturn) at++;
    return at;
  }

  /** Where the frame that begins at `at` ends; undefined while bytes are missing. */
  #frameEnd(data: Buffer, at: number): number | undefined {
    if (this.#head === undefined && !this.#readHead(data, at)) return undefined;
    const end = at + this.#headBytes + (this.#bodyBytes ?? 0);
    return end <= data.length ? end : undefined;
  }

  #readHead(data: Buffer, at: number): boolean {
    const found = data.indexOf(blankLine, at + Math.max(0, this.#searched - 1));
    if ((found < 0 ? data.length : found) - at > headBytesMax) throw broken(`header block is larger than ${headBytesMax} bytes`);
    if (found < 0) {
      this.#searched = data.length - at;
      return false;
    }
    const head = data.subarray(at, found);
    this.#bodyBytes = bodyLengthOf(head);
    this.#headBytes = head.length + blankLine.length;
    this.#head = decodeBytes(head);
    return true;
  }

  #take(data: Buffer, at: number, end: number): Frame {
    const frame = { head: this.#head ?? '', body: this.#bodyBytes === undefined ? undefined : data.subarray(at + this.#headBytes, end) };
    this.#head = undefined;
    this.#searched = 0;
    return frame;
  }

  #store(chunk: Buffer): Buffer {
    const wanted = this.#used + chunk.length;
    if (wanted > this.#storage.length) {
      const larger = Buffer.allocUnsafe(Math.max(wanted, this.#storage.length * 2, storageBytesMin));
      this.#storage.copy(larger, 0, 0, this.#used);
      this.#storage = larger;
    }
    chunk.copy(this.#storage, this.#used);
    this.#used = wanted;
    return this.#storage.subarray(0, wanted);
  }

  #keep(data: Buffer, at: number, stored: boolean): void {
    const rest = data.length - at;
    if (!stored && rest > 0) {
      this.#store(data.subarray(at));
      return;
    }
    if (at > 0 && rest > 0) this.#storage.copyWithin(0, at, this.#used);
    this.#used = rest;
    if (rest === 0 && this.#storage.length > storageBytesKept) this.#storage = Buffer.alloc(0);
  }
}
