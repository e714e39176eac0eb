/**
 * Call control on FreeSWITCH: the real link against a scripted event socket. The commands are those that a real FreeSWITCH
 * 1.10.12 took, the events come in the order in which it sent them.
 */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import type { AcdEvent } from '../core/acd/events.js';
import { agentId, legId, memberId, offerId, queueId, switchId } from '../core/acd/ids.js';
import type { OfferFailure } from '../core/acd/words.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { SpyMode } from '../core/switch.js';
import { createEslLink } from '../sidecar/esl.js';
import type { EslLink } from '../sidecar/esl.js';
import { createFreeswitchSwitch } from '../sidecar/switch-freeswitch.js';
import type { FreeswitchSwitch, FreeswitchSwitchOptions } from '../sidecar/switch-freeswitch.js';
import { eventually } from './support/eventually.js';
import { openEventSocket } from './support/fake-event-socket.js';
import type { FakeEventSocket, FakeEventSocketOptions } from './support/fake-event-socket.js';
import { createHandTimers } from './support/hand-timers.js';
import type { HandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import type { RecordingMeter } from './support/observers.js';

const id = switchId('fs1');
const caller = 'caller-1';
const leg = 'tandem-1-3';
const offer = offerId('1-3');

const order: RingOrder = {
  offer,
  leg: legId(leg),
  switch: id,
  media: 'audio',
  queue: queueId('support'),
  agent: agentId('ann'),
  agentName: 'Ann Lee',
  contact: 'sofia/gateway/carrier/1001',
  contactFreeswitch: undefined,
  standby: undefined,
  ringMs: 15_000,
  member: memberId('m-1'),
  call: { switch: id, uniqueId: caller, channel: 'sofia/internal/1010' },
  callerNumber: '4930123',
  callerName: "VIP: O'Neil, Jim",
  joinedAtMs: 1_795_307_000_500,
  announcements: [],
  confirmKey: '',
  confirmMs: 10_000,
  language: undefined,
  variables: {},
  leadId: 77,
};

const talk: ConnectOrder = {
  offer,
  leg: legId(leg),
  switch: id,
  queue: queueId('support'),
  agent: agentId('ann'),
  agentName: 'Ann Lee',
  member: memberId('m-1'),
  call: { switch: id, uniqueId: caller, channel: 'sofia/internal/1010' },
  isStandby: false,
  recordTemplate: undefined,
  hangUpAfterTalk: true,
};

/** The last two steps of every leg of `order`: it takes the caller itself when nobody speaks to it. */
const selfConnect =
  'sleep:3000' +
  `^set:tandem_told=\${uuid_setvar_multi(\${uuid_getvar(${caller} tandem_waiting)} TANDEM_RESULT=answered;cc_cause=answered;cc_agent=ann)}` +
  `^set:tandem_connected=\${uuid_bridge(\${uuid_getvar(${caller} tandem_waiting)} \${uuid})}^sleep:500`;
const readyNews = 'event:Event-Name=CUSTOM,Event-Subclass=tandem::leg,Tandem-News=ready';

describe('FreeSWITCH switch', () => {
  let fake: FakeEventSocket;
  let link: EslLink;
  let port: FreeswitchSwitch;
  let timers: HandTimers;
  let meter: RecordingMeter;
  let fed: AcdEvent[];

  async function open(
    server: FakeEventSocketOptions = {},
    options: Partial<FreeswitchSwitchOptions> = {},
    accounts: ReadonlyMap<string, readonly ReturnType<typeof agentId>[]> = new Map(),
  ): Promise<void> {
    fake = await openEventSocket({
      held: ['originate'],
      output: { uuid_: '+OK\n', 'show channels': '{"row_count":0}', 'show calls': '{"row_count":0}' },
      ...server,
    });
    timers = createHandTimers();
    meter = recordingMeter();
    fed = [];
    link = createEslLink({ name: 'fs1', host: '127.0.0.1', port: fake.port, password: 'secret' }, { log: silentLog, meter });
    port = createFreeswitchSwitch(
      { id, ...options },
      { link, feed: (event) => void fed.push(event), log: silentLog, meter, timers, watchedAccounts: () => accounts },
    );
    link.start();
    await link.waitUp(3_000);
  }

  afterEach(async () => {
    port.close();
    link.stop();
    await fake.close();
  });

  // ------------------------------------------------------------------ helpers

  /** Facts about calls, in order; what concerns the link alone is left out. */
  const facts = () => fed.filter(({ type }) => type !== 'switch-changed' && type !== 'device-changed');
  const until = (count: number) => eventually(facts, (list) => list.length >= count);
  const ours = () =>
    fake.commands.filter((command) => /^(?:bg)?api (?!status)|^send/.test(command)).map((command) => command.replace(/\nJob-UUID: .*/, ''));
  const sent = (start: string) =>
    eventually(
      () => ours().find((command) => command.startsWith(start)),
      (found) => found !== undefined,
    );
  const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

  const named = { variable_tandem_leg: leg, variable_tandem_offer: offer, variable_cc_member_session_uuid: caller };
  const onLeg = (name: string, headers: Readonly<Record<string, string>> = {}, uuid = leg) =>
    fake.send(name, { 'Unique-ID': uuid, 'Channel-Name': 'sofia/internal/1001', ...named, ...headers });
  const ready = (headers: Readonly<Record<string, string>> = {}, uuid = leg) =>
    onLeg('CUSTOM', { 'Event-Subclass': 'tandem::leg', 'Tandem-News': 'ready', ...headers }, uuid);
  const bridge = (a: string, b: string, headers: Readonly<Record<string, string>> = {}) =>
    fake.send('CHANNEL_BRIDGE', { 'Unique-ID': a, 'Bridge-A-Unique-ID': a, 'Bridge-B-Unique-ID': b, ...headers });
  const unbridge = (a: string, b: string, headers: Readonly<Record<string, string>> = {}) =>
    fake.send('CHANNEL_UNBRIDGE', { 'Unique-ID': a, 'Bridge-A-Unique-ID': a, 'Bridge-B-Unique-ID': b, ...headers });

  async function rung(given: Partial<RingOrder> = {}): Promise<void> {
    port.ring({ ...order, ...given });
    await sent('bgapi originate');
    onLeg('CHANNEL_CREATE');
  }

  async function answered(given: Partial<RingOrder> = {}): Promise<void> {
    await rung(given);
    onLeg('CHANNEL_ANSWER');
    fake.finish('originate', `+OK ${leg}\n`);
    ready();
    await until(2);
  }

  async function talking(given: Partial<RingOrder> = {}): Promise<void> {
    await answered(given);
    port.connect(talk);
    await sent('api uuid_bridge');
    bridge(caller, leg);
    await until(3);
  }

  // ------------------------------------------------------------------ the order

  it('F12 F14 F123 F128 F133 F134 F135 F136: the leg as FreeSWITCH takes it, with the variables of mod_callcenter', async () => {
    await open();
    port.ring({ ...order, variables: { shop: 'a b, c' } });
    assert.equal(
      await sent('bgapi originate'),
      'bgapi originate {shop=a\\sb\\,\\sc,origination_uuid=tandem-1-3,tandem_leg=tandem-1-3,tandem_offer=1-3,cc_queue=support,' +
        'cc_queue_joined_epoch=1795307000,cc_member_uuid=m-1,cc_member_session_uuid=caller-1,cc_member_pre_answer_uuid=m-1,' +
        'cc_agent=ann,cc_agent_type=callback,cc_side=agent,cc_state=toagent,loopback_bowout=false,loopback_bowout_on_execute=false,' +
        'ignore_early_media=true,originate_timeout=15,origination_caller_id_name=VIP-\\sO\\sNeil\\sJim,' +
        'origination_caller_id_number=4930123,origination_callee_id_name=Ann\\sLee,origination_callee_id_number=1001,' +
        `TANDEM_LEAD_ID=77}sofia/gateway/carrier/1001 'm:^:${readyNews}^${selfConnect}^hangup:ORIGINATOR_CANCEL' inline`,
    );
  });

  it('F129 F130: announcements, the confirm key behind the last of them, and what the agent hears when the caller has gone', async () => {
    await open();
    port.ring({
      ...order,
      announcements: ['a.wav', 'b.wav'],
      confirmKey: '1',
      variables: { cc_bridge_failed_outbound_announce: 'gone.wav' },
    });
    const command = (await sent('bgapi originate')) ?? '';
    const program = /'m:\^:(.*)' inline$/.exec(command)?.[1]?.split('^') ?? [];
    assert.deepEqual(program.slice(0, 3), [
      'playback:a.wav',
      'play_and_get_digits:1 1 1 10000 # b.wav silence_stream://10 tandem_confirm [1]',
      readyNews,
    ]);
    assert.equal(
      program[5],
      `set:tandem_connected=\${uuid_bridge(\${uuid_getvar(\${regex(\${tandem_confirm}|[1]|${caller})} tandem_waiting)} \${uuid})}`,
    );
    assert.deepEqual(program.slice(-2), ['playback:gone.wav', 'hangup:ORIGINATOR_CANCEL']);
    assert.match(command, /tandem_confirm_key=1/);
  });

  it('B51: a leg that is to hear a message goes on with it in the dialplan', async () => {
    await open();
    port.ring({ ...order, call: undefined, message: '/var/spool/tandem/1.wav', confirmKey: '1', announcements: ['support'] });
    const command = (await sent('bgapi originate')) ?? '';
    assert.match(command, /tandem_message=\/var\/spool\/tandem\/1\.wav/);
    assert.match(command, /tandem_message_number=4930123/);
    const program = /'m:\^:(.*)' inline$/.exec(command)?.[1]?.split('^') ?? [];
    const at = program.indexOf(readyNews);
    assert.match(program[at - 1] ?? '', /^play_and_get_digits:/, 'the key first');
    assert.deepEqual(program.slice(at + 1, at + 3), ['sleep:500', 'transfer:message XML tandem_messages']);
  });

  it('F15: the contact’s own time is shorter; the one for FreeSWITCH wins; of an account the switch chooses the channel’s id', async () => {
    await open();
    port.ring({ ...order, contactFreeswitch: '{originate_timeout=7}[leg_timeout=5]user/1001@default' });
    const command = (await sent('bgapi originate')) ?? '';
    assert.match(command, /originate_timeout=7,.*\}\[leg_timeout=5\]user\/1001@default '/);
    assert.doesNotMatch(command, /origination_uuid/);
  });

  it('F123: a value that cannot stand in the command is set as soon as the channel exists', async () => {
    await open();
    await rung({ variables: { json: '{"a": "it\'s"}', bad: '${system ls}' } });
    assert.equal(await sent('api uuid_setvar'), `api uuid_setvar ${leg} json {"a": "it\\'s"}`);
    assert.ok(!ours().some((command) => command.includes('system')));
  });

  it('B4: a contact that is no dial string is nobody’s leg; the agent is unreachable', async () => {
    await open();
    port.ring({ ...order, contact: 'user/1001@a &system(ls)' });
    assert.deepEqual([facts()[0]?.type, (facts()[0] as { failure?: string }).failure], ['offer-failed', 'unreachable']);
    assert.deepEqual(ours(), []);
  });

  // ------------------------------------------------------------------ outcomes

  const outcomes: readonly (readonly [string, OfferFailure])[] = [
    ['USER_BUSY', 'busy'],
    ['NORMAL_CIRCUIT_CONGESTION', 'busy'],
    ['CALL_REJECTED', 'rejected'],
    ['USER_NOT_REGISTERED', 'not-registered'],
    ['NO_ANSWER', 'no-answer'],
    ['NO_USER_RESPONSE', 'no-answer'],
    ['ALLOTTED_TIMEOUT', 'no-answer'],
    ['UNALLOCATED_NUMBER', 'unreachable'],
    ['SUBSCRIBER_ABSENT', 'unreachable'],
    ['INVALID_GATEWAY', 'unreachable'],
    ['CHAN_NOT_IMPLEMENTED', 'unreachable'],
    ['NORMAL_TEMPORARY_FAILURE', 'unreachable'],
    ['RECOVERY_ON_TIMER_EXPIRE', 'unreachable'],
    ['ORIGINATOR_CANCEL', 'switch-failed'],
    ['SYSTEM_SHUTDOWN', 'switch-failed'],
  ];
  for (const [cause, failure] of outcomes) {
    it(`F19 F20 F21 F23: ${cause} is ${failure} (freeswitch-callcenter 7.2)`, async () => {
      await open();
      await rung();
      onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': cause });
      fake.finish('originate', `-ERR ${cause}\n`);
      await until(1);
      assert.deepEqual(facts(), [{ type: 'offer-failed', offer, failure, detail: cause }]);
      assert.deepEqual([meter.counted('tandem_legs_total').map(({ outcome }) => outcome), meter.gauge('tandem_legs')], [[failure], 0]);
    });
  }

  it('answered, then ready: each is told once', async () => {
    await open();
    await answered();
    ready();
    onLeg('CHANNEL_ANSWER');
    await settle();
    assert.deepEqual(facts(), [
      { type: 'agent-answered', offer },
      { type: 'agent-ready', offer },
    ]);
  });

  it('an account with several telephones: one that is busy or loses the race is not the end', async () => {
    await open();
    port.ring({ ...order, contact: 'user/1001@default' });
    await sent('bgapi originate');
    for (const uuid of ['a', 'b', 'c']) onLeg('CHANNEL_CREATE', {}, uuid);
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'USER_BUSY' }, 'a');
    onLeg('CHANNEL_ANSWER', {}, 'b');
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'LOSE_RACE' }, 'c');
    fake.finish('originate', '+OK b\n');
    ready({}, 'b');
    await until(2);
    port.connect(talk);
    assert.equal(await sent('api uuid_bridge'), `api uuid_bridge ${caller} b`);
    bridge(caller, 'b');
    await until(3);
    assert.deepEqual(
      facts().map(({ type }) => type),
      ['agent-answered', 'agent-ready', 'connected'],
    );
  });

  for (const [what, headers, isGood] of [
    ['the right key', { variable_tandem_confirm: '1' }, true],
    ['another key', { variable_tandem_confirm: '2' }, false],
    ['no key', {}, false],
  ] as const) {
    it(`confirm: ${what}`, async () => {
      await open();
      await rung({ confirmKey: '1' });
      onLeg('CHANNEL_ANSWER');
      fake.finish('originate', `+OK ${leg}\n`);
      ready({ variable_tandem_confirm_key: '1', ...headers });
      await until(2);
      const last = facts().at(-1);
      if (isGood) assert.deepEqual(last, { type: 'agent-ready', offer });
      else {
        assert.deepEqual([last?.type, (last as { failure?: string }).failure], ['offer-failed', 'not-confirmed']);
        assert.equal(await sent('api uuid_kill'), `api uuid_kill ${leg} NORMAL_CLEARING`);
      }
    });
  }

  it('an agent who hangs up before the connection is gone', async () => {
    await open();
    await answered();
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' });
    await until(3);
    assert.deepEqual(facts()[2], { type: 'offer-failed', offer, failure: 'agent-gone', detail: 'NORMAL_CLEARING' });
  });

  // ------------------------------------------------------------------ cancelling

  it('B8: a leg is hung up at once, with what its telephone shall show', async () => {
    await open();
    await rung();
    port.cancel(legId(leg), 'answered-elsewhere');
    assert.equal(await sent('api uuid_kill'), `api uuid_kill ${leg} LOSE_RACE`);
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'LOSE_RACE' });
    fake.finish('originate', '-ERR LOSE_RACE\n');
    await settle();
    assert.deepEqual(facts(), [], 'a leg that was taken back is no failure');
    assert.equal(meter.gauge('tandem_legs'), 0);
  });

  it('B8: taken back before its channel exists: hung up as soon as it does, each of its channels', async () => {
    await open();
    port.ring({ ...order, contact: 'user/1001@default' });
    await sent('bgapi originate');
    port.cancel(legId(leg), 'caller-left');
    onLeg('CHANNEL_CREATE', {}, 'a');
    onLeg('CHANNEL_CREATE', {}, 'b');
    await sent('api uuid_kill b');
    assert.deepEqual(
      ours().filter((command) => command.startsWith('api uuid_kill')),
      [`api uuid_kill ${leg} ORIGINATOR_CANCEL`, 'api uuid_kill a ORIGINATOR_CANCEL', 'api uuid_kill b ORIGINATOR_CANCEL'],
    );
    onLeg('CHANNEL_ANSWER', {}, 'a');
    ready({}, 'a');
    await settle();
    assert.deepEqual(facts(), []);
  });

  it('F130: the caller has gone while the agent listens: he is told before his leg ends', async () => {
    await open();
    await answered({ variables: { cc_bridge_failed_outbound_announce: 'gone.wav' } });
    port.cancel(legId(leg), 'caller-left');
    assert.equal(await sent('api uuid_transfer'), `api uuid_transfer ${leg} 'm:^:playback:gone.wav^hangup:ORIGINATOR_CANCEL' inline`);
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'ORIGINATOR_CANCEL' });
    await settle();
    assert.equal(facts().length, 2);
  });

  it('B8: a leg of before a restart is found by its name', async () => {
    await open({
      output: {
        'show channels': JSON.stringify({ rows: [{ uuid: 'x', direction: 'outbound', name: 'sofia/internal/1001' }] }),
        'uuid_getvar x tandem_leg': leg,
      },
    });
    port.cancel(legId(leg), 'stale');
    await sent('api uuid_kill x');
    assert.ok(ours().includes(`api uuid_kill ${leg} ORIGINATOR_CANCEL`));
  });

  it('B8: many legs of before a restart are looked for with one list, not with one for each', async () => {
    await open({
      output: {
        'show channels': JSON.stringify({ rows: [{ uuid: 'x', direction: 'outbound', name: 'sofia/internal/1001' }] }),
        'uuid_getvar x tandem_leg': 'tandem-199',
      },
    });
    for (let i = 0; i < 200; i++) port.cancel(legId(`tandem-${String(i)}`), 'stale');
    await sent('api uuid_kill x');
    assert.equal(ours().filter((command) => command.startsWith('bgapi show channels')).length, 1);
  });

  // ------------------------------------------------------------------ the talk

  it('F136: the two are bridged, the caller’s telephone shows the agent', async () => {
    await open();
    await talking();
    assert.ok(ours().includes(`api uuid_bridge ${caller} ${leg}`));
    assert.deepEqual(facts()[2], { type: 'connected', offer });
    assert.equal(await sent('api uuid_display'), `api uuid_display ${caller} Ann Lee|1001`);
  });

  it('F138: the end is written on the caller’s channel', async () => {
    await open();
    await talking();
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' });
    assert.equal(await sent(`api uuid_setvar ${caller}`), `api uuid_setvar ${caller} cc_queue_terminated_epoch 1000`);
  });

  for (const title of ['ordered by this process', 'ordered before a restart'])
    it(`B51: a message, ${title}: ready is the talk, a bridge to call back changes nothing, the leg’s end is its end`, async () => {
      await open();
      const heard = { variable_tandem_message: '/var/spool/tandem/1.wav', variable_cc_member_session_uuid: '' };
      if (title.includes('this process')) await rung({ call: undefined, message: '/var/spool/tandem/1.wav' });
      onLeg('CHANNEL_ANSWER', heard);
      ready(heard);
      await until(3);
      bridge(leg, 'customer-1', heard);
      unbridge(leg, 'customer-1', heard);
      await settle();
      assert.deepEqual(facts(), [
        { type: 'agent-answered', offer },
        { type: 'agent-ready', offer },
        { type: 'connected', offer },
      ]);
      onLeg('CHANNEL_HANGUP', { ...heard, 'Hangup-Cause': 'NORMAL_CLEARING' });
      await settle();
      timers.advance(100);
      await until(4);
      assert.deepEqual(facts().slice(3), [{ type: 'call-ended', offer, by: 'agent', cause: 'NORMAL_CLEARING' }]);
    });

  it('B6: hold by the agent and by the caller is told with the side, and only in the talk', async () => {
    await open();
    await rung();
    onLeg('CHANNEL_HOLD');
    await settle();
    assert.deepEqual(
      facts().filter(({ type }) => type === 'held'),
      [],
    );
    onLeg('CHANNEL_ANSWER');
    ready();
    await until(2);
    port.connect(talk);
    bridge(caller, leg);
    await until(3);
    onLeg('CHANNEL_HOLD');
    onLeg('CHANNEL_UNHOLD');
    for (const event of ['CHANNEL_HOLD', 'CHANNEL_UNHOLD']) fake.send(event, { 'Unique-ID': caller });
    fake.send('CHANNEL_HOLD', { 'Unique-ID': 'somebody' });
    await until(7);
    await settle();
    assert.deepEqual(facts().slice(3), [
      { type: 'held', offer, by: 'agent' },
      { type: 'resumed', offer, by: 'agent' },
      { type: 'held', offer, by: 'caller' },
      { type: 'resumed', offer, by: 'caller' },
    ]);
  });

  it('the agent hangs up: told when the two were parted', async () => {
    await open();
    await talking();
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' });
    unbridge(caller, leg, { variable_transfer_source: `1:x:uuid_br:${leg}` });
    await until(4);
    assert.deepEqual(facts()[3], { type: 'call-ended', offer, by: 'agent', cause: 'NORMAL_CLEARING' });
  });

  it('... and without that news a moment later', async () => {
    await open();
    await talking();
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' });
    await sent(`api uuid_setvar ${caller}`);
    assert.equal(facts().length, 3);
    timers.advance(100);
    assert.deepEqual(facts()[3], { type: 'call-ended', offer, by: 'agent', cause: 'NORMAL_CLEARING' });
  });

  it('the caller hangs up', async () => {
    await open();
    await talking();
    fake.send('CHANNEL_HANGUP', { 'Unique-ID': caller, 'Hangup-Cause': 'NORMAL_CLEARING' });
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' });
    await until(4);
    assert.deepEqual(facts()[3], { type: 'call-ended', offer, by: 'caller', cause: 'NORMAL_CLEARING' });
  });

  it('user-needs 28: a blind transfer frees the agent when his leg ends', async () => {
    await open();
    await talking();
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING', variable_endpoint_disposition: 'BLIND_TRANSFER' });
    await until(4);
    assert.deepEqual(facts()[3], { type: 'call-ended', offer, by: 'transfer', cause: 'NORMAL_CLEARING' });
  });

  it('user-needs 28: so does an attended one, or a transfer by somebody else', async () => {
    await open();
    await talking();
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING', variable_endpoint_disposition: 'ANSWER' });
    unbridge(caller, leg, { variable_transfer_source: '2:y:uuid_br:third' });
    await until(4);
    assert.deepEqual(facts()[3], { type: 'call-ended', offer, by: 'transfer', cause: 'NORMAL_CLEARING' });
  });

  it('a bridge that is refused: the agent’s leg does not stay', async () => {
    await open({ output: { uuid_bridge: '-ERR Invalid uuid\n', uuid_: '+OK\n' } });
    await answered();
    port.connect(talk);
    await until(3);
    assert.deepEqual(facts()[2], { type: 'offer-failed', offer, failure: 'switch-failed', detail: 'Invalid uuid' });
    assert.equal(await sent('api uuid_kill'), `api uuid_kill ${leg} ORIGINATOR_CANCEL`);
  });

  it('a bridge that is not made in time', async () => {
    await open();
    await answered();
    port.connect(talk);
    await sent('api uuid_bridge');
    await eventually(
      () => timers.waiting,
      (count) => count > 0,
    );
    timers.advance(3_000);
    assert.deepEqual(facts()[2], { type: 'offer-failed', offer, failure: 'switch-failed', detail: 'not bridged in time' });
  });

  it('D-14: a leg that took the caller itself is a talk like any other', async () => {
    await open();
    await answered();
    bridge(caller, leg);
    await until(3);
    assert.deepEqual(facts()[2], { type: 'connected', offer });
  });

  // ------------------------------------------------------------------ loopback

  it('F12: behind a loopback the agent is there when its far end is bridged, before or after the answer', async () => {
    for (const isBefore of [true, false]) {
      await open({ output: { 'uuid_getvar far bridge_uuid': isBefore ? 'phone' : '_undef_', uuid_: '+OK\n' } });
      port.ring({ ...order, contact: 'loopback/1001/agents' });
      const command = (await sent('bgapi originate')) ?? '';
      assert.match(
        command,
        /'m:\^:event:Event-Name=CUSTOM,Event-Subclass=tandem::leg,Tandem-News=answered\^sleep:6000\^hangup:DESTINATION_OUT_OF_ORDER' inline$/,
      );
      const near = { 'Channel-Name': 'loopback/1001-a', variable_other_loopback_leg_uuid: 'far' };
      onLeg('CHANNEL_CREATE', near);
      onLeg('CHANNEL_CREATE', { 'Channel-Name': 'loopback/1001-b', variable_other_loopback_leg_uuid: leg }, 'far');
      onLeg('CHANNEL_ANSWER', near);
      onLeg('CUSTOM', { ...near, 'Event-Subclass': 'tandem::leg', 'Tandem-News': 'answered' });
      if (!isBefore) {
        await sent('api uuid_getvar far');
        await settle();
        assert.deepEqual(facts(), []);
        bridge('far', 'phone');
      }
      await until(1);
      assert.deepEqual(facts(), [{ type: 'agent-answered', offer }]);
      assert.match(
        (await sent('api uuid_transfer')) ?? '',
        new RegExp(`^api uuid_transfer ${leg} 'm:\\^:event:.*Tandem-News=ready\\^sleep:3000`),
      );
      if (isBefore) {
        port.close();
        link.stop();
        await fake.close();
      }
    }
  });

  it('F12: a loopback that is answered and never bridged is a miss', async () => {
    await open({ output: { uuid_getvar: '_undef_', uuid_: '+OK\n' } });
    port.ring({ ...order, contact: 'loopback/1001/agents' });
    await sent('bgapi originate');
    const near = { 'Channel-Name': 'loopback/1001-a', variable_other_loopback_leg_uuid: 'far' };
    onLeg('CHANNEL_ANSWER', near);
    onLeg('CUSTOM', { ...near, 'Event-Subclass': 'tandem::leg', 'Tandem-News': 'answered' });
    await sent('api uuid_getvar far');
    timers.advance(5_000);
    assert.deepEqual([facts()[0]?.type, (facts()[0] as { failure?: string }).failure], ['offer-failed', 'no-answer']);
    assert.equal(await sent('api uuid_kill'), `api uuid_kill ${leg} DESTINATION_OUT_OF_ORDER`);
  });

  // ------------------------------------------------------------------ standby

  const standby = { switch: id, uniqueId: 'open-1', channel: 'sofia/internal/1001' };
  const executes = () =>
    fake.commands
      .filter((command) => command.startsWith('sendmsg open-1'))
      .map((command) => /execute-app-name: (.*)/.exec(command)?.[1] ?? '');

  it('F13 F70 F131: a standby agent: nothing rings; tone and announcements on the open channel, then the connection', async () => {
    await open({ output: { 'uuid_getvar open-1 cc_warning_tone': 'tone_stream://%(200,0,500)', uuid_: '+OK\n' } });
    port.ring({ ...order, standby, announcements: ['a.wav'] });
    await eventually(executes, (list) => list.length === 3);
    assert.deepEqual(executes(), ['playback', 'playback', 'event']);
    assert.deepEqual(facts(), [{ type: 'agent-answered', offer }]);
    const news = { 'Unique-ID': 'open-1', 'Event-Subclass': 'tandem::leg', 'Tandem-News': 'ready' };
    fake.send('CUSTOM', { ...news, 'Tandem-Offer': 'another' });
    fake.send('CUSTOM', { ...news, 'Tandem-Offer': offer });
    await until(2);
    port.connect({ ...talk, isStandby: true });
    assert.equal(await sent('api uuid_bridge'), `api uuid_bridge ${caller} open-1`);
    bridge(caller, 'open-1');
    await until(3);
    unbridge(caller, 'open-1', { variable_transfer_source: '1:x:uuid_br:open-1' });
    await until(4);
    assert.deepEqual(facts().slice(1), [
      { type: 'agent-ready', offer },
      { type: 'connected', offer },
      { type: 'call-ended', offer, by: 'agent', cause: 'NORMAL_CLEARING' },
    ]);
    assert.ok(ours().includes('api uuid_setvar open-1 cc_agent_type uuid-standby'));
  });

  it('F13: nothing is waited for twice: the wanted key, the tone, then the steps at once and the variables behind them', async () => {
    await open({ output: { uuid_getvar: '_undef_', uuid_: '+OK\n' } });
    port.ring({ ...order, standby });
    await eventually(executes, (list) => list.length === 1);
    await until(1);
    const words = ['cc_side', 'tandem_confirm_key', 'cc_warning_tone', 'execute-app-name: event', 'cc_agent_type'];
    await sent('api uuid_setvar open-1 cc_agent_type');
    const places = words.map((word) => fake.commands.findIndex((command) => command.includes(word)));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    assert.ok(!places.includes(-1), places.join(' '));
  });

  it('F13: the open channel is gone: the offer fails, the agent is not there', async () => {
    await open({ output: { 'uuid_setvar open-1': '-ERR No such channel!\n' } });
    port.ring({ ...order, standby });
    await until(2);
    assert.deepEqual(facts(), [
      { type: 'offer-failed', offer, failure: 'unreachable', detail: 'the open channel is gone' },
      { type: 'standby-ended', agent: 'ann', call: standby },
    ]);
  });

  it('a standby agent’s channel is never hung up by us', async () => {
    await open({ output: { uuid_getvar: '_undef_', uuid_: '+OK\n' } });
    port.ring({ ...order, standby });
    await until(1);
    port.cancel(legId(leg), 'caller-left');
    await settle();
    assert.ok(!ours().some((command) => command.includes('uuid_kill')));
  });

  // ------------------------------------------------------------------ other processes, restarts, the link

  it('D-14: a leg that was ordered before a restart is told by what its channel says', async () => {
    await open();
    onLeg('CHANNEL_ANSWER');
    ready();
    await until(2);
    bridge(caller, leg);
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' });
    unbridge(caller, leg);
    await until(4);
    assert.deepEqual(
      facts().map(({ type }) => type),
      ['agent-answered', 'agent-ready', 'connected', 'call-ended'],
    );
  });

  it('D-14: the end of a talk of before a restart is told, listed or not', async () => {
    const rows = {
      rows: [
        { uuid: caller, direction: 'inbound' },
        { uuid: leg, direction: 'outbound', name: 'sofia/internal/1001' },
      ],
    };
    const calls = { rows: [{ uuid: caller, b_uuid: leg }] };
    const output = {
      [`uuid_getvar ${leg} tandem_offer`]: offer,
      [`uuid_getvar ${leg} cc_member_session_uuid`]: caller,
      uuid_getvar: '_undef_',
    };
    await open({ output: { 'show channels': JSON.stringify(rows), 'show calls': JSON.stringify(calls), ...output } });
    await port.listChannels();
    fake.send('CHANNEL_HANGUP', { 'Unique-ID': caller, 'Hangup-Cause': 'NORMAL_CLEARING' });
    fake.send('CHANNEL_HANGUP', { 'Unique-ID': leg, 'Hangup-Cause': 'NORMAL_CLEARING', ...named });
    await until(1);
    assert.deepEqual(facts(), [{ type: 'call-ended', offer, by: 'caller', cause: 'NORMAL_CLEARING' }]);
    onLeg(
      'CHANNEL_HANGUP',
      { 'Hangup-Cause': 'NORMAL_CLEARING', variable_bridge_uuid: caller, variable_tandem_offer: '9-9', variable_tandem_leg: 'tandem-9-9' },
      'tandem-9-9',
    );
    await settle();
    timers.advance(100);
    assert.deepEqual(facts()[1], { type: 'call-ended', offer: '9-9', by: 'agent', cause: 'NORMAL_CLEARING' });
  });

  it('B1: the live channels, with the legs behind channels whose id the switch chose', async () => {
    const rows = [
      { uuid: caller, direction: 'inbound', name: 'sofia/internal/1010' },
      { uuid: 'phone-7', direction: 'outbound', name: 'sofia/internal/1001' },
      { uuid: 'stranger', direction: 'outbound', name: 'sofia/internal/1002' },
      { uuid: 'tandem-2-2', direction: 'outbound', name: 'sofia/gateway/x' },
    ];
    await open({
      output: {
        'show channels': JSON.stringify({ row_count: 4, rows }),
        'show calls': JSON.stringify({
          rows: [
            { uuid: caller, b_uuid: 'phone-7' },
            { uuid: 'stranger', b_uuid: '' },
          ],
        }),
        'uuid_getvar phone-7 tandem_leg': leg,
        uuid_getvar: '_undef_',
      },
    });
    const { uniqueIds, bridged, askedAtMs } = await port.listChannels();
    assert.deepEqual([...uniqueIds].sort(), ['caller-1', 'phone-7', 'stranger', 'tandem-1-3', 'tandem-2-2']);
    assert.deepEqual([[...bridged].sort(), askedAtMs], [['caller-1', 'phone-7', 'tandem-1-3'], 1_000_000]);
  });

  it('B1: a channel with an odd id, which somebody else made, does not keep the others from being listed', async () => {
    const rows = [
      { uuid: 'a b@c', direction: 'outbound', name: 'sofia/internal/1002' },
      { uuid: 'phone-7', direction: 'outbound', name: 'sofia/internal/1001' },
    ];
    await open({
      output: { 'show channels': JSON.stringify({ rows }), 'show calls': '{"row_count":0}', 'uuid_getvar phone-7 tandem_leg': leg },
    });
    const { uniqueIds } = await port.listChannels();
    assert.deepEqual([...uniqueIds].sort(), ['a b@c', 'phone-7', leg].sort());
  });

  it('B1: a question about a channel that found no answer is asked again: its leg is not taken for gone', async () => {
    const rows = [{ uuid: 'phone-7', direction: 'outbound', name: 'sofia/internal/1001' }];
    await open({
      output: { 'show channels': JSON.stringify({ rows }), 'show calls': '{"row_count":0}', 'uuid_getvar phone-7 tandem_leg': leg },
    });
    const busy = sinon.stub(link, 'api').rejects(new TandemError('TDM_BUSY', ['questions']));
    await assert.rejects(port.listChannels(), (error) => hasCode(error, 'TDM_BUSY'));
    busy.restore();
    assert.ok((await port.listChannels()).uniqueIds.has(leg));
  });

  it('an answer that is no list is no empty switch', async () => {
    for (const text of ['-ERR', '{"rows":3}', '[]', '{}', '{"row_count":2}']) {
      await open({ output: { 'show channels': text, 'show calls': '{"row_count":0}' } });
      await assert.rejects(port.listChannels(), (error) => hasCode(error, 'TDM_PROTOCOL'));
      port.close();
      link.stop();
      await fake.close();
    }
    await open();
  });

  it('the state of the link is told; without it an order fails at once', async () => {
    await open();
    assert.deepEqual(fed.filter(({ type }) => type === 'switch-changed').at(-1), { type: 'switch-changed', switch: id, isUp: true });
    await fake.close();
    await eventually(
      () => port.isUp(),
      (isUp) => !isUp,
    );
    port.ring(order);
    await until(1);
    assert.equal((facts()[0] as { failure?: string }).failure, 'switch-failed');
    assert.deepEqual(fed.filter(({ type }) => type === 'switch-changed').at(-1), { type: 'switch-changed', switch: id, isUp: false });
  });

  it('an order whose outcome is unknown is no failure: the leg may ring, the list of channels tells', async () => {
    await open();
    port.ring(order);
    await sent('bgapi originate');
    fake.drop();
    await eventually(
      () => port.isUp(),
      (isUp) => !isUp,
    );
    await settle();
    assert.deepEqual(facts(), []);
  });

  it('D-14: a link that breaks behind any message of a whole call: nothing throws, and each fact is told once', async function () {
    this.timeout(20_000);
    const steps: readonly (() => unknown)[] = [
      () => port.ring({ ...order, variables: { json: '{}' } }),
      () => onLeg('CHANNEL_CREATE'),
      () => onLeg('CHANNEL_ANSWER'),
      () => ready(),
      () => facts().some(({ type }) => type === 'agent-ready') && port.connect(talk),
      () => bridge(caller, leg),
      () => onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING' }),
      () => unbridge(caller, leg),
    ];
    for (let at = 0; at <= steps.length; at++) {
      await open();
      for (const [n, step] of steps.entries()) {
        if (n === at) {
          fake.drop(at % 2 === 0 ? 'fin' : 'reset');
          await fake.close();
          await eventually(
            () => port.isUp(),
            (isUp) => !isUp,
          );
        }
        step();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      port.cancel(legId(leg), 'stale');
      timers.advance(10_000);
      await settle();
      const told = facts().map(({ type }) => type);
      assert.equal(new Set(told).size, told.length, `cut at ${at}: ${told.join(' ')}`);
      port.close();
      link.stop();
      await fake.close();
    }
    await open();
  });

  // ------------------------------------------------------------------ the rest of the port

  it('transfer: the place is checked, the order literal, a channel that is gone has its own error', async () => {
    await open();
    const call = { switch: id, uniqueId: caller, channel: 'x' };
    await port.transfer(call, { context: 'default', extension: '100' });
    assert.ok(ours().includes(`api uuid_transfer ${caller} 100 XML default`));
    await assert.rejects(port.transfer(call, { context: 'default', extension: '1 XML x' }), (error) => hasCode(error, 'TDM_BAD_VALUE'));
    fake.options = { ...fake.options, output: { uuid_transfer: '-ERR No such channel!\n' } };
    await assert.rejects(port.transfer(call, { context: 'default', extension: '100' }), (error) => hasCode(error, 'TDM_CALL_GONE'));
  });

  const spyWords: Readonly<Record<SpyMode, string>> = {
    listen: '',
    whisper: ',eavesdrop_whisper_bleg=true',
    barge: ',eavesdrop_whisper_aleg=true,eavesdrop_whisper_bleg=true',
  };
  for (const mode of ['listen', 'whisper', 'barge'] as const) {
    it(`B34: ${mode}`, async () => {
      await open({ output: { uuid_exists: 'true', 'show channels': '{}' } });
      await port.spy({ leg: legId('tandem-spy-1'), target: leg, supervisor: 'sofia/gateway/g/9', mode });
      assert.equal(
        await sent('bgapi originate'),
        `bgapi originate {origination_uuid=spy-spy-1,tandem_spy=spy-spy-1,origination_caller_id_name=Tandem\\s${mode},ignore_early_media=true,` +
          `originate_timeout=30,eavesdrop_enable_dtmf=false${spyWords[mode]}}sofia/gateway/g/9 'm:^:eavesdrop:${leg}' inline`,
      );
    });
  }

  it('B34 B4: a supervisor who was not reached is told to who asked', async () => {
    await open({ output: { uuid_exists: 'true', 'show channels': '{}' } });
    let unreached = 0;
    const wish = {
      leg: legId('tandem-spy-1'),
      target: leg,
      supervisor: 'user/9@a',
      mode: 'listen' as const,
      onUnreached: () => (unreached += 1),
    };
    await port.spy(wish);
    await sent('bgapi originate');
    fake.finish('originate', '-ERR NO_ANSWER\n');
    await eventually(
      () => unreached,
      (count) => count === 1,
    );
    await port.spy(wish);
    await eventually(ours, (list) => list.filter((command) => command.startsWith('bgapi originate')).length === 2);
    fake.drop(); // nobody knows
    await settle();
    assert.equal(unreached, 1);
  });

  it('B34: a talk that is over cannot be joined', async () => {
    await open({ output: { uuid_exists: 'false', 'show channels': '{}' } });
    const wish = { leg: legId('tandem-spy-1'), target: leg, supervisor: 'user/9@a', mode: 'listen' } as const;
    await assert.rejects(port.spy(wish), (error) => hasCode(error, 'TDM_NOT_FOUND'));
    await assert.rejects(port.spy({ ...wish, target: 'a b' }), (error) => hasCode(error, 'TDM_BAD_VALUE'));
  });

  it('B40: an agent’s lamp is a presence event as mod_callcenter sends it for queues', async () => {
    await open();
    port.lamp(agentId('ann'), { status: 'Available', state: 'In a queue call', wrapUp: false });
    assert.equal(
      await sent('sendevent'),
      'sendevent PRESENCE_IN\nproto: tandem\nlogin: ann@default\nfrom: ann@default\nforce-status: Talking\nrpid: unknown\nevent_type: presence\n' +
        'alt_event_type: dialog\nevent_count: 0\nchannel-state: CS_EXECUTE\nunique-id: tandem-lamp-ann\nanswer-state: confirmed\npresence-call-direction: inbound',
    );
  });

  describe('B29: calling back', () => {
    const way = { contact: 'sofia/gateway/trunk/{number}', to: { extension: 'callback', context: 'tandem' }, callerId: '030123' };
    const wish = {
      member: memberId('m-1'),
      leg: legId('tandem-cb-1'),
      queue: queueId('support'),
      number: '4930999',
      ringMs: 20_000,
      confirmKey: '1',
      confirmPrompt: 'ask.wav',
    };
    const onCallBack = (name: string, headers: Readonly<Record<string, string>> = {}) =>
      fake.send(name, {
        'Unique-ID': 'tandem-cb-1',
        variable_tandem_leg: 'tandem-cb-1',
        variable_tandem_callback_member: 'm-1',
        variable_tandem_confirm_key: '1',
        ...headers,
      });

    it('the order, literally', async () => {
      await open({}, { callBack: way });
      port.callBack(wish);
      assert.equal(
        await sent('bgapi originate'),
        'bgapi originate {origination_uuid=tandem-cb-1,tandem_leg=tandem-cb-1,tandem_callback_member=m-1,tandem_confirm_key=1,tandem_app=queue_entry,' +
          'tandem_args=support\\,callback=m-1,cc_side=member,ignore_early_media=true,originate_timeout=20,origination_caller_id_number=030123}sofia/gateway/trunk/4930999 ' +
          "'m:^:play_and_get_digits:1 1 2 7000 # ask.wav silence_stream://10 tandem_confirm [1]^event:Event-Name=CUSTOM,Event-Subclass=tandem::leg,Tandem-News=called-back" +
          "^unset:tandem_leg^unset:tandem_callback_member^transfer:${regex(${tandem_confirm}|[1]|callback)} XML tandem' inline",
      );
    });

    it('who answers and presses the key is a caller from then on', async () => {
      await open({}, { callBack: way });
      port.callBack(wish);
      await sent('bgapi originate');
      onCallBack('CHANNEL_ANSWER');
      fake.finish('originate', '+OK tandem-cb-1\n');
      onCallBack('CUSTOM', { 'Event-Subclass': 'tandem::leg', 'Tandem-News': 'called-back', variable_tandem_confirm: '1' });
      fake.send('CHANNEL_HANGUP', { 'Unique-ID': 'tandem-cb-1', 'Hangup-Cause': 'NORMAL_CLEARING' });
      await settle();
      assert.deepEqual([facts(), meter.gauge('tandem_legs')], [[], 0]);
    });

    it('no answer, no key, no way: each is told', async () => {
      await open({}, { callBack: way });
      port.callBack(wish);
      await sent('bgapi originate');
      fake.finish('originate', '-ERR NO_ANSWER\n');
      await until(1);
      port.callBack(wish);
      await eventually(
        () => ours().filter((command) => command.startsWith('bgapi originate')).length,
        (count) => count === 2,
      );
      onCallBack('CHANNEL_ANSWER');
      onCallBack('CUSTOM', { 'Event-Subclass': 'tandem::leg', 'Tandem-News': 'called-back' });
      await until(2);
      port.callBack({ ...wish, number: '1 2' });
      assert.deepEqual(
        facts()
          .map((event) => [event.type, 'cause' in event && event.cause])
          .slice(0, 2),
        [
          ['callback-failed', 'NO_ANSWER'],
          ['callback-failed', 'not confirmed'],
        ],
      );
      assert.equal(facts()[2]?.type, 'callback-failed');
      port.close();
      link.stop();
      await fake.close();
      await open();
      port.callBack(wish);
      assert.equal(facts()[0]?.type, 'callback-failed');
    });
  });

  describe('B22: telephones', () => {
    const ann = agentId('ann');
    const accounts = new Map([['1001@default', [ann]]]);
    const devices = () => fed.flatMap((event) => (event.type === 'device-changed' ? [event.device] : []));
    const registered = (rows: readonly object[]) => JSON.stringify({ rows });

    it('are read when the link comes up and followed: registered, ringing, in use, gone', async () => {
      const output = { 'show channels': '{"row_count":0}', 'show registrations': registered([{ reg_user: '1001', realm: '192.0.2.1' }]) };
      await open({ output }, {}, accounts);
      await eventually(devices, (list) => list.at(-1) === 'idle');
      const call = { 'Unique-ID': 'own-1', 'Channel-Presence-ID': '1001@default' };
      fake.send('CHANNEL_CREATE', call);
      fake.send('CHANNEL_ANSWER', call);
      fake.send('CHANNEL_HANGUP', call);
      await eventually(devices, (list) => list.length === 4);
      fake.options = { ...fake.options, output: { ...output, 'show registrations': '{"row_count":0}' } };
      fake.send('CUSTOM', { 'Event-Subclass': 'sofia::expire', user: '1001', host: '192.0.2.1' });
      await eventually(devices, (list) => list.at(-1) === 'unavailable');
      fake.send('CUSTOM', { 'Event-Subclass': 'sofia::register', 'from-user': '1001', 'from-host': '192.0.2.1' });
      await eventually(devices, (list) => list.length === 6);
      assert.deepEqual(devices(), ['idle', 'ringing', 'in-use', 'idle', 'unavailable', 'idle']);
    });

    it('of nobody are not looked at', async () => {
      await open({ output: { 'show registrations': 'not asked' } });
      fake.send('CUSTOM', { 'Event-Subclass': 'sofia::register', 'from-user': '7', 'from-host': 'x' });
      await settle();
      assert.deepEqual([devices(), ours()], [[], []]);
    });
  });
});
