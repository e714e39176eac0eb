/** Calls under a cap against toll fraud (user-needs B4) whose end nobody told: their places are free again, and they talk no more. */
import assert from 'node:assert/strict';
import { legId, memberId, offerId, queueId, spyChannelOf, switchId } from '../core/acd/ids.js';
import type { CrmSwitch } from '../core/crm-ports.js';
import { guardCrmSwitch } from '../core/services/toll-ports.js';
import type { CallBackOrder, SpyOrder } from '../core/switch.js';
import { TandemError } from '../core/errors.js';
import { tollDefaults } from '../core/toll/caps.js';
import { openToll, type TollSideDeps } from '../sidecar/toll-side.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';
import { dialSwitch, legsOf, order, ringOf, world } from './support/toll-world.js';

const trunk = (id: string) => ({ contact: `PJSIP/+49170${id}@trunk` });
const several = (id: string) => ({ contact: '', contactFreeswitch: `user/1001,sofia/gateway/trunk/+49170${id}` });
const back = (leg: string): CallBackOrder =>
  ({ member: memberId('m1'), leg: legId(leg), queue: queueId('q'), number: '+4930123456' }) as CallBackOrder;

describe('toll guard: ends that nobody tells', () => {
  it('B4: calls of a campaign that ended while the link was down give their places back with the first list of calls', async () => {
    const w = world({ callsMax: 2, minutesPerDay: 10 });
    const { port, called, live, heard } = dialSwitch(w);
    for (const id of ['c1', 'c2']) port.originate(order(id));
    w.gate.answered('c1');
    w.clock.nowMs += 60_000;
    live.set('c2', { isAnswered: false });
    await port.liveCalls();
    port.originate(order('c3'));
    assert.deepEqual(called, ['c1', 'c2', 'c3'], 'c1 is gone, c2 is not');
    port.originate(order('c4'));
    assert.equal(called.includes('c4'), false);
    live.set('c3', { isAnswered: false });
    w.clock.nowMs += 3_000_000;
    await port.liveCalls();
    port.originate(order('c5'));
    assert.deepEqual(
      heard.map((event) => event.type === 'originate-stopped' && [event.callId, event.cap]),
      [
        ['c4', 'toll-calls'],
        ['c5', 'toll-calls'],
      ],
      'not for its minutes: c1 talked for one',
    );
  });

  it('B4: what was ordered just before the list may have no channel yet, and keeps its place; calls of others are not in it', async () => {
    const w = world({ callsMax: 1 });
    const { port, called } = dialSwitch(w);
    const { port: agents, told } = legsOf(w, 'asterisk', { id: switchId('fs1') });
    agents.ring(ringOf('o1', trunk('1')));
    port.originate(order('c1'));
    w.clock.nowMs += 2_999;
    await port.liveCalls();
    port.originate(order('c2'));
    assert.deepEqual(called, ['c1']);
    w.clock.nowMs += 1;
    await port.liveCalls();
    port.originate(order('c3'));
    agents.ring(ringOf('o2', trunk('2')));
    assert.deepEqual([called, told], [['c1', 'c3'], ['ring o1']]);
  });

  it("B4: an agent's leg that is taken back is free at once, with one telephone and with several", () => {
    for (const [kind, contact] of [['asterisk', trunk] as const, ['freeswitch', several] as const]) {
      const w = world({ callsMax: 1 });
      const { port, told } = legsOf(w, kind);
      port.ring(ringOf('o1', contact('1')));
      port.cancel(legId('leg-o1'), 'answered-elsewhere');
      port.ring(ringOf('o2', contact('2')));
      port.ring(ringOf('o3', contact('3')));
      assert.deepEqual(told, ['ring o1', 'cancel leg-o1 answered-elsewhere', 'ring o2'], kind);
    }
  });

  it('B4: so is a callback that is taken back', () => {
    const w = world({ callsMax: 1 });
    const { port, told } = legsOf(w);
    port.callBack(back('b1'));
    port.cancel(legId('b1'), 'caller-left');
    port.callBack(back('b2'));
    port.callBack(back('b3'));
    assert.deepEqual(told, ['call back +4930123456', 'cancel b1 caller-left', 'call back +4930123456']);
  });

  it('B4: legs, callbacks and clicks that ended unheard are free with the next list of channels, and what it shows is not', async () => {
    const w = world({ callsMax: 1 });
    const { port, told, live } = legsOf(w, 'freeswitch');
    const crm = guardCrmSwitch(clicks(), w.gate, () => w.clock.nowMs);
    const clicked = (callId: string) => crm.clickToCall(click(callId, 'sofia/gateway/trunk/1'));
    port.ring(ringOf('o1', several('1')));
    port.callBack(back('b1'));
    await clicked('k1');
    live.add('leg-o1'); // by the name that each of its channels has
    w.clock.nowMs += 3_000;
    await port.listChannels();
    port.ring(ringOf('o2', several('2')));
    port.callBack(back('b2'));
    assert.deepEqual(told, ['ring o1', 'call back +4930123456', 'call back +4930123456']);
    assert.deepEqual(await clicked('k2'), { ok: true });
    live.clear();
    w.clock.nowMs += 3_000;
    await port.listChannels();
    port.ring(ringOf('o3', several('3')));
    assert.equal(told.at(-1), 'ring o3');
  });

  it('B4: a click that rings several telephones of FreeSWITCH is in no list: it is over with the one that answered, or when none did', async () => {
    const w = world({ callsMax: 1 });
    const { port, legs } = legsOf(w, 'freeswitch');
    const orders: Click[] = [];
    const crm = guardCrmSwitch(clicks(orders), w.gate, () => w.clock.nowMs);
    const isOut = async (callId: string) => (await crm.clickToCall(click(callId, 'user/1001@pbx'))).ok;
    assert.equal(await isOut('k1'), true);
    w.clock.nowMs += 60_000;
    await port.listChannels();
    assert.equal(await isOut('k2'), false);
    legs.over('k1');
    assert.equal(await isOut('k3'), true);
    orders.at(-1)?.onUnreached?.();
    assert.equal(await isOut('k4'), true);
  });

  it('B4: a supervisor over a trunk has the id that his channel has; one who was not reached gives his place back', async () => {
    const w = world({ callsMax: 1 });
    const asked: SpyOrder[] = [];
    let isGone = true;
    const { port, live } = legsOf(w, 'asterisk', {
      spy(wish) {
        asked.push(wish);
        return isGone ? Promise.reject(new TandemError('TDM_NOT_FOUND', ['channel', wish.target])) : Promise.resolve();
      },
    });
    const wish = (id: string) => ({
      leg: legId(`tandem-spy-${id}`),
      target: 't',
      supervisor: 'PJSIP/+4917012345@trunk',
      mode: 'listen' as const,
    });
    await assert.rejects(port.spy(wish('1')), { code: 'TDM_NOT_FOUND' });
    isGone = false;
    await port.spy(wish('2'));
    await assert.rejects(port.spy(wish('3')), { code: 'TDM_TOLL_CAP' });
    w.gate.over('spy-spy-2'); // the Hangup of his channel
    await port.spy(wish('4'));
    asked.at(-1)?.onUnreached?.();
    await port.spy(wish('5'));
    live.add(spyChannelOf(legId('tandem-spy-5')));
    w.clock.nowMs += 3_000;
    await port.listChannels();
    await assert.rejects(port.spy(wish('6')), { code: 'TDM_TOLL_CAP' });
    live.clear();
    await port.listChannels();
    await port.spy(wish('7'));
  });

  it('B4: the ends that both switches tell are heard, also of a call that the switch gave ids of its own', () => {
    type Heard = (event: { get(name: string): string | undefined; variable(name: string): string | undefined }) => void;
    const heard = new Map<string, Heard>();
    const link = { on: (name: string, listener: Heard) => void heard.set(name, listener) };
    const links = { ami: new Map([['pbx', link]]), esl: new Map([['fs1', link]]) } as unknown as TollSideDeps['links'];
    const { gate, legs } = openToll({
      config: { general: { ...tollDefaults, callsMax: 1 }, gatewaysFile: '' },
      store: { tollDays: {} as TollSideDeps['store']['tollDays'], access: { audit: { write: () => Promise.resolve() } } },
      ...{ desk: { note: () => true }, links, timers: createHandTimers(0), log: silentLog, meter: silentMeter },
    });
    const tell = (name: string, headers: Readonly<Record<string, string>>): void =>
      heard.get(name)?.({ get: (key) => headers[key], variable: (key) => headers[`variable_${key}`] });
    const isFree = (id: string): boolean =>
      !gate.ask({ id, origin: 'click', switch: 'fs1', gateway: 'out', number: '+4930123456', untilMs: Infinity });
    assert.equal(isFree('k1'), true);
    tell('Hangup', { uniqueid: 'k1' });
    assert.equal(isFree('k2'), true);
    tell('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': 'k2' });
    assert.equal(isFree('k3'), true);
    tell('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': 'x1', variable_tandem_call: 'k3', variable_answer_epoch: '0' });
    assert.equal(isFree('k4'), false, 'another telephone may have been answered');
    const answered = { variable_tandem_call: 'k3', variable_answer_epoch: '1795287600' };
    tell('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': 'x2', 'Hangup-Cause': 'LOSE_RACE', ...answered });
    assert.equal(isFree('k4'), false, 'it was answered a moment after another');
    tell('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': 'x3', 'Hangup-Cause': 'NORMAL_CLEARING', ...answered });
    assert.equal(isFree('k4'), true);
    legs.over('k4');
    assert.equal(isFree('k5'), true);
  });

  it('B4: an offer that failed frees every telephone that was rung for it', () => {
    const w = world({ callsMax: 2 });
    const { port, told, feed } = legsOf(w, 'freeswitch');
    const two = { contact: '', contactFreeswitch: 'sofia/gateway/trunk/+491701|sofia/gateway/trunk/+491702' };
    port.ring(ringOf('o1', two));
    feed({ type: 'offer-failed', offer: offerId('o1'), failure: 'no-answer', detail: '' });
    port.ring(ringOf('o2', two));
    assert.deepEqual(told, ['ring o1', 'ring o2']);
  });
});

type Click = Parameters<CrmSwitch['clickToCall']>[0];

const clicks = (orders: Click[] = []): CrmSwitch =>
  ({
    ...{ name: 'pbx', kind: 'freeswitch' },
    clickToCall(one) {
      orders.push(one);
      return Promise.resolve({ ok: true });
    },
  }) as Partial<CrmSwitch> as CrmSwitch;

const click = (callId: string, channel: string): Click => ({ callId, channel, number: '+4930123456', context: 'default' }) as Click;
