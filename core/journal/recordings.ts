/** Recordings: each belongs to the call in which it began, also when its channel goes on to another one (crm-vtiger 8.4). */
import type { JournalCall } from './call.js';
import type { JournalWorld } from './world.js';

/** Calls whose recordings run, by the channel that is recorded. */
export class RunningRecordings {
  readonly #of = new Map<string, Set<JournalCall>>();

  add(call: JournalCall, channel: string): void {
    const id = key(call.switch, channel);
    this.#of.set(id, (this.#of.get(id) ?? new Set()).add(call));
  }

  of(switchName: string, channel: string): readonly JournalCall[] {
    return [...(this.#of.get(key(switchName, channel)) ?? [])];
  }

  drop(call: JournalCall, channel: string): void {
    const id = key(call.switch, channel);
    const calls = this.#of.get(id);
    if (calls?.delete(call) === true && calls.size === 0) this.#of.delete(id);
  }
}

const key = (switchName: string, channel: string): string => `${switchName} ${channel}`;

export function recordingStarted(w: JournalWorld, call: JournalCall, channel: string, file: string, atMs: number): void {
  if (call.recordings.some((recording) => recording.file === file)) return;
  if (call.recordings.length >= w.options.recordingsPerCallMax) {
    w.turnedAway += 1;
    return;
  }
  call.recordings.push({ channel, file, isClosed: false });
  w.recordings.add(call, channel);
  w.touch(call, atMs);
}

/** Of this channel, in every call that has one: whoever is over is to be finished. */
export function closeRecordings(w: JournalWorld, at: string, channel: string, atMs: number): readonly JournalCall[] {
  const calls = w.recordings.of(at, channel);
  for (const call of calls) {
    for (const recording of call.recordings) if (recording.channel === channel) recording.isClosed = true;
    w.recordings.drop(call, channel);
    w.touch(call, atMs);
  }
  return calls;
}
