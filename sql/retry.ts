import { asTandemError, classify, DbTimeout } from './failure.js';
import type { Failure, Stage } from './failure.js';

export const backoffMsMin = 20;
export const backoffMsMax = 200;

/** An error with the place where it was met, so that an unknown outcome can be told from a known one. */
export class Met extends Error {
  readonly stage: Stage;
  readonly original: unknown;

  constructor(stage: Stage, original: unknown) {
    super('met in the database');
    this.stage = stage;
    this.original = original;
  }
}

export interface RetryOptions {
  /** how long to go on; 0 = one try */
  readonly retryMsMax: number;
  /** a second run does no harm even if the first one took effect unseen */
  readonly repeatable: boolean;
  readonly nowMs: () => number;
  /** 0 to 1, for the jitter */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly onFailure: (failure: Failure) => void;
}

/**
 * Run a whole unit of work, again when the database lost it (scale-out section 4 rule 5): 20 to 200 ms of
 * jittered pause between tries, until `retryMsMax` is over. Rejects with a TandemError.
 */
export async function runWithRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const giveUpAtMs = options.nowMs() + options.retryMsMax;
  for (;;) {
    try {
      return await attempt();
    } catch (e) {
      const { stage, original } = e instanceof Met ? e : { stage: 'statement' as const, original: e };
      const failure = classify(original);
      if (failure.verdict === 'ours') throw original;
      options.onFailure(failure);
      const pauseMs = Math.round(backoffMsMin + options.random() * (backoffMsMax - backoffMsMin));
      if (!mayRepeat(failure, stage, options.repeatable) || options.nowMs() + pauseMs >= giveUpAtMs) throw asTandemError(original);
      await options.sleep(pauseMs);
    }
  }
}

/** Only what surely did not happen, or may happen twice, is repeated. */
export function mayRepeat(failure: Failure, stage: Stage, repeatable: boolean): boolean {
  if (failure.verdict === 'again') return true;
  return failure.verdict === 'elsewhere' && (repeatable || stage === 'connect');
}

/** `work`, or a DbTimeout after `ms`. `onLate` gets the result of work that ends after the deadline. */
export function withTimeout<T>(work: Promise<T>, ms: number, stage: Stage, onLate?: (late: T) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      reject(new DbTimeout(stage, `no answer within ${ms} ms (${stage})`));
    }, ms);
    work.then(
      (value) => {
        if (over) {
          onLate?.(value);
          return;
        }
        clearTimeout(timer);
        resolve(value);
      },
      (e: unknown) => {
        clearTimeout(timer);
        reject(e instanceof Error ? e : new Error(String(e)));
      },
    );
  });
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
