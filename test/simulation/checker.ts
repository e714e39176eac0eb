/** What a checker sees of the day. It throws a `Violation` when a promise is broken. */
import type { StoredAcd } from '../../core/acd-ports.js';
import type { AcdState } from '../../core/acd/acd-state.js';
import type { Changes } from '../../core/acd/changes.js';
import type { AcdEffect } from '../../core/acd/effects.js';
import type { AcdEvent, Answer } from '../../core/acd/events.js';
import type { SwitchId } from '../../core/acd/ids.js';
import type { Segment } from '../../core/acd/records.js';
import type { Leg, Lines } from './lines.js';

/** One step of the engine that was stored. A step that died before is as if it never was. */
export interface Seen {
  readonly nowMs: number;
  /** undefined: the orders of a start */
  readonly event: AcdEvent | undefined;
  readonly effects: readonly AcdEffect[];
  readonly changes: Changes;
  readonly answer: Answer;
  readonly state: AcdState;
  /** a deadline had passed before the event came: the step did more than the event asks for */
  readonly wasDue: boolean;
  /** the step's number divides by the plan's `thoroughEvery` */
  readonly isThorough: boolean;
  /** switches whose link is down as far as the engine was told */
  readonly downToEngine: ReadonlySet<SwitchId>;
  readonly lines: Lines;
}

/** The engine as it was built again, before its first step. */
export interface Restart {
  readonly state: AcdState;
  readonly stored: StoredAcd;
  readonly nowMs: number;
  readonly lines: Lines;
  /** false: the configuration was changed while the process was away */
  readonly isSameConfig: boolean;
}

/** The end of the day: nobody should be left. */
export interface Ended {
  readonly nowMs: number;
  readonly state: AcdState;
  readonly segments: ReadonlyMap<string, Segment>;
}

export interface Checker {
  readonly name: string;
  saved?(seen: Seen): void;
  /** comes before `saved` of the new engine's first orders */
  restarted?(restart: Restart): void;
  /** a leg is being started; it is not yet among the lines */
  rung?(leg: Leg, lines: Lines, state: AcdState): void;
  ended?(ended: Ended): void;
}
