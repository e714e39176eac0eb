/*
 * Life of the link to a manager: going up, going down, coming back (dependencies sections 6 and 14,
 * user-needs 10). Real sockets on a fake manager; where time matters it is turned by hand.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import sinon from 'sinon';
import { createAmiHarness, nextEvent, nextState, type AmiHarness, type AmiHarnessOptions } from './support/ami-harness.js';
import { serverBlocks, grouped, transcripts, value } from './support/ami-transcript.js';
import { createHandTimers } from './support/hand-timers.js';
import { pieces } from './support/pieces.js';

let open: AmiHarness[] = [];
afterEach(async () => {
  await Promise.all(open.map((harness) => harness.close()));
  open = [];
});

async function harness(options?: AmiHarnessOptions): Promise<AmiHarness> {
  const made = await createAmiHarness(options);
  open.push(made);
  return made;
}

async function upLink(options?: AmiHarnessOptions): Promise<AmiHarness> {
  const made = await harness(options);
  made.link.start();
  await made.link.waitUp(3_000);
  return made;
}

const session = ({ ami }: AmiHarness) => ami.sessions[0] ?? assert.fail('no session open');
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Let the sockets work until it holds. */
async function until(holds: () => boolean): Promise<void> {
  const giveUpAtMs = performance.now() + 2_000;
  while (!holds()) {
    assert.ok(performance.now() < giveUpAtMs, `never came true: ${String(holds)}`);
    await turn();
  }
}

describe('manager link: going up', () => {
  it('M8: the event mask is asked for after the login, since the library’s own does not work', async () => {
    const h = await upLink({ link: { eventMask: 'call,agent' } });
    assert.equal(h.ami.received('Events')[0]?.['Eventmask'], 'call,agent');
    assert.equal(h.link.status().version, '11.0.0');
  });

  it('B10: live channels, queues and devices are read and the hook has run before `up` is announced', async () => {
    const order: string[] = [];
    const onUp = sinon.spy(async () => {
      order.push('hook');
      await turn();
      order.push('hook done');
    });
    const h = await harness({ deps: { onUp } });
    h.ami.on('Events', ({ ActionID }, s) => s.send({ Event: 'Hangup' }, { Response: 'Success', ActionID }));
    h.ami.on('CoreShowChannels', ({ ActionID }, s) => {
      s.send({ Response: 'Success', ActionID, EventList: 'start' }, { Event: 'CoreShowChannel', ActionID, Channel: 'PJSIP/1010-1' });
      s.send({ Event: 'Newchannel', Channel: 'PJSIP/1012-1' }); // news while the lists are read
      s.send({ Event: 'CoreShowChannelsComplete', ActionID, EventList: 'Complete', ListItems: '1' });
    });
    h.link.onState((now) => order.push(now.state));
    h.link.on(['Hangup', 'Newchannel'], () => order.push('event'));
    h.link.start();
    await h.link.waitUp(3_000);
    await turn();

    assert.deepEqual(order, ['resyncing', 'hook', 'hook done', 'up', 'event', 'event']);
    assert.deepEqual(
      ['CoreShowChannels', 'QueueStatus', 'DeviceStateList'].map((name) => h.ami.received(name).length),
      [1, 1, 1],
    );
    const [snapshot] = onUp.firstCall.args as unknown as Parameters<NonNullable<NonNullable<AmiHarnessOptions['deps']>['onUp']>>;
    assert.deepEqual(
      snapshot.channels.map((channel) => channel.get('channel')),
      ['PJSIP/1010-1'],
    );
    assert.deepEqual(
      h.events.map((event) => event.event),
      ['Hangup', 'Newchannel'],
    );
  });

  it('B10: a hook that fails keeps the link down and is tried again', async () => {
    const onUp = sinon.stub<[], Promise<void>>().onFirstCall().rejects(new Error('store is away')).resolves();
    const h = await harness({ deps: { onUp } });
    h.link.start();
    await nextState(h.link, 'down');
    assert.match(h.link.status().reason, /store is away/);
    await h.link.waitUp(3_000);
    assert.equal(onUp.callCount, 2);
  });

  it('B10: a hook without end is cut off at its deadline', async () => {
    const timers = createHandTimers();
    const onUp = sinon.stub<[], Promise<void>>().returns(new Promise(() => undefined));
    const h = await harness({ deps: { timers, onUp }, link: { resyncMsMax: 700 } });
    h.link.start();
    await until(() => onUp.called);
    const down = nextState(h.link, 'down');
    timers.advance(700);
    await down;
    assert.match(h.link.status().reason, /700 ms/);
  });

  it('B10: a switch without queues is no failure; one that hides its channels is', async () => {
    const h = await harness();
    const refuse =
      (message: string) => (action: Readonly<Record<string, string>>, s: { send(p: Record<string, string | undefined>): void }) =>
        s.send({ Response: 'Error', ActionID: action['ActionID'], Message: message });
    h.ami.on('QueueStatus', refuse('Invalid/unknown command: QueueStatus.'));
    h.link.start();
    await h.link.waitUp(3_000);
    assert.deepEqual((h.log.info.firstCall.args[0] as { missing: string[] }).missing, ['QueueStatus']);

    h.ami.on('CoreShowChannels', refuse('Permission denied'));
    session(h).reset();
    await nextState(h.link, 'down');
    await nextState(h.link, 'down');
    assert.match(h.link.status().reason, /Permission denied/);
  });

  it('B10: FullyBooted after the lists were read makes them read again', async () => {
    const h = await upLink();
    h.ami.event({ Event: 'FullyBooted', Status: 'Fully Booted' });
    await nextState(h.link, 'up');
    assert.equal(h.ami.received('CoreShowChannels').length, 2);
    assert.deepEqual(h.states, ['resyncing', 'up', 'resyncing', 'up']);
    assert.equal(h.log.info.callCount, 1, 'a second reading is no change of state');
  });

  it('B10: more events than the limit while the lists are read end the attempt', async () => {
    const h = await harness({ link: { heldEventsMax: 10 } });
    h.ami.on('QueueStatus', (_action, s) => s.send(...Array.from({ length: 11 }, () => ({ Event: 'Newchannel' }))));
    h.link.start();
    await nextState(h.link, 'down');
    assert.match(h.link.status().reason, /more than 10 events/);
    assert.equal(h.events.length, 0);
  });

  it('AMI: a server that accepts and says nothing is given up at the deadline', async () => {
    const timers = createHandTimers();
    const h = await harness({ server: { greeting: '' }, deps: { timers }, link: { loginMsMax: 2_000 } });
    h.ami.on('Login', () => undefined);
    h.link.start();
    await h.ami.seen('Login');
    timers.advance(2_000);
    assert.equal(h.link.status().reason, 'no login within 2000 ms');
  });
});

describe('manager link: events', () => {
  it('AMI: byte by byte with UTF-8', async () => {
    const h = await upLink();
    const seen = nextEvent(h.link, 'Newchannel');
    for (const byte of Buffer.from('Event: Newchannel\r\nCallerIDName: Jürgen 李\r\n\r\n')) session(h).raw(Buffer.of(byte));
    assert.equal((await seen).get('CallerIDName'), 'Jürgen 李');
  });

  it('AMI: every recorded session through the link, in random pieces, gives the recorded events in order', async () => {
    const h = await upLink();
    for (const [n, name] of transcripts.entries()) {
      const blocks = serverBlocks(name);
      h.events.length = 0;
      const end = nextEvent(h.link, 'EndOfTranscript');
      const bytes = Buffer.from(blocks.map((block) => block.wire).join('') + 'Event: EndOfTranscript\r\n\r\n');
      for (const piece of pieces(bytes, n + 1, 600)) session(h).raw(piece);
      await end;
      const expected = blocks.filter((block) => value(block, 'Event') !== undefined).map((block) => grouped(block.fields));
      // FullyBooted (in 61-login) makes the link read its lists again; the events stay the same.
      assert.deepEqual(
        h.events.slice(0, -1).map((event) => event.entries()),
        expected,
        name,
      );
    }
  }).timeout(20_000);

  it('M13: events named RawEvent, Close, Error, Connect or like an ActionID do nothing to the link', async () => {
    const h = await upLink();
    const names = ['RawEvent', 'Close', 'Error', 'Connect', 'End', 'Response', 'managerevent', '__proto__', '1795288110'];
    const last = nextEvent(h.link, '1795288110');
    for (const name of names) h.ami.event({ Event: name, ActionID: name.toLowerCase() });
    await last;
    session(h).send(
      { Response: 'Error', ActionID: 'error' },
      { Response: 'Success', ActionID: 'close' },
      { Response: 'Success', ActionID: 'rawevent' },
    );
    await h.link.action({ Action: 'Ping' });
    assert.deepEqual(
      h.events.map((event) => event.event),
      names,
    );
    assert.equal(h.link.status().state, 'up');
    assert.equal(h.ami.accepted, 1);
  });

  it('M15: an OriginateResponse is one event, and answers nobody by its `Response` field', async () => {
    const h = await upLink();
    h.ami.on('Getvar', ({ ActionID }, s) => {
      s.send({ Event: 'OriginateResponse', ActionID, Response: 'Failure' });
      s.send({ Response: 'Success', ActionID, Value: 'right' });
    });
    const { response } = await h.link.action({ Action: 'Getvar' });
    assert.equal(response.get('value'), 'right');
    assert.equal(h.events.filter((event) => event.event === 'OriginateResponse').length, 1);
  });

  it('M12: a packet with 20 000 keys takes below 2 s and the link stays up', async () => {
    const h = await upLink();
    const seen = nextEvent(h.link, 'Big');
    const startMs = performance.now();
    session(h).raw(`Event: Big\r\n${Array.from({ length: 20_000 }, (_, i) => `Key${String(i)}: v\r\n`).join('')}\r\n`);
    assert.equal((await seen).get('key19999'), 'v');
    assert.ok(performance.now() - startMs < 2_000);
  });

  it('AMI: a listener that throws is counted; the others and the link go on', async () => {
    const h = await upLink();
    h.link.on('Hangup', () => {
      throw new Error('broken listener');
    });
    const seen = nextEvent(h.link, 'Hangup');
    h.ami.event({ Event: 'Hangup' });
    await seen;
    sinon.assert.calledWith(h.meter.count, 'tandem_ami_listener_errors_total', { switch: 'alpha' });
    assert.equal(h.link.status().state, 'up');
  });
});

describe('manager link: going down and coming back', () => {
  for (const half of ['Response: Follows\r\nActionID: x\r\nsome out', 'Event: Hangup\r\nCause: 1']) {
    it(`M3: half a packet (${half.slice(0, 8)}) then a reset, then a clean session`, async () => {
      const h = await upLink();
      session(h).raw(half);
      // Its answer ends the half packet, so nobody knows it: proof that the half was read.
      await assert.rejects(h.link.action({ Action: 'Ping' }, { timeoutMs: 50 }), { code: 'TDM_SWITCH_SLOW' });
      session(h).reset();
      await nextState(h.link, 'up');
      const seen = nextEvent(h.link, 'Hangup');
      h.ami.event({ Event: 'Hangup', Cause: '16' });
      assert.equal((await seen).get('cause'), '16');
      assert.equal(h.link.status().version, '11.0.0');
    });
  }

  it('B10: after a restart of the server the link is back within 1 s and resynchronised', async () => {
    const h = await upLink();
    await h.ami.down();
    await nextState(h.link, 'down');
    const startMs = performance.now();
    await h.ami.restart();
    await h.link.waitUp(3_000);
    assert.ok(performance.now() - startMs < 1_000);
    assert.equal(h.ami.received('CoreShowChannels').length, 2);
    assert.deepEqual(h.states, ['resyncing', 'up', 'down', 'resyncing', 'up']);
  });

  it('M2: while nobody listens it tries with growing waits up to the cap, and says so once', async () => {
    const timers = createHandTimers();
    const h = await harness({ deps: { timers, random01: () => 0.999_999 }, link: { backoffCapMs: 1_000 } });
    await h.ami.down();
    h.link.start();
    const delays: number[] = [];
    for (let n = 0; n < 7; n++) {
      await refusedConnect(h);
      delays.push(timers.lastDelayMs);
      timers.advance(timers.lastDelayMs);
    }
    assert.deepEqual(delays, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
    assert.equal(h.log.warn.callCount, 1);
    assert.match(h.link.status().reason, /ECONNREFUSED/);
  });

  it('M2: a link that was lost soon after the login waits longer each time, one that was up for long does not', async () => {
    const timers = createHandTimers();
    const h = await harness({ deps: { timers, random01: () => 0.999_999 } });
    h.link.start();
    const delays: number[] = [];
    for (const livedMs of [0, 0, 0, 10_000]) {
      await h.link.waitUp(1_000_000);
      timers.advance(livedMs);
      session(h).reset();
      await nextState(h.link, 'down');
      delays.push(timers.lastDelayMs);
      timers.advance(timers.lastDelayMs);
    }
    assert.deepEqual(delays, [100, 200, 400, 100]);
  });

  it('M9: a wrong password surfaces as the reason and is tried again slowly', async () => {
    const timers = createHandTimers();
    const h = await harness({ deps: { timers, random01: () => 0 }, link: { secret: 'wrong' } });
    h.link.start();
    for (let n = 0; n < 3; n++) {
      await nextState(h.link, 'down');
      assert.equal(h.link.status().reason, 'login refused: Authentication failed');
      assert.equal(timers.lastDelayMs, 2_500, 'half of the cap is the least');
      timers.advance(2_500);
    }
    assert.equal(h.log.warn.callCount, 1);
    assert.ok(!JSON.stringify(h.log.warn.args).includes('wrong'), 'the secret is not in the log');
  });

  it('M10: stop during a retry opens nothing', async () => {
    const timers = createHandTimers();
    const h = await harness({ deps: { timers } });
    await h.ami.down();
    h.link.start();
    await refusedConnect(h);
    await h.ami.restart();
    h.link.stop();
    timers.advance(1_000); // the retry would have been due, its login not yet given up
    h.link.start();
    assert.equal(timers.waiting, 0);
    // A connection of the test's own proves that the server had its turn.
    const own = connect(h.ami.port, '127.0.0.1');
    await until(() => h.ami.accepted === 1);
    own.destroy();
    assert.deepEqual(h.ami.received('Login'), [], 'the only connection is the test’s own');
    assert.equal(h.link.status().state, 'stopped');
  });

  it('M10: stop when up closes the connection, leaves no timer and refuses actions', async () => {
    const timers = createHandTimers();
    const h = await upLink({ deps: { timers } });
    const closed = new Promise((resolve) => session(h).socket.once('close', resolve));
    h.link.stop();
    await closed;
    assert.equal(timers.waiting, 0);
    await assert.rejects(h.link.action({ Action: 'Ping' }), { code: 'TDM_SWITCH_DOWN' });
    await assert.rejects(h.link.waitUp(10), { code: 'TDM_SWITCH_DOWN' });
    assert.equal(h.ami.accepted, 1);
  });

  it('B10: Ping every 10 s; without an answer in time the attempt ends', async () => {
    const timers = createHandTimers();
    const h = await upLink({ deps: { timers, random01: () => 0 } });
    timers.advance(10_000);
    await h.ami.seen('Ping', 1);
    await until(() => timers.lastDelayMs === 10_000); // answered, the next one is set
    h.ami.on('Ping', () => undefined);
    timers.advance(10_000);
    await h.ami.seen('Ping', 2);
    const down = nextState(h.link, 'down');
    timers.advance(5_000);
    await down;
    assert.match(h.link.status().reason, /^Ping: .* 5000 ms/);
    assert.equal(timers.lastDelayMs, 50, 'it was up for long: the shortest wait');
  });

  it('B10: one log line per change of state, and the gauge follows', async () => {
    const h = await upLink();
    session(h).reset();
    await nextState(h.link, 'up');
    h.link.stop();
    assert.deepEqual(
      h.log.info.args.map((args) => args[1] as string),
      ['manager link up', 'manager link up', 'manager link stopped'],
    );
    assert.deepEqual(
      h.log.warn.args.map((args) => args[1] as string),
      ['manager link down'],
    );
    assert.equal(h.meter.set.lastCall.args[1], 0);
  });

  it('B10: another reason for the same outage is no new line, but a refused password is', async () => {
    const h = await upLink();
    h.ami.on('Login', (_action, s) => s.reset());
    session(h).reset();
    for (let n = 0; n < 3; n++) await nextState(h.link, 'down');
    assert.equal(h.log.warn.callCount, 1);
    h.ami.on('Login', ({ ActionID }, s) => s.send({ Response: 'Error', ActionID, Message: 'Authentication failed' }));
    await nextState(h.link, 'down');
    assert.equal(h.log.warn.callCount, 2);
    assert.match(h.link.status().reason, /Authentication failed/);
  });

  it('AMI: bytes beyond the limit end the attempt, not the process', async () => {
    const h = await upLink();
    const down = nextState(h.link, 'down');
    session(h).raw(Buffer.alloc(9 * 1024 * 1024, 'x'));
    await down;
    assert.match(h.link.status().reason, /larger than/);
    await h.link.waitUp(3_000);
  });

  it('AMI: settings that would break the login are refused at once', async () => {
    for (const link of [{ secret: 'a\r\nAction: Command' }, { user: '' }, { eventMask: 'call\n' }, { port: 0 }, { backoffCapMs: 60_000 }]) {
      await assert.rejects(harness({ link }), { code: 'TDM_BAD_SETTING' });
    }
  });
});

/** Resolves when the attempt that is under way was refused. */
async function refusedConnect(h: AmiHarness): Promise<void> {
  await new Promise<void>((resolve) => {
    const off = h.link.onState(() => {
      off();
      resolve();
    });
  });
}
