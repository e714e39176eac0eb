/** The recorded event-socket sessions (esl-outbound spec section 13). */
import { readdirSync, readFileSync } from 'node:fs';

export interface Block {
  /** who sent it; `note` has no bytes */
  readonly from: 'switch' | 'app' | 'note';
  readonly bytes: Buffer;
  readonly text: string;
}

export interface Transcript {
  readonly name: string;
  readonly title: string;
  readonly blocks: readonly Block[];
  /** everything the switch sent */
  readonly fromSwitch: Buffer;
}

const folder = new URL('../fixtures/esl/transcripts/', import.meta.url);
const header = /^== (FS>APP|APP>FS|NOTE) \+(\d+)ms ?(.*)$/;

export const transcriptNames = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => file.slice(0, -'.txt'.length))
  .sort();

export function readTranscript(name: string): Transcript {
  const file = readFileSync(new URL(`${name}.txt`, folder));
  const blocks: Block[] = [];
  let at = file.indexOf(10) + 1;
  const title = file.subarray(2, at - 1).toString();
  while (at < file.length) {
    const lineEnd = file.indexOf(10, at);
    const line = file.subarray(at, lineEnd < 0 ? file.length : lineEnd).toString();
    const found = header.exec(line);
    if (!found) throw new Error(`${name}: no block at byte ${at}: ${line.slice(0, 80)}`);
    at = (lineEnd < 0 ? file.length : lineEnd) + 1;
    const isNote = found[1] === 'NOTE';
    const length = isNote ? 0 : Number(found[3]);
    const bytes = file.subarray(at, at + length);
    blocks.push({
      from: isNote ? 'note' : found[1] === 'FS>APP' ? 'switch' : 'app',
      bytes,
      text: isNote ? (found[3] ?? '') : bytes.toString(),
    });
    if (!isNote) at += length + 1;
  }
  return { name, title, blocks, fromSwitch: Buffer.concat(blocks.filter((b) => b.from === 'switch').map((b) => b.bytes)) };
}
