/**
 * The call journal: events of switches in, calls and their news out (crm-vtiger 7, 8). Pure; the same events give the
 * same calls. Doubled and late events change nothing, and after a lost connection a list of the living channels puts
 * right what was missed.
 */
import { DueCalls } from './due-calls.js';
import { attendedTransferred, blindTransferred, bridgeEntered, bridgeLeft, renewAround } from './bridges.js';
import type { JournalCall } from './call.js';
import { callerKnown, created, dialled, ended, known, originateFailed } from './channels.js';
import { dialEnded } from './dials.js';
import { finish } from './ends.js';
import type { JournalEvent } from './events.js';
import type { JournalNotice } from './notices.js';
import { closeRecordings, recordingStarted } from './recordings.js';
import { callerQueued, legTied, legUntied } from './own-queues.js';
import { due, listed } from './resync.js';
import { JournalWorld, journalDefaults } from './world.js';
import type { JournalOptions } from './world.js';

export type { JournalOptions } from './world.js';

/** What one step has changed: rows to store, rows of calls that are over and need no more steps, news in order. */
export interface JournalStep {
  readonly changed: readonly JournalCall[];
  readonly forgotten: readonly string[];
  readonly notices: readonly JournalNotice[];
}

export interface Journal {
  step(event: JournalEvent): JournalStep;
  /** When `time-passed` is wanted; undefined = nothing waits. */
  nextDueMs(): number | undefined;
  open(): readonly JournalCall[];
  /** how many */
  openCount(): number;
  call(id: string): JournalCall | undefined;
  /** By any channel of it that lives. */
  callOfChannel(switchName: string, uniqueId: string): JournalCall | undefined;
  /** calls, channels and recordings that were not taken in: there were too many */
  turnedAway(): number;
}

export function createJournal(
  options: Pick<JournalOptions, 'roles' | 'systemOf'> & Partial<JournalOptions>,
  restored: readonly JournalCall[] = [],
): Journal {
  const w = new JournalWorld({ ...journalDefaults, ...options }, restored);
  const dues = new DueCalls((call) => dueOf(w, call));
  for (const call of w.calls.values()) dues.book(call);

  function timePassed(nowMs: number): void {
    w.nowMs = Math.max(w.nowMs, nowMs);
    for (const call of dues.take(nowMs)) {
      due(w, call, nowMs);
      w.changed.add(call);
    }
  }

  /** What was changed may be due at another time. */
  function book(): void {
    for (const id of w.removed) dues.drop(id);
    for (const call of w.changed) if (w.calls.get(call.id) === call) dues.book(call);
  }

  return {
    step(event) {
      if (event.type === 'time-passed') timePassed(event.atMs);
      else apply(w, event);
      book();
      const changed = [...w.changed];
      const forgotten = [...w.removed];
      const notices = w.notices.splice(0);
      w.changed.clear();
      w.removed.clear();
      return { changed, forgotten, notices };
    },
    nextDueMs: () => dues.nextMs(),
    open: () => [...w.calls.values()],
    openCount: () => w.calls.size,
    call: (id) => w.calls.get(id),
    callOfChannel: (switchName, uniqueId) => w.find(switchName, uniqueId)?.call,
    turnedAway: () => w.turnedAway,
  };
}

const dueOf = (w: JournalWorld, call: JournalCall): number =>
  call.state === 'ending' ? call.dueAtMs : call.lastEventAtMs + w.options.silentMsMax;

function apply(w: JournalWorld, event: Exclude<JournalEvent, { readonly type: 'time-passed' }>): void {
  const { switch: at, atMs } = event;
  switch (event.type) {
    case 'channel-created':
      created(w, at, event.channel, atMs);
      return;
    case 'caller-known':
      callerKnown(w, at, event.channel, atMs);
      return;
    case 'dial-began':
      dialled(w, at, event, atMs);
      return;
    case 'dial-ended': {
      const placed = known(w, at, event.to, atMs);
      if (placed) dialEnded(w, placed.call, placed.channel, event.status, atMs);
      return;
    }
    case 'bridge-entered':
      bridgeEntered(w, at, event, atMs);
      return;
    case 'bridge-left':
      bridgeLeft(w, at, event, atMs);
      return;
    case 'bridge-merged':
      for (const placed of w.inBridge(at, event.from)) w.setBridge(placed, event.to);
      renewAround(w, at, event.to, atMs);
      return;
    case 'blind-transferred':
      blindTransferred(w, at, event, atMs);
      return;
    case 'attended-transferred':
      attendedTransferred(w, at, event, atMs);
      return;
    case 'channel-ended':
      ended(w, at, event, atMs);
      return;
    case 'recording-started': {
      const placed = known(w, at, event.channel, atMs);
      if (placed) recordingStarted(w, placed.call, event.channel.uniqueId, event.file, atMs);
      return;
    }
    case 'recording-stopped':
      for (const call of closeRecordings(w, at, event.channel.uniqueId, atMs)) finish(w, call, atMs);
      return;
    case 'queue-entered': {
      const placed = known(w, at, event.channel, atMs);
      if (!placed) return;
      placed.call.line.queue = event.queue;
      w.touch(placed.call, atMs);
      return;
    }
    case 'caller-queued':
      callerQueued(w, at, event, atMs);
      return;
    case 'marked': {
      const placed = known(w, at, event.channel, atMs);
      if (!placed) return;
      if (event.origin !== undefined) placed.call.origin = event.origin;
      if (event.binding !== undefined) placed.call.binding = event.binding;
      w.touch(placed.call, atMs);
      return;
    }
    case 'announced': {
      const { origin, binding, number, campaign, contact } = event;
      w.announce(at, event.uniqueId, { origin, binding, number, campaign, contact });
      return;
    }
    case 'leg-tied':
      legTied(w, at, event, atMs);
      return;
    case 'leg-untied':
      legUntied(w, at, event.leg, atMs);
      return;
    case 'originate-failed':
      originateFailed(w, at, event, atMs);
      return;
    case 'channels-listed':
      listed(w, at, event, atMs);
  }
}
