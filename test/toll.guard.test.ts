/** The guard against toll fraud (core/toll, user-needs B4). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { e164Forms } from '../core/dialer/compliance/numbers.js';
import { asteriskWay, freeswitchWays } from '../core/toll/agent-ways.js';
import { capsOf, prefixProblem, tollDefaults, type TollCaps } from '../core/toll/caps.js';
import { createTollGuard, tollLimits, type TollCall, type TollGuard } from '../core/toll/guard.js';
import { tollRulesWith } from '../core/toll/schema.js';

const uncapped: TollCaps = {
  ...{ callsMax: 0, callsPerSecond: 0, callsPerNumberDay: 0, minutesPerDay: 0, shortDigits: 4 },
  ...{ allowedPrefixes: [], deniedPrefixes: [], isSet: new Set() },
};
const day = 86_400_000;
const t0 = 1_795_287_600_000;

const guardOf = (caps: Partial<TollCaps>, limits = tollLimits): TollGuard =>
  createTollGuard({ general: { ...uncapped, ...caps }, gateways: new Map() }, limits);

const callOf = (id: string, more: Partial<TollCall> = {}): TollCall => ({
  ...{ id, origin: 'dialer', switch: 'fs1', gateway: 'gw1', number: `+49301${id.padStart(6, '0')}`, untilMs: t0 + day },
  ...more,
});

/** Reason of the stop, `go` when there is none. */
const asked = (guard: TollGuard, id: string, atMs = t0, more: Partial<TollCall> = {}): string =>
  guard.ask(callOf(id, more), atMs)?.reason ?? 'go';

describe('toll guard', () => {
  it('B4: no more calls at once over one gateway than its cap; others have their own', () => {
    const guard = guardOf({ callsMax: 2 });
    assert.deepEqual(
      ['1', '2', '3'].map((id) => asked(guard, id)),
      ['go', 'go', 'toll-calls'],
    );
    assert.equal(asked(guard, '4', t0, { gateway: 'gw2' }), 'go');
    guard.over('1', t0 + 5);
    assert.deepEqual([asked(guard, '5', t0 + 5), asked(guard, '6', t0 + 5)], ['go', 'toll-calls']);
  });

  it('B4: a call whose end nobody tells is over at its time', () => {
    const guard = guardOf({ callsMax: 1 });
    asked(guard, '1', t0, { untilMs: t0 + 60_000 });
    assert.equal(asked(guard, '2', t0 + 59_999), 'toll-calls');
    assert.equal(asked(guard, '2', t0 + 60_000), 'go');
  });

  it('B4: never more calls in any second than the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), (perSecond, gaps) => {
        const guard = guardOf({ callsPerSecond: perSecond });
        const placed: number[] = [];
        let atMs = t0;
        for (const [n, gap] of gaps.entries()) {
          atMs += gap;
          const stop = guard.ask(callOf(String(n)), atMs);
          if (!stop) placed.push(atMs);
          else assert.equal(stop.retryAtMs, (placed.at(-perSecond) ?? 0) + 1_000);
        }
        for (const from of placed) assert.ok(placed.filter((ms) => ms >= from && ms < from + 1_000).length <= perSecond);
      }),
    );
  });

  it('B4: a number is called so often within 24 hours, however it is written and over whatever gateway', () => {
    const guard = guardOf({ callsPerNumberDay: 3 });
    const ways = ['+4930123456', '004930123456', '0114930123456'];
    for (const [n, number] of ways.entries()) assert.equal(asked(guard, String(n), t0 + n, { number, gateway: `gw${String(n)}` }), 'go');
    const stop = guard.ask(callOf('9', { number: '+4930123456' }), t0 + 1_000);
    assert.deepEqual([stop?.reason, stop?.retryAtMs], ['toll-number-day', t0 + day]);
    assert.equal(asked(guard, '9', t0 + day, { number: '+4930123456' }), 'go');
  });

  it("B4: an agent's own telephone and internal numbers are not counted for the day", () => {
    const guard = guardOf({ callsPerNumberDay: 1 });
    for (const id of ['1', '2', '3']) {
      assert.equal(asked(guard, `a${id}`, t0, { origin: 'agent', number: '+4917012345' }), 'go');
      assert.equal(asked(guard, `c${id}`, t0, { origin: 'click', number: '1004' }), 'go');
    }
  });

  it('B4: minutes of talk over a gateway within 24 hours; ringing is none, what is talked now counts', () => {
    const guard = guardOf({ minutesPerDay: 10 });
    asked(guard, '1');
    asked(guard, '2');
    guard.answered('1', t0 + 60_000);
    guard.over('2', t0 + 3_600_000); // never answered
    assert.equal(asked(guard, '3', t0 + 60_000 + 599_999), 'go');
    const stop = guard.ask(callOf('4'), t0 + 60_000 + 600_000);
    assert.deepEqual([stop?.reason, stop?.retryAtMs], ['toll-minutes-day', t0 + day]);
    guard.over('1', t0 + 660_000);
    assert.equal(asked(guard, '5', t0 + 700_000), 'toll-minutes-day');
    assert.equal(asked(guard, '6', t0 + 700_000, { gateway: 'gw2' }), 'go');
    assert.equal(asked(guard, '7', t0 + day), 'go');
  });

  it('B4: of allowed and denied prefixes the longer decides, a tie denies; +, 00 and 011 are the same', () => {
    const caps = { ...uncapped, allowedPrefixes: ['+49', '0', '+4990'], deniedPrefixes: ['+49900', '00', '+4990'] };
    const cases: Readonly<Record<string, string | undefined>> = {
      '+4930123456': undefined,
      '004930123456': undefined,
      '0114930123456': undefined,
      '030123456': undefined,
      '+49901234567': 'toll-prefix-denied',
      '+49900123456': 'toll-prefix-denied',
      '00390612345': 'toll-prefix-denied',
      '+390612345': 'toll-prefix-not-allowed',
      '110': undefined,
    };
    for (const [number, problem] of Object.entries(cases)) assert.equal(prefixProblem(number, caps), problem, number);
  });

  it('B4: a number dialled without + is judged as the E.164 number that it may be; nobody guesses at national ones', () => {
    const forms: Readonly<Record<string, readonly string[]>> = {
      '881612345678': e164Forms('881612345678'),
      '979123456789': e164Forms('979123456789'),
      '49881612345678': e164Forms('881612345678', '49881612345678'),
    };
    assert.deepEqual(forms['49881612345678'], ['+49881612345678', '+881612345678'], 'as its campaign reads it, and as a carrier may');
    for (const [number, e164] of Object.entries(forms))
      assert.equal(prefixProblem(number, tollDefaults, e164), 'toll-prefix-denied', number);
    // area codes of Texas and Arkansas, free of charge, a mobile in India, a house in Galicia
    for (const number of ['9795551234', '8705551234', '8885551234', '8821234567', '881234567', '*43', '1004'])
      assert.equal(prefixProblem(number, tollDefaults, e164Forms(number)), undefined, number);
    const germany = { ...uncapped, allowedPrefixes: ['+49'] };
    for (const [number, key] of [
      ['4930123456', '4930123456'],
      ['030123456', '4930123456'],
    ] as const)
      assert.equal(prefixProblem(number, germany, e164Forms(number, key)), undefined, number);
    assert.equal(prefixProblem('030123456', germany, e164Forms('030123456')), 'toll-prefix-not-allowed', 'without a country');
  });

  it('B4: a number counts for the day under its E.164 form, however it is dialled', () => {
    const guard = guardOf({ callsPerNumberDay: 2 });
    assert.equal(asked(guard, '1', t0, { number: '030123456', e164: ['+4930123456'] }), 'go');
    assert.equal(asked(guard, '2', t0, { number: '4930123456', e164: ['+4930123456'] }), 'go');
    assert.equal(asked(guard, '3', t0, { number: '+4930123456' }), 'toll-number-day');
  });

  it("B4: by default agents' telephones are under no cap of figures and take none of the customers' room; prefixes hold for them", () => {
    const guard = guardOf({ callsMax: 2, callsPerSecond: 3, minutesPerDay: 10 });
    const agent = { origin: 'agent' as const };
    for (let n = 0; n < 5; n++) {
      assert.equal(asked(guard, `a${String(n)}`, t0, agent), 'go');
      guard.answered(`a${String(n)}`, t0);
    }
    const later = t0 + 3_600_000;
    assert.deepEqual(
      ['1', '2', '3'].map((id) => asked(guard, id, later)),
      ['go', 'go', 'toll-calls'],
    );
    guard.over('a0', later);
    assert.equal(asked(guard, '4', later), 'toll-calls', 'the end of one makes no room');
    const denying = guardOf({ deniedPrefixes: ['+979'] });
    assert.equal(asked(denying, '1', t0, { ...agent, number: '+979123456' }), 'toll-prefix-denied');
  });

  it("B4: caps that an operator has set hold for agents' telephones and customers together, each cap by itself", () => {
    const agent = { origin: 'agent' as const };
    const calls = guardOf({ callsMax: 2, callsPerSecond: 1, isSet: new Set(['callsMax']) });
    assert.deepEqual(
      [asked(calls, 'a1', t0, agent), asked(calls, '1'), asked(calls, 'a2', t0, agent), asked(calls, '2', t0 + 2_000)],
      ['go', 'go', 'toll-calls', 'toll-calls'],
    );
    const rate = guardOf({ callsPerSecond: 1, isSet: new Set(['callsPerSecond']) });
    assert.deepEqual([asked(rate, 'a1', t0, agent), asked(rate, 'a2', t0, agent)], ['go', 'toll-calls-per-second']);
    const minutes = guardOf({ minutesPerDay: 10, isSet: new Set(['minutesPerDay']) });
    asked(minutes, 'a1', t0, agent);
    minutes.answered('a1', t0);
    assert.equal(asked(minutes, '1', t0 + 600_000), 'toll-minutes-day');
  });

  it('B4: without any setting premium and satellite numbers are stopped, and every cap is there', () => {
    for (const number of ['+979123456', '00979123456', '+19005551234', '+8816123456', '011870123456'])
      assert.equal(prefixProblem(number, tollDefaults), 'toll-prefix-denied', number);
    assert.equal(prefixProblem('+4930123456', tollDefaults), undefined);
    const { callsMax, callsPerSecond, callsPerNumberDay, minutesPerDay } = tollDefaults;
    for (const cap of [callsMax, callsPerSecond, callsPerNumberDay, minutesPerDay]) assert.ok(cap > 0);
  });

  it('B4: what is stopped counts for nothing, and the same order again is no second call', () => {
    const guard = guardOf({ callsPerNumberDay: 1, callsMax: 5, callsPerSecond: 2 });
    asked(guard, '1', t0, { number: '+4930555' });
    for (let n = 0; n < 20; n++) assert.equal(asked(guard, `x${String(n)}`, t0, { number: '+4930555' }), 'toll-number-day');
    assert.equal(asked(guard, '1', t0, { number: '+4930555' }), 'go');
    assert.equal(asked(guard, '2'), 'go');
  });

  it('B4: a cap is told once a minute for each gateway and reason, with the count since', () => {
    const guard = guardOf({ callsMax: 1 });
    asked(guard, '1');
    const told = [0, 1, 2, 59_999, 60_000, 60_001].map((ms, n) => guard.ask(callOf(`s${String(n)}`), t0 + ms)?.untold);
    assert.deepEqual(told, [1, 0, 0, 0, 4, 0]);
  });

  it('B4: what it remembers is bounded; beyond its gateways others share one, beyond its numbers the oldest go', () => {
    const guard = guardOf({ callsMax: 1, callsPerNumberDay: 1 }, { ...tollLimits, gatewaysMax: 1, numbersMax: 2 });
    assert.equal(asked(guard, '1', t0, { gateway: 'a', number: '+49301' }), 'go');
    assert.equal(asked(guard, '2', t0, { gateway: 'b', number: '+493022' }), 'go');
    assert.equal(asked(guard, '3', t0, { gateway: 'c', number: '+493033' }), 'toll-calls');
    guard.over('2', t0);
    assert.equal(asked(guard, '4', t0, { gateway: 'c', number: '+493033' }), 'go');
    guard.over('4', t0);
    assert.equal(asked(guard, '5', t0, { gateway: 'c', number: '+49301' }), 'go', 'forgotten: two are newer');
    guard.over('5', t0);
    assert.equal(asked(guard, '6', t0, { gateway: 'c', number: '+493033' }), 'toll-number-day');
  });

  it('B4: a clock that was set back blocks nobody for longer than a day', () => {
    const guard = guardOf({ callsPerNumberDay: 1, callsPerSecond: 1 });
    asked(guard, '1', t0 + day, { number: '+4930555' });
    assert.equal(asked(guard, '2', t0, { number: '+4930555' }), 'go');
  });

  it('B4: caps of single gateways go before the general ones, for one switch or for all', () => {
    const value = {
      gateways: [
        { gateway: 'trunk', calls_max: 7 },
        { gateway: 'trunk', switch: 'fs2', calls_max: 3, allowed_prefixes: ['+49'] },
      ],
    };
    const rules = tollRulesWith(tollDefaults, 'caps.yaml', value);
    assert.equal(capsOf(rules, 'fs1', 'trunk').callsMax, 7);
    assert.deepEqual(capsOf(rules, 'fs2', 'trunk'), {
      ...tollDefaults,
      callsMax: 3,
      allowedPrefixes: ['+49'],
      isSet: new Set(['callsMax']),
    });
    assert.equal(capsOf(rules, 'fs1', 'other'), tollDefaults);
  });

  it('B4: a file of caps with mistakes is refused with the fields named', () => {
    const wrong = [
      { gateways: [{ gateway: 'a b' }] },
      { gateways: [{ gateway: 'a', calls_max: -1 }] },
      { gateways: [{ gateway: 'a', allowed_prefixes: ['+49x'] }] },
      { gateways: [{ gateway: 'a', callsmax: 1 }] },
      { gateways: [{ gateway: 'a' }, { gateway: 'a' }] },
      [],
    ];
    for (const value of wrong) assert.throws(() => tollRulesWith(tollDefaults, 'caps.yaml', value), { code: 'TDM_BAD_FILE' });
    assert.throws(() => tollRulesWith(tollDefaults, 'caps.yaml', wrong[1]), /gateways\.0\.calls_max/);
  });

  it("B4: the ways of agents' contacts; a telephone of the own switch has none", () => {
    assert.deepEqual(asteriskWay('PJSIP/+4930123@trunk'), { gateway: 'trunk', number: '+4930123' });
    assert.deepEqual(asteriskWay('[leg_timeout=10]Local/4930123@out/n'), { gateway: 'out', number: '4930123' });
    assert.deepEqual(asteriskWay('IAX2/peer/4930123'), { gateway: 'peer', number: '4930123' });
    for (const own of ['1001', 'PJSIP/1001', 'PJSIP/anna@desk', 'DAHDI/1']) assert.equal(asteriskWay(own), undefined, own);
    const two = freeswitchWays('{originate_timeout=15}[leg_timeout=9]sofia/gateway/trunk/4930123,loopback/4930124/out');
    assert.deepEqual(two, [
      { gateway: 'trunk', number: '4930123' },
      { gateway: 'out', number: '4930124' },
    ]);
    const shouted = { gateway: 'trunk', number: '+8816123456' };
    for (const dial of ['SOFIA/gateway/trunk/+8816123456', 'sofia/gateway/trunk/+88.16-123456', 'Loopback/+8816123456/trunk'])
      assert.deepEqual(freeswitchWays(dial), [shouted], dial);
    assert.deepEqual(freeswitchWays('sofia/external/+49.30-125@host'), [{ gateway: 'host', number: '+4930125' }]);
    assert.deepEqual(freeswitchWays('sofia/gateway/trunk/x0900.1'), [{ gateway: 'trunk', number: '09001' }]);
    assert.deepEqual(asteriskWay('PJSIP/+49.30-125@trunk'), { gateway: 'trunk', number: '+4930125' });
    assert.deepEqual(asteriskWay('IAX2/name@peer/0900123'), { gateway: 'peer', number: '0900123' });
    assert.deepEqual(freeswitchWays('sofia/external/+4930125@sip.example.net:5060'), [{ gateway: 'sip.example.net', number: '+4930125' }]);
    for (const own of ['1001', 'user/1001@pbx', 'sofia/internal/1001%pbx', 'error/USER_BUSY'])
      assert.deepEqual(freeswitchWays(own), [], own);
  });
});
