import assert from 'node:assert/strict';
import type { CrmMessage, NewCrmMessage } from '../core/crm-ports.js';
import { createCrmDelivery } from '../core/services/crm-delivery.js';
import type { CrmDelivery, CrmDeliveryOptions, CrmSent } from '../core/services/crm-delivery.js';
import { openStore } from '../sql/store.js';
import type { Store } from '../sql/store.js';
import { createHandTimers } from './support/hand-timers.js';
import type { HandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import type { RecordingMeter } from './support/observers.js';

const delivered: CrmSent = { kind: 'delivered' };
const unsent: CrmSent = { kind: 'unsent', problem: 'refused' };
const empty500: CrmSent = { kind: 'ambiguous', problem: '500', isEmpty5xx: true };

interface Crm {
  readonly store: Store;
  readonly timers: HandTimers;
  readonly delivery: CrmDelivery;
  readonly meter: RecordingMeter;
  /** `call seq` of each request, in order */
  readonly asked: string[];
  answer: (message: CrmMessage) => CrmSent | Promise<CrmSent>;
  verified: boolean | undefined;
  live: readonly string[];
  /** answers of the database come when this resolves, as they were when it was asked */
  slow: Promise<void> | undefined;
  /** requests under way at once, at most */
  atOnce: number;
  put(...messages: readonly [callId: string, seq: number, event?: string][]): Promise<void>;
  /** Lets everything settle that needs no time. */
  settle(): Promise<void>;
  /** Time passes in small steps. */
  wait(ms: number): Promise<void>;
  counts(): Promise<{ readonly pending: number; readonly dead: number }>;
}

describe('CRM delivery', () => {
  const opened: Crm[] = [];

  afterEach(async () => {
    for (const crm of opened.splice(0)) {
      await crm.delivery.stop();
      await crm.store.close();
    }
  });

  async function open(options: Partial<CrmDeliveryOptions> = {}): Promise<Crm> {
    const timers = createHandTimers();
    const meter = recordingMeter();
    const store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter, nowMs: () => timers.nowMs() });
    await store.migrate();
    let under = 0;
    const settle = async (): Promise<void> => {
      for (let n = 0; n < 60; n++) await new Promise((resolve) => setImmediate(resolve));
    };
    const crm: Crm = {
      store,
      timers,
      meter,
      asked: [],
      answer: () => delivered,
      verified: undefined,
      live: [],
      slow: undefined,
      atOnce: 0,
      delivery: createCrmDelivery(
        {
          binding: 'main',
          store: {
            ...store.crm,
            async due(...asked) {
              const found = await store.crm.due(...asked);
              await crm.slow;
              return found;
            },
          },
          send: async (message) => {
            crm.asked.push(`${message.callId} ${String(message.seq)}`);
            crm.atOnce = Math.max(crm.atOnce, ++under);
            const sent = await crm.answer(message);
            under -= 1;
            return sent;
          },
          verify: () => Promise.resolve(crm.verified),
          isRepeatable: ({ event }) => event !== 'StartApp',
          makesRow: ({ event }) => event === 'ws.create',
          liveCalls: () => crm.live,
          nowMs: () => timers.nowMs(),
          after: (ms, run) => timers.after(ms, run),
          random: () => 0.5,
          log: silentLog,
          meter,
        },
        options,
      ),
      async put(...messages) {
        const rows = messages.map(([callId, seq, event = 'Hangup']): NewCrmMessage => ({
          binding: 'main',
          callId,
          seq,
          event,
          payload: '{}',
          createdAtMs: timers.nowMs(),
        }));
        await store.crm.save({ calls: [], messages: rows });
        crm.delivery.wake();
        await settle();
      },
      settle,
      async wait(ms) {
        for (let left = ms; left > 0; left -= 500) {
          timers.advance(Math.min(500, left));
          await settle();
        }
      },
      async counts() {
        const { pending, dead } = await store.crm.counts('main');
        return { pending, dead };
      },
    };
    opened.push(crm);
    crm.delivery.start();
    await crm.settle();
    return crm;
  }

  it('9.2: each call in order and one at a time, calls side by side up to the bound', async () => {
    const crm = await open({ inFlightMax: 2 });
    const waiting: (() => void)[] = [];
    crm.answer = () => new Promise((resolve) => waiting.push(() => resolve(delivered)));
    await crm.put(['a', 1], ['a', 2], ['b', 1], ['c', 1]);
    assert.deepEqual(crm.asked, ['a 1', 'b 1']);
    while (waiting.length > 0) {
      waiting.shift()?.();
      await crm.settle();
    }
    assert.deepEqual([...crm.asked].sort(), ['a 1', 'a 2', 'b 1', 'c 1']);
    assert.ok(crm.asked.indexOf('a 1') < crm.asked.indexOf('a 2'));
    assert.equal(crm.atOnce, 2);
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
  });

  it('B25: a CRM that is away for an hour loses nothing, is asked seldom, and then gets all in order, no faster than it can drink', async () => {
    const crm = await open();
    crm.answer = () => unsent;
    await crm.put(['a', 1], ['a', 2], ['b', 1], ['b', 2], ['c', 1]);
    await crm.wait(3_600_000);
    assert.ok(crm.asked.length >= 60 && crm.asked.length < 80, `${String(crm.asked.length)} requests in an hour of absence`);
    assert.equal(crm.delivery.state().state, 'down');
    crm.asked.length = 0;
    const times: number[] = [];
    crm.answer = () => {
      times.push(crm.timers.nowMs());
      return delivered;
    };
    for (let n = 0; n < 2_000 && (await crm.counts()).pending > 0; n++) {
      crm.timers.advance(50);
      await crm.settle();
    }
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
    for (const call of ['a', 'b']) assert.ok(crm.asked.indexOf(`${call} 1`) < crm.asked.indexOf(`${call} 2`));
    const gaps = times.slice(1).map((at, n) => at - (times[n] ?? 0));
    assert.ok(
      gaps.every((gap) => gap >= 50),
      gaps.join(),
    );
    assert.equal(crm.delivery.state().state, 'up');
  });

  it('a wrong key pauses the binding, asks once a minute, and drops nothing', async () => {
    const crm = await open();
    crm.answer = () => ({ kind: 'auth' });
    await crm.put(['a', 1], ['b', 1]);
    const before = crm.asked.length;
    await crm.wait(600_000);
    assert.ok(crm.asked.length - before <= 10, String(crm.asked.length));
    assert.equal(crm.delivery.state().state, 'auth');
    crm.answer = () => delivered;
    await crm.wait(120_000);
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
  });

  it('what the CRM refuses three times is a dead letter, and what comes behind it is sent', async () => {
    const crm = await open();
    crm.answer = ({ seq }) => (seq === 1 ? { kind: 'rejected', problem: 'Sorry!' } : delivered);
    await crm.put(['a', 1], ['a', 2], ['b', 2]);
    await crm.wait(10_000);
    assert.deepEqual(
      crm.asked.filter((text) => text.startsWith('a')),
      ['a 1', 'a 1', 'a 1', 'a 2'],
    );
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 1 });
    const [letter] = await crm.store.crm.deadLetters('main', 0, 10);
    assert.equal(letter?.lastError, 'Sorry!');
    crm.answer = () => delivered;
    assert.equal(await crm.store.crm.replay('main', {}, crm.timers.nowMs()), 1);
    crm.delivery.wake();
    await crm.settle();
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
  });

  it('9.4: StartApp with an unknown fate is sent once more after 15 s, never a third time; found to be stored it is not repeated', async () => {
    const crm = await open();
    crm.answer = ({ event }) => (event === 'StartApp' ? { kind: 'ambiguous', problem: 'reset', isEmpty5xx: false } : delivered);
    await crm.put(['a', 1, 'StartApp'], ['a', 2]);
    await crm.wait(14_000);
    assert.deepEqual(crm.asked, ['a 1']);
    await crm.wait(60_000);
    assert.deepEqual(crm.asked, ['a 1', 'a 1', 'a 2']);
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 1 });
    crm.verified = true;
    await crm.put(['b', 1, 'StartApp'], ['b', 2]);
    assert.deepEqual(crm.asked.slice(3), ['b 1', 'b 2']);
  });

  it('CRM-15: an answer of the database that is older than the end of a request sends nothing twice', async () => {
    const crm = await open({ inFlightMax: 2 });
    const ends: (() => void)[] = [];
    crm.answer = () => new Promise((resolve) => void ends.push(() => resolve(delivered)));
    await crm.put(['a', 1], ['b', 1], ['c', 1]);
    assert.deepEqual(crm.asked, ['a 1', 'b 1']);
    let answer = (): void => undefined;
    crm.slow = new Promise((resolve) => (answer = resolve));
    ends[0]?.(); // now the database is asked, and still has b
    await crm.settle();
    ends[1]?.();
    await crm.settle();
    crm.slow = undefined;
    answer();
    await crm.settle();
    assert.deepEqual(crm.asked, ['a 1', 'b 1', 'c 1']);
    ends[2]?.();
    await crm.settle();
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
  });

  it('an edition that answers 500 after every success is no storm: after twenty, with accept5xx, it counts as delivered', async () => {
    const crm = await open({ accept5xx: true, accept5xxAfter: 20, inFlightMax: 1 });
    crm.answer = () => empty500;
    const calls = Array.from({ length: 40 }, (_, n): [string, number] => [`c${String(n)}`, 1]);
    await crm.put(...calls);
    await crm.wait(120_000);
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
    assert.ok(crm.asked.length <= 40 + 21, `${String(crm.asked.length)} requests for 40 messages`);
  });

  it('calls that go on are told first when much has piled up', async () => {
    const crm = await open({ inFlightMax: 1 });
    crm.answer = () => unsent;
    await crm.put(['old1', 1], ['old2', 1], ['live', 1]);
    crm.live = ['live'];
    crm.asked.length = 0;
    crm.answer = () => delivered;
    await crm.wait(70_000);
    assert.equal(crm.asked[0], 'live 1');
    assert.equal(crm.asked.length, 3);
  });

  it('CRM-14: a CRM that takes requests and never answers loses nothing in an hour, and is asked by one at a time', async () => {
    const crm = await open();
    crm.answer = () => ({ kind: 'ambiguous', problem: 'no answer within 10000 ms', isEmpty5xx: false, isAway: true });
    await crm.put(['a', 1], ['a', 2], ['b', 1], ['c', 1]);
    const atBegin = crm.asked.length;
    await crm.wait(3_600_000);
    assert.equal(crm.delivery.state().state, 'down');
    assert.ok(crm.asked.length - atBegin <= 75, String(crm.asked.length));
    assert.deepEqual(await crm.counts(), { pending: 4, dead: 0 });
    crm.answer = () => delivered;
    await crm.wait(150_000);
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
    assert.ok(crm.asked.lastIndexOf('a 1') < crm.asked.lastIndexOf('a 2'));
  });

  it('CRM-14: a message at which the CRM breaks each time holds up its own call, and no other', async () => {
    const crm = await open();
    crm.answer = ({ callId }) =>
      callId === 'bad' ? { kind: 'ambiguous', problem: '500 Fatal error', isEmpty5xx: false, isAway: false } : delivered;
    await crm.put(['bad', 1], ['bad', 2], ['a', 1], ['b', 1]);
    await crm.wait(600_000);
    assert.deepEqual(await crm.counts(), { pending: 2, dead: 0 });
    assert.equal(crm.delivery.state().state, 'up');
    const tries = crm.asked.filter((text) => text === 'bad 1').length;
    assert.ok(tries >= 10 && tries <= 20, `${String(tries)} tries in ten minutes`);
  });

  it('410: nothing more is sent, not even after a day, until somebody resumes; what is too old meanwhile is given up', async () => {
    const crm = await open();
    crm.answer = () => ({ kind: 'gone' });
    await crm.put(['a', 1]);
    await crm.put(['b', 1]);
    await crm.wait(120_000);
    assert.deepEqual(crm.asked, ['a 1']);
    const { state, problem } = crm.delivery.state();
    assert.deepEqual([state, /410/.test(problem)], ['gone', true]);
    crm.answer = () => delivered;
    crm.timers.advance(86_400_000);
    await crm.settle();
    assert.deepEqual(crm.asked, ['a 1']);
    crm.delivery.resume();
    await crm.wait(1_000);
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
    assert.equal(crm.delivery.state().state, 'up');
    crm.answer = () => ({ kind: 'gone' });
    await crm.put(['c', 1], ['d', 1]);
    await crm.wait(1_000);
    crm.timers.advance(7 * 86_400_000 + 60_000);
    await crm.settle();
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 2 });
  });

  it('a binding that was paused for a wrong key goes on at once when it is resumed', async () => {
    const crm = await open();
    crm.answer = () => ({ kind: 'auth' });
    await crm.put(['a', 1]);
    crm.answer = () => delivered;
    await crm.wait(1_000);
    assert.equal((await crm.counts()).pending, 1);
    crm.delivery.resume();
    await crm.settle();
    assert.deepEqual(await crm.counts(), { pending: 0, dead: 0 });
  });

  it('a message that cannot even be made is a dead letter after three tries, and holds up nobody', async () => {
    const crm = await open();
    crm.answer = ({ callId }) => (callId === 'bad' ? Promise.reject(new URIError('URI malformed')) : delivered);
    await crm.put(['bad', 1], ['bad', 2], ['a', 1]);
    await crm.wait(20_000);
    const [letter] = await crm.store.crm.deadLetters('main', 0, 10);
    assert.equal(letter?.lastError, 'internal: URI malformed');
    assert.deepEqual(
      crm.asked.filter((text) => text === 'a 1' || text === 'bad 1'),
      ['bad 1', 'a 1', 'bad 1', 'bad 1'],
    );
    crm.answer = () => Promise.reject(new Error('its answer'));
    await crm.put(['s', 1, 'StartApp']);
    await crm.wait(14_000);
    assert.equal(crm.asked.filter((text) => text === 's 1').length, 1, 'it may have made a row');
  });

  it('a fault of ours that meets every message shows as a CRM that is away, and empties nothing in a hurry', async () => {
    const crm = await open();
    crm.answer = () => Promise.reject(new Error('a broken teller'));
    await crm.put(...Array.from({ length: 40 }, (_, n) => [`c${String(n)}`, 1] as [string, number]));
    await crm.wait(60_000);
    assert.equal(crm.delivery.state().state, 'down');
    const { pending, dead } = await crm.store.crm.counts('main');
    assert.ok(dead < 10 && pending > 30, `${String(pending)} wait, ${String(dead)} are dead`);
    crm.answer = () => delivered;
    await crm.wait(120_000);
    assert.deepEqual([crm.delivery.state().state, (await crm.store.crm.counts('main')).pending], ['up', 0]);
  });

  it('after seven days a message is given up, and says so', async () => {
    const crm = await open();
    crm.answer = () => unsent;
    await crm.put(['a', 1]);
    crm.timers.advance(7 * 86_400_000 + 60_000);
    await crm.settle();
    const [letter] = await crm.store.crm.deadLetters('main', 0, 10);
    assert.match(letter?.lastError ?? '', /older than 7 days/);
  });
});
