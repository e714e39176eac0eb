/** What the events say of one channel: is the caller still there, which keys, which variables, is anything running. */
import { TandemError } from '../core/errors.js';
import { DigitQueue } from './digits.js';
import type { SwitchEvent } from './event.js';
import { KnownVariables } from './variables.js';

/** `moved`: transferred or parked by somebody else; `unknown`: the connection ended without news of the caller */
export type ChannelFate = 'here' | 'hung-up' | 'moved' | 'unknown';

export class Channel {
  readonly digits = new DigitQueue();
  readonly variables = new KnownVariables();
  readonly #abort = new AbortController();
  readonly #complete: Promise<void>;
  #completed: () => void = () => undefined;
  #hungUp = false;
  #fate: ChannelFate = 'here';
  /** ids of applications of ours that the switch has started and not finished */
  readonly #started = new Set<string>();
  readonly #isOurs: (executeId: string) => boolean;
  /** told when an application of ours starts */
  onStart: () => void = () => undefined;
  /** told every event of the channel, after it was read */
  onAny: (event: SwitchEvent) => void = () => undefined;

  /** `isOurs` tells the ids of our unfinished executes from those of the dialplan and of nested applications. */
  constructor(isOurs: (executeId: string) => boolean) {
    this.#isOurs = isOurs;
    this.#complete = new Promise((resolve) => (this.#completed = resolve));
  }

  /** Aborted when the caller hangs up or the session ends; its reason is the error to reject with. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Why nothing can be done with this call any more. */
  get gone(): TandemError | undefined {
    return this.signal.aborted ? (this.signal.reason as TandemError) : undefined;
  }

  /** The caller is gone, as opposed to our having stopped. */
  get hungUp(): boolean {
    return this.#hungUp;
  }

  /** What the switch said of the caller. */
  get fate(): ChannelFate {
    return this.#fate;
  }

  /** Resolves at CHANNEL_HANGUP_COMPLETE or at the end of the connection. */
  get hangupComplete(): Promise<void> {
    return this.#complete;
  }

  onEvent(event: SwitchEvent): void {
    this.variables.seen(event);
    this.#read(event);
    this.onAny(event);
  }

  #read(event: SwitchEvent): void {
    switch (event.name) {
      case 'DTMF':
        // While an application runs, it reads the keys; between commands the parked channel reads them for us.
        if (this.#started.size === 0) this.digits.push(event.get('DTMF-Digit') ?? '');
        return;
      case 'CHANNEL_EXECUTE':
        this.#onExecute(event.get('Application-UUID') ?? '');
        return;
      case 'CHANNEL_EXECUTE_COMPLETE':
        this.#started.delete(event.get('Application-UUID') ?? '');
        return;
      case 'CHANNEL_STATE':
        this.#onState(event.get('Channel-State') ?? '');
        return;
      case 'CHANNEL_HANGUP':
        this.hangUp(event.get('Hangup-Cause') ?? 'unknown cause');
        return;
      case 'CHANNEL_HANGUP_COMPLETE':
        this.hangUp(event.get('Hangup-Cause') ?? 'unknown cause');
        this.#completed();
        return;
      default:
        return;
    }
  }

  /** The caller left, or the connection ended: nothing more can be asked. */
  hangUp(why: string): void {
    this.#hungUp = true;
    this.#fate = 'hung-up';
    if (!this.signal.aborted) this.stop(new TandemError('TDM_CALL_GONE', [why]));
  }

  /** No further event will come. */
  end(error: TandemError): void {
    this.#hungUp = true;
    if (this.#fate === 'here') this.#fate = 'unknown';
    this.stop(error.code === 'TDM_CALL_GONE' ? error : new TandemError('TDM_CALL_GONE', [error.message], { cause: error }));
    this.#completed();
  }

  /** End the application for a reason of ours; the caller is still there. */
  stop(reason: TandemError): void {
    if (!this.signal.aborted) this.#abort.abort(reason);
  }

  /**
   * A transfer by somebody else takes the channel out of `socket`; so does a park, unless it was asked for behind a talk.
   * What we would do from now on would happen in the new place.
   */
  #onState(state: string): void {
    const isTaken = state === 'CS_ROUTING' || (state === 'CS_PARK' && this.variables.get('park_after_bridge') !== 'true');
    if (!isTaken || this.#fate !== 'here') return;
    this.#fate = 'moved';
    this.stop(new TandemError('TDM_CALL_GONE', ['it was moved to another place']));
  }

  #onExecute(executeId: string): void {
    if (!this.#isOurs(executeId)) return;
    this.#started.add(executeId);
    this.onStart();
  }
}
