/**
 * Repairs `esl.Parser` in place, once, before any connection is made (dependencies section 5, containment 1).
 * The library creates its parser itself and looks the methods up at run time, so replacing three of them on
 * the prototype is enough; everything else of the library stays as it is.
 */
import esl from 'node-esl';
import type { Parser } from 'node-esl';
import { TandemError } from '../core/errors.js';
import { readFrame, SwitchEvent, typeOfKind } from './event.js';
import { FrameReader } from './frame.js';
import type { Frame } from './frame.js';
import { parseHeaderLines } from './text.js';

/** Events of our own on the library's parser: a frame that was left out, and the end of usable bytes. */
export const skippedEvent = 'tandem::skipped';

const readers = new WeakMap<Parser, FrameReader>();

function readerOf(parser: Parser): FrameReader {
  let reader = readers.get(parser);
  if (!reader) readers.set(parser, (reader = new FrameReader()));
  return reader;
}

function handOver(parser: Parser, frame: Frame): boolean {
  const message = readFrame(frame);
  if (message instanceof SwitchEvent)
    parser.emit('esl::event', message, { 'Content-Type': typeOfKind[message.kind], 'Event-Name': message.type }, message.body);
  else parser.emit(skippedEvent, message);
  return !parser.socket.destroyed; // a handler may have closed the connection
}

/** Replaces the library's recursive reader: a loop, bounded, no exception reaches the socket (E1, E11 to E14). */
function onData(this: Parser, chunk: Buffer): void {
  try {
    readerOf(this).push(chunk, (frame) => handOver(this, frame));
  } catch (e) {
    this.emit('error', e instanceof TandemError ? e : new TandemError('TDM_INTERNAL', [], { cause: e }));
    this.socket.destroy();
  }
}

function parseHeaderText(this: Parser, text: string): Record<string, string> {
  return { ...parseHeaderLines(text, false) } as Record<string, string>;
}

function parseEvent(this: Parser, headers: Record<string, string | number>, body?: string): void {
  const head = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
  handOver(this, { head, body: body === undefined ? undefined : Buffer.from(body, 'utf8') });
}

esl.Parser.prototype._onData = onData;
esl.Parser.prototype._parseHeaderText = parseHeaderText;
esl.Parser.prototype._parseEvent = parseEvent;
