/**
 * The session of a waiting caller on FreeSWITCH against a scripted switch: music, announcements, keys, the connection,
 * every way out, and a connection that breaks at every step.
 */
import assert from 'node:assert/strict';
import type { ConnectOrder, ExitOrder } from '../core/acd/effects.js';
import type { AcdEvent } from '../core/acd/events.js';
import { agentId, legId, memberId, offerId, queueId, switchId } from '../core/acd/ids.js';
import type { CallApplication } from '../core/call.js';
import type { HeldSession, SessionEnd } from '../core/switch.js';
import { createFreeswitchSessions } from '../esl-outbound/member-session.js';
import type { MemberSessionLimits } from '../esl-outbound/member-session.js';
import { openEslDoor } from './support/esl-door.js';
import type { EslDoor } from './support/esl-door.js';
import { eventually } from './support/eventually.js';
import { dialEsl } from './support/fake-freeswitch.js';
import type { DialOptions, FakeCall } from './support/fake-freeswitch.js';

const member = memberId('m-1');
const uuid = 'caller-1';
const moh = 'local_stream://moh';

const talk: ConnectOrder = {
  offer: offerId('o-1'),
  leg: legId('tandem-o-1'),
  switch: switchId('fs1'),
  queue: queueId('support'),
  agent: agentId('ann'),
  agentName: 'Ann',
  member,
  call: { switch: switchId('fs1'), uniqueId: uuid, channel: 'sofia/internal/1010' },
  isStandby: false,
  waitedMs: 4_400,
  recordTemplate: undefined,
  hangUpAfterTalk: false,
};

const way = (reason: ExitOrder['reason'], hangUp = false): ExitOrder => ({
  member,
  queue: queueId('support'),
  reason,
  detail: '',
  agent: undefined,
  to: undefined,
  hangUp,
  waitedMs: 1_000,
});

describe('ESL member session', () => {
  let door: EslDoor;
  let session: HeldSession | undefined;
  let ends: SessionEnd[];
  let fed: AcdEvent[];
  let fake: FakeCall;

  async function open(options: Partial<DialOptions> = {}, limits: Partial<MemberSessionLimits> = {}): Promise<HeldSession> {
    session = undefined;
    ends = [];
    fed = [];
    const application: CallApplication = async (call) => {
      const openSession = createFreeswitchSessions({ switch: switchId('fs1'), log: door.log, zone: 'UTC' }, limits);
      session = openSession(call, member, (event) => void fed.push(event));
      ends.push(await session.ended);
    };
    door = await openEslDoor({ wait: application }, { lingerS: 1, exitMsMax: 300, applicationEndMsMax: 500 });
    fake = await dialEsl({ port: door.port, uniqueId: uuid, application: 'wait', ...options });
    const opened = await eventually(
      () => session,
      (found) => found !== undefined,
    );
    return opened ?? assert.fail('no session');
  }

  afterEach(async () => {
    fake.drop();
    await door.close();
  });

  const played = () => fake.executed.filter(({ application }) => application === 'playback').map(({ argument }) => argument);
  const asked = (words: string) => fake.commands.filter((command) => command.startsWith(`api ${words}`)).map((command) => command.slice(4));
  const isPlaying = (file: string) => fake.until(() => played().includes(file));
  const ended = () =>
    eventually(
      () => ends[0],
      (end) => end !== undefined,
    );
  const types = () => fed.map((event) => event.type);

  // ------------------------------------------------------------------ waiting

  it('F125: the music asked for plays without end and yields to what comes', async () => {
    const held = await open();
    held.music(moh, '');
    await isPlaying(moh);
    assert.ok(fake.executed.find(({ argument }) => argument === moh)?.isYielding);
    assert.equal(fake.variables.get('playback_terminators'), 'none');
  });

  it('F25 F26: without music the channel’s own, then the switch’s, then silence', async () => {
    (await open({ variables: { hold_music: 'local_stream://own' } })).music(undefined, '');
    await isPlaying('local_stream://own');
    fake.drop();
    await door.close();
    (await open({ answers: { 'api global_getvar hold_music': 'local_stream://switch\n' } })).music(undefined, '');
    await isPlaying('local_stream://switch');
    fake.drop();
    await door.close();
    (await open()).music(undefined, '');
    await isPlaying('silence_stream://-1');
  });

  it('other music takes the place of the first; the same plays on', async () => {
    const held = await open();
    held.music(moh, '');
    held.music(moh, '1');
    held.music('local_stream://jazz', '1');
    await isPlaying('local_stream://jazz');
    assert.deepEqual(played(), [moh, 'local_stream://jazz']);
    assert.deepEqual(asked('uuid_break'), [`uuid_break ${uuid}`]);
  });

  it('music that ends is begun again; what cannot be played gives way to silence', async () => {
    const broken = 'local_stream://nowhere';
    const held = await open({
      applications: { playback: ({ argument }) => (argument === broken ? { response: 'FILE NOT FOUND' } : { forEver: true }) },
    });
    held.music(broken, '');
    await isPlaying('silence_stream://-1');
    assert.deepEqual(played(), [broken, broken, broken, 'silence_stream://-1']);
  });

  it('F158 B27: an announcement is put into the music, in one command, with the files of the position', async () => {
    const held = await open({ prompts: { 'file_string://ivr/ivr-you_are_number.wav!digits/20.wav!digits/3.wav': {} } });
    held.music(moh, '');
    held.announce({ sound: undefined, position: 23, ewtMinutes: undefined, callbackOffer: undefined, language: undefined });
    held.announce({ sound: 'hello.wav', position: undefined, ewtMinutes: 1, callbackOffer: 'press-five.wav', language: 'en' });
    await isPlaying('file_string://hello.wav!ivr/ivr-estimated_hold_time.wav!digits/1.wav!time/minute.wav!press-five.wav');
    assert.deepEqual(played().slice(0, 2), [moh, 'file_string://ivr/ivr-you_are_number.wav!digits/20.wav!digits/3.wav']);
    assert.deepEqual(asked('uuid_break'), [], 'the music goes on behind it by itself');
  });

  it('B27: numbers in other languages are said by the switch’s own rules', async () => {
    const held = await open();
    held.announce({ sound: undefined, position: 21, ewtMinutes: undefined, callbackOffer: undefined, language: 'de-DE' });
    await fake.until(() => fake.executed.some(({ application }) => application === 'say'));
    assert.equal(fake.executed.at(-1)?.argument, 'de number pronounced 21');
  });

  it('a message is played to its end and told', async () => {
    const held = await open();
    held.message('welcome.wav');
    await eventually(types, (list) => list.includes('message-ended'));
    assert.deepEqual(played(), ['welcome.wav']);
  });

  it('F127: keys that mean something are fed, also during an announcement; others are not', async () => {
    const held = await open({ prompts: {}, applications: { playback: () => ({ forEver: true }) } });
    held.music(moh, '19');
    await isPlaying(moh);
    fake.press('5');
    held.announce({ sound: 'long.wav', position: undefined, ewtMinutes: undefined, callbackOffer: undefined, language: undefined });
    await isPlaying('long.wav');
    fake.press('9');
    await eventually(types, (list) => list.length === 1);
    assert.deepEqual(fed, [{ type: 'key-pressed', member, key: '9' }]);
  });

  it('D-14: the switch is told again and again to end the music when it does not hear from us, and no more at the end', async () => {
    const held = await open({}, { aliveEveryMs: 50, aliveSMax: 20 });
    held.music(moh, '');
    await fake.until(() => asked('sched_api').length >= 3);
    assert.equal(asked('sched_api')[0], `sched_api +20 tandem-wait-${uuid} uuid_break ${uuid} all`);
    assert.equal(asked('sched_del tandem-wait').length, asked('sched_api').length, 'each order takes the place of the one before');
    held.exit(way('timeout'));
    await ended();
    await fake.ended;
    assert.equal(asked('sched_del tandem-wait').length, asked('sched_api').length + 1);
  });

  // ------------------------------------------------------------------ the connection

  it('F137 F138: prepare sets the variables of the talk, and what says that it was only when it has begun', async () => {
    const held = await open();
    held.music(moh, '');
    await isPlaying(moh);
    await held.prepare(talk);
    const is = (name: string) => fake.variables.get(name) ?? '';
    assert.deepEqual([is('cc_agent'), is('cc_agent_uuid'), is('cc_agent_found'), is('TANDEM_WAIT_S')], ['ann', 'tandem-o-1', 'true', '4']);
    assert.match(is('cc_queue_answered_epoch'), /^\d{10}$/);
    assert.deepEqual([is('hangup_after_bridge'), is('park_after_bridge')], ['false', 'false']);
    assert.deepEqual([is('TANDEM_RESULT'), is('cc_cause'), is('tandem_waiting')], ['', '', uuid]);
    fake.leave({ bridge: 'tandem-o-1' });
    assert.deepEqual(await ended(), { kind: 'connected', order: talk });
    assert.deepEqual(
      [is('TANDEM_RESULT'), is('cc_cause'), is('cc_agent_bridged'), is('tandem_waiting')],
      ['answered', 'answered', 'true', ''],
    );
    assert.equal(await fake.ended, 'exit', 'no connection is held during the talk');
    assert.deepEqual(fed, []);
  });

  it('nothing is played any more once the caller is being connected: it would be played into the talk', async () => {
    const held = await open();
    held.music(moh, '');
    await isPlaying(moh);
    await held.prepare(talk);
    held.announce({ sound: 'late.wav', position: undefined, ewtMinutes: undefined, callbackOffer: undefined, language: undefined });
    fake.leave({ bridge: 'tandem-o-1' });
    await ended();
    await fake.ended;
    assert.deepEqual(played(), [moh]);
  });

  it('a sound that the connection cuts short is not followed by the next part, nor the music begun again', async () => {
    const held = await open({ applications: { playback: () => ({ forEver: true }) } });
    held.music(moh, '');
    held.announce({
      sound: 'a.wav',
      position: undefined,
      ewtMinutes: undefined,
      callbackOffer: 'tone_stream://%(100,0,500)',
      language: undefined,
    });
    await isPlaying('a.wav');
    await held.prepare(talk);
    fake.leave({ bridge: 'tandem-o-1' });
    await ended();
    await fake.ended;
    assert.deepEqual(played(), [moh, 'a.wav']);
  });

  it('music that is cut short is not begun again at once: the news why comes behind it', async () => {
    const held = await open();
    held.music(moh, '');
    await isPlaying(moh);
    fake.complete('playback', { response: 'PLAYBACK ERROR' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(played(), [moh]);
    await fake.until(() => played().length === 2);
    assert.deepEqual(played(), [moh, moh], 'and without such news it is');
  });

  it('nothing is said to a channel that has left the queue’s hands', async () => {
    const held = await open();
    held.music(moh, '');
    await isPlaying(moh);
    fake.send('CHANNEL_UNPARK');
    fake.complete('playback', { response: 'FILE PLAYED' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    held.announce({ sound: 'late.wav', position: undefined, ewtMinutes: undefined, callbackOffer: undefined, language: undefined });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(played(), [moh]);
  });

  it('F132: the recording has its name before the talk and begins with it', async () => {
    const held = await open({ callerIdNumber: '4930123' });
    await held.prepare({ ...talk, recordTemplate: 'queue/${uuid}-${caller_id_number}' });
    assert.equal(fake.variables.get('cc_record_filename'), '/srv/recordings/queue/caller-1-4930123.wav');
    assert.deepEqual(asked('uuid_record'), []);
    fake.leave({ bridge: 'tandem-o-1' });
    await ended();
    assert.deepEqual(asked('uuid_record'), [`uuid_record ${uuid} start /srv/recordings/queue/caller-1-4930123.wav`]);
  });

  it('a template that cannot be used costs the recording, not the talk', async () => {
    const held = await open();
    await held.prepare({ ...talk, recordTemplate: '../${uuid}' });
    fake.leave({ bridge: 'tandem-o-1' });
    assert.equal((await ended())?.kind, 'connected');
    assert.deepEqual([asked('uuid_record'), fake.variables.get('cc_record_filename')], [[], undefined]);
  });

  it('D-14: a leg that took the caller itself ends the session without a word', async () => {
    await open();
    (fake.variables as Map<string, string>).set('cc_cause', 'answered');
    fake.leave({ bridge: 'tandem-o-7' });
    assert.deepEqual([await ended(), fed], [{ kind: 'lost' }, []]);
  });

  it('somebody else who bridges a waiting caller has taken him away', async () => {
    await open();
    fake.leave({ bridge: 'stranger' });
    assert.deepEqual([await ended(), fed], [{ kind: 'left' }, [{ type: 'caller-left', member, cause: 'transferred' }]]);
  });

  // ------------------------------------------------------------------ ways out

  it('an exit ends the music, so that the dialplan goes on at once, and puts back what was changed', async () => {
    const held = await open({ variables: { playback_terminators: '*' } });
    held.music(moh, '');
    await isPlaying(moh);
    held.exit(way('timeout'));
    assert.deepEqual(await ended(), { kind: 'exit', order: way('timeout') });
    await fake.ended;
    assert.deepEqual(asked(`uuid_break ${uuid} all`).length, 1);
    assert.deepEqual([fake.variables.get('playback_terminators'), fake.variables.get('tandem_waiting')], ['*', undefined]);
  });

  it('an exit does not wait for what is being said', async () => {
    const held = await open({ applications: { playback: () => ({ forEver: true }) } });
    held.announce({ sound: 'long.wav', position: undefined, ewtMinutes: undefined, callbackOffer: undefined, language: undefined });
    await isPlaying('long.wav');
    held.exit(way('exit-key'));
    assert.equal((await ended())?.kind, 'exit');
    assert.equal(await fake.ended, 'exit');
  });

  it('hung up: fed once, and the session ends', async () => {
    const held = await open();
    held.music(moh, '');
    await isPlaying(moh);
    fake.hangup();
    assert.deepEqual([await ended(), fed], [{ kind: 'left' }, [{ type: 'caller-left', member, cause: 'hangup' }]]);
  });

  for (const how of ['transfer', 'park'] as const) {
    it(`a ${how} by somebody else is noticed now, and nothing is said or set in the new place`, async () => {
      const held = await open();
      held.music(moh, '');
      await isPlaying(moh);
      const before = fake.commands.length;
      fake.leave(how);
      assert.deepEqual([await ended(), fed], [{ kind: 'left' }, [{ type: 'caller-left', member, cause: 'transferred' }]]);
      await fake.ended;
      const after = fake.commands.slice(before);
      assert.ok(
        !after.some((command) => /TANDEM_RESULT|execute-app-name|uuid_break|uuid_transfer|uuid_kill/.test(command)),
        after.join('\n'),
      );
      assert.deepEqual(door.outcomes(), ['moved']);
    });
  }

  it('a Tandem that stops lets the caller’s dialplan go on', async () => {
    const held = await open();
    held.music(moh, '');
    await isPlaying(moh);
    const closing = door.server.close(0);
    assert.deepEqual([await ended(), fed], [{ kind: 'lost' }, [{ type: 'session-lost', member }]]);
    await closing;
    assert.equal(asked(`uuid_break ${uuid} all`).length, 1);
    assert.deepEqual([fake.variables.get('TANDEM_RESULT'), fake.variables.get('TANDEM_REASON')], ['error', 'TDM_STOPPING']);
  });

  it('orders that come too late do nothing', async () => {
    const held = await open();
    held.exit(way('timeout'));
    await ended();
    await fake.ended;
    const before = fake.commands.length;
    held.music('late', '');
    held.message('late.wav');
    held.announce({ sound: 'late.wav', position: undefined, ewtMinutes: undefined, callbackOffer: undefined, language: undefined });
    held.exit(way('full'));
    await held.prepare(talk);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(fake.commands.length, before);
  });

  // ------------------------------------------------------------------ a peer that dies

  describe('the connection breaks', () => {
    const count = 26;
    for (const how of ['fin', 'reset'] as const) {
      it(`D-14: at any of its commands (${how}): the place is kept, and the session ends once`, async function () {
        this.timeout(20_000);
        let reached = 0;
        for (let at = 1; at <= count; at++) {
          const held = await open({ variables: { hold_music: moh } }).catch(() => undefined);
          if (held) {
            const broken = fake
              .until((call) => call.commands.length >= at, 300)
              .then(
                () => fake.drop(how),
                () => fake.drop(how),
              );
            held.message('welcome.wav');
            held.music(undefined, '1');
            held.announce({ sound: 'a.wav', position: 3, ewtMinutes: 2, callbackOffer: undefined, language: 'de' });
            await held.prepare(talk);
            await broken;
            reached = Math.max(reached, fake.commands.length);
            const end = await ended();
            assert.ok(end?.kind === 'lost' || end?.kind === 'left', end?.kind);
            assert.equal(fed.filter(({ type }) => type === 'session-lost' || type === 'caller-left').length, 1, `at ${at}`);
          }
          await door.close();
        }
        assert.ok(reached > 20, `only ${reached} commands were reached`);
        await open();
      });
    }
  });
});
