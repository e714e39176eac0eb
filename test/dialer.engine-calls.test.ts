/** The life of a call in the dialer's engine (dialer.md A11, B2, B4, B10): facts in any order, AMD, grace, message, opt-out. */
import assert from 'node:assert/strict';
import type { Campaign } from '../core/dialer/campaign.js';
import { DialerDesk, harbour, readyAgent, testCampaign } from './support/dialer-desk.js';
import { sampleContact } from './support/dialer-table.js';

/** A power campaign with one ringing call `P1`. */
function ringing(more: Partial<Campaign> = {}, contacts = 1): DialerDesk {
  const desk = new DialerDesk([testCampaign('P', { mode: 'POWER', client: 'acme', ...more })], { callsPerSecond: 100, slotsMax: 500 });
  desk.login(readyAgent('ann'), readyAgent('bob'));
  for (let n = 1; n <= contacts; n++) desk.add(sampleContact(`P${n}`, 'P'));
  desk.begin();
  return desk;
}

const amd = (onMachine: Campaign['amd']['onMachine'], message = 'beep'): Partial<Campaign> => ({
  amd: { mode: 'switch', maxMs: 1_800, onMachine, message },
});
const result = (desk: DialerDesk): string | undefined => desk.table.records[0]?.result;
const waitedOut = (desk: DialerDesk): void => void desk.feed({ type: 'call-waited-out', callId: 'P1', reason: 'grace over' });

describe('dialer engine: the life of a call', () => {
  it('E52 E11: one record with all moments, one change, one notice', () => {
    const desk = ringing();
    const placedAtMs = desk.nowMs;
    desk.pass(1_000);
    desk.feed({ type: 'call-ringing', callId: 'P1', atMs: desk.nowMs });
    desk.pass(5_000);
    desk.answer('P1');
    desk.pass(100);
    desk.arrive('P1');
    desk.pass(50);
    desk.connect('P1', 'ann');
    desk.pass(60_000);
    desk.end('P1', { q850: 16, endedBy: 'customer', recording: 'r.wav' });
    const { decisionAtMs, messageAtMs, messageMs, amd: verdict, sip, listId, ...record } = desk.table.records[0] ?? assert.fail();
    assert.deepEqual([decisionAtMs, messageAtMs, messageMs, verdict, sip, listId], new Array(6).fill(undefined));
    assert.deepEqual(record, {
      ...{ callId: 'P1', contactId: 'P1', campaignId: 'P', mode: 'POWER', number: '+49300000001', numberKey: '49300000001' },
      ...{
        callerId: '+49302',
        switch: 's1',
        gateway: 'gw1',
        placedAtMs,
        ringingAtMs: placedAtMs + 1_000,
        answeredAtMs: placedAtMs + 6_000,
      },
      ...{
        offeredAtMs: placedAtMs + 6_100,
        bridgedAtMs: placedAtMs + 6_150,
        endedAtMs: placedAtMs + 66_150,
        cause: 'NORMAL_CLEARING',
        q850: 16,
      },
      ...{ result: 'CONNECTED', countsAsAttempt: true, agent: 'ann', optedOut: false, endedBy: 'customer', recording: 'r.wav' },
    });
    assert.equal(desk.table.contacts.get('P1')?.attempts, 1);
    assert.equal(desk.table.contacts.get('P1')?.callResult, 'NORMAL_CLEARING');
  });

  it('E52: doubled, late and disordered facts count once', () => {
    const desk = ringing();
    const plan = desk.arrive('P1'); // before the switch told of the answer
    assert.equal(plan?.kind, 'queue');
    desk.answer('P1');
    desk.feed({ type: 'call-ringing', callId: 'P1', atMs: desk.nowMs - 3_000 });
    assert.equal(desk.arrive('P1')?.kind, 'queue');
    desk.connect('P1', 'ann');
    desk.connect('P1', 'ann');
    waitedOut(desk);
    assert.equal(desk.arrive('P1'), undefined);
    desk.end('P1');
    desk.end('P1', { cause: 'USER_BUSY' });
    assert.equal(desk.table.records.length, 1);
    assert.equal(result(desk), 'CONNECTED');
  });

  it('E11: moments of a switch that writes them in steps are in order all the same', () => {
    const desk = ringing({}, 2);
    const placedAtMs = desk.nowMs;
    desk.pass(5);
    desk.end('P1', { cause: 'USER_BUSY', atMs: placedAtMs - 12 });
    assert.deepEqual([desk.table.records[0]?.placedAtMs, desk.table.records[0]?.endedAtMs], [placedAtMs, placedAtMs]);
    desk.end('P2', { answeredAtMs: placedAtMs - 3, atMs: placedAtMs - 1, endedBy: 'us' });
    const { answeredAtMs, endedAtMs } = desk.table.records[1] ?? {};
    assert.deepEqual([answeredAtMs, endedAtMs], [placedAtMs, placedAtMs]);
  });

  it('E52: a result that comes before anything else', () => {
    const desk = ringing();
    desk.end('P1', { cause: 'USER_BUSY', sip: 486 });
    assert.equal(result(desk), 'BUSY');
    assert.equal(desk.table.contacts.get('P1')?.nextAttemptAtMs, desk.nowMs + 600_000);
    assert.equal(desk.table.status('P1'), 'pending');
  });

  it('B43: our ring timeout, when the switch says nothing; never under 15 s', () => {
    const desk = ringing({ ringTimeoutMs: 10_000 });
    assert.equal(desk.originates()[0]?.ringTimeoutMs, 15_000);
    desk.pass(16_999);
    assert.equal(desk.all('hang-up').length, 0);
    desk.pass(1);
    assert.deepEqual(
      desk.all('hang-up').map(({ reason }) => reason),
      ['ring-timeout'],
    );
    desk.end('P1', { cause: 'ORIGINATOR_CANCEL' });
    assert.equal(result(desk), 'NO_ANSWER');
  });

  it('E11 B48: the first "no route" of a further number is not the second one of the number before', () => {
    const ends = (more: Parameters<typeof sampleContact>[2], campaign: Partial<Campaign> = {}): string | undefined => {
      const desk = new DialerDesk([testCampaign('P', { mode: 'POWER', ...campaign })], { callsPerSecond: 100, slotsMax: 500 });
      desk.login(readyAgent('ann'), readyAgent('bob'));
      desk.add(sampleContact('P1', 'P', { callResult: 'NO_ROUTE_DESTINATION', ...more }));
      desk.begin();
      desk.end('P1', { cause: 'NO_ROUTE_DESTINATION', q850: 3 });
      return result(desk);
    };
    assert.equal(ends({ result: 'UNREACHABLE' }), 'INVALID_NUMBER');
    const further = { result: 'INVALID_NUMBER', numbers: ['+49309999'], numberIndex: 1 } as const;
    assert.equal(ends(further), 'UNREACHABLE');
    assert.equal(ends({ result: 'INVALID_NUMBER' }, { confirmInvalid: true }), 'INVALID_NUMBER', 'asked once more, of the same number');
  });

  it('E78: a hang-up of which nothing is heard: the switch is asked, and a call that is gone is over', () => {
    const desk = ringing();
    desk.live.set('P1', { isAnswered: false });
    desk.pass(27_000);
    desk.pass(10_000);
    assert.equal(desk.all('hang-up').length, 2, 'still there: told again');
    desk.live.delete('P1');
    desk.pass(10_000);
    assert.equal(desk.table.records.length, 1);
    assert.equal(desk.table.status('P1'), 'pending');
  });

  it('B12: grace over: message, opt-out on the list at once, record and audit entry with all of it', () => {
    const desk = ringing({ safeHarbour: { ...harbour, optOutScope: 'client' } });
    desk.pass(3_000);
    desk.answer('P1');
    const answeredAtMs = desk.nowMs;
    desk.pass(300);
    const plan = desk.arrive('P1');
    assert.ok(plan?.kind === 'queue');
    assert.equal(plan.maxWaitMs, 1_700, 'from the answer on');
    assert.deepEqual(plan.message, { audio: 'sorry', optOutDigits: '1', optOutPrompt: 'press-1', maxMs: 15_000 });
    desk.pass(1_700);
    waitedOut(desk);
    const abandoned = desk.all('notice').flatMap(({ notice }) => (notice.type === 'call-abandoned' ? [notice.waitedMs] : []));
    assert.deepEqual(abandoned, [2_000]);
    desk.pass(4_000);
    desk.feed({ type: 'opted-out', callId: 'P1' });
    desk.feed({ type: 'opted-out', callId: 'P1' });
    assert.deepEqual(
      desk.table.dnc.map(({ number, scope, untilMs }) => [number, scope, untilMs]),
      [
        ['49300000001', 'campaign:P', undefined],
        ['49300000001', 'client:acme', undefined],
      ],
    );
    desk.feed({ type: 'message-played', callId: 'P1', ms: 4_000 });
    desk.end('P1', { endedBy: 'us' });
    const record = desk.table.records[0];
    assert.deepEqual(
      [record?.result, record?.messageAtMs, record?.messageMs, record?.optedOut],
      ['ABANDONED', answeredAtMs + 2_000, 4_000, true],
    );
    const entry = desk.table.audit.find(({ action }) => action === 'call-abandoned');
    assert.match(entry?.after ?? '', /waited 2000 ms, message at .* 4000 ms of it played, opted out/);
    assert.equal(desk.table.status('P1'), 'pending', 'once more, with a guaranteed agent (B6)');
  });

  it('B12: scopes of the opt-out: campaign, client where there is one, everywhere', () => {
    for (const [optOutScope, client, scopes] of [
      ['campaign', 'acme', ['campaign:P']],
      ['client', 'acme', ['campaign:P', 'client:acme']],
      ['client', '', ['campaign:P']],
      ['global', 'acme', ['']],
    ] as const) {
      const desk = ringing({ client, safeHarbour: { ...harbour, optOutScope } });
      desk.feed({ type: 'opted-out', callId: 'P1' });
      assert.deepEqual(
        desk.table.dnc.map(({ scope }) => scope),
        scopes,
      );
      assert.equal(desk.table.audit.length, 1);
    }
  });

  it('B12: no message to play: hung up, and the audit says that there was none', () => {
    const desk = ringing({ mode: 'PROGRESSIVE', safeHarbour: undefined });
    desk.answer('P1');
    assert.equal((desk.arrive('P1') as { message?: unknown }).message, undefined);
    waitedOut(desk);
    assert.deepEqual(
      desk.all('hang-up').map(({ reason }) => reason),
      ['no-agent'],
    );
    desk.end('P1', { endedBy: 'us' });
    assert.equal(result(desk), 'ABANDONED');
    assert.match(desk.table.audit.find(({ action }) => action === 'call-abandoned')?.after ?? '', /no message/);
  });

  it('B12: the customer leaves within the grace time: not abandoned by us', () => {
    const desk = ringing();
    desk.answer('P1');
    desk.arrive('P1');
    desk.pass(900);
    desk.end('P1', { endedBy: 'customer' });
    assert.equal(result(desk), 'CUSTOMER_DROPPED');
    assert.ok(!desk.table.audit.some(({ action }) => action === 'call-abandoned'));
  });

  it('B12: a customer who leaves when his time for an agent was over is abandoned, also when nobody had told of it yet', () => {
    const ends = (arrivesMs: number | undefined, leavesMs: number): string | undefined => {
      const desk = ringing();
      desk.answer('P1');
      if (arrivesMs !== undefined) {
        desk.pass(arrivesMs);
        desk.arrive('P1');
      }
      desk.pass(leavesMs - (arrivesMs ?? 0));
      desk.end('P1', { endedBy: 'customer' });
      const isTold = desk.all('notice').some(({ notice }) => notice.type === 'call-abandoned');
      assert.equal(isTold, result(desk) === 'ABANDONED');
      assert.equal(
        desk.table.audit.filter(({ action }) => action === 'call-abandoned').length,
        result(desk) === 'ABANDONED' ? 1 : 0,
        'B10: each with its entry',
      );
      return result(desk);
    };
    assert.deepEqual([ends(100, 1_999), ends(undefined, 1_999)], ['CUSTOMER_DROPPED', 'CUSTOMER_DROPPED']);
    assert.deepEqual([ends(100, 2_000), ends(100, 2_600)], ['ABANDONED', 'ABANDONED'], 'its door is slow to tell');
    assert.equal(ends(undefined, 6_000), 'ABANDONED', 'six seconds of silence, and never at a door');
    assert.equal(ends(5_000, 5_100), 'ABANDONED', 'at its door too late');
  });

  it('B12: waiting for a held agent whose telephone rings is not over with the grace time', () => {
    const desk = new DialerDesk([testCampaign('P', { mode: 'PROGRESSIVE' })], { callsPerSecond: 100, slotsMax: 500 });
    desk.login(readyAgent('ann', { isStandby: false }));
    desk.add(sampleContact('P1', 'P'));
    desk.begin();
    desk.answer('P1');
    desk.arrive('P1');
    desk.pass(9_000);
    desk.end('P1', { endedBy: 'customer' });
    assert.equal(result(desk), 'CUSTOMER_DROPPED');
  });

  it('B12 E78: an abandoned call whose end nobody told counts as abandoned all the same', () => {
    const desk = ringing();
    desk.answer('P1');
    desk.arrive('P1');
    desk.pass(2_000);
    waitedOut(desk);
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: false, callsPerSecondMax: undefined });
    desk.pass(3_000);
    desk.feed({ type: 'switch-changed', switch: 's1', isUp: true, callsPerSecondMax: undefined });
    const [record] = desk.table.records;
    assert.deepEqual([record?.result, record?.cause, desk.table.status('P1')], ['ABANDONED', 'LOST', 'ended']);
    assert.ok(desk.table.audit.some(({ action }) => action === 'call-abandoned'));
  });

  it('B33: a door that never reports the end of the wait: abandoned 5 s later, and hung up after the message', () => {
    const desk = ringing();
    desk.answer('P1');
    desk.arrive('P1');
    desk.pass(7_000);
    assert.ok(desk.all('notice').some(({ notice }) => notice.type === 'call-abandoned'));
    assert.ok(desk.all('hang-up').length > 0);
  });

  it('B12: answered, and never at its door: a customer in silence is hung up and counts as abandoned', () => {
    const desk = ringing();
    desk.answer('P1');
    desk.pass(12_000);
    assert.deepEqual(
      desk.all('hang-up').map(({ reason }) => reason),
      ['no-agent'],
    );
    desk.end('P1', { endedBy: 'us' });
    assert.equal(result(desk), 'ABANDONED');
  });

  it('E52: a call of nobody has no plan', () => {
    assert.equal(ringing().arrive('nobody'), undefined);
  });
});

describe('dialer engine: answering machines (B37)', () => {
  it('B37: NOTSURE is a person, and a person goes to the queue', () => {
    for (const verdict of ['NOTSURE', 'HUMAN'] as const) {
      const desk = ringing(amd('HANGUP'));
      desk.answer('P1');
      assert.equal(desk.arrive('P1', verdict)?.kind, 'queue');
    }
  });

  it('B37: a machine is hung up, gets a message, or an agent', () => {
    const plans = (['HANGUP', 'MESSAGE', 'AGENT'] as const).map((onMachine) => {
      const desk = ringing(amd(onMachine));
      desk.answer('P1');
      const plan = desk.arrive('P1', 'MACHINE');
      desk.end('P1', { endedBy: 'us' });
      assert.equal(result(desk), 'MACHINE');
      return plan;
    });
    assert.deepEqual(
      plans.map((plan) => plan?.kind),
      ['hang-up', 'message', 'queue'],
    );
    assert.deepEqual(plans[1], { kind: 'message', audio: 'beep', maxMs: 15_000 });
  });

  it('B37: a message that is not set is not left; a fax is hung up whatever is set', () => {
    const silent = ringing(amd('MESSAGE', ''));
    silent.answer('P1');
    assert.equal(silent.arrive('P1', 'MACHINE')?.kind, 'hang-up');
    const fax = ringing(amd('AGENT'));
    fax.answer('P1');
    assert.equal(fax.arrive('P1', 'FAX')?.kind, 'hang-up');
    fax.end('P1');
    assert.equal(result(fax), 'FAX');
  });

  it('B37: a machine that waited in vain for an agent is not abandoned', () => {
    const desk = ringing(amd('AGENT'));
    desk.answer('P1');
    desk.arrive('P1', 'MACHINE');
    waitedOut(desk);
    desk.end('P1', { endedBy: 'us' });
    assert.equal(result(desk), 'MACHINE');
    assert.ok(!desk.all('notice').some(({ notice }) => notice.type === 'call-abandoned'));
  });

  it('B37: judged by the switch before it came to its door: hung up at once', () => {
    const desk = ringing(amd('HANGUP'));
    desk.answer('P1');
    desk.feed({ type: 'call-judged', callId: 'P1', amd: 'MACHINE' });
    assert.deepEqual(
      desk.all('hang-up').map(({ reason }) => reason),
      ['machine'],
    );
    assert.equal(desk.arrive('P1')?.kind, 'hang-up');
  });

  it('B37: the time of AMD is part of the grace, an offer is never shorter than 250 ms', () => {
    for (const [afterMs, waitMs] of [
      [1_500, 500],
      [5_000, 250],
    ] as const) {
      const desk = ringing(amd('HANGUP'));
      desk.answer('P1');
      desk.pass(afterMs);
      const plan = desk.arrive('P1', 'HUMAN');
      assert.equal(plan?.kind === 'queue' ? plan.maxWaitMs : undefined, waitMs);
    }
  });

  it('B37 B44: the pacer hears of a person at the verdict: the time of AMD is part of the ringing that it learns', () => {
    const answeredSeconds = (mode: 'off' | 'switch'): number => {
      const campaign = testCampaign('P', { mode: 'PREDICTIVE', amd: { mode, maxMs: 1_800, onMachine: 'HANGUP', message: '' } });
      const desk = new DialerDesk([campaign], { callsPerSecond: 100, slotsMax: 500 });
      desk.login(...['ann', 'bob', 'cid', 'dan'].map((id) => readyAgent(id)));
      for (let n = 1; n <= 4; n++) desk.add(sampleContact(`P${n}`, 'P'));
      desk.begin();
      const callId = desk.dialled()[0] ?? assert.fail();
      desk.pass(5_000);
      desk.answer(callId);
      desk.pass(1_600);
      desk.arrive(callId, 'HUMAN');
      desk.run(1);
      const { pacer } = desk.engine.learned().get('pacer:sales') as { pacer: { kinds: { answers: number[] }[] } };
      return pacer.kinds.map(({ answers }) => answers.findIndex((count) => count > 0)).find((second) => second >= 0) ?? -1;
    };
    assert.equal(answeredSeconds('off'), 5);
    assert.equal(answeredSeconds('switch'), 6);
  });

  it('B37: one in a hundred machines is given to an agent, who says what it was', () => {
    const desk = ringing({ ...amd('HANGUP'), lines: 60 }, 120);
    desk.run(2);
    const kinds = desk
      .dialled()
      .slice(0, 110)
      .map((callId) => {
        desk.answer(callId);
        return desk.arrive(callId, 'MACHINE')?.kind;
      });
    assert.equal(kinds.filter((kind) => kind === 'queue').length, 1);
    assert.equal(kinds.indexOf('queue'), 99);
  });
});
