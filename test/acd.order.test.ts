/*
 * Goal: callers are served in one total order over all queues, and nobody starves beyond the bound that the settings
 * promise (B17): a caller is passed only by callers who join within (difference of priority x step + difference of
 * points) after him.
 * Method: random callers with random priorities, points and queues; the order of service is compared with the
 * documented key, worked out here a second time, and each overtaking is measured. A failure names its seed.
 */
import assert from 'node:assert/strict';
import { byMemberKey, rankOf } from '../core/acd/order.js';
import type { MemberKey } from '../core/acd/order.js';
import { acdSettingsDefaults } from '../core/acd/config.js';
import { memberId } from '../core/acd/ids.js';
import { AcdDrive, driveStartMs, numbersFrom } from './support/acd-drive.js';

const seeds = Array.from({ length: 30 }, (_, n) => n + 1);

interface Waiting {
  readonly id: string;
  readonly joinedAtMs: number;
  readonly priority: number;
  readonly baseScoreS: number;
}

/** Random callers of three queues with different priorities wait for one agent, who is on break. */
function gather(seed: number, priorityStepMs: number): { readonly drive: AcdDrive; readonly callers: readonly Waiting[] } {
  const below = numbersFrom(seed * 104_729);
  const queues = { low: { priority: 12 }, middle: { priority: 10, baseScoreS: 30 }, high: { priority: 8 } };
  const names = Object.keys(queues) as (keyof typeof queues)[];
  const drive = new AcdDrive({
    queues,
    desks: [{ id: 'ann', config: { initialStatus: 'On Break' } }],
    settings: { priorityStepMs },
  });
  const callers: Waiting[] = [];
  for (let n = 0; n < 40; n++) {
    drive.pass(below(4) * 5_000);
    const queue = names[below(3)] ?? 'low';
    const own = below(5) === 0 ? below(20) : undefined;
    const score = below(3) === 0 ? below(120) : 0;
    drive.join(`k${n}`, queue, { baseScoreS: score, priority: own });
    const points = score + (queue === 'middle' ? 30 : 0);
    callers.push({ id: `k${n}`, joinedAtMs: drive.nowMs, priority: own ?? queues[queue].priority, baseScoreS: points });
  }
  return { drive, callers };
}

/** Serve everybody, one after the other. */
function serve(drive: AcdDrive, count: number): readonly string[] {
  drive.status('ann', 'Available');
  for (let n = 0; n < count; n++) {
    drive.talk(drive.last());
    drive.pass(1_000);
    drive.end(drive.last());
  }
  return drive.offers.map(({ member }) => member);
}

describe('acd order of callers', () => {
  it('B17 F2 F3 O21: served by joining moment, less a second for each point, plus a step for each priority; then by arrival', () => {
    for (const seed of seeds) {
      const { drive, callers } = gather(seed, 60_000);
      const key = (c: Waiting): number => c.joinedAtMs - 1_000 * c.baseScoreS + 60_000 * c.priority;
      const expected = [...callers].sort((a, b) => key(a) - key(b)).map(({ id }) => id);
      assert.deepEqual(serve(drive, callers.length), expected, `seed ${seed}`);
    }
  });

  it('B17 O21: with a step of 0 the priority goes first, strictly, and then the same', () => {
    for (const seed of seeds) {
      const { drive, callers } = gather(seed, 0);
      const key = (c: Waiting): number => c.joinedAtMs - 1_000 * c.baseScoreS;
      const expected = [...callers].sort((a, b) => a.priority - b.priority || key(a) - key(b)).map(({ id }) => id);
      assert.deepEqual(serve(drive, callers.length), expected, `seed ${seed}`);
    }
  });

  it('B17: nobody is passed by a caller who joined later than the bound allows', () => {
    for (const seed of seeds) {
      const { drive, callers } = gather(seed, 60_000);
      const served = serve(drive, callers.length);
      for (const early of callers)
        for (const late of callers) {
          if (served.indexOf(late.id) > served.indexOf(early.id)) continue;
          const boundMs = 60_000 * Math.max(0, early.priority - late.priority) + 1_000 * Math.max(0, late.baseScoreS - early.baseScoreS);
          const laterMs = late.joinedAtMs - early.joinedAtMs;
          assert.ok(laterMs <= boundMs, `seed ${seed}: ${late.id} came ${laterMs} ms after ${early.id}, the bound is ${boundMs}`);
        }
    }
  });

  it('B17: a stream of better callers that never ends does not keep one waiting beyond the bound', () => {
    const drive = new AcdDrive({
      queues: { low: { priority: 15 }, high: { priority: 10 } },
      desks: [{ id: 'ann' }],
      settings: { priorityStepMs: 60_000 },
    });
    drive.join('first', 'high');
    drive.talk(drive.last());
    drive.join('patient', 'low');
    const joinedAtMs = drive.nowMs;
    // two better callers each 10 s, each talk takes 10 s: the line of better ones grows without end
    for (let n = 0; n < 100 && drive.last().member !== 'patient'; n++) {
      drive.join(`better${n}`, 'high');
      drive.join(`better${n}b`, 'high');
      drive.pass(10_000);
      drive.end(drive.last());
      drive.talk(drive.last());
    }
    assert.equal(drive.last().member, 'patient');
    const passedBy = drive.offers.filter(({ member }) => member.startsWith('better')).length;
    assert.equal(passedBy, 60, 'all who joined within 5 steps of 60 s after him, two each 10 s, and nobody else');
    const behind = [...drive.engine.state.members.values()].filter(({ id }) => id.startsWith('better'));
    assert.ok(behind.every((member) => member.joinedAtMs - joinedAtMs >= 300_000));
  });

  it('B17: with a step of 0 the same stream keeps him waiting for ever; that is what strict priority means', () => {
    const drive = new AcdDrive({
      queues: { low: { priority: 15 }, high: { priority: 10 } },
      desks: [{ id: 'ann' }],
      settings: { priorityStepMs: 0 },
    });
    drive.join('first', 'high');
    drive.talk(drive.last());
    drive.join('patient', 'low');
    for (let n = 0; n < 500; n++) {
      drive.join(`better${n}`, 'high');
      drive.pass(10_000);
      drive.end(drive.last());
      drive.talk(drive.last());
      assert.equal(drive.last().member, `better${n}`);
    }
  });

  it('B17: the order is total: of two callers one is always before the other, and never round in a circle', () => {
    const below = numbersFrom(99);
    const keys: MemberKey[] = Array.from({ length: 60 }, (_, n) => ({
      strict: below(2) * 1_000_000,
      // few values, so that ties are frequent
      rank: rankOf({ joinedAtMs: below(3) * 1_000, baseScoreS: below(3), priority: below(2) }, acdSettingsDefaults),
      serial: n,
      id: memberId(`m${n}`),
    }));
    for (const a of keys)
      for (const b of keys) {
        assert.equal(Math.sign(byMemberKey(a, b)), -Math.sign(byMemberKey(b, a)) || 0);
        if (a !== b) assert.notEqual(byMemberKey(a, b), 0);
        for (const c of keys) if (byMemberKey(a, b) < 0 && byMemberKey(b, c) < 0) assert.ok(byMemberKey(a, c) < 0);
      }
  });

  it('B17: the greatest priority and the highest score stay exact', () => {
    const at = (joinedAtMs: number, priority: number): number => rankOf({ joinedAtMs, baseScoreS: 0, priority }, acdSettingsDefaults);
    const nowMs = Date.parse('2026-11-23T09:00:00Z');
    assert.equal(at(nowMs + 1, 4_294_967_295) - at(nowMs, 4_294_967_295), 1);
    assert.equal(at(nowMs, 4_294_967_295) - at(nowMs, 4_294_967_294), 60_000);
  });

  it('B16 #2511: whoever is best in the order is served first at every free agent, over all queues an agent serves', () => {
    for (const seed of seeds) {
      const below = numbersFrom(seed * 31);
      const queues = { one: {}, two: {}, three: {} };
      const names = Object.keys(queues);
      const desks = Array.from({ length: 6 }, (_, n) => ({
        id: `agent${n}`,
        queues: names.filter((_name, at) => at === n % 3 || below(2) === 0),
        config: { initialStatus: 'On Break' as const },
      }));
      const drive = new AcdDrive({ queues, desks });
      const callers = Array.from({ length: 20 }, (_, n) => {
        drive.pass(1_000);
        const [queue = 'one', baseScoreS] = [names[below(3)], below(10)];
        drive.join(`k${n}`, queue, { baseScoreS });
        return { id: `k${n}`, queue, rank: drive.nowMs - 1_000 * baseScoreS };
      });
      const left = [...callers].sort((a, b) => a.rank - b.rank);
      for (const { id, queues: served } of desks) {
        const best = left.find(({ queue }) => served.includes(queue));
        drive.status(id, 'Available');
        const got = drive.offers.find(({ agent }) => agent === id)?.member;
        assert.equal(got, best?.id, `seed ${seed}: ${id}`);
        if (best) left.splice(left.indexOf(best), 1);
      }
      assert.ok(drive.offers.every(({ atMs }) => atMs > driveStartMs));
    }
  });
});
