/** One deadline around several steps of a use case. */
import { TandemError } from '../errors.js';

/** Calls `run` once after `delayMs`; the result stops it. Timers are an adapter's business. */
export type After = (delayMs: number, run: () => void) => () => void;

/**
 * Run `work` and answer by `msMax` at the latest: rejects TDM_DEADLINE then, and at once with the reason
 * of `outer`, or TDM_CALL_GONE, when that aborts. The signal given to `work` aborts in both cases; what `work` does afterwards is its own affair.
 */
export async function withDeadline<T>(
  after: After,
  msMax: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // the door says why, e.g. that Tandem stops
  const gone = () => (outer.reason instanceof TandemError ? outer.reason : new TandemError('TDM_CALL_GONE', ['caller or session gone']));
  if (outer.aborted) throw gone();
  const inner = new AbortController();
  let onAbort = (): void => undefined;
  let stopTimer = onAbort;
  const over = new Promise<never>((_, reject) => {
    const end = (error: TandemError) => {
      reject(error);
      inner.abort(error);
    };
    onAbort = () => end(gone());
    stopTimer = after(msMax, () => end(new TandemError('TDM_DEADLINE', [msMax])));
    outer.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work(inner.signal), over]);
  } finally {
    stopTimer();
    outer.removeEventListener('abort', onAbort);
  }
}
