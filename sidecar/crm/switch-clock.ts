/**
 * What a switch tells, by two clocks: its own, of which the times of a call are, and ours, by which deadlines run and lists are
 * asked for. They may differ, so none is taken for the other: a moment of the switch is never later than when it was told, and
 * of whom events spoke lately is kept by our clock.
 */
import type { JournalFact } from '../../core/journal/events.js';
import type { Log } from '../../core/ports.js';
import type { Timers } from '../timers.js';

/** A difference that an operator is told of. */
const differenceMsMax = 5_000;

/** The result: the moment of an event, ms; `saidMs` by the clock of the switch, undefined: not said. One warning at most. */
export function createSwitchClock(
  name: string,
  { timers, log }: { readonly timers: Timers; readonly log: Log },
): (saidMs: number | undefined) => number {
  let isTold = false;
  return (saidMs) => {
    const nowMs = timers.nowMs();
    if (saidMs === undefined) return nowMs;
    const aheadMs = saidMs - nowMs;
    if (Math.abs(aheadMs) > differenceMsMax && !isTold) {
      isTold = true;
      log.warn({ switch: name, aheadMs }, 'the clock of the switch is not ours, or its events come late: times of calls may be wrong');
    }
    return Math.min(saidMs, nowMs);
  };
}

/** Channels that live; more than a switch has. */
const heardMax = 100_000;

/** When events spoke of which channel last, by our clock. */
export class Heard {
  readonly #atMs = new Map<string, number>();

  note(fact: JournalFact, nowMs: number): void {
    if (fact.type === 'channel-ended') this.#atMs.delete(fact.channel.uniqueId);
    else for (const id of channelsOf(fact)) this.#set(id, nowMs);
  }

  #set(id: string, nowMs: number): void {
    this.#atMs.delete(id);
    this.#atMs.set(id, nowMs);
    for (const oldest of this.#atMs.keys()) {
      if (this.#atMs.size <= heardMax) break;
      this.#atMs.delete(oldest);
    }
  }

  since(fromMs: number): ReadonlySet<string> {
    return new Set([...this.#atMs].flatMap(([id, atMs]) => (atMs >= fromMs ? [id] : [])));
  }

  forgetBefore(untilMs: number): void {
    for (const [id, atMs] of this.#atMs) if (atMs < untilMs) this.#atMs.delete(id);
  }
}

function channelsOf(fact: JournalFact): readonly string[] {
  if (fact.type === 'dial-began') return [...(fact.from ? [fact.from.uniqueId] : []), fact.to.uniqueId];
  if (fact.type === 'dial-ended') return [fact.to.uniqueId];
  return 'channel' in fact ? [fact.channel.uniqueId] : [];
}
