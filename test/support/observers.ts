/** A log and a meter that say nothing, and a meter that remembers. */
import type { Log, Meter } from '../../core/ports.js';

const nothing = (): undefined => undefined;

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export const silentMeter: Meter = { count: nothing, observe: nothing, set: nothing };

export interface RecordingMeter extends Meter {
  /** labels of each `count` of this name, in order */
  counted(name: string): readonly Readonly<Record<string, string>>[];
  /** last value of a gauge, by name */
  gauge(name: string): number | undefined;
  /** every value observed under this name */
  observed(name: string): readonly number[];
  clear(): void;
}

export function recordingMeter(): RecordingMeter {
  const counts: { name: string; labels: Readonly<Record<string, string>> }[] = [];
  const gauges = new Map<string, number>();
  const observations: { name: string; value: number }[] = [];
  return {
    count: (name, labels = {}) => void counts.push({ name, labels }),
    set: (name, value) => void gauges.set(name, value),
    observe: (name, value) => void observations.push({ name, value }),
    counted: (name) => counts.filter((c) => c.name === name).map((c) => c.labels),
    gauge: (name) => gauges.get(name),
    observed: (name) => observations.filter((o) => o.name === name).map((o) => o.value),
    clear: () => {
      counts.length = 0;
      observations.length = 0;
      gauges.clear();
    },
  };
}
