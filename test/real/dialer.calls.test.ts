/** Calls to customers over a real trunk: what the dialling switch makes of every way in which they end (dialer.md A8 to A11, B5). */
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import { far, startDialerBed, type DialerBed, type Ended } from './dialer-bed.js';

type Facts = Pick<Ended, 'cause' | 'q850' | 'sip' | 'hadProgress' | 'endedBy'>;

/** Customer, what the end says, and whether the news before it were ringing and answer. */
const ends: readonly (readonly [keyof typeof far, Facts, readonly string[]])[] = [
  ['busy', { cause: 'USER_BUSY', q850: 17, sip: 486, hadProgress: false, endedBy: 'customer' }, []],
  ['busyAfterRinging', { cause: 'USER_BUSY', q850: 17, sip: 486, hadProgress: true, endedBy: 'customer' }, ['call-ringing']],
  ['noAnswer', { cause: 'NO_ANSWER', q850: 19, sip: undefined, hadProgress: true, endedBy: 'us' }, ['call-ringing']],
  ['congestion', { cause: 'CONGESTION', q850: 34, sip: 503, hadProgress: false, endedBy: 'customer' }, []],
  ['unallocated', { cause: 'UNALLOCATED', q850: 1, sip: 404, hadProgress: false, endedBy: 'customer' }, []],
  ['rejected', { cause: 'CALL_REJECTED', q850: 21, sip: 403, hadProgress: false, endedBy: 'customer' }, []],
  // early media of the carrier is no answer
  ['announcement', { cause: 'UNALLOCATED', q850: 1, sip: 404, hadProgress: true, endedBy: 'customer' }, ['call-ringing']],
  [
    'hangsUpLater',
    { cause: 'NORMAL_CLEARING', q850: 16, sip: undefined, hadProgress: true, endedBy: 'customer' },
    ['call-ringing', 'call-answered'],
  ],
];

describe('real: calls of campaigns', function () {
  this.timeout(30_000);
  let bed: DialerBed;
  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startDialerBed();
  });
  after(async () => {
    await (bed as DialerBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  const news = (callId: string) => bed.events.flatMap((event) => ('callId' in event && event.callId === callId ? event.type : []));

  describe('the end of a call, told once with what the carrier said (B5)', () => {
    for (const [customer, facts, before] of ends) {
      it(`E20 E52: ${customer}`, async () => {
        bed.provision({ queues: [{}], agents: [] });
        bed.plan = { kind: 'queue', queue: 'support', maxWaitMs: 5_000, reservation: undefined, message: undefined, variables: {} };
        const { order, end } = await bed.call({ number: far[customer] });
        const { cause, q850, sip, hadProgress, endedBy } = end;
        assert.deepEqual({ cause, q850, sip, hadProgress, endedBy }, facts);
        assert.deepEqual(news(order.callId), [...before, 'call-ended']);
      });
    }

    it('E47 E49 E50: a trunk that does not answer, and one that nobody knows', async () => {
      const gateways = ['far', 'dead', 'nobody'];
      await eventually(
        () => bed.dial.checkGateway('dead'),
        (state) => state === 'down',
      );
      assert.deepEqual(await Promise.all(gateways.map((gateway) => bed.dial.checkGateway(gateway))), ['up', 'down', 'invalid']);
      const causes = await Promise.all(gateways.slice(1).map(async (gateway) => (await bed.call({ gateway })).end.cause));
      assert.deepEqual(causes, ['GATEWAY_DOWN', 'INVALID_GATEWAY']);
    });

    it('E48: an order that cannot be carried out ends without a call', async () => {
      const wrongNumber = await bed.call({ number: '12;34' });
      const wrongPlace = await bed.call({ kind: 'ivr', ivr: '77' });
      assert.deepEqual([wrongNumber.end.cause, wrongPlace.end.cause], ['INVALID_NUMBER_FORMAT', 'INVALID_URL']);
    });
  });

  describe('hung up by us', () => {
    it('E52: before there is a channel', async () => {
      const order = bed.order({ number: far.noAnswer });
      bed.dial.originate(order);
      bed.dial.hangUp(order.callId, 'stopped');
      const end = await bed.ended(order.callId, 1_000);
      assert.deepEqual([end.cause, end.endedBy, end.sip], ['ORIGINATOR_CANCEL', 'us', undefined]);
      assert.ok(!news(order.callId).includes('call-answered'));
    });

    it('E52: while it rings: the ring timeout is no answer, anything else a cancelled call', async () => {
      for (const [reason, cause] of [
        ['ring-timeout', 'NO_ANSWER'],
        ['collapse', 'ORIGINATOR_CANCEL'],
      ] as const) {
        const order = bed.order({ number: far.noAnswer });
        bed.dial.originate(order);
        await bed.event(order.callId, 'call-ringing');
        bed.dial.hangUp(order.callId, reason);
        const end = await bed.ended(order.callId, 1_000);
        assert.deepEqual([end.cause, end.endedBy, end.hadProgress], [cause, 'us', true]);
      }
    });

    it('E52: after the answer', async () => {
      bed.plan = { kind: 'queue', queue: 'support', maxWaitMs: 5_000, reservation: undefined, message: undefined, variables: {} };
      bed.provision({ queues: [{}], agents: [] });
      const order = bed.order();
      bed.dial.originate(order);
      await bed.event(order.callId, 'call-answered');
      bed.dial.hangUp(order.callId, 'stopped');
      const end = await bed.ended(order.callId, 1_000);
      assert.deepEqual([end.cause, end.endedBy], ['NORMAL_CLEARING', 'us']);
    });
  });

  it('E78: live calls by their ids, and whether they are answered', async () => {
    bed.provision({ queues: [{}], agents: [] });
    bed.plan = { kind: 'queue', queue: 'support', maxWaitMs: 5_000, reservation: undefined, message: undefined, variables: {} };
    const [ringing, talking] = [bed.order({ number: far.noAnswer }), bed.order()];
    for (const order of [ringing, talking]) bed.dial.originate(order);
    await Promise.all([bed.event(ringing.callId, 'call-ringing'), bed.event(talking.callId, 'call-answered')]);
    const { calls } = await bed.dial.liveCalls();
    assert.deepEqual([calls.get(ringing.callId), calls.get(talking.callId)], [{ isAnswered: false }, { isAnswered: true }]);
  });

  it('E81: whether the dialplan has the place to which a campaign leads', async () => {
    const places = [
      ['tandem-dialer-ivr', '9664', true],
      ['tandem-dialer-ivr', '1', false],
      ['from-phones', '1015', true],
      ['nowhere', 's', false],
    ] as const;
    for (const [context, extension, has] of places) assert.equal(await bed.dial.hasExtension(context, extension), has, context);
  });

  it('E52: 50 calls at once: each is told of by itself', async () => {
    bed.provision({ queues: [{}], agents: [] });
    bed.plan = { kind: 'hang-up', reason: 'test' };
    const kinds = ['busy', 'unallocated', 'busyAfterRinging', 'listener', 'congestion'] as const;
    const orders = Array.from({ length: 50 }, (_, n) => bed.order({ number: far[kinds[n % kinds.length] ?? 'busy'] }));
    for (const order of orders) bed.dial.originate(order);
    const causes = await Promise.all(orders.map(async ({ callId }) => (await bed.ended(callId)).cause));
    const wanted = ['USER_BUSY', 'UNALLOCATED', 'USER_BUSY', 'NORMAL_CLEARING', 'CONGESTION'];
    assert.deepEqual(
      causes,
      orders.map((_, n) => wanted[n % wanted.length]),
    );
    for (const { callId } of orders) assert.equal(news(callId).filter((type) => type === 'call-ended').length, 1);
  });
});
