/** The loop around a stub engine: what is saved when, and what leaves after it (H2). */
import assert from 'node:assert/strict';
import type { AcdEffect, ConnectOrder, ExitOrder, RingOrder } from '../core/acd/effects.js';
import { memberFacts, offerFacts } from '../core/acd/facts.js';
import { agentId, legId, memberId, offerId, queueId, switchId, type SwitchId } from '../core/acd/ids.js';
import type { Notice } from '../core/acd/notices.js';
import type { Decision } from '../core/acd/records.js';
import { TandemError } from '../core/errors.js';
import { createAcdBoard, listenersMax } from '../core/services/acd-board.js';
import { acdLoopLimits, createAcdLoop } from '../core/services/acd-loop.js';
import { prepareMsMax } from '../core/services/acd-orders.js';
import { newsWaitingMax } from '../core/services/acd-pending.js';
import { keptMembersMax } from '../core/services/acd-sessions.js';
import type { ChatPort, SwitchPort } from '../core/switch.js';
import { sampleMember, sampleOffer, sampleVisit } from './support/acd-rows.js';
import { createStubEngine, heldSaves, recordingSession, recordingSwitch, turn } from './support/acd-stub-engine.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';

const m1 = memberId('m1');
const pbx = switchId('pbx');

const ring = (offer: string, more: Partial<RingOrder> = {}): AcdEffect => ({
  type: 'ring',
  order: { offer: offerId(offer), switch: pbx, media: 'audio', leg: legId(`tandem-${offer}`), ...more } as RingOrder,
});
const connect = (offer: string): AcdEffect => ({
  type: 'connect',
  order: { offer: offerId(offer), switch: pbx, member: m1 } as ConnectOrder,
});
const music = (name: string): AcdEffect => ({ type: 'music', member: m1, music: name, exitKeys: '#' });
const message = (file: string): AcdEffect => ({ type: 'message', member: m1, kind: 'welcome', file });
const exit = (detail: string): AcdEffect => ({
  type: 'exit',
  order: { member: m1, reason: 'timeout', detail } as ExitOrder,
  call: undefined,
});
const news: AcdEffect = { type: 'notice', notice: { type: 'dispatching-changed', isOn: true } };
const decision = (because: string): AcdEffect => ({ type: 'decision', decision: { because } as Decision });

const tick = { type: 'time-passed' } as const;
const key = { type: 'key-pressed', member: m1, key: '1' } as const;

function world(limits: Partial<typeof acdLoopLimits> = {}, chat?: ChatPort) {
  const engine = createStubEngine();
  const saves = heldSaves();
  const timers = createHandTimers();
  const told: string[] = [];
  const up = { isUp: true };
  const fenced: string[] = [];
  const meter = recordingMeter();
  const board = createAcdBoard({ log: silentLog });
  const start = () =>
    createAcdLoop(
      {
        engine,
        save: saves.save,
        switches: new Map<typeof pbx, SwitchPort>([[pbx, recordingSwitch(told, up)]]),
        chat,
        board,
        askChannels: (id) => void told.push(`list ${id}`),
        onFenced: ({ code }) => void fenced.push(code),
        nowMs: () => timers.nowMs(),
        monoMs: () => timers.nowMs(),
        after: (delayMs, run) => timers.after(delayMs, run),
        log: silentLog,
        meter,
      },
      { ...acdLoopLimits, ...limits },
    );
  return { engine, saves, timers, told, up, fenced, meter, board, start };
}

const state = (promise: Promise<unknown>): Promise<string> =>
  Promise.race([
    promise.then(
      () => 'resolved',
      (e: unknown) => (e instanceof TandemError ? e.code : String(e)),
    ),
    turn().then(() => 'waiting'),
  ]);

describe('the loop of the queue engine', () => {
  it('H2: orders leave and wishes are answered only after the change is stored', async () => {
    const { engine, saves, told, start } = world();
    engine.members.set(m1, sampleMember('m1'));
    engine.onStep = () => ({ members: ['m1'], effects: [ring('o1')], answer: { ok: true, detail: 'joined', member: m1 } });
    const loop = start();

    const answer = loop.ask(key);

    assert.equal(saves.batches.length, 1, 'the save begins in the same turn');
    assert.equal(await state(answer), 'waiting');
    assert.deepEqual(told, []);
    await saves.succeed();
    assert.deepEqual(told, ['ring o1']);
    assert.deepEqual(await answer, { ok: true, detail: 'joined', member: m1 });
  });

  it('B25: news of others get their number behind what the engine said, and are stored with it', async () => {
    const { engine, saves, start } = world();
    engine.onStep = () => ({ effects: [news] });
    const loop = start();
    loop.tell(tick);
    assert.ok(loop.note({ type: 'campaign-empty', campaign: 'c1' }));
    await saves.succeed();
    await saves.succeed();
    assert.deepEqual(
      saves.batches.flatMap(({ events }) => events.map(({ seq, notice }) => [seq, notice.type])),
      [
        [1, 'dispatching-changed'],
        [2, 'campaign-empty'],
      ],
    );
  });

  it('B25: news of others are left out when too many wait for the database, and after the stop', async () => {
    const { saves, start } = world();
    const loop = start();
    const note = (): boolean => loop.note({ type: 'campaign-empty', campaign: 'c1' });
    note(); // is being saved
    for (let n = 0; n < newsWaitingMax; n++) assert.ok(note());
    assert.equal(note(), false);
    await saves.succeed();
    assert.ok(note());
    const closing = loop.close(new TandemError('TDM_STOPPING'));
    assert.equal(note(), false);
    await saves.succeed();
    await saves.succeed();
    await closing;
  });

  it('events that come while a save runs go into one further save, with the newest state', async () => {
    const { engine, saves, told, start } = world();
    engine.members.set(m1, sampleMember('m1'));
    let visit = 0;
    engine.onStep = () => {
      engine.members.set(m1, sampleMember('m1', { visit: ++visit }));
      return { members: ['m1'], effects: [ring(`o${String(visit)}`)], segments: [sampleVisit(`s${String(visit)}`)] };
    };
    const loop = start();

    loop.tell(key);
    loop.tell(key);
    loop.tell(key);

    assert.equal(saves.batches.length, 1);
    await saves.succeed();
    assert.deepEqual(told, ['ring o1']);
    await saves.succeed();
    assert.deepEqual(told, ['ring o1', 'ring o2', 'ring o3']);
    const [first, second] = saves.batches;
    assert.equal(first?.members.get('m1')?.visit, 1);
    assert.equal(second?.members.get('m1')?.visit, 3);
    assert.deepEqual(
      second.segments.map(({ key: name }) => name),
      ['s2 1', 's3 1'],
    );
    assert.equal(saves.batches.length, 2);
  });

  it('a batch is a copy of the moment, and what is gone is said to be gone', async () => {
    const { engine, saves, start } = world();
    const member = sampleMember('m1');
    engine.members.set(m1, member);
    engine.offers.set(offerId('o1'), sampleOffer('o1'));
    engine.onStep = () => ({ members: ['m1', 'm2'], offers: ['o1', 'o2'], agents: ['a'], queues: ['q'], system: true });
    start().tell(key);

    member.rejections = 99;

    const [batch] = saves.batches;
    assert.equal(batch?.members.get('m1')?.rejections, 0);
    assert.ok(batch.members.has('m2') && batch.members.get('m2') === undefined);
    assert.ok(batch.offers.has('o2') && batch.offers.get('o2') === undefined);
    assert.deepEqual([[...batch.agents], [...batch.queues]], [[['a', undefined]], [['q', undefined]]]);
    assert.deepEqual(batch.system, engine.state.system);
    await saves.succeed();
  });

  it('what changes nothing waits for no save; an order without a change leaves only under the lease', async () => {
    const { engine, saves, told, start } = world();
    const loop = start();
    engine.onStep = () => ({ effects: [decision('nobody is free')] });

    const answer = loop.ask(tick);
    assert.equal(await state(answer), 'resolved');
    assert.equal(loop.decisions().length, 1);
    assert.equal(saves.batches.length, 0);

    engine.onStep = () => ({ effects: [{ type: 'hang-up-leg', switch: pbx, leg: legId('tandem-x'), reason: 'stale' }] });
    loop.tell(tick);
    assert.equal(saves.batches.length, 1);
    assert.deepEqual(told, []);
    await saves.succeed();
    assert.deepEqual(told, ['cancel tandem-x stale']);
  });

  it('B5: a caller whose session has died is led on by his switch, where it knows how and has a link', async () => {
    const { engine, saves, told, start } = world();
    const loop = start();
    const leadOn = (on: SwitchId) => ({ type: 'lead-on', call: { switch: on, uniqueId: '1.7', channel: '' } }) as const;
    engine.onStep = () => ({ effects: [leadOn(switchId('elsewhere')), leadOn(pbx)] });
    loop.tell(tick);
    await saves.succeed();
    assert.deepEqual(told, ['lead on 1.7']);
  });

  it('orders of the start leave after the start was stored', async () => {
    const { engine, saves, told, start } = world();
    engine.onBegin = { members: ['m1'], effects: [ring('o1')] };

    start();

    assert.deepEqual(told, []);
    await saves.succeed();
    assert.deepEqual(told, ['ring o1']);
  });

  it('what an order achieves at once comes in as the next event, after all orders of the batch', async () => {
    const { engine, saves, told, up, start } = world();
    engine.onStep = () => ({ members: ['m1'], effects: [ring('o1'), ring('o2', { switch: switchId('elsewhere') })] });
    const loop = start();
    up.isUp = false;

    loop.tell(key);
    engine.onStep = () => ({});
    await saves.succeed();

    assert.deepEqual(told, []);
    assert.deepEqual(engine.seen.slice(1), [
      { type: 'offer-failed', offer: 'o1', failure: 'switch-failed', detail: 'the link to switch "pbx" is down' },
      { type: 'offer-failed', offer: 'o2', failure: 'switch-failed', detail: 'no link to a switch "elsewhere"' },
    ]);
  });

  it('an adapter that throws does not take the orders behind it with it', async () => {
    const { engine, saves, told, meter, board, start } = world();
    board.onNotice(() => {
      throw new Error('listener');
    });
    const loop = start();
    loop.attach(m1, { ...recordingSession(told), music: () => assert.fail('adapter') });
    engine.onStep = () => ({ members: ['m1'], effects: [music('x'), news, ring('o1')] });

    const answer = loop.ask(key);
    await saves.succeed();

    assert.deepEqual(told, ['ring o1']);
    assert.equal(await state(answer), 'resolved');
    assert.deepEqual(meter.counted('tandem_acd_order_failures_total'), [{ type: 'music' }]);
  });
});

describe('the loop when it cannot save', () => {
  const down = new TandemError('TDM_STORE_DOWN', ['test']);

  it('the same batch is tried again, and nothing leaves before it is stored', async () => {
    const { engine, saves, timers, told, start } = world();
    engine.onStep = () => ({ members: ['m1'], effects: [ring('o1')] });
    start().tell(key);

    await saves.fail(down);
    assert.deepEqual(told, []);
    timers.advance(acdLoopLimits.savePauseMs);
    await turn();
    assert.equal(saves.batches.length, 2);
    assert.equal(saves.batches[1], saves.batches[0]);
    await saves.succeed();

    assert.deepEqual(told, ['ring o1']);
  });

  it('design 5: after the last try callers are served without, and the rows go with the next save, newest state', async () => {
    const { engine, saves, timers, told, start, meter } = world();
    engine.members.set(m1, sampleMember('m1'));
    engine.onStep = () => ({ members: ['m1'], segments: [sampleVisit('s1')], effects: [ring('o1')] });
    const loop = start();
    const answer = loop.ask(key);
    for (let i = 1; i < acdLoopLimits.savesMax; i++) {
      await saves.fail(down);
      timers.advance(acdLoopLimits.savePauseMs);
      await turn();
    }
    await saves.fail(down);

    assert.deepEqual(told, ['ring o1']);
    assert.equal(await state(answer), 'resolved');
    assert.equal(meter.counted('tandem_acd_save_failures_total').length, acdLoopLimits.savesMax);
    engine.members.set(m1, sampleMember('m1', { visit: 5 }));
    const before = saves.batches.length;
    timers.advance(acdLoopLimits.saveAgainMs);
    await turn();
    assert.equal(saves.batches.length, before + 1, 'by itself');
    const again = saves.batches[before];
    assert.equal(again?.members.get('m1')?.visit, 5);
    assert.equal(again.segments.length, 1);
    await saves.succeed();
  });

  it('B5: another owner has taken over: nothing leaves, wishes are refused, sessions end, events are not taken', async () => {
    const { engine, saves, told, fenced, timers, start } = world();
    const loop = start();
    engine.members.set(m1, sampleMember('m1'));
    loop.attach(m1, recordingSession(told));
    engine.onStep = () => ({ members: ['m1'], effects: [ring('o1')] });
    engine.dueMs = timers.nowMs() + 100;
    const refused = [loop.ask(key), loop.ask(key)].map((answer) => assert.rejects(answer, { code: 'TDM_STANDBY' }));

    await saves.fail(new TandemError('TDM_STANDBY', ['test']));

    await Promise.all(refused);
    assert.deepEqual(told, ['exit error TDM_STANDBY']);
    assert.deepEqual(fenced, ['TDM_STANDBY']);
    assert.equal(loop.isOwner(), false);
    const stepped = engine.seen.length;
    loop.tell(key);
    await assert.rejects(loop.ask(key), { code: 'TDM_STANDBY' });
    timers.advance(10_000);
    assert.equal(engine.seen.length, stepped);
    assert.equal(saves.batches.length, 1);
  });
});

describe('the loop and callers', () => {
  it('orders for a caller whose session is not there yet are given when it comes: the newest of each kind', async () => {
    const { engine, saves, told, start } = world();
    const loop = start();
    const announce: AcdEffect = { type: 'announce', member: m1, announcement: { position: 1 } as never };
    engine.onStep = () => ({ members: ['m1'], effects: [music('old'), message('hello'), announce, music('new')] });
    loop.tell(key);
    await saves.succeed();

    const detach = loop.attach(m1, recordingSession(told));

    assert.deepEqual(told, ['message hello', 'music new #']);
    engine.onStep = () => ({ members: ['m1'], effects: [announce] });
    loop.tell(key);
    await saves.succeed();
    assert.deepEqual(told.splice(0).at(-1), 'announce 1');
    detach();
    engine.onStep = () => ({ members: ['m1'], effects: [music('later')] });
    loop.tell(key);
    await saves.succeed();
    assert.deepEqual(told, []);
  });

  it('an exit replaces what was kept before it', async () => {
    const { engine, saves, told, start } = world();
    const loop = start();
    engine.onStep = () => ({ members: ['m1'], effects: [message('hello'), exit('too late')] });
    loop.tell(key);
    await saves.succeed();

    loop.attach(m1, recordingSession(told));

    assert.deepEqual(told, ['exit timeout too late']);
  });

  it('orders are kept for so many callers and no more', async () => {
    const { engine, saves, told, start } = world();
    const loop = start();
    const effects = Array.from(
      { length: keptMembersMax + 1 },
      (_, i): AcdEffect => ({ ...music('x'), member: memberId(`k${String(i)}`) }) as AcdEffect,
    );
    engine.onStep = () => ({ members: ['m1'], effects });
    loop.tell(key);
    await saves.succeed();

    loop.attach(memberId('k0'), recordingSession(told));
    assert.deepEqual(told, []);
    loop.attach(memberId('k1'), recordingSession(told));
    assert.deepEqual(told, ['music x #']);
  });

  it('a session that came later stays when the earlier one ends', async () => {
    const { engine, saves, told, start } = world();
    const loop = start();
    const detach = loop.attach(m1, recordingSession([]));
    loop.attach(m1, recordingSession(told));

    detach();
    engine.onStep = () => ({ members: ['m1'], effects: [music('x')] });
    loop.tell(key);
    await saves.succeed();

    assert.deepEqual(told, ['music x #']);
  });

  it('the caller is prepared before the connection; one that takes too long is connected in any case', async () => {
    const { engine, saves, timers, told, start } = world();
    const loop = start();
    engine.offers.set(
      offerId('o1'),
      sampleOffer('o1', { phase: { kind: 'connecting', answeredAtMs: 1, deadlineMs: 2, isChecked: false } }),
    );
    let finish = (): void => undefined;
    loop.attach(
      m1,
      recordingSession(told, () => new Promise((resolve) => void (finish = resolve))),
    );
    engine.onStep = () => ({ offers: ['o1'], effects: [connect('o1'), ring('o2')] });

    loop.tell(key);
    await saves.succeed();
    assert.deepEqual(told, ['prepare o1', 'ring o2'], 'others do not wait for it');
    finish();
    await turn();
    assert.deepEqual(told.splice(0), ['prepare o1', 'ring o2', 'connect o1']);

    loop.tell(key);
    await saves.succeed();
    timers.advance(prepareMsMax);
    await turn();
    assert.deepEqual(told, ['prepare o1', 'ring o2', 'connect o1']);
  });

  it('B8: an offer that ended while the caller was being prepared is not connected', async () => {
    const { engine, saves, told, start } = world();
    const loop = start();
    loop.attach(m1, recordingSession(told));
    engine.onStep = () => ({ offers: ['o1'], effects: [connect('o1')] });

    loop.tell(key);
    await saves.succeed();

    assert.deepEqual(told, ['prepare o1']);
  });

  it('without a session, e.g. after a restart, the two are connected at once', async () => {
    const { engine, saves, told, up, start } = world();
    engine.onStep = () => ({ offers: ['o1'], effects: [connect('o1')] });
    const loop = start();

    loop.tell(key);
    await saves.succeed();
    assert.deepEqual(told, ['connect o1']);
    // sessions on the two legs may do without the link; if there are none, the switch tells
    up.isUp = false;
    loop.tell(key);
    await saves.succeed();
    assert.deepEqual(told, ['connect o1', 'connect o1']);
    assert.equal(engine.seen.at(-1)?.type, 'key-pressed');
  });

  it('a callback is ordered at its switch, or has failed', async () => {
    const { engine, saves, told, up, start } = world();
    const callBack = { type: 'call-back', member: m1, leg: legId('tandem-c1'), switch: pbx, number: '0301234' } as AcdEffect;
    engine.onStep = () => ({
      members: ['m1'],
      effects: [callBack, { type: 'cancel-call-back', member: m1, leg: legId('tandem-c1'), switch: pbx }],
    });
    const loop = start();

    loop.tell(key);
    await saves.succeed();
    assert.deepEqual(told, ['call back 0301234', 'cancel tandem-c1 taken-back']);
    up.isUp = false;
    loop.tell(key);
    engine.onStep = () => ({});
    await saves.succeed();
    assert.deepEqual(
      engine.seen.map(({ type }) => type),
      ['key-pressed', 'key-pressed', 'callback-failed'],
    );
  });

  it('B1: what is late is looked for on its switch', async () => {
    const { engine, saves, told, start } = world();
    const loop = start();
    engine.onStep = () => ({ offers: ['o1'], effects: [{ type: 'check-channels', switch: pbx }] });

    loop.tell(key);
    await saves.succeed();

    assert.deepEqual(told, [`list ${pbx}`]);
  });

  it('B53: chats are offered, taken back and connected at their own port', async () => {
    const talkStarted = (offer: string): AcdEffect => ({
      type: 'notice',
      notice: {
        type: 'talk-started',
        caller: memberFacts(sampleMember('m1')),
        facts: offerFacts(sampleOffer(offer)),
        offer: offerId(offer),
        member: m1,
        agent: agentId('anna'),
        queue: queueId('support'),
        leg: legId('tandem-x'),
        waitedMs: 1,
      },
    });
    const chatTold: string[] = [];
    const { engine, saves, told, start } = world(
      {},
      {
        ring: ({ offer }) => void chatTold.push(`ring ${offer}`),
        cancel: (offer, reason) => void chatTold.push(`cancel ${offer} ${reason}`),
        connect: ({ offer }) => void chatTold.push(`connect ${offer}`),
      },
    );
    engine.offers.set(offerId('c0'), sampleOffer('c0', { media: 'chat' }));
    const loop = start();
    const cancel = (offer: string): AcdEffect => ({
      type: 'cancel-ring',
      offer: offerId(offer),
      leg: legId('tandem-x'),
      switch: pbx,
      reason: 'stale',
    });
    engine.onStep = () => ({
      offers: ['c1'],
      effects: [
        ring('c1', { media: 'chat' }),
        talkStarted('c1'),
        talkStarted('o9'),
        ring('c2', { media: 'chat' }),
        cancel('c2'),
        cancel('c0'),
        cancel('o1'),
      ],
    });

    loop.tell(key);
    await saves.succeed();

    // o9 is no chat
    assert.deepEqual(chatTold, ['ring c1', 'connect c1', 'ring c2', 'cancel c2 stale', 'cancel c0 stale']);
    assert.deepEqual(told, ['cancel tandem-x stale']);
  });
});

describe('the loop: time, limits, end', () => {
  it('H3: time-passed comes when something is due, once', async () => {
    const { engine, saves, timers, start } = world();
    engine.dueMs = timers.nowMs() + 500;
    engine.onStep = () => {
      engine.dueMs = undefined;
      return { members: ['m1'] };
    };
    start();

    timers.advance(499);
    assert.equal(engine.seen.length, 0);
    timers.advance(1);
    assert.deepEqual(engine.seen, [tick]);
    timers.advance(100_000);
    assert.equal(engine.seen.length, 1);
    await saves.succeed();
  });

  it('an earlier moment moves the timer, a later one is looked at when the timer fires', () => {
    const { engine, timers, start } = world();
    engine.dueMs = timers.nowMs() + 1_000;
    const loop = start();

    engine.dueMs = timers.nowMs() + 300;
    loop.tell(key);
    timers.advance(300);
    assert.deepEqual(
      engine.seen.map(({ type }) => type),
      ['key-pressed', 'time-passed'],
    );
    engine.dueMs = timers.nowMs() + 1_000;
    loop.tell(key);
    engine.dueMs = timers.nowMs() + 2_000;
    timers.advance(1_999);
    assert.equal(engine.seen.length, 3);
    timers.advance(1);
    assert.equal(engine.seen.length, 4);
    assert.ok(timers.waiting <= 1);
  });

  it('a moment that stays due makes no busy loop', () => {
    const { engine, timers, start } = world();
    engine.dueMs = timers.nowMs();
    start();

    timers.advance(1_000);

    assert.ok(engine.seen.length > 10 && engine.seen.length <= 210, String(engine.seen.length));
  });

  it('an event over which the engine fails is left out, told, and the next one is taken', async () => {
    const { engine, saves, meter, start } = world();
    engine.onStep = (event) => (event.type === 'key-pressed' ? assert.fail('broken promise') : { members: ['m1'] });
    const loop = start();

    await assert.rejects(loop.ask(key), { code: 'TDM_INTERNAL' });
    loop.tell(key);
    const answer = loop.ask(tick);
    await saves.succeed();

    assert.equal(await state(answer), 'resolved');
    assert.equal(meter.counted('tandem_acd_step_errors_total').length, 2);
  });

  it('no more wishes are taken than the limit, facts always are', async () => {
    const { engine, saves, start } = world({ asksMax: 2 });
    engine.onStep = () => ({ members: ['m1'] });
    const loop = start();
    const taken = [loop.ask(key), loop.ask(key)];

    await assert.rejects(loop.ask(key), { code: 'TDM_BUSY' });
    loop.tell(key);
    assert.equal(engine.seen.length, 3);
    await saves.succeed();
    await saves.succeed();
    await Promise.all(taken);
    const later = loop.ask(key);
    await saves.succeed();
    await later;
  });

  it('while too many orders wait for the database no wish is taken', async () => {
    const { engine, saves, start } = world({ effectsMax: 2 });
    engine.onStep = () => ({ members: ['m1'], effects: [ring('o1')] });
    const loop = start();
    loop.tell(key);
    loop.tell(key);
    loop.tell(key);

    await assert.rejects(loop.ask(key), { code: 'TDM_BUSY' });
    await saves.succeed();
    await saves.succeed();
  });

  it('listeners are bounded, each may leave', () => {
    const board = createAcdBoard({ log: silentLog });
    const heard: Notice[] = [];
    const listener = (notice: Notice): void => void heard.push(notice);
    const leave = board.onNotice(listener);
    for (let i = 1; i < listenersMax; i++) board.onNotice(listener);

    assert.throws(() => board.onNotice(listener), { code: 'TDM_BUSY' });
    leave();
    board.tell({ type: 'dispatching-changed', isOn: true }, 1);
    assert.equal(heard.length, listenersMax - 1);
  });

  it('B31: the newest decision records are kept, newest first', async () => {
    const { engine, start } = world();
    const loop = start();
    for (const because of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      engine.onStep = () => ({ effects: [decision(because)] });
      loop.tell(tick);
      await turn();
    }

    assert.deepEqual(
      loop.decisions().map(({ because }) => because),
      ['g', 'f', 'e'],
    );
  });

  it('H25: at the stop nothing new is taken, what was taken is stored and ordered, sessions end', async () => {
    const { engine, saves, timers, told, start } = world();
    engine.members.set(m1, sampleMember('m1', { joinedAtMs: 0, queue: queueId('support') }));
    engine.onStep = () => ({ members: ['m1'], effects: [ring('o1')] });
    engine.dueMs = timers.nowMs() + 10;
    const loop = start();
    loop.attach(m1, recordingSession(told));
    const first = loop.ask(key);
    const second = loop.ask(key);

    const closing = loop.close(new TandemError('TDM_STOPPING'));

    await assert.rejects(loop.ask(key), { code: 'TDM_STOPPING' });
    await saves.succeed();
    await saves.succeed();
    await closing;
    assert.deepEqual([await state(first), await state(second)], ['resolved', 'resolved']);
    assert.deepEqual(told, ['ring o1', 'ring o1', 'exit error TDM_STOPPING']);
    const late: string[] = [];
    loop.attach(m1, recordingSession(late))();
    assert.deepEqual(late, ['exit error TDM_STOPPING']);
    assert.equal(timers.waiting, 0);
  });

  it('a save that does not end holds the stop up no longer than its limit', async () => {
    const { engine, timers, told, start } = world();
    engine.onStep = () => ({ members: ['m1'], effects: [ring('o1')] });
    const loop = start();
    const answer = loop.ask(key);

    const closing = loop.close(new TandemError('TDM_STOPPING'));
    const next = assert.rejects(loop.ask(key), { code: 'TDM_STOPPING' });
    timers.advance(acdLoopLimits.closeMsMax);
    await closing;
    await next;

    assert.equal(await state(answer), 'waiting');
    assert.deepEqual(told, []);
  });

  it('the order behind an offer is there while the offer is', () => {
    const { engine, start } = world();
    const loop = start();

    assert.equal(loop.orderOf(offerId('o1')), undefined);
    assert.equal(loop.view(), engine.state);
    assert.ok(agentId('anna'));
  });
});
