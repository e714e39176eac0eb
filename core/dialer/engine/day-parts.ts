/** Which part of the day answers, learned from a campaign's own calls: breaks ties when a retry looks for its part (B6). */
import { dayPartsMax } from '../retry.js';

export interface DayParts {
  /** a call that counts, placed in that part */
  learn(part: number, isAnswered: boolean): void;
  /** Share of answers, 0 to 1: where there were few calls near that of the whole day; undefined while nothing is known. */
  rateOf(part: number): number | undefined;
  /** undefined: nothing was learned */
  snapshot(): unknown;
  /** one that cannot be read is left aside */
  restore(snapshot: unknown): void;
}

/** The share of the whole day counts as much as so many calls of the part. */
const leanCalls = 20;
/** Then all are halved, so that a list that changes is followed. */
const callsMax = 5_000;

interface Saved {
  readonly version: 1;
  readonly calls: readonly number[];
  readonly answers: readonly number[];
}

export function createDayParts(): DayParts {
  const calls = new Float64Array(dayPartsMax);
  const answers = new Float64Array(dayPartsMax);
  const sum = (of: Float64Array): number => of.reduce((total, n) => total + n, 0);

  return {
    learn(part, isAnswered) {
      if (!(part >= 0 && part < dayPartsMax)) return;
      calls[part] = (calls[part] ?? 0) + 1;
      answers[part] = (answers[part] ?? 0) + Number(isAnswered);
      if (sum(calls) < callsMax) return;
      for (const list of [calls, answers]) list.forEach((n, i) => (list[i] = n / 2));
    },
    rateOf(part) {
      const all = sum(calls);
      if (all === 0) return undefined;
      return ((answers[part] ?? 0) + (leanCalls * sum(answers)) / all) / ((calls[part] ?? 0) + leanCalls);
    },
    snapshot: (): Saved | undefined => (sum(calls) === 0 ? undefined : { version: 1, calls: [...calls], answers: [...answers] }),
    restore(snapshot) {
      if (!isSaved(snapshot)) return;
      calls.set(snapshot.calls);
      answers.set(snapshot.answers);
    },
  };
}

function isSaved(x: unknown): x is Saved {
  if (typeof x !== 'object' || x === null) return false;
  const { version, calls, answers } = x as Record<string, unknown>;
  const isList = (list: unknown): list is number[] =>
    Array.isArray(list) && list.length === dayPartsMax && list.every((n) => Number.isFinite(n) && n >= 0);
  return version === 1 && isList(calls) && isList(answers) && calls.every((n, i) => (answers[i] ?? 0) <= n);
}
