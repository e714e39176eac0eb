/**
 * The one guard before every call that Tandem orders to an outside number (user-needs B4): campaigns, callbacks, clicks
 * of a CRM, agents' legs over a trunk. It knows what is under way and what was called today, and says why a call is
 * stopped. Time comes with each question (Unix ms); what it knows lives in memory, so a restart counts anew.
 */
import { capsOf, isShort, numberKey, prefixProblem } from './caps.js';
import type { TollCaps, TollReason, TollRules } from './caps.js';

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

export interface TollGuard {
  /** undefined: it may be placed, and counts from now on. */
  ask(call: TollCall, nowMs: number): TollStop | undefined;
  /** talk begins; of a call that is not told of no minutes are counted */
  answered(id: string, nowMs: number): void;
  over(id: string, nowMs: number): void;
  /** what runs goes on, and counts under the new rules */
  change(rules: TollRules): void;
}

export const tollLimits = {
  callsMax: 50_000,
  gatewaysMax: 2_000,
  numbersMax: 200_000,
  /** calls of a gateway that are looked at with each question */
  lookedAtMax: 500,
  /** one report of a cap for all calls that it stops in this time */
  tellEveryMs: 60_000,
  dayMs: 86_400_000,
};

interface Live extends TollCall {
  answeredAtMs: number | undefined;
}

/** A day begins with its first call. */
interface Day {
  fromMs: number;
  /** calls to a number; milliseconds of talk over a gateway */
  sum: number;
}

interface Gateway {
  readonly calls: Map<string, Live>;
  /** moments of the last second */
  placed: number[];
  /** of calls that are over */
  readonly talk: Day;
  /** of those under way, when they were last looked at */
  runningMs: number;
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
  readonly #numbers = new Map<string, Day>();

  constructor(rules: TollRules, limits: typeof tollLimits) {
    this.#rules = rules;
    this.#limits = limits;
  }

  change(rules: TollRules): void {
    this.#rules = rules;
  }

  ask(call: TollCall, nowMs: number): TollStop | undefined {
    if (this.#live.has(call.id)) return undefined; // the same order again
    const caps = capsOf(this.#rules, call.switch, call.gateway);
    const gateway = this.#gatewayOf(`${call.switch} ${call.gateway}`, nowMs);
    this.#look(gateway, nowMs);
    const stop = this.#stopOf(call, caps, gateway, nowMs);
    if (stop) return { ...stop, untold: this.#tell(gateway, stop.reason, nowMs) };
    gateway.calls.set(call.id, { ...call, answeredAtMs: undefined });
    this.#live.set(call.id, gateway);
    gateway.placed.push(nowMs);
    if (counts(call, caps)) this.#numberOf(call.number, nowMs).sum++;
    return undefined;
  }

  answered(id: string, nowMs: number): void {
    const call = this.#live.get(id)?.calls.get(id);
    if (call) call.answeredAtMs ??= nowMs;
  }

  over(id: string, nowMs: number): void {
    const gateway = this.#live.get(id);
    const call = gateway?.calls.get(id);
    this.#live.delete(id);
    if (!gateway || !call) return;
    gateway.calls.delete(id);
    renew(gateway.talk, nowMs, this.#limits.dayMs);
    gateway.talk.sum += talkMsOf(call, gateway.talk.fromMs, nowMs);
  }

  #stopOf(call: TollCall, caps: TollCaps, gateway: Gateway, nowMs: number): Omit<TollStop, 'untold'> | undefined {
    const { callsMax, callsPerSecond, callsPerNumberDay, minutesPerDay } = caps;
    const { dayMs } = this.#limits;
    const prefix = prefixProblem(call.number, caps);
    if (prefix) return { reason: prefix, text: 'the beginning of the number is not allowed there', retryAtMs: undefined };
    const day = counts(call, caps) ? this.#numbers.get(numberKey(call.number)) : undefined;
    if (day && isRunning(day, nowMs, dayMs) && callsPerNumberDay > 0 && day.sum >= callsPerNumberDay)
      return stop('toll-number-day', `the number was called ${String(day.sum)} times within 24 hours`, day.fromMs + dayMs);
    if (minutesPerDay > 0 && gateway.talk.sum + gateway.runningMs >= minutesPerDay * minuteMs)
      return stop('toll-minutes-day', `${String(minutesPerDay)} minutes were talked within 24 hours`, gateway.talk.fromMs + dayMs);
    if (this.#live.size >= this.#limits.callsMax || (callsMax > 0 && gateway.calls.size >= callsMax))
      return stop('toll-calls', `${String(gateway.calls.size)} calls are under way`, nowMs + secondMs);
    const [first = nowMs] = gateway.placed;
    if (callsPerSecond > 0 && gateway.placed.length >= callsPerSecond)
      return stop('toll-calls-per-second', `${String(callsPerSecond)} calls were placed within a second`, first + secondMs);
    return undefined;
  }

  /** Beyond the limit all further gateways share one: stricter, never laxer. */
  #gatewayOf(key: string, nowMs: number): Gateway {
    const name = this.#gateways.has(key) || this.#gateways.size < this.#limits.gatewaysMax ? key : '';
    const known = this.#gateways.get(name);
    if (known) return known;
    const gateway: Gateway = {
      calls: new Map(),
      placed: [],
      talk: { fromMs: nowMs, sum: 0 },
      runningMs: 0,
      lookedAtMs: -Infinity,
      told: new Map(),
    };
    this.#gateways.set(name, gateway);
    return gateway;
  }

  /** At all its calls; where they are many, once a second. */
  #look(gateway: Gateway, nowMs: number): void {
    gateway.placed = gateway.placed.filter((atMs) => atMs > nowMs - secondMs && atMs <= nowMs);
    const sinceMs = nowMs - gateway.lookedAtMs;
    if (gateway.calls.size > this.#limits.lookedAtMax && sinceMs >= 0 && sinceMs < secondMs) return;
    gateway.lookedAtMs = nowMs;
    for (const [id, { untilMs }] of gateway.calls) if (untilMs <= nowMs) this.over(id, untilMs);
    renew(gateway.talk, nowMs, this.#limits.dayMs);
    gateway.runningMs = 0;
    for (const call of gateway.calls.values()) gateway.runningMs += talkMsOf(call, gateway.talk.fromMs, nowMs);
  }

  #numberOf(number: string, nowMs: number): Day {
    const key = numberKey(number);
    const { dayMs, numbersMax } = this.#limits;
    const known = this.#numbers.get(key);
    if (known && isRunning(known, nowMs, dayMs)) return known;
    this.#numbers.delete(key); // to the end: the oldest day stands first
    const day = { fromMs: nowMs, sum: 0 };
    this.#numbers.set(key, day);
    for (const [old, { fromMs }] of this.#numbers) {
      if (this.#numbers.size <= numbersMax && nowMs - fromMs < dayMs) break;
      this.#numbers.delete(old);
    }
    return day;
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

const counts = ({ origin, number }: TollCall, caps: TollCaps): boolean => origin !== 'agent' && !isShort(number, caps);

/** A clock that was set back begins a day anew. */
const isRunning = ({ fromMs }: Day, nowMs: number, dayMs: number): boolean => nowMs - fromMs < dayMs && nowMs >= fromMs;

function renew(day: Day, nowMs: number, dayMs: number): void {
  if (isRunning(day, nowMs, dayMs)) return;
  day.fromMs = nowMs;
  day.sum = 0;
}

/** What of its talk lies in the day. */
const talkMsOf = ({ answeredAtMs }: Live, fromMs: number, nowMs: number): number =>
  answeredAtMs === undefined ? 0 : Math.max(0, nowMs - Math.max(answeredAtMs, fromMs));
