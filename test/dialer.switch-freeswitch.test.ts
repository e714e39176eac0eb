/**
 * Calls to customers on FreeSWITCH: the real link against a scripted event socket. `test/fixtures/dialer/` has what
 * FreeSWITCH 1.10.12 sent when it was given these very commands; it is played back byte by byte.
 */
import assert from 'node:assert/strict';
import type { DialSwitchEvent, OriginateOrder } from '../core/dialer/engine-words.js';
import type { DialSwitch } from '../core/dialer-ports.js';
import { hasCode } from '../core/errors.js';
import { createFreeswitchDialSwitch } from '../sidecar/dial-freeswitch.js';
import { createEslLink, type EslLink } from '../sidecar/esl.js';
import { dialOrder } from './support/dial-order.js';
import { readDialTranscript } from './support/dial-transcript.js';
import { eventually } from './support/eventually.js';
import { openEventSocket, type FakeEventSocket, type FakeEventSocketOptions } from './support/fake-event-socket.js';
import { createHandTimers, type HandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

const uuid = (n: number): string => `c0ffee00-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`;
type Ended = Extract<DialSwitchEvent, { type: 'call-ended' }>;

describe('dialling on FreeSWITCH', () => {
  let fake: FakeEventSocket;
  let link: EslLink;
  let dial: DialSwitch;
  let timers: HandTimers;
  let fed: DialSwitchEvent[];

  async function open(options: FakeEventSocketOptions = {}, callsMax = 100): Promise<void> {
    fake = await openEventSocket({ held: ['originate'], ...options });
    link = createEslLink({ name: 'fs1', host: '127.0.0.1', port: fake.port, password: 'secret' }, { log: silentLog, meter: silentMeter });
    timers = createHandTimers(1_795_330_000_000);
    fed = [];
    dial = createFreeswitchDialSwitch(
      { id: 'fs1', callsMax },
      { link, feed: (event) => fed.push(event), log: silentLog, meter: silentMeter, timers },
    );
    link.start();
    await link.waitUp(2_000);
  }
  afterEach(async () => {
    dial.close();
    link.stop();
    await fake.close();
  });

  const of = (n: number) => fed.filter((event) => 'callId' in event && event.callId === uuid(n));
  const types = (n: number) => of(n).map(({ type }) => type);
  const end = (n: number): Ended => of(n).find((event): event is Ended => event.type === 'call-ended') ?? assert.fail(`no end of ${n}`);
  /** until everything that was sent has been heard */
  const settled = async () => {
    for (let n = 0; n < 3; n++) await link.api('status');
  };
  const originated = async (count: number) => {
    await eventually(
      () => fake.commands.filter((command) => command.startsWith('bgapi originate')).length,
      (length) => length === count,
    );
  };
  const place = async (order: OriginateOrder, count = 1): Promise<void> => {
    dial.originate(order);
    await originated(count);
  };
  const channel = (event: string, n: number, headers: Readonly<Record<string, string>> = {}) =>
    fake.send(event, { 'Unique-ID': uuid(n), 'Event-Date-Timestamp': '1795330000123456', ...headers });

  describe('replays of a real FreeSWITCH', () => {
    async function replay(name: string): Promise<void> {
      await open();
      let orders = 0;
      for (const step of readDialTranscript(name)) {
        if (step.kind === 'originate') {
          await place(dialOrder({ ...step.order, strictStrings: true, domain: '127.0.0.1' }), ++orders);
          // what we order is what was ordered then, byte by byte
          assert.equal((fake.commands.at(-1) ?? '').split('\n')[0], `bgapi ${step.command}`);
        } else if (step.kind === 'kill') dial.hangUp(step.callId, step.reason);
        else if (step.kind === 'job') fake.finish('originate', step.output);
        else if (step.kind === 'event') fake.raw(step.bytes);
        await settled();
      }
    }

    it('E13 E48 E52: the customer answers and hears the IVR, which ends the call', async () => {
      await replay('ivr-answered');
      assert.deepEqual(types(1), ['call-ringing', 'call-answered', 'call-ended']);
      assert.deepEqual(end(1), {
        type: 'call-ended',
        callId: uuid(1),
        atMs: end(1).atMs,
        cause: 'NORMAL_CLEARING',
        q850: 16,
        sip: undefined,
        hadProgress: true,
        answeredAtMs: 1_795_332_879_355,
        bridgedAtMs: undefined,
        endedBy: 'us',
        recording: undefined,
      });
    });

    it('E20 E52: each way in which a call does not come about, with the SIP status', async () => {
      await replay('failures');
      const said = (n: number) => [end(n).cause, end(n).q850, end(n).sip, end(n).hadProgress];
      assert.deepEqual(said(2), ['USER_BUSY', 17, 486, false]);
      assert.deepEqual(said(3), ['USER_BUSY', 17, 486, true]);
      assert.deepEqual(said(4), ['UNALLOCATED_NUMBER', 1, 404, false]);
      assert.deepEqual(said(5), ['CALL_REJECTED', 21, 603, false]);
      assert.deepEqual(said(6), ['NORMAL_TEMPORARY_FAILURE', 41, 503, false]);
      // no channel: the job’s answer alone
      assert.deepEqual(said(7), ['INVALID_GATEWAY', undefined, undefined, false]);
      assert.deepEqual(said(8), ['GATEWAY_DOWN', undefined, undefined, false]);
      assert.deepEqual(said(9), ['NO_USER_RESPONSE', 18, 480, false]);
      for (let n = 2; n <= 9; n++) assert.equal(types(n).filter((type) => type === 'call-ended').length, 1);
    });

    it('E10 E61: the customer answers and is bridged to the agent, whose hang-up ends it', async () => {
      await replay('agent-bridged');
      assert.deepEqual(types(11), ['call-ringing', 'call-answered', 'call-bridged', 'call-ended']);
      const [, , bridged] = of(11);
      assert.ok(bridged?.type === 'call-bridged' && bridged.agent === '1004');
      assert.deepEqual([end(11).answeredAtMs, end(11).bridgedAtMs], [1_795_332_896_275, 1_795_332_896_295]);
    });

    it('E52: hung up by us, while it rings and in the IVR', async () => {
      await replay('killed');
      assert.deepEqual([end(21).cause, end(21).sip, end(21).endedBy], ['NO_ANSWER', undefined, 'us']);
      assert.deepEqual([end(22).cause, end(22).sip, end(22).endedBy], ['NORMAL_CLEARING', undefined, 'us']);
    });
  });

  describe('orders of events (A11)', () => {
    const rings = { 'Channel-State': 'CS_CONSUME_MEDIA' };
    const over = (cause: string, more: Readonly<Record<string, string>> = {}) => ({
      'Hangup-Cause': cause,
      variable_uuid: uuid(1),
      ...more,
    });

    it('E52: the job’s refusal comes first: the channel’s own end, which says more, is waited for', async () => {
      await open();
      await place(dialOrder());
      channel('CHANNEL_CREATE', 1, rings);
      await settled();
      fake.finish('originate', '-ERR USER_BUSY\n');
      await settled();
      assert.deepEqual(types(1), []);
      channel('CHANNEL_HANGUP_COMPLETE', 1, over('USER_BUSY', { variable_sip_term_status: '486' }));
      await settled();
      timers.advance(10_000);
      assert.deepEqual([types(1), end(1).sip], [['call-ended'], 486]);
    });

    it('E52: ... and without it the cause of the job decides', async () => {
      await open();
      await place(dialOrder());
      channel('CHANNEL_CREATE', 1, rings);
      channel('CHANNEL_PROGRESS', 1);
      await settled();
      fake.finish('originate', '-ERR ALLOTTED_TIMEOUT\n');
      await settled();
      timers.advance(600);
      assert.deepEqual([types(1), end(1).cause, end(1).hadProgress], [['call-ringing', 'call-ended'], 'ALLOTTED_TIMEOUT', true]);
      channel('CHANNEL_HANGUP_COMPLETE', 1, over('NO_ANSWER'));
      await settled();
      assert.equal(fed.length, 2);
    });

    it('A4, A18: over its session rate, or paused, it makes no channel: nobody was called, the contact waits, and it rests', async () => {
      await open({ output: { 'show channels': '{"row_count":0}' } });
      await place(dialOrder());
      fake.finish('originate', '-ERR DESTINATION_OUT_OF_ORDER\n');
      await settled();
      await dial.liveCalls(); // asked for by another one that was refused
      timers.advance(600);
      const full = () => fed.flatMap((event) => (event.type === 'switch-full' ? [event.isFull] : []));
      assert.deepEqual([types(1), full()], [['originate-withheld'], [true]]);
      timers.advance(1_000);
      assert.deepEqual(full(), [true, false]);

      const refused = async (n: number) => {
        await place(dialOrder({ callId: uuid(n) }), n);
        fake.finish('originate', '-ERR DESTINATION_OUT_OF_ORDER\n');
        await settled();
        timers.advance(500);
      };
      await refused(2);
      timers.advance(1_999);
      assert.deepEqual(full().slice(2), [true], 'twice as long');
      timers.advance(1);
      assert.deepEqual(full().slice(2), [true, false]);
      await place(dialOrder({ callId: uuid(3) }), 3);
      channel('CHANNEL_CREATE', 3, rings);
      fake.finish('originate', '+OK\n');
      await settled();
      await refused(4);
      timers.advance(1_000);
      assert.deepEqual(full().slice(4), [true, false], 'it has made calls since');
    });

    it('B5: the same word of the carrier, of a channel, is the end of the call', async () => {
      await open();
      await place(dialOrder());
      fake.finish('originate', '-ERR DESTINATION_OUT_OF_ORDER\n');
      await settled();
      channel('CHANNEL_CREATE', 1, rings);
      await settled();
      timers.advance(600);
      assert.deepEqual([types(1), end(1).cause], [['call-ended'], 'DESTINATION_OUT_OF_ORDER']);
    });

    it('E52: the end comes before the job’s answer, and twice: it is told once', async () => {
      await open();
      await place(dialOrder());
      channel('CHANNEL_CREATE', 1, rings);
      channel('CHANNEL_HANGUP_COMPLETE', 1, over('UNALLOCATED_NUMBER'));
      channel('CHANNEL_HANGUP_COMPLETE', 1, over('UNALLOCATED_NUMBER'));
      await settled();
      fake.finish('originate', '-ERR UNALLOCATED_NUMBER\n');
      await settled();
      timers.advance(10_000);
      assert.deepEqual(types(1), ['call-ended']);
    });

    it('E52: ringing and answer are told once each, and a sentence instead of a cause is no cause', async () => {
      await open();
      await place(dialOrder());
      for (const event of [
        'CHANNEL_CREATE',
        'CHANNEL_PROGRESS',
        'CHANNEL_PROGRESS_MEDIA',
        'CHANNEL_ANSWER',
        'CHANNEL_PROGRESS',
        'CHANNEL_ANSWER',
      ])
        channel(event, 1);
      await settled();
      assert.deepEqual(types(1), ['call-ringing', 'call-answered']);
      await place(dialOrder({ callId: uuid(2) }), 2);
      fake.finish('originate {', '+OK\n');
      fake.finish('originate {', '-ERR Invalid Parameter! (really)\n');
      await settled();
      assert.equal(end(2).cause, 'INVALID_URL');
    });

    it('A9: +OK of the order is an answer, also of a carrier that only speaks before one: the call is not ended as one that rings', async () => {
      await open();
      await place(dialOrder({ kind: 'ivr', strictStrings: true, ringTimeoutMs: 25_000 }));
      channel('CHANNEL_CREATE', 1);
      channel('CHANNEL_PROGRESS_MEDIA', 1);
      await settled();
      fake.finish('originate', `+OK ${uuid(1)}\n`);
      await settled();
      channel('CHANNEL_ANSWER', 1);
      await settled();
      timers.advance(60_000);
      await settled();
      assert.deepEqual(types(1), ['call-ringing', 'call-answered']);
      assert.deepEqual(
        fake.commands.filter((command) => command.includes('uuid_kill')),
        [],
      );
    });

    it('B37: a beep heard on the line is a machine', async () => {
      await open();
      await place(dialOrder());
      channel('CHANNEL_CREATE', 1);
      fake.send('CUSTOM', { 'Event-Subclass': 'avmd::beep', 'Unique-ID': uuid(1) });
      await settled();
      assert.deepEqual(of(1), [{ type: 'call-judged', callId: uuid(1), amd: 'MACHINE' }]);
    });

    it('E63: who hung up, and when it was answered and bridged, by the switch’s own clock', async () => {
      await open();
      for (const [n, disposition, endedBy] of [
        [1, 'recv_bye', 'customer'],
        [2, 'send_bye', 'us'],
        [3, '', 'unknown'],
      ] as const) {
        await place(dialOrder({ callId: uuid(n) }), n);
        channel('CHANNEL_CREATE', n);
        channel('CHANNEL_HANGUP_COMPLETE', n, {
          'Hangup-Cause': 'NORMAL_CLEARING',
          variable_uuid: uuid(n),
          variable_sip_hangup_disposition: disposition,
          variable_answer_uepoch: '1795330001500000',
          variable_bridge_uepoch: '0',
          variable_tandem_recording: '/rec/a.wav',
        });
        await settled();
        const { answeredAtMs, bridgedAtMs, atMs, recording } = end(n);
        assert.deepEqual([answeredAtMs, bridgedAtMs, atMs, recording], [1_795_330_001_500, undefined, 1_795_330_000_123, '/rec/a.wav']);
        assert.equal(end(n).endedBy, endedBy);
      }
    });
  });

  describe('hang-up', () => {
    const kills = () => fake.commands.filter((command) => command.startsWith('api uuid_kill'));

    it('E52: before there is a channel: as soon as there is one', async () => {
      await open();
      await place(dialOrder());
      dial.hangUp(uuid(1), 'stopped');
      await settled();
      assert.deepEqual(kills(), [`api uuid_kill ${uuid(1)} ORIGINATOR_CANCEL`]);
      channel('CHANNEL_CREATE', 1);
      await settled();
      assert.equal(kills().length, 2);
      fake.finish('originate', '-ERR ORIGINATOR_CANCEL\n');
      channel('CHANNEL_HANGUP_COMPLETE', 1, { 'Hangup-Cause': 'ORIGINATOR_CANCEL', variable_sip_invite_failure_status: '487' });
      await settled();
      assert.deepEqual([end(1).cause, end(1).sip, end(1).endedBy], ['ORIGINATOR_CANCEL', undefined, 'us']);
    });

    it('E52: the literal commands have no limit of ours: the ring timeout is kept by us', async () => {
      await open();
      await place(dialOrder({ kind: 'ivr', ringTimeoutMs: 20_000 }));
      timers.advance(19_999);
      assert.deepEqual(kills(), []);
      timers.advance(1);
      await settled();
      assert.deepEqual(kills(), [`api uuid_kill ${uuid(1)} NO_ANSWER`]);
    });

    it('E52: an answered call is not cut by it', async () => {
      await open();
      await place(dialOrder({ kind: 'ivr', ringTimeoutMs: 20_000 }));
      channel('CHANNEL_CREATE', 1);
      channel('CHANNEL_ANSWER', 1);
      await settled();
      timers.advance(60_000);
      dial.hangUp(uuid(1), 'message-over');
      await settled();
      assert.deepEqual(kills(), [`api uuid_kill ${uuid(1)} NORMAL_CLEARING`]);
    });

    it('B4: an id that is none is put into no command', async () => {
      await open();
      dial.hangUp('x y\n\nbgapi shutdown', 'lost');
      await settled();
      assert.deepEqual(kills(), []);
    });
  });

  describe('a link that is not there', () => {
    it('E73: an order is not sent, and says so', async () => {
      await open();
      fake.drop();
      await eventually(
        () => dial.isUp(),
        (isUp) => !isUp,
      );
      dial.originate(dialOrder());
      assert.deepEqual(types(1), ['originate-unsent']);
    });

    it('E52: an order whose answer is lost may be a call: it is told of as unknown, and followed when it shows up again', async () => {
      await open({ output: { 'show channels': JSON.stringify({ row_count: 1, rows: [{ uuid: uuid(1), callstate: 'ACTIVE' }] }) } });
      await place(dialOrder());
      fake.drop();
      await eventually(
        () => types(1),
        (seen) => seen.includes('originate-unknown'),
      );
      await link.waitUp(5_000);
      const { calls } = await dial.liveCalls();
      assert.deepEqual([...calls], [[uuid(1), { isAnswered: true }]]);
      channel('CHANNEL_HANGUP_COMPLETE', 1, { 'Hangup-Cause': 'NORMAL_CLEARING' });
      await settled();
      assert.deepEqual(types(1), ['originate-unknown', 'call-ended']);
    });

    const endings: Readonly<Record<string, () => void>> = {
      'the switch says goodbye': () => fake.shutDown(),
      'what it sends cannot be read': () => fake.raw('Content-Length: 99999999999\n\n'),
      'we end it': () => link.stop(),
    };
    for (const [how, endIt] of Object.entries(endings))
      it(`B11: nobody is called a second time at once when the link ends while it rings: ${how}`, async () => {
        await open();
        await place(dialOrder());
        endIt();
        await eventually(
          () => types(1),
          (seen) => seen.length > 0,
        );
        assert.deepEqual(types(1), ['originate-unknown'], 'an order that was not sent would be placed again');
      });

    it('E78: a call of before a restart is followed once it was listed; one that is not listed any more is forgotten', async () => {
      await open({ output: { 'show channels': JSON.stringify({ row_count: 1, rows: [{ uuid: uuid(5), callstate: 'RINGING' }] }) } });
      await place(dialOrder({ callId: uuid(6) }));
      fake.finish('originate', `+OK ${uuid(6)}\n`);
      await settled();
      assert.deepEqual((await dial.liveCalls()).calls.get(uuid(5)), { isAnswered: false });
      channel('CHANNEL_ANSWER', 5);
      channel('CHANNEL_HANGUP_COMPLETE', 6, { 'Hangup-Cause': 'NORMAL_CLEARING' });
      await settled();
      assert.deepEqual([types(5), types(6)], [['call-answered'], ['call-answered']], 'its end is not told');
    });

    it('E78: a call placed while the list was on its way is not forgotten', async () => {
      await open({ held: ['originate', 'show channels'] });
      await place(dialOrder());
      const listed = dial.liveCalls();
      await eventually(
        () => fake.commands.some((command) => command.startsWith('bgapi show channels')),
        (isAsked) => isAsked,
      );
      fake.finish('originate', `+OK ${uuid(1)}\n`);
      fake.finish('show channels', '{"row_count":0}');
      await listed;
      channel('CHANNEL_HANGUP_COMPLETE', 1, { 'Hangup-Cause': 'NORMAL_CLEARING' });
      await settled();
      assert.deepEqual(types(1), ['call-answered', 'call-ended']);
    });

    it('more calls than may be followed are not sent; the same call is ordered once', async () => {
      await open({}, 1);
      await place(dialOrder());
      dial.originate(dialOrder());
      dial.originate(dialOrder({ callId: uuid(2) }));
      await settled();
      assert.equal(fake.commands.filter((command) => command.startsWith('bgapi originate')).length, 1);
      assert.deepEqual([types(1), types(2)], [[], ['originate-unsent']]);
    });
  });

  describe('questions', () => {
    const recorded = Object.fromEntries(
      readDialTranscript('questions').flatMap((step) => (step.kind === 'answer' ? [[step.command, step.output]] : [])),
    );

    it('E47: gateways up, down and unknown, as FreeSWITCH says it', async () => {
      await open({ output: { ...recorded, 'sofia status gateway odd': 'nonsense' } });
      assert.equal(await dial.checkGateway('carrier'), 'up');
      assert.equal(await dial.checkGateway('dead'), 'down');
      assert.equal(await dial.checkGateway('nope'), 'invalid');
      assert.equal(await dial.checkGateway('a b\n'), 'invalid');
      await assert.rejects(dial.checkGateway('odd'), (error) => hasCode(error, 'TDM_PROTOCOL'));
    });

    it('E46: sessions per second', async () => {
      await open({ output: recorded });
      assert.equal(await dial.callsPerSecondMax(), 500);
    });

    it('E81: whether the dialplan has the extension of an IVR', async () => {
      await open({
        output: {
          ...recorded,
          'xml_locate dialplan context name odd':
            '<context name="odd"><condition field="destination_number" expression="^(?i)x$"></condition></context>',
        },
      });
      assert.equal(await dial.hasExtension('127.0.0.1', '9664'), true);
      assert.equal(await dial.hasExtension('127.0.0.1', '9665'), false);
      assert.equal(await dial.hasExtension('nothere', '9664'), false);
      assert.equal(await dial.hasExtension('odd', '9664'), undefined);
    });

    it('B44: whether a sound is there, by its whole name or below the folders for each rate', async () => {
      const output = {
        'global_getvar sound_prefix': '/sounds\n',
        'file_exists /sounds/custom/16000/a.wav': 'true',
        'file_exists /abs/b.wav': 'true',
        file_exists: 'false',
      };
      await open({ output });
      assert.equal(await dial.hasSound('custom/a.wav'), true);
      assert.equal(await dial.hasSound('/abs/b.wav'), true);
      assert.equal(await dial.hasSound('custom/c.wav'), false);
      assert.equal(await dial.hasSound('tone_stream://%(200,0,500)'), true);
      await assert.rejects(dial.hasSound('a b'), (error) => hasCode(error, 'TDM_BAD_VALUE'));
    });
  });
});
