/** What follows a result (dialer.md B6, B48), dispositions (B46) and callbacks (B47). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Campaign } from '../core/dialer/campaign.js';
import { retryDefaults } from '../core/dialer/campaign-defaults.js';
import { contactClock } from '../core/dialer/compliance/windows.js';
import type { Contact } from '../core/dialer/contact.js';
import { afterDisposition, callbackAt, dncScopeOf, recycled } from '../core/dialer/dispositions.js';
import { planAfter, type ContactClock, type RetryTools } from '../core/dialer/retry.js';
import { results, type CallResult } from '../core/dialer/words.js';
import { campaignOf, contactOf, dayMs, hourMs, nowMs, profileOf } from './support/dialer-rules.js';

const minuteMs = 60_000;
const berlin = { zones: ['Europe/Berlin'], region: undefined, source: 'given' } as const;
/** 09:00 to 20:00 in Berlin, not on Sunday; it is Wednesday, 15:00 there */
const clock = contactClock(berlin, profileOf('eu-generic'), campaignOf());
/** always open, no parts of the day */
const open: ContactClock = { opensAt: (ms) => ms, partOf: () => undefined, partBegins: () => undefined };
const never: ContactClock = { ...open, opensAt: () => undefined };

const plan = (result: CallResult, contact: Partial<Contact> = {}, campaign: Partial<Campaign> = {}, tools: Partial<RetryTools> = {}) =>
  planAfter(contactOf(contact), campaignOf(campaign), result, nowMs, { jitter: 0.5, clock: open, countsAsAttempt: true, ...tools });

const after = (result: CallResult, calls: number, more: Partial<Contact> = {}) =>
  plan(result, { resultCounts: { [result]: calls - 1 }, ...more }, { attemptsMax: 0 });
/** minutes until the next attempt after the n-th call with this result; `end` when there is none */
const delays = (result: CallResult, calls: number): readonly (number | string)[] =>
  Array.from({ length: calls }, (_, i) => {
    const { to, nextAttemptAtMs = 0, result: as } = after(result, i + 1);
    return to === 'ended' ? `end ${as}` : (nextAttemptAtMs - nowMs) / minuteMs;
  });

describe('dialer: retry by result (B48, B6 of the specification)', () => {
  const rows: Readonly<Record<string, readonly (number | string)[]>> = {
    CONNECTED: ['end CONNECTED'],
    CONNECTED_IVR: ['end CONNECTED_IVR'],
    CUSTOMER_DROPPED: [240, 'end CUSTOMER_DROPPED'],
    ABANDONED: [1440, 'end ABANDONED'],
    BUSY: [10, 30, 120, 'end BUSY'],
    NO_ANSWER: [240, 240, 240, 240, 'end NO_ANSWER'],
    MACHINE: [1440, 1440, 'end MACHINE'],
    REJECTED: [1440, 'end REJECTED'],
    SCREENED: [1440, 'end SCREENED'],
    UNREACHABLE: [120, 1440, 'end UNREACHABLE'],
    INVALID_NUMBER: ['end INVALID_NUMBER'],
    CONGESTION: [1, 2, 4, 8, 15, 15, 15, 15, 15, 'end CARRIER_ERROR'],
    CARRIER_ERROR: [5, 5, 5, 5, 'end CARRIER_ERROR'],
    INTERNAL_ERROR: [5, 5, 5, 5, 'end INTERNAL_ERROR'],
    CANCELLED: [5, 5, 5, 5, 'end CANCELLED'],
    FAX: ['end FAX'],
    LOST: ['end LOST'],
  };
  for (const [result, expected] of Object.entries(rows))
    it(`${result}: ${expected.join(', ')}`, () => {
      assert.deepEqual(delays(result as CallResult, expected.length), expected);
    });

  it('every result has a rule or is final', () => {
    for (const result of results) assert.equal(plan(result, {}, { retry: {} }).to, 'ended', result);
    for (const result of Object.keys(retryDefaults)) assert.ok(result in rows, result);
  });

  it('an abandoned contact is called again by an agent who is there, in the UK after 72 hours', () => {
    const { guaranteedOnly, nextAttemptAtMs } = plan('ABANDONED', {}, {}, { protectAbandonedMs: 72 * hourMs, jitter: 0 });
    assert.equal(guaranteedOnly, true);
    assert.equal(nextAttemptAtMs, nowMs + 72 * hourMs);
    assert.equal(plan('BUSY').guaranteedOnly, false);
  });

  it('delays vary by a tenth', () => {
    assert.equal(plan('BUSY', {}, {}, { jitter: 0 }).nextAttemptAtMs, nowMs + 9 * minuteMs);
    assert.equal(plan('BUSY', {}, {}, { jitter: 1 }).nextAttemptAtMs, nowMs + 11 * minuteMs);
    assert.equal(plan('BUSY', {}, {}, { jitter: 7 }).nextAttemptAtMs, nowMs + 11 * minuteMs);
  });

  it('the contact’s own limit goes before the rule; calls that do not count do not reach it', () => {
    assert.deepEqual([plan('BUSY', { attempts: 5 }).to, plan('BUSY', { attempts: 5 }).result], ['ended', 'MAX_ATTEMPTS']);
    assert.equal(plan('BUSY', { attempts: 4 }).to, 'pending');
    assert.equal(plan('CONGESTION', { attempts: 6 }, {}, { countsAsAttempt: false }).to, 'pending');
    assert.equal(plan('CONNECTED', { attempts: 5 }).result, 'CONNECTED', 'it would not be called again anyway');
    assert.equal(plan('BUSY', { attempts: 50 }, { attemptsMax: 0 }).to, 'pending');
  });

  it('next number when one is used up; then the end', () => {
    const numbers = ['+4915112345678', '+49301'];
    const next = after('BUSY', 4, { numbers });
    assert.deepEqual([next.to, next.numberIndex, next.nextAttemptAtMs, next.numberBad], ['pending', 1, nowMs, false]);
    assert.equal(after('BUSY', 5, { numbers, numberIndex: 1 }).numberIndex, 1, 'a number has its limit anew');
    assert.equal(after('BUSY', 8, { numbers, numberIndex: 1 }).numberIndex, 2);
    assert.equal(after('BUSY', 12, { numbers, numberIndex: 2 }).to, 'ended');
  });

  it('a number that does not exist is marked and left; with confirmInvalid it is tried once more after a day', () => {
    const next = plan('INVALID_NUMBER', { numbers: ['+49301'] });
    assert.deepEqual([next.to, next.numberIndex, next.numberBad], ['pending', 1, true]);
    const last = plan('INVALID_NUMBER');
    assert.deepEqual([last.to, last.numberBad], ['ended', true]);
    const once = plan('INVALID_NUMBER', {}, { confirmInvalid: true });
    assert.deepEqual([once.to, once.nextAttemptAtMs, once.numberBad, once.numberIndex], ['pending', nowMs + dayMs, false, 0]);
    assert.equal(plan('INVALID_NUMBER', { resultCounts: { INVALID_NUMBER: 1 } }, { confirmInvalid: true }).to, 'ended');
  });

  it('screened: another caller id', () => {
    assert.equal(plan('SCREENED').otherCallerId, true);
    assert.equal(plan('BUSY').otherCallerId, false);
  });

  it('moved into the next open window', () => {
    // Wednesday 15:00 + 24 h is open; + 4 h is 19:00; at 18:00 it would be 22:00, so Thursday 09:00
    const late = nowMs + 3 * hourMs;
    const at = (nowAt: number) =>
      planAfter(contactOf(), campaignOf(), 'CUSTOMER_DROPPED', nowAt, { jitter: 0.5, clock, countsAsAttempt: true }).nextAttemptAtMs;
    assert.equal(at(nowMs), nowMs + 4 * hourMs);
    assert.equal(at(late), Date.parse('2026-11-26T08:00:00Z'));
    // Saturday evening: Monday
    assert.equal(at(Date.parse('2026-11-28T17:00:00Z')), Date.parse('2026-11-30T08:00:00Z'));
  });

  it('no window, or past the end time: the end', () => {
    assert.deepEqual([plan('BUSY', {}, {}, { clock: never }).to, plan('BUSY', {}, {}, { clock: never }).result], ['ended', 'NO_TIME_ZONE']);
    assert.equal(plan('BUSY', { endTimeMs: nowMs + 10 * minuteMs }).to, 'ended');
    assert.equal(plan('BUSY', { endTimeMs: nowMs + 10 * minuteMs + 1 }).to, 'pending');
  });

  it('another part of the day: the one with the fewest attempts', () => {
    const next = (partCounts: readonly number[], rate?: (part: number) => number) =>
      plan('NO_ANSWER', { partCounts }, {}, { clock, ...(rate && { answerRateOfPart: rate }) }).nextAttemptAtMs ?? 0;
    const iso = (ms: number) => new Date(ms).toISOString();
    // this call was in part 1 (12 to 17); wanted from 19:00
    assert.equal(iso(next([0, 0, 1])), '2026-11-26T08:00:00.000Z', 'the morning has none');
    assert.equal(iso(next([1, 0, 0])), '2026-11-25T18:00:00.000Z', 'the evening has none, and it is evening then');
    assert.equal(iso(next([2, 0, 3])), '2026-11-26T11:00:00.000Z', 'this part has one, the others more');
    assert.equal(iso(next([0, 0, 0])), '2026-11-25T18:00:00.000Z', 'tie: the earlier');
    assert.equal(iso(next([0, 0, 0], (part) => (part === 0 ? 0.4 : 0.2))), '2026-11-26T08:00:00.000Z', 'tie: the better answer rate');
  });

  it('a part in which the window never opens is passed over', () => {
    const early = campaignOf({ dayParts: [5 * 60, 7 * 60, 12 * 60, 21 * 60] });
    const own = contactClock(berlin, profileOf('eu-generic'), early);
    const { nextAttemptAtMs } = plan('NO_ANSWER', {}, {}, { clock: own });
    assert.ok(own.partOf(nextAttemptAtMs ?? 0) !== 0 && own.opensAt(nextAttemptAtMs ?? 0) === nextAttemptAtMs);
  });

  it('whatever the result: pending has a time that is open and not in the past, ended has none', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...results),
        fc.integer({ min: 0, max: 14 * dayMs }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
        (result, later, jitter, calls, partCounts) => {
          const at = nowMs + later;
          const contact = contactOf({ resultCounts: { [result]: calls }, attempts: Math.min(calls, 5), partCounts });
          const { to, nextAttemptAtMs } = planAfter(contact, campaignOf(), result, at, { jitter, clock, countsAsAttempt: true });
          if (to === 'ended') assert.equal(nextAttemptAtMs, undefined);
          else assert.ok(nextAttemptAtMs !== undefined && nextAttemptAtMs >= at && clock.opensAt(nextAttemptAtMs) === nextAttemptAtMs);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('dialer: dispositions, callbacks, recycling', () => {
  const say = (name: string, more: object = {}, contact: Partial<Contact> = {}, campaign: Partial<Campaign> = {}) =>
    afterDisposition(
      contactOf({ status: 'ended', result: 'CONNECTED', ...contact }),
      campaignOf(campaign),
      { name, agent: 'ann', ...more },
      nowMs,
      clock,
    );
  const revised = (name: string, more: object = {}, contact: Partial<Contact> = {}, campaign: Partial<Campaign> = {}) => {
    const said = say(name, more, contact, campaign);
    assert.ok('revision' in said, JSON.stringify(said));
    return said.revision;
  };

  it('B46: a final disposition ends the contact', () => {
    const revision = revised('sale');
    assert.deepEqual([revision.disposition, revision.status, revision.result, revision.dnc], ['SALE', 'ended', 'CONNECTED', undefined]);
  });

  it('B46: never call again puts the number on the list of the client, of the campaign without one, or on the global one', () => {
    const dnc = (campaign: Partial<Campaign>, more: object = {}) =>
      revised('DNC', more, {}, campaign).dnc?.map((e) => `${e.scope} ${e.number} ${e.source}`);
    assert.deepEqual(dnc({ client: 'acme' }), ['client:acme 4930123456 agent:ann']);
    assert.deepEqual(dnc({}), ['campaign:spring 4930123456 agent:ann']);
    assert.deepEqual(dnc({ client: 'acme' }, { numberKey: '4940999' }), ['client:acme 4940999 agent:ann']);
    assert.equal(dncScopeOf('global', { id: 'c', client: 'acme' }), '');
    assert.equal(dncScopeOf('campaign', { id: 'c', client: 'acme' }), 'campaign:c');
  });

  it('B46, B48: recycle after its time, in the next window', () => {
    const { status, nextAttemptAtMs } = revised('RECYCLE');
    assert.deepEqual([status, nextAttemptAtMs], ['pending', nowMs + dayMs]);
    assert.equal(revised('RECYCLE', {}, { attempts: 6 }).result, 'MAX_ATTEMPTS');
    assert.equal(revised('RECYCLE', {}, { endTimeMs: nowMs + hourMs }).status, 'ended');
  });

  it('B46: an unknown disposition and a callback without a time are refused', () => {
    assert.deepEqual(Object.keys(say('NOPE')), ['field', 'problem']);
    assert.match(JSON.stringify(say('CALLBACK')), /callback_at.*needs a time/);
  });

  it('B47: a callback of the agent’s own, with his patience; or anybody’s', () => {
    const atMs = nowMs + 2 * hourMs;
    const own = revised('CALLBACK', { callbackAtMs: atMs });
    assert.deepEqual([own.status, own.nextAttemptAtMs, own.disposition], ['pending', atMs, 'CALLBACK']);
    assert.deepEqual(own.callback, { atMs, agent: 'ann', patienceUntilMs: atMs + 30 * minuteMs });
    assert.deepEqual(revised('CALLBACK', { callbackAtMs: atMs, callbackAgent: '' }).callback, {
      atMs,
      agent: undefined,
      patienceUntilMs: undefined,
    });
  });

  it('B47: a callback is never moved: refused in the past, outside the window, after the end', () => {
    const ask = (atMs: number, contact: Partial<Contact> = {}, campaign: Partial<Campaign> = {}) => {
      const said = callbackAt(contactOf(contact), campaignOf(campaign), { atMs, agent: 'ann' }, nowMs, clock);
      return 'problem' in said ? said.problem : 'taken';
    };
    assert.equal(ask(nowMs), 'taken');
    assert.match(ask(nowMs - 1), /passed/);
    assert.match(ask(NaN), /year/);
    assert.match(ask(nowMs + 400 * dayMs), /year/);
    assert.match(ask(nowMs + 8 * hourMs), /next from 2026-11-26T08:00:00/);
    assert.match(ask(nowMs + hourMs, { endTimeMs: nowMs + hourMs }), /end time/);
    assert.match(ask(nowMs + hourMs, {}, { endsAtMs: nowMs + hourMs }), /campaign/);
  });

  it('B48: an ended contact is recycled by the rule of its result, or of its disposition; never a final one', () => {
    const old = { status: 'ended', result: 'NO_ANSWER', dialTimeMs: nowMs - 2 * hourMs } as const;
    const next = (more: Partial<Contact>) => recycled(contactOf({ ...old, ...more }), campaignOf(), nowMs, clock)?.nextAttemptAtMs;
    assert.equal(next({}), nowMs + 2 * hourMs, 'four hours after its last call');
    assert.equal(next({ dialTimeMs: nowMs - 90 * dayMs }), nowMs);
    assert.equal(next({ result: 'CONNECTED' }), undefined);
    assert.equal(
      next({ result: 'CONNECTED', disposition: 'RECYCLE' }),
      nowMs + 22 * hourMs > Date.parse('2026-11-26T19:00Z') ? 0 : nowMs + 22 * hourMs,
    );
    assert.equal(next({ disposition: 'SALE' }), undefined);
    assert.equal(next({ result: 'BLOCKED_DNC' }), undefined);
    assert.equal(next({ status: 'pending' }), undefined);
    assert.equal(next({ attempts: 6 }), undefined);
  });
});
