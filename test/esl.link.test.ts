/** The link to a FreeSWITCH event socket: comes up, comes back, gives up nothing it should not (dependencies 5 and 14). */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import sinon from 'sinon';
import { hasCode } from '../core/errors.js';
import type { ErrorCode } from '../core/errors.js';
import { createEslLink, isOutcomeUnknown } from '../sidecar/esl.js';
import type { EslLink, EslLinkDeps, EslLinkOptions } from '../sidecar/esl.js';
import { subscription } from '../sidecar/esl-events.js';
import { eventually } from './support/eventually.js';
import { openEventSocket } from './support/fake-event-socket.js';
import type { FakeEventSocket, FakeEventSocketOptions } from './support/fake-event-socket.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter } from './support/observers.js';
import type { RecordingMeter } from './support/observers.js';

const code = (wanted: ErrorCode) => (e: unknown) => hasCode(e, wanted);

describe('ESL link', () => {
  let fake: FakeEventSocket;
  let link: EslLink;
  let meter: RecordingMeter;
  let log: Record<'debug' | 'info' | 'warn' | 'error', sinon.SinonStub>;

  async function open(
    server: FakeEventSocketOptions = {},
    options: Partial<EslLinkOptions> = {},
    deps: Partial<EslLinkDeps> = {},
  ): Promise<void> {
    fake = await openEventSocket(server);
    make({ port: fake.port, ...options }, deps);
  }

  function make(options: Partial<EslLinkOptions>, deps: Partial<EslLinkDeps> = {}): void {
    meter = recordingMeter();
    log = { debug: sinon.stub(), info: sinon.stub(), warn: sinon.stub(), error: sinon.stub() };
    link = createEslLink({ name: 'fs1', host: '127.0.0.1', port: 1, password: 'secret', ...options }, { log, meter, ...deps });
  }

  async function up(): Promise<void> {
    link.start();
    await link.waitUp(3_000);
  }

  const untilDown = () =>
    eventually(
      () => link.status().state,
      (state) => state === 'down',
    );

  afterEach(async () => {
    link.stop();
    await fake.close();
  });

  it('logs in, subscribes, is up; the state says since when', async () => {
    await open();
    assert.deepEqual([link.status().state, link.status().reason], ['down', 'not started']);
    await up();
    assert.deepEqual(fake.commands, ['auth secret', 'event json HEARTBEAT BACKGROUND_JOB']);
    assert.deepEqual([link.status().state, link.status().reason, link.status().name], ['up', '', 'fs1']);
    assert.equal(meter.gauge('tandem_esl_up'), 1);
  });

  it('logs in as a user of the directory', async () => {
    await open({}, { user: 'ann@default' });
    await up();
    assert.equal(fake.commands[0], 'userauth ann@default:secret');
  });

  it('api and bgapi give the output as it came', async () => {
    await open({ output: { 'show calls': '0 total.\n', nothing: '-ERR no reply\n' } });
    await up();
    assert.equal(await link.api('show calls'), '0 total.\n');
    assert.equal(await link.api('nothing'), '-ERR no reply\n');
    assert.equal(await link.bgapi('show calls'), '0 total.\n');
  });

  describe('originate', () => {
    it('gives the id of the answered channel', async () => {
      await open({ output: { originate: '+OK 7f4de4bc-17d7-11dd-b7a0-db4edd065621\n' } });
      await up();
      assert.equal(await link.originate('{origination_uuid=x}user/1 &park()', 30_000), '7f4de4bc-17d7-11dd-b7a0-db4edd065621');
    });

    for (const output of ['-ERR USER_BUSY\n', '-USAGE <call url>\n', 'what\n', '']) {
      it(`rejects TDM_SWITCH_REFUSED at ${JSON.stringify(output)}`, async () => {
        await open({ output: { originate: output } });
        await up();
        await assert.rejects(link.originate('user/1 &park()', 30_000), code('TDM_SWITCH_REFUSED'));
      });
    }

    it('tells a leg that was never ordered from one whose fate is unknown', async () => {
      await open({ mute: ['bgapi'] });
      await assert.rejects(link.originate('x', 1), (e) => hasCode(e, 'TDM_SWITCH_DOWN') && !isOutcomeUnknown(e));
      await up();
      const lost = assert.rejects(link.originate('x', 30_000), (e) => hasCode(e, 'TDM_SWITCH_DOWN') && isOutcomeUnknown(e));
      await eventually(
        () => fake.commands.length,
        (count) => count === 3,
      );
      fake.drop();
      await lost;
    });

    it('refuses line breaks', async () => {
      await open();
      await up();
      await assert.rejects(link.originate('x\n\napi system', 1), code('TDM_BAD_VALUE'));
      assert.equal(fake.commands.length, 2);
    });
  });

  describe('not up', () => {
    it('refuses commands at once with the reason', async () => {
      await open();
      await assert.rejects(link.api('status'), (e) => hasCode(e, 'TDM_SWITCH_DOWN') && e.message.includes('not started'));
      await assert.rejects(link.bgapi('status'), code('TDM_SWITCH_DOWN'));
      assert.deepEqual(meter.counted('tandem_esl_commands_total')[0], { switch: 'fs1', outcome: 'TDM_SWITCH_DOWN' });
    });

    it('waitUp rejects with the last reason after its time', async () => {
      await open({ password: 'other' });
      link.start();
      await untilDown();
      await eventually(
        () => link.status().reason,
        (reason) => reason.includes('refused'),
      );
      await assert.rejects(link.waitUp(10), { code: 'TDM_SWITCH_DOWN', message: /^Link to switch "fs1" is down: login refused/ });
    });
  });

  describe('attempts', () => {
    it('E5, E6: nobody listens: attempts are few and spread from 100 ms to 5 s', async () => {
      const closed = createServer();
      await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
      const { port } = closed.address() as AddressInfo;
      await new Promise((resolve) => closed.close(resolve));
      await open();
      const timers = createHandTimers();
      make({ port }, { timers, random01: () => 0.999 });
      const delays: number[] = [];
      link.onState((now) => {
        if (now.state === 'down') delays.push(timers.lastDelayMs);
      });
      link.start();
      for (let i = 1; i <= 9; i++) {
        await eventually(
          () => delays.length,
          (count) => count === i,
        );
        timers.advance(timers.lastDelayMs);
      }
      assert.deepEqual(delays.slice(0, 4), [100, 200, 400, 800]);
      assert.ok(Math.max(...delays) > 4_900 && Math.max(...delays) <= 5_000);
      assert.equal(log.warn.callCount, 1, 'one line, however many attempts fail in the same way');
      assert.match(link.status().reason, /^connect ECONNREFUSED/);
    });

    it('E7: a wrong password: one attempt, then a pause of 5 s', async () => {
      const timers = createHandTimers();
      await open({ password: 'other' }, {}, { timers });
      link.start();
      await untilDown();
      await eventually(
        () => link.status().reason,
        (reason) => reason.includes('login refused'),
      );
      assert.equal(timers.lastDelayMs, 5_000);
      timers.advance(4_999);
      assert.equal(fake.attempts, 1);
      fake.options = {};
      timers.advance(1);
      await eventually(
        () => link.status().state,
        (state) => state === 'up',
      );
      assert.equal(fake.attempts, 2);
    });

    it('an address that the access list refuses: the same pause', async () => {
      const timers = createHandTimers();
      await open({ acl: true }, {}, { timers });
      link.start();
      await eventually(
        () => link.status().reason,
        (reason) => reason.includes('address refused: Access Denied'),
      );
      assert.equal(timers.lastDelayMs, 5_000);
    });

    it('E21: a peer that says nothing is left after 3 s', async () => {
      const timers = createHandTimers();
      await open({ silent: true }, {}, { timers });
      link.start();
      await eventually(
        () => fake.attempts,
        (count) => count === 1,
      );
      timers.advance(3_000);
      await eventually(
        () => link.status().reason,
        (reason) => reason.includes('not logged in within 3000 ms'),
      );
    });

    it('E8: stop during the wait for a retry opens nothing', async () => {
      const timers = createHandTimers();
      await open({ password: 'other' }, {}, { timers });
      link.start();
      await eventually(
        () => link.status().reason,
        (reason) => reason.includes('login refused'),
      );
      link.stop();
      assert.equal(timers.waiting, 0);
      timers.advance(60_000);
      assert.equal(fake.attempts, 1);
      assert.equal(link.status().state, 'stopped');
    });

    it('stop while up ends the connection and opens nothing; start does not revive it', async () => {
      await open();
      await up();
      const pending = assert.rejects(
        link.bgapi('status').then(() => link.api('status')),
        code('TDM_SWITCH_DOWN'),
      );
      link.stop();
      link.start();
      await pending;
      await eventually(
        () => fake.open,
        (count) => count === 0,
      );
      assert.equal(fake.attempts, 1);
      await assert.rejects(link.waitUp(1_000), code('TDM_SWITCH_DOWN'));
    });

    it('stop while connecting opens nothing more', async () => {
      await open({ silent: true });
      link.start();
      link.stop();
      await eventually(
        () => fake.open,
        (count) => count === 0,
      );
      assert.ok(fake.attempts <= 1);
    });
  });

  describe('losing the switch', () => {
    for (const how of ['reset', 'fin'] as const) {
      it(`${how}: back within a second, subscribed again`, async () => {
        await open();
        await up();
        fake.drop(how);
        await eventually(
          () => fake.attempts,
          (count) => count === 2,
        );
        await link.waitUp(1_000);
        assert.equal(await link.api('status'), 'UP status\n');
        assert.equal(fake.commands.filter((c) => c.startsWith('event')).length, 2);
      });
    }

    it('E4, E16: reset with a pending command, then correct replies on the new connection', async () => {
      await open({ mute: ['api slow'] });
      await up();
      const pending = assert.rejects(link.api('slow'), (e) => hasCode(e, 'TDM_SWITCH_DOWN') && isOutcomeUnknown(e));
      await eventually(() => fake.commands.includes('api slow'), Boolean);
      fake.drop();
      await pending;
      await link.waitUp(2_000);
      assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((c) => link.api(c))), ['UP a\n', 'UP b\n', 'UP c\n']);
    });

    it('a shutdown notice is the reason', async () => {
      await open();
      await up();
      const reasons: string[] = [];
      link.onState((now) => reasons.push(now.reason));
      fake.shutDown();
      await eventually(
        () => reasons.length,
        (count) => count > 0,
      );
      assert.match(reasons[0] ?? '', /The system is being shut down/);
    });

    it('E21: no heartbeat for 45 s is dead, although pings are answered', async () => {
      const timers = createHandTimers();
      await open({ held: ['originate'] }, {}, { timers });
      await up();
      const pings = () => fake.commands.filter((c) => c === 'api status').length;
      for (let i = 1; i <= 4; i++) {
        timers.advance(10_000);
        await eventually(pings, (count) => count === i);
        await eventually(
          () => link.status().pending,
          (count) => count === 0,
        );
      }
      assert.equal(link.status().state, 'up');
      const job = link.bgapi('originate x y', 100_000);
      const lost = assert.rejects(job, (e) => isOutcomeUnknown(e), 'its call may ring');
      await link.api('status'); // the order has arrived
      timers.advance(10_000);
      assert.equal(link.status().state, 'down');
      assert.match(link.status().reason, /no heartbeat for 45000 ms/);
      await lost;
    });

    it('heartbeats keep it alive', async () => {
      const timers = createHandTimers();
      await open({}, {}, { timers });
      const beats = sinon.stub();
      link.on('HEARTBEAT', beats);
      await up();
      for (let i = 1; i <= 12; i++) {
        fake.send('HEARTBEAT');
        await eventually(
          () => beats.callCount,
          (count) => count === i,
        );
        timers.advance(10_000);
        await eventually(
          () => link.status().pending,
          (count) => count === 0,
        );
      }
      assert.equal(link.status().state, 'up');
    });

    it('E21: a ping without an answer for 5 s is dead', async () => {
      const timers = createHandTimers();
      await open({ mute: ['api status'] }, {}, { timers });
      await up();
      timers.advance(10_000);
      await eventually(() => fake.commands.includes('api status'), Boolean);
      timers.advance(5_000);
      assert.equal(link.status().state, 'down');
      assert.match(link.status().reason, /did not answer "api status" within 5000 ms/);
    });

    it('garbage on the wire: down with the reason, then up again', async () => {
      await open();
      await up();
      const reasons: string[] = [];
      link.onState((now) => reasons.push(now.reason));
      fake.raw('Content-Length: -1\n\n');
      await eventually(
        () => reasons.length,
        (count) => count > 0,
      );
      assert.match(reasons[0] ?? '', /Content-Length/);
      await link.waitUp(2_000);
    });

    it('the waiting time starts anew only after a connection that was up for 10 s', async () => {
      const timers = createHandTimers();
      await open({}, {}, { timers, random01: () => 0.999 });
      await up();
      for (const expected of [100, 200]) {
        fake.drop();
        await untilDown();
        assert.equal(timers.lastDelayMs, expected);
        timers.advance(expected);
        await eventually(
          () => link.status().state,
          (state) => state === 'up',
        );
      }
      timers.advance(10_000);
      await eventually(
        () => link.status().pending,
        (count) => count === 0,
      );
      fake.drop();
      await untilDown();
      assert.equal(timers.lastDelayMs, 100);
    });
  });

  describe('events', () => {
    it('are delivered once, by name; custom ones by subclass', async () => {
      await open();
      const got: string[] = [];
      link.on(['CHANNEL_ANSWER', 'CUSTOM callcenter::info'], (event) => got.push(`${event.name} ${event.get('n') ?? ''}`));
      await up();
      assert.equal(fake.commands[1], 'event json HEARTBEAT BACKGROUND_JOB CHANNEL_ANSWER CUSTOM callcenter::info');
      fake.send('CHANNEL_ANSWER', { n: '1' });
      fake.send('CUSTOM', { 'Event-Subclass': 'callcenter::info', n: '2' });
      fake.send('CUSTOM', { 'Event-Subclass': 'other::info', n: '3' });
      await eventually(
        () => got.length,
        (count) => count >= 2,
      );
      assert.deepEqual(got, ['CHANNEL_ANSWER 1', 'CUSTOM 2']);
    });

    it('E9: no double delivery after reconnects and bad events', async () => {
      await open();
      const got = sinon.stub();
      link.on('CHANNEL_ANSWER', got);
      await up();
      for (let i = 0; i < 3; i++) {
        fake.raw('Content-Length: 5\nContent-Type: text/event-json\n\n{"a":');
        fake.drop();
        await eventually(() => link.status().state === 'up' && fake.attempts === i + 2, Boolean);
      }
      fake.raw('Content-Length: 5\nContent-Type: text/event-json\n\n{"a":');
      fake.send('CHANNEL_ANSWER');
      await eventually(
        () => got.callCount,
        (count) => count > 0,
      );
      await link.api('status');
      assert.equal(got.callCount, 1);
      assert.equal(fake.open, 1);
      assert.ok(meter.counted('tandem_esl_skipped_total').some((labels) => labels['reason'] === 'bad-json'));
    });

    it('a name asked for while up is subscribed at once, and no longer heard after the end of listening', async () => {
      await open();
      await up();
      const got = sinon.stub();
      const off = link.on('CHANNEL_HANGUP', got);
      await eventually(
        () => fake.commands.at(-1),
        (c) => c === 'event json HEARTBEAT BACKGROUND_JOB CHANNEL_HANGUP',
      );
      await link.api('status');
      fake.send('CHANNEL_HANGUP');
      await eventually(
        () => got.callCount,
        (count) => count === 1,
      );
      off();
      fake.send('CHANNEL_HANGUP');
      await link.api('status');
      assert.equal(got.callCount, 1);
    });

    it('a listener that throws stops neither the others nor the link', async () => {
      await open();
      const got = sinon.stub();
      link.on('CHANNEL_ANSWER', () => {
        throw new Error('bug');
      });
      link.on('CHANNEL_ANSWER', got);
      await up();
      fake.send('CHANNEL_ANSWER');
      await eventually(
        () => got.callCount,
        (count) => count === 1,
      );
      assert.equal(link.status().state, 'up');
      assert.equal(meter.counted('tandem_esl_listener_errors_total').length, 1);
    });

    for (const name of ['', 'a b', 'CHANNEL_ANSWER\n', 'CUSTOM', 'CUSTOM a b', 'CUSTOM a\n\napi x']) {
      it(`refuses ${JSON.stringify(name)} as a name`, async () => {
        await open();
        assert.throws(() => link.on(name, () => undefined), code('TDM_BAD_VALUE'));
      });
    }

    it('behind CUSTOM all words are subclasses, so it comes last', () => {
      assert.equal(
        subscription(['CUSTOM a::b', 'DTMF', 'CUSTOM c', 'HEARTBEAT']),
        'event json HEARTBEAT BACKGROUND_JOB DTMF CUSTOM a::b c',
      );
      return open();
    });
  });

  describe('resynchronisation', () => {
    it('runs before up is announced; events wait for it and follow in order', async () => {
      const order: string[] = [];
      await open(
        {},
        {},
        {
          onUp: async (commands) => {
            order.push((await commands.api('show calls')).trim());
            fake.send('CHANNEL_ANSWER', { n: '1' });
            await commands.bgapi('status');
            await assert.rejects(link.api('status'), code('TDM_SWITCH_DOWN'));
            order.push(link.status().state);
          },
        },
      );
      link.on('CHANNEL_ANSWER', (event) => order.push(`event ${event.get('n') ?? ''}`));
      link.onState((now) => order.push(now.state));
      await up();
      assert.deepEqual(order, ['resyncing', 'UP show calls', 'resyncing', 'up', 'event 1']);
    });

    it('E9: a name asked for meanwhile is subscribed too: who comes late misses nothing for as long as the link lives', async () => {
      const got = sinon.stub();
      await open(
        {},
        {},
        {
          onUp: async (commands) => {
            link.on('RECORD_START', got);
            await commands.api('status');
            fake.send('RECORD_START');
          },
        },
      );
      await up();
      await eventually(
        () => got.callCount,
        (count) => count === 1,
      );
      assert.equal(fake.commands.filter((command) => command.startsWith('event json')).at(-1), subscription(['RECORD_START']));
    });

    it('a hook that fails, or does not end in time, drops the connection', async () => {
      const timers = createHandTimers();
      const hook = sinon.stub();
      hook.onFirstCall().rejects(new Error('no channels'));
      hook.onSecondCall().returns(new Promise(() => undefined));
      hook.resolves();
      await open({}, {}, { timers, onUp: hook });
      link.start();
      await eventually(
        () => link.status().reason,
        (reason) => reason.includes('no channels'),
      );
      timers.advance(5_000);
      await eventually(
        () => hook.callCount,
        (count) => count === 2,
      );
      timers.advance(10_000);
      await eventually(
        () => link.status().reason,
        (reason) => reason.includes('10000 ms'),
      );
      timers.advance(5_000);
      await eventually(
        () => link.status().state,
        (state) => state === 'up',
      );
    });

    it('more events than may wait drop the connection', async () => {
      await open(
        {},
        { heldEventsMax: 3 },
        {
          onUp: async () => {
            for (let i = 0; i < 5; i++) fake.send('HEARTBEAT');
            await new Promise((resolve) => setTimeout(resolve, 200));
          },
        },
      );
      link.start();
      await eventually(
        () => link.status().reason,
        (reason) => reason.includes('more than 3 events'),
      );
    });
  });

  describe('settings', () => {
    const bad: [string, Partial<EslLinkOptions>][] = [
      ['an empty password', { password: '' }],
      ['a password with a line break', { password: 'a\nb' }],
      ['a user with a colon', { user: 'a:b' }],
      ['port 0', { port: 0 }],
      ['port 70000', { port: 70_000 }],
    ];
    for (const [what, options] of bad) {
      it(`${what} is refused before any connection`, async () => {
        await open();
        assert.throws(() => make(options), code('TDM_BAD_SETTING'));
      });
    }
  });
});
