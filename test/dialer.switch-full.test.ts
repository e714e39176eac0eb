/** A switch that is behind with its orders gets no more of them: calls wait where they can still be taken back (A7, A18). */
import assert from 'node:assert/strict';
import type { DialSwitchEvent } from '../core/dialer/engine-words.js';
import { createAsteriskDialSwitch } from '../sidecar/dial-asterisk.js';
import { DialCalls } from '../sidecar/dial-calls.js';
import { createFreeswitchDialSwitch } from '../sidecar/dial-freeswitch.js';
import { createEslLink } from '../sidecar/esl.js';
import { createAmiHarness, nextState } from './support/ami-harness.js';
import { DialerDesk, testCampaign } from './support/dialer-desk.js';
import { dialOrder } from './support/dial-order.js';
import { sampleContact } from './support/dialer-table.js';
import { eventually } from './support/eventually.js';
import { openEventSocket } from './support/fake-event-socket.js';
import { silentLog, silentMeter } from './support/observers.js';

const isTold = (event: DialSwitchEvent): boolean => event.type === 'switch-full';
const fulls = (fed: readonly DialSwitchEvent[]) => fed.filter(isTold).map((event) => event.type === 'switch-full' && event.isFull);
const until = (fed: readonly DialSwitchEvent[], count: number) =>
  eventually(
    () => fed.filter(isTold).length,
    (length) => length === count,
  );

describe('dialer: a switch that is behind with its orders', () => {
  it('E46: it is full with so many orders of which nothing was heard, and free again with half of them; calls without an order do not count', () => {
    const told: boolean[] = [];
    const calls = new DialCalls({ callsMax: 100, ordersMax: 4 }, (isFull) => told.push(isFull));
    for (const name of ['a', 'b', 'c']) calls.add(name, undefined);
    const ordered = ['1', '2', '3', '4'].map((name) => calls.add(name, dialOrder({ callId: name })));
    assert.deepEqual(told, [true]);
    const [first, second] = ordered;
    assert.ok(first && second);
    calls.heard(first);
    calls.heard(first);
    assert.deepEqual(told, [true]);
    calls.remove(second);
    assert.deepEqual(told, [true, false]);
    calls.clear();
    assert.deepEqual(told, [true, false]);
  });

  it('E46: Asterisk has taken an order when its channel is there, or when it answers', async () => {
    const harness = await createAmiHarness();
    const fed: DialSwitchEvent[] = [];
    const asked: string[] = [];
    harness.ami.on('Originate', (action, session) => {
      asked.push(action['ActionID'] ?? '');
      session.send({ Response: 'Success', ActionID: action['ActionID'] });
    });
    const dial = createAsteriskDialSwitch(
      { id: 'alpha', ordersMax: 2 },
      { link: harness.link, feed: (event) => fed.push(event), log: silentLog, meter: silentMeter },
    );
    try {
      harness.link.start();
      if (harness.link.status().state !== 'up') await nextState(harness.link, 'up');
      for (const callId of ['c1', 'c2']) dial.originate(dialOrder({ callId }));
      assert.deepEqual(fulls(fed), [true]);
      harness.ami.event({ Event: 'Newchannel', Uniqueid: 'c1~' });
      await until(fed, 2);
      dial.originate(dialOrder({ callId: 'c3' }));
      assert.deepEqual(fulls(fed), [true, false, true]);
      await eventually(
        () => asked.length,
        (length) => length === 3,
      );
      harness.ami.event({ Event: 'OriginateResponse', ActionID: asked[2] ?? '', Response: 'Failure', Reason: '5', Uniqueid: 'c3~' });
      await until(fed, 4);
      assert.deepEqual(fulls(fed), [true, false, true, false]);
    } finally {
      dial.close();
      await harness.close();
    }
  });

  it('E46: FreeSWITCH has taken an order when its channel is there, or when the job has ended; orders of a link that broke are none', async () => {
    const fake = await openEventSocket({ held: ['originate'] });
    const link = createEslLink(
      { name: 'fs1', host: '127.0.0.1', port: fake.port, password: 'secret' },
      { log: silentLog, meter: silentMeter },
    );
    const fed: DialSwitchEvent[] = [];
    const dial = createFreeswitchDialSwitch(
      { id: 'fs1', ordersMax: 2 },
      { link, feed: (event) => fed.push(event), log: silentLog, meter: silentMeter },
    );
    try {
      link.start();
      await link.waitUp(2_000);
      for (const callId of ['c1', 'c2']) dial.originate(dialOrder({ callId }));
      assert.deepEqual(fulls(fed), [true]);
      fake.send('CHANNEL_CREATE', { 'Unique-ID': 'c1' });
      await until(fed, 2);
      dial.originate(dialOrder({ callId: 'c3' }));
      assert.deepEqual(fulls(fed), [true, false, true]);
      await eventually(
        () => fake.commands.filter((command) => command.startsWith('bgapi originate')).length,
        (length) => length === 3,
      );
      fake.drop();
      await until(fed, 4);
      assert.deepEqual(fulls(fed), [true, false, true, false]);
    } finally {
      dial.close();
      link.stop();
      await fake.close();
    }
  });

  const ivrDesk = (): DialerDesk => {
    const desk = new DialerDesk([testCampaign('A', { mode: 'IVR', ivr: '9664', queue: '' })], { callsPerSecond: 40, slotsMax: 100 });
    for (let n = 1; n <= 60; n++) desk.add(sampleContact(`A${String(n)}`, 'A', { numberKey: `4930${String(n)}` }));
    return desk;
  };

  it('E46: calls wait while it is full, none are claimed, the reason is told, and all go on when it has caught up', () => {
    const desk = ivrDesk();
    desk.begin();
    desk.pass(300);
    const before = desk.dialled().length;
    const claimed = (): number => desk.all('claim').length;
    const claims = claimed();
    assert.ok(before > 0);
    desk.feed({ type: 'switch-full', switch: 's1', isFull: true });
    desk.run(4);
    assert.equal(desk.dialled().length, before);
    assert.equal(claimed(), claims);
    assert.match(desk.engine.view().campaign('A')?.pace ?? '', /^switch s1 is behind with its orders/);
    desk.feed({ type: 'switch-full', switch: 's1', isFull: false });
    desk.run(4);
    assert.equal(desk.dialled().length, 60);
  });

  it('E46 E73: a link that comes back begins anew', () => {
    const desk = ivrDesk();
    desk.feed({ type: 'switch-full', switch: 's1', isFull: true });
    for (const isUp of [false, true]) desk.feed({ type: 'switch-changed', switch: 's1', isUp, callsPerSecondMax: undefined });
    desk.begin();
    desk.pass(1_000);
    assert.ok(desk.dialled().length > 0);
  });
});
