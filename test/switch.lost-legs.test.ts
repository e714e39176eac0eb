/** Legs whose end nobody heard, since the link was down: they are forgotten by two lists of channels, so that nothing grows for ever. */
import assert from 'node:assert/strict';
import { legId, offerId } from '../core/acd/ids.js';
import { Leg, LegBook } from '../sidecar/switch-freeswitch-legs.js';
import { bridgeEnter, controlWorld, ringOrder } from './support/asterisk-control.js';

describe('legs that ended unheard', () => {
  it('asterisk: a talk is forgotten when its leg is in neither of two lists; the engine is told nothing', async () => {
    const world = await controlWorld();
    try {
      const { ami } = world.harness;
      let alive = ['tandem-o1'];
      ami.on('CoreShowChannels', (action, session) => {
        session.send({ Response: 'Success', ActionID: action['ActionID'], EventList: 'start' });
        for (const id of alive) session.send({ Event: 'CoreShowChannel', ActionID: action['ActionID'], Uniqueid: id });
        session.send({
          Event: 'CoreShowChannelsComplete',
          ActionID: action['ActionID'],
          EventList: 'Complete',
          ListItems: String(alive.length),
        });
      });
      world.control.ring(ringOrder());
      const { respond } = await world.originate();
      await respond({ Response: 'Success', Reason: '4' });
      await world.event(bridgeEnter('tandem-o1'));
      world.fed.length = 0;
      const outcomes = () => world.meter.counted('tandem_legs_total').map(({ outcome }) => outcome);
      await world.control.listChannels();
      await world.control.listChannels();
      alive = [];
      await world.control.listChannels();
      alive = ['tandem-o1'];
      await world.control.listChannels();
      alive = [];
      await world.control.listChannels();
      assert.deepEqual(outcomes(), []);

      await world.control.listChannels();

      assert.deepEqual(outcomes(), ['cancelled']);
      assert.deepEqual(world.fed, []);
    } finally {
      await world.close();
    }
  });

  it('FreeSWITCH: the same; a leg whose answer is awaited stays, and one of a list in between', () => {
    const outcomes: unknown[] = [];
    const book = new LegBook((_, outcome) => outcome !== undefined && outcomes.push(outcome));
    const add = (id: string): Leg =>
      book.add({
        leg: legId(`tandem-${id}`),
        offer: offerId(id),
        callBackOf: undefined,
        order: undefined,
        caller: `caller-${id}`,
        isStandby: false,
      });
    const [talk, awaited, named] = [add('1'), add('2'), add('3')];
    talk.phase = 'talking';
    awaited.isAwaited = true;
    book.addChannel(named, 'phone-3');

    book.listed(new Set(['phone-3']));
    book.listed(new Set(['phone-3', 'tandem-1']));
    book.listed(new Set(['phone-3']));
    assert.equal(book.size, 3);
    book.listed(new Set(['phone-3']));

    assert.deepEqual(book.all(), [awaited, named]);
    assert.deepEqual(outcomes, ['talked']);
    assert.deepEqual(book.ofCaller('caller-1'), []);
  });
});
