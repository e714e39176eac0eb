/** Calls that Tandem places to the customer first, as a CRM is told of them: nothing before a user of it is rung (issue 6, part 1). */
import assert from 'node:assert/strict';
import { gravitelMessages } from '../core/crm/gravitel-messages.js';
import { vtigerMessages } from '../core/crm/vtiger-messages.js';
import type { VtigerBinding } from '../core/crm/vtiger-messages.js';
import { wsMessages } from '../core/crm/ws-rows.js';
import type { ChannelFacts, JournalFact } from '../core/journal/events.js';
import { openJournal, startMs } from './support/journal-drive.js';

const binding = (edition: VtigerBinding['edition']): VtigerBinding => ({
  edition,
  zone: 'UTC',
  internalCalls: 'off',
  missedOwner: '1012',
  rules: [],
  shortNumbers: new Set(),
  knows: (extension) => ['1011', '1012'].includes(extension),
  linkOf: (id) => `https://pbx.example/recording?id=${id}&sig=0`,
});

const channel = (uniqueId: string, name: string, callerNumber?: string): ChannelFacts => ({
  ...{ uniqueId, name, linkedId: uniqueId, callerNumber, callerName: undefined, extension: undefined, isIncoming: false },
});
const customer = channel('call-7', 'PJSIP/trunk-00000001', '491234567');
const agent = (nn: string): ChannelFacts => channel(`leg-${nn}`, `PJSIP/${nn}-0000000a`);
const dialled = (to: ChannelFacts): readonly JournalFact[] => [
  { type: 'channel-created', channel: to },
  { type: 'dial-began', from: undefined, to, dialString: 'x' },
];
const rings = (nn: string): readonly JournalFact[] => [
  { type: 'leg-tied', leg: `leg-${nn}`, to: 'call-7', queue: 'sales', agent: nn },
  ...dialled(agent(nn)),
];
const talks = (nn: string): readonly JournalFact[] =>
  [customer, agent(nn)].map((one) => ({ type: 'bridge-entered', bridge: `B${nn}`, channel: one, swap: undefined }));
const ends = (...all: readonly ChannelFacts[]): readonly JournalFact[] =>
  all.map((one) => ({ type: 'channel-ended', channel: one, cause: 16, sip: undefined }));
const ordered: readonly JournalFact[] = [
  { type: 'announced', uniqueId: 'call-7', origin: 'dialer', binding: '' },
  ...dialled(customer),
  { type: 'recording-started', channel: customer, file: '/r/a.wav' },
];

function told(edition: VtigerBinding['edition'], ...facts: readonly (readonly JournalFact[])[]) {
  const journal = openJournal();
  const all = [...facts.flat(), { type: 'time-passed' } as const];
  const found = all.flatMap((fact, n) =>
    journal.step({ switch: 'alpha', atMs: startMs + n * 1_000, ...fact }).notices.map((notice) => vtigerMessages(binding(edition), notice)),
  );
  const texts = found.flatMap(({ messages }) => messages.map((fields) => fields.map(([name, value]) => `${name}=${value}`).join('&')));
  return { texts, undeliverable: found.flatMap(({ undeliverable }) => undeliverable ?? []) };
}

/** As they were when they were told. */
function notices(...facts: readonly (readonly JournalFact[])[]) {
  const journal = openJournal();
  return [...facts.flat(), { type: 'time-passed' } as const].flatMap((fact, n) => {
    const atMs = startMs + n * 1_000;
    return journal.step({ switch: 'alpha', atMs, ...fact }).notices.map((notice) => ({ notice: structuredClone(notice), atMs }));
  });
}

const statuses = (texts: readonly string[]): readonly string[] => texts.map((text) => /callstatus=(\w+)/.exec(text)?.[1] ?? '');

describe('vTiger and calls that are placed to the customer first', () => {
  it('P6, CRM-15: stock gets the call when its first user is rung, as his outgoing one, and once', () => {
    const { texts } = told('vtiger', ordered, rings('1011'), rings('1012'), talks('1012'), ends(customer, agent('1012'), agent('1011')));
    assert.deepEqual(statuses(texts), ['StartApp', 'DialAnswer', 'Hangup', 'EndCall', 'Record']);
    assert.match(texts[0] ?? '', /channel=SIP\/1011-0&callerIdNumber=1011&callerIdName=491234567&callerId=491234567/);
    assert.match(texts[1] ?? '', /callerid1=1012&callerid2=491234567/);
  });

  it('P6: SalesPlatform gets a row of each user who was rung, outgoing', () => {
    const { texts } = told('vtiger-sp', ordered, rings('1011'), talks('1011'), ends(customer, agent('1011')));
    assert.deepEqual(statuses(texts), ['DialBegin', 'DialAnswer', 'Hangup', 'EndCall', 'Record']);
    assert.match(texts[0] ?? '', /callerIdNumber=1011&dialString=491234567/);
  });

  for (const edition of ['vtiger', 'vtiger-sp'] as const)
    it(`P6: ${edition} hears nothing of a customer who was dialled and for whom nobody was rung: no row for each number of a campaign`, () => {
      assert.deepEqual(told(edition, ordered, ends(customer)), { texts: [], undeliverable: [] });
    });

  it('P6: nor of one for whom only agents without a user in the CRM were rung', () => {
    const { texts } = told('vtiger', ordered, rings('1019'), ends(customer, agent('1019')));
    assert.deepEqual(texts, []);
  });

  it('P6, CRM-15: the web service makes the row when the first user is rung, and it goes to who talks; Gravitel tells of his part only', () => {
    const facts = [ordered, rings('1011'), rings('1012'), talks('1012'), ends(customer, agent('1012'), agent('1011'))];
    const rows = notices(...facts).flatMap(({ notice, atMs }) => wsMessages(binding('vtiger'), notice, atMs));
    assert.deepEqual(
      rows.map(({ event, row }) => `${event} ${row.extension} ${row.fields['direction'] ?? ''} ${row.fields['callstatus'] ?? ''}`),
      [
        'ws.create 1011 outbound ringing',
        ...['in-progress', 'completed', 'completed'].map((status) => `ws.revise 1012 outbound ${status}`),
      ],
    );
    const nobody = notices(ordered, ends(customer));
    assert.ok(nobody.length > 0);
    assert.deepEqual(
      nobody.flatMap(({ notice, atMs }) => wsMessages(binding('vtiger'), notice, atMs)),
      [],
    );
    const gravitel = { ...binding('vtiger'), userOf: (name: string) => name, linkOf: () => undefined };
    assert.deepEqual(
      nobody.flatMap(({ notice }) => gravitelMessages(gravitel, notice).messages),
      [],
    );
    assert.ok(notices(...facts).some(({ notice }) => gravitelMessages(gravitel, notice).messages.length > 0));
  });
});
