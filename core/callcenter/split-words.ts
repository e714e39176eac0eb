/**
 * Arguments of mod_callcenter's commands as words (freeswitch-callcenter 9, and seen on the real one): split at blanks,
 * a pair of single quotes groups and goes away, `\'`, `\"`, `\\` stand for the second character, `\n`, `\r`, `\t`, `\s`
 * for the white space they name. A quote without a partner is a character like any other.
 */

/** The last word of more than these is everything that is left. */
export const wordsMax = 8;
/** Longer arguments are refused. */
export const argumentsLengthMax = 8_192;

export function splitWords(text: string): string[] {
  const words: string[] = [];
  let at = skipBlanks(text, 0);
  while (at < text.length && words.length < wordsMax) {
    const end = words.length === wordsMax - 1 ? text.length : endOfWord(text, at);
    words.push(cleanWord(text.slice(at, end)));
    at = skipBlanks(text, end);
  }
  return words;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at++;
  return at;
}

function endOfWord(text: string, from: number): number {
  let isInside = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === "'") isInside = !isInside;
    else if (character === ' ' && !isInside) return at;
  }
  return text.length;
}

const escapes: Readonly<Record<string, string>> = { "'": "'", '"': '"', '\\': '\\', n: '\n', r: '\r', t: '\t', s: ' ' };

function cleanWord(raw: string): string {
  let word = '';
  let isInside = false;
  // blanks behind the last other character go; those that were quoted or escaped stay
  let kept = 0;
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at] ?? '';
    const escaped = character === '\\' ? escapes[raw[at + 1] ?? ''] : undefined;
    if (escaped !== undefined) {
      word += escaped;
      at++;
      kept = word.length;
    } else if (character === "'" && (isInside || raw.includes("'", at + 1))) {
      isInside = !isInside;
    } else {
      word += character;
      if (character !== ' ' || isInside) kept = word.length;
    }
  }
  return word.slice(0, kept);
}

/** The opposite: words as one text that gives them again. */
export const joinWords = (words: readonly string[]): string => words.map(quoted).join(' ');

const quoted = (word: string): string =>
  /^[^\s'"\\]+$/.test(word) ? word : `'${word.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
