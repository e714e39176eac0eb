/** The convention of Gravitel and MegaFon (crm-vtiger 12), and what YetiForce is told: nothing. */
import assert from 'node:assert/strict';
import { createCrmPost } from '../sidecar/crm/post.js';
import { createTeller } from '../sidecar/crm/teller.js';
import { gravitelSource } from '../sidecar/crm/teller-gravitel.js';
import { bindingOf, messagesOf, sendAll, startReceiver, tellerOf, type Receiver } from './support/crm-teller.js';

const post = createCrmPost({ connectMsMax: 1_000, requestMsMax: 2_000, caFile: undefined });

describe('Gravitel’s convention', () => {
  let receiver: Receiver;
  beforeEach(async () => void (receiver = await startReceiver()));
  afterEach(() => receiver.close());

  const binding = (more: object = {}) => bindingOf({ dialect: 'gravitel', crm_url: receiver.url, crm_users: { '1011': 'ann' }, ...more });
  const forms = () => receiver.got.map(({ form }) => [...form].map(([name, value]) => `${name}=${value}`).join('&'));

  it('P4 P6 P7 P8 P9: an answered call, field by field', async () => {
    const teller = tellerOf(binding());
    const kinds = await sendAll(teller, messagesOf(teller, '01-answered-call-full'));
    assert.ok(kinds.every((kind) => kind === 'delivered'));
    const id = 'alpha-1795288719.175';
    const who = `callid=${id}&phone=1010&user=ann&ext=1011&diversion=200`;
    const token = 'crm_token=s3cr3t+Key/&=1-and-longer';
    const history = `cmd=history&type=in&${who}&start=20261121T120000Z&duration=2&status=Success`;
    const sent = forms();
    const last = sent.pop() ?? '';
    assert.deepEqual(sent, [
      `cmd=event&type=INCOMING&${who}&${token}`,
      `cmd=event&type=ACCEPTED&${who}&${token}`,
      `cmd=event&type=COMPLETED&${who}&${token}`,
      `${history}&${token}`,
    ]);
    assert.ok(last.startsWith(`${history}&link=http://127.0.0.1:5000/recording?id=${id}&sig=`), last);
    assert.equal(receiver.got[0]?.headers['content-type'], 'application/x-www-form-urlencoded; charset=UTF-8');
    assert.ok(receiver.got[0].body.includes('crm_token=s3cr3t%2BKey%2F%26%3D1'), 'a plus is written as %2B');
  });

  const ends: readonly (readonly [string, string, readonly string[]])[] = [
    ['03-busy', '1011', ['INCOMING', 'CANCELLED', 'Busy']],
    ['05-caller-hangs-up-while-ringing', '1011', ['INCOMING', 'CANCELLED', 'missed']],
  ];
  for (const [name, extension, words] of ends)
    it(`P8: ${name} ends with ${words.at(-1) ?? ''}`, () => {
      const forms = messagesOf(tellerOf(binding()), name).map(({ payload }) => new Map(JSON.parse(payload) as [string, string][]));
      const told = forms.map((form) => (form.get('cmd') === 'event' ? form.get('type') : form.get('status')));
      assert.deepEqual(told, words);
      assert.ok(forms.every((form) => form.get('ext') === extension));
    });

  it('an outgoing call is OUTGOING and out; calls between telephones are told where the binding wants them', () => {
    const told = (more: object) => messagesOf(tellerOf(binding(more)), '30-click-to-call').map(({ event }) => event);
    assert.deepEqual(told({}), []);
    assert.deepEqual(told({ internal_calls: 'caller' }), ['event OUTGOING', 'event ACCEPTED', 'event COMPLETED', 'history out']);
  });

  it('CRM-8: missed before any operator: a row for the owner of missed calls, or it is said to be undeliverable', () => {
    const owned = tellerOf(binding({ missed_owner: '1012' }));
    const [row, ...more] = messagesOf(owned, '40-redirect-of-a-waiting-channel');
    assert.deepEqual(more, []);
    const form = new Map(JSON.parse(row?.payload ?? '[]') as [string, string][]);
    assert.deepEqual([form.get('cmd'), form.get('status'), form.get('user'), form.get('ext')], ['history', 'missed', '1012', '1012']);
    const nobody = tellerOf(binding());
    assert.deepEqual(messagesOf(nobody, '40-redirect-of-a-waiting-channel'), []);
    assert.equal(nobody.meter.counted('tandem_crm_undeliverable_total').length, 1);
  });

  const verdicts: readonly (readonly [number, string])[] = [
    [200, 'delivered'],
    [401, 'auth'],
    [400, 'rejected'],
    [404, 'rejected'],
    [429, 'unsent'],
    [502, 'ambiguous'],
  ];
  for (const [status, kind] of verdicts)
    it(`status ${String(status)} is ${kind}, and the token is in no problem`, async () => {
      receiver.reply = () => ({ status, body: '{"error":"Invalid\u0007 parameters"}' });
      const teller = tellerOf(binding());
      const [message] = messagesOf(teller, '02-answered-call');
      assert.ok(message);
      const sent = await teller.send(message);
      assert.equal(sent.kind, kind);
      assert.ok(!JSON.stringify(sent).includes('s3cr3t'));
    });

  it('P13 P14: cmd=contact says who the customer is and who is responsible, by the CRM’s name for him', async () => {
    const source = gravitelSource(binding({ missed_owner: '1011' }), post);
    const find = () => source.find('79123456789', 1_000);
    const none = { extension: '', name: '', record: '' };
    const cases: readonly (readonly [string, object])[] = [
      ['{"contact_name":"Ivan","responsible":"ann"}', { status: 'FOUND', extension: '1011', name: '', record: '', customerName: 'Ivan' }],
      ['{"contact_name":"Ivan","responsible":"1012"}', { status: 'FOUND', extension: '1012', name: '', record: '', customerName: 'Ivan' }],
      ['{"contact_name":"Ivan","responsible":"carl"}', { status: 'NOUSER', ...none, customerName: 'Ivan' }],
      ['{"contact_name":"Ivan"}', { status: 'NOUSER', ...none, customerName: 'Ivan' }],
      ['{}', { status: 'NOTFOUND', ...none }],
      ['', { status: 'NOTFOUND', ...none }],
    ];
    for (const [body, expected] of cases) {
      receiver.reply = () => ({ body });
      assert.deepEqual(await find(), expected, body);
    }
    assert.deepEqual(
      [...(receiver.got[0]?.form ?? [])],
      [
        ['cmd', 'contact'],
        ['phone', '79123456789'],
        ['user', 'ann'],
        ['crm_token', 's3cr3t+Key/&=1-and-longer'],
      ],
    );
    for (const reply of [{ body: '[]' }, { body: '<b>' }, { status: 401 }]) {
      receiver.reply = () => reply;
      await assert.rejects(find());
    }
  });
});

describe('YetiForce', () => {
  it('P18: it clicks, and is told of nothing', () => {
    const binding = bindingOf({ dialect: 'yetiforce' });
    const never = (): never => assert.fail('nobody is asked');
    const deps = { post: never, nowMs: Date.now, ownerOf: never, expectOwner: never, learn: never, log: never, meter: never };
    assert.equal(createTeller(binding, deps as never), undefined);
  });
});
