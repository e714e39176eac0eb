/** A waiting caller's session at the FastAGI door: music, announcements, keys, and what HANGUP meant (asterisk-behaviour 1, 3). */
import assert from 'node:assert/strict';
import { createAsteriskSessions } from '../agi/member-session.js';
import { createAgiServer, type AgiServer } from '../agi/server.js';
import type { Announcement, ExitOrder } from '../core/acd/effects.js';
import type { AcdEvent } from '../core/acd/events.js';
import { memberId } from '../core/acd/ids.js';
import type { HeldSession, SessionEnd } from '../core/switch.js';
import { systemTimers } from '../sidecar/timers.js';
import { connectOrder, here, ringOrder } from './support/asterisk-control.js';
import { watchStub, type WatchStub } from './support/channel-watch.js';
import { dialAgi, type AgiDialog, type DialOptions } from './support/fake-asterisk.js';
import { silentLog, silentMeter } from './support/observers.js';
import { eventually } from './support/eventually.js';

const member = memberId('m1');
const said = (parts: Partial<Announcement>): Announcement => ({
  sound: undefined,
  position: undefined,
  ewtMinutes: undefined,
  callbackOffer: undefined,
  language: undefined,
  ...parts,
});
const exitOrder: ExitOrder = {
  member,
  queue: ringOrder().queue,
  reason: 'timeout',
  detail: '',
  agent: undefined,
  to: undefined,
  hangUp: false,
  waitedMs: 1_000,
};
const saying = (command: string): string | undefined => (command.startsWith('SAY ') ? '200 result=0' : undefined);

describe('agi: session of a waiting caller', () => {
  let server: AgiServer;
  let watch: WatchStub;
  let fed: AcdEvent[];
  let opened: Promise<HeldSession>;
  let end: SessionEnd | undefined;
  let call: AgiDialog;
  let session: HeldSession;

  beforeEach(() => {
    watch = watchStub();
    fed = [];
    end = undefined;
    const nowMs = (): number => systemTimers.nowMs();
    // ten times as fast
    const after = (delayMs: number, run: () => void): (() => void) => systemTimers.after(delayMs / 10, run);
    const open = createAsteriskSessions({ switch: here, watch, after, nowMs, log: silentLog }, { keyTurnMs: 20 });
    let tell: (session: HeldSession) => void;
    opened = new Promise((resolve) => (tell = resolve));
    server = createAgiServer(
      { port: 0 },
      {
        wait: async (agi) => {
          const held = open(agi, member, (event) => void fed.push(event));
          tell(held);
          end = await held.ended;
        },
      },
      { log: silentLog, meter: silentMeter },
    );
  });
  afterEach(async () => {
    await server.close(0);
    assert.equal(watch.watching(), 0, 'nobody listens to the channel any more');
  });

  async function dial(options: Partial<DialOptions> = {}): Promise<void> {
    call = await dialAgi({ port: await server.listen(), script: 'wait', answer: saying, ...options });
    session = await opened;
  }
  const ended = () =>
    eventually(
      () => end,
      (how) => how !== undefined,
    );
  const commands = (pattern: RegExp) => call.commands.filter((command) => pattern.test(command));

  it('F25 F125: music of the class ordered, or the switch’s own', async () => {
    await dial();
    session.music(undefined, '');
    session.music('my class', '');
    await call.commandLike(/my class/);
    assert.deepEqual(commands(/MUSIC/), ['SET MUSIC ON', 'SET MUSIC ON "my class"']);
    session.exit(exitOrder);
    assert.deepEqual(await ended(), { kind: 'exit', order: exitOrder });
    await call.ended;
  });

  it('B27: sound, position, expected wait and callback offer in their order and language; then the music again', async () => {
    await dial();
    session.music('jazz', '');
    session.announce(said({ sound: 'sorry', position: 3, ewtMinutes: 1, callbackOffer: 'press-one', language: 'de' }));
    await eventually(
      () => commands(/MUSIC/).length,
      (times) => times === 2,
    );
    assert.deepEqual(
      call.commands.slice(1, -1).map((command) => command.replace(/ ""$/, '')),
      [
        'SET VARIABLE CHANNEL(language) "de"',
        'STREAM FILE sorry',
        'STREAM FILE queue-thereare',
        'SAY NUMBER 3',
        'STREAM FILE queue-callswaiting',
        'STREAM FILE queue-holdtime',
        'SAY NUMBER 1',
        'STREAM FILE queue-minute',
        'STREAM FILE press-one',
      ],
    );
    session.exit(exitOrder);
  });

  it('B27: the first in line is told so, without a number', async () => {
    await dial();
    session.announce(said({ position: 1, ewtMinutes: 5 }));
    await call.commandLike(/MUSIC/);
    assert.deepEqual(
      call.commands.map((command) => command.replace(/ ""$/, '')),
      ['STREAM FILE queue-youarenext', 'STREAM FILE queue-holdtime', 'SAY NUMBER 5', 'STREAM FILE queue-minutes', 'SET MUSIC ON'],
    );
    session.exit(exitOrder);
  });

  it('freeswitch-callcenter 8.4: a file that is missing is not tried again for this caller', async () => {
    await dial({ missing: ['sorry'] });
    session.announce(said({ sound: 'sorry' }));
    session.announce(said({ sound: 'sorry' }));
    await eventually(
      () => commands(/MUSIC/).length,
      (times) => times === 2,
    );
    assert.equal(commands(/sorry/).length, 1);
    session.exit(exitOrder);
  });

  it('F65: a message to its end, then told; also one that is missing', async () => {
    await dial({ missing: ['nosuch'] });
    session.message('welcome');
    session.message('nosuch');
    await eventually(
      () => fed.length,
      (times) => times === 2,
    );
    assert.deepEqual(fed, [
      { type: 'message-ended', member },
      { type: 'message-ended', member },
    ]);
    session.exit(exitOrder);
  });

  it('F127: a key of the link while idle: only those that mean something', async () => {
    await dial();
    session.music(undefined, '5#');
    await call.commandLike(/MUSIC/);
    for (const digit of ['1', '#', '5']) watch.key(digit);
    assert.deepEqual(
      fed.map((event) => event.type === 'key-pressed' && event.key),
      ['#', '5'],
    );
    session.exit(exitOrder);
  });

  it('F127: a key during an announcement ends it and is told once, though the link tells it too', async () => {
    await dial({ keys: ['5'] });
    session.music(undefined, '5');
    await call.commandLike(/MUSIC/);
    session.announce(said({ sound: 'long', callbackOffer: 'never' }));
    await eventually(
      () => commands(/MUSIC/).length,
      (times) => times === 2,
    );
    watch.key('5');
    assert.deepEqual(fed, [{ type: 'key-pressed', member, key: '5' }]);
    assert.equal(commands(/never/).length, 0);
    assert.deepEqual(commands(/long/), ['STREAM FILE long "5"']);
    session.exit(exitOrder);
  });

  it('F127: without a link keys are asked for in turns; orders get through; with the link back it stops', async () => {
    watch.setUp(false);
    await dial({ keys: ['', '', '7', '5'] });
    session.music(undefined, '5');
    await eventually(
      () => fed.length,
      (times) => times === 1,
    );
    assert.deepEqual(fed, [{ type: 'key-pressed', member, key: '5' }]);
    session.music('jazz', '5');
    await call.commandLike(/jazz/);
    watch.setUp(true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const turns = commands(/WAIT FOR DIGIT 20/).length;
    assert.ok(turns >= 4);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(commands(/WAIT FOR DIGIT/).length, turns);
    session.exit(exitOrder);
  });

  it('F136 F137 F142: variables of the talk in one command, the result last', async () => {
    await dial();
    await session.prepare(connectOrder(ringOrder()));
    const [line = ''] = commands(/^EXEC MSet/);
    assert.match(line, /cc_agent=1011,/);
    assert.match(line, /cc_agent_uuid=tandem-o1,/);
    assert.match(line, /,TANDEM_RESULT=answered"$/);
    session.exit(exitOrder);
  });

  it('an agent is ready while something is said: it is stopped, the variables go over the link', async () => {
    let finish: (answer: string) => void = () => undefined;
    const playing = new Promise<string>((resolve) => (finish = resolve));
    await dial({ answer: (command) => (command.includes('long') ? playing : undefined) });
    session.announce(said({ sound: 'long', callbackOffer: 'never' }));
    await call.commandLike(/long/);
    watch.onStop = () => finish('200 result=0 endpos=99');
    await session.prepare(connectOrder(ringOrder()));
    assert.deepEqual(watch.asked, ['stop', 'set TANDEM_RESULT']);
    await call.commandLike(/MUSIC/);
    assert.equal(commands(/never/).length, 0);
    session.exit(exitOrder);
  });

  it('an exit does not wait for what is being said, nor for what was to be said', async () => {
    let finish: (answer: string) => void = () => undefined;
    const playing = new Promise<string>((resolve) => (finish = resolve));
    await dial({ answer: (command) => (command.includes('long') ? playing : undefined) });
    session.announce(said({ sound: 'long' }));
    session.announce(said({ sound: 'more' }));
    await call.commandLike(/long/);
    watch.onStop = () => finish('200 result=0 endpos=99');
    session.exit(exitOrder);
    assert.equal((await ended())?.kind, 'exit');
    assert.equal(commands(/more/).length, 0);
  });

  it('B8: HANGUP of a caller who hung up: told at once', async () => {
    await dial();
    session.music(undefined, '');
    await call.commandLike(/MUSIC/);
    watch.gone();
    call.hangUp();
    assert.deepEqual(await ended(), { kind: 'left' });
    assert.deepEqual(fed, [{ type: 'caller-left', member, cause: 'hangup' }]);
    call.close();
  });

  it('HANGUP without news of the link: the caller left', async () => {
    watch.setUp(false);
    await dial();
    call.hangUp();
    assert.deepEqual(await ended(), { kind: 'left' });
    assert.deepEqual(fed, [{ type: 'caller-left', member, cause: 'hangup' }]);
    call.close();
  });

  it('HANGUP of a channel that lives on elsewhere: transferred', async () => {
    await dial();
    call.hangUp();
    await ended();
    assert.deepEqual(fed, [
      { type: 'session-lost', member },
      { type: 'caller-left', member, cause: 'transferred' },
    ]);
    call.close();
  });

  it('HANGUP of a caller whose hang-up is told late, by a busy switch: left by hang-up', async () => {
    await dial();
    watch.isAlive = false;
    call.hangUp();
    assert.deepEqual(await ended(), { kind: 'left' });
    assert.deepEqual(fed.at(-1), { type: 'caller-left', member, cause: 'hangup' });
    call.close();
  });

  it('sent elsewhere by us: transferred at once', async () => {
    await dial();
    watch.transferred();
    call.hangUp();
    await ended();
    assert.deepEqual(fed, [{ type: 'caller-left', member, cause: 'transferred' }]);
    call.close();
  });

  it('HANGUP because an agent’s leg took the channel: connected, nothing is fed', async () => {
    await dial();
    const order = connectOrder(ringOrder());
    await session.prepare(order);
    call.hangUp();
    setTimeout(() => watch.bridged(), 20);
    assert.deepEqual(await ended(), { kind: 'connected', order });
    assert.deepEqual(fed, []);
    call.close();
  });

  it('B8: the caller hangs up between the order and the bridge: left', async () => {
    await dial();
    await session.prepare(connectOrder(ringOrder()));
    watch.gone();
    call.hangUp();
    assert.deepEqual(await ended(), { kind: 'left' });
    call.close();
  });

  it('B5: a session that breaks without HANGUP: the place is kept', async () => {
    await dial();
    session.music(undefined, '');
    await call.commandLike(/MUSIC/);
    call.reset();
    assert.deepEqual(await ended(), { kind: 'lost' });
    assert.deepEqual(fed, [{ type: 'session-lost', member }]);
  });

  it('B5: Tandem stops: the place is kept', async () => {
    await dial();
    await server.close(0);
    assert.deepEqual(await ended(), { kind: 'lost' });
  });

  it('a command that Asterisk refuses costs what it was for, not the caller', async () => {
    await dial({ answer: (command) => (command.startsWith('SET MUSIC ON') ? '510 Invalid or unknown command' : undefined) });
    session.music('jazz', '');
    session.message('welcome');
    await eventually(
      () => fed.length,
      (times) => times === 1,
    );
    session.exit(exitOrder);
    assert.equal((await ended())?.kind, 'exit');
  });

  it('more announcements than can be said are dropped', async () => {
    let finish: (answer: string) => void = () => undefined;
    const playing = new Promise<string>((resolve) => (finish = resolve));
    await dial({ answer: (command) => (command.includes('long') ? playing : undefined) });
    session.announce(said({ sound: 'long' }));
    await call.commandLike(/long/);
    for (let n = 0; n < 100; n++) session.announce(said({ sound: 'more' }));
    finish('200 result=0 endpos=99');
    session.message('last');
    await eventually(
      () => fed.length,
      (times) => times === 1,
    );
    assert.equal(commands(/more/).length, 32);
    session.exit(exitOrder);
  });
});
