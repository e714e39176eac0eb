/** Preview (dialer.md B2, B42, B47) in the dialer's engine: offered, dialled, skipped, rejected, timed out. */
import assert from 'node:assert/strict';
import type { Preview } from '../core/dialer/campaign.js';
import { DialerDesk, readyAgent, testCampaign } from './support/dialer-desk.js';
import { sampleContact } from './support/dialer-table.js';

function deskOf(preview: Partial<Preview> = {}, contacts = 3): DialerDesk {
  const campaign = testCampaign('V', { mode: 'PREVIEW', preview: { ms: 0, onTimeout: 'SKIP', skipHoldMs: 3_600_000, ...preview } });
  const desk = new DialerDesk([campaign], { voiceConnector: 'http://vc', callsPerSecond: 100 });
  desk.login(readyAgent('ann'), readyAgent('bob'));
  for (let n = 1; n <= contacts; n++)
    desk.add(sampleContact(`V${n}`, 'V', { nextAttemptAtMs: n, gatewayId: 'gw1', numbers: ['+49400', '+49401'], data: { name: 'Eva' } }));
  desk.begin();
  return desk;
}

function next(desk: DialerDesk, agent = 'ann', campaign?: string): string | undefined {
  const answer = desk.feed({ type: 'preview-next-asked', agent, campaign });
  if (answer.kind === 'refused') return answer.code;
  return answer.kind === 'preview-offer' ? answer.offer?.contact.id : answer.kind;
}

const how = (desk: DialerDesk): readonly string[] =>
  desk.all('notice').flatMap(({ notice }) => (notice.type === 'preview-ended' ? [notice.how] : []));
const stateOf = (desk: DialerDesk, agent: string): string | undefined => desk.agents.get(agent)?.state;
const dial = (desk: DialerDesk, numberIndex?: number) => desk.feed({ type: 'preview-dial-asked', agent: 'ann', numberIndex });

describe('dialer engine: preview', () => {
  it('B42: nothing is dialled by itself; an agent who asks gets the next contact and is held for it', () => {
    const desk = deskOf();
    desk.run(2);
    assert.equal(desk.all('claim').length, 0);
    assert.equal(next(desk), 'V1');
    assert.equal(stateOf(desk, 'ann'), 'reserved');
    assert.equal(next(desk), 'V1', 'asked again: the same');
    assert.equal(next(desk, 'bob'), 'V2');
    assert.equal(desk.table.status('V1'), 'pending');
    assert.equal(desk.engine.view().preview('ann')?.contact.contact.data.name, 'Eva');
  });

  it('B42: dial: claimed for the held agent, and his call', () => {
    const desk = deskOf();
    next(desk);
    assert.deepEqual(dial(desk), { kind: 'preview-dial', callId: 'V1' });
    assert.equal(desk.all('claim')[0]?.isGuaranteed, true);
    assert.deepEqual(desk.dialled(), ['V1']);
    desk.answer('V1');
    const plan = desk.arrive('V1');
    assert.equal(plan?.kind === 'queue' ? plan.reservation : undefined, desk.agents.get('ann')?.reservedBy);
    assert.deepEqual(how(desk), ['dial']);
    assert.equal(desk.engine.view().preview('ann'), undefined);
  });

  it('B42: another number of the contact: the table is told first, so that the gates judge it', () => {
    const desk = deskOf();
    next(desk);
    dial(desk, 2);
    const order = desk.effects.filter(({ type }) => type === 'change' || type === 'claim').map(({ type }) => type);
    assert.deepEqual(order, ['change', 'claim']);
    assert.equal(desk.originates()[0]?.number, '+49401');
    assert.equal(desk.table.contacts.get('V1')?.numberIndex, 2);
    next(desk, 'bob');
    assert.equal(desk.feed({ type: 'preview-dial-asked', agent: 'bob', numberIndex: 3 }).kind, 'refused');
  });

  it('B42: nobody answered: the agent is free, and asks for the next one himself', () => {
    const desk = deskOf();
    next(desk);
    dial(desk);
    desk.end('V1', { cause: 'NO_ANSWER' });
    assert.equal(stateOf(desk, 'ann'), 'ready');
    desk.run(2);
    assert.deepEqual(desk.dialled(), ['V1']);
  });

  it('B42: skip: back without an attempt, not offered to this agent again, but to others', () => {
    const desk = deskOf({}, 1);
    next(desk);
    desk.feed({ type: 'preview-skip-asked', agent: 'ann', reason: 'not prepared' });
    assert.equal(stateOf(desk, 'ann'), 'ready');
    assert.equal(desk.table.contacts.get('V1')?.attempts, 0);
    assert.equal(next(desk), undefined);
    assert.equal(next(desk, 'bob'), 'V1');
    assert.deepEqual(
      desk.table.audit.map(({ action, actor, reason }) => [action, actor, reason]),
      [['preview-skip', 'agent:ann', 'not prepared']],
    );
    desk.feed({ type: 'preview-skip-asked', agent: 'bob', reason: '' });
    desk.pass(3_600_000);
    desk.run(1);
    assert.equal(next(desk), 'V1');
  });

  it('B42: reject: final, with a reason, and its result told', () => {
    const desk = deskOf();
    next(desk);
    assert.equal(desk.feed({ type: 'preview-reject-asked', agent: 'ann', reason: ' ' }).kind, 'refused');
    desk.feed({ type: 'preview-reject-asked', agent: 'ann', reason: 'has died' });
    const contact = desk.table.contacts.get('V1');
    assert.deepEqual([contact?.status, contact?.result], ['ended', 'REJECTED_BY_AGENT']);
    assert.equal(desk.table.outbox[0]?.body.result, 'REJECTED_BY_AGENT');
    assert.equal(desk.table.audit[0]?.reason, 'has died');
    assert.equal(stateOf(desk, 'ann'), 'ready');
  });

  it('B42: time over: dialled, skipped, or the agent paused, as the campaign says', () => {
    const dials = deskOf({ ms: 10_000, onTimeout: 'DIAL' });
    const skips = deskOf({ ms: 10_000, onTimeout: 'SKIP' });
    const pauses = deskOf({ ms: 10_000, onTimeout: 'PAUSE_AGENT' });
    for (const desk of [dials, skips, pauses]) {
      next(desk);
      desk.pass(9_999);
      assert.deepEqual(how(desk), []);
      desk.pass(1);
    }
    assert.deepEqual(dials.dialled(), ['V1']);
    assert.deepEqual(how(skips), ['timeout']);
    assert.notEqual(skips.table.contacts.get('V1')?.skippedBy.ann, undefined);
    assert.deepEqual(
      pauses.all('pause-agent').map(({ agent }) => agent),
      ['ann'],
    );
    assert.deepEqual(pauses.table.contacts.get('V1')?.skippedBy, {});
    assert.equal(stateOf(pauses, 'ann'), 'ready'); // the pause itself is the queue engine's
  });

  it('B42: time over while no slot is free: dialled as soon as there is one', () => {
    const desk = deskOf({ ms: 10_000, onTimeout: 'DIAL' });
    next(desk);
    desk.configure({ slotsMax: 0 });
    desk.pass(15_000);
    assert.deepEqual(desk.dialled(), []);
    desk.configure({ slotsMax: 1 });
    desk.pass(2_000);
    assert.deepEqual(desk.dialled(), ['V1']);
  });

  it('B42: without a limit of time the agent stays held, the reservation is renewed', () => {
    const desk = deskOf();
    next(desk);
    desk.pass(300_000);
    assert.ok(desk.all('reserve').length >= 3);
    assert.notEqual(desk.engine.view().preview('ann'), undefined);
  });

  it('B45: an inbound caller takes the agent: the contact waits for another one', () => {
    const desk = deskOf();
    next(desk);
    desk.agent('ann', { state: 'talk', reservedBy: undefined });
    desk.feed({ type: 'reservation-lost', key: desk.all('reserve')[0]?.key ?? '', reason: 'inbound' });
    assert.deepEqual(how(desk), ['lost']);
    assert.equal(next(desk, 'bob'), 'V1');
  });

  it('B42: the gateway is checked before the dial; invalid fails the contact, down keeps the offer', () => {
    const invalid = deskOf();
    const down = deskOf();
    for (const [desk, state] of [
      [invalid, 'invalid'],
      [down, 'down'],
    ] as const) {
      desk.gateways.set('gw1', state);
      next(desk);
      dial(desk);
    }
    assert.equal(invalid.table.status('V1'), 'failed');
    assert.deepEqual(how(invalid), ['lost']);
    assert.deepEqual(how(down), []);
    const answer = dial(down);
    assert.equal(answer.kind === 'refused' ? answer.code : undefined, 'TDM_BUSY');
    down.gateways.set('gw1', 'up');
    down.pass(2_500);
    dial(down);
    assert.deepEqual(down.dialled(), ['V1']);
  });

  it('B13: the gates refuse it at the claim: the agent is free and told', () => {
    const desk = deskOf();
    desk.table.refused.set('V1', 'dnc');
    next(desk);
    dial(desk);
    assert.deepEqual(desk.dialled(), []);
    assert.equal(stateOf(desk, 'ann'), 'ready');
  });

  it('B42: refused: nobody, not ready, no such campaign, no preview', () => {
    const desk = deskOf();
    assert.equal(next(desk, 'zoe'), 'TDM_CONFLICT');
    desk.agent('bob', { state: 'wrap' });
    desk.tick();
    assert.equal(next(desk, 'bob'), 'TDM_CONFLICT');
    assert.equal(next(desk, 'ann', 'nowhere'), 'TDM_NOT_FOUND');
    for (const type of ['preview-dial-asked', 'preview-skip-asked', 'preview-reject-asked'] as const) {
      const answer = desk.feed({ type, agent: 'ann', reason: 'x', numberIndex: undefined });
      assert.equal(answer.kind === 'refused' ? answer.code : undefined, 'TDM_NOT_FOUND');
    }
  });

  it("B47: his own callback first, somebody else's not", () => {
    const desk = deskOf();
    desk.add(sampleContact('V8', 'V', { callbackAgent: 'ann', nextAttemptAtMs: 50 }));
    desk.add(sampleContact('V9', 'V', { callbackAgent: 'zoe', nextAttemptAtMs: 0 }));
    desk.pass(30_000);
    desk.run(1);
    assert.equal(next(desk), 'V8');
    assert.equal(next(desk, 'bob'), 'V1');
  });

  it('B21: the campaign is paused: the preview is over, the agent free', () => {
    const desk = deskOf();
    next(desk);
    desk.change('V', { state: 'paused' });
    assert.deepEqual(how(desk), ['lost']);
    assert.equal(stateOf(desk, 'ann'), 'ready');
  });
});
