/**
 * Files of contacts on the disk of this machine while they are loaded: what comes over HTTP is unpacked and written down first, so
 * that a load goes on by itself after a restart, and nobody has to send the file again. Beside them the lines that were refused.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline as streamPipeline, Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { headBytesWanted } from '../core/dialer/list-format.js';
import { TandemError } from '../core/errors.js';

/** A file that has come whole, not yet of any list. */
export interface ReceivedFile {
  readonly path: string;
  /** SHA-256 of what is in it, unpacked; hex */
  readonly hash: string;
  readonly bytes: number;
  /** its begin */
  readonly head: Buffer;
  /** when nothing comes of it */
  discard(): Promise<void>;
}

export interface SpooledList<Wish> {
  readonly listId: number;
  readonly bytes: number;
  readonly wish: Wish;
}

export interface ListSpool<Wish> {
  /** Rejects TDM_TOO_LARGE, TDM_BAD_FILE when it cannot be unpacked, TDM_BUSY when the disk is full, and as the body does. */
  receive(body: Readable): Promise<ReceivedFile>;
  /** From now on it is this list's, also after a restart. */
  keep(file: ReceivedFile, listId: number, wish: Wish): Promise<void>;
  find(listId: number): Promise<SpooledList<Wish> | undefined>;
  /** Lists whose load was not ended. */
  pending(): Promise<readonly number[]>;
  /** Pieces of the file from a byte on. */
  read(listId: number, offset: number): AsyncIterable<Buffer>;
  head(listId: number): Promise<Buffer>;
  remove(listId: number): Promise<void>;
  rejectsFile(listId: number): string;
}

export interface ListSpoolOptions {
  readonly folder: string;
  readonly bytesMax: number;
}

/** Files that came and never became a list are removed after this long. */
const strayMsMax = 86_400_000;
const pieceBytes = 262_144;

export function createListSpool<Wish>(options: ListSpoolOptions, wishes: z.ZodType<Wish>, nowMs: () => number): ListSpool<Wish> {
  const { folder } = options;
  const pathOf = (listId: number, kind: 'list' | 'json' | 'rejects.csv'): string => join(folder, `${String(listId)}.${kind}`);
  const stored = z.strictObject({ bytes: z.int(), wish: wishes });

  async function receive(body: Readable): Promise<ReceivedFile> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${randomBytes(8).toString('hex')}.part`);
    const discard = (): Promise<void> => rm(path, { force: true });
    const meter = createMeter(options.bytesMax);
    try {
      const isPacked = await beginsPacked(body);
      const file = createWriteStream(path, { mode: 0o600, flags: 'wx' });
      if (isPacked) await pipeline(body, createGunzip(), meter.through, file);
      else await pipeline(body, meter.through, file);
    } catch (e) {
      await discard();
      throw receiptError(e);
    }
    return { path, discard, ...meter.figures() };
  }

  return {
    receive,
    async keep(file, listId, wish) {
      await rename(file.path, pathOf(listId, 'list'));
      await writeFile(pathOf(listId, 'json'), JSON.stringify({ bytes: file.bytes, wish }), { mode: 0o600 });
    },
    async find(listId) {
      const text = await readFile(pathOf(listId, 'json'), 'utf8').catch(() => undefined);
      const parsed = text === undefined ? undefined : stored.safeParse(jsonOf(text));
      return parsed?.success === true ? { listId, ...parsed.data } : undefined;
    },
    async pending() {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((one) => one.endsWith('.part'))) await removeStray(join(folder, name), nowMs() - strayMsMax);
      return names.flatMap((name) => /^(\d{1,15})\.json$/.exec(name)?.slice(1).map(Number) ?? []);
    },
    read: (listId, offset) => createReadStream(pathOf(listId, 'list'), { start: offset, highWaterMark: pieceBytes }),
    head: (listId) => readHead(pathOf(listId, 'list')),
    async remove(listId) {
      await rm(pathOf(listId, 'json'), { force: true });
      await rm(pathOf(listId, 'list'), { force: true });
    },
    rejectsFile: (listId) => pathOf(listId, 'rejects.csv'),
  };
}

function createMeter(bytesMax: number) {
  const hash = createHash('sha256');
  const head: Buffer[] = [];
  let bytes = 0;
  const through = new Transform({
    transform(piece: Buffer, _encoding, done) {
      if (bytes < headBytesWanted) head.push(piece.subarray(0, headBytesWanted - bytes));
      bytes += piece.length;
      hash.update(piece);
      if (bytes > bytesMax) done(new TandemError('TDM_TOO_LARGE', [bytesMax]));
      else done(null, piece);
    },
  });
  return { through, figures: () => ({ hash: hash.digest('hex'), bytes, head: Buffer.concat(head) }) };
}

/** The pieces of a body, unpacked, for who reads it once. Rejects TDM_TOO_LARGE, TDM_BAD_FILE, and as the body does. */
export async function* unpacked(body: Readable, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    // what breaks the body breaks what is made of it
    const source = (await beginsPacked(body)) ? streamPipeline(body, createGunzip(), () => undefined) : body;
    for await (const piece of source as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > bytesMax) throw new TandemError('TDM_TOO_LARGE', [bytesMax]);
      yield piece;
    }
  } catch (e) {
    throw receiptError(e);
  }
}

/** Whatever its header says: gzip begins with two bytes that no text has. */
async function beginsPacked(body: Readable): Promise<boolean> {
  const isSettled = body.readableLength > 0 || body.readableEnded || body.destroyed;
  if (!isSettled)
    await new Promise<void>((resolve, reject) => {
      body.once('readable', resolve);
      body.once('end', resolve);
      body.once('error', reject);
      body.once('close', resolve);
    });
  const begin = body.read() as Buffer | null;
  if (begin === null) return false;
  body.unshift(begin);
  return begin[0] === 0x1f && begin[1] === 0x8b;
}

function receiptError(e: unknown): unknown {
  const code = e instanceof Error && 'code' in e ? String(e.code) : '';
  if (code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE')
    return new TandemError('TDM_BAD_FILE', ['of contacts', 'it cannot be unpacked'], { cause: e });
  if (['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes(code))
    return new TandemError('TDM_BUSY', [`lists cannot be kept on the disk (${code})`], { cause: e });
  return e;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // half written: the process died before the list was begun
  }
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytesWanted), 0, headBytesWanted, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function removeStray(path: string, beforeMs: number): Promise<void> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
  if (mtimeMs < beforeMs) await rm(path, { force: true });
}
