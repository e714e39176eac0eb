/**
 * The one guard before every call that Tandem orders to an outside number (user-needs B4): campaigns, callbacks, clicks
 * of a CRM, agents' legs over a trunk. It knows what is under way and what was called today, and says why a call is
 * stopped. Time comes with each question (Unix ms). What it knows lives in memory; its days (days.ts) are shared with other
 * processes and with the next life through the database, calls at once and in a second are not.
 */
import { capsOf, isShort, numberKey, prefixProblem } from './caps.js';
import type { TollCaps, TollReason, TollRules } from './caps.js';
import { TollDays, tollDayMs } from './days.js';
import type { TollDay, TollDayKind, TollDelta } from './days.js';

/** Who orders. The daily count of a number does not hold for an agent's own telephone: it is rung all day. */
export type TollOrigin = 'dialer' | 'callback' | 'click' | 'agent';

export interface TollCall {
  /** channel id, by which its end is told */
  readonly id: string;
  readonly origin: TollOrigin;
  readonly switch: string;
  /** gateway, trunk, or the context of the dialplan that leads out */
  readonly gateway: string;
  readonly number: string;
  /** the same number in E.164 with +, as it may be understood; the first one counts for the day */
  readonly e164?: readonly string[];
  /** by which a list of the switch's channels has it, where that is not its id; '' = by nothing */
  readonly channel?: string;
  /** when nobody tells its end, it is taken as over then, Unix ms */
  readonly untilMs: number;
}

export interface TollStop {
  readonly reason: TollReason;
  readonly text: string;
  /** when it may be asked again; undefined: never under these caps */
  readonly retryAtMs: number | undefined;
  /** calls stopped for this reason on this gateway since it was last told, this one included; 0 = was told within the last minute */
  readonly untold: number;
}

/** Channels that live on a switch, and which calls must be among them. */
export interface TollList {
  readonly switch: string;
  readonly origins: ReadonlySet<TollOrigin>;
  readonly ids: { has(id: string): boolean };
  /** of calls that were asked for until then, Unix ms: younger ones may have no channel yet */
  readonly untilMs: number;
}

export interface TollGuard {
  /** undefined: it may be placed, and counts from now on. */
  ask(call: TollCall, nowMs: number): TollStop | undefined;
  /** talk begins; of a call that is not told of no minutes are counted */
  answered(id: string, nowMs: number): void;
  over(id: string, nowMs: number): void;
  /** What a list of channels does not have has ended while nobody listened. */
  listed(list: TollList, nowMs: number): void;
  /** what runs goes on, and counts under the new rules */
  change(rules: TollRules): void;
  readonly days: TollDaysOfAll;
}

/** The days of the guard, as whoever shares them with other processes sees them. */
export interface TollDaysOfAll {
  /** What was counted since it was last asked, talk until now included; at most `max` of each kind. */
  take(max: number, nowMs: number): readonly TollDelta[];
  /** What was taken is stored (or never can be: it counts here alone), or waits for the next time. */
  taken(isStored: boolean): void;
  /** Days as the database has them; not between `take` and `taken`. */
  merge(days: readonly TollDay[], nowMs: number): void;
  /** How many numbers and gateways wait to be told. */
  readonly waiting: number;
  /** No day of this kind that began until then counts any more. */
  overUntilMs(kind: TollDayKind, nowMs: number): number;
}

export const tollLimits = {
  callsMax: 50_000,
  gatewaysMax: 2_000,
  numbersMax: 200_000,
  /** gateways of this and other processes with talk within the day */
  talksMax: 4_000,
  /** calls of a gateway that are looked at with each question */
  lookedAtMax: 500,
  /** one report of a cap for all calls that it stops in this time */
  tellEveryMs: 60_000,
  /** of the key under which a gateway or number counts */
  keyCharsMax: 120,
};

interface Live extends TollCall {
  askedAtMs: number;
  /** for which caps of its gateway it counts */
  readonly counted: CountedFor;
  /** its talk is counted until then; undefined: not answered */
  countedToMs: number | undefined;
}

interface Gateway {
  /** switch and gateway, by which its talk counts */
  readonly key: string;
  readonly calls: Map<string, Live>;
  /** those of them that count for the cap of calls at once */
  atOnce: number;
  /** moments of the last second */
  placed: number[];
  lookedAtMs: number;
  readonly told: Map<TollReason, { atMs: number; untold: number }>;
}

const secondMs = 1_000;
const minuteMs = 60_000;

export function createTollGuard(rules: TollRules, limits = tollLimits): TollGuard {
  return new Guard(rules, limits);
}

class Guard implements TollGuard {
  #rules: TollRules;
  readonly #limits: typeof tollLimits;
  readonly #gateways = new Map<string, Gateway>();
  /** gateway of each call under way */
  readonly #live = new Map<string, Gateway>();
  readonly #numbers: TollDays;
  readonly #talk: TollDays;
  readonly days: TollDaysOfAll;

  constructor(rules: TollRules, limits: typeof tollLimits) {
    this.#rules = rules;
    this.#limits = limits;
    this.#numbers = new TollDays('number', limits.numbersMax);
    this.#talk = new TollDays('talk', limits.talksMax);
    this.days = this.#daysOfAll();
  }

  change(rules: TollRules): void {
    this.#rules = rules;
  }

  ask(call: TollCall, nowMs: number): TollStop | undefined {
    const known = this.#live.get(call.id)?.calls.get(call.id);
    if (known) {
      known.askedAtMs = nowMs;
      return undefined; // the same order again
    }
    const caps = capsOf(this.#rules, call.switch, call.gateway);
    const gateway = this.#gatewayOf(`${call.switch} ${call.gateway}`);
    this.#look(gateway, nowMs);
    const stop = this.#stopOf(call, caps, gateway, nowMs);
    if (stop) return { ...stop, untold: this.#tell(gateway, stop.reason, nowMs) };
    const counted = countedFor(call, caps);
    gateway.calls.set(call.id, { ...call, askedAtMs: nowMs, counted, countedToMs: undefined });
    this.#live.set(call.id, gateway);
    if (counted.atOnce) gateway.atOnce++;
    if (counted.perSecond) gateway.placed.push(nowMs);
    if (counted.minutes) this.#talk.add(gateway.key, 0, nowMs);
    if (counts(call, caps)) this.#numbers.add(this.#dayKey(call), 1, nowMs);
    return undefined;
  }

  answered(id: string, nowMs: number): void {
    const call = this.#live.get(id)?.calls.get(id);
    if (call) call.countedToMs ??= nowMs;
  }

  over(id: string, nowMs: number): void {
    const gateway = this.#live.get(id);
    const call = gateway?.calls.get(id);
    this.#live.delete(id);
    if (!gateway || !call) return;
    gateway.calls.delete(id);
    if (call.counted.atOnce) gateway.atOnce--;
    this.#countTalk(gateway, call, nowMs);
  }

  listed({ switch: at, origins, ids, untilMs }: TollList, nowMs: number): void {
    for (const { calls } of this.#gateways.values())
      for (const { id, switch: on, origin, askedAtMs, channel = id } of calls.values())
        if (on === at && origins.has(origin) && askedAtMs <= untilMs && channel !== '' && !ids.has(channel)) this.over(id, nowMs);
  }

  #stopOf(call: TollCall, caps: TollCaps, gateway: Gateway, nowMs: number): Omit<TollStop, 'untold'> | undefined {
    const { callsMax, callsPerSecond, callsPerNumberDay, minutesPerDay } = caps;
    const prefix = prefixProblem(call.number, caps, call.e164);
    if (prefix) return { reason: prefix, text: 'the beginning of the number is not allowed there', retryAtMs: undefined };
    const day = counts(call, caps) ? this.#numbers.of(this.#dayKey(call), nowMs) : undefined;
    if (day && callsPerNumberDay > 0 && day.total >= callsPerNumberDay)
      return stop('toll-number-day', `the number was called ${String(day.total)} times within 24 hours`, day.fromMs + tollDayMs);
    const counted = countedFor(call, caps);
    const talk = counted.minutes ? this.#talk.of(gateway.key, nowMs) : undefined;
    if (talk && minutesPerDay > 0 && talk.total >= minutesPerDay * minuteMs)
      return stop('toll-minutes-day', `${String(minutesPerDay)} minutes were talked within 24 hours`, talk.fromMs + tollDayMs);
    if (this.#live.size >= this.#limits.callsMax || (callsMax > 0 && counted.atOnce && gateway.atOnce >= callsMax))
      return stop('toll-calls', `${String(gateway.atOnce)} calls are under way`, nowMs + secondMs);
    const [first = nowMs] = gateway.placed;
    if (callsPerSecond > 0 && counted.perSecond && gateway.placed.length >= callsPerSecond)
      return stop('toll-calls-per-second', `${String(callsPerSecond)} calls were placed within a second`, first + secondMs);
    return undefined;
  }

  /** Beyond the limit all further gateways share one: stricter, never laxer. */
  #gatewayOf(name: string): Gateway {
    const cut = name.slice(0, this.#limits.keyCharsMax);
    const key = this.#gateways.has(cut) || this.#gateways.size < this.#limits.gatewaysMax ? cut : '';
    const known = this.#gateways.get(key);
    if (known) return known;
    const gateway: Gateway = { key, calls: new Map(), atOnce: 0, placed: [], lookedAtMs: -Infinity, told: new Map() };
    this.#gateways.set(key, gateway);
    return gateway;
  }

  readonly #dayKey = ({ number, e164 }: TollCall): string => (e164?.[0] ?? numberKey(number)).slice(0, this.#limits.keyCharsMax);

  /** At all its calls; where they are many, once a second. */
  #look(gateway: Gateway, nowMs: number): void {
    gateway.placed = gateway.placed.filter((atMs) => atMs > nowMs - secondMs && atMs <= nowMs);
    const sinceMs = nowMs - gateway.lookedAtMs;
    if (gateway.calls.size > this.#limits.lookedAtMax && sinceMs >= 0 && sinceMs < secondMs) return;
    gateway.lookedAtMs = nowMs;
    for (const [id, { untilMs }] of gateway.calls) if (untilMs <= nowMs) this.over(id, untilMs);
    for (const call of gateway.calls.values()) this.#countTalk(gateway, call, nowMs);
  }

  #countTalk({ key }: Gateway, call: Live, nowMs: number): void {
    const { countedToMs, counted } = call;
    if (!counted.minutes || countedToMs === undefined || nowMs <= countedToMs) return;
    call.countedToMs = nowMs;
    this.#talk.add(key, nowMs - countedToMs, nowMs);
  }

  #daysOfAll(): TollDaysOfAll {
    const kinds: Readonly<Record<TollDayKind, TollDays>> = { number: this.#numbers, talk: this.#talk };
    const both = [this.#numbers, this.#talk];
    return {
      take: (max, nowMs) => {
        for (const gateway of this.#gateways.values()) this.#look(gateway, nowMs);
        return both.flatMap((days) => days.take(max));
      },
      taken: (isStored) => {
        for (const days of both)
          if (isStored) days.sent();
          else days.unsendable();
      },
      merge: (days, nowMs) => {
        for (const day of days) kinds[day.kind].merge(day, nowMs);
      },
      get waiting() {
        return both.reduce((sum, { waiting }) => sum + waiting, 0);
      },
      overUntilMs: (kind, nowMs) => kinds[kind].overUntilMs(nowMs),
    };
  }

  #tell(gateway: Gateway, reason: TollReason, nowMs: number): number {
    const told = gateway.told.get(reason) ?? { atMs: -Infinity, untold: 0 };
    gateway.told.set(reason, told);
    told.untold++;
    if (nowMs - told.atMs < this.#limits.tellEveryMs && nowMs >= told.atMs) return 0;
    const { untold } = told;
    told.atMs = nowMs;
    told.untold = 0;
    return untold;
  }
}

const stop = (reason: TollReason, text: string, retryAtMs: number): Omit<TollStop, 'untold'> => ({ reason, text, retryAtMs });

interface CountedFor {
  readonly atOnce: boolean;
  readonly perSecond: boolean;
  readonly minutes: boolean;
}

/** An agent's telephone for those that were set by an operator: a default knows nothing of how many agents there are. */
function countedFor({ origin }: TollCall, { isSet }: TollCaps): CountedFor {
  const isCustomers = origin !== 'agent';
  return {
    atOnce: isCustomers || isSet.has('callsMax'),
    perSecond: isCustomers || isSet.has('callsPerSecond'),
    minutes: isCustomers || isSet.has('minutesPerDay'),
  };
}

const counts = ({ origin, number }: TollCall, caps: TollCaps): boolean => origin !== 'agent' && !isShort(number, caps);
