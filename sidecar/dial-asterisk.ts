/**
 * Calls to customers on Asterisk over the manager link (dialer.md A8 to A11): Originate under the call's own id, progress
 * and answer by events. The cause of `Hangup` says most; the reason of `OriginateResponse` is believed when no Hangup has
 * come for two seconds. A call of before a restart, or of before the link broke, is followed again once `liveCalls` has
 * seen it.
 */
import { asteriskChannelId, asteriskOriginate, callIdOfChannel, dialPlaces } from '../core/dialer/dial-strings.js';
import type { AsteriskDial, DialPlaces } from '../core/dialer/dial-strings.js';
import type { OriginateOrder } from '../core/dialer/engine-words.js';
import type { GatewayState } from '../core/dialer/words.js';
import type { DialFeed, DialSwitch } from '../core/dialer-ports.js';
import { hasCode } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { AmiLink } from './ami.js';
import type { AmiPacket } from './ami-packet.js';
import { DialBridges } from './dial-asterisk-bridges.js';
import { causeNumbers, createHeard, endOf, momentOf, type HeardFacts } from './dial-asterisk-facts.js';
import { asteriskQuestions, type AsteriskQuestions } from './dial-asterisk-questions.js';
import { DialCalls, type DialCall } from './dial-calls.js';
import { badOrderCause, hangUpCause, neverCalled } from './dial-causes.js';
import { onUpChange } from './link-state.js';
import { createCanceller, type Canceller } from './switch-asterisk-cancel.js';
import { systemTimers, type Timers } from './timers.js';

export interface AsteriskDialOptions {
  /** name of the switch in the settings */
  readonly id: string;
  readonly places: DialPlaces;
  /** calls at a time; more are not sent */
  readonly callsMax: number;
  /** orders of which it has said nothing yet: as many again are not sent before it has caught up with half of them */
  readonly ordersMax: number;
  /** after an OriginateResponse without a Hangup (A10), ms */
  readonly factsMsMax: number;
}

export interface AsteriskDialDeps {
  readonly link: AmiLink;
  readonly feed: DialFeed;
  readonly log: Log;
  readonly meter: Meter;
  readonly timers?: Timers;
}

export const asteriskDialDefaults: Omit<AsteriskDialOptions, 'id'> = {
  places: dialPlaces,
  callsMax: 20_000,
  ordersMax: 100,
  factsMsMax: 2_000,
};

type Given = Partial<AsteriskDialOptions> & Pick<AsteriskDialOptions, 'id'>;

export function createAsteriskDialSwitch(given: Given, deps: AsteriskDialDeps): DialSwitch {
  return new AsteriskDialler({ ...asteriskDialDefaults, ...given }, deps);
}

const stateRinging = '5';
const stateUp = '6';
const normalClearing = 16;

class AsteriskDialler implements DialSwitch {
  readonly id: string;
  readonly kind = 'asterisk';
  readonly #options: AsteriskDialOptions;
  readonly #deps: AsteriskDialDeps;
  readonly #timers: Timers;
  readonly #questions: AsteriskQuestions;
  readonly #calls: DialCalls;
  readonly #factsOf = createHeard();
  readonly #bridges = new DialBridges();
  readonly #canceller: Canceller;
  readonly #stops: (() => void)[];

  constructor(options: AsteriskDialOptions, deps: AsteriskDialDeps) {
    const { link, log } = deps;
    this.id = options.id;
    this.#options = options;
    this.#deps = deps;
    this.#timers = deps.timers ?? systemTimers;
    this.#questions = asteriskQuestions({ action: (fields, how) => link.action(fields, how) });
    this.#calls = new DialCalls(options, (isFull) => deps.feed({ type: 'switch-full', switch: this.id, isFull }));
    this.#canceller = createCanceller({ link, timers: this.#timers, log });
    const on = (name: string, run: (call: DialCall, event: AmiPacket) => void, id = 'uniqueid') =>
      link.on(name, (event) => {
        const call = this.#calls.get(callIdOfChannel(event.get(id) ?? ''));
        if (call) run(call, event);
      });
    this.#stops = [
      on('Newchannel', (call) => this.#made(call)),
      on('Newstate', (call, event) => this.#stateChanged(call, event)),
      on('DialState', (call, event) => this.#progressed(call, event), 'destuniqueid'),
      on('DialEnd', (call, event) => void (this.#factsOf(call).dialStatus = event.known('dialstatus')), 'destuniqueid'),
      on('MixMonitorStart', (call) => void (this.#factsOf(call).isRecorded = true)),
      on('HangupRequest', (call) => this.#endedBy(call, 'customer')),
      on('SoftHangupRequest', (call) => this.#endedBy(call, 'us')),
      on('Hangup', (call, event) => this.#hungUp(call, event)),
      link.on('BridgeEnter', (event) => this.#bridged(event)),
    ];
  }

  isUp(): boolean {
    return this.#deps.link.status().state === 'up';
  }

  onState(listener: (isUp: boolean) => void): void {
    this.#stops.push(onUpChange(this.#deps.link, listener));
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#canceller.close();
    this.#calls.clear();
    this.#bridges.clear();
  }

  // ---------------------------------------------------------------- orders

  originate(order: OriginateOrder): void {
    const { callId } = order;
    let dial: AsteriskDial;
    try {
      dial = asteriskOriginate(order, this.#options.places);
    } catch (error) {
      this.#deps.log.warn({ err: error, switch: this.id, contact: order.contactId }, 'dialer: a call cannot be ordered');
      this.#deps.feed(neverCalled(callId, badOrderCause(error), this.#timers.nowMs()));
      return;
    }
    if (this.#calls.get(callId)?.order) this.#deps.log.error({ switch: this.id, call: callId }, 'dialer: a call was ordered twice');
    else if (!this.isUp()) this.#unsent(callId, 'the manager link is down');
    else if (this.#calls.isFull) this.#unsent(callId, `${this.#options.callsMax} calls are under way`);
    else void this.#place(this.#calls.add(callId, order), dial, order);
  }

  async #place(call: DialCall, dial: AsteriskDial, order: OriginateOrder): Promise<void> {
    call.isAwaited = true;
    call.ringsUntilMs = this.#timers.nowMs() + order.ringTimeoutMs;
    try {
      const { answered, reason } = await this.#deps.link.originate({ ...dial });
      call.isAwaited = false;
      this.#calls.heard(call);
      if (answered) this.#answered(call, this.#timers.nowMs());
      else if (!call.hasChannel) await this.#withoutChannel(call, order, reason);
      else this.#failed(call, reason);
    } catch (error) {
      call.isAwaited = false;
      this.#calls.heard(call);
      this.#notAnswered(call, error);
    }
  }

  /** Asterisk could not make a channel: the trunk, mostly (B5 row "endpoint missing / unavailable"). */
  async #withoutChannel(call: DialCall, order: OriginateOrder, reason: number): Promise<void> {
    const words = { invalid: 'INVALID_GATEWAY', down: 'GATEWAY_DOWN', up: 'REQUESTED_CHAN_UNAVAIL' } as const;
    const cause = await this.checkGateway(order.gateway).then(
      (state) => words[state],
      () => words.up,
    );
    if (!this.#calls.has(call)) return;
    const end = (): void => {
      if (call.hasChannel) {
        this.#failed(call, reason);
        return;
      }
      this.#calls.remove(call);
      this.#deps.feed(neverCalled(call.callId, call.killed ?? cause, this.#timers.nowMs()));
    };
    // A busy Asterisk's response overtakes the events of the channel: ten such in a row would close a good trunk.
    if (cause === words.up && !call.hasChannel) call.arm(this.#timers, this.#options.factsMsMax, end);
    else end();
  }

  #failed(call: DialCall, reason: number): void {
    if (!this.#calls.has(call)) return;
    const facts = this.#factsOf(call);
    facts.reason = reason;
    if (facts.cause !== undefined) this.#end(call, this.#timers.nowMs());
    else call.arm(this.#timers, this.#options.factsMsMax, () => this.#end(call, this.#timers.nowMs()));
  }

  #notAnswered(call: DialCall, error: unknown): void {
    if (!this.#calls.has(call)) return;
    if (hasCode(error, 'TDM_SWITCH_DOWN', 'TDM_SWITCH_SLOW')) {
      // it was on its way when the link broke: its events tell, or the list of channels
      this.#deps.feed({ type: 'originate-unknown', callId: call.callId });
      return;
    }
    this.#calls.remove(call);
    if (hasCode(error, 'TDM_SWITCH_REFUSED', 'TDM_BAD_VALUE')) {
      this.#deps.log.warn({ err: error, switch: this.id, contact: call.order?.contactId }, 'dialer: Asterisk does not take the order');
      this.#deps.feed(neverCalled(call.callId, badOrderCause(error), this.#timers.nowMs()));
    } else this.#unsent(call.callId, error instanceof Error ? error.message.slice(0, 200) : String(error));
  }

  #unsent(callId: string, reason: string): void {
    this.#deps.feed({ type: 'originate-unsent', callId, reason });
  }

  hangUp(callId: string, reason: string): void {
    const call = this.#calls.get(callId);
    const cause = hangUpCause(reason, call?.isAnswered ?? false);
    if (call) call.killed ??= cause;
    this.#canceller.hangUp(asteriskChannelId(callId), causeNumbers[cause] ?? normalClearing);
  }

  // ---------------------------------------------------------------- events

  #made(call: DialCall): void {
    call.hasChannel = true;
    this.#calls.heard(call);
  }

  #stateChanged(call: DialCall, event: AmiPacket): void {
    const state = event.get('channelstate');
    if (state === stateRinging) this.#rings(call, event);
    else if (state === stateUp) this.#answered(call, momentOf(event, this.#timers.nowMs()));
  }

  #progressed(call: DialCall, event: AmiPacket): void {
    if (/^(?:RINGING|PROGRESS)$/.test(event.get('dialstatus') ?? '')) this.#rings(call, event);
  }

  #rings(call: DialCall, event: AmiPacket): void {
    if (call.hadProgress || call.isAnswered) return;
    call.hadProgress = true;
    this.#deps.feed({ type: 'call-ringing', callId: call.callId, atMs: momentOf(event, this.#timers.nowMs()) });
  }

  #answered(call: DialCall, atMs: number): void {
    if (call.isAnswered || !this.#calls.has(call)) return;
    call.isAnswered = true;
    this.#deps.feed({ type: 'call-answered', callId: call.callId, atMs });
  }

  #bridged(event: AmiPacket): void {
    const call = this.#bridges.entered(event, this.#calls.get(callIdOfChannel(event.get('uniqueid') ?? '')));
    if (!call) return;
    const agent = call.order?.agentExtension;
    this.#deps.feed({
      type: 'call-bridged',
      callId: call.callId,
      atMs: momentOf(event, this.#timers.nowMs()),
      agent: agent === '' ? undefined : agent,
    });
  }

  #endedBy(call: DialCall, by: HeardFacts['endedBy']): void {
    const facts = this.#factsOf(call);
    if (facts.endedBy === 'unknown') facts.endedBy = by;
  }

  #hungUp(call: DialCall, event: AmiPacket): void {
    const facts = this.#factsOf(call);
    facts.cause = Number(event.get('cause') ?? 0);
    facts.techCause = event.known('techcause');
    const atMs = momentOf(event, this.#timers.nowMs());
    // 0 says nothing; what Originate has to say is on its way
    if (facts.cause > 0 || !call.isAwaited || call.isAnswered) this.#end(call, atMs);
    else call.arm(this.#timers, this.#options.factsMsMax, () => this.#end(call, atMs));
  }

  #end(call: DialCall, atMs: number): void {
    if (!this.#calls.has(call)) return;
    this.#calls.remove(call);
    const facts = this.#factsOf(call);
    this.#bridges.ended(call);
    this.#deps.feed(endOf(call, facts, atMs));
  }

  // ---------------------------------------------------------------- questions

  checkGateway(gateway: string): Promise<GatewayState> {
    return this.#questions.checkGateway(gateway);
  }

  /** There is no such limit. */
  callsPerSecondMax(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  hasExtension(context: string, extension: string): Promise<boolean | undefined> {
    return this.#questions.hasExtension(context, extension);
  }

  /** Asterisk has no question for it. */
  hasSound(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async liveCalls(): ReturnType<DialSwitch['liveCalls']> {
    const askedAtMs = this.#timers.nowMs();
    const settled = this.#calls.settled();
    const calls = await this.#questions.live();
    this.#calls.listed(settled, calls);
    return { askedAtMs, calls };
  }
}
