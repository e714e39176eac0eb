/** The rest of call control on Asterisk against a scripted manager: channels, devices, lamps, supervision, standby, callbacks. */
import assert from 'node:assert/strict';
import { agentId, legId, offerId } from '../core/acd/ids.js';
import { hasCode } from '../core/errors.js';
import { caller, controlWorld, field, hangup, here, refusal, ringOrder, type ControlWorld } from './support/asterisk-control.js';
import type { FakeHandler } from './support/fake-ami.js';
import { nextState } from './support/ami-harness.js';

const leg = 'tandem-o1';
const isFailure = ({ fed }: ControlWorld, failure: string): boolean => fed[0]?.type === 'offer-failed' && fed[0].failure === failure;

describe('asterisk: control', () => {
  let world: ControlWorld;
  beforeEach(async () => {
    world = await controlWorld({ 'PJSIP/1090': 'UNAVAILABLE' });
  });
  afterEach(() => world.close());

  describe('channels, devices, lamps, supervision', () => {
    it('live channels with those that are connected', async () => {
      const list: FakeHandler = (action, session) => {
        const ActionID = action['ActionID'];
        session.send(
          { Response: 'Success', ActionID, EventList: 'start' },
          { Event: 'CoreShowChannel', ActionID, Uniqueid: leg, BridgeId: 'b1' },
          { Event: 'CoreShowChannel', ActionID, Uniqueid: '1.1', BridgeId: '' },
          { Event: 'CoreShowChannelsComplete', ActionID, EventList: 'Complete', ListItems: '2' },
        );
      };
      world.harness.ami.on('CoreShowChannels', list);
      const { uniqueIds, bridged, askedAtMs } = await world.control.listChannels();
      assert.deepEqual([[...uniqueIds], [...bridged], askedAtMs], [[leg, '1.1'], [leg], world.timers.nowMs()]);
    });

    it('a question that cannot be asked rejects', async () => {
      world.harness.ami.on('CoreShowChannels', refusal('Permission denied'));
      await assert.rejects(world.control.listChannels(), (error) => hasCode(error, 'TDM_SWITCH_REFUSED'));
    });

    it('B22: a device’s change goes to all of its agents; others to nobody', async () => {
      await world.event({ Event: 'DeviceStateChange', Device: 'PJSIP/1011', State: 'INUSE' });
      await world.event({ Event: 'DeviceStateChange', Device: 'PJSIP/1055', State: 'INUSE' });
      assert.deepEqual(
        world.fed.map((event) => event.type === 'device-changed' && [event.agent, event.device]),
        [
          ['1011', 'in-use'],
          ['ann', 'in-use'],
        ],
      );
    });

    it('B22: a list that was on its way does not undo a change', async () => {
      world.harness.ami.on('DeviceStateList', (action, session) => {
        const ActionID = action['ActionID'];
        session.send(
          { Event: 'DeviceStateChange', Device: 'PJSIP/1011', State: 'RINGING' },
          { Response: 'Success', ActionID, EventList: 'start' },
          { Event: 'DeviceStateChange', ActionID, Device: 'PJSIP/1011', State: 'NOT_INUSE' },
          { Event: 'DeviceStateListComplete', ActionID, EventList: 'Complete' },
        );
      });
      await world.control.refreshDevices();
      const told = new Set(world.fed.map((event) => event.type === 'device-changed' && event.device));
      assert.deepEqual([...told], ['ringing']);
    });

    it('B40: a lamp is set when it changes, and again when the link is back', async () => {
      const show = (state: 'Waiting' | 'Receiving') => world.control.lamp(agentId('a b'), { status: 'Available', state, wrapUp: false });
      show('Waiting');
      show('Waiting');
      show('Receiving');
      await world.settled();
      const set = () => world.harness.ami.received('Setvar').map((action) => `${action['Variable'] ?? ''} ${action['Value'] ?? ''}`);
      assert.deepEqual(set(), ['DEVICE_STATE(Custom:tandem-a_b) NOT_INUSE', 'DEVICE_STATE(Custom:tandem-a_b) RINGING']);
      await world.harness.ami.down();
      await nextState(world.harness.link, 'down');
      await world.harness.ami.restart();
      await nextState(world.harness.link, 'up');
      await world.settled();
      assert.equal(set().at(-1), 'DEVICE_STATE(Custom:tandem-a_b) RINGING');
      assert.equal(set().length, 3);
    });

    it('B34: ChanSpy on the agent’s channel by its name, the supervisor’s leg without our prefix', async () => {
      world.harness.ami.on('Getvar', (action, session) =>
        session.send({ Response: 'Success', ActionID: action['ActionID'], Value: 'PJSIP/1011-00000002' }),
      );
      await world.control.spy({ leg: legId('tandem-s1'), target: leg, supervisor: 'PJSIP/1013', mode: 'whisper' });
      const { action } = await world.originate();
      assert.deepEqual(
        ['Channel', 'ChannelId', 'Application', 'Data'].map((name) => field(action, name)),
        ['PJSIP/1013', 'spy-s1', 'ChanSpy', 'PJSIP/1011-00000002,qESw'],
      );
      world.harness.ami.on('Getvar', refusal('No such channel'));
      await assert.rejects(world.control.spy({ leg: legId('tandem-s2'), target: leg, supervisor: '1013', mode: 'listen' }), (error) =>
        hasCode(error, 'TDM_SWITCH_REFUSED'),
      );
      await assert.rejects(world.control.spy({ leg: legId('tandem-s3'), target: leg, supervisor: '1013&1014', mode: 'listen' }));
    });

    it('transfer: Redirect by the unique id; a place that is no name is refused before anything is told', async () => {
      await world.control.transfer(caller, { context: 'vm', extension: '100' });
      const { Channel, Context, Exten } = await world.harness.ami.seen('Redirect');
      assert.deepEqual([Channel, Context, Exten], [caller.uniqueId, 'vm', '100']);
      await assert.rejects(world.control.transfer(caller, { context: 'vm', extension: 'x,1\r\nAction: y' }), (error) =>
        hasCode(error, 'TDM_BAD_VALUE'),
      );
    });

    it('F70: variables, then the open channel is sent to the agents’ context; gone is agent-gone', async () => {
      const standby = { switch: here, uniqueId: '1.77', channel: 'PJSIP/1013-00000007' };
      world.control.ring(ringOrder({ standby }));
      const { Channel, Context } = await world.harness.ami.seen('Redirect');
      assert.deepEqual([Channel, Context], ['1.77', 'tandem-agent']);
      assert.ok(world.harness.ami.received('Setvar').some((action) => action['Variable'] === 'TANDEM_OFFER' && action['Value'] === 'o1'));
      world.harness.ami.on('Setvar', refusal('No such channel'));
      world.control.ring(ringOrder({ offer: offerId('o2'), standby: { ...standby, uniqueId: '1.78' } }));
      await world.settled();
      assert.ok(isFailure(world, 'agent-gone'));
    });

    it('F70: a cancelled offer does not hang the agent’s own channel up', async () => {
      const standby = { switch: here, uniqueId: '1.77', channel: 'PJSIP/1013-00000007' };
      world.control.ring(ringOrder({ standby }));
      const visit = world.control.legs.visit(ringOrder({ standby }));
      world.control.cancel(legId(leg), 'caller-left');
      await world.settled();
      assert.equal(visit.signal.aborted, true);
      assert.equal(world.harness.ami.received('Hangup').length, 0);
    });
  });

  describe('callback', () => {
    const order = {
      member: ringOrder().member,
      leg: legId('tandem-cb1'),
      queue: ringOrder().queue,
      number: '+4930123',
      ringMs: 5_000,
      confirmKey: '1',
      confirmPrompt: undefined,
    };

    it('B14: dials the number in its own context and leads to the door', async () => {
      world.control.callBack(order);
      const { action } = await world.originate();
      assert.deepEqual(
        ['Channel', 'ChannelId', 'Context'].map((name) => field(action, name)),
        ['Local/+4930123@tandem-dial-out/n', 'tandem-cb1', 'tandem-callback'],
      );
    });

    it('busy by the cause of the hang-up; told once', async () => {
      world.control.callBack(order);
      const { respond } = await world.originate();
      await respond({ Response: 'Failure', Reason: '0' });
      await world.event(hangup('tandem-cb1', 17, { ChannelState: '5' }));
      world.timers.advance(1_000);
      assert.deepEqual(
        world.fed.filter(({ type }) => type === 'callback-failed'),
        [{ type: 'callback-failed', member: order.member, leg: order.leg, cause: 'busy' }],
      );
    });

    it('B4: a number that may not be dialled fails, nothing is dialled', async () => {
      world.control.callBack({ ...order, number: '123&Local/1@x' });
      await world.settled();
      assert.equal(world.fed[0]?.type, 'callback-failed');
      assert.equal(world.harness.ami.received('Originate').length, 0);
    });

    it('taken back: hung up, nothing is fed', async () => {
      world.control.callBack(order);
      await world.originate();
      world.control.cancel(order.leg, 'taken-back');
      await world.event(hangup('tandem-cb1', 16, { ChannelState: '5' }));
      assert.deepEqual(
        world.fed.filter(({ type }) => type === 'callback-failed'),
        [],
      );
    });
  });
});
