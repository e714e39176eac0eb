/**
 * The link to one FreeSWITCH event socket: stays up, comes back, and lets nobody work on a picture that is
 * out of date (user-needs 10; dependencies section 5, containment 4).
 *
 * Life: down -> (connect, log in) -> resyncing -> up -> down -> ... -> stopped. Every wait has a deadline.
 * While it is not up, commands are refused at once. The protocol has no TLS: keep the port on loopback or
 * behind a tunnel.
 */
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { CommandHeaders } from '../esl-outbound/command.js';
import { refusalOf } from '../esl-outbound/connection.js';
import type { SwitchEvent } from '../esl-outbound/event.js';
import { UnansweredError } from '../esl-outbound/waiters.js';
import { backoffDefaults, nextDelayMs } from './backoff.js';
import { EslEvents, subscription } from './esl-events.js';
import type { EslListener } from './esl-events.js';
import { checkEslOptions, eslLinkDefaults } from './esl-options.js';
import type { EslLinkOptions } from './esl-options.js';
import { EslSession } from './esl-session.js';
import { createLinkState } from './link-state.js';
import type { LinkManner, LinkState, LinkStateView } from './link-state.js';
import { systemTimers } from './timers.js';
import type { Timers } from './timers.js';

export type { EslLinkOptions } from './esl-options.js';

/** Commands to the switch. Rejections are listed at `EslLink`. */
export interface EslCommands {
  /** Output of an API command as it came; it blocks the connection on the switch meanwhile, so it must be a quick one. */
  api(command: string): Promise<string>;
  /** The same in the background; `jobMsMax` as in the options. */
  bgapi(command: string, jobMsMax?: number): Promise<string>;
}

export interface EslLinkDeps {
  readonly log: Log;
  readonly meter: Meter;
  /**
   * Runs after each login, before `up` is announced and before any event of this connection is delivered;
   * events were lost meanwhile, so compare with the live channels here. A rejection, or no end in time, drops
   * the connection. `commands` are for questions of the hook's own.
   */
  readonly onUp?: (commands: EslCommands) => Promise<void>;
  readonly timers?: Timers;
  readonly random01?: () => number;
}

export interface EslStatus extends LinkStateView {
  readonly name: string;
  /** commands and jobs that wait for an answer */
  readonly pending: number;
}

/**
 * Commands reject TDM_SWITCH_DOWN when the link is not up or was lost before the answer, TDM_SWITCH_SLOW,
 * TDM_SWITCH_REFUSED, TDM_BAD_VALUE (a value that may not go on the wire), TDM_BUSY (limit). When the command
 * had left already, so that nobody knows whether it was carried out, the error is an `UnansweredError`.
 */
export interface EslLink extends EslCommands {
  start(): void;
  /** Refuses everything from now on, ends the connection and opens no other. */
  stop(): void;
  status(): EslStatus;
  /** Hear each change of state. The result ends it. */
  onState(listener: (now: LinkStateView) => void): () => void;
  /** Resolves when up; rejects TDM_SWITCH_DOWN with the last reason after `timeoutMs` or when stopped. */
  waitUp(timeoutMs: number): Promise<void>;
  /**
   * `originate` with an argument built by `core/dial-string.ts`, with an origination_uuid chosen by the caller
   * and listened to before. Resolves with the new channel's id when it answers, rejects TDM_SWITCH_REFUSED
   * with FreeSWITCH's cause.
   */
  originate(argument: string, answerMsMax: number): Promise<string>;
  /** A command of the protocol itself: `sendmsg <channel>`, `sendevent <name>`, with its headers. */
  command(command: string, headers?: CommandHeaders): Promise<void>;
  /** Events by name, `CUSTOM subclass` for custom ones. Asked for again at every `up`. The result ends the listening. */
  on(names: string | readonly string[], listener: EslListener): () => void;
}

/** A connection that was up this long counts as a good one: the next waiting time starts from the shortest again. */
const stableMs = 10_000;
const manner: LinkManner = { title: 'event socket link', tellsEachReason: true };

export function createEslLink(options: EslLinkOptions, deps: EslLinkDeps): EslLink {
  checkEslOptions(options);
  return new Supervisor(options, deps);
}

/** True when a command may or may not have been carried out. */
export function isOutcomeUnknown(e: unknown): boolean {
  return e instanceof UnansweredError;
}

class Supervisor implements EslLink {
  readonly #options: Required<EslLinkOptions>;
  readonly #deps: EslLinkDeps & { readonly timers: Timers; readonly random01: () => number };
  readonly #state: LinkState;
  readonly #events: EslEvents;
  #session: EslSession | undefined;
  #cancelRetry: () => void = () => undefined;
  #failures = 0;
  /** events kept back; undefined while they are delivered at once */
  #held: SwitchEvent[] | undefined;

  constructor(options: EslLinkOptions, deps: EslLinkDeps) {
    this.#options = { ...eslLinkDefaults, ...options };
    this.#deps = { ...deps, timers: deps.timers ?? systemTimers, random01: deps.random01 ?? Math.random };
    this.#state = createLinkState(options.name, manner, this.#deps);
    this.#state.watch((now) => deps.meter.set('tandem_esl_up', now.state === 'up' ? 1 : 0, { switch: options.name }));
    this.#events = new EslEvents(options.name, deps);
  }

  start(): void {
    if (this.#session || this.#state.get().reason !== 'not started') return;
    this.#connect();
  }

  stop(): void {
    this.#state.become('stopped', 'stopped');
    this.#cancelRetry();
    this.#session?.end('stopped');
  }

  status(): EslStatus {
    return { name: this.#options.name, ...this.#state.get(), pending: this.#session?.connection.waiting ?? 0 };
  }

  onState(listener: (now: LinkStateView) => void): () => void {
    return this.#state.watch(listener);
  }

  waitUp(timeoutMs: number): Promise<void> {
    return this.#state.waitUp(timeoutMs);
  }

  api(command: string): Promise<string> {
    return this.#measured((session) => session.connection.api(command));
  }

  bgapi(command: string, jobMsMax?: number): Promise<string> {
    return this.#measured((session) => session.connection.bgapi(command, jobMsMax));
  }

  async originate(argument: string, answerMsMax: number): Promise<string> {
    const output = await this.bgapi(`originate ${argument}`, answerMsMax);
    const refusal = refusalOf(output);
    const id = /^\+OK (\S+)/.exec(output)?.[1];
    if (id === undefined)
      throw new TandemError('TDM_SWITCH_REFUSED', ['originate', refusal ?? `unexpected answer ${JSON.stringify(output.slice(0, 80))}`]);
    return id;
  }

  async command(command: string, headers?: CommandHeaders): Promise<void> {
    await this.#measured(async ({ connection }) => {
      await connection.command(command, headers);
      return '';
    });
  }

  on(names: string | readonly string[], listener: EslListener): () => void {
    const list = typeof names === 'string' ? [names] : names;
    const { state } = this.#state.get();
    // Before the login nothing is missed: the whole list is asked for then. While channels are compared it has been asked for.
    if (this.#events.add(list, listener) && (state === 'up' || state === 'resyncing')) this.#subscribe(this.#session);
    return () => this.#events.remove(list, listener);
  }

  #connect(): void {
    const { timers, meter } = this.#deps;
    const { name } = this.#options;
    const startedMs = timers.nowMs();
    this.#held = [];
    const session: EslSession = new EslSession(this.#options, {
      timers,
      onEvent: (event) => this.#take(event),
      onSkipped: (reason) => meter.count('tandem_esl_skipped_total', { reason }),
      onLogin: () => void this.#resync(session),
      onEnd: (reason, isRefusal) => this.#ended(reason, isRefusal, timers.nowMs() - startedMs),
    });
    this.#session = session;
    this.#deps.log.debug({ switch: name }, 'event socket link connecting');
  }

  #ended(reason: string, isRefusal: boolean, livedMs: number): void {
    const { name, refusedPauseMs, backoffCapMs } = this.#options;
    const { state } = this.#state.get();
    this.#session = undefined;
    this.#held = undefined;
    if (state === 'stopped') return;
    if (state === 'up' && livedMs >= stableMs) this.#failures = 0;
    this.#deps.meter.count('tandem_esl_disconnects_total', { switch: name });
    const limits = { firstMs: backoffDefaults.firstMs, capMs: backoffCapMs };
    const waitMs = nextDelayMs(this.#failures++, this.#deps.random01(), limits);
    // A wrong password is not cured by asking again quickly (E7).
    this.#cancelRetry = this.#deps.timers.after(isRefusal ? Math.max(waitMs, refusedPauseMs) : waitMs, () => this.#connect());
    this.#state.become('down', reason);
  }

  /** Subscribe first, so that no event falls between; then compare; then up; then the events that waited. */
  async #resync(session: EslSession): Promise<void> {
    const { connection } = session;
    this.#state.become('resyncing', 'comparing with the live channels');
    try {
      await connection.command(subscription(this.#events.names));
      const commands: EslCommands = {
        api: (command) => connection.api(command),
        bgapi: (command, jobMsMax) => connection.bgapi(command, jobMsMax),
      };
      if (this.#deps.onUp) await this.#within(this.#options.resyncMsMax, this.#deps.onUp(commands));
    } catch (e) {
      session.end(`resynchronisation: ${e instanceof Error ? e.message : String(e)}`);
      return;
    }
    if (this.#session !== session) return;
    this.#state.become('up', '');
    const waited = this.#held ?? [];
    this.#held = undefined;
    for (const event of waited) this.#events.deliver(event);
  }

  #subscribe(session: EslSession | undefined): void {
    session?.connection.command(subscription(this.#events.names)).catch((e: unknown) => {
      session.end(`subscription: ${e instanceof Error ? e.message : String(e)}`);
    });
  }

  #take(event: SwitchEvent): void {
    const { name, heldEventsMax } = this.#options;
    this.#deps.meter.count('tandem_esl_events_total', { switch: name });
    if (!this.#held) this.#events.deliver(event);
    else if (this.#held.length < heldEventsMax) this.#held.push(event);
    else this.#session?.end(`more than ${heldEventsMax} events during the resynchronisation`);
  }

  async #measured(work: (session: EslSession) => Promise<string>): Promise<string> {
    const { timers, meter } = this.#deps;
    const { name } = this.#options;
    const startedMs = timers.nowMs();
    let outcome = 'ok';
    try {
      const { state, reason } = this.#state.get();
      if (state !== 'up' || !this.#session) throw new TandemError('TDM_SWITCH_DOWN', [name, reason]);
      return await work(this.#session);
    } catch (e) {
      outcome = e instanceof TandemError ? e.code : 'TDM_INTERNAL';
      throw e;
    } finally {
      meter.count('tandem_esl_commands_total', { switch: name, outcome });
      meter.observe('tandem_esl_command_seconds', (timers.nowMs() - startedMs) / 1000, { switch: name });
    }
  }

  /** Rejects TDM_DEADLINE when `work` takes longer; the work itself goes on. */
  async #within(timeoutMs: number, work: Promise<void>): Promise<void> {
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#deps.timers.after(timeoutMs, () => reject(new TandemError('TDM_DEADLINE', [timeoutMs])));
    });
    try {
      await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }
}
