/**
 * Call control on FreeSWITCH over the inbound link (core/switch.ts; docs/decisions/2026-11-22-freeswitch-call-control.md).
 * An agent's leg is started in the background with a program of its own (switch-freeswitch-ring.ts); what becomes of it is
 * told by events (switch-freeswitch-news.ts). The caller is an outbound session (esl-outbound/member-session.ts) until
 * `uuid_bridge` takes him out of it.
 *
 * Metrics: tandem_legs_total{switch,outcome}, tandem_legs{switch}.
 */
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import { legId } from '../core/acd/ids.js';
import type { CallKey, LegId, SwitchId } from '../core/acd/ids.js';
import type { CancelReason } from '../core/acd/words.js';
import { freeswitchContact, transferToProgram } from '../core/dial-string-freeswitch.js';
import { checkName } from '../core/dial-string.js';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { epochS } from '../core/services/queue-result.js';
import type { CallBackOrder, Feed, LiveChannels, SwitchPort } from '../core/switch.js';
import { refusalOf } from '../esl-outbound/connection.js';
import { isOutcomeUnknown } from './esl.js';
import type { EslLink } from './esl.js';
import { callBackCommand } from './switch-freeswitch-callback.js';
import type { CallBackWay } from './switch-freeswitch-callback.js';
import { leadCallerOn, transferCaller } from './switch-freeswitch-callers.js';
import { createFreeswitchCommands } from './switch-freeswitch-commands.js';
import type { FreeswitchCommands } from './switch-freeswitch-commands.js';
import { connectLeg, showAgent } from './switch-freeswitch-connect.js';
import { createDevices } from './switch-freeswitch-devices.js';
import type { Devices, WatchedAccounts } from './switch-freeswitch-devices.js';
import { lampEvent } from './switch-freeswitch-lamp.js';
import { LegBook } from './switch-freeswitch-legs.js';
import type { Leg } from './switch-freeswitch-legs.js';
import { createChannelNames } from './switch-freeswitch-names.js';
import type { ChannelNames } from './switch-freeswitch-names.js';
import { LegNews, legEvents } from './switch-freeswitch-news.js';
import type { FoundLeg } from './switch-freeswitch-news.js';
import { agentSteps, callerGoneSteps, hasCallerGoneSound, legPlan } from './switch-freeswitch-ring.js';
import { spyCommand } from './switch-freeswitch-spy.js';
import { ringStandby } from './switch-freeswitch-standby.js';
import { systemTimers } from './timers.js';
import type { Timers } from './timers.js';

export interface FreeswitchSwitchOptions {
  readonly id: SwitchId;
  /** domain of accounts that are named without one */
  readonly domain: string;
  /** a leg that is ready and hears nothing from us takes the caller itself after this, ms */
  readonly selfConnectMs: number;
  /** between `uuid_bridge` and the news that the two are connected, ms */
  readonly bridgeMsMax: number;
  /** for the far end of a loopback contact to be bridged to a telephone, ms (freeswitch-callcenter 7.1.4) */
  readonly loopbackMsMax: number;
  /** beyond its ringing time a leg is given this long until `originate` must have answered, ms */
  readonly jobGraceMs: number;
  readonly legsMax: number;
  /** how customers are called back; undefined: not at all */
  readonly callBack: CallBackWay | undefined;
}

export interface FreeswitchSwitchDeps {
  readonly link: EslLink;
  readonly feed: Feed;
  readonly log: Log;
  readonly meter: Meter;
  readonly timers?: Timers;
  /** accounts of the agents; asked for at each change of a state */
  readonly watchedAccounts?: WatchedAccounts;
}

export interface FreeswitchSwitch extends SwitchPort {
  readonly kind: 'freeswitch';
  /** The watched accounts are others now. */
  refreshDevices(): Promise<void>;
  /** Hears nothing more; legs and talks go on without us. */
  close(): void;
}

export const freeswitchSwitchDefaults: Omit<FreeswitchSwitchOptions, 'id'> = {
  domain: 'default',
  selfConnectMs: 3_000,
  bridgeMsMax: 3_000,
  loopbackMsMax: 5_000,
  jobGraceMs: 60_000,
  legsMax: 20_000,
  callBack: undefined,
};

type Given = Partial<Omit<FreeswitchSwitchOptions, 'id'>> & Pick<FreeswitchSwitchOptions, 'id'>;

export function createFreeswitchSwitch(given: Given, deps: FreeswitchSwitchDeps): FreeswitchSwitch {
  return new LinkedSwitch({ ...freeswitchSwitchDefaults, ...given }, { ...deps, timers: deps.timers ?? systemTimers });
}

const noAccounts: WatchedAccounts = () => new Map();
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);
/** What a leg hears when it is taken back; the others of a ring-all have lost a race. */
const causeOf = (reason: CancelReason): string => (reason === 'answered-elsewhere' ? 'LOSE_RACE' : 'ORIGINATOR_CANCEL');

class LinkedSwitch implements FreeswitchSwitch {
  readonly id: SwitchId;
  readonly kind = 'freeswitch';
  readonly #options: FreeswitchSwitchOptions;
  readonly #deps: FreeswitchSwitchDeps & { readonly timers: Timers };
  readonly #commands: FreeswitchCommands;
  readonly #book: LegBook;
  readonly #names: ChannelNames;
  readonly #news: LegNews;
  readonly #devices: Devices;
  readonly #stops: readonly (() => void)[];

  constructor(options: FreeswitchSwitchOptions, deps: FreeswitchSwitchDeps & { readonly timers: Timers }) {
    const { link, feed, log, meter } = deps;
    this.id = options.id;
    this.#options = options;
    this.#deps = deps;
    this.#commands = createFreeswitchCommands(deps);
    this.#book = new LegBook((size, outcome) => {
      meter.set('tandem_legs', size, { switch: options.id });
      if (outcome !== undefined) meter.count('tandem_legs_total', { switch: options.id, outcome });
    });
    const after = (delayMs: number, run: () => void) => deps.timers.after(delayMs, run);
    this.#news = new LegNews({ book: this.#book, feed, log, after, reactions: this.#reactions() });
    const onFound = (leg: FoundLeg) => void this.#news.adopt(leg);
    this.#names = createChannelNames({ link, commands: this.#commands, book: this.#book, onFound });
    this.#devices = createDevices({ link, feed, log, watched: deps.watchedAccounts ?? noAccounts });
    this.#stops = [
      link.on(legEvents, (event) => this.#news.onEvent(event)),
      link.onState(({ state }) => feed({ type: 'switch-changed', switch: options.id, isUp: state === 'up' })),
    ];
  }

  #reactions(): ConstructorParameters<typeof LegNews>[0]['reactions'] {
    const commands = this.#commands;
    const { timers } = this.#deps;
    return {
      kill: (uuids, cause) => commands.kill(uuids, cause),
      created: (leg, uuid) => commands.set(uuid, leg.lateVariables),
      lookBehind: (leg) => void this.#lookBehind(leg),
      foundBehind: ({ start: { order }, channel }) => {
        if (order && channel !== undefined) commands.tryApi(transferToProgram(channel, agentSteps(order, this.#options)));
      },
      connected: (leg) => showAgent(leg, commands, this.#options.domain),
      ended: ({ start: { caller } }) => {
        if (caller !== '') commands.tryApi(`uuid_setvar ${caller} cc_queue_terminated_epoch ${epochS(timers.nowMs())}`);
      },
    };
  }

  isUp(): boolean {
    return this.#deps.link.status().state === 'up';
  }

  refreshDevices(): Promise<void> {
    return this.#devices.refresh();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#devices.close();
    this.#book.clear();
  }

  // ---------------------------------------------------------------- ringing

  ring(order: RingOrder): void {
    try {
      this.#ring(order);
    } catch (error) {
      // a contact that is no dial string, or too many legs
      this.#deps.log.warn({ err: error, agent: order.agent, leg: order.leg }, 'queue: an agent cannot be rung');
      const isContact = error instanceof TandemError && error.code === 'TDM_BAD_VALUE';
      this.#deps.feed({
        type: 'offer-failed',
        offer: order.offer,
        failure: isContact ? 'unreachable' : 'switch-failed',
        detail: textOf(error),
      });
    }
  }

  #ring(order: RingOrder): void {
    if (this.#book.size >= this.#options.legsMax) throw new TandemError('TDM_BUSY', [`${this.#options.legsMax} legs`]);
    const caller = order.call?.uniqueId ?? '';
    const start = { leg: order.leg, offer: order.offer, callBackOf: undefined, order, caller, isStandby: order.standby !== undefined };
    if (order.standby) {
      const ring = { leg: this.#book.add(start), order, channel: order.standby };
      void ringStandby(ring, { ...this.#deps, book: this.#book, news: this.#news, commands: this.#commands });
      return;
    }
    const contact = freeswitchContact(order.contactFreeswitch ?? order.contact, this.#options.domain);
    const plan = legPlan(order, contact, this.#options);
    if (plan.skipped.length > 0) this.#deps.log.warn({ leg: order.leg, skipped: plan.skipped }, 'queue: left out of a leg');
    const leg = this.#book.add(start);
    leg.lateVariables = plan.lateVariables;
    void this.#originate(leg, plan.command, Math.min(order.ringMs, contact.ringMsMax ?? Infinity));
  }

  async #originate(leg: Leg, command: string, ringMs: number): Promise<void> {
    leg.isAwaited = true;
    try {
      const output = await this.#deps.link.bgapi(command, ringMs + this.#options.jobGraceMs);
      const cause = refusalOf(output);
      if (cause === undefined) this.#news.originated(leg, /^\+OK (\S+)/.exec(output)?.[1]);
      else this.#news.failed(leg, cause.trim());
    } catch (error) {
      leg.isAwaited = false;
      // it may ring: the list of channels tells when the link is back
      if (!isOutcomeUnknown(error)) this.#news.fail(leg, 'switch-failed', textOf(error), 'ORIGINATOR_CANCEL');
    }
  }

  cancel(id: LegId, reason: CancelReason): void {
    const leg = this.#book.get(id);
    const cause = causeOf(reason);
    if (!leg) {
      // ordered before a restart, or gone already
      this.#commands.kill([id], cause);
      void this.#names.channelsOf(id).then((uuids) => this.#commands.kill(uuids, cause));
    } else if (leg.start.isStandby) this.#book.remove(leg, 'cancelled');
    else if (reason === 'caller-left' && this.#sayGone(leg)) leg.cancelled = cause;
    else {
      leg.cancelled = cause;
      this.#commands.kill(new Set([id, ...leg.channels]), cause);
      this.#news.endCancelled(leg);
    }
  }

  /** True when the agent is told that the caller has gone; the leg ends behind it (cc_bridge_failed_outbound_announce). */
  #sayGone({ phase, channel, start: { order } }: Leg): boolean {
    if ((phase !== 'answered' && phase !== 'ready') || channel === undefined || !order || !hasCallerGoneSound(order)) return false;
    this.#commands.tryApi(transferToProgram(channel, callerGoneSteps(order)));
    return true;
  }

  /** The near end of a loopback answered because the far end did; the agent is whoever that is bridged to, now or in a moment. */
  async #lookBehind(leg: Leg): Promise<void> {
    leg.stopTimer = this.#deps.timers.after(this.#options.loopbackMsMax, () => {
      this.#news.fail(leg, 'no-answer', 'the loopback was answered and not bridged', 'DESTINATION_OUT_OF_ORDER');
    });
    if (leg.farEnd === undefined) return;
    const partner = await this.#commands.ask(`uuid_getvar ${leg.farEnd} bridge_uuid`);
    if (partner !== undefined && this.#book.get(leg.start.leg) === leg) this.#news.farEndBridged(leg);
  }

  connect(order: ConnectOrder): void {
    void connectLeg(order, { ...this.#deps, book: this.#book, news: this.#news }, this.#options.bridgeMsMax);
  }

  callBack(order: CallBackOrder): void {
    const { leg, member } = order;
    try {
      const way = this.#options.callBack;
      if (way === undefined) throw new TandemError('TDM_BAD_SETTING', ['freeswitch_callback_contact', 'it is not set']);
      const command = callBackCommand(order, way, this.#options.domain);
      const start = { leg, offer: undefined, callBackOf: member, order: undefined, caller: '', isStandby: false };
      void this.#originate(this.#book.add(start), command, order.ringMs);
    } catch (error) {
      this.#deps.log.warn({ err: error, leg, member }, 'queue: a customer cannot be called back');
      this.#deps.feed({ type: 'callback-failed', member, leg, cause: textOf(error) });
    }
  }

  listChannels(): Promise<LiveChannels> {
    return this.#names.list(this.#deps.timers.nowMs());
  }

  transfer(call: CallKey, to: { readonly context: string; readonly extension: string }): Promise<void> {
    return transferCaller(this.#deps.link, call, to);
  }

  leadOn(call: CallKey): void {
    leadCallerOn(this.#commands, call).catch((err: unknown) => this.#deps.log.warn({ err }, 'queue: a caller could not be led on'));
  }

  /** `order.target`: the offer's leg, or any channel's id. */
  async spy(order: Parameters<SwitchPort['spy']>[0]): Promise<void> {
    const known = this.#book.get(legId(order.target))?.channel;
    const target = known ?? (await this.#names.channelsOf(legId(order.target)))[0] ?? order.target;
    const exists = await this.#deps.link.api(`uuid_exists ${checkName('uuid', target)}`);
    if (exists.trim() !== 'true') throw new TandemError('TDM_NOT_FOUND', ['channel', order.target]);
    // the supervisor's telephone rings for a while: the order is given, nobody waits for its answer
    this.#deps.link.bgapi(spyCommand({ ...order, target }, this.#options.domain)).then(
      (output) => {
        const refusal = refusalOf(output);
        if (refusal !== undefined) order.onUnreached?.();
        if (refusal !== undefined) this.#deps.log.info({ supervisor: order.supervisor, refusal }, 'queue: a supervisor was not reached');
      },
      (error: unknown) => {
        if (!isOutcomeUnknown(error)) order.onUnreached?.();
        this.#deps.log.warn({ err: error, supervisor: order.supervisor }, 'queue: a supervisor could not be rung');
      },
    );
  }

  lamp(agent: Parameters<SwitchPort['lamp']>[0], now: Parameters<SwitchPort['lamp']>[1]): void {
    const { command, headers } = lampEvent(agent, now, this.#options.domain);
    this.#commands.tryCommand(command, headers);
  }
}
