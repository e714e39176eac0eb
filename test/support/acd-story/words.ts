/** Words, options and times of story lines. Strict: an unknown option or a word that is none is an error, never ignored. */
import assert from 'node:assert/strict';
import { wordOf } from '../../../core/acd/words.js';

/** One line taken apart: `5 join bob support number="555 1"` has two words after its verb and one option. */
export interface Line {
  readonly text: string;
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/** Blanks part words, double quotes keep them together; `key=value` is an option. */
export function readLine(text: string): Line {
  const words: string[] = [];
  const options = new Map<string, string>();
  for (const [piece] of text.matchAll(/(?:[^\s"]|"[^"]*")+/g)) {
    const plain = piece.replaceAll('"', '');
    const [, key, value = ''] = /^([a-z-]+)=(.*)$/.exec(plain) ?? [];
    if (key === undefined) words.push(plain);
    else {
      assert.ok(!options.has(key), `${text}: option ${key} stands twice`);
      options.set(key, value);
    }
  }
  return { text, words, options };
}

/** The words by position; too many or too few are an error. */
export function wordsOf(line: Line, least: number, most = least): readonly string[] {
  assert.ok(line.words.length >= least && line.words.length <= most, `${line.text}: ${least} to ${most} words expected`);
  return line.words;
}

/** How options become fields: `wrap-up` → `wrapUpMs`, read by its reader. */
export type Fields = Readonly<Record<string, readonly [field: string, read: (text: string) => unknown]>>;

/** The given options as fields, all of them known. */
export function fieldsOf(line: Line, fields: Fields): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [key, text] of line.options) {
    const field = fields[key] ?? assert.fail(`${line.text}: option ${key} is unknown`);
    read[field[0]] = field[1](text);
  }
  return read;
}

/** Seconds, with fractions, to ms. */
export function seconds(text: string): number {
  assert.match(text, /^-?\d+(\.\d{1,3})?$/, `"${text}" is no time in seconds`);
  return Math.round(Number(text) * 1_000);
}

export function whole(text: string): number {
  assert.match(text, /^-?\d+$/, `"${text}" is no whole number`);
  return Number(text);
}

export function yes(text: string): boolean {
  assert.ok(text === 'yes' || text === 'no', `"${text}" is neither yes nor no`);
  return text === 'yes';
}

export const plain = (text: string): string => text;
export const list = (text: string): readonly string[] => (text === '' ? [] : text.split(','));

export const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T =>
    wordOf(words, text) ?? assert.fail(`"${text}" is none of ${words.join(', ')}`);

/** Back to the text of a story: `3`, `0.25`. */
export const inSeconds = (ms: number): string => String(Number((ms / 1_000).toFixed(3)));
