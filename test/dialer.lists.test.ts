/**
 * Rows of contact lists (dialer.md B7; feature B49): formats, columns, numbers, fields, and every slip of a file
 * as a problem with its line and a code.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { columnsOf, type ColumnMapping } from '../core/dialer/list-columns.js';
import { kindOf, separatorOf } from '../core/dialer/list-format.js';
import { readNumber, type NumberWish } from '../core/dialer/list-number.js';
import { listNumberRules } from '../core/dialer/list-plan.js';
import { createCsvRecords, createJsonRecords, recordLimits, type ListRecord, type SourceLine } from '../core/dialer/list-records.js';
import { createRowReader, rowLimits, type Row, type RowOptions } from '../core/dialer/list-rows.js';
import { timeOf } from '../core/dialer/list-values.js';
import { regionOfPostalCode } from '../core/dialer/postal-regions.js';
import { csvRecord } from '../core/reports/csv.js';
import { createDigestIds } from '../sidecar/list-ids.js';

const linesOf = (text: string): SourceLine[] => {
  let end = 0;
  return text.split('\n').map((line, i) => ({ text: line.replace(/\r$/, ''), line: i + 1, end: (end += Buffer.byteLength(line) + 1) }));
};

function csv(text: string, separator = ',', limits = recordLimits): ListRecord[] {
  const reader = createCsvRecords({ separator, quote: '"' }, limits);
  return [...linesOf(text).flatMap((line) => reader.push(line)), ...reader.end()];
}

const cells = (record: ListRecord | undefined): unknown =>
  record?.content.kind === 'cells' ? record.content.cells : record?.content.kind === 'problem' ? record.content.code : undefined;

const berlin: NumberWish = { country: 'DE', form: 'auto', dial: 'e164' };

interface Given extends Partial<RowOptions> {
  readonly head: readonly string[];
  readonly mapping?: ColumnMapping;
}

function reader({ head, ...options }: Given) {
  const columns = columnsOf(head, options.mapping);
  assert.ok(columns.ok, JSON.stringify(columns));
  return createRowReader(
    {
      campaign: { id: 'c1', mode: 'PROGRESSIVE' },
      listId: 7,
      number: berlin,
      timeZone: 'Europe/Berlin',
      priority: 5,
      startTimeMs: undefined,
      endTimeMs: undefined,
      mapping: {},
      isEachLineOne: false,
      fileKey: 'f',
      columns: columns.uses,
      ...options,
    },
    { numbers: listNumberRules, idOf: createDigestIds() },
  );
}

const record = (values: readonly string[], line = 2): ListRecord => ({
  line,
  end: 0,
  original: '',
  content: { kind: 'cells', cells: values },
});

function row(head: readonly string[], values: readonly string[], options: Partial<RowOptions> = {}): Row {
  return reader({ head, ...options })(record(values));
}

function contactOf(given: Row) {
  assert.ok(given.ok, JSON.stringify(given));
  return given.contact;
}

function codeOf(given: Row): string {
  assert.ok(!given.ok, 'a problem was expected');
  return `${given.problem.field}: ${given.problem.code}`;
}

describe('dialer: lists, records', () => {
  it('RFC 4180: quotes, doubled quotes, separators and line breaks inside of them', () => {
    const text = 'a,b,c\r\n1,"x, ""y""",\r\n2,"two\r\nlines",z\r\n';
    assert.deepEqual(csv(text).map(cells), [
      ['a', 'b', 'c'],
      ['1', 'x, "y"', ''],
      ['2', 'two\nlines', 'z'],
    ]);
    assert.deepEqual(
      csv(text).map(({ line }) => line),
      [1, 2, 3],
    );
  });

  it('what a writer wrote is read back, in every separator', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'ß', '"', ',', ';', '\t', '\n', "'", '=', '+', ' ', '|') });
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 6 }), { maxLength: 20 }),
        fc.constantFrom(',', ';', '\t', '|'),
        (rows, separator) => {
          const quoted = (one: string): string => `"${one.replaceAll('"', '""')}"`;
          const text = rows.map((one) => one.map(quoted).join(separator)).join('\n');
          // a record of empty cells alone is still one, since it has quotes
          assert.deepEqual(csv(text, separator, { linesMax: 10_000, charsMax: 1_000_000 }).map(cells), rows);
        },
      ),
    );
  });

  it('our own reports and exports are read back, with the apostrophe before what a spreadsheet would take for a formula', () => {
    const text = csvRecord(['number', 'name']) + csvRecord(['+49301234567', '=SUM(A1)']);
    const [head, first] = csv(text.trimEnd());
    assert.deepEqual(cells(head), ['number', 'name']);
    const contact = contactOf(reader({ head: ['number', 'name'] })(first ?? record([])));
    assert.equal(contact.customerNumber, '+49301234567');
    assert.deepEqual(contact.data, { name: '=SUM(A1)' });
  });

  it('a quote that is never closed costs its own line, not those behind it', () => {
    const text = ['a,b', '1,"x', '2,y', '3,z', '4,"w"', '5,v'].join('\n');
    assert.deepEqual(
      csv(text).map((one) => [one.line, cells(one)]),
      [
        [1, ['a', 'b']],
        [2, 'quote'],
        [3, ['2', 'y']],
        [4, ['3', 'z']],
        [5, ['4', 'w']],
        [6, ['5', 'v']],
      ],
    );
  });

  it('a record in quotes has at most so many lines and characters', () => {
    const body = Array.from({ length: 20 }, (_, i) => `l${String(i)}`).join('\n');
    const found = csv(`1,"${body}"`, ',', { linesMax: 5, charsMax: 1_000 });
    assert.equal(cells(found[0]), 'quote');
    assert.equal(found.length, 20, 'each line is told or read by itself');
  });

  it('empty lines are no records; the place behind each record is that of its last line', () => {
    const found = csv('a,b\n\n  \n1,2\n');
    assert.deepEqual(
      found.map(({ line, end }) => [line, end]),
      [
        [1, 4],
        [4, 12],
      ],
    );
  });

  it('JSON: one object in each line, anything else is a problem of its line', () => {
    const given = createJsonRecords();
    const found = linesOf('{"number":"+49301234567"}\n[1]\n{"a":\n\nnull').flatMap((line) => given.push(line));
    assert.deepEqual(
      found.map(({ line, content }) => [line, content.kind]),
      [
        [1, 'object'],
        [2, 'problem'],
        [3, 'problem'],
        [5, 'problem'],
      ],
    );
  });

  it('the format is found by the begin of the file', () => {
    const kind = (text: string | readonly number[]) => kindOf(Buffer.from(text as string));
    assert.deepEqual(kind('number;name'), { format: 'csv', markBytes: 0 });
    assert.deepEqual(kind('\ufeffnumber'), { format: 'csv', markBytes: 3 });
    assert.deepEqual(kind(' \n{"a":1}'), { format: 'ndjson', markBytes: 0 });
    assert.deepEqual(kind('[{"a":1}]'), { format: 'json', markBytes: 0 });
    assert.equal(kind([0x50, 0x4b, 3, 4, 0]), 'spreadsheet');
    assert.equal(kind([0xff, 0xfe, 0x61, 0]), 'utf-16');
    assert.equal(kind([0x61, 0, 0x62]), 'binary');
    assert.equal(kind('number\r+4930\r'), 'old-lines', 'it would be one head line');
    assert.deepEqual(kind('number\r\n+4930'), { format: 'csv', markBytes: 0 });
    assert.equal(kind(' \n'), 'empty');
    assert.deepEqual(
      ['a,b', 'a;b,c;d', 'a\tb', 'one', '"a;b;c",d'].map((line) => separatorOf(line, '"')),
      [',', ';', '\t', ',', ','],
    );
  });
});

describe('dialer: lists, columns', () => {
  const uses = (names: readonly string[], mapping?: ColumnMapping): unknown => {
    const found = columnsOf(names, mapping);
    if (!found.ok) return found.problem.code;
    return found.uses.map((use) =>
      use.kind === 'field'
        ? use.field
        : use.kind === 'number'
          ? `number${String(use.place)}`
          : use.kind === 'data'
            ? `data:${use.name}`
            : '-',
    );
  };

  it('names and aliases are found whatever their letters, blanks and marks; VICIdial has its own', () => {
    assert.deepEqual(uses(['Phone Number', 'Vendor_Lead_Code', 'TZ', 'Alt Phone', 'First Name']), [
      'number',
      'id',
      'time_zone',
      'number10',
      'data:First Name',
    ]);
    assert.deepEqual(uses(['phone1', 'phone2', 'Phone3', 'mobile']), ['number', 'number2', 'number3', 'data:mobile']);
  });

  it('of two columns for one field the better name counts, the other is data', () => {
    assert.deepEqual(uses(['id', 'external_id', 'number']), ['data:id', 'id', 'number']);
  });

  it('a mapping goes first, and is checked', () => {
    assert.deepEqual(uses(['Nummer', 'Kunde', 'x'], { number: 'Nummer', 'data:name': 'Kunde', '-1': 'x' }), ['number', 'data:name', '-']);
    assert.equal(uses(['a'], { number: 'b' }), 'unknown-column');
    assert.equal(uses(['a'], { nummer: 'a' }), 'unknown-field');
    assert.equal(uses(['a'], { number: 'a', id: 'a' }), 'twice');
    assert.equal(uses(['name', 'city']), 'no-number-column');
    assert.equal(uses(Array.from({ length: 201 }, (_, i) => `c${String(i)}`)), 'too-many-columns');
  });

  it('equal names get data of their own, empty ones a number', () => {
    assert.deepEqual(uses(['number', 'note', 'note', '']), ['number', 'data:note', 'data:note_2', 'data:column4']);
  });
});

describe('dialer: lists, numbers', () => {
  const read = (text: string, wish: Partial<NumberWish> = {}): string => {
    const number = readNumber(text, { ...berlin, ...wish }, listNumberRules);
    return 'wrong' in number ? number.wrong : `${number.dialled} ${number.key}`;
  };

  const good: readonly (readonly [string, string, Partial<NumberWish>?])[] = [
    ['030 123 45 67', '+49301234567 49301234567'],
    ['+49 (0)30 / 1234567', '+49301234567 49301234567'],
    ['0049-30-1234567', '+49301234567 49301234567'],
    ['+1 (212) 555-0123', '+12125550123 12125550123'],
    ["'+49301234567", '+49301234567 49301234567'],
    ['\u00a0030\u202f1234567', '+49301234567 49301234567'],
    ['(212) 555-0123', '+12125550123 12125550123', { country: 'US' }],
    ['1-212-555-0123', '+12125550123 12125550123', { country: 'US' }],
    ['011 49 30 1234567', '+49301234567 49301234567', { country: 'US' }],
    ['06 12 34 56 78', '+33612345678 33612345678', { country: 'FR' }],
    ['011 15 2345-6789', '+5491123456789 5491123456789', { country: 'AR' }],
    ['49301234567', '+49301234567 49301234567', { form: 'international' }],
    ['030 1234567', '49301234567 49301234567', { dial: 'digits' }],
    ['030 1234567', '0301234567 49301234567', { dial: 'given' }],
    ['49301234567', '49301234567 49301234567', { country: '' }],
    ['4711', '4711 4711', { country: '' }],
    ['*97#', '*97# 97'],
    // a feature code around a number does not hide whose number it is from lists of numbers not to be called
    ['*31#030 1234567', '*31#0301234567 49301234567'],
    ['0301234567#', '0301234567# 49301234567'],
    ['+49301234567#', '+49301234567# 49301234567'],
    ['0049301234567#', '0049301234567# 49301234567', { country: '' }],
  ];
  for (const [text, expected, wish = {}] of good)
    it(`B49: "${text}" ${Object.values(wish).join(' ')} is read as ${expected}`, () => assert.equal(read(text, wish), expected));

  const bad: readonly (readonly [string, string, Partial<NumberWish>?])[] = [
    ['4.91512E+11', 'scientific-notation'],
    ['4,91512E+11', 'scientific-notation'],
    ['493012345678.0', 'decimal'],
    ['301234567', 'lost-prefix'],
    ['49301234567', 'lost-prefix'],
    ['612345678', 'lost-prefix', { country: 'FR' }],
    ['030 1234567 ext 12', 'extension'],
    ['030 1234567 x12', 'extension'],
    ['+49 30', 'not-a-number'],
    ['+99912345678', 'not-a-number'],
    ['555-0123', 'not-a-number', { country: 'US' }],
    ['unknown', 'characters'],
    ['030 1234567 / 030 7654321', 'not-a-number'],
    ['', 'missing'],
    ["'", 'characters'],
    ['030{1234567}', 'characters'],
    ['0301234567,1', 'characters'],
    ['030\n1234567;exec', 'characters'],
  ];
  for (const [text, expected, wish = {}] of bad)
    it(`B49: ${JSON.stringify(text)} ${Object.values(wish).join(' ')} is refused as ${expected}`, () =>
      assert.equal(read(text, wish), expected));

  it('whatever is given, what would be dialled has the characters of A2 alone', () => {
    const piece = fc.constantFrom(
      '0',
      '49',
      '+',
      '(0)',
      ' ',
      '-',
      '{',
      ',',
      '\n',
      "'",
      '\\',
      '*',
      '#',
      'x',
      '\u0000',
      '\u00a0',
      '12345678',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom('DE', 'US', 'IL', ''), (pieces, country) => {
        const number = readNumber(pieces.join(''), { ...berlin, country }, listNumberRules);
        if (!('wrong' in number)) assert.match(number.dialled, /^\+?[0-9*#]{2,20}$/);
      }),
    );
  });
});

describe('dialer: lists, fields', () => {
  it('B49: all fields of a row', () => {
    const head = ['number', 'phone2', 'id', 'tz', 'state', 'priority', 'start', 'end', 'consent', 'gateway', 'queue', 'name'];
    const values = [
      '030 1234567',
      '0171 1234567',
      'crm-1',
      'Europe/Vienna',
      'be',
      '2',
      '2026-11-30 09:00',
      '2026-11-30',
      'yes',
      'gw1',
      'sales',
      ' Ada ',
    ];
    const contact = contactOf(row(head, values));
    assert.deepEqual(
      { ...contact, id: undefined },
      {
        id: undefined,
        campaignContactId: 'crm-1',
        gatewayId: 'gw1',
        startTimeMs: Date.UTC(2026, 10, 30, 8),
        endTimeMs: Date.UTC(2026, 10, 30, 23),
        priority: 2,
        ivr: undefined,
        routingMode: 'QUEUE',
        resourceId: undefined,
        queueName: 'sales',
        tenantId: undefined,
        zones: ['Europe/Vienna'],
        region: 'DE-BE',
        consentUntilMs: Infinity,
        answeredBefore: false,
        customerNumber: '+49301234567',
        numberKey: '49301234567',
        numbers: ['+491711234567'],
        campaignType: 'AGENT',
        campaignId: 'c1',
        dialingMode: undefined,
        listId: 7,
        data: { name: 'Ada' },
      },
    );
  });

  it('B49: the id is that of campaign and external id, whatever else the row says; without one that of the number', () => {
    const [a, b, c] = [
      row(['id', 'number'], ['1', '030 1234567']),
      row(['id', 'number'], ['1', '030 7654321']),
      row(['id', 'number'], ['2', '030 1234567']),
    ];
    assert.equal(contactOf(a).id, contactOf(b).id);
    assert.notEqual(contactOf(a).id, contactOf(c).id);
    const [d, e] = [row(['number'], ['030 1234567']), row(['number'], ['+49 30 1234567'])];
    assert.equal(contactOf(d).id, contactOf(e).id);
    assert.notEqual(contactOf(d).id, contactOf(row(['number'], ['030 1234567'], { campaign: { id: 'c2', mode: 'IVR' } })).id);
    assert.match(contactOf(d).id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('an external id that may not stand in messages is kept among the data', () => {
    const contact = contactOf(row(['id', 'number'], ['Kunde 1/7', '030 1234567']));
    assert.equal(contact.campaignContactId, undefined);
    assert.deepEqual(contact.data, { external_id: 'Kunde 1/7' });
  });

  it('where numbers may occur twice each line has an id of its own, the same at the next load', () => {
    const read = reader({ head: ['number'], isEachLineOne: true });
    const [a, b, again] = [2, 3, 2].map((line) => contactOf(read(record(['030 1234567'], line))).id);
    assert.notEqual(a, b);
    assert.equal(a, again);
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ['priority', '11', 'priority: priority'],
    ['priority', '1.5', 'priority: priority'],
    ['tz', 'CET+1', 'time_zone: time-zone'],
    ['tz', '+02:00', 'time_zone: time-zone'],
    ['state', 'Bavaria', 'region: region'],
    ['country', 'Germany', 'country: country'],
    ['start', '01/02/2026', 'start_time: time'],
    ['start', '2026-02-30', 'start_time: time'],
    ['consent', 'maybe', 'consent: truth'],
    ['gateway', 'gw 1', 'gateway_id: characters'],
    ['gateway', 'g'.repeat(41), 'gateway_id: length'],
    ['queue', 'a,b', 'queue_name: characters'],
    ['ivr', '*9664}', 'ivr: characters'],
    ['agent', "x'y", 'agent: characters'],
    ['id', 'i'.repeat(101), 'id: id-too-long'],
    ['id', 'a\u0000b', 'id: characters'],
    ['note', 'a\u001bb', 'note: characters'],
    ['note', 'n'.repeat(5_000), ': data-too-large'],
    ['phone2', 'none', 'number2: characters'],
  ];
  for (const [name, value, expected] of bad)
    it(`B49: ${name} "${value.slice(0, 20).replace(/\p{C}/gu, '?')}" is told as "${expected}"`, () =>
      assert.equal(codeOf(row(['number', name], ['030 1234567', value])), expected));

  it('the end must be after the begin; the load gives both where the row does not', () => {
    assert.equal(codeOf(row(['number', 'start', 'end'], ['030 1234567', '2026-11-30', '2026-11-29'])), 'end_time: time-order');
    const contact = contactOf(row(['number'], ['030 1234567'], { startTimeMs: 5, priority: 9 }));
    assert.deepEqual([contact.startTimeMs, contact.priority], [5, 9]);
  });

  it('times are of the zone of the row, else of the list; a date is its whole day, also where the clock changes', () => {
    assert.equal(timeOf('2026-11-30T09:00:00Z', 'Europe/Berlin', 'start'), Date.UTC(2026, 10, 30, 9));
    assert.equal(timeOf('2026-11-30T09:00:00+05:30', 'Europe/Berlin', 'start'), Date.UTC(2026, 10, 30, 3, 30));
    assert.equal(timeOf('1796029200000', 'Europe/Berlin', 'start'), 1_796_029_200_000);
    assert.equal(timeOf('2026-10-25', 'Europe/Berlin', 'start'), Date.UTC(2026, 9, 24, 22));
    assert.equal(timeOf('2026-10-25', 'Europe/Berlin', 'end'), Date.UTC(2026, 9, 25, 23));
  });

  it('consent: yes, no, until when, and the earlier end of two', () => {
    const until = (values: readonly [string, string]): number | undefined =>
      contactOf(row(['number', 'consent', 'consent_until'], ['030 1234567', ...values])).consentUntilMs;
    assert.equal(until(['yes', '']), Infinity);
    assert.equal(until(['no', '2027-01-01']), undefined);
    assert.equal(until(['', '']), undefined);
    assert.equal(until(['2026-12-31', '']), Date.UTC(2026, 11, 31, 23));
    assert.equal(until(['2026-12-31', '2026-12-30']), Date.UTC(2026, 11, 30, 23));
  });

  it('a postal code tells the region where it can', () => {
    const us = { number: { ...berlin, country: 'US' } };
    assert.equal(contactOf(row(['number', 'zip'], ['212-555-0123', '10001-1234'], us)).region, 'US-NY');
    assert.equal(contactOf(row(['number', 'zip'], ['212-555-0123', '2139'], us)).region, 'US-MA', 'lost zero');
    assert.equal(contactOf(row(['number', 'zip', 'state'], ['212-555-0123', '10001', 'FL'], us)).region, 'US-FL', 'what is said counts');
    assert.deepEqual(
      [
        regionOfPostalCode('K1A 0B1', 'CA'),
        regionOfPostalCode('3000', 'AU'),
        regionOfPostalCode('10115', 'DE'),
        regionOfPostalCode('2600', 'AU'),
      ],
      ['CA-ON', 'AU-VIC', undefined, undefined],
    );
  });

  it('more values than columns mean that something is shifted; missing ones are empty', () => {
    assert.equal(codeOf(row(['number', 'name'], ['030 1234567', 'Ada', 'x'])), ': columns');
    assert.ok(row(['number', 'name'], ['030 1234567', 'Ada', '']).ok);
    assert.ok(row(['number', 'name'], ['030 1234567']).ok);
  });

  it('several numbers: none twice, at most so many', () => {
    const contact = contactOf(row(['number', 'phone2', 'phone3'], ['030 1234567', '+49 30 1234567', '0171 1234567']));
    assert.deepEqual(contact.numbers, ['+491711234567']);
    const object = (value: object): Row =>
      reader({ head: ['number'], columns: undefined })({
        line: 1,
        end: 0,
        original: '',
        content: { kind: 'object', object: value as Record<string, unknown> },
      });
    assert.equal(
      codeOf(object({ number: '030 1234567', numbers: Array.from({ length: 11 }, (_, i) => `030 123456${String(i)}`) })),
      'numbers: too-many-numbers',
    );
    const json = contactOf(
      object({ phone: '030 1234567', numbers: ['0171 1234567'], age: 30, vip: true, none: null, data: { city: 'Bonn' } }),
    );
    assert.deepEqual([json.numbers, json.data], [['+491711234567'], { age: '30', vip: 'true', city: 'Bonn' }]);
    assert.equal(codeOf(object({ number: '030 1234567', name: { first: 'Ada' } })), 'name: type');
  });

  it('a problem tells line, field and at most so much of the value', () => {
    const given = reader({ head: ['number'] })(record(['x'.repeat(500)], 42));
    assert.ok(!given.ok);
    assert.equal(given.problem.line, 42);
    assert.equal(given.problem.value.length, rowLimits.shownCharsMax);
  });
});
