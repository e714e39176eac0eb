/**
 * The queue engine: one event in, changes, orders and an answer out. Same state, event and time give the same step.
 * No clock, no randomness but the seeded one in the state, no I/O. The state behind it is mutable and indexed;
 * whoever calls must store `changes` before performing `effects` (design 3).
 */
import type { StoredAcd } from '../acd-ports.js';
import type { Changes } from './changes.js';
import type { AcdConfig } from './config.js';
import type { AcdEffect } from './effects.js';
import type { AcdEvent, Answer } from './events.js';
import type { AcdState } from './acd-state.js';

export interface Step {
  readonly effects: readonly AcdEffect[];
  readonly changes: Changes;
  /** of a wish; `ok` for a fact */
  readonly answer: Answer;
}

export interface EngineStart {
  readonly config: AcdConfig;
  /** part of every new id: differs at each start of the process, so that no id comes twice */
  readonly instance: string;
  /** for the strategy `random`, when nothing is stored */
  readonly seed: number;
  readonly stored?: StoredAcd;
  readonly nowMs: number;
}

export interface AcdEngine {
  /** `nowMs` never goes back; a smaller one than before counts as the one before. */
  step(event: AcdEvent, nowMs: number): Step;
  /** When `time-passed` is due next; undefined: nothing waits for time. */
  nextDueMs(): number | undefined;
  /** Orders of the start itself: what the stored state needs now (music, adopted members). Call once, before the first event. */
  begin(): Step;
  /** Read only; for views (core/acd/views.ts), storing and checkers. */
  readonly state: AcdState;
}
