/** The guarded connection against a raw peer: replies, refusals, limits and ends (dependencies sections 5 and 14). */
import assert from 'node:assert/strict';
import esl from 'node-esl';
import { hasCode } from '../core/errors.js';
import type { ErrorCode } from '../core/errors.js';
import { refusalOf } from '../esl-outbound/connection.js';
import { UnansweredError, waitersMax } from '../esl-outbound/waiters.js';
import { eslPair } from './support/esl-pair.js';
import type { EslPair } from './support/esl-pair.js';
import { createHandTimers } from './support/hand-timers.js';

const code = (wanted: ErrorCode) => (e: unknown) => hasCode(e, wanted);
const uuidOf = (command: string | undefined) => /^(?:Event|Job)-UUID: (\S+)$/m.exec(command ?? '')?.[1] ?? '';

describe('ESL connection', () => {
  let pair: EslPair;
  const open = async (...args: Parameters<typeof eslPair>) => (pair = await eslPair(...args));

  afterEach(async () => {
    await pair.close();
  });

  it('E2: one write for a whole command, without delay', async () => {
    await open();
    const asked = pair.connection.command('sendmsg', { 'call-command': 'hangup', 'hangup-cause': 'NORMAL_CLEARING' });
    await pair.commands(2);
    assert.equal(pair.chunks.at(-1), 'sendmsg\ncall-command: hangup\nhangup-cause: NORMAL_CLEARING\n\n');
    pair.reply('+OK');
    await asked;
  });

  it('E2: median command below 5 ms', async () => {
    await open();
    pair.peer.on('data', () => pair.output('+OK\n'));
    const took: number[] = [];
    for (let i = 0; i < 200; i++) {
      const startMs = performance.now();
      await pair.connection.api('status');
      took.push(performance.now() - startMs);
    }
    const median = took.sort((a, b) => a - b)[100] ?? Infinity;
    assert.ok(median < 5, `median ${median} ms`);
  });

  it('E3: execute, then two commands: each gets its own reply', async () => {
    await open();
    const done = pair.connection.execute('u1', 'answer', '');
    const linger = pair.connection.command('linger 5');
    const nolinger = pair.connection.command('nolinger');
    const [, sendmsg] = await pair.commands(4);
    for (const text of ['+OK', '+OK will linger 5 seconds', '+OK will not linger']) pair.reply(text);
    assert.equal((await linger).get('Reply-Text'), '+OK will linger 5 seconds');
    assert.equal((await nolinger).get('Reply-Text'), '+OK will not linger');
    pair.event({
      'Event-Name': 'CHANNEL_EXECUTE_COMPLETE',
      'Unique-ID': 'u1',
      'Application-UUID': uuidOf(sendmsg),
      'Application-Response': 'x',
    });
    assert.equal((await done).get('Application-Response'), 'x');
  });

  it('E3: commands nobody waits for keep their place', async () => {
    await open();
    pair.connection.send('noevents');
    const asked = pair.connection.command('linger 5');
    await pair.commands(3);
    pair.reply('-ERR not listening for events');
    pair.reply('+OK will linger 5 seconds');
    assert.equal((await asked).get('Reply-Text'), '+OK will linger 5 seconds');
  });

  it('api and command answers stay apart, also when the switch refuses api', async () => {
    await open();
    const refused = pair.connection.api('status');
    const output = pair.connection.api('strepoch');
    const asked = pair.connection.command('linger 5');
    await pair.commands(4);
    pair.reply('-ERR command not found');
    pair.output('42');
    pair.reply('+OK');
    await assert.rejects(refused, code('TDM_SWITCH_REFUSED'));
    assert.equal(await output, '42');
    await asked;
  });

  it('execute refused with -ERR rejects at once and leaves nothing behind', async () => {
    await open();
    const done = pair.connection.execute('u1', 'answer', '');
    await pair.commands(2);
    pair.reply('-ERR invalid session id [u1]');
    await assert.rejects(done, (e) => hasCode(e, 'TDM_SWITCH_REFUSED') && e.message.includes('invalid session id'));
    assert.equal(pair.connection.waiting, 0);
  });

  it('E17, E19: 40 executes at once complete in any order, without a listener warning', async () => {
    await open();
    const warnings: Error[] = [];
    const onWarning = (w: Error) => warnings.push(w);
    process.on('warning', onWarning);
    const runs = Array.from({ length: 40 }, (_, i) => pair.connection.execute('u1', 'playback', `${i}.wav`));
    const commands = (await pair.commands(41)).slice(1);
    for (const command of commands.reverse()) {
      pair.reply('+OK');
      pair.event({
        'Event-Name': 'CHANNEL_EXECUTE_COMPLETE',
        'Application-UUID': uuidOf(command),
        'Application-Data': /arg: (.*)/.exec(command)?.[1] ?? '',
      });
    }
    const done = await Promise.all(runs);
    assert.deepEqual(
      done.map((event) => event.get('Application-Data')),
      Array.from({ length: 40 }, (_, i) => `${i}.wav`),
    );
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
    assert.equal(pair.connection.waiting, 0);
  });

  it('a completion of another execute, or of the dialplan, completes nothing of ours', async () => {
    await open();
    const done = pair.connection.execute('u1', 'playback', 'a.wav');
    const [, command] = await pair.commands(2);
    pair.reply('+OK');
    pair.event({ 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE', Application: 'playback', 'Application-UUID': 'other' });
    pair.event({ 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE', Application: 'playback' });
    const status = pair.connection.api('status');
    await pair.commands(3);
    pair.output('');
    await status;
    assert.equal(pair.connection.runs, 1);
    pair.event({ 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE', 'Application-UUID': uuidOf(command) });
    await done;
  });

  it('every execute carries event-lock and an id of its own (rule 12.4)', async () => {
    await open();
    const runs = [pair.connection.execute('u1', 'set', 'a=1'), pair.connection.execute('u1', 'answer', '')];
    const [, first = '', second = ''] = await pair.commands(3);
    assert.match(
      first,
      /^sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1\nevent-lock: true\nEvent-UUID: [0-9a-f-]{36}$/,
    );
    assert.ok(!second.includes('execute-app-arg'));
    assert.notEqual(uuidOf(first), uuidOf(second));
    pair.connection.endRuns('u1', new Error('over'));
    await Promise.all(runs.map((run) => assert.rejects(run, /over/)));
  });

  for (const [what, text] of [
    ['LF', 'a=x\n\napi system touch /tmp/x'],
    ['CR', 'a=x\rb'],
    ['NUL', 'a=x\0b'],
  ] as const) {
    it(`E18: ${what} in an argument is refused and nothing is sent`, async () => {
      await open();
      await assert.rejects(pair.connection.execute('u1', 'set', text), code('TDM_BAD_VALUE'));
      await assert.rejects(pair.connection.api(`uuid_setvar u1 ${text}`), code('TDM_BAD_VALUE'));
      await assert.rejects(pair.connection.bgapi(text), code('TDM_BAD_VALUE'));
      await assert.rejects(pair.connection.command('sendmsg', { [text]: 'x' }), code('TDM_BAD_VALUE'));
      assert.throws(() => pair.connection.send(text), code('TDM_BAD_VALUE'));
      const asked = pair.connection.command('linger 5');
      assert.deepEqual(await pair.commands(2), ['connect', 'linger 5']);
      pair.reply('+OK');
      await asked;
      assert.equal(pair.connection.waiting, 0);
    });
  }

  it('a body may span lines and carries its length in bytes', async () => {
    await open();
    const asked = pair.connection.command('sendevent CUSTOM', { 'Event-Subclass': 'a::b' }, 'Ż\n\nx');
    await pair.commands(2);
    assert.equal(pair.chunks.at(-1), 'sendevent CUSTOM\nEvent-Subclass: a::b\ncontent-length: 5\n\nŻ\n\nx');
    pair.reply('+OK');
    await asked;
  });

  it('a command of more than 64 KiB is refused', async () => {
    await open();
    await assert.rejects(pair.connection.command('x'.repeat(70_000)), code('TDM_BAD_VALUE'));
  });

  it('E16: reset with a pending api, command, execute and job: all reject, none is left', async () => {
    await open();
    const pending = [
      pair.connection.api('status'),
      pair.connection.command('linger 5'),
      pair.connection.execute('u1', 'playback', 'a.wav'),
      pair.connection.bgapi('originate x y'),
    ];
    const settled = Promise.allSettled(pending);
    await pair.commands(5);
    pair.peer.resetAndDestroy();
    for (const result of await settled) {
      assert.ok(result.status === 'rejected' && hasCode(result.reason, 'TDM_SWITCH_DOWN'));
      assert.ok(result.reason instanceof UnansweredError, 'it is unknown whether the command was carried out');
    }
    assert.equal(pair.connection.waiting, 0);
    assert.equal(pair.ended.length, 1);
    await assert.rejects(pair.connection.api('status'), (e) => hasCode(e, 'TDM_SWITCH_DOWN') && !(e instanceof UnansweredError));
  });

  it('FIN from the peer ends the connection once', async () => {
    await open();
    const pending = assert.rejects(pair.connection.api('status'), code('TDM_SWITCH_DOWN'));
    pair.peer.end();
    await pending;
    assert.equal(pair.ended.length, 1);
    assert.throws(() => pair.connection.send('exit'), code('TDM_SWITCH_DOWN'));
    await assert.rejects(pair.connection.api('status'), { message: /^Link to switch "\w+" is down: connection closed$/ });
  });

  it('a reply that takes too long ends the connection, since the order is lost', async () => {
    const clock = createHandTimers();
    await open({ clock, replyMsMax: 5_000 });
    const first = assert.rejects(pair.connection.api('status'), (e) => hasCode(e, 'TDM_SWITCH_SLOW') && e.message.includes('api status'));
    const second = assert.rejects(pair.connection.command('linger 5'), code('TDM_SWITCH_SLOW'));
    clock.advance(5_000);
    await Promise.all([first, second]);
    assert.ok(pair.connection.over);
    assert.equal(clock.waiting, 0, 'no timer is left');
  });

  it('an execute has no limit of its own unless one is given', async () => {
    const clock = createHandTimers();
    await open({ clock });
    const free = pair.connection.execute('u1', 'bridge', 'x');
    const limited = assert.rejects(pair.connection.execute('u1', 'sched_cancel', '', 1_000), code('TDM_SWITCH_SLOW'));
    const [, first] = await pair.commands(3);
    pair.reply('+OK');
    pair.reply('+OK');
    const marker = pair.connection.api('status');
    await pair.commands(4);
    pair.output('');
    await marker;
    clock.advance(3_600_000);
    await limited;
    pair.event({ 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE', 'Application-UUID': uuidOf(first) });
    await free;
    assert.equal(pair.connection.over, undefined);
  });

  it('a password never gets into an error', async () => {
    const clock = createHandTimers();
    await open({ clock });
    const asked = assert.rejects(
      pair.connection.command('auth s3cr-et'),
      (e: Error) => !e.message.includes('s3cr-et') && e.message.includes('"auth"'),
    );
    clock.advance(5_000);
    await asked;
  });

  it('the result of a job can come before its reply', async () => {
    await open();
    const result = pair.connection.bgapi('status');
    const [, command] = await pair.commands(2);
    pair.event({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': uuidOf(command), _body: 'UP\n' });
    pair.reply(`+OK Job-UUID: ${uuidOf(command)}`);
    assert.equal(await result, 'UP\n');
    assert.equal(pair.connection.options.jobMsMax, 60_000);
  });

  it('E16: reset after the reply of a job, before its result', async () => {
    await open();
    const result = assert.rejects(
      pair.connection.bgapi('originate x y'),
      (e) => hasCode(e, 'TDM_SWITCH_DOWN') && e instanceof UnansweredError,
    );
    await pair.commands(2);
    const answered = pair.connection.command('linger 5');
    pair.reply('+OK Job-UUID: x');
    pair.reply('+OK will linger 5 seconds');
    await answered;
    assert.equal(pair.connection.waiting, 1);
    pair.peer.resetAndDestroy();
    await result;
    assert.equal(pair.connection.waiting, 0);
  });

  it('a job without a result in time rejects, the connection stays', async () => {
    const clock = createHandTimers();
    await open({ clock, replyMsMax: 100_000 });
    const result = assert.rejects(
      pair.connection.bgapi('originate x y', 30_000),
      (e) => hasCode(e, 'TDM_SWITCH_SLOW') && e instanceof UnansweredError,
    );
    await pair.commands(2);
    clock.advance(30_000);
    await result;
    assert.equal(pair.connection.over, undefined);
    pair.reply('+OK Job-UUID: x');
  });

  it('bad JSON, then a good event: counted, skipped, nothing is lost', async () => {
    await open();
    pair.peer.write('Content-Length: 5\nContent-Type: text/event-json\n\n{"a":');
    pair.peer.write('Content-Length: 7\nContent-Type: text/event-xml\n\n<event>');
    pair.peer.write('Content-Type: text/unheard-of\n\n');
    const asked = pair.connection.command('linger 5');
    pair.event({ 'Event-Name': 'DTMF', 'DTMF-Digit': '5' });
    pair.reply('+OK');
    await asked;
    assert.deepEqual(pair.skipped, ['bad-json', 'xml', 'unknown-type']);
    assert.deepEqual(
      pair.events.map((event) => event.get('DTMF-Digit')),
      ['5'],
    );
  });

  it('a reply that nobody asked for is counted and given to nobody', async () => {
    await open();
    const seen = new Promise((resolve) => (pair.connection.listener.onEvent = resolve));
    pair.reply('+OK surprise');
    pair.output('surprise');
    pair.event({ 'Event-Name': 'HEARTBEAT' });
    await seen;
    assert.deepEqual(pair.skipped, ['unasked-reply', 'unasked-reply']);
    const asked = pair.connection.command('linger 5');
    await pair.commands(2);
    pair.reply('+OK will linger 5 seconds');
    assert.equal((await asked).get('Reply-Text'), '+OK will linger 5 seconds');
  });

  for (const length of ['-5', '99999999', 'abc']) {
    it(`E14: Content-Length ${length} ends the connection with a typed error`, async () => {
      await open();
      const pending = assert.rejects(pair.connection.api('status'), code('TDM_PROTOCOL'));
      pair.peer.write(`Content-Length: ${length}\nContent-Type: text/event-json\n\n{}`);
      await pending;
      assert.ok(hasCode(pair.ended[0], 'TDM_PROTOCOL'));
    });
  }

  it('E13: a header block without end ends the connection after 1 MiB', async () => {
    await open();
    const piece = Buffer.alloc(64 * 1024, 'x');
    const closed = new Promise((resolve) => pair.peer.once('close', resolve));
    for (let i = 0; i < 512 && !pair.peer.destroyed; i++) {
      if (!pair.peer.write(piece)) await Promise.race([new Promise((resolve) => pair.peer.once('drain', resolve)), closed]);
    }
    await closed;
    assert.ok(hasCode(pair.ended[0], 'TDM_PROTOCOL'));
  });

  it('E11: 40 000 tiny frames in one chunk do not harm the process', async () => {
    await open();
    pair.peer.write('a: b\n\n'.repeat(40_000));
    const asked = pair.connection.command('linger 5');
    await pair.commands(2);
    pair.reply('+OK');
    await asked;
    assert.equal(pair.skipped.length, 40_000);
  });

  it('E12: an event of 8 MB is read', async () => {
    await open();
    const asked = pair.connection.command('linger 5');
    await pair.commands(2);
    pair.event({ 'Event-Name': 'CUSTOM', text: 'ż'.repeat(4 * 1024 * 1024) });
    pair.reply('+OK');
    await asked;
    assert.equal(pair.events[0]?.get('text')?.length, 4 * 1024 * 1024);
  });

  it('a listener that throws ends its own connection only, typed', async () => {
    await open();
    pair.connection.listener.onEvent = () => {
      throw new Error('bug');
    };
    const pending = assert.rejects(pair.connection.api('status'), code('TDM_INTERNAL'));
    pair.event({ 'Event-Name': 'DTMF' });
    await pending;
  });

  it('E4 to E9: the library never opens a connection by itself', async () => {
    await open();
    assert.equal(pair.connection.closing, true);
    pair.connection.emit('error', new Error('anything'));
    assert.ok(hasCode(pair.ended[0], 'TDM_SWITCH_DOWN'));
    assert.equal(pair.connection.socket === null || pair.connection.socket.destroyed, true);
  });

  it('no more than the named number of commands wait for an answer', async () => {
    const clock = createHandTimers();
    await open({ clock, unsentBytesMax: 1e9 });
    const all = Promise.allSettled(Array.from({ length: waitersMax }, () => pair.connection.command('noevents')));
    await assert.rejects(pair.connection.command('noevents'), code('TDM_BUSY'));
    assert.throws(() => pair.connection.send('noevents'), code('TDM_BUSY'));
    pair.connection.socket?.destroy();
    await all;
    assert.equal(clock.waiting, 0);
  });

  it('a switch that reads nothing is given up', async () => {
    await open({ unsentBytesMax: 100_000 });
    pair.peer.pause();
    const all: Promise<unknown>[] = [];
    for (let i = 0; i < 5_000 && !pair.connection.over; i++) all.push(pair.connection.command('noevents', { pad: 'x'.repeat(10_000) }));
    const results = await Promise.allSettled(all);
    assert.ok(results.every((result) => result.status === 'rejected' && hasCode(result.reason, 'TDM_SWITCH_DOWN')));
  });

  it("the repaired parser serves the library's own entry points as well", () => {
    const seen: unknown[] = [];
    const stand = { socket: { destroyed: false }, emit: (...values: unknown[]) => seen.push(values[0]) > 0 };
    const proto = esl.Parser.prototype;
    assert.deepEqual(proto._parseHeaderText.call(stand as never, 'Reply-Text: 100%\nA: b'), { 'Reply-Text': '100%', A: 'b' });
    proto._parseEvent.call(stand as never, { 'Content-Type': 'text/event-json' }, '{');
    proto._parseEvent.call(stand as never, { 'Content-Type': 'text/event-json' }, '{"Event-Name":"X"}');
    assert.deepEqual(seen, ['tandem::skipped', 'esl::event']);
    return eslPair().then((p) => (pair = p));
  });

  it('-ERR and -USAGE are refusals, everything else is output', () => {
    assert.equal(refusalOf('-ERR No such channel!\n'), 'No such channel!');
    assert.equal(refusalOf('-USAGE: <uuid>'), '<uuid>');
    assert.equal(refusalOf('+OK'), undefined);
    assert.equal(refusalOf('x -ERR'), undefined);
    return eslPair().then((p) => (pair = p));
  });
});
