/**
 * One outbound session from accept to the end (spec sections 2 and 12): connect, linger and myevents in one
 * write, cancel the dialplan's guard, run the application, report a failure to the dialplan, leave.
 */
import type { Socket } from 'node:net';
import type { CallApplication } from '../core/call.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { addressOf } from './address.js';
import type { ApplicationAddress } from './address.js';
import { EslCall } from './call.js';
import { Channel } from './channel.js';
import type { Clock } from './clock.js';
import { GuardedConnection, refusalOf } from './connection.js';
import type { SwitchEvent } from './event.js';

export interface SessionDeps {
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
}

export interface SessionLimits {
  /** from accept to the answer to `connect` */
  readonly handshakeMsMax: number;
  /** how long FreeSWITCH keeps the connection after the hangup, for the last events; whole seconds */
  readonly lingerS: number;
  readonly replyMsMax: number;
  /** from a hangup, or from our stopping, until the application must have returned */
  readonly applicationEndMsMax: number;
  /** from `exit` until FreeSWITCH must have closed */
  readonly exitMsMax: number;
}

/** Finds the application of a call; throws the TandemError with which the call is refused. */
export type Chooser = (address: ApplicationAddress) => CallApplication;

/** The ordinary end. One for all: nobody waits for anything any more, and a stack trace costs more than the rest of the end. */
const sessionOver = new TandemError('TDM_CALL_GONE', ['the session is over']);

interface AddressedCall {
  readonly call: EslCall;
  readonly address: ApplicationAddress;
}

/** How a session ended; the label of the meter. */
export type SessionOutcome = 'done' | 'hangup' | 'moved' | 'refused' | 'error' | 'failed';

export class Session {
  readonly #connection: GuardedConnection;
  readonly #channel: Channel;
  readonly #limits: SessionLimits;
  readonly #deps: SessionDeps;
  readonly #over: Promise<void>;
  #hasSaidExit = false;

  constructor(socket: Socket, limits: SessionLimits, deps: SessionDeps) {
    this.#limits = limits;
    this.#deps = deps;
    this.#connection = new GuardedConnection([socket], { replyMsMax: limits.replyMsMax, clock: deps.clock });
    this.#channel = new Channel((id) => this.#connection.isRunning(id));
    this.#over = new Promise((resolve) => {
      this.#connection.listener = {
        onEvent: (event) => this.#channel.onEvent(event),
        onDisconnectNotice: (notice) => this.#onNotice(notice),
        onSkipped: (reason) => deps.meter.count('tandem_esl_skipped_total', { reason }),
        onEnd: (error) => {
          this.#channel.end(error);
          resolve();
        },
      };
    });
  }

  /** Aborts the application with `reason`; the session then tells the dialplan and leaves. */
  stop(reason: TandemError): void {
    this.#channel.stop(reason);
  }

  /** Close at once; the dialplan goes on behind `socket`. */
  destroy(reason: TandemError): void {
    this.#connection.fail(reason);
  }

  /** Never rejects. */
  async run(choose: Chooser): Promise<SessionOutcome> {
    try {
      const call = this.#callOf(await this.#open());
      return call ? await this.#live(call, choose) : await this.#refuseMode();
    } catch (e) {
      // A port that a supervisor tries and drops is no news; it is counted all the same (outcome failed).
      this.#deps.log[hasCode(e, 'TDM_SWITCH_DOWN') ? 'debug' : 'warn']({ err: e }, 'esl: session failed');
      return 'failed';
    } finally {
      this.#connection.fail(sessionOver);
    }
  }

  /**
   * `linger`: the channel is down, its last events follow. Usually they stand behind the notice in the same
   * packet, so the reason to give is looked for there first. `disconnect`: nothing follows.
   */
  #onNotice(notice: SwitchEvent): void {
    if (notice.get('Content-Disposition') === 'linger') setImmediate(() => this.#channel.hangUp('the caller hung up'));
    else this.#connection.fail(this.#hasSaidExit ? sessionOver : new TandemError('TDM_CALL_GONE', ['the switch ended the session']));
  }

  /** Rule 12.1 and 12.2: connect, linger and myevents leave in one write at once; wait for all three answers. */
  async #open(): Promise<SwitchEvent> {
    const { handshakeMsMax, lingerS } = this.#limits;
    const cancel = this.#deps.clock.after(handshakeMsMax, () => {
      this.#connection.fail(new TandemError('TDM_SWITCH_SLOW', ['freeswitch', 'connect', handshakeMsMax]));
    });
    try {
      const [data, ...others] = await Promise.allSettled([
        this.#connection.channelReply(),
        this.#connection.command(`linger ${lingerS}`),
        this.#connection.command('myevents json'),
      ]);
      if (data.status === 'rejected') throw data.reason;
      if (data.value.name !== 'CHANNEL_DATA')
        throw new TandemError('TDM_PROTOCOL', ['FreeSWITCH', 'connect was not answered with channel data']);
      const refused = others.find((answer) => answer.status === 'rejected');
      if (refused && isAsyncFull(data.value)) throw refused.reason;
      return data.value;
    } finally {
      cancel();
    }
  }

  /** The channel data is long and is let go of here. */
  #callOf(data: SwitchEvent): AddressedCall | undefined {
    if (!isAsyncFull(data)) {
      const fields = { mode: data.get('Socket-Mode'), control: data.get('Control') };
      this.#deps.log.error(fields, 'esl: the socket application needs the words "async full"');
      return undefined;
    }
    const address = addressOf((name) => data.variable(name));
    return { address, call: new EslCall({ connection: this.#connection, channel: this.#channel, data, address }) };
  }

  async #live({ call, address }: AddressedCall, choose: Chooser): Promise<SessionOutcome> {
    this.#endRunsWithCall(call.uniqueId);
    const guard = this.#cancelGuard(call.uniqueId);
    const outcome = await this.#serve(call, () => choose(address));
    await guard;
    await this.#close(call, outcome);
    return outcome;
  }

  /** Nothing completes for a caller who left, or for an application that we stopped. */
  #endRunsWithCall(uniqueId: string): void {
    const end = () => {
      const { gone } = this.#channel;
      if (gone) this.#connection.endRuns(uniqueId, gone);
    };
    this.#channel.signal.addEventListener('abort', end, { once: true });
    end();
  }

  /**
   * Rule 12.3: the dialplan scheduled a transfer for the case that nobody is here. It must be gone before we leave.
   * Not by executing `sched_cancel`, which does the same but waits 20 ms in the park loop and comes with two events.
   */
  async #cancelGuard(uniqueId: string): Promise<void> {
    try {
      const refusal = refusalOf(await this.#connection.api(`sched_del ${uniqueId}`));
      if (refusal !== undefined) throw new TandemError('TDM_SWITCH_REFUSED', ['sched_del', refusal]);
    } catch (e) {
      if (!this.#channel.hungUp) this.#deps.log.warn({ err: e, call: uniqueId }, 'esl: the guard of the call could not be cancelled');
    }
  }

  /** Run the application; a failure becomes TANDEM_RESULT and TANDEM_REASON for the dialplan. */
  async #serve(call: EslCall, choose: () => CallApplication): Promise<SessionOutcome> {
    if (this.#channel.gone) return 'hangup';
    const { value: application, failure: refusal } = attempt(choose);
    if (!application) return this.#report(call, 'refused', refusal);
    const failure = await this.#unlessAbandoned(this.#failureOf(application, call));
    if (this.#channel.hungUp) return this.#ofLostCall(call, failure);
    if (this.#channel.fate === 'moved') return 'moved';
    // Menu and queue entry never reject: when we stopped them, they could not tell their result any more.
    const reason = failure ?? this.#channel.gone;
    return reason === undefined ? 'done' : this.#report(call, 'error', reason);
  }

  /** The caller left, or the connection broke under a caller who may still be there. */
  #ofLostCall(call: EslCall, failure: unknown): SessionOutcome {
    const { log } = this.#deps;
    const { over } = this.#connection;
    if (failure !== undefined && !hasCode(failure, 'TDM_CALL_GONE')) {
      log.warn({ err: failure, call: call.uniqueId }, 'esl: application failed after the hangup');
    }
    if (!over || over.code === 'TDM_CALL_GONE') return 'hangup';
    log.warn({ err: over, call: call.uniqueId }, 'esl: connection lost');
    return 'failed';
  }

  async #failureOf(application: CallApplication, call: EslCall): Promise<unknown> {
    try {
      await application(call);
      return undefined;
    } catch (e) {
      return e ?? new TandemError('TDM_INTERNAL');
    }
  }

  /** An application that does not return after its call ended, or after we stopped it, is left alone. */
  #unlessAbandoned(work: Promise<unknown>): Promise<unknown> {
    const { applicationEndMsMax } = this.#limits;
    const { signal } = this.#channel;
    return new Promise((resolve) => {
      let cancel: () => void = () => undefined;
      const onAbort = () => {
        cancel = this.#deps.clock.after(applicationEndMsMax, () => resolve(new TandemError('TDM_DEADLINE', [applicationEndMsMax])));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      void work.then((failure) => {
        signal.removeEventListener('abort', onAbort);
        cancel();
        resolve(failure);
      });
    });
  }

  async #report(call: EslCall, outcome: 'refused' | 'error', failure: unknown): Promise<SessionOutcome> {
    const reason = failure instanceof TandemError ? failure.code : 'TDM_INTERNAL';
    this.#deps.log[reason === 'TDM_INTERNAL' ? 'error' : 'warn']({ err: failure, call: call.uniqueId }, `esl: application ${outcome}`);
    try {
      await Promise.all([call.store('TANDEM_RESULT', 'error'), call.store('TANDEM_REASON', reason)]);
    } catch (e) {
      if (!this.#channel.hungUp) this.#deps.log.warn({ err: e, call: call.uniqueId }, 'esl: the result of the call could not be set');
    }
    return outcome;
  }

  /** Rule 12.6: after a hangup read on to HANGUP_COMPLETE; else leave the channel as it was found. Then `exit`. */
  async #close(call: EslCall, outcome: SessionOutcome): Promise<void> {
    if (this.#channel.hungUp) await this.#within(this.#channel.hangupComplete, this.#limits.lingerS * 1000);
    else if (outcome !== 'moved') await this.#leave(call, outcome === 'done');
    await this.#exit(call.hasSaidExit);
  }

  async #leave(call: EslCall, go: boolean): Promise<void> {
    try {
      await call.leave(go);
    } catch (e) {
      if (!this.#channel.hungUp) this.#deps.log.warn({ err: e, call: call.uniqueId }, 'esl: the call could not be left as it should');
    }
  }

  async #exit(isSaid = false): Promise<void> {
    if (this.#connection.over) return;
    if (!isSaid) this.#connection.send('exit');
    this.#hasSaidExit = true;
    await this.#within(this.#over, this.#limits.exitMsMax);
  }

  /** The socket was not opened with `async full`: nothing would work. Say so to the dialplan and go. */
  async #refuseMode(): Promise<SessionOutcome> {
    for (const argument of ['TANDEM_RESULT=error', 'TANDEM_REASON=TDM_PROTOCOL']) {
      this.#connection.send('sendmsg', {
        'call-command': 'execute',
        'execute-app-name': 'set',
        'execute-app-arg': argument,
        'event-lock': true,
      });
    }
    await this.#exit();
    return 'refused';
  }

  #within(work: Promise<void>, msMax: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(msMax, resolve);
      void work.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

function isAsyncFull(data: SwitchEvent): boolean {
  return data.get('Socket-Mode') === 'async' && data.get('Control') === 'full';
}

function attempt<T>(work: () => T): { readonly value?: T; readonly failure?: unknown } {
  try {
    return { value: work() };
  } catch (failure) {
    return { failure };
  }
}
