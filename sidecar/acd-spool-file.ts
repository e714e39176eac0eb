/** The file of the spool: lines are appended and synced, read from the beginning, and thrown away together. */
import { copyFile, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface SpoolFile {
  /** bytes of whole lines */
  size(): number;
  /** Written and synced when it resolves; when it rejects nothing of it is in the file. */
  append(text: string): Promise<void>;
  /** Whole lines from an offset on, about `bytesMax` of them but at least one, and where the next begin. */
  read(offset: number, bytesMax: number): Promise<{ readonly lines: readonly string[]; readonly next: number }>;
  clear(): Promise<void>;
  /** Throws away what stands from an offset on, the beginning of a line. */
  cutFrom(offset: number): Promise<void>;
  /** A copy beside it, for people; replaces the one before. */
  copyAside(): Promise<string>;
  close(): Promise<void>;
}

const lineFeed = 0x0a;
const tailBytes = 65_536;

/** `tornBytes`: what a process left behind that died while writing; it is cut off. Only its owner may read it: callers' numbers are in it. */
export async function openSpoolFile(path: string): Promise<{ readonly file: SpoolFile; readonly tornBytes: number }> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'a+', 0o600);
  const { size: found } = await handle.stat();
  let size = await wholeLines(found);
  const tornBytes = found - size;
  if (tornBytes > 0) await cut(size);

  async function cut(to: number): Promise<void> {
    await handle.truncate(to);
    await handle.datasync();
  }

  async function bytes(from: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await handle.read(buffer, got, length - got, from + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return buffer.subarray(0, got);
  }

  async function wholeLines(end: number): Promise<number> {
    for (let to = end; to > 0;) {
      const from = Math.max(0, to - tailBytes);
      const at = (await bytes(from, to - from)).lastIndexOf(lineFeed);
      if (at >= 0) return from + at + 1;
      to = from;
    }
    return 0;
  }

  const file: SpoolFile = {
    size: () => size,
    async append(text) {
      const data = Buffer.from(text);
      size = (await handle.stat()).size; // a later owner on the same machine may have emptied it
      try {
        await handle.appendFile(data);
        await handle.datasync();
      } catch (e) {
        await cut(size); // half a line would spoil the next one
        throw e;
      }
      size += data.length;
    },
    async read(offset, bytesMax) {
      for (let want = bytesMax; ; want *= 2) {
        const chunk = await bytes(offset, Math.min(want, size - offset));
        const end = chunk.lastIndexOf(lineFeed) + 1;
        if (end === 0 && chunk.length > 0 && offset + chunk.length < size) continue; // a line longer than that
        const lines = chunk.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
        return { lines, next: offset + end };
      }
    },
    clear: () => file.cutFrom(0),
    async cutFrom(offset) {
      await cut(offset);
      size = offset;
    },
    async copyAside() {
      const aside = `${path}.set-aside`;
      await copyFile(path, aside);
      return aside;
    },
    close: () => handle.close(),
  };
  return { file, tornBytes };
}
