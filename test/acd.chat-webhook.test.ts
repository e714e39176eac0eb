/** Chats by webhook: what is sent, how often, and what becomes of an offer that cannot be delivered. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { RingOrder } from '../core/acd/effects.js';
import type { AcdEvent } from '../core/acd/events.js';
import { agentId, legId, memberId, offerId, queueId, switchId } from '../core/acd/ids.js';
import { createChatWebhook, type ChatWebhookOptions } from '../sidecar/chat-webhook.js';
import { turn } from './support/acd-stub-engine.js';
import { eventually } from './support/eventually.js';
import { recordingMeter, silentLog } from './support/observers.js';

const order: RingOrder = {
  offer: offerId('o1'),
  leg: legId('tandem-o1'),
  switch: switchId(''),
  media: 'chat',
  queue: queueId('web'),
  agent: agentId('ann'),
  agentName: 'Ann',
  contact: 'desk:ann',
  contactFreeswitch: undefined,
  standby: undefined,
  ringMs: 20_000,
  member: memberId('m1'),
  call: undefined,
  callerNumber: '',
  callerName: 'Zoë "Z" <x>',
  joinedAtMs: 1,
  announcements: [],
  confirmKey: '',
  confirmMs: 0,
  language: undefined,
  variables: { order: '4711' },
  leadId: 7,
};

function webhook(answers: readonly (number | Error)[], options: Partial<ChatWebhookOptions> = {}) {
  const requests: { readonly url: string; readonly body: string; readonly headers: Record<string, string> }[] = [];
  const events: AcdEvent[] = [];
  const pauses: number[] = [];
  const meter = recordingMeter();
  const port = createChatWebhook(
    { url: 'http://desk.example/hook', ...options },
    {
      feed: (event) => events.push(event),
      log: silentLog,
      meter,
      timers: {
        nowMs: () => 1_795_300_000_000,
        after(ms, run) {
          pauses.push(ms);
          queueMicrotask(run);
          return () => undefined;
        },
      },
      fetch: (url, init) => {
        requests.push({ url: url as string, body: init?.body as string, headers: init?.headers as Record<string, string> });
        const answer = answers[Math.min(requests.length, answers.length) - 1] ?? 200;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(new Response(null, { status: answer }));
      },
    },
  );
  return { port, requests, events, pauses, meter };
}

describe('chat webhook', () => {
  it('O3 B53: an offer goes out signed, with what the desktop needs', async () => {
    const { port, requests, events, meter } = webhook([204], { secret: 'desk-secret' });
    port.ring(order);
    await eventually(
      () => meter.counted('tandem_chat_webhooks_total').length,
      (n) => n === 1,
    );
    const [sent] = requests;
    assert(sent);
    const body = JSON.parse(sent.body) as Record<string, unknown>;
    assert.deepEqual(
      [body['event'], body['offer'], body['agent'], body['address'], body['callerName'], body['variables'], body['leadId']],
      ['chat-offer', 'o1', 'ann', 'desk:ann', 'Zoë "Z" <x>', { order: '4711' }, 7],
    );
    const date = sent.headers['x-tandem-date'] ?? '';
    assert.equal(sent.headers['x-tandem-sign'], createHmac('sha256', 'desk-secret').update(`${date}\n${sent.body}`).digest('hex'));
    assert.deepEqual(events, []);
  });

  it('a desktop that comes back is reached; the same message keeps its id', async () => {
    const { port, requests, events, pauses, meter } = webhook([500, new Error('refused'), 200]);
    port.ring(order);
    await eventually(
      () => meter.counted('tandem_chat_webhooks_total').length,
      (n) => n === 1,
    );
    assert.equal(requests.length, 3);
    assert.equal(new Set(requests.map(({ body }) => body)).size, 1);
    assert.deepEqual(pauses, [500, 1000]);
    assert.deepEqual(events, []);
  });

  it('an offer that cannot be delivered fails at once, so that another agent gets the chat', async () => {
    const { port, events } = webhook([404], { triesMax: 2 });
    port.ring(order);
    await eventually(
      () => events.length,
      (n) => n === 1,
    );
    assert.deepEqual(events, [{ type: 'offer-failed', offer: 'o1', failure: 'unreachable', detail: 'webhook: status 404' }]);
  });

  it('messages on their way are bounded', async () => {
    const { port, events, requests } = webhook([200], { pendingMax: 0 });
    port.ring(order);
    await eventually(
      () => events.length,
      (n) => n === 1,
    );
    assert.equal(requests.length, 0);
  });

  it('taken back and started are told; a lost one changes nothing', async () => {
    const { port, requests, events, meter } = webhook([503], { triesMax: 1 });
    port.cancel(order.offer, 'caller-left');
    port.connect({ offer: order.offer, member: order.member, agent: order.agent, queue: order.queue });
    await eventually(
      () => meter.counted('tandem_chat_webhooks_total').length,
      (n) => n === 2,
    );
    const told = requests.map(({ body }) => (JSON.parse(body) as { event: string }).event);
    assert.deepEqual(told, ['chat-cancelled', 'chat-started']);
    assert.deepEqual(events, []);
  });

  it('B53: what becomes of an offer is told behind it, and one that was taken back is not tried again', async () => {
    const told: string[] = [];
    const answers: ((status: number) => void)[] = [];
    const pauses: (() => void)[] = [];
    const meter = recordingMeter();
    const port = createChatWebhook(
      { url: 'http://desk.example/hook' },
      {
        ...{ feed: () => undefined, log: silentLog, meter },
        timers: { nowMs: () => 1_795_300_000_000, after: (_ms, run) => (pauses.push(run), () => undefined) },
        fetch: (_url, init) => {
          told.push((JSON.parse(init?.body as string) as { event: string }).event);
          return new Promise((resolve) => answers.push((status) => resolve(new Response(null, { status }))));
        },
      },
    );
    const next = (list: readonly unknown[]): Promise<unknown> =>
      eventually(
        () => list.length,
        (n) => n > 0,
      );
    port.ring(order);
    await next(answers);
    port.cancel(order.offer, 'caller-left');
    await turn();
    assert.deepEqual(told, ['chat-offer']);
    answers.shift()?.(503);
    await next(pauses);
    pauses.shift()?.();
    await next(answers);
    assert.deepEqual(told, ['chat-offer', 'chat-cancelled']);
    // others do not wait for it
    port.ring({ ...order, offer: offerId('o2') });
    await eventually(
      () => told.length,
      (n) => n === 3,
    );
    for (const answer of answers) answer(200);
    await eventually(
      () => meter.counted('tandem_chat_webhooks_total').length,
      (n) => n === 3,
    );
    assert.deepEqual(told, ['chat-offer', 'chat-cancelled', 'chat-offer']);
  });

  it('without an address nothing is sent and nothing fails', () => {
    const { port, requests, events } = webhook([200], { url: undefined });
    port.ring(order);
    assert.deepEqual([requests.length, events.length], [0, 0]);
  });
});
