/**
 * The CRM that our tests talk to does what the real ones were seen to do: every line of vtiger-vectors 3 and 4 as it was
 * recorded, in its order, and the poll of section 5; but 4.20, a race of the CRM's own processes.
 */
import assert from 'node:assert/strict';
import { bindingOf, messagesOf, tellerOf } from './support/crm-teller.js';
import { openSalesModule, openStockModule, type CrmModule, type CrmRow } from './support/stand-in-rows.js';

const users = ['101', '102', '103'];
const xml = (...numbers: readonly string[]): string =>
  `<?xml version="1.0" encoding="utf-8"?><Response><Dial><Authentication>Success</Authentication>${numbers
    .map((number) => `<Number>${number}</Number>`)
    .join('')}</Dial></Response>`;
const foreign = 'Sorry! Attempt to access restricted file. - user_privileges/user_privileges_.php';

interface Step {
  /** as on the wire, without the key */
  readonly told: string;
  /** body of the answer, empty when absent */
  readonly reply?: string;
  /** All rows afterwards; only these columns are looked at. */
  readonly rows: readonly Partial<CrmRow>[];
}

function walk(module: CrmModule, steps: readonly Step[]): void {
  for (const { told, reply = '', rows } of steps) {
    assert.equal(module.tell(new Map(new URLSearchParams(told))), reply, told);
    assert.deepEqual(
      module.rows.map((row, n) => Object.fromEntries(Object.keys(rows[n] ?? {}).map((name) => [name, row[name as keyof CrmRow]]))),
      rows,
      told,
    );
  }
}

const begin = 'StartTime=2026-11-21%2012%3A00%3A00';
const inbound = (caller: string, id = 'C1'): string =>
  `callstatus=StartApp&callUUID=${id}&channel=PJSIP%2Ftrunk-00000001&callerIdNumber=${caller}&callerIdName=Ivan&callerId=${caller}&${begin}`;
const everybody = xml('SIP/101', 'SIP/102', 'SIP/103');

describe('stand-in CRM: stock, as recorded', () => {
  const stock = (): CrmModule => openStockModule({ users, trunk: 'trunk/out' });
  const ringing = { direction: 'inbound', status: 'ringing', user: '', owner: 'admin' } as const;

  const stories: readonly (readonly [lines: string, steps: readonly Step[]])[] = [
    [
      '1 to 5: a call from begin to recording',
      [
        {
          told: inbound('79123456789'),
          reply: everybody,
          rows: [{ ...ringing, start: '2026-11-21 12:00:00', customer: '79123456789', record: 'Contacts 2' }],
        },
        {
          told: 'callstatus=DialAnswer&callUUID=C1&callerid1=79123456789&callerid2=101',
          rows: [{ status: 'in-progress', user: '101', owner: '101' }],
        },
        { told: 'callstatus=Hangup&callUUID=C1&causetxt=Normal%20Clearing&callerIdNum=101', rows: [{ status: 'completed' }] },
        {
          told: `callstatus=EndCall&callUUID=C1&${begin.toLowerCase()}&endtime=2026-11-21%2012%3A01%3A05&duration=65&billableseconds=60&callerNumber=101`,
          rows: [{ end: '2026-11-21 12:01:05', duration: '65', billed: '60' }],
        },
        {
          told: 'callstatus=Record&callUUID=C1&recordinglink=http%3A%2F%2Fconnector.example%3A5000%2Frecording%3Fid%3DC1&callerNumber=101',
          rows: [{ recording: 'http://connector.example:5000/recording?id=C1' }],
        },
      ],
    ],
    [
      '6, 7: somebody unknown, who is not answered',
      [
        { told: inbound('79990000000'), reply: everybody, rows: [{ ...ringing, record: '' }] },
        {
          told: 'callstatus=Hangup&callUUID=C1&causetxt=Normal%20Clearing&HangupCause=NO%20ANSWER&EndTime=2026-11-21%2012%3A00%3A20&Duration=20',
          rows: [{ status: 'no-answer', end: '2026-11-21 12:00:20', duration: '20' }],
        },
      ],
    ],
    ['8: no number is an arbitrary customer', [{ told: inbound(''), reply: everybody, rows: [{ record: 'Contacts 2' }] }]],
    ...[
      'channel=PJSIP%2F101-00000004&callerIdNumber=101&callerIdName=84951234567',
      'channel=SIP%2F101-00000005&callerIdNumber=84951234567',
    ].map((who, n): readonly [string, readonly Step[]] => [
      `${String(9 + n)}, 11 to 13: outgoing, ${who.slice(0, 10)}: answered, transferred, and by somebody who is no user`,
      [
        {
          told: `callstatus=StartApp&callUUID=C1&${who}&${begin}`,
          reply: xml('SIP/84951234567@trunk/out'),
          rows: [{ direction: 'outbound', user: '101', record: 'Leads 3', customer: '84951234567', owner: 'admin' }],
        },
        {
          told: 'callstatus=DialAnswer&callUUID=C1&callerid1=101&callerid2=84951234567',
          rows: [{ status: 'in-progress', user: '101', owner: '101' }],
        },
      ],
    ]),
    [
      '12, 13: a second answer moves the row, to nobody when he is no user',
      [
        { told: inbound('79123456789'), reply: everybody, rows: [{}] },
        { told: 'callstatus=DialAnswer&callUUID=C1&callerid1=7&callerid2=102', rows: [{ user: '102', owner: '102' }] },
        { told: 'callstatus=DialAnswer&callUUID=C1&callerid1=7&callerid2=79160000000', rows: [{ user: '', owner: '0' }] },
      ],
    ],
    [
      '14, 18: a begin that comes twice makes two rows, and an answer after the end opens both again',
      [
        { told: inbound('79123456789'), reply: everybody, rows: [{}] },
        { told: inbound('79123456789'), reply: everybody, rows: [{ status: 'ringing' }, { status: 'ringing' }] },
        {
          told: 'callstatus=Hangup&callUUID=C1&causetxt=Normal%20Clearing',
          rows: [{ status: 'completed' }, { status: 'completed' }],
        },
        {
          told: 'callstatus=DialAnswer&callUUID=C1&callerid1=7&callerid2=101',
          rows: [{ status: 'in-progress' }, { status: 'in-progress' }],
        },
      ],
    ],
    [
      '15, 21: an unknown call, and a word that stock does not know',
      ['Hangup&causetxt=x', 'EndCall&duration=1', 'Record&recordinglink=x', 'DialBegin&callerIdNumber=7&dialString=101'].map((text) => ({
        told: `callUUID=C9&callstatus=${text}`,
        rows: [],
      })),
    ],
    [
      '16: a link is cut at 200',
      [
        { told: inbound('79123456789'), reply: everybody, rows: [{}] },
        { told: `callstatus=Record&callUUID=C1&recordinglink=${'x'.repeat(260)}`, rows: [{ recording: 'x'.repeat(200) }] },
      ],
    ],
    [
      '17: a time that is none, and none at all',
      [
        { told: inbound('7999').replace(begin, 'StartTime=not%20a%20time'), reply: everybody, rows: [{ start: '0000-00-00 00:00:00' }] },
        { told: inbound('7999').replace(`&${begin}`, ''), reply: everybody, rows: [{}, { start: '' }] },
      ],
    ],
    [
      '20: SQL in the number of the caller',
      [{ told: inbound("zz'%20OR%20'1'='1"), reply: xml("SIP/zz' OR '1'='1@trunk/out"), rows: [{ direction: 'outbound', user: 'admin' }] }],
    ],
  ];
  for (const [lines, steps] of stories) it(`P6, P8: ${lines}`, () => walk(stock(), steps));

  it('P6: 19: whom it takes for the customer', () => {
    const found = ['%2B7%20(912)%20345-67-89', '89123456789', '7912', '7', '%25', 'anonymous'].map((number) => {
      const module = stock();
      module.tell(new Map(new URLSearchParams(inbound(number))));
      return module.rows[0]?.record;
    });
    assert.deepEqual(found, ['Contacts 2', '', 'Contacts 2', 'Contacts 2', 'Contacts 2', '']);
  });
});

const causes: readonly (readonly [text: string, stock: string, sales: string])[] = [
  ['User busy', 'busy', 'busy'],
  ['Call Rejected', 'busy', 'busy'],
  ['Normal Clearing', 'completed', 'completed'],
  ['Unallocated (unassigned) number', 'Unallocated (unassig', 'Unallocated (unassig'],
  ['No user responding', 'No user responding', 'No user responding'],
  ['User alerting, no answer', 'User alerting, no an', 'User alerting, no an'],
  ['Unknown', 'Unknown', 'Unknown'],
  ['Circuit/channel congestion', 'Circuit/channel cong', 'Circuit/channel cong'],
  ['Interworking, unspecified', 'Interworking, unspec', 'Interworking, unspec'],
  ['null', 'ringing', 'ringing'],
  ['', '', 'ringing'],
  ['failed', 'failed', 'failed'],
  ['no-answer', 'no-answer', 'no-answer'],
];
describe('stand-in CRM: cause of the end, as recorded', () => {
  for (const [text, ...words] of causes)
    it(`P8: ${JSON.stringify(text)} is ${words.map((word) => JSON.stringify(word)).join(', SalesPlatform ')}`, () => {
      const modules = [openStockModule({ users }), openSalesModule({ users })];
      const found = modules.map((module, n) => {
        module.tell(new Map(new URLSearchParams(n === 0 ? inbound('79123456789') : rung('101'))));
        module.tell(new Map(Object.entries({ callstatus: 'Hangup', callUUID: n === 0 ? 'C1' : 'C2', causetxt: text })));
        return module.rows[0]?.status;
      });
      assert.deepEqual(found, words);
    });
});

const rung = (dialString: string, caller = '79123456789'): string =>
  `callstatus=DialBegin&callUUID=C2&callerIdNumber=${caller}&dialString=${encodeURIComponent(dialString)}&connectedLineName=Main%20line&${begin}`;

describe('stand-in CRM: SalesPlatform, as recorded', () => {
  const ringing = { direction: 'inbound', status: 'ringing', record: 'Contacts 2', customer: '79123456789', line: 'Main line' } as const;
  const [a, b] = [
    { ...ringing, user: '101', owner: '101' },
    { ...ringing, user: '102', owner: '102' },
  ];
  /** its clock, 12:00:30 */
  const sales = (): CrmModule => openSalesModule({ users, nowMs: () => Date.UTC(2026, 10, 21, 12, 0, 30) });

  it('P6, P8: 1 to 7: a group of two rings, one of them answers', () =>
    walk(sales(), [
      { told: rung('101'), rows: [a] },
      { told: rung('102'), rows: [a, b] },
      { told: rung('101').replace('12%3A00%3A00', '12%3A00%3A09'), rows: [{ ...a, start: '2026-11-21 12:00:00' }, b] },
      {
        told: 'callstatus=DialAnswer&callUUID=C2&callerid1=79123456789&callerid2=102',
        rows: [{ status: 'ringing' }, { status: 'in-progress' }],
      },
      {
        told: 'callstatus=Hangup&callUUID=C2&causetxt=Answered%20elsewhere&callerIdNum=101',
        rows: [{ status: 'Answered elsewhere', end: '2026-11-21 12:00:30', duration: '30' }, { status: 'in-progress' }],
      },
      {
        told: 'callstatus=Hangup&callUUID=C2&causetxt=Normal%20Clearing&callerIdNum=102&EndTime=2026-11-21%2012%3A00%3A31&Duration=31',
        rows: [{ status: 'Answered elsewhere' }, { status: 'completed', end: '2026-11-21 12:00:31', duration: '31' }],
      },
      {
        told: 'callstatus=Hangup&callUUID=C2&causetxt=User%20busy&callerIdNum=79123456789',
        rows: [{ status: 'Answered elsewhere' }, { status: 'completed' }],
      },
    ]));

  it('P9: 8, 9: times and links go to the row of who is named, and to all rows for somebody unknown', () => {
    const both = [
      { told: rung('101'), rows: [{}] },
      { told: rung('102'), rows: [{}, {}] },
    ];
    walk(sales(), [
      ...both,
      { told: 'callstatus=EndCall&callUUID=C2&duration=9&callerNumber=102', rows: [{ duration: '' }, { duration: '9' }] },
      { told: 'callstatus=EndCall&callUUID=C2&duration=8&callerNumber=777', rows: [{ duration: '8' }, { duration: '8' }] },
      { told: 'callstatus=Record&callUUID=C2&recordinglink=x&callerNumber=102', rows: [{ recording: '' }, { recording: 'x' }] },
      { told: 'callstatus=Record&callUUID=C2&recordinglink=y', rows: [{ recording: 'y' }, { recording: 'y' }] },
    ]);
  });

  const dialled: readonly (readonly [line: string, dialString: string, caller: string, rows: readonly Partial<CrmRow>[]])[] = [
    ['10', 'trunk/84951234567', '101', [{ direction: 'outbound', user: '101', record: 'Leads 3', customer: '84951234567' }]],
    ['11', 'PJSIP/84951234567@trunk', '101', [{ direction: 'outbound', customer: '84951234567@trunk', record: '' }]],
    ['12', '101/sip:101@10.0.0.5:5060', '79123456789', []],
    ['13', '101@from-queue', '79123456789', [a]],
    ['13', 'PJSIP/101', '79123456789', [a]],
    ['14', '101', '101', []],
    ['14', '79990000000', '79990000001', []],
    ['14', '', '101', []],
    ['15', '102', '101', [{ direction: 'outbound', user: '101', customer: '102' }]],
    ['19', '101', "zz' OR '1'='1", [{ direction: 'outbound', user: 'admin' }]],
  ];
  for (const [line, dialString, caller, rows] of dialled)
    it(`P6: ${line}: ${JSON.stringify(caller)} dials ${JSON.stringify(dialString)}`, () =>
      walk(sales(), [{ told: rung(dialString, encodeURIComponent(caller)), rows }]));

  it('P6, P7: 16 to 18: StartApp is refused for a caller and makes a row for a user; an answer of nobody is ignored', () =>
    walk(sales(), [
      { told: inbound('79123456789'), reply: foreign, rows: [] },
      {
        told: `callstatus=StartApp&callUUID=C1&channel=PJSIP%2F101-00000004&callerIdNumber=101&callerIdName=84951234567&${begin}`,
        rows: [{ direction: 'outbound', user: '101', customer: '84951234567' }],
      },
      { told: 'callstatus=DialAnswer&callUUID=C1&callerid1=777&callerid2=778', rows: [{ status: 'ringing' }] },
    ]));
});

describe('stand-in CRM: what its browser shows, as recorded', () => {
  const shown = (module: CrmModule): readonly (readonly string[])[] =>
    users.map((user) => module.poll(user).map(({ user: of, status }) => `${of} ${status}`));
  const nowMs = Date.UTC(2026, 10, 21, 12, 0, 30);

  it('P6: 5: stock shows a caller to everybody until somebody has answered', () => {
    const module = openStockModule({ users, nowMs: () => nowMs });
    module.tell(new Map(new URLSearchParams(inbound('79123456789'))));
    assert.deepEqual(shown(module), [[' ringing'], [' ringing'], [' ringing']]);
    module.tell(new Map(new URLSearchParams('callstatus=DialAnswer&callUUID=C1&callerid1=7&callerid2=101')));
    assert.deepEqual(shown(module), [[], [], []]);
  });

  it('P6: 5: SalesPlatform shows each user what rings for him', () => {
    const module = openSalesModule({ users, nowMs: () => nowMs });
    for (const extension of ['101', '103']) module.tell(new Map(new URLSearchParams(rung(extension))));
    module.tell(new Map(new URLSearchParams('callstatus=DialAnswer&callUUID=C2&callerid1=7&callerid2=103')));
    assert.deepEqual(shown(module), [['101 ringing'], [], ['103 in-progress']]);
  });

  it('P6: 5: what rings for more than 300 s by its own clock, also because of a begin in another zone, is missed', () => {
    for (const [zone, status] of [
      ['UTC', 'ringing'],
      ['Europe/Moscow', 'no-response'],
    ] as const) {
      const module = openSalesModule({ users, nowMs: () => nowMs, zone });
      module.tell(new Map(new URLSearchParams(rung('101'))));
      module.poll('101');
      assert.equal(module.rows[0]?.status, status, zone);
    }
    let later = nowMs;
    const module = openStockModule({ users, nowMs: () => later });
    module.tell(new Map(new URLSearchParams(inbound('79123456789'))));
    later += 270_000;
    assert.equal(module.poll('101').length, 1);
    later += 1_000;
    assert.deepEqual([module.poll('101').length, module.rows[0]?.status], [0, 'no-response']);
  });

  for (const [dialect, open] of [
    ['vtiger', openStockModule],
    ['vtiger-sp', openSalesModule],
  ] as const)
    it(`P6, CRM-17: 5: what Tandem says to ${dialect} in its zone is shown while it rings, and goes from there when it is over`, () => {
      const module = open({ users: ['1011', '1012'], nowMs: () => Date.UTC(2026, 10, 21, 12, 0, 5), zone: 'Europe/Moscow' });
      const teller = tellerOf(bindingOf({ dialect, crm_url: 'http://127.0.0.1:1' }));
      const seen = messagesOf(teller, '01-answered-call-full').map(({ payload }) => {
        module.tell(new Map(JSON.parse(payload) as readonly (readonly [string, string])[]));
        return module.poll('1011').map(({ status, customer }) => `${status} ${customer}`);
      });
      const talks = dialect === 'vtiger' ? [] : ['in-progress 1010'];
      assert.deepEqual(seen, [['ringing 1010'], talks, [], [], []]);
    });
});
