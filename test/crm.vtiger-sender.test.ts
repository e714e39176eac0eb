/** What vTiger's answers mean, as real ones were seen to give them: 8.0.0 on PHP 8.2, SalesPlatform 7.2.0-202008 on PHP 7.4. */
import assert from 'node:assert/strict';
import { bindingsFileSchema } from '../core/crm/binding.js';
import type { VtigerMessage } from '../core/crm/vtiger-messages.js';
import type { CrmSent } from '../core/services/crm-delivery.js';
import type { CrmReply } from '../sidecar/crm/post.js';
import { createVtigerSender, storingCallsMin } from '../sidecar/crm/vtiger-sender.js';
import { silentLog } from './support/observers.js';

type Answers = Readonly<Record<string, readonly CrmReply[] | CrmReply>>;

const answer = (status: number, body = ''): CrmReply => ({ kind: 'answer', status, body });
const dialBegin: VtigerMessage = [
  ['callstatus', 'DialBegin'],
  ['callUUID', 'alpha-1.2'],
];
/** Messages of one call of many: a telephone rings, its user talks, and is done. */
const ringing = (call: number, agent = '101'): VtigerMessage => [
  ['callstatus', 'DialBegin'],
  ['callUUID', `alpha-${String(call)}.1`],
  ['callerIdNumber', '79123456789'],
  ['dialString', agent],
];
const talking = (call: number, agent = '101'): VtigerMessage => [
  ['callstatus', 'DialAnswer'],
  ['callUUID', `alpha-${String(call)}.1`],
  ['callerid1', '79123456789'],
  ['callerid2', agent],
];
const over = (call: number, agent = '101'): VtigerMessage => [
  ['callstatus', 'Hangup'],
  ['callUUID', `alpha-${String(call)}.1`],
  ['callerIdNum', agent],
];
const startApp: VtigerMessage = [['callstatus', 'StartApp']];

/** Answers by `callstatus`; the last of several stays. */
function open(dialect: 'vtiger' | 'vtiger-sp', answers: Answers, more: object = {}) {
  const [binding] = bindingsFileSchema.parse({
    crm: [
      {
        ...{ name: 'main', dialect, crm_url: 'https://crm.example/', secret: 's3cr3t+Key/&=1', timezone: 'UTC' },
        extensions: { '101': 'PJSIP/101', '102': 'PJSIP/102', '103': 'PJSIP/103' },
        ...more,
      },
    ],
  }).crm;
  assert.ok(binding);
  const asked: string[] = [];
  const warnings: string[] = [];
  let nowMs = 1_000_000;
  const left = new Map(Object.entries(answers).map(([status, list]) => [status, Array.isArray(list) ? [...(list as CrmReply[])] : [list]]));
  const send = createVtigerSender(binding, dialect, {
    post: ({ body }) => {
      const fields = new URLSearchParams(body);
      assert.equal(fields.get('vtigersignature'), 's3cr3t+Key/&=1');
      const status = fields.get('callstatus') ?? '';
      asked.push(status);
      const list = left.get(status) ?? [];
      const [reply] = list.length > 1 ? list.splice(0, 1) : list;
      assert.ok(reply, `nothing is said of ${status}`);
      return Promise.resolve(reply as CrmReply);
    },
    nowMs: () => nowMs,
    log: { ...silentLog, warn: (_facts: object, text: string) => void warnings.push(text) },
  });
  return { send, asked, warnings, pass: (ms: number) => void (nowMs += ms) };
}

const delivered: CrmSent = { kind: 'delivered' };

describe('vTiger: what an empty 5xx means', () => {
  it('P6: SalesPlatform without its module SPNotifications stores and then answers 500: found out with the fifth call', async () => {
    const crm = open('vtiger-sp', { DialBegin: answer(500), DialAnswer: answer(500), Nothing: answer(200) });
    for (let call = 1; call < storingCallsMin; call++) {
      assert.equal((await crm.send(ringing(call))).kind, 'ambiguous');
      assert.equal((await crm.send(ringing(call))).kind, 'ambiguous', 'a call counts once, however often it is tried');
      assert.equal((await crm.send(talking(call))).kind, 'ambiguous');
    }
    assert.deepEqual(crm.asked.slice(0, 3), ['DialBegin', 'Nothing', 'DialBegin'], 'once more, because it might have failed by chance');
    crm.asked.length = 0;
    assert.deepEqual(await crm.send(ringing(storingCallsMin)), delivered);
    assert.deepEqual(crm.asked, ['DialBegin', 'DialBegin']);
    assert.deepEqual([await crm.send(talking(storingCallsMin)), await crm.send(ringing(1))], [delivered, delivered]);
    crm.asked.length = 0;
    crm.pass(60_000);
    assert.deepEqual(await crm.send(ringing(9)), delivered);
    assert.deepEqual(crm.asked, ['DialBegin', 'Nothing'], 'and it is looked after again later');
    assert.equal(crm.warnings.length, 1);
  });

  it('CRM-14: a record at which PHP breaks each time teaches nothing about the CRM: it is doubtful, however many messages its calls have', async () => {
    const crm = open('vtiger-sp', { DialBegin: answer(500), DialAnswer: answer(500), Hangup: answer(200), Nothing: answer(200) });
    for (let call = 1; call <= 3 * storingCallsMin; call++) {
      for (const message of [ringing(call), ringing(call, '102'), talking(call)])
        assert.equal((await crm.send(message)).kind, 'ambiguous', String(call));
      // there is no row of it, so that what follows changes nothing, and is answered well
      assert.deepEqual(await crm.send(over(call)), delivered);
    }
    assert.deepEqual(crm.warnings, []);
  });

  it('CRM-14: what was concluded ends with the first good answer for one of its users; who is no user of the CRM says nothing', async () => {
    const crm = open('vtiger-sp', { DialBegin: answer(500), EndCall: answer(500), Hangup: answer(200), Nothing: answer(200) });
    for (let call = 1; call <= storingCallsMin; call++) {
      await crm.send(ringing(call));
      // nothing is stored of who is no user, and that is answered well; but his EndCall changes the rows of the others
      await crm.send([['callstatus', 'EndCall'], ...over(call, '103').slice(1)]);
      await crm.send(over(call, '103'));
    }
    assert.deepEqual(await crm.send(ringing(7, '102')), delivered);
    await crm.send(over(7, '102'));
    assert.equal((await crm.send(ringing(8))).kind, 'ambiguous');
    assert.equal(crm.warnings.length, 1);
  });

  it('CRM-14: on PHP 8 vTiger without its database answers 500 to everything: it is away, and a message with which this began has not been stored', async () => {
    for (const [dialect, message] of [
      ['vtiger', startApp],
      ['vtiger-sp', dialBegin],
    ] as const) {
      const crm = open(dialect, { StartApp: answer(500), DialBegin: answer(500), Nothing: answer(500) });
      assert.equal((await crm.send(message)).kind, 'unsent');
      assert.equal(crm.asked.length, 2, 'the message is not repeated');
    }
  });

  it('CRM-14: a database that goes away later is noticed, also when the CRM is known to answer 500', async () => {
    const crm = open('vtiger-sp', { DialBegin: answer(500), Nothing: [answer(200), answer(500)] });
    for (let call = 1; call <= storingCallsMin; call++) await crm.send(ringing(call));
    assert.equal(crm.warnings.length, 1, 'known');
    crm.pass(1_000);
    assert.equal((await crm.send(ringing(9))).kind, 'unsent');
  });

  it('CRM-15: a StartApp that stock vTiger answers with 500 is not sent again here: each makes a row', async () => {
    const crm = open('vtiger', { StartApp: answer(500), Nothing: answer(200) });
    const sent = await crm.send(startApp);
    assert.deepEqual([sent.kind, sent.kind === 'ambiguous' && sent.isEmpty5xx], ['ambiguous', true]);
    assert.deepEqual(crm.asked, ['StartApp', 'Nothing']);
  });

  it('a message that failed by chance is stored the second time, and nothing is concluded from it', async () => {
    const crm = open('vtiger-sp', { DialBegin: [answer(500), answer(200)], Nothing: answer(200) });
    assert.deepEqual(await crm.send(dialBegin), delivered);
    assert.deepEqual(crm.warnings, []);
  });

  it('accept_5xx says it of stock vTiger too', async () => {
    const crm = open('vtiger', { StartApp: answer(500), Nothing: answer(200) }, { accept_5xx: true });
    assert.deepEqual(await crm.send(startApp), delivered);
    assert.deepEqual(crm.asked, ['StartApp', 'Nothing']);
  });

  it('a gateway in front, an error page, a wrong key and a foreign page mean what they meant, and no question is asked', async () => {
    const cases: readonly (readonly [CrmReply, CrmSent['kind']])[] = [
      [answer(502), 'ambiguous'],
      [answer(500, '<b>Fatal error</b>'), 'ambiguous'],
      [answer(200, '<?xml version="1.0"?><Response><Authentication>Failure</Authentication></Response>'), 'auth'],
      [answer(200, 'Sorry! Attempt to access restricted file.'), 'rejected'],
      [{ kind: 'unsent', problem: 'refused' }, 'unsent'],
      [{ kind: 'cut', problem: 'reset' }, 'ambiguous'],
    ];
    for (const [reply, kind] of cases) {
      const crm = open('vtiger-sp', { DialBegin: reply });
      assert.equal((await crm.send(dialBegin)).kind, kind);
      assert.deepEqual(crm.asked, ['DialBegin']);
    }
  });
});
