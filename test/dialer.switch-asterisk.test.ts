/** Calls to customers on Asterisk: the real link against a scripted manager, events in every order in which they were seen (dialer.md A10, A11; asterisk-behaviour 5). */
import assert from 'node:assert/strict';
import type { DialSwitchEvent, OriginateOrder } from '../core/dialer/engine-words.js';
import type { DialSwitch } from '../core/dialer-ports.js';
import { hasCode } from '../core/errors.js';
import { createAsteriskDialSwitch } from '../sidecar/dial-asterisk.js';
import { createAmiHarness, nextState, type AmiHarness } from './support/ami-harness.js';
import { dialOrder } from './support/dial-order.js';
import { eventually } from './support/eventually.js';
import type { FakeAction, FakeFields, FakeSession } from './support/fake-ami.js';
import { createHandTimers, type HandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

type Ended = Extract<DialSwitchEvent, { type: 'call-ended' }>;
const id = 'call-1';
/** of its channel: an id that is no UUID has an end, so that `call-12` does not begin with it */
const channel = 'call-1~';

describe('dialling on Asterisk', () => {
  let harness: AmiHarness;
  let dial: DialSwitch;
  let timers: HandTimers;
  let fed: DialSwitchEvent[];
  let asked: { readonly action: FakeAction; readonly session: FakeSession } | undefined;

  beforeEach(async () => {
    timers = createHandTimers(1_795_330_000_000);
    harness = await createAmiHarness();
    fed = [];
    asked = undefined;
    const { ami, link } = harness;
    ami.on('Originate', (action, session) => {
      asked = { action, session };
      session.send({ Response: 'Success', ActionID: action['ActionID'], Message: 'Originate successfully queued' });
    });
    ami.on('Hangup', (action, session) => session.send({ Response: 'Error', ActionID: action['ActionID'], Message: 'No such channel' }));
    dial = createAsteriskDialSwitch(
      { id: 'alpha', callsMax: 3 },
      { link, feed: (event) => fed.push(event), log: silentLog, meter: silentMeter, timers },
    );
    link.start();
    if (link.status().state !== 'up') await nextState(link, 'up');
  });
  afterEach(async () => {
    dial.close();
    await harness.close();
  });

  const settled = async () => {
    for (let n = 0; n < 3; n++) await harness.link.action({ Action: 'Ping' }).catch(() => undefined);
  };
  const event = async (name: string, fields: FakeFields = {}): Promise<void> => {
    harness.ami.event({ Event: name, Uniqueid: channel, ...fields });
    await settled();
  };
  const response = async (fields: FakeFields): Promise<void> => {
    const { action, session } = asked ?? assert.fail('no Originate');
    session.send({ Event: 'OriginateResponse', ActionID: action['ActionID'], Uniqueid: channel, ...fields });
    await settled();
  };
  const place = async (overrides: Partial<OriginateOrder> = {}): Promise<FakeAction> => {
    dial.originate(dialOrder({ callId: id, kind: 'agent-native', ...overrides }));
    await harness.ami.seen('Originate');
    await settled();
    return asked?.action ?? assert.fail('no Originate');
  };
  const failure = (reason: number) => response({ Response: 'Failure', Reason: String(reason) });
  const hangup = (cause: number, more: FakeFields = {}) => event('Hangup', { Cause: String(cause), ...more });
  const types = () => fed.map(({ type }) => type);
  const end = (): Ended => fed.find((one): one is Ended => one.type === 'call-ended') ?? assert.fail('no end');
  const facts = () => {
    const { cause, q850, sip, hadProgress, endedBy } = end();
    return [cause, q850, sip, hadProgress, endedBy];
  };

  it('E9 E48: the Originate of A10, under the call’s own id', async () => {
    const action = await place({ kind: 'ivr', strictStrings: true });
    const names = ['Channel', 'ChannelId', 'Context', 'Exten', 'Priority', 'CallerID', 'Timeout', 'EarlyMedia', 'Async'];
    assert.deepEqual(
      names.map((name) => action[name] ?? action[name.charAt(0) + name.slice(1).toLowerCase()]),
      ['PJSIP/4915112345@carrier', channel, 'tandem-dialer-ivr', '9664', '1', '"9664" <9664>', '25000', 'false', 'true'],
    );
    for (const line of [`__TANDEM_CALL_ID=${id}`, '__TANDEM_CAMPAIGN=spring', 'record_session=true', 'customer_number=4915112345'])
      assert.ok((action['Variable'] ?? '').split('\n').includes(line), line);
  });

  describe('the end (A10, A11)', () => {
    it('E52: rings, is answered, bridged, and the agent hangs up; Hangup before and after the answer to the order', async () => {
      await place();
      await event('Newchannel');
      await event('DialState', { Uniqueid: undefined, DestUniqueid: channel, DialStatus: 'PROGRESS' });
      await event('Newstate', { ChannelState: '5' });
      await event('Newstate', { ChannelState: '6' });
      await response({ Response: 'Success', Reason: '4' });
      await event('MixMonitorStart');
      await event('BridgeEnter', { BridgeUniqueid: 'b1', BridgeNumChannels: '1' });
      await event('BridgeEnter', { Uniqueid: 'agent', BridgeUniqueid: 'b1', BridgeNumChannels: '2' });
      await hangup(16);
      assert.deepEqual(types(), ['call-ringing', 'call-answered', 'call-bridged', 'call-ended']);
      assert.deepEqual(facts(), ['NORMAL_CLEARING', 16, undefined, true, 'us']);
      assert.equal(end().recording, `dialer/spring/${id}.wav`);
    });

    it('E52: the answer to the order comes before Newstate', async () => {
      await place();
      await event('Newchannel');
      await response({ Response: 'Success', Reason: '4' });
      await event('Newstate', { ChannelState: '6' });
      assert.deepEqual(types(), ['call-answered']);
    });

    it('E63: the customer hangs up: he asked for it', async () => {
      await place();
      await event('Newstate', { ChannelState: '6' });
      await event('HangupRequest');
      await event('SoftHangupRequest');
      await hangup(16);
      assert.deepEqual(facts(), ['NORMAL_CLEARING', 16, undefined, true, 'customer']);
    });

    const table: readonly (readonly [string, number, number, string | undefined, readonly unknown[]])[] = [
      ['SIP 486: Reason 0, cause 17', 17, 0, '486', ['USER_BUSY', 17, 486]],
      ['unallocated: Reason 0, cause 1', 1, 0, '404', ['UNALLOCATED', 1, 404]],
      ['no circuit: Reason 0, cause 34', 34, 0, 'SIP 503 Service Unavailable', ['CONGESTION', 34, 503]],
      ['Busy() of a dialplan: Reason 5, cause 0', 0, 5, undefined, ['USER_BUSY', 17, undefined]],
      ['Congestion(): Reason 8, cause 0', 0, 8, undefined, ['CONGESTION', 34, undefined]],
      ['hung up: Reason 1, cause 0', 0, 1, undefined, ['NO_ANSWER', 19, undefined]],
      ['something else: Reason 0, cause 0', 0, 0, undefined, ['FAILURE', 38, undefined]],
      ['a cause without a name', 93, 0, undefined, ['CAUSE_93', 93, undefined]],
    ];
    for (const [what, cause, reason, techCause, wanted] of table) {
      for (const isHangupFirst of [true, false]) {
        it(`E20 E52: ${what}, ${isHangupFirst ? 'Hangup' : 'OriginateResponse'} first`, async () => {
          await place();
          await event('Newchannel');
          const more = techCause === undefined ? {} : { TechCause: techCause };
          if (isHangupFirst) await hangup(cause, more);
          await failure(reason);
          if (!isHangupFirst) await hangup(cause, more);
          timers.advance(10_000);
          assert.deepEqual(types(), ['call-ended']);
          assert.deepEqual(facts().slice(0, 3), wanted);
        });
      }
    }

    it('E52: DialEnd says more than the reason', async () => {
      await place();
      await event('Newchannel');
      await event('DialEnd', { Uniqueid: undefined, DestUniqueid: channel, DialStatus: 'CONGESTION' });
      await failure(0);
      await hangup(0);
      assert.equal(end().cause, 'CONGESTION');
    });

    it('E52: no Hangup comes: the reason is believed after two seconds, and a late Hangup changes nothing', async () => {
      await place();
      await event('Newchannel');
      await failure(3);
      timers.advance(1_999);
      assert.deepEqual(types(), []);
      timers.advance(1);
      assert.deepEqual(facts(), ['ALLOTTED_TIMEOUT', undefined, undefined, false, 'unknown']);
      await hangup(19);
      assert.equal(fed.length, 1);
    });

    it('E52: the time to ring is over: no answer, and no SIP status that the carrier never sent', async () => {
      await place({ ringTimeoutMs: 10_000 });
      await event('Newchannel');
      await event('Newstate', { ChannelState: '5' });
      timers.advance(10_000);
      await hangup(19, { TechCause: '480' });
      await failure(3);
      assert.deepEqual(facts(), ['NO_ANSWER', 19, undefined, true, 'us']);
    });

    it('E52: cause 19 before the time is over is what the carrier said', async () => {
      await place({ ringTimeoutMs: 10_000 });
      await event('Newchannel');
      await hangup(19, { TechCause: '480' });
      assert.deepEqual(facts(), ['NO_ANSWER', 19, 480, false, 'unknown']);
    });

    for (const [state, events, cause] of [
      ['unknown', 'error', 'INVALID_GATEWAY'],
      ['down', [{ Event: 'EndpointDetail', DeviceState: 'Unavailable' }], 'GATEWAY_DOWN'],
      ['up', [{ Event: 'EndpointDetail', DeviceState: 'Not in use' }], 'REQUESTED_CHAN_UNAVAIL'],
    ] as const) {
      it(`E49 E50: no channel came to be, and the trunk is ${state}`, async () => {
        answerEndpoint(events);
        await place();
        await failure(0);
        if (state === 'up') {
          await settled();
          assert.deepEqual(types(), [], 'its events may be behind');
          timers.advance(2_000);
        }
        await eventually(types, (seen) => seen.length > 0);
        assert.deepEqual([types(), end().cause], [['call-ended'], cause]);
      });
    }

    it('E52: the answer to the order overtakes the first event of its channel: the end is what the channel says', async () => {
      harness.ami.on('PJSIPShowEndpoint', ({ ActionID }, session) => {
        session.send({ Event: 'Newchannel', Uniqueid: channel }, { Response: 'Error', ActionID, Message: 'Unable to retrieve endpoint' });
      });
      await place();
      await failure(0);
      await settled();
      assert.deepEqual(types(), []);
      await hangup(1, { TechCause: '404' });
      assert.deepEqual(facts().slice(0, 3), ['UNALLOCATED', 1, 404]);
    });

    it('E52: ... also when they come later than the trunk’s own state: a busy switch is behind with its events', async () => {
      answerEndpoint([{ Event: 'EndpointDetail', DeviceState: 'Not in use' }]);
      await place();
      await failure(0);
      await settled();
      timers.advance(1_900);
      await event('Newchannel');
      await hangup(17, { TechCause: '486' });
      timers.advance(10_000);
      assert.deepEqual(types(), ['call-ended']);
      assert.deepEqual(facts().slice(0, 3), ['USER_BUSY', 17, 486]);
    });

    it('E81: an order that Asterisk does not take is no attempt, and no lasting wish', async () => {
      harness.ami.on('Originate', (action, session) =>
        session.send({ Response: 'Error', ActionID: action['ActionID'], Message: 'Extension does not exist.' }),
      );
      dial.originate(dialOrder({ callId: id }));
      await eventually(types, (seen) => seen.length > 0);
      assert.deepEqual([types(), end().cause], [['call-ended'], 'INVALID_URL']);
    });

    it('E16: a number that is none is never sent', async () => {
      dial.originate(dialOrder({ callId: id, number: '49;Action' }));
      await settled();
      assert.deepEqual([harness.ami.received('Originate').length, end().cause], [0, 'INVALID_NUMBER_FORMAT']);
    });

    it('events of other channels, and a bridge in which it is alone, are nothing', async () => {
      await place();
      await event('Newstate', { Uniqueid: 'other', ChannelState: '6' });
      await event('Hangup', { Uniqueid: 'other', Cause: '16' });
      await event('BridgeEnter', { BridgeUniqueid: 'b1', BridgeNumChannels: '1' });
      await event('BridgeEnter', { Uniqueid: 'other', BridgeUniqueid: 'b2', BridgeNumChannels: '2' });
      assert.deepEqual(fed, []);
    });

    it('the switch’s own moment, where it tells one', async () => {
      await place();
      await event('Newstate', { ChannelState: '5', Timestamp: '1795330123.456789' });
      const [ringing] = fed;
      assert.ok(ringing?.type === 'call-ringing' && ringing.atMs === 1_795_330_123_456);
    });
  });

  describe('hang-up', () => {
    const hangups = () => harness.ami.received('Hangup').map(({ Channel, Cause }) => [Channel, Cause]);

    it('E52: before there is a channel: again as soon as it shows up; the far end’s answer to it is no news', async () => {
      await place();
      dial.hangUp(id, 'collapse');
      await settled();
      await event('Newchannel');
      assert.deepEqual(hangups(), [
        [channel, '16'],
        [channel, '16'],
      ]);
      await event('SoftHangupRequest');
      await hangup(127, { TechCause: '487' });
      assert.deepEqual(facts(), ['ORIGINATOR_CANCEL', undefined, undefined, false, 'us']);
    });

    it('E52: our ring timeout is no answer, after the answer it is a hang-up like any', async () => {
      await place();
      await event('Newchannel');
      dial.hangUp(id, 'ring-timeout');
      await settled();
      assert.deepEqual(hangups().at(-1), [channel, '19']);
      await hangup(127);
      assert.deepEqual(facts(), ['NO_ANSWER', 19, undefined, false, 'us']);
    });

    it('E52: after the answer', async () => {
      await place();
      await event('Newstate', { ChannelState: '6' });
      dial.hangUp(id, 'message-over');
      await hangup(16);
      assert.deepEqual(facts(), ['NORMAL_CLEARING', 16, undefined, true, 'us']);
    });
  });

  describe('a link that is not there', () => {
    it('E73: an order is not sent, and says so; one whose answer is lost is unknown', async () => {
      await place();
      await harness.ami.down();
      await eventually(
        () => dial.isUp(),
        (isUp) => !isUp,
      );
      dial.originate(dialOrder({ callId: 'call-2' }));
      await eventually(types, (seen) => seen.length === 2);
      assert.deepEqual(fed.map((one) => ('callId' in one ? [one.type, one.callId] : [])).sort(), [
        ['originate-unknown', id],
        ['originate-unsent', 'call-2'],
      ]);
    });

    it('E78: a call of before a restart is followed once it was listed; one that is not listed is forgotten', async () => {
      await place();
      await event('Newchannel');
      await response({ Response: 'Success', Reason: '4' });
      fed.length = 0;
      harness.ami.on('CoreShowChannels', (action, session) =>
        session.send(
          { Response: 'Success', ActionID: action['ActionID'], EventList: 'start' },
          { Event: 'CoreShowChannel', ActionID: action['ActionID'], Uniqueid: 'before~', ChannelState: '6' },
          { Event: 'CoreShowChannelsComplete', ActionID: action['ActionID'], EventList: 'Complete' },
        ),
      );
      const { calls } = await dial.liveCalls();
      assert.deepEqual([...calls], [['before', { isAnswered: true }]]);
      await event('HangupRequest', { Uniqueid: 'before~' });
      await hangup(16);
      await event('Hangup', { Uniqueid: 'before~', Cause: '16' });
      assert.deepEqual(types(), ['call-ended']);
      assert.deepEqual([end().callId, end().endedBy], ['before', 'customer']);
    });

    it('each change of the link is told once', async () => {
      const seen: boolean[] = [];
      dial.onState((isUp) => seen.push(isUp));
      await harness.ami.down();
      await eventually(
        () => seen.length,
        (count) => count === 1,
      );
      assert.deepEqual(seen, [false]);
    });

    it('more calls than may be followed are not sent; the same call is ordered once', async () => {
      for (const callId of ['call-1', 'call-1', 'call-2', 'call-3', 'call-4']) dial.originate(dialOrder({ callId }));
      await harness.ami.seen('Originate', 3);
      await settled();
      assert.equal(harness.ami.received('Originate').length, 3);
      assert.deepEqual(
        fed.map((one) => ('callId' in one ? [one.type, one.callId] : [])),
        [['originate-unsent', 'call-4']],
      );
    });
  });

  function answerEndpoint(events: 'error' | readonly FakeFields[]): void {
    harness.ami.on('PJSIPShowEndpoint', (action, session) => {
      const ActionID = action['ActionID'];
      if (events === 'error') session.send({ Response: 'Error', ActionID, Message: 'Unable to retrieve endpoint carrier' });
      else
        session.send({ Response: 'Success', ActionID, EventList: 'start' }, ...events.map((fields) => ({ ...fields, ActionID })), {
          Event: 'EndpointDetailComplete',
          ActionID,
          EventList: 'Complete',
        });
    });
  }

  describe('questions', () => {
    const contact = (Status: string): FakeFields => ({ Event: 'ContactStatusDetail', Status });
    const endpoint = (DeviceState: string): FakeFields => ({ Event: 'EndpointDetail', DeviceState });
    for (const [what, events, state] of [
      ['a trunk that is reached', [endpoint('Not in use'), contact('Reachable')], 'up'],
      ['one of its addresses is', [endpoint('In use'), contact('Unreachable'), contact('NonQualified')], 'up'],
      ['none of them is', [endpoint('Not in use'), contact('Unreachable'), contact('Unavailable')], 'down'],
      ['a device that is not there', [endpoint('Unavailable')], 'down'],
      ['a device that is none', [endpoint('Invalid')], 'invalid'],
      ['a list without an endpoint', [], 'invalid'],
      ['an endpoint that Asterisk does not have', 'error', 'invalid'],
    ] as const) {
      it(`E47: ${what}: ${state}`, async () => {
        answerEndpoint(events);
        assert.equal(await dial.checkGateway('carrier'), state);
      });
    }

    it('E47: a name that no trunk can have is not asked for; an account without the right says so', async () => {
      assert.equal(await dial.checkGateway('a b'), 'invalid');
      harness.ami.on('PJSIPShowEndpoint', (action, session) =>
        session.send({ Response: 'Error', ActionID: action['ActionID'], Message: 'Permission denied' }),
      );
      await assert.rejects(dial.checkGateway('carrier'), (error) => hasCode(error, 'TDM_SWITCH_REFUSED'));
    });

    it('E81: the extension of an IVR; sounds and calls per second cannot be asked for here', async () => {
      harness.ami.on('ShowDialPlan', (action, session) => {
        const ActionID = action['ActionID'];
        if (action['Extension'] !== '9664') session.send({ Response: 'Error', ActionID, Message: 'Did not find extension 77@ivr' });
        else
          session.send(
            { Response: 'Success', ActionID, EventList: 'start' },
            { Event: 'ListDialplan', ActionID, Extension: '9664' },
            { Event: 'ShowDialPlanComplete', ActionID, EventList: 'Complete' },
          );
      });
      assert.deepEqual(await Promise.all([dial.hasExtension('ivr', '9664'), dial.hasExtension('ivr', '77')]), [true, false]);
      assert.deepEqual(await Promise.all([dial.hasSound('x'), dial.callsPerSecondMax()]), [undefined, undefined]);
    });
  });
});
