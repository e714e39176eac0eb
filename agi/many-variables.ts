/** Which variables go together into one `MSet`, and which need a command of their own. */
import { asteriskArguments, textProblem } from '../core/dial-string.js';
import { quoted } from './quote.js';

type Pair = readonly [name: string, value: string];

export interface ManyAtOnce {
  /** each is one command; `argument` is quoted */
  readonly joined: readonly { readonly argument: string; readonly pairs: readonly Pair[] }[];
  readonly single: readonly Pair[];
}

/** Asterisk takes 24 and leaves out the rest. */
const pairsMax = 24;
/** of an argument with its quotes: the command stays below the shortest limit of 2046 */
const argumentBytesMax = 2_000;

export function manyAtOnce(variables: readonly Pair[]): ManyAtOnce {
  const single: Pair[] = [];
  const joined: Pair[][] = [];
  for (const pair of variables) {
    const last = joined.at(-1) ?? [];
    if (!canJoin(pair)) single.push(pair);
    else if (last.length > 0 && last.length < pairsMax && isShort([...last, pair])) last.push(pair);
    else joined.push([pair]);
  }
  const isJoined = ({ length }: readonly Pair[]): boolean => length > 1;
  return {
    joined: joined.filter(isJoined).map((pairs) => ({ argument: argumentOf(pairs), pairs })),
    single: [...single, ...joined.filter((pairs) => !isJoined(pairs)).flat()],
  };
}

/** Functions such as `CALLERID(name)` and values that the one validator refuses go alone. */
const canJoin = ([name, value]: Pair): boolean => /^[A-Za-z0-9_]+$/.test(name) && textProblem(value) === undefined;

const argumentOf = (pairs: readonly Pair[]): string =>
  quoted(asteriskArguments(pairs.map(([name, value]) => `${name}=${value}`)), 'variables');

const isShort = (pairs: readonly Pair[]): boolean => Buffer.byteLength(argumentOf(pairs)) <= argumentBytesMax;
