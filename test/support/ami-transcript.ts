/** Recorded manager sessions in test/fixtures/ami: what the server sent, as bytes of the wire, and what was asked. */
import { readFileSync, readdirSync } from 'node:fs';

const folder = new URL('../fixtures/ami/', import.meta.url);

export const transcripts: readonly string[] = readdirSync(folder)
  .filter((name) => /^[1-9]|^0[1-9]/.test(name))
  .sort();

export type Fields = readonly (readonly [name: string, value: string])[];

export interface Block {
  readonly from: 'client' | 'server';
  readonly fields: Fields;
  /** with CR LF and the closing empty line */
  readonly wire: string;
}

/** All packets of a transcript, in order. Greetings are left out: the fake manager sends its own. */
export function readTranscript(name: string): Block[] {
  const blocks: Block[] = [];
  let from: Block['from'] = 'server';
  let lines: string[] = [];
  const finish = () => {
    if (lines.length > 0) blocks.push({ from, fields: lines.map(split), wire: lines.map((line) => `${line}\r\n`).join('') + '\r\n' });
    lines = [];
  };
  for (const line of readFileSync(new URL(name, folder), 'utf8').split('\n')) {
    const mark = /^([CS])>/.exec(line);
    if (mark) from = mark[1] === 'C' ? 'client' : 'server';
    if (line === '' || mark) finish();
    else if (!line.startsWith('#') && !line.startsWith('Asterisk Call Manager/')) lines.push(line);
  }
  finish();
  return blocks;
}

export const serverBlocks = (name: string): Block[] => readTranscript(name).filter((block) => block.from === 'server');

/** The recorded answer to the n-th (0 = first) `action`: all server packets with its ActionID, on another id. */
export function recordedAnswer(name: string, action: string, actionId: string, n = 0): string {
  const blocks = readTranscript(name);
  const asked = blocks.filter((block) => block.from === 'client' && value(block, 'Action') === action)[n];
  if (!asked) throw new Error(`no ${action} in ${name}`);
  const recordedId = value(asked, 'ActionID') ?? '';
  return blocks
    .filter((block) => block.from === 'server' && value(block, 'ActionID') === recordedId)
    .map((block) => block.wire.replace(`ActionID: ${recordedId}\r\n`, `ActionID: ${actionId}\r\n`))
    .join('');
}

export const value = (block: Block, name: string): string | undefined => block.fields.find(([key]) => key === name)?.[1];

function split(line: string): readonly [string, string] {
  const at = line.indexOf(':');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')];
}

/** Fields as `AmiPacket.entries()` gives them: lower-case names, all values of a name together. */
export function grouped(fields: Fields): (readonly [string, readonly string[]])[] {
  const groups = new Map<string, string[]>();
  for (const [name, text] of fields) groups.set(name.toLowerCase(), [...(groups.get(name.toLowerCase()) ?? []), text]);
  return [...groups];
}
