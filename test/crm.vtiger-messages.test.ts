import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judgeReply } from '../core/crm/vtiger-reply.js';
import { customerNumber, label } from '../core/crm/values.js';
import { vtigerMessages } from '../core/crm/vtiger-messages.js';
import type { VtigerBinding, VtigerMessage } from '../core/crm/vtiger-messages.js';
import type { JournalEvent, JournalFact } from '../core/journal/events.js';
import { formBody } from '../sidecar/crm/post.js';
import { openJournal, recordedFacts } from './support/journal-drive.js';

const binding = (edition: VtigerBinding['edition'], more: Partial<VtigerBinding> = {}): VtigerBinding => ({
  edition,
  zone: 'Europe/Moscow',
  internalCalls: 'off',
  missedOwner: '',
  rules: [],
  shortNumbers: new Set(['1010']),
  knows: (extension) => ['1011', '1012'].includes(extension),
  linkOf: (id) => `https://pbx.example/recording?id=${id}&sig=0`,
  ...more,
});

const form = (message: VtigerMessage): string => message.map(([name, value]) => `${name}=${value}`).join('&');

/** Every message of a recorded session, as text. */
function told(name: string, to: VtigerBinding): readonly string[] {
  const journal = openJournal();
  const events = recordedFacts(name);
  const last: JournalEvent = { switch: 'alpha', type: 'time-passed', atMs: (events.at(-1)?.atMs ?? 0) + 1_000 };
  return [...events, last].flatMap((event) =>
    journal.step(event).notices.flatMap((notice) => vtigerMessages(to, notice).messages.map(form)),
  );
}

const statuses = (messages: readonly string[]): readonly string[] => messages.map((text) => /callstatus=(\w+)/.exec(text)?.[1] ?? '');

describe('vTiger notifications', () => {
  it('P6, P7, P8, P9: stock, an answered call with a recording, field by field in the zone of the CRM', () => {
    const id = 'alpha-1795288719.175';
    assert.deepEqual(told('01-answered-call-full', binding('vtiger')), [
      `callstatus=StartApp&callUUID=${id}&channel=SIP/trunk-0&callerIdNumber=1010&callerIdName=Phone 1010&callerId=1010&StartTime=2026-11-21 15:00:00`,
      `callstatus=DialAnswer&callUUID=${id}&callerid1=1010&callerid2=1011`,
      `callstatus=Hangup&callUUID=${id}&causetxt=Normal Clearing&EndTime=2026-11-21 15:00:02&Duration=2`,
      `callstatus=EndCall&callUUID=${id}&starttime=2026-11-21 15:00:00&endtime=2026-11-21 15:00:02&duration=2&billableseconds=2`,
      `callstatus=Record&callUUID=${id}&recordinglink=https://pbx.example/recording?id=${id}&sig=0`,
    ]);
  });

  it('P6, P7: SalesPlatform, the same call: bare extensions, the agent in every message that needs him', () => {
    const id = 'alpha-1795288719.175';
    assert.deepEqual(told('01-answered-call-full', binding('vtiger-sp')), [
      `callstatus=DialBegin&callUUID=${id}&callerIdNumber=1010&dialString=1011&connectedLineName=200&StartTime=2026-11-21 15:00:00`,
      `callstatus=DialAnswer&callUUID=${id}&callerid1=1010&callerid2=1011`,
      `callstatus=Hangup&callUUID=${id}&causetxt=Normal Clearing&callerIdNum=1011&EndTime=2026-11-21 15:00:02&Duration=2`,
      `callstatus=EndCall&callUUID=${id}&starttime=2026-11-21 15:00:00&endtime=2026-11-21 15:00:02&duration=2&billableseconds=2&callerNumber=1011`,
      `callstatus=Record&callUUID=${id}&recordinglink=https://pbx.example/recording?id=${id}&sig=0&callerNumber=1011`,
    ]);
  });

  it('P10: after a transfer the stock row goes to the new agent, and SalesPlatform gets a row of his own', () => {
    const stock = told('20-blind-transfer-sip-refer', binding('vtiger'));
    assert.deepEqual(statuses(stock), ['StartApp', 'DialAnswer', 'DialAnswer', 'Hangup', 'EndCall']);
    assert.match(stock[2] ?? '', /callerid2=1012$/);
    const sales = told('20-blind-transfer-sip-refer', binding('vtiger-sp'));
    assert.deepEqual(statuses(sales), ['DialBegin', 'DialAnswer', 'Hangup', 'EndCall', 'DialBegin', 'DialAnswer', 'Hangup', 'EndCall']);
    assert.match(sales[3] ?? '', /callerNumber=1011$/);
    assert.match(sales[7] ?? '', /billableseconds=1&callerNumber=1012$/);
  });

  for (const [how, name] of [
    ['by keys', '24-attended-transfer-dtmf'],
    ['by REFER', '22-attended-transfer-sip-replaces'],
  ] as const)
    it(`P10, CRM-9: who gets the customer by an attended transfer ${how} has the call since then, not from its begin`, () => {
      const sales = told(name, binding('vtiger-sp'));
      const startsOf = (word: string, extension: string): readonly string[] =>
        sales.flatMap((text) =>
          text.startsWith(`callstatus=${word}&`) && new RegExp(`=${extension}(&|$)`).test(text)
            ? (/start(?:time)?=([^&]*)/i.exec(text)?.[1] ?? [])
            : [],
        );
      const [first = ''] = startsOf('EndCall', '1011');
      const [later = ''] = startsOf('EndCall', '1012');
      assert.ok(first < later, sales.join('\n'));
      assert.deepEqual([startsOf('DialBegin', '1011')[0], startsOf('DialBegin', '1012')[0]], [first, later]);
    });

  for (const isBefore of [true, false])
    it(`P11: SalesPlatform: the other telephone of who talks, over ${isBefore ? 'before' : 'after'} the talk began, does not end his row; one rung later does`, () => {
      const journal = openJournal();
      const channelOf = (uniqueId: string, name: string) => ({
        ...{
          uniqueId,
          name,
          linkedId: 'U1',
          callerNumber: '79123456789',
          callerName: undefined,
          extension: '200',
          isIncoming: uniqueId === 'U1',
        },
      });
      const [u1, u2, u3, u4] = ['1010', '1011', '1011', '1011'].map((user, n) =>
        channelOf(`U${String(n + 1)}`, `PJSIP/${user}-0000000${String(n)}`),
      );
      assert.ok(u1 && u2 && u3 && u4);
      const lost: JournalFact = { type: 'channel-ended', channel: u2, cause: 26, sip: undefined };
      const talk = [u3, u1].map((channel): JournalFact => ({ type: 'bridge-entered', bridge: 'B', channel, swap: undefined }));
      const facts: readonly JournalFact[] = [
        { type: 'channel-created', channel: u1 },
        { type: 'dial-began', from: u1, to: u2, dialString: '1011' },
        { type: 'dial-began', from: u1, to: u3, dialString: '1011' },
        ...(isBefore ? [lost, ...talk] : [...talk, lost]),
        { type: 'channel-ended', channel: u3, cause: 16, sip: undefined },
        { type: 'dial-began', from: u1, to: u4, dialString: '1011' },
        { type: 'channel-ended', channel: u4, cause: 17, sip: undefined },
      ];
      const messages = facts.flatMap((fact, n) =>
        journal
          .step({ switch: 'alpha', atMs: n * 1_000, ...fact })
          .notices.flatMap((notice) => vtigerMessages(binding('vtiger-sp'), notice).messages),
      );
      assert.deepEqual(statuses(messages.map(form)), [
        'DialBegin',
        'DialBegin',
        'DialAnswer',
        'Hangup',
        'EndCall',
        'DialBegin',
        'Hangup',
        'EndCall',
      ]);
    });

  it('P12: missed before any operator: stock by its row, SalesPlatform by the owner of missed calls, or said to be undeliverable', () => {
    assert.deepEqual(statuses(told('40-redirect-of-a-waiting-channel', binding('vtiger'))), ['StartApp', 'Hangup', 'EndCall']);
    const owned = told('40-redirect-of-a-waiting-channel', binding('vtiger-sp', { missedOwner: '1012' }));
    assert.deepEqual(statuses(owned), ['DialBegin', 'Hangup', 'EndCall']);
    assert.match(owned[1] ?? '', /causetxt=Normal Clearing&HangupCause=NO ANSWER&callerIdNum=1012&/);
    const journal = openJournal();
    const notices = recordedFacts('40-redirect-of-a-waiting-channel').flatMap((event) => journal.step(event).notices);
    const over = journal.step({ switch: 'alpha', type: 'time-passed', atMs: Date.UTC(2026, 10, 22) }).notices;
    const said = [...notices, ...over].flatMap((notice) => vtigerMessages(binding('vtiger-sp'), notice).undeliverable ?? []);
    assert.deepEqual(
      said.map(({ reason }) => reason),
      ['no agent was rung, and missedOwner is not set'],
    );
  });

  it('internal calls are told where the binding wants them, and nowhere else', () => {
    assert.deepEqual(told('30-click-to-call', binding('vtiger')), []);
    const caller = told('30-click-to-call', binding('vtiger-sp', { internalCalls: 'caller' }));
    assert.match(caller[0] ?? '', /^callstatus=DialBegin&callUUID=[^&]+&callerIdNumber=1011&dialString=1012&/);
  });

  it('an agent whom the CRM does not know is never sent: his row would be taken from everybody', () => {
    const nobody = binding('vtiger', { knows: () => false });
    assert.deepEqual(statuses(told('02-answered-call', nobody)), ['StartApp', 'Hangup', 'EndCall']);
    const silent = told('02-answered-call', binding('vtiger-sp', { knows: () => false }));
    assert.deepEqual(silent, []);
  });

  const outcomes: readonly (readonly [string, string])[] = [
    ['03-busy', 'causetxt=User busy&'],
    ['04-no-answer', 'causetxt=Normal Clearing&HangupCause=NO ANSWER&'],
    ['05-caller-hangs-up-while-ringing', 'causetxt=Normal Clearing&HangupCause=NO ANSWER&'],
  ];
  for (const [name, words] of outcomes)
    it(`P8: ${name} ends with ${words}`, () => {
      for (const edition of ['vtiger', 'vtiger-sp'] as const) {
        const text = told(name, binding(edition)).find((message) => message.startsWith('callstatus=Hangup'));
        assert.ok(text?.includes(words), text);
      }
    });

  it('crm-vtiger 11.14: whatever a caller calls himself, nothing leaves but the alphabet of numbers, and few digits are nobody', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const number = customerNumber(text, [], new Set());
        assert.match(number, /^[0-9+*#A-Za-z._-]{1,40}$/);
        assert.ok(number === 'anonymous' || number.replace(/\D/g, '').length >= 5);
      }),
    );
    assert.equal(customerNumber("zz' OR '1'='1", [], new Set()), 'anonymous');
    assert.equal(customerNumber('%', [], new Set()), 'anonymous');
    assert.equal(customerNumber('+7 (912) 345-67-89', [], new Set()), '+7912345-67-89');
    assert.equal(customerNumber('89123456789', [{ match: /^8(\d{10})$/, replace: '7$1' }], new Set()), '79123456789');
  });

  it('CRM-20: a name is cut between characters, never within one, and a half that was stored before leaves as a replacement', () => {
    const name = `a${'😀'.repeat(60)}`;
    assert.equal(label(name), `a${'😀'.repeat(49)}`);
    assert.equal(decodeURIComponent(formBody([['callerIdName', name.slice(0, 100)]])), `callerIdName=a${'😀'.repeat(49)}\uFFFD`);
  });

  it('CRM-20: a queue or a caller named like JSON is a text for vTiger, which would read it as a list and lock its tables', () => {
    const named = (name: string): readonly string[] => {
      const journal = openJournal();
      const events = recordedFacts('01-answered-call-full').map((event): JournalEvent => {
        if (event.type !== 'channel-created') return event;
        return { ...event, channel: { ...event.channel, extension: name, callerName: name } };
      });
      const messages = events.flatMap((event) =>
        journal
          .step(event)
          .notices.flatMap((notice) => [
            ...vtigerMessages(binding('vtiger'), notice).messages,
            ...vtigerMessages(binding('vtiger-sp'), notice).messages,
          ]),
      );
      return messages.flatMap((message) =>
        message.filter(([key]) => ['callerIdName', 'connectedLineName'].includes(key)).map(([, value]) => value),
      );
    };
    assert.deepEqual(named('[1,2]'), ['(1,2)', '(1,2)']);
    assert.deepEqual(named('{"a":[3]}'), ['("a":(3))', '("a":(3))']);
    assert.deepEqual(named('R&D "main" Продажи'), ['R&D "main" Продажи', 'R&D "main" Продажи']);
  });
});

describe('vTiger answers', () => {
  const document = (inside: string): string => `<?xml version="1.0" encoding="utf-8"?><Response>${inside}</Response>`;
  const failure = document('<Authentication>Failure</Authentication>');
  const dial = document(
    '<Dial><Authentication>Success</Authentication><Number>SIP/101</Number><Number>SIP/8&amp;4@trunk/out</Number></Dial>',
  );
  const cases: readonly (readonly [string, number, string, ReturnType<typeof judgeReply>])[] = [
    ['the failure document is a wrong key, whatever the status', 200, failure, { kind: 'auth' }],
    ['an empty body is success', 200, '', { kind: 'delivered', dial: [] }],
    ['white space is empty', 200, ' \r\n', { kind: 'delivered', dial: [] }],
    ['stock says whom to ring', 200, dial, { kind: 'delivered', dial: ['SIP/101', 'SIP/8&4@trunk/out'] }],
    ['no agent', 200, document('<Dial><ConfiguredNumber>empty</ConfiguredNumber></Dial>'), { kind: 'delivered', dial: [] }],
    ['500 may have been stored', 500, '', { kind: 'ambiguous', detail: '500' }],
    ['404 is another address', 404, 'nope', { kind: 'rejected', detail: '404 nope' }],
    [
      'a foreign text was not stored',
      200,
      'Sorry! Attempt to access restricted file.',
      { kind: 'rejected', detail: 'Sorry! Attempt to access restricted file.' },
    ],
  ];
  for (const [what, status, body, verdict] of cases) it(what, () => assert.deepEqual(judgeReply(status, body), verdict));

  it('a long foreign document is shown short, and without control characters', () => {
    const verdict = judgeReply(200, `\u0007${'x'.repeat(100_000)}`);
    assert.ok(verdict.kind === 'rejected' && verdict.detail.length === 200 && !verdict.detail.includes('\u0007'));
  });
});
