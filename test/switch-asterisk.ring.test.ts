/** Ringing an agent on Asterisk against a scripted manager: the order, its outcome, taking it back (asterisk-behaviour 5). */
import assert from 'node:assert/strict';
import { legId, offerId, switchId } from '../core/acd/ids.js';
import { caller, controlWorld, field, hangup, refusal, ringOrder, type ControlWorld } from './support/asterisk-control.js';
import { nextState } from './support/ami-harness.js';

const leg = 'tandem-o1';
const isFailure = ({ fed }: ControlWorld, failure: string): boolean => fed[0]?.type === 'offer-failed' && fed[0].failure === failure;

describe('asterisk: ring an agent', () => {
  let world: ControlWorld;
  beforeEach(async () => {
    world = await controlWorld({ 'PJSIP/1090': 'UNAVAILABLE' });
  });
  afterEach(() => world.close());
  const fedTypes = () => world.fed.map(({ type }) => type);
  const outcomes = () => world.meter.counted('tandem_legs_total').map((labels) => labels['outcome']);

  describe('ring', () => {
    it('F12 F123 F135: an Originate under our own id into the agents’ context, with what the leg needs', async () => {
      world.control.ring(ringOrder({ language: 'de', leadId: 77, variables: { order_no: 'a, b (c)' } }));
      const { action } = await world.originate();
      assert.deepEqual(
        ['Channel', 'ChannelId', 'Context', 'Exten', 'Priority', 'CallerID', 'Timeout', 'Async'].map((name) => field(action, name)),
        ['PJSIP/1011', leg, 'tandem-agent', 's', '1', '"SALES: Jane Doe" <5551234>', '20000', 'true'],
      );
      const variables = (action['Variable'] ?? '').split('\n');
      for (const line of [
        'order_no=a\\, b \\(c\\)',
        'TANDEM_OFFER=o1',
        `TANDEM_CALLER=${caller.uniqueId}`,
        `TANDEM_CALLER_CHANNEL=${caller.channel}`,
        'TANDEM_LEAD_ID=77',
        'TANDEM_AGI_1=127.0.0.1:4573',
        'CHANNEL\\(language\\)=de',
        'cc_side=agent',
        'cc_member_session_uuid=1795300000.1',
        'cc_queue_joined_epoch=1795300000',
      ])
        assert.ok(variables.includes(line), `${line} in ${variables.join(' ')}`);
    });

    it('B4: variables of the caller that cannot travel cost themselves, not the offer; ours cannot be replaced', async () => {
      const variables = {
        TANDEM_OFFER: 'forged',
        'bad name': 'x',
        long: 'x'.repeat(2_000),
        line: 'a\r\nAction: Command',
        fine: 'y',
        sub: '${SHELL(id)}',
      };
      world.control.ring(ringOrder({ variables }));
      const { action } = await world.originate();
      const sent = (action['Variable'] ?? '').split('\n');
      assert.ok(sent.includes('fine=y') && sent.includes('TANDEM_OFFER=o1'));
      assert.ok(!sent.some((text) => /forged|bad name|long=|Command|SHELL/.test(text)));
    });

    it('B4: a hundred and more variables of the caller: as many as fit', async () => {
      const variables = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`v${n}`, 'x']));
      world.control.ring(ringOrder({ variables }));
      const { action } = await world.originate();
      assert.ok((action['Variable'] ?? '').split('\n').includes('TANDEM_OFFER=o1'));
    });

    it('F15: leg_timeout of the contact; an id of its own for the far half of a Local channel', async () => {
      world.control.ring(ringOrder({ contact: '[leg_timeout=7]Local/100@agents/n' }));
      const { action } = await world.originate();
      assert.deepEqual([action['Timeout'], field(action, 'OtherChannelId')], ['7000', 'pair-tandem-o1']);
    });

    it('a contact that cannot be dialled, a caller of another switch: failed at once, nothing dialled', async () => {
      world.control.ring(ringOrder({ contact: 'PJSIP/1011&PJSIP/1012' }));
      world.control.ring(ringOrder({ offer: offerId('o2'), call: { ...caller, switch: switchId('beta') } }));
      await world.settled();
      assert.deepEqual(
        world.fed.map((event) => event.type === 'offer-failed' && event.failure),
        ['unreachable', 'switch-failed'],
      );
      assert.equal(world.harness.ami.received('Originate').length, 0);
    });

    it('the link is down: switch-failed at once', async () => {
      await world.harness.ami.down();
      await nextState(world.harness.link, 'down');
      assert.equal(world.control.isUp(), false);
      assert.deepEqual(world.ups, [false, true, false]);
      world.control.ring(ringOrder());
      assert.deepEqual(fedTypes(), ['offer-failed']);
    });

    it('Asterisk refuses the order (no such context): switch-failed with its words', async () => {
      world.harness.ami.on('Originate', refusal('Extension does not exist.'));
      world.control.ring(ringOrder());
      await world.settled();
      const [failed] = world.fed;
      assert.ok(
        failed?.type === 'offer-failed' && failed.failure === 'switch-failed' && failed.detail.includes('Extension does not exist'),
      );
    });
  });

  describe('outcome of the ring', () => {
    it('486: the hang-up before OriginateResponse, and behind it', async () => {
      for (const [n, isFirst] of [true, false].entries()) {
        const id = `o${n}`;
        world.fed.length = 0;
        world.control.ring(ringOrder({ offer: offerId(id) }));
        const { respond } = await world.originate(n + 1);
        const busy = hangup(`tandem-${id}`, 17, { ChannelState: '5', TechCause: '486' });
        if (isFirst) await world.event(busy);
        await respond({ Response: 'Failure', Reason: '0' });
        if (!isFirst) await world.event(busy);
        world.timers.advance(200);
        assert.equal(world.fed.length, 1);
        assert.ok(isFailure(world, 'busy'));
      }
    });

    it('Busy() in a Local channel: cause 0, DialEnd tells', async () => {
      world.control.ring(ringOrder());
      const { respond } = await world.originate();
      await world.event({ Event: 'DialEnd', DestUniqueid: leg, DialStatus: 'BUSY' });
      await world.event(hangup(leg, 0, { ChannelState: '5' }));
      await respond({ Response: 'Failure', Reason: '5' });
      world.timers.advance(200);
      await world.settled();
      assert.ok(isFailure(world, 'busy'));
    });

    it('the time is over: reason 3, cause 19', async () => {
      world.control.ring(ringOrder());
      const { respond } = await world.originate();
      await respond({ Response: 'Failure', Reason: '3' });
      await world.event(hangup(leg, 19));
      assert.ok(isFailure(world, 'no-answer'));
    });

    for (const [contact, failure] of [
      ['PJSIP/1090', 'not-registered'],
      ['PJSIP/1099', 'unreachable'],
    ] as const)
      it(`F23: no channel at all for ${contact}: ${failure}, by the state of the device`, async () => {
        world.control.ring(ringOrder({ contact }));
        const { respond } = await world.originate();
        await respond({ Response: 'Failure', Reason: '0', Uniqueid: '<null>' });
        world.timers.advance(200);
        await world.settled();
        assert.ok(isFailure(world, failure));
      });

    it('the link is lost while it rings: the outcome comes by the deadline, and the leg is hung up', async () => {
      world.control.ring(ringOrder());
      await world.originate();
      await world.harness.ami.down();
      await nextState(world.harness.link, 'down');
      assert.deepEqual(world.fed, []);
      world.timers.advance(22_001);
      assert.ok(isFailure(world, 'switch-failed'));
    });

    it('answered: told once, by OriginateResponse or by the session on the leg, whichever is first', async () => {
      world.control.ring(ringOrder());
      const { respond } = await world.originate();
      const visit = world.control.legs.visit(ringOrder());
      visit.answered();
      await respond({ Response: 'Success', Reason: '4' });
      assert.deepEqual(fedTypes(), ['agent-answered']);
    });

    it('answered, and gone before the session came: agent-gone', async () => {
      world.control.ring(ringOrder());
      const { respond } = await world.originate();
      await respond({ Response: 'Success', Reason: '4' });
      await world.event(hangup(leg, 16));
      assert.ok(world.fed[1]?.type === 'offer-failed' && world.fed[1].failure === 'agent-gone');
    });
  });

  describe('B8: cancel', () => {
    it('hangs the leg up by its own id; nothing is fed any more', async () => {
      world.control.ring(ringOrder());
      await world.originate();
      world.control.cancel(legId(leg), 'caller-left');
      const { Channel, Cause } = await world.harness.ami.seen('Hangup');
      assert.deepEqual([Channel, Cause], [leg, '16']);
      await world.event(hangup(leg, 16, { ChannelState: '5' }));
      world.timers.advance(60_000);
      assert.deepEqual(world.fed, []);
      assert.deepEqual(outcomes(), ['cancelled']);
    });

    it('answered elsewhere: the telephone is told cause 26, so that it lists no missed call', async () => {
      world.control.ring(ringOrder());
      world.control.cancel(legId(leg), 'answered-elsewhere');
      assert.equal((await world.harness.ami.seen('Hangup'))['Cause'], '26');
    });

    it('a leg whose channel does not exist yet is hung up as soon as it does', async () => {
      world.harness.ami.on('Hangup', refusal('No such channel'));
      world.control.ring(ringOrder());
      world.control.cancel(legId(leg), 'caller-left');
      await world.harness.ami.seen('Hangup');
      await world.event({ Event: 'Newchannel', Uniqueid: 'tandem-other' });
      assert.equal(world.harness.ami.received('Hangup').length, 1);
      await world.event({ Event: 'Newchannel', Uniqueid: leg });
      assert.equal(world.harness.ami.received('Hangup').length, 2);
      await world.event(hangup(leg, 16));
      await world.event({ Event: 'Newstate', Uniqueid: leg });
      assert.equal(world.harness.ami.received('Hangup').length, 2, 'gone is gone');
    });

    it('the link is down: the leg is hung up when it is back', async () => {
      await world.harness.ami.down();
      await nextState(world.harness.link, 'down');
      world.control.cancel(legId(leg), 'stale');
      await world.harness.ami.restart();
      await nextState(world.harness.link, 'up');
      assert.equal((await world.harness.ami.seen('Hangup'))['Channel'], leg);
    });
  });
});
