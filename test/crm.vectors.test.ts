/** The wire between vTiger and its connector as it was recorded, byte by byte, in both directions (crm-vtiger 2 to 4, 6). */
import assert from 'node:assert/strict';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindingsFileSchema, type CrmBinding } from '../core/crm/binding.js';
import { numberOfClick } from '../core/crm/click-to-call.js';
import { judgeReply } from '../core/crm/vtiger-reply.js';
import type { CrmMessage } from '../core/crm-ports.js';
import type { CrmReply, CrmRequest } from '../sidecar/crm/post.js';
import { createTeller } from '../sidecar/crm/teller.js';
import { endedCall, openCrmDoor, plainBinding, rawDoor, type CrmDoor } from './support/crm-door.js';
import { silentLog, silentMeter } from './support/observers.js';

const key = 's3cr3t%2BKey%2F%26%3D1';

/** As PEAR's HTTP_Request writes it. */
const click = (path: string): string =>
  [
    `POST ${path} HTTP/1.1`,
    'User-Agent: PEAR HTTP_Request class ( http://pear.php.net/ )',
    'Connection: close',
    'Accept-Encoding: gzip',
    'Referer: http://crm.example/index.php',
    'Host: connector.example:5000',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

const tail = `event=OutgoingCall&secret=${key}&from=101&to=%2B7+%28912%29+345-67-89&context=from-internal`;

describe('vTiger vectors: requests of the CRM', () => {
  const doors: CrmDoor[] = [];
  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close();
  });
  async function open(more: object = {}, roots: readonly string[] = []): Promise<CrmDoor> {
    const door = await openCrmDoor({ bindings: [{ ...plainBinding, ...more }], roots });
    doors.push(door);
    return door;
  }

  const places: readonly (readonly [string, string, object])[] = [
    ['as it is set', '/makecall', {}],
    ['a setting that ends in a slash', '//makecall', {}],
    ['a path behind the address', '/vt/makecall', { path_prefix: 'vt' }],
    ['both', '/vt//makecall', { path_prefix: '/vt/' }],
  ];
  for (const [what, path, more] of places)
    it(`P18, CRM-3: click-to-call, ${what}`, async () => {
      const door = await open(more);
      const answer = await rawDoor(door.port, click(`${path}?${tail}`));
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(answer, /\r\nContent-Type: text\/plain; charset=utf-8\r\n/);
      assert.ok(answer.endsWith('\r\n\r\nSuccess\n'), answer);
      assert.deepEqual(door.asked, [{ binding: 'main', from: '101', to: '+7 (912) 345-67-89', context: 'from-internal' }]);
    });

  const numbers: readonly (readonly [wire: string, text: string, verdict: string])[] = [
    ['101', '101', '101'],
    ['sip%3Abob%40example.com', 'sip:bob@example.com', 'uri-not-allowed'],
    ['8+495+123+45+67', '8 495 123 45 67', '84951234567'],
    ['%2B7912%3B345', '+7912;345', 'bad-number'],
    ['%22%26gt%3B%3Cb%3E%3C%2Fb%3E', '"&gt;<b></b>', 'bad-number'],
    ['79123456789%0AX%3A+y', '79123456789\nX: y', 'bad-number'],
    ['%D1%82%D0%B5%D1%81%D1%82', 'тест', 'bad-number'],
  ];
  for (const [wire, text, verdict] of numbers)
    it(`P18, CRM-5: to=${wire} is ${JSON.stringify(text)}: ${verdict}`, async () => {
      const door = await open();
      await rawDoor(door.port, click(`/makecall?event=OutgoingCall&secret=${key}&from=101&to=${wire}&context=from-internal`));
      assert.equal((door.asked as { to: string }[])[0]?.to, text);
      const binding = door.bindings[0];
      assert.ok(binding);
      const number = numberOfClick(binding, text);
      assert.equal(number.ok ? number.number : number.problem, verdict);
    });

  it('CRM-3, CRM-4: what we answer is what the CRM takes for what it is: its whole table of texts, by the body alone', async () => {
    /** vTiger: a trimmed body; empty, `Error` and `Authentication Failure` are failures, all else is success. */
    const shown = (answer: string): boolean =>
      !['', 'Error', 'Authentication Failure'].includes(answer.slice(answer.indexOf('\r\n\r\n') + 4).trim());
    const door = await open();
    assert.equal(shown(await rawDoor(door.port, click(`/makecall?${tail}`))), true);
    door.answer = () => Promise.resolve({ ok: false, code: 'switch-down', status: 503 });
    assert.equal(shown(await rawDoor(door.port, click(`/makecall?${tail}`))), false);
    door.answer = () => Promise.reject(new Error('x'));
    assert.equal(shown(await rawDoor(door.port, click(`/makecall?${tail}`))), false);
    assert.equal(shown(await rawDoor(door.port, click(`/makecall?${tail.replace(key, 'wrong')}`))), false);
    assert.equal(shown(await rawDoor(door.port, click('/makecall?event=OutgoingCall'))), false);
    assert.equal(shown(await rawDoor(door.port, click('/nothing'))), false);
  });

  it('P21: SalesPlatform fetches a recording with the key behind our link: 200 with the three headers that it passes on', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tandem-vectors-'));
    try {
      const file = join(dir, 'a.wav');
      writeFileSync(file, Buffer.alloc(4096, 1));
      const door = await open({}, [dir]);
      door.calls.set('C1', endedCall('C1', [file]));
      const fetched = (path: string): Promise<string> =>
        rawDoor(door.port, `GET ${path} HTTP/1.1\r\nHost: connector.example:5000\r\nAccept: */*\r\nConnection: close\r\n\r\n`);
      const answer = await fetched(`/recording?id=C1&secret=${key}`);
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
      for (const line of ['Content-Type: audio/x-wav', 'Content-Length: 4096', 'Content-Disposition: inline; filename="C1.wav"'])
        assert.ok(answer.includes(`\r\n${line}\r\n`), line);
      assert.equal(answer.length - answer.indexOf('\r\n\r\n') - 4, 4096);
      assert.match(await fetched(`/rec/abc&secret=${key}`), /^HTTP\/1\.1 404 /);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('vTiger vectors: what the CRM is told', () => {
  const sent: CrmRequest[] = [];
  const reply: CrmReply = { kind: 'answer', status: 200, body: '' };
  const bindingOf = (dialect: string): CrmBinding => {
    const [binding] = bindingsFileSchema.parse({ crm: [{ ...plainBinding, dialect }] }).crm;
    assert.ok(binding);
    return binding;
  };

  async function wire(dialect: string, fields: readonly (readonly [string, string])[]): Promise<string> {
    const nothing = (): undefined => undefined;
    const teller = createTeller(bindingOf(dialect), {
      post: (request) => (sent.push(request), Promise.resolve(reply)),
      nowMs: () => 0,
      ownerOf: nothing,
      expectOwner: nothing,
      learn: nothing,
      log: silentLog,
      meter: silentMeter,
    });
    assert.ok(teller);
    await teller.send({ payload: JSON.stringify(fields), event: fields[0]?.[1] ?? '', callId: 'C1', id: 1 } as CrmMessage);
    return sent.at(-1)?.body ?? '';
  }

  const messages: readonly (readonly [string, readonly (readonly [string, string])[], string])[] = [
    [
      'StartApp',
      [
        ['callstatus', 'StartApp'],
        ['callUUID', 'C1'],
        ['channel', 'PJSIP/trunk-00000001'],
        ['callerIdNumber', '79123456789'],
        ['callerIdName', 'Ivan'],
        ['callerId', '79123456789'],
        ['StartTime', '2026-11-21 12:00:00'],
      ],
      'callstatus=StartApp&callUUID=C1&channel=PJSIP%2Ftrunk-00000001&callerIdNumber=79123456789&callerIdName=Ivan&callerId=79123456789&StartTime=2026-11-21%2012%3A00%3A00',
    ],
    [
      'Hangup',
      [
        ['callstatus', 'Hangup'],
        ['callUUID', 'C1'],
        ['causetxt', 'Normal Clearing'],
        ['HangupCause', 'NO ANSWER'],
        ['EndTime', '2026-11-21 12:00:20'],
        ['Duration', '20'],
      ],
      'callstatus=Hangup&callUUID=C1&causetxt=Normal%20Clearing&HangupCause=NO%20ANSWER&EndTime=2026-11-21%2012%3A00%3A20&Duration=20',
    ],
    [
      'Record',
      [
        ['callstatus', 'Record'],
        ['callUUID', 'C1'],
        ['recordinglink', 'http://connector.example:5000/recording?id=C1'],
        ['callerNumber', '101'],
      ],
      'callstatus=Record&callUUID=C1&recordinglink=http%3A%2F%2Fconnector.example%3A5000%2Frecording%3Fid%3DC1&callerNumber=101',
    ],
    [
      'DialBegin',
      [
        ['callstatus', 'DialBegin'],
        ['callUUID', 'C2'],
        ['connectedLineName', 'Main line + 1&2=3'],
      ],
      'callstatus=DialBegin&callUUID=C2&connectedLineName=Main%20line%20%2B%201%262%3D3',
    ],
  ];
  for (const [what, fields, text] of messages)
    it(`P6, P7, P8, P9: ${what} as PHP reads it, signed with the plain key, to the callback`, async () => {
      const body = await wire('vtiger', fields);
      assert.deepEqual(body.split('&').sort(), [...text.split('&'), `vtigersignature=${key}`].sort());
      const asked = sent.at(-1);
      assert.deepEqual([asked?.method, asked?.url], ['POST', 'https://crm.example/modules/PBXManager/callbacks/PBXManager.php']);
      assert.equal(asked?.headers['content-type'], 'application/x-www-form-urlencoded; charset=UTF-8');
      assert.deepEqual(
        [...new URLSearchParams(body)].filter(([name]) => name !== 'vtigersignature'),
        fields.map((pair) => [...pair]),
      );
    });

  const head = '<?xml version="1.0" encoding="utf-8"?>';
  const answers: readonly (readonly [string, number, string, string])[] = [
    [
      'stock, a new inbound call',
      200,
      `${head}<Response><Dial><Authentication>Success</Authentication><Number>SIP/101</Number><Number>SIP/102</Number><Number>SIP/103</Number></Dial></Response>`,
      'delivered',
    ],
    [
      'stock, a new outbound call',
      200,
      `${head}<Response><Dial><Authentication>Success</Authentication><Number>SIP/84951234567@trunk/out</Number></Dial></Response>`,
      'delivered',
    ],
    [
      'stock, nobody may take calls',
      200,
      `${head}<Response><Dial><Authentication>Success</Authentication><ConfiguredNumber>empty</ConfiguredNumber></Dial></Response>`,
      'delivered',
    ],
    ['any other message', 200, '', 'delivered'],
    ['a wrong key', 200, `${head}<Response><Authentication>Failure</Authentication></Response>`, 'auth'],
    [
      'SalesPlatform, StartApp inbound',
      200,
      'Sorry! Attempt to access restricted file. - user_privileges/user_privileges_.php',
      'rejected',
    ],
    ['SalesPlatform’s package after each success', 500, '', 'ambiguous'],
  ];
  for (const [what, status, body, verdict] of answers)
    it(`CRM-14: the answer to ${what} is ${verdict}`, () => assert.equal(judgeReply(status, body).kind, verdict));
});
