/** An IVR campaign whose key leads to agents, at the cap of abandoned calls (dialer.md B2, B4). */
import assert from 'node:assert/strict';
import { DialerDesk, readyAgent, testCampaign } from './support/dialer-desk.js';
import { sampleContact } from './support/dialer-table.js';

const atCap = new Map([['A', { connected: 10, abandoned: 2, today: { answered: 12, abandoned: 2 } }]]);

function deskOf(): DialerDesk {
  const desk = new DialerDesk([testCampaign('A', { mode: 'IVR', ivr: '*9664', queue: 'sales' })], { callsPerSecond: 100, slotsMax: 100 });
  desk.login(readyAgent('ann'), readyAgent('bob'));
  for (let n = 1; n <= 9; n++) desk.add(sampleContact(`A${String(n)}`, 'A', { nextAttemptAtMs: n }));
  return desk;
}
const reserved = (desk: DialerDesk): number => [...desk.agents.values()].filter(({ state }) => state === 'reserved').length;

describe('dialer engine: IVR at the cap', () => {
  it('B12: each of its calls has an agent who is held until it is over, so nobody presses the key in vain', () => {
    const desk = deskOf();
    desk.windows = atCap;
    desk.begin();
    desk.run(2);
    assert.deepEqual([desk.dialled(), reserved(desk)], [['A1', 'A2'], 2]);

    desk.answer('A1');
    desk.answer('A2');
    desk.run(40); // the IVR speaks; agents whom other campaigns would take are his
    const plan = desk.arrive('A1');
    const hold = desk.agents.get('ann')?.reservedBy;
    assert.ok(plan?.kind === 'queue' && plan.reservation !== undefined && plan.reservation === hold);
    desk.connect('A1', 'ann');
    desk.end('A2', { endedBy: 'customer' });
    desk.run(2);
    assert.deepEqual(desk.dialled(), ['A1', 'A2', 'A3'], 'no key: his agent gets the next contact');
    assert.deepEqual(
      desk.table.records.map(({ result }) => result),
      ['CONNECTED_IVR'],
    );
  });

  it('B12 E78: a talk with an agent stays one when its end is lost: it counts as connected', () => {
    const desk = deskOf();
    desk.begin();
    desk.answer('A1');
    desk.arrive('A1');
    desk.connect('A1', 'ann');
    desk.answer('A2');
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: false, callsPerSecondMax: undefined });
    desk.pass(5_000);
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: undefined });
    const results = new Map(desk.table.records.map(({ callId, result }) => [callId, result]));
    assert.deepEqual([results.get('A1'), results.get('A2')], ['CONNECTED', 'LOST']);
  });

  it('B12: below it again it calls by how many ask for an agent, and holds nobody', () => {
    const desk = deskOf();
    desk.windows = atCap;
    desk.begin();
    desk.run(1);
    desk.windows = new Map();
    desk.tick();
    for (const callId of desk.dialled()) desk.end(callId, { cause: 'USER_BUSY' });
    desk.run(3);
    assert.deepEqual([desk.dialled().length, reserved(desk)], [8, 0]);
  });
});

describe('dialer engine: an IVR whose key asks for an agent', () => {
  const under = (desk: DialerDesk): readonly string[] =>
    desk.engine
      .view()
      .calls()
      .map(({ callId }) => callId);

  it('B2 B12: before anything is known no more customers listen than agents are ready; more when few ask', () => {
    const desk = deskOf();
    desk.begin();
    desk.run(3);
    assert.deepEqual(under(desk), ['A1', 'A2'], 'each might ask');
    assert.equal(desk.engine.view().campaign('A')?.limit, 'agents');
    for (const callId of ['A1', 'A2']) {
      desk.answer(callId);
      desk.end(callId, { endedBy: 'customer' });
    }
    desk.run(3);
    assert.equal(under(desk).length, 6, 'of two nobody asked: a third of them at most, as far as known');
  });

  it('B2 B12: fewer when many ask, and agents whom other calls wait for are not counted', () => {
    const desk = deskOf();
    desk.begin();
    for (const callId of ['A1', 'A2']) {
      desk.answer(callId);
      desk.arrive(callId);
      desk.connect(callId, callId === 'A1' ? 'ann' : 'bob');
    }
    desk.run(3);
    assert.deepEqual(under(desk), ['A1', 'A2', 'A3'], 'nobody is ready: one may listen');
    desk.end('A1');
    desk.agent('ann', { state: 'ready' });
    desk.run(3);
    assert.deepEqual(under(desk), ['A2', 'A3'], 'both asked: the one who listens may want her');
  });

  it('B2: one without a queue has no such limit', () => {
    const desk = new DialerDesk([testCampaign('A', { mode: 'IVR', ivr: '*9664', queue: '' })], { callsPerSecond: 100, slotsMax: 100 });
    for (let n = 1; n <= 9; n++) desk.add(sampleContact(`A${String(n)}`, 'A'));
    desk.begin();
    assert.equal(desk.dialled().length, 9);
  });
});
