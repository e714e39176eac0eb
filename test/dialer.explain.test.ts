/** Words of `tandem explain campaign` and `tandem explain contact` (B9: why is it not dialing?). */
import assert from 'node:assert/strict';
import type { CampaignLive, CampaignWhy, ContactWhy } from '../core/dialer-ports.js';
import { explainGates } from '../core/dialer/compliance/gates.js';
import { explainCampaign, explainContact, gateTexts, inWords } from '../core/dialer/explain.js';
import { gates } from '../core/dialer/words.js';
import { callOf, contextOf, factsOf, hourMs, nowMs } from './support/dialer-rules.js';

const why: CampaignWhy = {
  campaign: 'spring',
  limit: 'no agent is free',
  pace: '0 calls placed: no agents',
  blocked: { window: 120, caps: 7 },
  dialable: 3,
  sampled: { looked: 500, of: 20_000 },
  nextOpeningMs: nowMs + 2 * hourMs,
};
const live: CampaignLive = {
  campaign: 'spring',
  mode: 'PREDICTIVE',
  state: 'running',
  forced: 'abandoned calls at the cap',
  hopper: 50,
  ringing: 4,
  waiting: 1,
  talking: 6,
  agents: { ready: 0, reserved: 1, talk: 6, wrap: 2, paused: 0 },
  window: { connected: 97, abandoned: 3, share: 0.03, cap: 0.03 },
  decision: undefined,
  gateways: [{ switch: 'fs1', gateway: 'gw1', state: 'up', calls: 11 }],
  answerRate: 0.3,
};

describe('dialer: explanations', () => {
  it('a campaign: the limit, the pace, contacts by the first gate that refuses', () => {
    const text = explainCampaign(why, live, nowMs).join('\n');
    for (const part of [
      'Campaign spring: PREDICTIVE, running, dialled 1:1 (abandoned calls at the cap)',
      'limit: no agent is free',
      '0 calls placed: no agents',
      'agents: 0 ready, 1 reserved, 6 in talk, 2 in wrap-up, 0 paused',
      '3.0 % of at most 3.0 %',
      'gateway gw1 on fs1: up, 11 calls',
      'Contacts that may be called now: 3 (of 500 looked at, of 20000)',
      `120  window         ${gateTexts.window}`,
      `  7  caps           ${gateTexts.caps}`,
      '2026-11-25 16:00 UTC (in 2 h 0 min)',
    ])
      assert.ok(text.includes(part), `${part}\n---\n${text}`);
    assert.ok(text.indexOf('window ') < text.indexOf('caps '), 'in the order in which they are asked');
  });

  it('a campaign that is not dialled by this process', () => {
    const lines = explainCampaign({ ...why, blocked: {}, sampled: undefined, nextOpeningMs: undefined }, undefined, nowMs);
    assert.deepEqual(lines, [
      'Campaign spring',
      '  limit: no agent is free',
      '  0 calls placed: no agents',
      '',
      'Contacts that may be called now: 3',
    ]);
  });

  it('a contact: the gate at which it waits, all gates, its calls', () => {
    const facts = factsOf({}, { zones: ['Asia/Tokyo'], nextAttemptAtMs: nowMs });
    const { gates: all, first } = explainGates(contextOf(), facts, nowMs);
    const contactWhy: ContactWhy = { contact: facts.contact, gates: all, first, calls: [callOf({ sip: 480 })] };
    const text = explainContact(contactWhy, nowMs).join('\n');
    for (const part of [
      'It waits at gate window: closed in Asia/Tokyo',
      'BLOCKS  window',
      'passes  dnc',
      'NO_ANSWER',
      'Q.850 19, SIP 480, over gw1',
    ])
      assert.ok(text.includes(part), `${part}\n---\n${text}`);
  });

  it('B31: contacts of lists that are not active are counted apart; one of them says so, whatever the gates say', () => {
    assert.ok(explainCampaign({ ...why, idle: 12 }, live, nowMs).includes('In lists that are not active, so that nobody calls them: 12'));
    const { contact } = factsOf({}, {});
    const idleList = { id: 7, name: 'lea\u001b[2Jds', state: 'failed' };
    const [, verdict] = explainContact({ contact, gates: [], first: undefined, idleList, calls: [] }, nowMs);
    assert.equal(verdict, '  Its list 7 "lea?[2Jds" is failed: nobody calls it until the list is active.');
  });

  it('each status has its sentence', () => {
    const says = (status: ContactWhy['contact']['status']) =>
      explainContact(
        { contact: factsOf({}, { status, callResult: 'USER_BUSY' }).contact, gates: [], first: undefined, calls: [] },
        nowMs,
      )[1];
    assert.match(says('ended') ?? '', /at its end \(USER_BUSY\)/);
    assert.match(says('failed') ?? '', /at its end/);
    assert.match(says('stopped') ?? '', /starting the campaign/);
    assert.match(says('dialed') ?? '', /under way/);
    assert.match(says('agent_pending') ?? '', /agent is asked for/);
    assert.match(says('pending') ?? '', /waits for its turn/);
  });

  it('every gate has words; durations are readable', () => {
    for (const gate of gates) assert.ok(gateTexts[gate].length > 10);
    assert.deepEqual(
      [inWords(0), inWords(60_000), inWords(90 * 60_000), inWords(72 * hourMs)],
      ['now', 'in 1 min', 'in 1 h 30 min', 'in 3 days'],
    );
  });
});
