/** Circuit breaker per peer: 5 failures in a row, 10 s shut, one probe. */
import assert from 'node:assert/strict';
import { createBreakers } from '../core/cluster/breaker.js';
import { createRecentHandovers } from '../core/cluster/recent-handovers.js';

const fail = (breakers: ReturnType<typeof createBreakers>, times: number, nowMs: number, peer = 'alpha') => {
  for (let n = 0; n < times; n++) breakers.failed(peer, nowMs);
};

describe('lookup: circuit breaker', () => {
  it('X-31: opens after 5 failures in a row, not after 4', () => {
    const breakers = createBreakers();
    fail(breakers, 4, 0);
    assert.equal(breakers.ask('alpha', 1), 'ask');
    fail(breakers, 1, 0);
    assert.equal(breakers.ask('alpha', 1), 'refuse');
    assert.equal(breakers.state('alpha'), 'open');
    assert.equal(breakers.ask('beta', 1), 'ask');
  });

  it('X-31: a success in between starts the count again', () => {
    const breakers = createBreakers();
    fail(breakers, 4, 0);
    breakers.succeeded('alpha');
    fail(breakers, 4, 0);
    assert.equal(breakers.ask('alpha', 1), 'ask');
  });

  it('X-31: after 10 s exactly one probe; its success closes', () => {
    const breakers = createBreakers();
    fail(breakers, 5, 0);
    assert.equal(breakers.ask('alpha', 9_999), 'refuse');
    assert.equal(breakers.ask('alpha', 10_000), 'probe');
    assert.equal(breakers.ask('alpha', 10_001), 'refuse');
    assert.equal(breakers.state('alpha'), 'probing');
    breakers.succeeded('alpha');
    assert.equal(breakers.ask('alpha', 10_002), 'ask');
  });

  it('X-31: a failed probe shuts for another 10 s', () => {
    const breakers = createBreakers();
    fail(breakers, 5, 0);
    assert.equal(breakers.ask('alpha', 10_000), 'probe');
    breakers.failed('alpha', 12_000);
    assert.equal(breakers.ask('alpha', 21_999), 'refuse');
    assert.equal(breakers.ask('alpha', 22_000), 'probe');
  });

  it('a probe whose caller left frees the next one at once; one without an outcome after the pause', () => {
    const breakers = createBreakers();
    fail(breakers, 5, 0);
    assert.equal(breakers.ask('alpha', 10_000), 'probe');
    breakers.abandoned('alpha');
    assert.equal(breakers.ask('alpha', 10_001), 'probe');
    assert.equal(breakers.ask('alpha', 20_000), 'refuse');
    assert.equal(breakers.ask('alpha', 20_001), 'probe');
  });

  it('a clock set back keeps a peer shut for no longer than the pause', () => {
    const breakers = createBreakers();
    fail(breakers, 5, 1_000_000);
    assert.equal(breakers.ask('alpha', 100), 'refuse');
    assert.equal(breakers.ask('alpha', 10_100), 'probe');
  });

  it('remembers no more peers than it may', () => {
    const breakers = createBreakers({ failuresMax: 1, openMs: 10_000, peersMax: 2 });
    for (const peer of ['a', 'b', 'c']) breakers.failed(peer, 0);
    assert.deepEqual(
      ['a', 'b', 'c'].map((peer) => breakers.state(peer)),
      ['closed', 'open', 'open'],
    );
  });
});

describe('lookup: recent hand-overs', () => {
  const row = (leadId: number, atMs: number) => ({ leadId, localCode: 'Y', phoneNumber: '1', atMs });

  it('AGI-5: counts within the window, and keeps no more than it may', () => {
    const recent = createRecentHandovers(2, 1_000);
    recent.put('a', row(1, 0));
    assert.equal(recent.get('a', 999)?.leadId, 1);
    assert.equal(recent.get('a', 1_000), undefined);
    recent.put('b', row(2, 0));
    recent.put('c', row(3, 0));
    assert.equal(recent.get('a', 1), undefined);
    assert.equal(recent.get('c', 1)?.leadId, 3);
  });
});
