/** Messages to a CRM as people look at them: dead letters, which may be sent again or dropped, and the whole story of a call (CRM-14). */
import type { CrmMessage } from './crm-ports.js';

/** `dropped`: somebody did not want it any more; gone after a day */
export type CrmMessageState = 'waiting' | 'delivered' | 'dead' | 'dropped';

export interface CrmLetter extends CrmMessage {
  readonly state: CrmMessageState;
  /** when it was delivered, given up or dropped; undefined: it waits */
  readonly settledAtMs: number | undefined;
}

/** Of a binding: these, those of one call, or all. */
export interface LetterChoice {
  readonly ids?: readonly number[] | undefined;
  readonly callId?: string | undefined;
}

/** dead letters that one request changes at most */
export const lettersMax = 10_000;
/** messages of one call that are shown */
export const callLettersMax = 500;

export interface CrmLetters {
  /** By id, behind `after`. */
  deadLetters(binding: string, after: number, limit: number, callId?: string): Promise<readonly CrmLetter[]>;
  /**
   * Dead letters wait again, and count as made now. `withFollowing`: what was delivered behind them in their calls is sent
   * again too, in order; a CRM that did not know the call then has ignored it, or would fall back to an earlier state. How
   * many dead letters; at most `lettersMax` at once.
   */
  replay(binding: string, choice: LetterChoice, nowMs: number, options?: { readonly withFollowing?: boolean }): Promise<number>;
  /** Dead letters that nobody wants to send any more. How many; at most `lettersMax` at once. */
  drop(binding: string, choice: LetterChoice, nowMs: number): Promise<number>;
  /** What these bindings were, and are to be, told of a call: by binding and order. At most `callLettersMax` each. */
  lettersOf(bindings: readonly string[], callId: string): Promise<readonly CrmLetter[]>;
}
