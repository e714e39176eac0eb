import assert from 'node:assert/strict';
import { bindingsFileSchema } from '../core/crm/binding.js';
import type { CrmSwitch } from '../core/crm-ports.js';
import type { JournalCall } from '../core/journal/call.js';
import type { JournalNotice } from '../core/journal/notices.js';
import { createCrmRequests, requestDefaults } from '../sidecar/crm/requests.js';

const [binding] = bindingsFileSchema.parse({
  crm: [
    {
      name: 'main',
      dialect: 'vtiger',
      crm_url: 'https://crm.example/',
      secret: 'a-shared-key-of-some-length',
      timezone: 'UTC',
      contexts: ['from-internal'],
      extensions: { '101': 'PJSIP/101', '102': 'PJSIP/102' },
    },
  ],
}).crm;

function world() {
  let nowMs = 1_000_000;
  const orders: string[] = [];
  const listeners = new Set<(notice: JournalNotice, atMs: number) => void>();
  const at = {
    name: 'alpha',
    kind: 'asterisk',
    isUp: () => true,
    clickToCall: ({ callId }: { readonly callId: string }) => {
      orders.push(callId);
      return Promise.resolve({ ok: true });
    },
  } as unknown as CrmSwitch;
  const requests = createCrmRequests({
    journal: {
      tell: () => undefined,
      find: () => Promise.resolve(undefined),
      open: () => undefined,
      openCalls: () => [],
      onNotice: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    switches: new Map([['alpha', at]]),
    systemOf: (name) => name,
    nowMs: () => nowMs,
  });
  assert.ok(binding);
  const own = binding;
  return {
    orders,
    click: (to: string, from = '101') => requests.makeCall(own, { from, to, context: '' }),
    pass: (ms: number) => void (nowMs += ms),
    hear: (type: 'leg-answered' | 'call-ended' | 'agent-no-answer', order: number): void => {
      const call = { id: `alpha-${orders[order] ?? ''}` } as JournalCall;
      for (const listener of listeners) listener({ type, call } as JournalNotice, nowMs);
    },
    ringMs: own.makecall.ring_s * 1_000,
  };
}

describe('CRM: clicks', () => {
  it('3.1: a double click is one call, and Success both times; once it is over the same click is a new one', async () => {
    const { click, orders, pass, hear } = world();
    assert.deepEqual(await click('+49 30 123'), { ok: true });
    pass(200);
    assert.deepEqual(await click('+4930123'), { ok: true });
    assert.equal(orders.length, 1);
    hear('call-ended', 0); // busy
    pass(1_000);
    assert.deepEqual(await click('+4930123'), { ok: true });
    assert.equal(orders.length, 2);
  });

  it('3.1: one call at a time is set up for a user, another number waits until it is answered or over', async () => {
    const { click, orders, pass, hear } = world();
    await click('+4930123');
    pass(requestDefaults.dedupeMs);
    assert.deepEqual(await click('+4930999'), { ok: false, code: 'too-many-clicks', status: 429 });
    assert.deepEqual(await click('+4930999', '102'), { ok: true }, 'of another user');
    hear('agent-no-answer', 0);
    assert.deepEqual(await click('+4930999'), { ok: true });
    assert.equal(orders.length, 3);
  });

  it('scale-out 7: where another process hears how it went, a click counts as being set up no longer than it may ring', async () => {
    const { click, pass, ringMs } = world();
    await click('+4930123');
    pass(ringMs);
    assert.equal((await click('+4930999')).ok, false);
    pass(requestDefaults.settleMs);
    assert.equal((await click('+4930999')).ok, true);
  });
});
