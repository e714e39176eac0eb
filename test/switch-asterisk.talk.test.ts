/** Talks on Asterisk against a scripted manager: every way to connect and to end, also for legs of an earlier process (asterisk-behaviour 3). */
import assert from 'node:assert/strict';
import { legId, offerId } from '../core/acd/ids.js';
import { hasCode } from '../core/errors.js';
import {
  bridgeEnter,
  caller,
  connectOrder,
  controlWorld,
  hangup,
  refusal,
  ringOrder,
  type ControlWorld,
} from './support/asterisk-control.js';

const leg = 'tandem-o1';
const offer = offerId('o1');
const isFailure = ({ fed }: ControlWorld, failure: string): boolean => fed[0]?.type === 'offer-failed' && fed[0].failure === failure;

describe('asterisk: talks', () => {
  let world: ControlWorld;
  beforeEach(async () => {
    world = await controlWorld({ 'PJSIP/1090': 'UNAVAILABLE' });
  });
  afterEach(() => world.close());
  const fedTypes = () => world.fed.map(({ type }) => type);
  const outcomes = () => world.meter.counted('tandem_legs_total').map((labels) => labels['outcome']);

  describe('the talk', () => {
    async function talking(): Promise<void> {
      const order = ringOrder();
      world.control.ring(order);
      const { respond } = await world.originate();
      await respond({ Response: 'Success', Reason: '4' });
      const visit = world.control.legs.visit(order);
      visit.ready();
      const connection = visit.connectOrder();
      world.control.connect(connectOrder(order));
      assert.equal((await connection).offer, offer);
      visit.bridging();
      await world.event(bridgeEnter(leg));
      assert.deepEqual(fedTypes(), ['agent-answered', 'agent-ready', 'connected']);
      world.fed.length = 0;
    }

    const ends: readonly (readonly [string, Readonly<Record<string, string>>, string, string])[] = [
      ['the agent hangs up', { Event: 'HangupRequest', Uniqueid: leg }, 'agent', 'hang-up'],
      ['the caller hangs up', { Event: 'HangupRequest', Uniqueid: caller.uniqueId }, 'caller', 'hang-up'],
      [
        'blind transfer',
        { Event: 'BlindTransfer', Result: 'Success', TransfererUniqueid: leg, Extension: '1012', Context: 'phones' },
        'transfer',
        'blind transfer to 1012@phones',
      ],
      ['attended transfer', { Event: 'AttendedTransfer', Result: 'Success', OrigTransfererUniqueid: leg }, 'transfer', 'attended transfer'],
      [
        'blind transfer behind a Local channel',
        {
          Event: 'BlindTransfer',
          Result: 'Success',
          TransfererUniqueid: '1.9',
          TransfereeUniqueid: 'pair-tandem-o1',
          Extension: '1',
          Context: 'c',
        },
        'transfer',
        'blind transfer to 1@c',
      ],
    ];
    for (const [title, event, by, cause] of ends)
      it(`B28: ${title}: told at once and once`, async () => {
        await talking();
        await world.event(event);
        await world.event(hangup(caller.uniqueId, 16));
        await world.event(hangup(leg, 16));
        world.timers.advance(10_000);
        assert.deepEqual(world.fed, [{ type: 'call-ended', offer, by, cause }]);
        assert.deepEqual(outcomes(), ['talked']);
      });

    it('B6: hold by the agent and by the caller is told with the side; not that of others, nor behind the end', async () => {
      await talking();
      for (const [Event, Uniqueid] of [
        ['Hold', leg],
        ['Unhold', leg],
        ['Hold', caller.uniqueId],
        ['Unhold', caller.uniqueId],
        ['Hold', '1.99'],
        ['Hold', `pair-${leg}`],
      ] as const)
        await world.event({ Event, Uniqueid });
      assert.deepEqual(world.fed, [
        { type: 'held', offer, by: 'agent' },
        { type: 'resumed', offer, by: 'agent' },
        { type: 'held', offer, by: 'caller' },
        { type: 'resumed', offer, by: 'caller' },
      ]);
      await world.event({ Event: 'HangupRequest', Uniqueid: leg });
      world.fed.length = 0;
      await world.event({ Event: 'Hold', Uniqueid: leg });
      assert.deepEqual(world.fed, []);
    });

    it('B6: behind a Local channel it is the telephone’s channel that holds', async () => {
      await talking();
      await world.event({ Event: 'DialEnd', Uniqueid: `pair-${leg}`, DestUniqueid: '1.7', DialStatus: 'BUSY' });
      await world.event({ Event: 'DialEnd', Uniqueid: `pair-${leg}`, DestUniqueid: '1.8', DialStatus: 'ANSWER' });
      for (const Uniqueid of ['1.7', '1.8']) await world.event({ Event: 'Hold', Uniqueid });
      assert.deepEqual(world.fed, [{ type: 'held', offer, by: 'agent' }]);
      await world.event({ Event: 'HangupRequest', Uniqueid: leg });
      world.fed.length = 0;
      await world.event({ Event: 'Unhold', Uniqueid: '1.8' });
      assert.deepEqual(world.fed, []);
    });

    it('B6: who waits or rings is not on hold in a talk', async () => {
      world.control.ring(ringOrder());
      for (const Uniqueid of [leg, caller.uniqueId]) await world.event({ Event: 'Hold', Uniqueid });
      assert.deepEqual(world.fed, []);
    });

    it('a transfer that fails ends nothing', async () => {
      await talking();
      await world.event({ Event: 'BlindTransfer', Result: 'Fail', TransfererUniqueid: leg });
      assert.deepEqual(world.fed, []);
    });

    it('the caller’s channel ends because the talk is over: who hung up comes a moment later', async () => {
      await talking();
      await world.event(hangup(caller.uniqueId, 16));
      assert.deepEqual(world.fed, []);
      await world.event({ Event: 'HangupRequest', Uniqueid: leg });
      assert.deepEqual(world.fed, [{ type: 'call-ended', offer, by: 'agent', cause: 'hang-up' }]);
    });

    it('the session saw the agent hang up: that stands when the caller’s channel ends with the talk', async () => {
      await talking();
      world.control.legs.visit(ringOrder()).hungUp();
      await world.event(hangup(caller.uniqueId, 16));
      world.timers.advance(200);
      assert.deepEqual(world.fed, [{ type: 'call-ended', offer, by: 'agent', cause: 'hang-up' }]);
    });

    it('without a manager link the session on the leg tells connection and end', () => {
      const order = ringOrder();
      const visit = world.control.legs.visit(order);
      visit.ready();
      world.control.connect(connectOrder(order));
      visit.bridging();
      world.timers.advance(500);
      assert.equal(fedTypes().at(-1), 'connected');
      visit.hungUp();
      world.timers.advance(200);
      const last = world.fed.at(-1);
      assert.ok(last?.type === 'call-ended' && last.by === 'agent');
    });

    it('the caller has gone when the leg bridges: caller-left, and no talk', () => {
      const order = ringOrder();
      const visit = world.control.legs.visit(order);
      visit.ready();
      world.control.connect(connectOrder(order));
      visit.bridging();
      visit.bridgeReturned('NONEXISTENT');
      assert.deepEqual(fedTypes(), ['agent-answered', 'agent-ready', 'caller-left']);
    });

    it('B8: the caller hangs up in the bridge before the agent is in it: caller-left, and no second offer of him', async () => {
      const order = ringOrder();
      const visit = world.control.legs.visit(order);
      visit.ready();
      world.control.connect(connectOrder(order));
      visit.bridging();
      visit.bridgeReturned('FAILURE'); // the news of the manager link are a moment behind
      await world.event(bridgeEnter(caller.uniqueId));
      world.timers.advance(200);
      assert.deepEqual(fedTypes(), ['agent-answered', 'agent-ready', 'caller-left']);
    });

    it('a bridge that failed without the caller: the offer failed, he waits on', () => {
      const order = ringOrder();
      const visit = world.control.legs.visit(order);
      visit.ready();
      world.control.connect(connectOrder(order));
      visit.bridging();
      visit.bridgeReturned('FAILURE');
      world.timers.advance(200);
      assert.deepEqual(fedTypes(), ['agent-answered', 'agent-ready', 'offer-failed']);
    });

    it('no order to connect comes: the offer fails, the leg is hung up', async () => {
      const order = ringOrder();
      const visit = world.control.legs.visit(order);
      visit.ready();
      const waiting = visit.connectOrder();
      world.timers.advance(12_000);
      await assert.rejects(waiting, (error) => hasCode(error, 'TDM_CALL_GONE'));
      assert.equal((await world.harness.ami.seen('Hangup'))['Channel'], leg);
      assert.ok(world.fed.at(-1)?.type === 'offer-failed');
    });

    it('way B: no session on the leg within its time: identity, result and AMI Bridge', async () => {
      const order = ringOrder();
      world.harness.ami.on('Getvar', (action, session) =>
        session.send({ Response: 'Success', ActionID: action['ActionID'], Value: action['Channel'] === leg ? 'PJSIP/1011-00000002' : '' }),
      );
      world.control.ring(order);
      const { respond } = await world.originate();
      await respond({ Response: 'Success', Reason: '4' });
      world.control.connect(connectOrder(order));
      world.timers.advance(1_500);
      const { Channel1, Channel2 } = await world.harness.ami.seen('Bridge');
      // by names, of which none begins another: `Bridge` takes what begins with the text
      assert.deepEqual([Channel1, Channel2], [caller.channel, 'PJSIP/1011-00000002']);
      const set = world.harness.ami.received('Setvar').map((action) => `${action['Variable'] ?? ''}=${action['Value'] ?? ''}`);
      assert.deepEqual(set, ['CALLERID(all)="Ann Agent" <1011>', 'TANDEM_RESULT=talked']);
    });

    it('an order for a leg that nobody knows is switch-failed', () => {
      world.control.connect(connectOrder(ringOrder()));
      assert.ok(isFailure(world, 'switch-failed'));
    });

    it('F28: the recording is started on the caller’s channel; when that fails the leg records', async () => {
      const order = ringOrder();
      const visit = world.control.legs.visit(order);
      const connection = connectOrder(order, { recordTemplate: '${queue}/${agent}.wav' });
      assert.equal(await visit.record(connection), undefined);
      const { Channel, File, Options } = await world.harness.ami.seen('MixMonitor');
      assert.deepEqual([Channel, File, Options], [caller.uniqueId, 'support/1011.wav', 'b']);
      world.harness.ami.on('MixMonitor', refusal('No such channel'));
      assert.equal(await visit.record(connection), 'support/1011.wav');
      assert.equal(
        await visit.record(connectOrder(order, { recordTemplate: '../${queue}' })),
        undefined,
        'a bad template costs the recording',
      );
    });
  });

  describe('legs of an earlier process', () => {
    it('B5: hang-up, transfer and connection are fed by the offer in the leg’s name', async () => {
      await world.event(bridgeEnter('tandem-old-1'));
      await world.event({ Event: 'HangupRequest', Uniqueid: 'tandem-old-1', ChannelState: '6' });
      await world.event({ Event: 'BlindTransfer', Result: 'Success', TransfererUniqueid: 'tandem-old-2' });
      await world.event(hangup('tandem-old-3', 17, { ChannelState: '5' }));
      await world.event(hangup('tandem-old-4', 16));
      assert.deepEqual(
        world.fed.map((event) => [event.type, 'offer' in event && event.offer]),
        [
          ['connected', 'old-1'],
          ['call-ended', 'old-1'],
          ['call-ended', 'old-2'],
          ['offer-failed', 'old-3'],
          ['call-ended', 'old-4'],
        ],
      );
    });

    it('B5 B6: hold in a talk of before a restart is fed by the offer in the leg’s name', async () => {
      await world.event({ Event: 'Hold', Uniqueid: 'tandem-old-1' });
      await world.event({ Event: 'Unhold', Uniqueid: 'tandem-old-1' });
      assert.deepEqual(world.fed, [
        { type: 'held', offer: 'old-1', by: 'agent' },
        { type: 'resumed', offer: 'old-1', by: 'agent' },
      ]);
    });

    it('a leg of this process that is over is nobody’s', async () => {
      world.control.ring(ringOrder());
      world.control.cancel(legId(leg), 'caller-left');
      await world.event(hangup(leg, 16));
      assert.deepEqual(world.fed, []);
    });
  });
});
