import { instantOf, sqlDateTime } from '../core/time.js';

/** VICIdial's DATETIME columns are wall-clock times of one zone. Formatting costs microseconds, so the last seconds are kept. */
export interface LocalClock {
  /** `YYYY-MM-DD HH:MM:SS` */
  text(ms: number): string;
  instant(text: string): number | undefined;
}

const keptMax = 64;

export function createLocalClock(zone: string): LocalClock {
  const kept = new Map<number, string>();
  return {
    text(ms) {
      const second = Math.floor(ms / 1000);
      let found = kept.get(second);
      if (found === undefined) {
        if (kept.size >= keptMax) kept.clear();
        found = sqlDateTime(second * 1000, zone);
        kept.set(second, found);
      }
      return found;
    },
    instant: (text) => instantOf(text, zone),
  };
}
