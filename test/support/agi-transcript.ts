/** The recorded FastAGI dialogues of test/fixtures/agi; each file's head explains its format. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Transcript {
  readonly name: string;
  /** protocol lines in order, each with its LF */
  readonly steps: readonly { readonly from: 'asterisk' | 'server'; readonly bytes: Buffer }[];
}

const folder = new URL('../fixtures/agi/', import.meta.url);

export function readTranscripts(): readonly Transcript[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  return names.sort().map((name) => ({ name: name.replace('.txt', ''), steps: readSteps(readFileSync(new URL(name, folder), 'utf8')) }));
}

/** Everything Asterisk sent, as one piece. */
export function asteriskBytes(transcript: Transcript): Buffer {
  return Buffer.concat(transcript.steps.filter((step) => step.from === 'asterisk').map((step) => step.bytes));
}

function readSteps(text: string): Transcript['steps'] {
  return [...text.matchAll(/^([AS])> \S+ "(.*)"$/gm)].map(([, who, quoted = '']) => ({
    from: who === 'A' ? 'asterisk' : 'server',
    bytes: unescape(quoted),
  }));
}

function unescape(quoted: string): Buffer {
  const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
  const text = quoted.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, short: string | undefined) =>
    hex === undefined ? (plain[short ?? ''] ?? '?') : String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(text, 'latin1');
}
