/**
 * Results of calls while the database is away (dialer.md B11): appended and synced line by line, replayed in order when
 * it is back, also by the next life of the process. A line holds one group of changes and the fence under which they were
 * made; its checksum tells a line that a dying disk spoiled. What a sudden death left half written is cut off.
 */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { DialerChange } from '../core/dialer/engine-words.js';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { ChangeJournal } from '../core/services/dialer-saver.js';
import { openSpoolFile } from './acd-spool-file.js';
import type { SpoolFile } from './acd-spool-file.js';

export interface DialerJournalOptions {
  readonly file: string;
  readonly bytesMax: number;
  /** less room than this on its disk counts as full */
  readonly freeBytesMin: number;
  /** read together for the replay */
  readonly readBytes: number;
}

export const dialerJournalDefaults = { freeBytesMin: 16 * 1024 * 1024, readBytes: 65_536 };

export interface DialerJournalDeps {
  readonly log: Log;
  readonly meter: Meter;
  /** bytes free on the disk of a folder; for tests */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export interface DialerJournal extends ChangeJournal {
  close(): Promise<void>;
}

/** `adopted`: what stands before it now counts as made under `fence`. */
type Line =
  | { readonly kind: 'changes'; readonly fence: number; readonly changes: readonly DialerChange[] }
  | { readonly kind: 'adopted'; readonly fence: number };

export function createDialerJournal(options: DialerJournalOptions, deps: DialerJournalDeps): DialerJournal {
  return new Journal(options, deps);
}

class Journal implements DialerJournal {
  readonly #options: DialerJournalOptions;
  readonly #deps: DialerJournalDeps;
  #file: Promise<SpoolFile> | undefined;
  #replayedTo = 0;
  /** nobody has dialled since its lines were written */
  #isOurs = true;

  constructor(options: DialerJournalOptions, deps: DialerJournalDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async size(): Promise<number> {
    return (await this.#open()).size();
  }

  async append(changes: readonly DialerChange[], fence: number): Promise<void> {
    const file = await this.#open();
    const line = encode({ kind: 'changes', fence, changes });
    if (file.size() + Buffer.byteLength(line) > this.#options.bytesMax)
      throw new TandemError('TDM_BUSY', [`the journal ${this.#options.file} has ${String(this.#options.bytesMax)} bytes`]);
    await file.append(line);
    this.#told(file);
  }

  async replay(fence: number, save: Parameters<ChangeJournal['replay']>[1]): Promise<boolean> {
    const file = await this.#open();
    if (this.#replayedTo === 0 && file.size() > 0) await this.#adopt(file, fence);
    const { lines, next } = await file.read(this.#replayedTo, this.#options.readBytes);
    for (const text of lines) {
      const line = decode(text);
      if (line?.kind === 'changes') await save(this.#isOurs ? line.changes : line.changes.map(withoutTransition));
      else if (!line) this.#lost();
    }
    this.#replayedTo = next;
    if (next < file.size() && lines.length > 0) return false;
    if (file.size() > 0) await file.clear();
    this.#replayedTo = 0;
    this.#told(file);
    return true;
  }

  async problem(): Promise<string | undefined> {
    const { file, freeBytesMin, bytesMax } = this.#options;
    try {
      const opened = await this.#open();
      if (opened.size() >= bytesMax) return 'the journal is full';
      const free = await (this.#deps.freeBytes ?? freeBytesOf)(dirname(file));
      return free < freeBytesMin ? `the disk of the journal has ${String(Math.floor(free / 1024))} KiB left` : undefined;
    } catch (e) {
      return `the journal cannot be written: ${e instanceof Error ? e.message : String(e)}`;
    }
  }

  async close(): Promise<void> {
    const file = await this.#file?.catch(() => undefined);
    this.#file = undefined;
    this.#replayedTo = 0;
    await file?.close();
  }

  /** Under which lease the lines were made; from now on they count as made under ours, should this life end before the replay. */
  async #adopt(file: SpoolFile, fence: number): Promise<void> {
    let last: number | undefined;
    for (let at = 0; at < file.size();) {
      const { lines, next } = await file.read(at, this.#options.readBytes);
      for (const text of lines) last = decode(text)?.fence ?? last;
      if (next <= at) break;
      at = next;
    }
    this.#isOurs = last === undefined || fence - last <= 1;
    if (!this.#isOurs)
      this.#deps.log.warn({ made: last, fence }, 'another dialer has worked since the journal was written: contacts stay as it left them');
    else if (last !== fence) await file.append(encode({ kind: 'adopted', fence })).catch(() => undefined); // no room: they are read now
  }

  /** Opened once; what failed is tried again the next time. */
  #open(): Promise<SpoolFile> {
    this.#file ??= openSpoolFile(this.#options.file).then(({ file, tornBytes }) => {
      if (tornBytes > 0) this.#deps.log.warn({ tornBytes }, 'the last line of the journal was not whole and is left out');
      return file;
    });
    const opening = this.#file;
    opening.catch(() => {
      if (this.#file === opening) this.#file = undefined;
    });
    return opening;
  }

  #told(file: SpoolFile): void {
    this.#deps.meter.set('tandem_dialer_journal_bytes', file.size());
  }

  #lost(): void {
    this.#deps.meter.count('tandem_dialer_journal_lost_total');
    this.#deps.log.error({ file: this.#options.file }, 'a line of the journal cannot be read and is left out');
  }
}

/** The call was made and counts; what became of its contact since is another's word. */
const withoutTransition = (change: DialerChange): DialerChange => ({ ...change, transition: undefined });

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

function encode(line: Line): string {
  const json = JSON.stringify(line);
  return `${checksum(json)} ${json}\n`;
}

/** undefined: the checksum is not that of the text. */
function decode(text: string): Line | undefined {
  const json = text.slice(9);
  return text[8] === ' ' && text.slice(0, 8) === checksum(json) ? (JSON.parse(json) as Line) : undefined;
}
