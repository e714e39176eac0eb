/** An answered call of a campaign in a queue, over the real queue engine and its loop with a store in memory. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { createAcdEngine } from '../core/acd/create-engine.js';
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import { agentId, memberId, switchId } from '../core/acd/ids.js';
import { createAcdBoard } from '../core/services/acd-board.js';
import { createAcdLoop } from '../core/services/acd-loop.js';
import { createDialerQueue, dialerJoinMsMax } from '../core/services/dialer-queue.js';
import type { DialerQueueWish } from '../core/services/dialer-queue.js';
import type { SwitchPort } from '../core/switch.js';
import { callStub } from './support/call-stub.js';
import { deskConfig } from './support/engine-desk.js';
import { createHandTimers } from './support/hand-timers.js';
import { sessionStubs } from './support/held-session-stub.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { plainJoin } from './support/plain-join.js';

const pbx = switchId('pbx');
const site = {
  queues: {
    'sales@default': {
      welcome: 'hello',
      music: 'jazz',
      exit_keys: '9',
      agent_announcements: ['next'],
      members_max: 2,
      announce: { position: true, every_s: 1 },
    },
  },
  agents: { anna: { contact: 'PJSIP/1' }, ben: { type: 'uuid-standby' } },
  tiers: ['sales@default anna', 'sales@default ben'],
};

describe('an answered call of a campaign in a queue', () => {
  const sandbox = sinon.createSandbox();
  afterEach(() => sandbox.restore());

  function world() {
    const timers = createHandTimers(1_000_000_000_000);
    const after = (delayMs: number, run: () => void) => timers.after(delayMs, run);
    const nowMs = () => timers.nowMs();
    const orders: string[] = [];
    const rings: RingOrder[] = [];
    const connects: ConnectOrder[] = [];
    const store = { isStuck: false, saves: 0 };
    const port = {
      ...{ id: pbx, kind: 'asterisk', isUp: () => true, callBack: () => undefined, lamp: () => undefined },
      ring: (order: RingOrder) => {
        rings.push(order);
        // a standby agent is there already
        if (order.standby) {
          engine.tell({ type: 'agent-answered', offer: order.offer });
          engine.tell({ type: 'agent-ready', offer: order.offer });
        }
      },
      connect: (order: ConnectOrder) => void connects.push(order),
      cancel: (leg: string, reason: string) => void orders.push(`cancel ${reason}`),
    } as unknown as SwitchPort;
    const engine = createAcdLoop({
      engine: createAcdEngine({ config: deskConfig(site), instance: 'i', seed: 1, nowMs: nowMs() }),
      save: () => {
        store.saves++;
        return store.isStuck ? new Promise<never>(() => undefined) : Promise.resolve();
      },
      switches: new Map([[pbx, port]]),
      board: createAcdBoard({ log: silentLog }),
      askChannels: () => undefined,
      onFenced: () => undefined,
      ...{ nowMs, monoMs: nowMs, after, log: silentLog, meter: recordingMeter() },
    });
    const sessions = sessionStubs();
    let ids = 0;
    const queue = createDialerQueue({
      engine,
      placeOf: () => Promise.resolve({ switch: pbx, openSession: sessions.open }),
      newId: () => `m${String(++ids)}`,
      ...{ after, nowMs, log: silentLog },
    });
    const hangUp = new AbortController();
    const call = callStub(sandbox, { uniqueId: 'c1', channel: 'PJSIP/c1', callerIdNumber: '0800', signal: hangUp.signal });
    const enter = (wish: Partial<DialerQueueWish> = {}) =>
      queue.enter(call, { queue: 'sales', maxWaitMs: 2_000, reservation: undefined, variables: { campaign: 'x' }, ...wish });
    const login = (agent: string) => engine.ask({ type: 'status-asked', agent, status: 'Available', reason: undefined });
    const standby = () =>
      engine.ask({
        type: 'login-asked',
        agent: 'ben',
        contact: undefined,
        standby: { switch: pbx, uniqueId: 'b', channel: 'b' },
        onDemand: false,
      });
    const pass = async (ms: number) => {
      timers.advance(ms);
      await settled();
    };
    return { engine, timers, rings, connects, orders, sessions, call, enter, login, standby, store, hangUp, pass };
  }
  const settled = async () => {
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  };

  it('B44: a standby agent is connected without a pause: join, offer and order to connect follow in two steps', async () => {
    const w = world();
    await w.standby();
    const done = w.enter({ number: '+4930123', name: 'Jane' });
    await settled();
    const [ring] = w.rings;
    assert.deepEqual(
      [ring?.standby?.uniqueId, ring?.callerNumber, ring?.callerName, ring?.announcements, ring?.variables],
      ['b', '+4930123', 'Jane', [], { campaign: 'x' }],
    );
    const connect = w.connects[0] ?? assert.fail('not connected');
    assert.equal(w.timers.nowMs(), 1_000_000_000_000, 'no time has passed');
    assert.deepEqual([w.call.getVariable.callCount, w.call.setVariable.callCount, w.call.execute.callCount], [0, 0, 0]);
    const session = w.sessions.opened[0] ?? assert.fail('no session');
    for (const order of ['music', 'message', 'announce'] as const) assert.equal((session[order] as sinon.SinonStub).callCount, 0, order);
    assert.equal((session.prepare as sinon.SinonStub).callCount, 1);
    session.end({ kind: 'connected', order: connect });
    assert.deepEqual(await done, { kind: 'connected', agent: 'ben' });
  });

  it('E6: the agent who is held for it is offered, though others are free', async () => {
    const w = world();
    await w.login('anna');
    await w.standby();
    await w.engine.ask({ type: 'reserve-asked', agent: 'anna', by: 'k', untilMs: w.timers.nowMs() + 60_000 });
    void w.enter({ reservation: 'k' });
    await settled();
    assert.deepEqual(
      w.rings.map(({ agent }) => agent),
      ['anna'],
    );
  });

  it('B13 B44: nobody takes it within the time left: waited out, with the reason; what rings is taken back', async () => {
    const w = world();
    await w.login('anna');
    const done = w.enter({ maxWaitMs: 1_200 });
    await settled();
    assert.equal(w.rings.length, 1);
    await w.pass(1_199);
    assert.deepEqual(w.orders, []);
    await w.pass(1);
    assert.deepEqual(await done, { kind: 'waited-out', reason: 'timeout' });
    assert.deepEqual(w.orders, ['cancel member-timeout']);
    assert.equal(w.engine.view().agents.get(agentId('anna'))?.noAnswerCount, 0);
  });

  it('B11: a queue that is full, unknown or of another owner, and an engine that does not answer: waited out at once', async () => {
    const w = world();
    assert.deepEqual(await w.enter({ queue: 'nowhere' }), { kind: 'waited-out', reason: 'TDM_NOT_FOUND' });
    for (const id of ['x', 'y'])
      await w.engine.ask({
        type: 'caller-joined',
        join: { ...plainJoin, member: memberId(id), queue: 'sales@default', call: { switch: pbx, uniqueId: id, channel: id } },
      });
    assert.deepEqual(await w.enter(), { kind: 'waited-out', reason: 'full' });
    w.engine.tell({ type: 'caller-left', member: memberId('x'), cause: 'hangup' });
    await settled();
    w.store.isStuck = true;
    const done = w.enter();
    await settled();
    w.timers.advance(dialerJoinMsMax);
    assert.deepEqual(await done, { kind: 'waited-out', reason: 'TDM_DEADLINE' });
  });

  it('B44: who hangs up has left, before the queue has him and after', async () => {
    const w = world();
    const done = w.enter();
    await settled();
    const session = w.sessions.opened[0] ?? assert.fail('no session');
    session.end({ kind: 'left' });
    assert.deepEqual(await done, { kind: 'left' });
    const early = world();
    early.hangUp.abort();
    assert.deepEqual(await early.enter(), { kind: 'left' });
    await settled();
    assert.equal(early.engine.view().members.size, 0);
  });
});
