/**
 * Call control on Asterisk (design 4; docs/decisions/2026-11-22-asterisk-call-control.md). Agents' legs are originated
 * over the manager link under ids of our own and come to the FastAGI door, whose session connects them; the caller is an
 * idle FastAGI session with hold music. What needs no session (cancel, transfer, spy, lamps) goes over the link alone.
 *
 * Metrics: tandem_legs_total{switch,outcome}, tandem_legs{switch}.
 */
import type { ChannelWatch } from '../agi/channel-watch.js';
import type { AgentLegs } from '../agi/leg-ports.js';
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import { spyChannelOf, type CallKey, type LegId, type OfferId, type SwitchId } from '../core/acd/ids.js';
import { asteriskContact } from '../core/dial-string-asterisk.js';
import { checkName } from '../core/dial-string.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { Feed, LiveChannels, SwitchPort } from '../core/switch.js';
import type { AmiLink } from './ami.js';
import { createCallbacks } from './switch-asterisk-callbacks.js';
import { createCallers } from './switch-asterisk-callers.js';
import { createCanceller } from './switch-asterisk-cancel.js';
import { bridgeByLink } from './switch-asterisk-connect.js';
import { createDevices, type WatchedDevices } from './switch-asterisk-devices.js';
import { createLamps } from './switch-asterisk-lamps.js';
import { legTimeDefaults, type AsteriskLeg, type LegTimes } from './switch-asterisk-leg.js';
import { createLegBook, type LegBook } from './switch-asterisk-legs.js';
import { agentOriginate, originateDefaults, spyOriginate, type OriginateOptions } from './switch-asterisk-originate.js';
import { watchOrphans } from './switch-asterisk-orphans.js';
import { startRecording } from './switch-asterisk-record.js';
import { offerStandby } from './switch-asterisk-standby.js';
import { systemTimers, type Timers } from './timers.js';

export interface AsteriskSwitchOptions extends OriginateOptions {
  readonly id: SwitchId;
  /** IANA zone of dates in names of recordings */
  readonly zone: string;
  /** a supervisor's telephone rings this long */
  readonly spyRingMs: number;
  /** legs at a time */
  readonly legsMax: number;
  /** an order to connect waits this long for the session on the leg, then it is done without one */
  readonly sessionMsMax: number;
  readonly times: LegTimes;
}

export interface AsteriskSwitchDeps {
  readonly link: AmiLink;
  readonly feed: Feed;
  readonly log: Log;
  readonly meter: Meter;
  readonly timers?: Timers;
  /** devices of the agents; asked for at each change of a state */
  readonly watchedDevices: WatchedDevices;
  /** the engine's order behind an offer of before a restart */
  readonly orderOf: (offer: OfferId) => RingOrder | undefined;
}

export interface AsteriskSwitch extends SwitchPort {
  readonly kind: 'asterisk';
  /** for the application `agent_leg` */
  readonly legs: AgentLegs;
  /** for the callers' sessions */
  readonly watch: ChannelWatch;
  /** The watched devices are others now. */
  refreshDevices(): Promise<void>;
  close(): void;
}

export const asteriskSwitchDefaults: Omit<AsteriskSwitchOptions, 'id'> = {
  ...originateDefaults,
  zone: 'UTC',
  spyRingMs: 30_000,
  legsMax: 20_000,
  sessionMsMax: 1_500,
  times: legTimeDefaults,
};

/** ISDN causes that a telephone is told: 26 keeps a call answered elsewhere out of its list of missed ones. */
const normalClearing = 16;
const answeredElsewhere = 26;

type Given = Partial<Omit<AsteriskSwitchOptions, 'id'>> & Pick<AsteriskSwitchOptions, 'id'>;

export function createAsteriskSwitch(given: Given, deps: AsteriskSwitchDeps): AsteriskSwitch {
  return new AsteriskControl({ ...asteriskSwitchDefaults, ...given }, deps);
}

class AsteriskControl implements AsteriskSwitch {
  readonly kind = 'asterisk';
  readonly id: SwitchId;
  readonly watch: ChannelWatch;
  readonly legs: AgentLegs;
  private readonly options: AsteriskSwitchOptions;
  private readonly deps: AsteriskSwitchDeps;
  private readonly timers: Timers;
  private readonly book: LegBook;
  private readonly canceller: ReturnType<typeof createCanceller>;
  private readonly callers: ReturnType<typeof createCallers>;
  private readonly callbacks: ReturnType<typeof createCallbacks>;
  private readonly devices: ReturnType<typeof createDevices>;
  private readonly lamps: ReturnType<typeof createLamps>;
  private readonly stops: (() => void)[] = [];

  constructor(options: AsteriskSwitchOptions, deps: AsteriskSwitchDeps) {
    const { link, feed, log } = deps;
    this.id = options.id;
    this.options = options;
    this.deps = deps;
    this.timers = deps.timers ?? systemTimers;
    this.canceller = createCanceller({ link, timers: this.timers, log });
    this.callers = createCallers({ link, log });
    this.callbacks = createCallbacks({
      link,
      feed,
      log,
      options,
      timers: this.timers,
      factsMsMax: options.times.factsMsMax,
      drop: (leg) => this.canceller.hangUp(leg, normalClearing),
    });
    this.devices = createDevices({ link, feed, log, watched: deps.watchedDevices });
    this.lamps = createLamps({ link, log });
    this.book = this.openBook();
    this.legs = this.book;
    this.watch = this.callers;
    this.stops.push(
      watchOrphans({ link, feed, log, knows: (leg) => this.book.knows(leg) }),
      this.callers.onUp((isUp) => this.tellUp(isUp)),
    );
    this.tellUp(this.isUp());
  }

  isUp(): boolean {
    return this.callers.isUp();
  }

  // ---------------------------------------------------------------- agents' legs

  ring(order: RingOrder): void {
    const leg = this.book.open(order);
    this.deps.meter.set('tandem_legs', this.book.size, { switch: this.id });
    if (order.call !== undefined && order.call.switch !== this.id)
      leg.failed('switch-failed', `the caller is on switch ${order.call.switch}`);
    else if (!this.isUp()) leg.failed('switch-failed', 'the manager link is down');
    else if (leg.isStandby) void offerStandby(this.deps.link, leg, this.options);
    else void this.originate(leg, order);
  }

  cancel(leg: LegId, reason: Parameters<SwitchPort['cancel']>[1]): void {
    const known = this.book.ofLeg(leg);
    known?.cancelled();
    this.callbacks.forget(leg);
    // a standby channel is the agent's own: its session leads it back
    if (known?.isStandby) return;
    const cause = reason === 'answered-elsewhere' ? answeredElsewhere : normalClearing;
    this.canceller.hangUp(leg, cause);
  }

  connect(order: ConnectOrder): void {
    const leg = this.book.ofLeg(order.leg) ?? this.restored(order);
    if (!leg) {
      this.deps.feed({ type: 'offer-failed', offer: order.offer, failure: 'switch-failed', detail: 'the leg is unknown' });
      return;
    }
    const hasSession = leg.hasSession;
    leg.connect(order);
    if (hasSession) return;
    this.timers.after(this.options.sessionMsMax, () => {
      if (!leg.hasSession && leg.isConnecting) void bridgeByLink(this.deps.link, leg, order);
    });
  }

  private restored(order: ConnectOrder): AsteriskLeg | undefined {
    const ring = this.deps.orderOf(order.offer);
    return ring && this.book.open(ring);
  }

  private async originate(leg: AsteriskLeg, order: RingOrder): Promise<void> {
    try {
      const { leg: action, dropped } = agentOriginate(order, this.options);
      if (dropped.length > 0) this.deps.log.warn({ offer: order.offer, dropped }, 'asterisk: variables of the caller are not passed on');
      const result = await this.deps.link.originate(action);
      if (result.answered) leg.answered();
      else leg.learn({ reason: result.reason });
    } catch (error) {
      // nobody knows whether it rings: the leg's own deadline decides, or its events when the link is back
      if (hasCode(error, 'TDM_SWITCH_DOWN')) return;
      // a contact that no switch can dial counts against it: else the agent would be offered again for ever
      leg.failed(hasCode(error, 'TDM_BAD_VALUE') ? 'unreachable' : 'switch-failed', textOf(error));
      if (hasCode(error, 'TDM_SWITCH_SLOW')) this.drop(leg);
    }
  }

  private drop(leg: AsteriskLeg): void {
    if (!leg.isStandby) this.canceller.hangUp(leg.uniqueId, normalClearing);
  }

  private openBook(): LegBook {
    const { link, feed, log, meter } = this.deps;
    return createLegBook({
      link,
      feed,
      timers: this.timers,
      times: this.options.times,
      legsMax: this.options.legsMax,
      deviceState: (leg) => this.deviceState(leg),
      record: (leg, order) => startRecording({ link, timers: this.timers, log, zone: this.options.zone }, leg.order, order),
      drop: (leg) => this.drop(leg),
      over: (_leg, outcome) => {
        meter.count('tandem_legs_total', { switch: this.id, outcome });
        meter.set('tandem_legs', this.book.size, { switch: this.id });
      },
    });
  }

  private async deviceState(leg: AsteriskLeg): Promise<string | undefined> {
    try {
      const { channel, device } = asteriskContact(leg.order.contact);
      const { response } = await this.deps.link.action({ Action: 'Getvar', Variable: `DEVICE_STATE(${device ?? channel})` });
      return response.known('value');
    } catch (error) {
      this.deps.log.debug({ err: error }, 'asterisk: the state of a device is unknown');
      return undefined;
    }
  }

  // ---------------------------------------------------------------- everything else

  callBack(order: Parameters<SwitchPort['callBack']>[0]): void {
    if (this.isUp()) this.callbacks.call(order);
    else this.deps.feed({ type: 'callback-failed', member: order.member, leg: order.leg, cause: 'the manager link is down' });
  }

  async listChannels(): Promise<LiveChannels> {
    const askedAtMs = this.timers.nowMs();
    const { events } = await this.deps.link.action({ Action: 'CoreShowChannels' }, { list: true });
    const uniqueIds = new Set<string>();
    const bridged = new Set<string>();
    for (const event of events) {
      const id = event.known('uniqueid');
      if (id === undefined) continue;
      uniqueIds.add(id);
      if (event.known('bridgeid') !== undefined) bridged.add(id);
    }
    this.book.listed(uniqueIds);
    return { askedAtMs, uniqueIds, bridged };
  }

  /** The AGI of a dead session ends with its connection, and the dialplan goes on. */
  leadOn(): void {}

  async transfer(call: CallKey, to: { readonly context: string; readonly extension: string }): Promise<void> {
    const Context = checkName('context', to.context);
    const Exten = checkName('extension', to.extension);
    // told before: the session of a waiting caller ends with the redirect
    this.callers.transferred(call.uniqueId);
    await this.deps.link.action({ Action: 'Redirect', Channel: call.uniqueId, Context, Exten, Priority: 1 });
    for (const leg of [...this.book.all()])
      if (leg.order.call?.uniqueId === call.uniqueId) leg.ended('transfer', `transfer to ${Exten}@${Context}`);
  }

  /** `order.target`: unique id or name of the agent's channel. */
  async spy(order: Parameters<SwitchPort['spy']>[0]): Promise<void> {
    const { response } = await this.deps.link.action({ Action: 'Getvar', Channel: order.target, Variable: 'CHANNEL(name)' });
    const channel = response.known('value');
    if (channel === undefined || !/^[A-Za-z0-9/@.;_+*#-]+$/.test(channel))
      throw new TandemError('TDM_NOT_FOUND', ['channel', order.target]);
    const leg = spyOriginate(spyChannelOf(order.leg), channel, order.supervisor, order.mode, this.options.spyRingMs);
    await this.deps.link.action({ ...leg, Action: 'Originate', Async: true });
  }

  lamp(agent: Parameters<SwitchPort['lamp']>[0], now: Parameters<SwitchPort['lamp']>[1]): void {
    this.lamps.show(agent, now);
  }

  refreshDevices(): Promise<void> {
    return this.devices.refresh();
  }

  close(): void {
    for (const leg of [...this.book.all()]) leg.cancelled();
    for (const part of [this.book, this.canceller, this.callers, this.callbacks, this.devices, this.lamps]) part.close();
    for (const stop of this.stops) stop();
  }

  private tellUp(isUp: boolean): void {
    this.deps.feed({ type: 'switch-changed', switch: this.id, isUp });
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);
