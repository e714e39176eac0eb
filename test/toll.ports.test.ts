/** The guard against toll fraud before the ports that order calls (user-needs B4). */
import assert from 'node:assert/strict';
import { legId, memberId, offerId, queueId } from '../core/acd/ids.js';
import type { CrmAnswer, CrmSwitch } from '../core/crm-ports.js';
import { guardCrmSwitch } from '../core/services/toll-ports.js';
import type { CallBackOrder } from '../core/switch.js';
import { dialSwitch, ended, legsOf, order, ringOf, t0, world } from './support/toll-world.js';

describe('toll guard at the ports', () => {
  it('B4: a campaign call that a cap stops never reaches the switch; the end of another lets the next one out', () => {
    const w = world({ callsMax: 1 });
    const { port, called, heard, feed } = dialSwitch(w);
    port.originate(order('c1'));
    port.originate(order('c2'));
    assert.deepEqual(called, ['c1']);
    assert.deepEqual(heard, [{ type: 'originate-stopped', callId: 'c2', cap: 'toll-calls', retryAtMs: t0 + 1_000 }]);
    feed(ended('c1'));
    port.originate(order('c3'));
    assert.deepEqual(called, ['c1', 'c3']);
  });

  it('B4: what is stopped is counted each time, and once a minute written into the audit and told, with its number masked', () => {
    const w = world({ callsMax: 1 });
    const { port } = dialSwitch(w);
    for (const id of ['c1', 'c2', 'c3']) port.originate(order(id));
    w.clock.nowMs += 60_000;
    port.originate(order('c4'));
    assert.equal(w.meter.counted('tandem_toll_stopped_total').length, 3);
    assert.deepEqual(w.meter.counted('tandem_toll_stopped_total')[0], { origin: 'dialer', reason: 'toll-calls' });
    const told = { type: 'toll-stopped', origin: 'dialer', switch: 'fs1', gateway: 'gw1', number: '+49301***56', reason: 'toll-calls' };
    assert.deepEqual(w.news, [
      { ...told, stopped: 1 },
      { ...told, stopped: 2 },
    ]);
    assert.deepEqual(
      w.rows.map(({ principal, method, path, status, code }) => [principal, method, path, status, code]),
      [
        ['system:dialer', 'CALL', 'fs1 gw1', 403, 'toll-calls'],
        ['system:dialer', 'CALL', 'fs1 gw1', 403, 'toll-calls'],
      ],
    );
    assert.ok(w.rows.every(({ request }) => !request?.includes('+4930123456')));
  });

  it('B4: where no event can be told it is counted, and the audit has it all the same', () => {
    const w = world({ callsMax: 1 });
    w.standby();
    const { port } = dialSwitch(w);
    for (const id of ['c1', 'c2']) port.originate(order(id));
    assert.deepEqual([w.news.length, w.rows.length], [0, 1]);
    assert.deepEqual(w.meter.counted('tandem_feed_news_left_out_total'), [{ type: 'toll-stopped' }]);
  });

  it("B4: an agent's leg over a trunk is capped, one of the own switch never", () => {
    const w = world({ callsMax: 1 });
    const { port, told, fed, feed } = legsOf(w);
    port.ring(ringOf('o1', { contact: 'PJSIP/+4917012345@trunk' }));
    port.ring(ringOf('o2', { contact: 'PJSIP/+4917012346@trunk' }));
    for (const id of ['o3', 'o4']) port.ring(ringOf(id, { contact: 'PJSIP/1001' }));
    assert.deepEqual(told, ['ring o1', 'ring o3', 'ring o4']);
    assert.deepEqual(fed, [{ type: 'offer-failed', offer: 'o2', failure: 'switch-failed', detail: 'toll-calls' }]);
    feed({ type: 'call-ended', offer: offerId('o1'), by: 'agent', cause: '' });
    port.ring(ringOf('o5', { contact: 'PJSIP/+4917012346@trunk' }));
    assert.equal(told.at(-1), 'ring o5');
  });

  it('B4: of several telephones one that is stopped stops the leg, and the others are free again', () => {
    const w = world({ callsMax: 1 });
    const { port, told } = legsOf(w, 'freeswitch');
    const both = { contact: 'sofia/gateway/a/4930001,sofia/gateway/b/979111', contactFreeswitch: undefined };
    port.ring(ringOf('o1', { ...both, contactFreeswitch: 'sofia/gateway/a/4930001,sofia/gateway/b/+979111111' }));
    assert.deepEqual(told, []);
    port.ring(ringOf('o2', { contact: 'sofia/gateway/a/4930001' }));
    assert.deepEqual(told, ['ring o2']);
  });

  it('B4: a callback and a listening supervisor are capped too', async () => {
    const w = world();
    const { port, told, fed } = legsOf(w);
    const back = (leg: string, number: string) =>
      port.callBack({ member: memberId('m1'), leg: legId(leg), queue: queueId('q'), number } as CallBackOrder);
    back('b1', '+979123456');
    back('b2', '+4930123456');
    assert.deepEqual(told, ['call back +4930123456']);
    assert.deepEqual(fed, [{ type: 'callback-failed', member: 'm1', leg: 'b1', cause: 'toll-prefix-denied' }]);
    const spy = { leg: legId('s1'), target: 't', supervisor: 'PJSIP/+979123456@trunk', mode: 'listen' as const };
    await assert.rejects(port.spy(spy), { code: 'TDM_TOLL_CAP' });
  });

  it('B4: a click of a CRM is refused with the reason; one that failed is free again at once', async () => {
    const w = world({ callsMax: 1 });
    let answer: CrmAnswer = { ok: false, code: 'x', status: 502 };
    const bare = { name: 'pbx', clickToCall: () => Promise.resolve(answer) };
    const port = guardCrmSwitch(bare as Partial<CrmSwitch> as CrmSwitch, w.gate, () => w.clock.nowMs);
    const click = (callId: string, number = '+4930123456') =>
      port.clickToCall({ callId, number, context: 'out' } as Parameters<CrmSwitch['clickToCall']>[0]);
    assert.deepEqual(await click('k1', '0088212345'), { ok: false, code: 'toll-prefix-denied', status: 403 });
    assert.deepEqual(await click('k2'), { ok: false, code: 'x', status: 502 });
    answer = { ok: true };
    assert.deepEqual(await click('k3'), { ok: true });
    assert.deepEqual(await click('k4'), { ok: false, code: 'toll-calls', status: 429 });
    w.gate.over('k3');
    assert.deepEqual(await click('k5'), { ok: true });
    w.gate.over('k5');
    answer = { ok: false, code: 'switch-slow', status: 504, isUnsure: true };
    assert.equal((await click('k6')).ok, false);
    assert.deepEqual(await click('k7'), { ok: false, code: 'toll-calls', status: 429 }, 'it may be carried out all the same');
  });
});
