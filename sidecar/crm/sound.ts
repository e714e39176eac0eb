/** One recording as it is sent: its bytes by position, whatever lies on the disk or on another host. */
import type { FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';

export interface Sound {
  readonly bytes: number;
  readonly type: string;
  /** with its dot; '' = none that is known */
  readonly ending: string;
  /** strong: the same text means the same bytes; '' = not known */
  readonly etag: string;
  /** undefined: not known */
  readonly modifiedMs: number | undefined;
  /** From `first` to `last`, inclusive. Rejects, or breaks, when they are not all there. */
  open(first: number, last: number): Promise<Readable>;
  /** After `open`'s stream has ended, or instead of it. */
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.wav': 'audio/x-wav',
  '.wav49': 'audio/x-wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.oga': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.gsm': 'audio/x-gsm',
  '.flac': 'audio/flac',
  '.m4a': 'audio/mp4',
  '.webm': 'audio/webm',
};

/** First bytes of a file whose name does not say what it is. */
const magic: readonly (readonly [RegExp, string, string])[] = [
  [/^RIFF[\s\S]{4}WAVE/, 'audio/x-wav', '.wav'],
  [/^OggS/, 'audio/ogg', '.ogg'],
  [/^(ID3|\xff[\xf2\xf3\xfa\xfb])/, 'audio/mpeg', '.mp3'],
  [/^fLaC/, 'audio/flac', '.flac'],
];
const magicBytes = 12;

interface Raw {
  /** WAVE's number of the coding */
  readonly coding: 1 | 6 | 7;
  readonly rate: number;
  readonly sampleBytes: 1 | 2;
}

/** Files of the switch without a header: with one in front they are WAV, which a browser plays. */
const raws: Readonly<Record<string, Raw>> = {
  '.ulaw': { coding: 7, rate: 8_000, sampleBytes: 1 },
  '.ul': { coding: 7, rate: 8_000, sampleBytes: 1 },
  '.mu': { coding: 7, rate: 8_000, sampleBytes: 1 },
  '.pcm': { coding: 7, rate: 8_000, sampleBytes: 1 },
  '.alaw': { coding: 6, rate: 8_000, sampleBytes: 1 },
  '.al': { coding: 6, rate: 8_000, sampleBytes: 1 },
  '.sln': { coding: 1, rate: 8_000, sampleBytes: 2 },
  '.sln16': { coding: 1, rate: 16_000, sampleBytes: 2 },
  '.sln48': { coding: 1, rate: 48_000, sampleBytes: 2 },
};
const headerBytes = 44;
/** RIFF counts in 32 bits */
const rawBytesMax = 0xffff_ffff - headerBytes;

/** WAVE header of `bytes` of sound. */
export function waveHeader({ coding, rate, sampleBytes }: Raw, bytes: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(bytes + headerBytes - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(coding, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * sampleBytes, 28);
  header.writeUInt16LE(sampleBytes, 32);
  header.writeUInt16LE(sampleBytes * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(bytes, 40);
  return header;
}

/** Of a type without its file: for recordings that lie elsewhere. */
export function typeOfName(name: string): { readonly type: string; readonly ending: string } {
  const ending = extname(name).toLowerCase();
  const type = types[ending];
  return type === undefined ? { type: 'application/octet-stream', ending: '' } : { type, ending };
}

/** Takes the handle; `close` gives it back. Undefined: no regular file. */
export async function soundOfFile(handle: FileHandle, name: string): Promise<Sound | undefined> {
  const facts = await handle.stat();
  if (!facts.isFile()) return undefined;
  const raw = facts.size <= rawBytesMax ? raws[extname(name).toLowerCase()] : undefined;
  const header = raw ? waveHeader(raw, facts.size) : Buffer.alloc(0);
  const { type, ending } = raw ? { type: 'audio/x-wav', ending: '.wav' } : await typeOf(handle, name);
  const parts = [facts.ino, facts.size, Math.round(facts.mtimeMs)].map((n) => n.toString(36));
  return {
    bytes: header.length + facts.size,
    type,
    ending,
    etag: `"${parts.join('-')}"`,
    modifiedMs: facts.mtimeMs,
    open: (first, last) => Promise.resolve(Readable.from(bytesOf(handle, header, first, last), { objectMode: false })),
    close: () => handle.close(),
  };
}

async function typeOf(handle: FileHandle, name: string): Promise<{ readonly type: string; readonly ending: string }> {
  const known = typeOfName(name);
  if (known.ending !== '') return known;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(magicBytes), 0, magicBytes, 0);
  const text = buffer.toString('latin1', 0, bytesRead);
  const found = magic.find(([begin]) => begin.test(text));
  return found ? { type: found[1], ending: found[2] } : known;
}

/** Small enough that many listeners cost little, large enough that each costs few reads. */
const pieceBytes = 65_536;

async function* bytesOf(handle: FileHandle, header: Buffer, first: number, last: number): AsyncGenerator<Buffer> {
  if (first < header.length) yield header.subarray(first, Math.min(last + 1, header.length));
  const end = last + 1 - header.length;
  for (let at = Math.max(0, first - header.length); at < end;) {
    const wanted = Math.min(pieceBytes, end - at);
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, at);
    // cut while it was read: the listener must see that this is not all
    if (bytesRead === 0) throw new Error(`the file ends at ${String(at)}, ${String(end)} were expected`);
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
