/**
 * A process of its own that says when something happens: at random moments of a steady rate (exponential gaps, seeded).
 * Each tick carries the moment at which it was sent, by the clock that all processes of a machine share, so that what the
 * measured process does meanwhile counts as waiting.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Beat {
  readonly perSecond: number;
  readonly count: number;
  readonly seed: number;
}

/** Milliseconds of the machine's monotonic clock, comparable between processes. */
export const monoMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export interface Metronome {
  /** `onTick` with the moment at which the tick was sent; resolves after the last one. */
  run(beat: Beat, onTick: (atMs: number) => void): Promise<void>;
  stop(): Promise<void>;
}

export function startMetronome(): Metronome {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['beat'], { execArgv: ['--import', 'tsx'] });
  return {
    run: (beat, onTick) =>
      new Promise((resolve, reject) => {
        const died = () => reject(new Error('the metronome is gone'));
        const take = (atMs: number | null) => {
          if (atMs !== null) {
            onTick(atMs);
            return;
          }
          child.off('message', take).off('exit', died);
          resolve();
        };
        child.on('message', take).on('exit', died);
        child.send(beat);
      }),
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** From 0 to under 1: the same sequence for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function beat({ perSecond, count, seed }: Beat): void {
  const random = seeded(seed);
  let left = count;
  let dueMs = monoMs();
  const next = () => {
    dueMs += (-Math.log(1 - random()) * 1_000) / perSecond;
    setTimeout(tick, Math.max(0, dueMs - monoMs()));
  };
  const tick = () => {
    process.send?.(monoMs());
    if (--left > 0) next();
    else process.send?.(null);
  };
  next();
}

if (process.argv[2] === 'beat') {
  process.on('message', (message) => beat(message as Beat));
  process.on('disconnect', () => process.exit(0)); // the measured side is gone
}
