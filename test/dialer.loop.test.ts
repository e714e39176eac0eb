/** The dialer's loop on the real store and engine: cycle, calls, control, clock (dialer.md A4, A6, A9, A15, B8, B11). */
import assert from 'node:assert/strict';
import type { DialerNotice } from '../core/dialer/engine-words.js';
import { DialerSite, noonMs, siteCampaign, siteContact } from './support/dialer-site.js';

describe('dialer: loop', function () {
  this.timeout(30_000);
  let site: DialerSite;

  beforeEach(() => {
    site = new DialerSite();
  });

  afterEach(() => site.close());

  const contacts = (count: number, campaign: string, from = 0) =>
    Array.from({ length: count }, (_, i) => siteContact(`k${String(from + i + 1)}`, campaign));
  const called = (): readonly string[] => site.fs1.orders.map(({ callId }) => callId);

  it('E5, E13: contacts are read every second and called, the result is stored', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(2, 'c1'));
    await site.life();
    await site.pass(3_000);
    assert.deepEqual(
      site.fs1.orders.map(({ callId, ivr, gateway, kind }) => ({ callId, ivr, gateway, kind })),
      [
        { callId: 'k1', ivr: '9664', gateway: 'gw1', kind: 'ivr' },
        { callId: 'k2', ivr: '9664', gateway: 'gw1', kind: 'ivr' },
      ],
    );
    assert.equal((await site.contact('k1')).status, 'dialed');
    site.fs1.answer('k1');
    await site.pass(5_000);
    site.fs1.end('k1', 'NORMAL_CLEARING', { endedBy: 'customer' });
    site.fs1.end('k2', 'USER_BUSY');
    await site.pass(200);
    const one = await site.contact('k1');
    assert.deepEqual([one.status, one.callResult, one.result], ['ended', 'NORMAL_CLEARING', 'CONNECTED_IVR']);
    const two = await site.contact('k2');
    assert.deepEqual([two.status, two.callResult, two.result], ['pending', 'USER_BUSY', 'BUSY']);
    assert.ok(two.nextAttemptAtMs > site.timers.nowMs() + 500_000, 'busy: in ten minutes');
  });

  it('E46, E79: never more calls a second, or at once, than the settings say; 80 % of what a switch takes', async () => {
    site.fs1.speed = 10;
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(60, 'c1'));
    const times: number[] = [];
    site.fs1.onOriginate = () => times.push(site.timers.nowMs());
    await site.life({ settings: { callsPerSecond: 20, slotsMax: 40 } });
    await site.pass(10_000, 50);
    assert.equal(times.length, 40, 'as many as there are slots');
    for (const t of times)
      assert.ok(times.filter((other) => other >= t && other < t + 1_000).length <= 9, '80 % of 10, and the burst of one');
  });

  it('E38, B11: a cycle that has not ended when the next is due makes that one a no-op', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(3, 'c1'));
    const life = await site.life();
    for (let i = 0; i < 5; i++) life.second();
    site.timers.advance(900);
    for (let i = 0; i < 5; i++) life.second();
    await site.settle();
    assert.equal(life.meter.observed('tandem_dialer_cycle_seconds').length, 1, 'ten ticks, one cycle');
    assert.equal(life.meter.counted('tandem_dialer_cycles_skipped_total').length, 5);
    await site.pass(2_000);
    assert.deepEqual([...called()].sort(), ['k1', 'k2', 'k3'], 'each called once');
  });

  it('B8: pausing takes effect within one tick; calls go on; resuming goes on where it was', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(6, 'c1'));
    const { dialer } = await site.life({ settings: { callsPerSecond: 2 } });
    await site.pass(2_600);
    const before = called().length;
    assert.ok(before >= 1 && before < 6);
    await site.put({ ...siteCampaign('c1', { state: 'paused' }), revision: 1 });
    await dialer.control.reload();
    await site.pass(5_000);
    assert.equal(called().length, before);
    assert.equal((await site.store.active()).length, before, 'what was claimed and not called went back');
    await site.put({ ...siteCampaign('c1'), revision: 2 });
    await dialer.control.reload();
    await site.pass(6_000);
    assert.deepEqual([...called()].sort(), ['k1', 'k2', 'k3', 'k4', 'k5', 'k6']);
  });

  it('E66: contacts of a stopped campaign that wait in the hopper are not called', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(8, 'c1'));
    const { dialer } = await site.life({ settings: { callsPerSecond: 1 } });
    await site.pass(2_000);
    const before = called().length;
    const underWay = (await site.store.active()).length;
    assert.equal(await site.store.stop('c1', site.timers.nowMs()), 8 - underWay);
    await dialer.control.reload();
    await site.pass(5_000);
    assert.ok(called().length <= underWay, `${String(before)} calls before, ${String(called().length)} after`);
  });

  it('B4: a number put on the list between hopper and call is not called', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(5, 'c1'));
    await site.life({ settings: { callsPerSecond: 1, slotsMax: 1 } });
    await site.pass(2_500);
    assert.deepEqual(called(), ['k1'], 'the others are in the hopper');
    const { numberKey } = await site.contact('k2');
    const entry = { number: numberKey, isPrefix: false, scope: '', source: 'test', reason: '', fromMs: noonMs, untilMs: undefined };
    await site.store.addDnc([entry], {
      atMs: noonMs,
      actor: 'test',
      object: 'dnc',
      action: 'add',
      before: undefined,
      after: undefined,
      reason: '',
    });
    site.fs1.end('k1', 'USER_BUSY');
    await site.pass(4_000);
    assert.deepEqual(called(), ['k1', 'k3']);
    assert.equal((await site.contact('k2')).result, 'BLOCKED_DNC');
  });

  it('E26: contacts past their end are ended although nobody calls them', async () => {
    await site.open(siteCampaign('c1', { state: 'paused' }));
    await site.intake(siteContact('k1', 'c1', { endTimeMs: noonMs + 10_000 }));
    await site.life();
    await site.pass(61_000, 1_000);
    const { status, result } = await site.contact('k1');
    assert.deepEqual([status, result], ['ended', 'EXPIRED']);
  });

  it('B8: a campaign ends at its end, when its last call has ended', async () => {
    await site.open(siteCampaign('c1', { endsAtMs: noonMs + 3_000 }), siteCampaign('c2', { endsAtMs: noonMs + 3_000 }));
    await site.intake(...contacts(1, 'c1'));
    await site.life();
    await site.pass(6_000);
    assert.equal((await site.store.campaign('c1'))?.state, 'draining');
    assert.equal((await site.store.campaign('c2'))?.state, 'done');
    site.fs1.end('k1', 'NO_ANSWER');
    await site.pass(3_000);
    assert.equal((await site.store.campaign('c1'))?.state, 'done');
    assert.ok(
      (await site.store.audit({ after: 0, limit: 50 })).some(({ action, after }) => action === 'change state' && after?.includes('done')),
    );
  });

  it('B8: a campaign that another process has changed is noticed', async () => {
    await site.open(siteCampaign('c1', { state: 'paused' }));
    await site.intake(...contacts(1, 'c1'));
    await site.life();
    await site.put({ ...siteCampaign('c1'), revision: 1 });
    await site.pass(8_000);
    assert.deepEqual(called(), ['k1']);
  });

  it('A4: settings that change while it runs are in force from the next cycle, and after a restart', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(6, 'c1'));
    const first = await site.life({ settings: { slotsMax: 1 } });
    await site.pass(3_000);
    assert.equal(called().length, 1);
    const now = await first.dialer.control.changeSettings({ slotsMax: 3, defaultIvr: '77' }, 'user:anna');
    assert.equal(now.slotsMax, 3);
    await site.pass(3_000);
    assert.equal(called().length, 3);
    await assert.rejects(first.dialer.control.changeSettings({ slotsMax: 0 }, 'user:anna'), /slotsMax.*from 1 to 100000/);
    await first.dialer.stop();
    first.die();
    const second = await site.life({ settings: { slotsMax: 1 } });
    assert.equal(second.dialer.control.settings().slotsMax, 3);
    assert.equal(second.dialer.control.settings().defaultIvr, '77');
    const [entry] = await site.store.audit({ object: 'settings', after: 0, limit: 5 });
    assert.deepEqual([entry?.actor, entry?.after], ['user:anna', '{"slotsMax":3,"defaultIvr":"77"}']);
  });

  it('B8: of two changes at once none is lost, and a gateway that one of them paused stays paused', async () => {
    await site.open(siteCampaign('c1'));
    const { dialer } = await site.life({ settings: { slotsMax: 1 } });
    const { control } = dialer;
    const pause = (name: string) =>
      control.changeSettings(({ gatewaysPaused = [] }) => ({ gatewaysPaused: [...gatewaysPaused, name] }), 'user:anna');
    const refused = assert.rejects(control.changeSettings({ slotsMax: 0 }, 'user:ben'));
    await Promise.all([pause('fs1 one'), pause('fs1 two'), control.changeSettings({ slotsMax: 3 }, 'user:ben'), refused]);
    const { gatewaysPaused, slotsMax } = control.settings();
    assert.deepEqual([gatewaysPaused, slotsMax], [['fs1 one', 'fs1 two'], 3]);
  });

  it('B11: a clock that jumps holds dialling for ten seconds, and is written down', async () => {
    await site.open(siteCampaign('c1'));
    await site.life();
    await site.pass(2_000);
    site.clockOffMs = 3_600_000;
    await site.pass(1_500);
    await site.intake(...contacts(1, 'c1'));
    await site.pass(7_000);
    assert.deepEqual(called(), []);
    await site.pass(5_000);
    assert.deepEqual(called(), ['k1']);
    const [entry] = await site.store.audit({ object: 'clock', after: 0, limit: 5 });
    assert.match(entry?.reason ?? '', /3600000 ms/);
  });

  it('E50, E72: contacts of a gateway that is down wait, those of another are called; back up, they are called too', async () => {
    site.fs1.gateways.set('bad', 'down');
    await site.open(siteCampaign('c1', { gateways: [] }));
    await site.intake(siteContact('k1', 'c1', { gatewayId: 'bad' }), siteContact('k2', 'c1', { gatewayId: 'good' }));
    await site.life();
    await site.pass(5_000);
    assert.deepEqual(called(), ['k2']);
    assert.equal((await site.contact('k1')).status, 'pending');
    site.fs1.gateways.set('bad', 'up');
    await site.pass(60_000, 500);
    assert.deepEqual(called(), ['k2', 'k1']);
  });

  it('B8: over a gateway that a person paused nobody is called until he says so', async () => {
    await site.open(siteCampaign('c1', { gateways: [] }));
    await site.intake(siteContact('k1', 'c1', { gatewayId: 'one' }), siteContact('k2', 'c1', { gatewayId: 'two' }));
    const { dialer } = await site.life();
    await dialer.control.changeSettings({ gatewaysPaused: ['fs1 one'] }, 'user:anna');
    await site.pass(5_000);
    assert.deepEqual(called(), ['k2']);
    await dialer.control.changeSettings({ gatewaysPaused: [] }, 'user:anna');
    await site.pass(35_000, 500);
    assert.deepEqual(called(), ['k2', 'k1']);
  });

  it('E49, E71: a gateway that nobody knows fails its contact for good', async () => {
    site.fs1.gateways.set('gone', 'invalid');
    await site.open(siteCampaign('c1', { gateways: [] }));
    await site.intake(siteContact('k1', 'c1', { gatewayId: 'gone' }));
    await site.life();
    await site.pass(5_000);
    const { status, callResult } = await site.contact('k1');
    assert.deepEqual([status, callResult], ['failed', 'Invalid Gateway']);
    assert.deepEqual(called(), []);
  });

  it('E73: a switch that is down: contacts wait for it, in the strict setting they fail', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(1, 'c1'));
    site.fs1.setUp(false);
    const first = await site.life();
    await site.pass(4_000);
    assert.equal((await site.contact('k1')).status, 'pending');
    site.fs1.setUp(true);
    await site.pass(4_000);
    assert.deepEqual(called(), ['k1']);
    site.fs1.end('k1', 'NO_ANSWER');
    await site.pass(200);
    await first.dialer.stop();
    first.die();
    site.fs1.setUp(false);
    await site.intake(...contacts(1, 'c1', 1));
    await site.life({ settings: { strictReferenceFailover: true } });
    await site.pass(5_000);
    assert.equal((await site.contact('k2')).status, 'failed');
  });

  it('B9: decisions of the engine and news reach who listens; one who fails does not keep the others', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...contacts(1, 'c1'));
    const { dialer } = await site.life();
    const heard: DialerNotice[] = [];
    dialer.control.onNotice(() => {
      throw new Error('a listener of a test');
    });
    const stop = dialer.control.onNotice((notice) => heard.push(notice));
    await site.pass(3_000);
    site.fs1.end('k1', 'USER_BUSY');
    await site.pass(200);
    assert.deepEqual(
      heard.map(({ type }) => type),
      ['call-placed', 'call-ended'],
    );
    stop();
  });
});
