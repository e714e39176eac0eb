/**
 * Calls to customers on FreeSWITCH over the inbound link (dialer.md A8 to A11): `bgapi originate` with the literal
 * strings, the job's answer and the channel's events; what comes first decides (A11). A call of before a restart, or of
 * before the link broke, is followed again once `liveCalls` has seen it.
 */
import { freeswitchOriginate, dialPlaces, type DialPlaces } from '../core/dialer/dial-strings.js';
import type { DialSwitchEvent, OriginateOrder } from '../core/dialer/engine-words.js';
import type { GatewayState } from '../core/dialer/words.js';
import type { DialFeed, DialSwitch } from '../core/dialer-ports.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { refusalOf } from '../esl-outbound/connection.js';
import type { SwitchEvent } from '../esl-outbound/event.js';
import { causeOf, endOf, momentOf } from './dial-freeswitch-facts.js';
import { freeswitchQuestions, type DialQuestions } from './dial-freeswitch-questions.js';
import { badOrderCause, hangUpCause, neverCalled } from './dial-causes.js';
import { DialCalls, type DialCall } from './dial-calls.js';
import { DialRest } from './dial-rest.js';
import { isOutcomeUnknown } from './esl.js';
import type { EslLink } from './esl.js';
import { onUpChange } from './link-state.js';
import { channelRows } from './switch-freeswitch-list.js';
import { systemTimers, type Timers } from './timers.js';

export interface FreeswitchDialOptions {
  /** name of the switch in the settings */
  readonly id: string;
  readonly places: DialPlaces;
  /** calls at a time; more are not sent */
  readonly callsMax: number;
  /** orders of which it has said nothing yet: as many again are not sent before it has caught up with half of them */
  readonly ordersMax: number;
  /** after `-ERR` the channel's own end, which says more, is waited for this long, ms */
  readonly factsMsMax: number;
  /** beyond its ringing time `originate` is given this long to answer, ms */
  readonly jobGraceMs: number;
  /** it makes no calls now: it gets none for this long, ms */
  readonly restMs: number;
}

export interface FreeswitchDialDeps {
  readonly link: EslLink;
  readonly feed: DialFeed;
  readonly log: Log;
  readonly meter: Meter;
  readonly timers?: Timers;
}

export const freeswitchDialDefaults: Omit<FreeswitchDialOptions, 'id'> = {
  places: dialPlaces,
  callsMax: 20_000,
  ordersMax: 100,
  factsMsMax: 500,
  jobGraceMs: 60_000,
  restMs: 1_000,
};

type Given = Partial<FreeswitchDialOptions> & Pick<FreeswitchDialOptions, 'id'>;

export function createFreeswitchDialSwitch(given: Given, deps: FreeswitchDialDeps): DialSwitch {
  return new FreeswitchDial({ ...freeswitchDialDefaults, ...given }, deps);
}

const channelEvents = [
  'CHANNEL_CREATE',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_ANSWER',
  'CHANNEL_BRIDGE',
  'CHANNEL_HANGUP_COMPLETE',
  'CUSTOM avmd::beep',
];
/** Ours, where `originate` has no limit of ours in its literal command (A9, A10). */
const ringTimeout = 'NO_ANSWER';
/**
 * Without a channel it says so of itself: over its session rate or its most sessions, or paused by `fsctl`. With one it is
 * the carrier's word (Q.850 27).
 */
const noCallsNow = 'DESTINATION_OUT_OF_ORDER';
/** Where FreeSWITCH ends the ringing by itself it may do so first. */
const ringSlackMs = 2_000;

class FreeswitchDial implements DialSwitch {
  readonly id: string;
  readonly kind = 'freeswitch';
  readonly #options: FreeswitchDialOptions;
  readonly #deps: FreeswitchDialDeps;
  readonly #timers: Timers;
  readonly #questions: DialQuestions;
  readonly #calls: DialCalls;
  readonly #resting: DialRest;
  readonly #stops: (() => void)[];

  constructor(options: FreeswitchDialOptions, deps: FreeswitchDialDeps) {
    this.id = options.id;
    this.#options = options;
    this.#deps = deps;
    this.#timers = deps.timers ?? systemTimers;
    this.#resting = new DialRest(this.#timers, options.restMs, (isFull) => this.#feed({ type: 'switch-full', switch: this.id, isFull }));
    this.#calls = new DialCalls(options, (isBehind) => this.#resting.behind(isBehind));
    this.#questions = freeswitchQuestions({ api: (command) => deps.link.api(command) });
    this.#stops = [deps.link.on(channelEvents, (event) => this.#onEvent(event))];
  }

  isUp(): boolean {
    return this.#deps.link.status().state === 'up';
  }

  onState(listener: (isUp: boolean) => void): void {
    this.#stops.push(onUpChange(this.#deps.link, listener));
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#resting.clear();
    this.#calls.clear();
  }

  // ---------------------------------------------------------------- orders

  originate(order: OriginateOrder): void {
    const { callId } = order;
    let command: string;
    try {
      command = freeswitchOriginate(order, this.#options.places);
    } catch (error) {
      this.#deps.log.warn({ err: error, switch: this.id, contact: order.contactId }, 'dialer: a call cannot be ordered');
      this.#feed(neverCalled(callId, badOrderCause(error), this.#timers.nowMs()));
      return;
    }
    if (this.#calls.get(callId)?.order) this.#deps.log.error({ switch: this.id, call: callId }, 'dialer: a call was ordered twice');
    else if (!this.isUp()) this.#unsent(callId, 'the event socket link is down');
    else if (this.#calls.isFull) this.#unsent(callId, `${this.#options.callsMax} calls are under way`);
    else void this.#place(this.#calls.add(callId, order), order, command);
  }

  async #place(call: DialCall, order: OriginateOrder, command: string): Promise<void> {
    call.isAwaited = true;
    const ringMs = order.ringTimeoutMs + (order.kind === 'agent-native' ? ringSlackMs : 0);
    call.arm(this.#timers, ringMs, () => this.#kill(call, ringTimeout));
    try {
      const output = await this.#deps.link.bgapi(command, order.ringTimeoutMs + this.#options.jobGraceMs);
      call.isAwaited = false;
      this.#calls.heard(call);
      const refusal = refusalOf(output);
      if (refusal !== undefined) this.#refused(call, causeOf(refusal));
      else this.#answered(call, this.#timers.nowMs());
    } catch (error) {
      call.isAwaited = false;
      this.#calls.heard(call);
      this.#notAnswered(call, error);
    }
  }

  /** `originate` says +OK when the call was answered; with literal strings also when the carrier speaks before (A9), which goes on as an answer. */
  #answered(call: DialCall, atMs: number): void {
    if (!this.#calls.has(call)) return;
    if (!call.isAnswered) this.#feed({ type: 'call-answered', callId: call.callId, atMs });
    call.isAnswered = true;
    call.stopTimer();
  }

  /** The channel's own end says more than the cause, and is on its way when there was a channel. */
  #refused(call: DialCall, cause: string): void {
    if (!this.#calls.has(call)) return;
    const end = () => this.#ended(call, neverCalled(call.callId, call.killed ?? cause, this.#timers.nowMs(), call.hadProgress));
    if (cause === noCallsNow && call.killed === undefined) {
      call.isAwaited = true; // until then no list of channels says that it is gone
      call.arm(this.#timers, this.#options.factsMsMax, () => {
        call.isAwaited = false;
        if (call.hasChannel) end();
        else this.#rest(call);
      });
    } else if (!call.hasChannel) end();
    else call.arm(this.#timers, this.#options.factsMsMax, end);
  }

  /** Nobody was called: the contact waits, and so do all others for a moment. */
  #rest(call: DialCall): void {
    this.#calls.remove(call);
    if (this.#resting.begin())
      this.#deps.log.warn({ switch: this.id }, 'dialer: FreeSWITCH makes no calls now: over its session limits, or paused');
    this.#feed({ type: 'originate-withheld', callId: call.callId, reason: 'FreeSWITCH makes no calls now' });
  }

  #notAnswered(call: DialCall, error: unknown): void {
    if (!this.#calls.has(call)) return;
    if (isOutcomeUnknown(error)) {
      // there may be a call: its events tell, or the list of channels
      this.#feed({ type: 'originate-unknown', callId: call.callId });
      return;
    }
    this.#calls.remove(call);
    if (hasCode(error, 'TDM_SWITCH_REFUSED')) this.#feed(neverCalled(call.callId, badOrderCause(error), this.#timers.nowMs()));
    else this.#unsent(call.callId, textOf(error));
  }

  #unsent(callId: string, reason: string): void {
    this.#feed({ type: 'originate-unsent', callId, reason });
  }

  hangUp(callId: string, reason: string): void {
    const call = this.#calls.get(callId);
    if (call) this.#kill(call, hangUpCause(reason, call.isAnswered));
    else this.#api(callId, `uuid_kill ${callId} ${hangUpCause(reason, false)}`);
  }

  #kill(call: DialCall, cause: string): void {
    call.killed ??= cause;
    this.#api(call.callId, `uuid_kill ${call.callId} ${call.killed}`);
  }

  /** A channel that is not there (yet) is no error. */
  #api(callId: string, command: string): void {
    if (!/^[A-Za-z0-9_.:@-]{1,128}$/.test(callId)) return;
    this.#deps.link.api(command).catch((err: unknown) => this.#deps.log.debug({ err, switch: this.id }, 'dialer: a command failed'));
  }

  // ---------------------------------------------------------------- events

  #onEvent(event: SwitchEvent): void {
    const call = this.#callOf(event);
    if (!call) return;
    const { callId } = call;
    const atMs = momentOf(event, this.#timers.nowMs());
    switch (event.name) {
      case 'CHANNEL_CREATE':
        call.hasChannel = true;
        this.#resting.works();
        this.#calls.heard(call);
        if (call.killed !== undefined) this.#kill(call, call.killed);
        return;
      case 'CHANNEL_PROGRESS':
      case 'CHANNEL_PROGRESS_MEDIA':
        if (!call.hadProgress && !call.isAnswered) this.#feed({ type: 'call-ringing', callId, atMs });
        call.hadProgress = true;
        return;
      case 'CHANNEL_ANSWER':
        this.#answered(call, atMs);
        return;
      case 'CHANNEL_BRIDGE':
        this.#feed({ type: 'call-bridged', callId, atMs, agent: call.order?.agentExtension || undefined });
        return;
      case 'CUSTOM':
        this.#feed({ type: 'call-judged', callId, amd: 'MACHINE' });
        return;
      default:
        this.#ended(call, endOf(event, callId, { hadProgress: call.hadProgress, isOurs: call.killed !== undefined }, atMs));
    }
  }

  /** A bridge is told once, of the one of the two that was first: it may be the other one. */
  #callOf(event: SwitchEvent): DialCall | undefined {
    const own = this.#calls.get(event.get('Unique-ID'));
    if (own || event.name !== 'CHANNEL_BRIDGE') return own;
    return this.#calls.get(event.get('Bridge-A-Unique-ID')) ?? this.#calls.get(event.get('Bridge-B-Unique-ID'));
  }

  #ended(call: DialCall, end: DialSwitchEvent): void {
    if (!this.#calls.has(call)) return;
    this.#calls.remove(call);
    this.#feed(end);
  }

  // ---------------------------------------------------------------- questions

  checkGateway(gateway: string): Promise<GatewayState> {
    return this.#questions.checkGateway(gateway);
  }

  callsPerSecondMax(): Promise<number | undefined> {
    return this.#questions.callsPerSecondMax();
  }

  hasExtension(context: string, extension: string): Promise<boolean | undefined> {
    return this.#questions.hasExtension(context, extension);
  }

  hasSound(file: string): Promise<boolean | undefined> {
    return this.#questions.hasSound(file);
  }

  async liveCalls(): ReturnType<DialSwitch['liveCalls']> {
    const askedAtMs = this.#timers.nowMs();
    const settled = this.#calls.settled();
    const rows = channelRows(await this.#deps.link.bgapi('show channels as json'));
    const calls = new Map(rows.map(({ uuid, isAnswered }) => [uuid, { isAnswered }]));
    this.#calls.listed(settled, calls);
    return { askedAtMs, calls };
  }

  #feed(event: DialSwitchEvent): void {
    this.#deps.feed(event);
  }
}

const textOf = (error: unknown): string =>
  (error instanceof TandemError || error instanceof Error ? error.message : String(error)).slice(0, 200);
