/**
 * The link to one Asterisk manager: stays up, comes back, and never lets anybody work on a picture that
 * is out of date (user-needs 10; dependencies section 6).
 *
 * Life: down -> (connect, log in) -> resyncing -> up -> down -> ... -> stopped. Every wait has a deadline.
 * While it is not up, `action` is refused at once. There is no TLS: keep the manager port on loopback or
 * behind a tunnel (M16).
 */
import { randomBytes } from 'node:crypto';
import AMI from 'asterisk-manager';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { AmiFields } from './ami-action.js';
import { createAmiEvents, type AmiListener } from './ami-events.js';
import { amiLinkDefaults, checkAmiOptions, stableMs, type AmiLinkOptions } from './ami-options.js';
import { originate, type AmiOriginate, type AmiOriginateResult } from './ami-originate.js';
import type { AmiPacket } from './ami-packet.js';
import type { AmiActionOptions, AmiAnswer } from './ami-pending.js';
import { takeSnapshot, type AmiAction, type AmiSnapshot } from './ami-resync.js';
import { describe, openAmiSession, type AmiSession } from './ami-session.js';
import { backoffDefaults, nextDelayMs } from './backoff.js';
import { createLinkState, type LinkManner, type LinkStateView } from './link-state.js';
import { systemTimers, type Timers } from './timers.js';

export interface AmiLinkDeps {
  readonly log: Log;
  readonly meter: Meter;
  /**
   * Runs after each login, before `up` is announced and before any event of this connection is delivered.
   * Events that came meanwhile follow in order; the lists may already hold what they tell. A rejection, or
   * no end in time, drops the connection. `action` is for questions of the hook's own.
   */
  readonly onUp?: (snapshot: AmiSnapshot, action: AmiAction) => Promise<void>;
  readonly timers?: Timers;
  readonly random01?: () => number;
  readonly createManager?: typeof AMI;
}

export interface AmiStatus extends LinkStateView {
  readonly name: string;
  /** of the manager protocol, e.g. `11.0.0` */
  readonly version: string | undefined;
  /** actions that wait for an answer */
  readonly pending: number;
}

export interface AmiLink {
  start(): void;
  /** Refuses everything from now on, ends the connection and opens no other. */
  stop(): void;
  status(): AmiStatus;
  /** Hear each change of state. The result ends it. */
  onState(listener: (now: LinkStateView) => void): () => void;
  /** Resolves when up; rejects TDM_SWITCH_DOWN with the last reason after `timeoutMs` or when stopped. */
  waitUp(timeoutMs: number): Promise<void>;
  /**
   * Rejects TDM_SWITCH_DOWN (not up, or lost before the answer), TDM_SWITCH_SLOW, TDM_SWITCH_REFUSED
   * (`Response: Error`), TDM_BAD_VALUE (a value that may not go on the wire), TDM_BUSY (limit).
   */
  action(fields: AmiFields, options?: AmiActionOptions): Promise<AmiAnswer>;
  originate(leg: AmiOriginate): Promise<AmiOriginateResult>;
  /** Events by name as Asterisk spells it, or '*'. List items asked for by an action are not among them. */
  on(names: string | readonly string[], listener: AmiListener): () => void;
}

const manner: LinkManner = { title: 'manager link', tellsEachReason: false };

export function createAmiLink(given: AmiLinkOptions, deps: AmiLinkDeps): AmiLink {
  checkAmiOptions(given);
  const options = { ...amiLinkDefaults, ...given };
  const { name } = options;
  const { log, meter, timers = systemTimers, random01 = Math.random, createManager = AMI } = deps;
  const events = createAmiEvents(name, deps);
  const state = createLinkState(name, manner, { log, timers });
  state.watch((now) => meter.set('tandem_ami_up', now.state === 'up' ? 1 : 0, { switch: name }));
  const idPrefix = randomBytes(6).toString('hex');
  let lastId = 0;
  let session: AmiSession | undefined;
  let failures = 0;
  let cancelRetry: () => void = () => undefined;
  /** events kept back; undefined while they are delivered at once */
  let held: AmiPacket[] | undefined;
  /** FullyBooted events seen; one more while the lists are read, and they are read again */
  let boots = 0;
  let isStarted = false;

  function connect(): void {
    const sinceMs = timers.nowMs();
    held = [];
    const current = openAmiSession(options, {
      timers,
      createManager,
      newId: () => `${idPrefix}-${String(++lastId)}`,
      onEvents: take,
      onEnd: (reason, isRefusal) => ended(reason, isRefusal, timers.nowMs() - sinceMs),
    });
    session = current;
    void current.open.then(() => (session === current ? resync(current) : undefined));
  }

  function ended(reason: string, isRefusal: boolean, livedMs: number): void {
    session = undefined;
    held = undefined;
    if (state.get().state === 'stopped') return;
    if (livedMs >= stableMs && state.get().state === 'up') failures = 0;
    meter.count('tandem_ami_disconnects_total', { switch: name });
    // A wrong password is not cured by asking again quickly; it would only fill the switch's security log.
    const limits = { firstMs: isRefusal ? options.backoffCapMs : backoffDefaults.firstMs, capMs: options.backoffCapMs };
    cancelRetry = timers.after(nextDelayMs(failures++, random01(), limits), connect);
    state.become('down', reason, { isRefusal });
  }

  /** Lists, hook, up, then the events that waited. */
  async function resync(current: AmiSession): Promise<void> {
    held ??= [];
    state.become('resyncing', 'reading the live channels');
    try {
      let missing: readonly string[];
      let bootsBefore: number;
      do {
        bootsBefore = boots;
        const snapshot = await takeSnapshot(current.action, options.resyncMsMax);
        ({ missing } = snapshot);
        if (deps.onUp) await within(options.resyncMsMax, timers, deps.onUp(snapshot, current.action));
      } while (boots !== bootsBefore && session === current);
      if (session !== current) return;
      state.become('up', '', { version: current.version, ...(missing.length > 0 ? { missing } : {}) });
    } catch (error) {
      current.end(`resynchronisation: ${describe(error)}`, error);
      return;
    }
    const waited = held;
    held = undefined;
    waited.forEach(events.deliver);
  }

  function take(packets: readonly AmiPacket[]): void {
    meter.count('tandem_ami_events_total', { switch: name }, packets.length);
    for (const packet of packets) {
      // Modules that were still loading have shown no channels and no queues (a login is possible before they are).
      if (packet.event === 'FullyBooted') booted();
      if (!held) events.deliver(packet);
      else if (held.length < options.heldEventsMax) held.push(packet);
      else return session?.end(`more than ${options.heldEventsMax} events during the resynchronisation`);
    }
  }

  function booted(): void {
    boots++;
    if (state.get().state === 'up' && session) void resync(session);
  }

  async function action(fields: AmiFields, actionOptions?: AmiActionOptions): Promise<AmiAnswer> {
    const { state: now, reason } = state.get();
    const startMs = timers.nowMs();
    let outcome = 'ok';
    try {
      if (now !== 'up' || !session) throw new TandemError('TDM_SWITCH_DOWN', [name, reason]);
      return await session.action(fields, actionOptions);
    } catch (error) {
      outcome = error instanceof TandemError ? error.code : 'TDM_INTERNAL';
      throw error;
    } finally {
      meter.count('tandem_ami_actions_total', { switch: name, outcome });
      meter.observe('tandem_ami_action_seconds', (timers.nowMs() - startMs) / 1000, { switch: name });
    }
  }

  return {
    start() {
      if (isStarted || state.get().state === 'stopped') return;
      isStarted = true;
      connect();
    },
    stop() {
      state.become('stopped', 'stopped');
      cancelRetry();
      session?.end('stopped');
    },
    status: () => ({ name, ...state.get(), version: session?.version, pending: session?.pending ?? 0 }),
    onState: state.watch,
    waitUp: state.waitUp,
    action,
    originate: (leg) => originate(action, leg),
    on: events.on,
  };
}

/** Rejects TDM_DEADLINE when `work` takes longer; the work itself goes on. */
async function within(timeoutMs: number, timers: Timers, work: Promise<void>): Promise<void> {
  let cancel: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = timers.after(timeoutMs, () => reject(new TandemError('TDM_DEADLINE', [timeoutMs])));
  });
  try {
    await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
