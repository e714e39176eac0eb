/** Every strategy in real calls: which telephone rings, call after call (freeswitch-callcenter 5). */
import assert from 'node:assert/strict';
import type { Strategy } from '../../core/acd/words.js';
import { agentId } from '../../core/acd/ids.js';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';

const numbers = [11, 12, 13] as const;
const letters: Readonly<Record<number, string>> = { 11: 'a', 12: 'b', 13: 'c' };
const agents = numbers.map((nn) => ({ id: agentId(`10${String(nn)}`) }));

describe('real: queue, strategies', function () {
  this.timeout(20_000);
  let bed: QueueBed;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qstrategy');
  });
  after(async () => {
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  /** Fresh agents a, b, c at positions 1, 2, 3; each telephone does `onCall`. */
  async function staff(strategy: Strategy, onCall: (letter: string, call: SipCall) => void, more = {}): Promise<void> {
    for (const nn of numbers) (await bed.asterisk.phone(nn)).onCall = (call) => onCall(letters[nn] ?? '', call);
    bed.provision({ queues: [{ strategy }], agents: [] });
    bed.provision({ queues: [{ strategy, ...more }], agents });
  }

  /** Calls one after the other, each answered at once and ended by the customer. */
  async function ringsOf(strategy: Strategy, calls: number): Promise<string> {
    const rung: string[] = [];
    await staff(strategy, (letter, call) => {
      rung.push(letter);
      void call.answer();
    });
    for (let n = 1; n <= calls; n++) {
      const call = await bed.join();
      await bed.notice('talk-started', () => bed.notices.filter(({ type }) => type === 'talk-started').length === n);
      call.hangup();
      await bed.notice('talk-ended', () => bed.notices.filter(({ type }) => type === 'talk-ended').length === n);
    }
    return rung.join(' ');
  }

  const orders: readonly (readonly [row: string, strategy: Strategy, rings: string])[] = [
    ['F44', 'longest-idle-agent', 'a b c a'],
    ['F46', 'round-robin', 'a b c a'],
    ['F47', 'top-down', 'a a a a'],
    ['F49', 'agent-with-fewest-calls', 'a b c a'],
    ['F50', 'sequentially-by-agent-order', 'a a a a'],
  ];
  for (const [row, strategy, rings] of orders)
    it(`${row}: ${strategy} rings ${rings}`, async () => {
      assert.equal(await ringsOf(strategy, 4), rings);
    });

  it('F48: agent-with-least-talk-time rings those who have not talked first', async () => {
    assert.equal(await ringsOf('agent-with-least-talk-time', 3), 'a b c');
  });

  it('F51: random rings one of them for each call', async () => {
    assert.match(await ringsOf('random', 4), /^[abc]( [abc]){3}$/);
  });

  it('F52: ring-progressively adds the next telephone, the earlier ones ring on; the first to answer has the caller', async () => {
    const rung: string[] = [];
    const calls: SipCall[] = [];
    await staff(
      'ring-progressively',
      (letter, call) => {
        rung.push(letter);
        calls.push(call);
        call.ring();
      },
      { ringProgressivelyDelayMs: 300 },
    );
    await bed.join();
    await eventually(
      () => rung.length,
      (phones) => phones === 3,
    );
    assert.deepEqual(rung, ['a', 'b', 'c']);
    await calls[1]?.answer();
    assert.equal((await bed.notice('talk-started')).agent, '1012');
    assert.deepEqual(await Promise.all([calls[0]?.ended, calls[2]?.ended]), ['cancelled', 'cancelled']);
  });

  it('F71: after a rejection the next agent rings, whatever the strategy', async () => {
    const rung: string[] = [];
    await staff('sequentially-by-agent-order', (letter, call) => {
      rung.push(letter);
      if (letter === 'c') void call.answer();
      else call.reject(603);
    });
    const call = await bed.join();
    assert.equal((await bed.notice('talk-started')).agent, '1013');
    assert.deepEqual(rung, ['a', 'b', 'c']);
    call.hangup();
  });
});
