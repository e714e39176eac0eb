/** Signed JSON for any other CRM (crm-vtiger 12), checked as a receiver of Standard Webhooks checks it. */
import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customerReply, responsibleOf } from '../core/crm/customer-reply.js';
import { readCrmFile } from '../sidecar/crm/file.js';
import { createCrmPost } from '../sidecar/crm/post.js';
import { webhookSource } from '../sidecar/crm/teller-webhook.js';
import { bindingOf, messagesOf, sendAll, startReceiver, tellerOf, type Received, type Receiver } from './support/crm-teller.js';

const key = (letter: string): string => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
const post = createCrmPost({ connectMsMax: 1_000, requestMsMax: 2_000, caFile: undefined });

/** The receiver's side, written from the specification: any of the signatures with its own key. */
function isSignedWith(secret: string, { headers, body }: Received): boolean {
  const [id = '', at = ''] = [headers['webhook-id'], headers['webhook-timestamp']].map(String);
  const expected = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
    .update([id, at, body].join('.'))
    .digest();
  return String(headers['webhook-signature'])
    .split(' ')
    .map((part) => part.split(','))
    .some(([version, text = '']) => {
      const given = Buffer.from(text, 'base64');
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
    });
}

describe('CRM webhooks', () => {
  let receiver: Receiver;
  beforeEach(async () => void (receiver = await startReceiver()));
  afterEach(() => receiver.close());

  const binding = (more: object = {}) => bindingOf({ dialect: 'webhook', crm_url: receiver.url, secret: key('a'), ...more });
  const typesOf = () => receiver.got.map(({ body }) => (JSON.parse(body) as { readonly type: string }).type);

  it('P4: a call is told by its types, each signed, with an id that stays when it is sent again', async () => {
    const teller = tellerOf(binding({ crm_users: { '1011': 'ann' } }));
    const messages = messagesOf(teller, '01-answered-call-full');
    await sendAll(teller, [...messages, ...messages.slice(0, 1)]);
    assert.deepEqual(typesOf(), ['call.started', 'call.ringing', 'call.answered', 'call.ended', 'call.recording_ready', 'call.started']);
    for (const request of receiver.got) {
      assert.deepEqual([isSignedWith(key('a'), request), isSignedWith(key('b'), request)], [true, false]);
      assert.ok(Math.abs(Number(request.headers['webhook-timestamp']) * 1000 - Date.now()) < 60_000);
    }
    const ids = receiver.got.map(({ headers }) => String(headers['webhook-id']));
    assert.equal(new Set(ids).size, 5);
    assert.equal(ids[5], ids[0]);
    const { data } = JSON.parse(receiver.got[2]?.body ?? '') as { readonly data: Readonly<Record<string, unknown>> };
    assert.deepEqual(data['agent'], { extension: '1011', crmUserId: 'ann' });
    const ended = JSON.parse(receiver.got[4]?.body ?? '') as { readonly data: Readonly<Record<string, unknown>> };
    assert.match(String(ended.data['recordingUrl']), /recording\?id=.*&sig=/);
    for (const name of 'callId direction state outcome customer legs line startedAt endedAt durationSec talkSec cluster'.split(' '))
      assert.notEqual(ended.data[name], undefined, name);
  });

  it('P12: a call that nobody took is missed, and ended', async () => {
    const teller = tellerOf(binding());
    await sendAll(teller, messagesOf(teller, '40-redirect-of-a-waiting-channel'));
    assert.deepEqual(typesOf(), ['call.started', 'call.missed', 'call.ended']);
  });

  it('while the key is changed there are two signatures, and receivers with either key take it', async () => {
    const teller = tellerOf(binding({ secret: key('b'), secret_previous: key('a') }));
    await sendAll(teller, messagesOf(teller, '02-answered-call').slice(0, 1));
    const [request] = receiver.got;
    assert.ok(request);
    assert.equal(String(request.headers['webhook-signature']).split(' ').length, 2);
    assert.deepEqual(
      [isSignedWith(key('a'), request), isSignedWith(key('b'), request), isSignedWith(key('c'), request)],
      [true, true, false],
    );
  });

  const verdicts: readonly (readonly [number, string, boolean?])[] = [
    [200, 'delivered'],
    [204, 'delivered'],
    [400, 'rejected'],
    [302, 'rejected'],
    [401, 'auth'],
    [403, 'auth'],
    [410, 'gone'],
    [429, 'unsent'],
    [500, 'ambiguous', false],
    [503, 'ambiguous', true],
  ];
  for (const [status, kind, isAway] of verdicts)
    it(`status ${String(status)} is ${kind}`, async () => {
      receiver.reply = () => ({ status });
      const teller = tellerOf(binding());
      const [message] = messagesOf(teller, '02-answered-call');
      assert.ok(message);
      const sent = await teller.send(message);
      assert.equal(sent.kind, kind);
      if (sent.kind === 'ambiguous') assert.equal(sent.isAway, isAway);
    });

  it('a receiver has 15 s, unless the binding says otherwise; one that does not answer is asked again', async () => {
    assert.equal(binding().request_ms_max, 15_000);
    assert.equal(binding({ request_ms_max: 5_000 }).request_ms_max, 5_000);
    receiver.reply = () => ({ delayMs: 2_000 });
    const teller = tellerOf(binding(), {}, 200);
    const [message] = messagesOf(teller, '02-answered-call');
    assert.ok(message);
    assert.equal((await teller.send(message)).kind, 'ambiguous');
    assert.ok(teller.isRepeatable(message));
  });

  it('P13: who answers a new call with the customer and the responsible has told it; other answers say nothing', async () => {
    const teller = tellerOf(binding({ numbers_to_crm: [{ match: '^1010$', replace: '+71010' }] }));
    receiver.reply = ({ body }) => ({
      body: body.includes('call.started')
        ? '{"customer":{"name":"Ivan <b>","recordUrl":"https://crm.example/c/2"},"responsible":{"extension":"1011"}}'
        : '{"customer":{"name":"not asked"}}',
    });
    await sendAll(teller, messagesOf(teller, '02-answered-call'));
    assert.deepEqual(teller.learned, [
      ['1010', { customerName: 'Ivan b', recordUrl: 'https://crm.example/c/2', extension: '1011', responsibleName: '' }],
    ]);
    for (const body of ['', 'OK', '[]', '{"ok":true}', '{"customer":5}']) {
      const other = tellerOf(binding());
      receiver.reply = () => ({ body });
      await sendAll(other, messagesOf(other, '02-answered-call').slice(0, 1));
      assert.deepEqual(other.learned, [], body);
    }
  });

  it('an answer that comes after a second has no say any more', async () => {
    receiver.reply = () => ({ body: '{"responsible":{"extension":"1011"}}' });
    let now = Date.now();
    const teller = tellerOf(binding(), { nowMs: () => (now += 1_500) });
    await sendAll(teller, messagesOf(teller, '02-answered-call').slice(0, 1));
    assert.deepEqual(teller.learned, []);
  });

  it('P13 P14: a caller is looked up by a signed question of its own', async () => {
    const source = webhookSource(binding({ numbers_to_crm: [{ match: '^8(\\d{10})$', replace: '+7$1' }] }), post, Date.now);
    receiver.reply = () => ({ body: '{"customer":{"name":"Ivan"},"responsible":{"extension":1012,"name":"Bob"}}' });
    const found = { status: 'FOUND', extension: '1012', name: 'Bob', record: '', customerName: 'Ivan' };
    assert.deepEqual(await source.find('89123456789', 1_000), found);
    const [request] = receiver.got;
    assert.ok(request);
    assert.equal(isSignedWith(key('a'), request), true);
    const asked = JSON.parse(request.body) as { readonly type: string; readonly data: unknown };
    assert.deepEqual([asked.type, asked.data], ['customer.lookup', { customer: { number: '+79123456789' } }]);
    receiver.reply = () => ({ status: 204 });
    assert.equal((await source.find('89123456789', 1_000)).status, 'NOTFOUND');
    receiver.reply = () => ({ status: 500 });
    await assert.rejects(source.find('89123456789', 1_000), /status 500/);
    assert.notEqual(receiver.got[0]?.headers['webhook-id'], receiver.got[1]?.headers['webhook-id']);
  });

  it('CRM-20: what a receiver answers is cleaned: no scripts as addresses, no telephones that are none', () => {
    const knows = (extension: string): boolean => extension === '1011';
    const reply = customerReply({
      customer: { name: 'A\u0000\n<script>', recordUrl: 'javascript:alert(1)' },
      responsible: { extension: '1011@x' },
    });
    assert.deepEqual(reply, { customerName: 'A script', recordUrl: '', extension: '', responsibleName: '' });
    assert.ok(reply);
    assert.equal(responsibleOf(reply, knows).status, 'NOUSER');
    assert.equal(responsibleOf({ ...reply, extension: '1011' }, knows).status, 'FOUND');
    assert.equal(responsibleOf({ ...reply, extension: '1099' }, knows).status, 'NOUSER');
    assert.equal(responsibleOf({ ...reply, customerName: '' }, knows).status, 'NOTFOUND');
    assert.equal(customerReply({ customer: { recordUrl: `https://crm.example/${'x'.repeat(300)}` } })?.recordUrl, '');
  });

  it('a key that is none of Standard Webhooks is refused when the file is read, with its line', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'crm-'));
    const file = join(dir, 'crm.yaml');
    const text = (secret: string): string =>
      `crm:\n  - name: a\n    dialect: webhook\n    crm_url: https://x.example/hook\n    timezone: UTC\n    secret: ${secret}\n`;
    await writeFile(file, text('plain-and-long-enough-for-others'));
    assert.throws(() => readCrmFile(file, {}), /crm\.yaml:6: crm\.0\.secret: must be whsec_/);
    await writeFile(file, text(key('a')));
    assert.equal(readCrmFile(file, {}).crm[0]?.secret, key('a'));
    await rm(dir, { recursive: true });
  });

  it('P10: a transfer has a type of its own', () => {
    const [told] = messagesOf(tellerOf(binding()), '21-blind-transfer-ami').filter(({ event }) => event === 'call.transferred');
    const { data } = JSON.parse(told?.payload ?? '{}') as { readonly data?: Readonly<Record<string, unknown>> };
    assert.deepEqual(data?.['transfer'], { from: '1011', to: '1012', kind: 'blind' });
  });
});
