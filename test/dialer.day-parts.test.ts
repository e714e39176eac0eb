/** Which part of the day answers, and what retries make of it (dialer.md B6). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createDayParts } from '../core/dialer/engine/day-parts.js';
import { createDialerEngine } from '../core/dialer/engine/create-dialer-engine.js';
import { dayPartsMax } from '../core/dialer/retry.js';
import { DialerDesk, readyAgent, testCampaign, testRules } from './support/dialer-desk.js';
import { sampleContact } from './support/dialer-table.js';

describe('dialer: answers by part of the day', () => {
  it('B48: a part with more answers has the higher share; one without calls that of the whole day', () => {
    const parts = createDayParts();
    assert.equal(parts.rateOf(0), undefined);
    for (let i = 0; i < 100; i++) {
      parts.learn(0, i % 10 === 0);
      parts.learn(1, i % 2 === 0);
    }
    const [morning = 0, noon = 0, evening = 0] = [0, 1, 2].map((part) => parts.rateOf(part));
    assert.ok(morning < 0.2 && noon > 0.4, `${String(morning)} ${String(noon)}`);
    assert.ok(Math.abs(evening - 0.3) < 0.001);
  });

  it('B48: one call in a part says little', () => {
    const parts = createDayParts();
    for (let i = 0; i < 100; i++) parts.learn(0, i % 4 === 0);
    parts.learn(1, true);
    assert.ok((parts.rateOf(1) ?? 1) < 0.35);
  });

  it('B48: a list that changes is followed, over years too', () => {
    const parts = createDayParts();
    for (let i = 0; i < 100_000; i++) parts.learn(0, false);
    for (let i = 0; i < 10_000; i++) parts.learn(0, true);
    assert.ok((parts.rateOf(0) ?? 0) > 0.8);
  });

  it('B44: what was learned is there after a restart; what cannot be read is left aside', () => {
    const [before, after] = [createDayParts(), createDayParts()];
    for (let i = 0; i < 50; i++) before.learn(i % 3, i % 2 === 0);
    after.restore(JSON.parse(JSON.stringify(before.snapshot())));
    assert.equal(after.rateOf(1), before.rateOf(1));
    const fresh = createDayParts();
    const whole = { version: 1, calls: new Array<number>(dayPartsMax).fill(1), answers: new Array<number>(dayPartsMax).fill(2) };
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.constant(whole), fc.constant({ ...whole, answers: [] })), (spoilt) => {
        fresh.restore(spoilt);
        assert.equal(fresh.rateOf(0), undefined);
      }),
      { numRuns: 200 },
    );
  });

  it('B48: the plan of a retry is given the shares that the campaign has learned', () => {
    const rates: (number | undefined)[][] = [];
    const desk = new DialerDesk([testCampaign('P', { mode: 'POWER' })], { callsPerSecond: 100 });
    const engine = createDialerEngine({
      instance: 'd',
      nowMs: desk.nowMs,
      rules: {
        ...testRules,
        planAfter(...asked) {
          rates.push([0, 1].map((part) => asked[5](part)));
          return testRules.planAfter(...asked);
        },
        dayPartOf: () => 1,
      },
    });
    Object.assign(desk, { engine });
    desk.configure();
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: undefined });
    desk.login(readyAgent('ann'), readyAgent('bob'));
    for (let n = 1; n <= 3; n++) desk.add(sampleContact(`P${String(n)}`, 'P'));
    desk.begin();
    desk.run(2);
    for (const id of ['P1', 'P2', 'P3']) {
      if (id === 'P2') desk.answer(id);
      desk.end(id, { cause: id === 'P2' ? 'NORMAL_CLEARING' : 'USER_BUSY' });
    }
    assert.deepEqual(rates[0], [undefined, undefined]);
    assert.deepEqual(rates[1], [0, 0], 'one call, unanswered');
    assert.ok((rates[2]?.[1] ?? 0) > 0.4, String(rates[2]));
    assert.ok(engine.learned().has('parts:P'));
  });
});
