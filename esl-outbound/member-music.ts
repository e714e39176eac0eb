/**
 * Hold music of a waiting caller: an endless playback that yields to everything else. A stream that ends is begun again;
 * one that cannot be played gives way to silence, so that the caller stays in the queue.
 */
import { checkText } from '../core/dial-string.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { SwitchEvent } from './event.js';
import type { CallLine } from './line.js';

/** Silence without end: the caller waits in it as in any music. */
export const silence = 'silence_stream://-1';
/** Music that ended sooner was none. */
const shortestMs = 500;
const failuresMax = 3;
/** The news that the channel left `socket` comes this soon behind a sound that it cut short. */
const takenMsMax = 300;

/**
 * A sound was cut short by what took the channel away: a bridge, a transfer, a hangup. Whatever is ordered now is played
 * in the new place, into the talk.
 */
export const isTakenAway = (done: SwitchEvent): boolean => done.get('Application-Response') === 'PLAYBACK ERROR';

export class MemberMusic {
  readonly #line: CallLine;
  readonly #uniqueId: string;
  readonly #log: Log;
  #wanted: string | undefined;
  /** grows with each start: what ends later is of no interest */
  #turn = 0;
  #failures = 0;
  #isStopped = false;
  #cancel: () => void = () => undefined;

  constructor(line: CallLine, uniqueId: string, log: Log) {
    this.#line = line;
    this.#uniqueId = uniqueId;
    this.#log = log;
  }

  /** The same music plays on. Resolves when the order is on its way. */
  async play(music: string): Promise<void> {
    if (music === this.#wanted || this.#isStopped) return;
    const wasPlaying = this.#wanted !== undefined;
    this.#wanted = music;
    this.#failures = 0;
    // what ends from now on is not begun again
    this.#turn++;
    if (wasPlaying) await this.#line.api(`uuid_break ${this.#uniqueId}`);
    this.#start();
  }

  /** Nothing is begun again. */
  stop(): void {
    this.#isStopped = true;
    this.#turn++;
    this.#cancel();
  }

  #start(): void {
    const turn = ++this.#turn;
    const music = this.#failures < failuresMax ? this.#playable() : silence;
    const startedMs = this.#line.clock.nowMs();
    this.#line.run('playback', music, 'yielding').then(
      (done) => {
        const again = () => this.#ended(turn, this.#line.clock.nowMs() - startedMs);
        if (isTakenAway(done)) this.#cancel = this.#line.clock.after(takenMsMax, again);
        else again();
      },
      (error: unknown) => this.#failed(turn, error),
    );
  }

  #playable(): string {
    try {
      return checkText('music', this.#wanted ?? silence);
    } catch (error) {
      this.#log.warn({ err: error, call: this.#uniqueId }, 'queue: music cannot be played');
      this.#failures = failuresMax;
      return silence;
    }
  }

  #ended(turn: number, livedMs: number): void {
    if (turn !== this.#turn) return;
    this.#failures = livedMs < shortestMs ? this.#failures + 1 : 0;
    if (this.#failures === failuresMax) this.#log.warn({ call: this.#uniqueId, music: this.#wanted }, 'queue: music cannot be played');
    // even silence ends at once: the channel plays nothing at all, and asking again would not end
    if (this.#failures <= failuresMax) this.#start();
  }

  #failed(turn: number, error: unknown): void {
    if (turn !== this.#turn || hasCode(error, 'TDM_CALL_GONE')) return;
    this.#log.warn({ err: error, call: this.#uniqueId }, 'queue: music could not be started');
  }
}

/** The channel's own music, then the switch's, then silence. `hold` is the variable as the switch gives it. */
export function musicOrSilence(wanted: string | undefined, hold: string | undefined): string {
  const own = hold !== undefined && hold !== '' && hold !== '_undef_' && !hold.startsWith('-ERR') && hold !== 'silence' ? hold : undefined;
  return wanted ?? own ?? silence;
}

export const musicEnded = (): TandemError => new TandemError('TDM_CALL_GONE', ['the caller leaves the queue']);
