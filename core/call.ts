/**
 * One live call as an application sees it, the same on both switches. `agi/call.ts` and
 * `esl-outbound/call.ts` implement it; services and menus speak only this.
 *
 * Every method rejects with TDM_CALL_GONE once the caller or the session is gone, with
 * TDM_SWITCH_REFUSED when the switch answers an error, with TDM_BAD_VALUE when a value may not go
 * on the wire (line feed, NUL, too long), and with TDM_SWITCH_SLOW when no answer comes in time.
 */
export interface Call {
  readonly switchKind: 'asterisk' | 'freeswitch';
  /** the switch's own id: agi_uniqueid, or the channel's Unique-ID */
  readonly uniqueId: string;
  /** channel name, e.g. `IAX2/alpha-1234` or `sofia/internal/1010@host` */
  readonly channel: string;
  readonly callerIdName: string;
  readonly callerIdNumber: string;
  readonly context: string;
  readonly extension: string;
  /** arguments of the application, in order */
  readonly args: readonly string[];
  /** `?name=value` parameters of the application's address, if any */
  readonly query: ReadonlyMap<string, string>;
  /** aborted when the caller hangs up, the session ends, or Tandem stops at once */
  readonly signal: AbortSignal;

  answer(): Promise<void>;
  /** Play one prompt; a key of `escapeDigits` stops it and is returned, else ''. A missing file is no error: `missing` is true. */
  play(file: string, escapeDigits: string): Promise<{ readonly digit: string; readonly missing: boolean }>;
  /** Wait for one key, at most `timeoutMs`; '' when none came. */
  waitForDigit(timeoutMs: number): Promise<string>;
  /** undefined when the variable is not set (FreeSWITCH: or empty) */
  getVariable(name: string): Promise<string | undefined>;
  /** Several in few turns, where a switch has a way; an empty one counts as not set. Use `readVariables`. */
  getVariables?(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  setVariable(name: string, value: string): Promise<void>;
  /** Several in few turns, where a switch has a way; in any order. Use `setVariables`. */
  setVariables?(variables: Readonly<Record<string, string>>): Promise<void>;
  /** Set name and number; the number must already be clean (AGI-9). */
  setCallerId(name: string, number: string): Promise<void>;
  /**
   * Run a dialplan application of the switch and wait for its end; no time limit but the call's own.
   * `argument` is the switch's own argument text, built by `core/dial-string.ts`; the adapter only
   * quotes it for its protocol.
   */
  execute(application: string, argument: string): Promise<void>;
  /** Leave for another place of the dialplan. Takes effect when the session ends; on FreeSWITCH a transfer. */
  goto(place: { readonly context: string; readonly extension: string; readonly priority?: number }): Promise<void>;
  hangup(): Promise<void>;
}

/** An application behind a door: runs until its call is dealt with. */
export type CallApplication = (call: Call) => Promise<void>;
