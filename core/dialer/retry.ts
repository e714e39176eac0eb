/** What follows a result (dialer.md B6, B48): again when, on which number, or the end. */
import type { Campaign, RetryRule } from './campaign.js';
import { retryDefaults } from './campaign-defaults.js';
import type { Contact } from './contact.js';
import type { CallResult } from './words.js';

/** Wall clock where a contact lives; `contactClock` (compliance/windows.ts) makes it. */
export interface ContactClock {
  /** earliest moment from `ms` on at which a call may be placed; undefined: none in the weeks that are looked at */
  opensAt(ms: number): number | undefined;
  /** part of the day (0 = first) at `ms`, undefined outside all parts */
  partOf(ms: number): number | undefined;
  /** next begin of this part after `ms` */
  partBegins(part: number, ms: number): number | undefined;
}

export interface RetryTools {
  /** 0 to 1, by chance */
  readonly jitter: number;
  readonly clock: ContactClock;
  /** estimated share of answers in a part of the day; breaks ties */
  readonly answerRateOfPart?: (part: number) => number | undefined;
  /** of the profile: so long after an abandoned call only a guaranteed agent may call (72 h in the UK); the rule's own delay holds when it is longer */
  readonly protectAbandonedMs?: number;
  /** column A of this call */
  readonly countsAsAttempt: boolean;
}

export interface RetryPlan {
  readonly to: 'pending' | 'ended';
  /** of the contact: the call's, or MAX_ATTEMPTS, CARRIER_ERROR */
  readonly result: CallResult;
  /** undefined when it has ended */
  readonly nextAttemptAtMs: number | undefined;
  readonly numberIndex: number;
  /** the next call must have its agent before it is placed */
  readonly guaranteedOnly: boolean;
  /** the number that was called does not exist */
  readonly numberBad: boolean;
  /** the next call shows another caller id of the campaign */
  readonly otherCallerId: boolean;
  /** in words, for explain and audit */
  readonly why: string;
}

/** Delays are varied by this share, up and down, so that what failed together is not called together again. */
const jitterShare = 0.1;
/** a number that is said not to exist is tried once more after it (`confirmInvalid`) */
const confirmInvalidMs = 24 * 3_600_000;
/** moves from window to window until one lies in the wanted part of the day */
const partStepsMax = 30;

/** `contact`: before this call is counted (the transition's `counts` adds it). A result without a rule is final. */
export function planAfter(contact: Contact, campaign: Campaign, result: CallResult, nowMs: number, tools: RetryTools): RetryPlan {
  const rule = ruleOf(campaign, result);
  const calls = (contact.resultCounts[result] ?? 0) + 1;
  const ended = (why: string, as: CallResult = result): RetryPlan => ({
    to: 'ended',
    result: as,
    nextAttemptAtMs: undefined,
    numberIndex: contact.numberIndex,
    guaranteedOnly: false,
    numberBad: result === 'INVALID_NUMBER',
    otherCallerId: false,
    why,
  });
  const again = (delayMs: number, why: string, numberIndex = contact.numberIndex): RetryPlan => {
    const at = nextAttempt(contact, rule, nowMs, delayMs, tools);
    if (at === undefined) return ended(`${why}, but its calling window does not open`, 'NO_TIME_ZONE');
    if (contact.endTimeMs !== undefined && at >= contact.endTimeMs) return ended(`${why}, but that is after its end time`);
    const isOtherNumber = numberIndex !== contact.numberIndex;
    return {
      ...ended(why),
      to: 'pending',
      nextAttemptAtMs: at,
      numberIndex,
      guaranteedOnly: rule?.guaranteedOnly ?? false,
      numberBad: result === 'INVALID_NUMBER' && isOtherNumber,
      otherCallerId: result === 'SCREENED',
    };
  };

  if (!rule) return ended(`${result} is final`);
  const attempts = contact.attempts + (tools.countsAsAttempt ? 1 : 0);
  if (tools.countsAsAttempt && campaign.attemptsMax > 0 && attempts >= campaign.attemptsMax && wantsMore(contact, rule, calls))
    return ended(`${String(attempts)} attempts, the campaign's most`, 'MAX_ATTEMPTS');
  if (rule.retry && calls < mostOf(contact, rule))
    return again(delayOf(rule, result, calls, tools), `${result}, call ${String(calls)} with it`);
  if (rule.then === 'next-number' || rule.then === 'number-bad') {
    const next = contact.numberIndex + 1;
    if (next <= contact.numbers.length) return again(0, `${result}: its next number`, next);
  }
  if (rule.then === 'carrier-error') return ended(`${String(calls)} calls with ${result}`, 'CARRIER_ERROR');
  return ended(rule.retry ? `${String(calls)} calls with ${result}, its most` : `${result} is final`);
}

/** The campaign's own rule, with the confirmation of wrong numbers. */
function ruleOf(campaign: Campaign, result: CallResult): RetryRule | undefined {
  const rule = campaign.retry[result];
  if (result !== 'INVALID_NUMBER' || !campaign.confirmInvalid) return rule;
  return { ...(rule ?? retryDefaults.INVALID_NUMBER), ...confirmRule };
}
const confirmRule: RetryRule = {
  retry: true,
  delaysMs: [confirmInvalidMs],
  attemptsMax: 2,
  otherPartOfDay: false,
  guaranteedOnly: false,
  then: 'number-bad',
};

/**
 * Counts of results are kept for the contact, so each further number has the limit anew. Of abandoned calls the limit
 * counts the repeats: with one, the customer whom we left standing is called once more by an agent who is there.
 */
const mostOf = (contact: Contact, rule: RetryRule): number => {
  const isPerNumber = rule.then === 'next-number' || rule.then === 'number-bad';
  return rule.attemptsMax * (isPerNumber ? contact.numberIndex + 1 : 1) + (rule.guaranteedOnly ? 1 : 0);
};

const wantsMore = (contact: Contact, rule: RetryRule, calls: number): boolean =>
  (rule.retry && calls < mostOf(contact, rule)) ||
  ((rule.then === 'next-number' || rule.then === 'number-bad') && contact.numberIndex < contact.numbers.length);

function delayOf(rule: RetryRule, result: CallResult, calls: number, tools: RetryTools): number {
  const delays = rule.delaysMs;
  const own = delays[Math.min(calls, delays.length) - 1] ?? 0;
  const least = result === 'ABANDONED' ? (tools.protectAbandonedMs ?? 0) : 0;
  const jitter = 1 + jitterShare * (2 * Math.min(Math.max(tools.jitter, 0), 1) - 1);
  // what a profile demands is never shortened
  return Math.max(own * jitter, least);
}

/** The time wanted, in the wanted part of the day, in an open window. */
function nextAttempt(contact: Contact, rule: RetryRule | undefined, nowMs: number, delayMs: number, tools: RetryTools): number | undefined {
  const wanted = Math.round(nowMs + delayMs);
  const opens = tools.clock.opensAt(wanted);
  if (opens === undefined || rule?.otherPartOfDay !== true || delayMs === 0) return opens;
  let best: { readonly at: number; readonly tries: number; readonly rate: number } | undefined;
  for (const [part, tries] of triesByPart(contact, nowMs, tools).entries()) {
    const at = openInPart(part, wanted, tools.clock);
    if (at === undefined) continue;
    const rate = tools.answerRateOfPart?.(part) ?? 0;
    const isBetter = !best || tries < best.tries || (tries === best.tries && (rate > best.rate || (rate === best.rate && at < best.at)));
    if (isBetter) best = { at, tries, rate };
  }
  return best?.at ?? opens;
}

/** Attempts so far by part of the day, this call among them; parts that exist. */
function triesByPart(contact: Contact, nowMs: number, { clock }: RetryTools): readonly number[] {
  const tries: number[] = [];
  for (let part = 0; part < dayPartsMax && clock.partBegins(part, nowMs) !== undefined; part++)
    tries.push((contact.partCounts[part] ?? 0) + (clock.partOf(nowMs) === part ? 1 : 0));
  return tries;
}
/** parts a day may be cut into */
export const dayPartsMax = 12;

/** First moment from `ms` on in this part of the day at which the window is open. */
function openInPart(part: number, ms: number, clock: ContactClock): number | undefined {
  let at: number | undefined = ms;
  for (let steps = 0; steps < partStepsMax && at !== undefined; steps++) {
    at = clock.opensAt(at);
    if (at === undefined || clock.partOf(at) === part) return at;
    at = clock.partBegins(part, at);
  }
  return undefined;
}
