import assert from 'node:assert/strict';
import { bindingsFileSchema } from '../core/crm/binding.js';
import type { CrmSwitch } from '../core/crm-ports.js';
import { TandemError } from '../core/errors.js';
import type { JournalCall } from '../core/journal/call.js';
import type { JournalNotice } from '../core/journal/notices.js';
import type { CrmAnswer } from '../core/crm-ports.js';
import type { TollGate } from '../core/services/toll-gate.js';
import { guardCrmSwitch } from '../core/services/toll-ports.js';
import { refusal } from '../sidecar/crm/refusal.js';
import { createCrmRequests, requestDefaults } from '../sidecar/crm/requests.js';
import { askDoor, endedCall, legOf, openCrmDoor, secret } from './support/crm-door.js';
import { createHandTimers } from './support/hand-timers.js';

const [binding] = bindingsFileSchema.parse({
  crm: [
    {
      name: 'main',
      dialect: 'vtiger',
      crm_url: 'https://crm.example/',
      secret: 'a-shared-key-of-some-length',
      timezone: 'UTC',
      contexts: ['from-internal'],
      extensions: { '101': 'PJSIP/101', '102': 'PJSIP/102' },
    },
  ],
}).crm;

/** 101 talks with a customer, and it is recorded. */
const talking = (): JournalCall =>
  endedCall('c', [], {
    state: 'talking',
    legs: [{ ...legOf('101'), endedAtMs: undefined, talkingSinceMs: 1 }],
    channels: [{ uniqueId: 'leg-101', name: 'PJSIP/101-1' } as JournalCall['channels'][number]],
    recordings: [{ channel: 'leg-101', file: '/a.wav', isClosed: false }],
  });

function world() {
  const timers = createHandTimers();
  const orders: string[] = [];
  const own = {
    /** of the next orders to call; then all go well */
    answers: [] as CrmAnswer[],
    found: Promise.resolve<JournalCall | undefined>(talking()),
    place: Promise.resolve<boolean | undefined>(true),
  };
  const listeners = new Set<(notice: JournalNotice, atMs: number) => void>();
  const at = {
    name: 'alpha',
    kind: 'asterisk',
    isUp: () => true,
    clickToCall: ({ callId }: { readonly callId: string }) => {
      orders.push(callId);
      return Promise.resolve(own.answers.shift() ?? { ok: true });
    },
    hasExtension: () => own.place,
    ...Object.fromEntries(
      ['blindTransfer', 'redirect', 'attendedTransfer', 'cancelAttended', 'muteRecording'].map((order) => [
        order,
        () => (orders.push(order), Promise.resolve({ ok: true })),
      ]),
    ),
  } as unknown as CrmSwitch;
  const requests = createCrmRequests({
    journal: {
      tell: () => undefined,
      find: () => own.found,
      open: () => undefined,
      openCalls: () => [],
      onNotice: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    switches: new Map([['alpha', at]]),
    systemOf: (name) => name,
    nowMs: () => timers.nowMs(),
    after: (ms, run) => timers.after(ms, run),
  });
  assert.ok(binding);
  const { makecall } = binding;
  const untilMs = timers.nowMs() + 1_900;
  return Object.assign(own, {
    orders,
    click: (to: string, from = '101') => requests.makeCall(binding, { from, to, context: '' }),
    transfer: (mode = 'blind') => requests.transfer(binding, { callId: 'c', to: '102', from: '', mode }, untilMs),
    mute: () => requests.muteRecording(binding, 'c', false, untilMs),
    pass: (ms: number) => timers.advance(ms),
    hear: (type: 'leg-answered' | 'call-ended' | 'agent-no-answer', order: number): void => {
      const call = { id: `alpha-${orders[order] ?? ''}` } as JournalCall;
      for (const listener of listeners) listener({ type, call } as JournalNotice, timers.nowMs());
    },
    ringMs: makecall.ring_s * 1_000,
  });
}

describe('CRM: clicks', () => {
  it('3.1: a double click is one call, and Success both times; once it is over the same click is a new one', async () => {
    const { click, orders, pass, hear } = world();
    assert.deepEqual(await click('+49 30 123'), { ok: true });
    pass(200);
    assert.deepEqual(await click('+4930123'), { ok: true });
    assert.equal(orders.length, 1);
    hear('call-ended', 0); // busy
    pass(1_000);
    assert.deepEqual(await click('+4930123'), { ok: true });
    assert.equal(orders.length, 2);
  });

  it('3.1: one call at a time is set up for a user, another number waits until it is answered or over', async () => {
    const { click, orders, pass, hear } = world();
    await click('+4930123');
    pass(requestDefaults.dedupeMs);
    assert.deepEqual(await click('+4930999'), { ok: false, code: 'too-many-clicks', status: 429 });
    assert.deepEqual(await click('+4930999', '102'), { ok: true }, 'of another user');
    hear('agent-no-answer', 0);
    assert.deepEqual(await click('+4930999'), { ok: true });
    assert.equal(orders.length, 3);
  });

  it('scale-out 7: where another process hears how it went, a click counts as being set up no longer than it may ring', async () => {
    const { click, pass, ringMs } = world();
    await click('+4930123');
    pass(ringMs);
    assert.equal((await click('+4930999')).ok, false);
    pass(requestDefaults.settleMs);
    assert.equal((await click('+4930999')).ok, true);
  });

  it('3.1: of a click that the switch does not answer nobody knows the fate: the same again is no second call, also after five seconds', async () => {
    const { click, orders, pass, answers } = world();
    answers.push({ ok: false, code: 'switch-slow', status: 504, isUnsure: true });
    assert.equal((await click('+4930123')).ok, false);
    assert.deepEqual(await click('+4930123'), { ok: true }, 'it is under way');
    pass(requestDefaults.dedupeMs);
    assert.deepEqual(await click('+4930123'), { ok: false, code: 'too-many-clicks', status: 429 });
    assert.equal(orders.length, 1);
    answers.push({ ok: false, code: 'telephone-unreachable', status: 502 });
    assert.equal((await click('+4930999', '102')).ok, false);
    assert.deepEqual(await click('+4930999', '102'), { ok: true });
    assert.equal(orders.length, 3, 'one that certainly came to nothing may be tried again at once');
  });
});

describe('CRM: orders of unknown fate', () => {
  it('3.1: a link that is late, or lost with the order on it, does not say what became of it; a refusal does', () => {
    const isUnsure = (error: TandemError, isOnItsWay = true): boolean => {
      const answer = refusal(error, isOnItsWay);
      return !answer.ok && answer.isUnsure === true;
    };
    assert.ok(isUnsure(new TandemError('TDM_SWITCH_SLOW', ['alpha', 'Originate', 1_500])));
    assert.ok(isUnsure(new TandemError('TDM_SWITCH_DOWN', ['alpha', 'connection ended'])));
    assert.ok(!isUnsure(new TandemError('TDM_SWITCH_DOWN', ['alpha', 'no link']), false));
    assert.ok(!isUnsure(new TandemError('TDM_SWITCH_REFUSED', ['alpha', 'Originate', 'no'])));
  });

  it('B4: the guard against toll fraud counts a click that may ring all the same, and forgets one that certainly does not', async () => {
    const over: string[] = [];
    const gate = { ask: () => undefined, answered: () => undefined, over: (id: string) => void over.push(id) };
    const answers: CrmAnswer[] = [
      { ok: false, code: 'switch-slow', status: 504, isUnsure: true },
      { ok: false, code: 'refused', status: 409 },
    ];
    const port = { name: 'alpha', kind: 'asterisk', clickToCall: () => Promise.resolve(answers.shift()) };
    const guarded = guardCrmSwitch(port as unknown as CrmSwitch, gate as unknown as TollGate, () => 0);
    for (const callId of ['unknown', 'refused'])
      await guarded.clickToCall({
        ...{ callId, channel: 'PJSIP/101', extension: '101', number: '+4930123', context: 'out', binding: 'main' },
        ...{ settleMs: 300, ringMs: 30_000 },
      });
    assert.deepEqual(over, ['refused']);
  });
});

describe('CRM: transfers', () => {
  const timeout = { ok: false, code: 'timeout', status: 504 };

  it('3.4: a talking customer is transferred', async () => {
    const { transfer, orders } = world();
    assert.deepEqual(await transfer(), { ok: true });
    assert.deepEqual(await transfer('attended'), { ok: true });
    assert.deepEqual(orders, ['blindTransfer', 'attendedTransfer']);
  });

  it('3.4: the CRM was told Error, so nothing is ordered any more, whatever was slow', async () => {
    for (const mode of ['blind', 'attended', 'cancel']) {
      const slow = world();
      slow.found = late(slow.pass, 1_700, talking());
      assert.deepEqual(await slow.transfer(mode), timeout, mode);
      assert.deepEqual(slow.orders, []);
    }
    const switched = world();
    switched.found = late(switched.pass, 900, talking());
    switched.place = late(switched.pass, 800, true);
    assert.deepEqual(await switched.transfer(), timeout);
    const muted = world();
    muted.found = late(muted.pass, 1_700, talking());
    assert.deepEqual(await muted.mute(), timeout);
    assert.deepEqual([...switched.orders, ...muted.orders], []);
  });

  it('3.4: what the CRM asks may be ordered until it is answered in any case', async () => {
    const door = await openCrmDoor();
    try {
      const key = `secret=${encodeURIComponent(secret)}`;
      await askDoor(door.port, `/transfer?${key}&callid=c&to=102`, { method: 'POST' });
      await askDoor(door.port, `/recording/pause?${key}&id=c`, { method: 'POST' });
      assert.deepEqual(door.deadlines, [door.timers.nowMs() + 1_900, door.timers.nowMs() + 1_900]);
    } finally {
      await door.close();
    }
  });

  it('3.4: a switch that does not say in a second whether the place is there gets no order', async () => {
    const { transfer, pass, orders } = Object.assign(world(), { place: new Promise<boolean>(() => undefined) });
    const answer = transfer();
    await new Promise((resolve) => setImmediate(resolve));
    pass(requestDefaults.placeMsMax);
    assert.deepEqual(await answer, { ok: false, code: 'switch-slow', status: 504 });
    assert.deepEqual(orders, []);
  });
});

/** Comes after so long. */
async function late<T>(pass: (ms: number) => void, ms: number, value: T): Promise<T> {
  await Promise.resolve();
  pass(ms);
  return value;
}
