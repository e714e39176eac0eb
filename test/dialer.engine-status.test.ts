/** The status machine A3 in the dialer's engine: every row is gone through, and nothing else ever is. */
import assert from 'node:assert/strict';
import { DialerDesk, testCampaign } from './support/dialer-desk.js';
import { allowedPairs, sampleContact } from './support/dialer-table.js';

const settings = { voiceConnector: 'http://vc' };
const details = { type: 'agent-details', callId: 'k1', agentId: 'a', queueName: 'q' } as const;

function desk(kind: 'ivr' | 'connector', more = {}): DialerDesk {
  const campaign =
    kind === 'ivr'
      ? testCampaign('c', { mode: 'IVR', ivr: '*1', queue: '', retry: {} })
      : testCampaign('c', { agentSource: 'connector', retry: {} });
  const made = new DialerDesk([campaign], { ...settings, ...more });
  made.add(sampleContact('k1', 'c', { gatewayId: 'gw1' }));
  return made;
}

/** `from to`, as the engine goes through it; the table in memory refuses a pair that A3 does not have. */
const rows: Readonly<Record<string, () => DialerDesk>> = {
  'E54 pending agent_pending': () => {
    const d = desk('connector');
    d.begin();
    return d;
  },
  'E51 pending dialed': () => {
    const d = desk('ivr');
    d.begin();
    return d;
  },
  'E49 pending failed': () => {
    const d = desk('ivr');
    d.gateways.set('gw1', 'invalid');
    d.begin();
    return d;
  },
  'E57 agent_pending pending': () => {
    const d = desk('connector');
    d.begin();
    d.feed({ ...details, agentExtension: undefined });
    return d;
  },
  'E6 agent_pending dialed': () => {
    const d = desk('connector');
    d.begin();
    d.feed({ ...details, agentExtension: '1004' });
    return d;
  },
  'E58 agent_pending failed': () => {
    const d = desk('connector');
    d.begin();
    d.pass(2_500);
    d.gateways.set('gw1', 'invalid');
    d.feed({ ...details, agentExtension: '1004' });
    return d;
  },
  'E52 dialed ended': () => {
    const d = desk('ivr');
    d.begin();
    d.end('k1', { cause: 'USER_BUSY' });
    return d;
  },
  'E78 dialed pending': () => {
    const d = desk('ivr', { callMsMax: 60_000 });
    d.begin();
    d.byHand.add('hang-up');
    d.pass(15 * 60_000);
    return d;
  },
  'E78 agent_pending pending': () => {
    const d = desk('connector', { callMsMax: 60_000, reservationMs: 3_600_000 });
    d.begin();
    d.pass(11 * 60_000);
    return d;
  },
};

describe('dialer engine: statuses (A3)', () => {
  for (const [row, go] of Object.entries(rows)) {
    it(row, () => {
      const d = go();
      const [, from = '', to = ''] = row.split(' ');
      assert.ok(d.table.pairs.has(`${from} ${to}`), `went ${[...d.table.pairs].join(', ')}`);
      assert.equal(d.table.status('k1'), to);
    });
  }

  it('E50 pending pending: a gateway that is down changes nothing', () => {
    const d = desk('ivr');
    d.gateways.set('gw1', 'down');
    d.begin();
    d.run(5);
    assert.equal(d.all('change').filter(({ change }) => change.transition).length, 0);
    assert.equal(d.table.status('k1'), 'pending');
  });

  it('E66 E19: a stopped, ended or failed contact is not called, whatever the hopper says', () => {
    for (const status of ['stopped', 'ended', 'failed'] as const) {
      const d = desk('ivr');
      d.byHand.add('claim');
      d.begin();
      const [claim] = d.heldOf('claim');
      assert.ok(claim);
      d.table.add(sampleContact('k1', 'c', { status }));
      d.feed({ type: 'claimed', order: claim.order, ...d.table.claim(claim, d.nowMs) });
      d.run(3);
      assert.deepEqual(d.dialled(), []);
      assert.equal(d.table.status('k1'), status);
    }
  });

  it('E19: nothing leaves ended or failed: late facts of such a call change nothing', () => {
    const d = desk('ivr');
    d.begin();
    d.end('k1', { cause: 'UNALLOCATED_NUMBER' });
    const before = d.effects.length;
    d.answer('k1');
    d.arrive('k1');
    d.connect('k1', 'ann');
    d.end('k1');
    d.feed({ type: 'originate-unsent', callId: 'k1', reason: 'late' });
    d.feed({ type: 'originate-unknown', callId: 'k1' });
    d.feed({ type: 'call-waited-out', callId: 'k1', reason: 'late' });
    d.feed({ type: 'opted-out', callId: 'k1' });
    assert.equal(d.effects.length, before);
  });

  it('E19: the pairs that A3 forbids are not among those that the engine may go through', () => {
    const forbidden = [
      'ended pending',
      'ended dialed',
      'failed pending',
      'failed dialed',
      'stopped dialed',
      'dialed failed',
      'dialed agent_pending',
      'pending stopped pending',
    ];
    for (const pair of forbidden) assert.ok(!allowedPairs.has(pair), pair);
  });
});
