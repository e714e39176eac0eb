/** Answers of any length, written piece by piece as fast as the client reads them. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** A client that reads slower than this is left. */
export const answerMsMax = 120_000;
/** rows between two turns of the event loop */
const rowsPerPiece = 200;

/**
 * Sends the pieces; a client that went away or is too slow ends it, and nobody else is harmed. Rejects only before
 * anything was sent, so that the error becomes the answer.
 */
export async function sendPieces(
  res: Response,
  headers: Readonly<Record<string, string>>,
  pieces: AsyncIterable<string>,
  msMax = answerMsMax,
): Promise<void> {
  const rest = pieces[Symbol.asyncIterator]();
  const first = await rest.next();
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  async function* all(): AsyncGenerator<string> {
    for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value;
  }
  try {
    await pipeline(Readable.from(all(), { objectMode: true, highWaterMark: 2 }), res, { signal: AbortSignal.timeout(msMax) });
  } catch {
    res.destroy(); // half an answer must not look like a whole one
  } finally {
    // what was begun for a client who left is ended
    await rest.return?.(undefined).catch(() => undefined);
  }
}

/** Texts of rows in pieces, with others having their turn between two of them. */
export async function* inPieces<Row>(rows: readonly Row[], text: (row: Row, index: number) => string): AsyncGenerator<string> {
  for (let from = 0; from < rows.length; from += rowsPerPiece) {
    yield rows
      .slice(from, from + rowsPerPiece)
      .map((row, i) => text(row, from + i))
      .join('');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** An object of which one member is a long list. */
export const sendList = (res: Response, head: object, name: string, rows: readonly object[], tail: object = {}): Promise<void> =>
  sendLists(res, head, { [name]: rows }, tail);

/** The same with several lists. */
export async function sendLists(
  res: Response,
  head: object,
  lists: Readonly<Record<string, readonly object[]>>,
  tail: object = {},
): Promise<void> {
  const [start, end] = [JSON.stringify(head).slice(1, -1), JSON.stringify(tail).slice(1, -1)];
  async function* pieces(): AsyncGenerator<string> {
    let before = start ? `{${start},` : '{';
    for (const [name, rows] of Object.entries(lists)) {
      yield `${before}"${name}":[`;
      yield* inPieces(rows, (row, i) => (i > 0 ? ',' : '') + JSON.stringify(row));
      before = '],';
    }
    yield `]${end ? ',' : ''}${end}}`;
  }
  await sendPieces(res, { 'content-type': 'application/json; charset=utf-8' }, pieces());
}

/** A table as a file. `lines`: header first. */
export async function sendCsv(res: Response, name: string, lines: AsyncIterable<string>): Promise<void> {
  const file = `attachment; filename="${name.replace(/[^\w.-]/g, '_')}.csv"`;
  await sendPieces(res, { 'content-type': 'text/csv; charset=utf-8; header=present', 'content-disposition': file }, lines);
}
