/** A message that makes a row, and a process that dies, stops, or loses its database, while it is under way (CRM-15, 9.4). */
import assert from 'node:assert/strict';
import { createCrmDelivery, crmDeliveryDefaults } from '../core/services/crm-delivery.js';
import type { CrmDelivery, CrmSent } from '../core/services/crm-delivery.js';
import { TandemError } from '../core/errors.js';
import { openStore, type Store } from '../sql/store.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

describe('CRM delivery: killed while it sends', () => {
  const timers = createHandTimers();
  let store: Store;
  let asked: number;
  let answer: () => Promise<CrmSent>;
  let verified: boolean | undefined;
  let isStoreAway: boolean;
  /** makes another row each time; else only while the first is not done */
  let isOnce: boolean;

  beforeEach(async () => {
    store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: () => timers.nowMs() });
    await store.migrate();
    asked = 0;
    verified = undefined;
    isStoreAway = false;
    isOnce = true;
    answer = () => Promise.resolve({ kind: 'delivered' });
    const message = { binding: 'main', callId: 'c', seq: 1, event: 'StartApp', payload: '{}', createdAtMs: timers.nowMs() };
    await store.crm.save({ calls: [], messages: [message] });
  });

  afterEach(() => store.close());

  function start(): CrmDelivery {
    const delivery = createCrmDelivery({
      binding: 'main',
      store: {
        ...store.crm,
        delivered: (id, atMs) =>
          isStoreAway ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['away'])) : store.crm.delivered(id, atMs),
      },
      send: () => {
        asked += 1;
        return answer();
      },
      verify: () => Promise.resolve(verified),
      isRepeatable: () => !isOnce,
      makesRow: () => !isOnce,
      liveCalls: () => [],
      nowMs: () => timers.nowMs(),
      after: (ms, run) => timers.after(ms, run),
      random: () => 0.5,
      log: silentLog,
      meter: silentMeter,
    });
    delivery.start();
    return delivery;
  }

  const settle = async (): Promise<void> => {
    for (let n = 0; n < 60; n++) await new Promise((resolve) => setImmediate(resolve));
  };

  /** The request goes out, and the process that sent it is no more. */
  async function killed(): Promise<void> {
    answer = () => new Promise(() => undefined);
    start();
    await settle();
    assert.equal(asked, 1);
    answer = () => Promise.resolve({ kind: 'delivered' });
    asked = 0;
  }

  async function wait(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      timers.advance(500);
      await settle();
    }
  }

  const counts = async (): Promise<readonly [number, number]> => {
    const { pending, dead } = await store.crm.counts('main');
    return [pending, dead];
  };

  it('CRM-15: found to be stored, it is not sent again', async () => {
    await killed();
    verified = true;
    start();
    await settle();
    assert.deepEqual([asked, await counts()], [0, [0, 0]]);
  });

  it('CRM-15: found not to be stored, it is sent', async () => {
    await killed();
    verified = false;
    start();
    await wait(14_000);
    assert.equal(asked, 0, 'the CRM may be at it still');
    await wait(2_000);
    assert.deepEqual([asked, await counts()], [1, [0, 0]]);
  });

  for (const [title, once] of [
    ['9.4: where nothing can be found out, it is sent once more after 15 s', true],
    ['CRM-15: one that is looked for, and made where it is not found, waits 15 s for the CRM that may be at it still', false],
  ] as const)
    it(title, async () => {
      isOnce = once;
      await killed();
      start();
      await wait(14_000);
      assert.equal(asked, 0);
      await wait(2_000);
      assert.deepEqual([asked, await counts()], [1, [0, 0]]);
    });

  it('9.4: killed twice with the same one, it is a dead letter and no third row', async () => {
    await killed();
    answer = () => new Promise(() => undefined);
    start();
    await wait(16_000);
    assert.equal(asked, 1);
    start();
    await wait(16_000);
    assert.deepEqual([asked, await counts()], [1, [0, 1]]);
  });

  it('CRM-15: one that did not go out is no doubtful one, also for the next process', async () => {
    answer = () => Promise.resolve({ kind: 'unsent', problem: 'refused' });
    const first = start();
    await settle();
    await first.stop();
    assert.equal(asked, 1);
    answer = () => Promise.resolve({ kind: 'delivered' });
    start();
    await settle();
    assert.deepEqual([asked, await counts()], [2, [0, 0]]);
  });

  it('CRM-15: the same when the CRM takes it and does not answer; what reached nobody is sent again at once', async () => {
    isOnce = false;
    answer = () => Promise.resolve({ kind: 'ambiguous', problem: 'no answer within 10000 ms', isEmpty5xx: false, isAway: true });
    start();
    await wait(14_000);
    assert.equal(asked, 1);
    answer = () => Promise.resolve({ kind: 'unsent', problem: 'refused' });
    await wait(2_000);
    assert.equal(asked, 2);
    answer = () => Promise.resolve({ kind: 'delivered' });
    await wait(3_000);
    assert.deepEqual([asked, await counts()], [3, [0, 0]]);
  });

  it('scale-out 7: who stops waits two seconds for a CRM that hangs, and what it hears later is no business of his', async () => {
    isOnce = false;
    let end: (sent: CrmSent) => void = () => undefined;
    answer = () => new Promise((resolve) => (end = resolve));
    const first = start();
    await settle();
    let isStopped = false;
    void first.stop().then(() => (isStopped = true));
    await wait(crmDeliveryDefaults.stopMsMax - 500);
    assert.equal(isStopped, false, 'an answer that comes now is stored');
    await wait(1_000);
    assert.equal(isStopped, true);
    answer = () => Promise.resolve({ kind: 'delivered' });
    const second = start();
    end({ kind: 'rejected', problem: 'Sorry!' });
    await wait(14_000);
    assert.deepEqual([asked, await counts()], [1, [1, 0]], 'the next owner waits for what may be done still');
    await wait(2_000);
    assert.deepEqual([asked, await counts()], [2, [0, 0]]);
    await second.stop();
  });

  it('CRM-15: delivered, but the database is away when that is to be stored: asked back before it is sent again', async () => {
    isStoreAway = true;
    start();
    await settle();
    assert.equal(asked, 1);
    isStoreAway = false;
    verified = true;
    await wait(3_000);
    assert.deepEqual([asked, await counts()], [1, [0, 0]]);
  });

  it('CRM-15: one that never left before its sender stopped is no doubtful one for who comes next, however late that is known', async () => {
    let end: (sent: CrmSent) => void = () => undefined;
    answer = () => new Promise((resolve) => (end = resolve));
    const first = start();
    await settle();
    const stopped = first.stop();
    await wait(crmDeliveryDefaults.stopMsMax + 500);
    await stopped;
    end({ kind: 'unsent', problem: 'refused' });
    await settle();
    answer = () => Promise.resolve({ kind: 'delivered' });
    start();
    await settle();
    assert.deepEqual([asked, await counts()], [2, [0, 0]], 'sent at once, since surely nobody has it');
  });

  it('scale-out 7: what another process has noted since it was read is sent by that one alone', async () => {
    const [message] = await store.crm.due('main', timers.nowMs(), 1);
    assert.ok(message);
    const claim = store.crm.claim.bind(store.crm);
    let others = 0;
    store.crm.claim = async (id, attempts) => {
      others += Number(await claim(id, attempts)); // it was a moment quicker
      return claim(id, attempts);
    };
    start();
    await settle();
    store.crm.claim = claim;
    assert.deepEqual([asked, others], [0, 1]);
    assert.equal(await store.crm.delivered(message.id, timers.nowMs()), true);
    await wait(16_000);
    assert.deepEqual([asked, await counts()], [0, [0, 0]]);
  });
});
