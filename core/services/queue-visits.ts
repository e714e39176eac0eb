/**
 * Who speaks for a call. A caller may come back to the door before the end of his former session is seen: his dialplan
 * sent him here again, or a connection broke at the switch's side alone. What the former session still has to say of him
 * would take the place from the new one, which would then hold him for ever.
 */
import type { AcdEvent } from '../acd/events.js';
import { callText } from '../acd/ids.js';
import type { CallKey } from '../acd/ids.js';
import type { Feed } from '../switch.js';

/** One way of a call through the door, from the wish to get in to the end of its session. */
export interface QueueVisit {
  /** News of the caller; of a visit that a later one has followed they are of no interest. */
  readonly tell: Feed;
  /** The engine has let him in: an earlier visit has nothing to say any more. */
  isIn(): void;
  /** Of one that never got in the earlier visit speaks again, and what it had to say meanwhile is told. */
  end(): void;
}

export interface QueueVisits {
  /** The newest of this call. */
  begin(call: CallKey): QueueVisit;
}

/** News kept while a later visit tries to get in; there are few, and no more are kept. */
const keptMax = 32;

interface Entry {
  /** the visit that this one has followed */
  former: Entry | undefined;
  /** news of earlier visits, for the case that this one does not get in */
  readonly kept: AcdEvent[];
  isIn: boolean;
  isOver: boolean;
}

export function createQueueVisits(tell: Feed): QueueVisits {
  const newest = new Map<string, Entry>();

  function say(text: string, entry: Entry, event: AcdEvent): void {
    const now = newest.get(text);
    if (now === undefined || now === entry) tell(event);
    else if (!now.isIn && now.kept.length < keptMax) now.kept.push(event);
  }

  /** The newest of those before that still goes on is the newest again. */
  function undo(text: string, { former, kept }: Entry): void {
    let back = former;
    while (back?.isOver) back = back.isIn ? undefined : back.former;
    if (back) newest.set(text, back);
    else newest.delete(text);
    for (const event of kept) tell(event);
  }

  function end(text: string, entry: Entry): void {
    entry.isOver = true;
    if (newest.get(text) !== entry) {
      if (!entry.isIn) for (const event of entry.kept) say(text, entry, event);
    } else if (entry.isIn) newest.delete(text);
    else undo(text, entry);
  }

  return {
    begin(call) {
      const text = callText(call);
      const entry: Entry = { former: newest.get(text), kept: [], isIn: false, isOver: false };
      newest.set(text, entry);
      return {
        tell: (event) => say(text, entry, event),
        isIn() {
          entry.isIn = true;
          entry.former = undefined;
          entry.kept.length = 0;
        },
        end: () => end(text, entry),
      };
    },
  };
}
