/** Whatever a caller, a dialplan or a broken switch puts into a manager event: nothing of it that could inject reaches a CRM (4.5, 11.14, 11.19). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { callEvent } from '../core/crm/call-event.js';
import { vtigerMessages, type VtigerBinding } from '../core/crm/vtiger-messages.js';
import { amiFact } from '../core/journal/ami-facts.js';
import { createJournal } from '../core/journal/journal.js';
import type { JournalNotice } from '../core/journal/notices.js';
import { createRoles } from '../core/journal/roles.js';
import { parsePacket } from '../sidecar/ami-packet.js';
import { hostileTexts } from './support/hostile.js';
import { startMs } from './support/journal-drive.js';

const roles = createRoles({ '1XX': 'PJSIP/${EXT}' });
const binding = (edition: VtigerBinding['edition']): VtigerBinding => ({
  edition,
  zone: 'UTC',
  internalCalls: 'caller',
  missedOwner: '101',
  rules: [],
  shortNumbers: new Set(),
  knows: (extension) => /^1\d\d$/.test(extension),
  linkOf: (id) => `https://pbx.example/recording?id=${encodeURIComponent(id)}&sig=0`,
});

type Texts = Readonly<Record<'number' | 'name' | 'exten' | 'queue' | 'dial' | 'endpoint' | 'id' | 'variable', string>>;

/** A call in which every text that somebody else chooses is hostile; inbound, outbound or internal. */
function told(t: Texts, kind: 'inbound' | 'outbound' | 'internal'): readonly JournalNotice[] {
  const journal = createJournal({ roles, systemOf: (name) => name });
  const from = kind === 'inbound' ? t.endpoint : '101';
  const to = { inbound: '101', outbound: t.endpoint, internal: '102' }[kind];
  const channel = (endpoint: string, n: number, prefix = ''): string =>
    [
      `${prefix}Channel: PJSIP/${endpoint}-0000000${String(n)}`,
      `${prefix}ChannelState: 4`,
      `${prefix}CallerIDNum: ${t.number}`,
      `${prefix}CallerIDName: ${t.name}`,
      `${prefix}Exten: ${t.exten}`,
      `${prefix}Uniqueid: ${t.id}.${String(n)}`,
      `${prefix}Linkedid: ${t.id}.1`,
    ].join('\r\n');
  const events = [
    `Event: Newchannel\r\n${channel(from, 1)}`,
    `Event: QueueCallerJoin\r\nQueue: ${t.queue}\r\n${channel(from, 1)}`,
    `Event: VarSet\r\nVariable: MIXMONITOR_FILENAME\r\nValue: /r/${t.variable}\r\n${channel(from, 1)}`,
    `Event: VarSet\r\nVariable: TANDEM_ORIGIN\r\nValue: ${t.variable}\r\n${channel(from, 1)}`,
    `Event: DialBegin\r\n${channel(from, 1)}\r\n${channel(to, 2, 'Dest')}\r\nDialString: ${t.dial}`,
    `Event: BridgeEnter\r\nBridgeUniqueid: b\r\n${channel(from, 1)}`,
    `Event: BridgeEnter\r\nBridgeUniqueid: b\r\n${channel(to, 2)}`,
    `Event: BlindTransfer\r\nResult: Success\r\nTransfererUniqueid: ${t.id}.2\r\nTransfereeUniqueid: ${t.id}.1\r\nExtension: ${t.exten}\r\nContext: x`,
    `Event: Hangup\r\nCause: 16\r\n${channel(to, 2)}`,
    `Event: Hangup\r\nCause: 16\r\n${channel(from, 1)}`,
  ];
  const notices = events.flatMap((text) => {
    const fact = amiFact(parsePacket(text));
    return fact ? journal.step({ switch: 'alpha', atMs: startMs, ...fact }).notices : [];
  });
  return [...notices, ...journal.step({ switch: 'alpha', atMs: startMs + 1_000, type: 'time-passed' }).notices];
}

const numbers = /^[0-9+*#A-Za-z._-]{1,40}$/;
const label = /^[^\p{C}<>]{0,100}$/u;
const alphabets: Readonly<Record<string, RegExp>> = {
  callUUID: /^[A-Za-z0-9._-]{1,100}$/,
  channel: /^SIP\/(trunk|1\d\d)-0$/,
  callerIdNumber: numbers,
  callerId: numbers,
  callerid1: numbers,
  callerid2: numbers,
  dialString: numbers,
  callerIdNum: /^1\d\d$/,
  callerNumber: /^1\d\d$/,
  callerIdName: label,
  connectedLineName: label,
  recordinglink: /^https:\/\/pbx\.example\/recording\?id=[A-Za-z0-9._-]+&sig=0$/,
};

const text = fc.oneof(
  fc.constantFrom(...Object.values(hostileTexts).map(decoded), "zz' OR '1'='1", '%', '<script>', '"><b>', "79123456789' --"),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 300 }),
);
/** One line of a packet. */
const line = text.map((value) => value.replace(/[\r\n]/g, ''));

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const texts: fc.Arbitrary<Texts> = fc.record({
  number: line,
  name: line,
  exten: line,
  queue: line,
  dial: line,
  endpoint: fc.oneof(fc.constant('trunk'), line),
  id: fc.oneof(fc.constant('1795288462'), line),
  variable: line,
});
const kinds = fc.constantFrom('inbound', 'outbound', 'internal');

describe('CRM: hostile manager events', () => {
  for (const edition of ['vtiger', 'vtiger-sp'] as const)
    it(`CRM-20, 11.14: ${edition}: each field of each message is of its alphabet`, () => {
      let count = 0;
      fc.assert(
        fc.property(texts, kinds, (t, kind) => {
          for (const notice of told(t, kind))
            for (const message of vtigerMessages(binding(edition), notice).messages)
              for (const [name, value] of message) {
                count += 1;
                assert.match(value, alphabets[name] ?? /^[A-Za-z0-9 :-]{0,30}$/, `${name} of ${notice.type}`);
              }
        }),
        { numRuns: 400 },
      );
      assert.ok(count > 2_000, `only ${String(count)} fields were seen`);
    });

  it('CRM-20: as webhooks: numbers, names and ids of their alphabets, and JSON that parses to the same', () => {
    let count = 0;
    fc.assert(
      fc.property(texts, kinds, (t, kind) => {
        for (const notice of told(t, kind))
          for (const event of callEvent(notice, startMs, { linkOf: () => undefined, rules: [], userOf: () => undefined })) {
            count += 1;
            const data = JSON.parse(JSON.stringify(event.data)) as {
              callId: string;
              customer: { number: string; name: string };
              line: { did: string; queue: string };
              legs: { number: string }[];
              origin?: string;
              transfer?: { from: string; to: string };
            };
            assert.match(data.callId, /^[A-Za-z0-9._-]{1,100}$/);
            for (const number of [data.customer.number, data.line.did, ...data.legs.map((leg) => leg.number)])
              assert.match(number, /^[0-9+*#A-Za-z._-]{0,40}$/);
            for (const name of [data.customer.name, data.line.queue, data.origin ?? '']) assert.match(name, label);
            if (data.transfer) assert.match(data.transfer.to, /^[0-9+*#A-Za-z._-]{0,40}$/);
          }
      }),
      { numRuns: 400 },
    );
    assert.ok(count > 500);
  });
});
