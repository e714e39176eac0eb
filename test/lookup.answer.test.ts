/** What an origin's answer means: every row of vicidial-ccc 4.4, right-hand column, and recorded stock answers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { classify } from '../core/cluster/answer.js';
import type { AnswerFormat } from '../core/cluster/peer-request.js';
import { parseCsv } from '../core/cluster/csv.js';
import { formatLead } from '../core/cluster/lead-info.js';
import { leadFields, leadFromFields } from '../core/leads/lead.js';
import { stockLine } from './support/fake-origin.js';

const fields = stockLine.trimEnd().split('|');
const line = (change: Partial<Record<(typeof leadFields)[number], string>>, separator = '|') =>
  `${leadFields.map((name, i) => change[name] ?? fields[i] ?? '').join(separator)}\n`;
const names = `${leadFields.join('|')}\n`;

function read(body: string, format: AnswerFormat = 'pipe', status = 200, allowExtraFields = false) {
  return classify({ status, body }, { format, allowExtraFields });
}
/** `found`, with warnings behind it, or the reason. */
function verdict(...args: Parameters<typeof read>): string {
  const answer = read(...args);
  return answer.found ? ['found', ...answer.warnings].join(' ') : answer.reason;
}
const html = `<!DOCTYPE html><html><body>${'<p>a|b|c|d|501|f</p>'.repeat(4)}</body></html>`;

describe('lookup: answers of an origin (4.4)', () => {
  it('V21: one line of 30 fields is the lead, text as received', () => {
    const answer = read(stockLine);
    assert.deepEqual(answer, { found: true, lead: leadFromFields(fields), warnings: [] });
  });

  const rows: readonly (readonly [what: string, body: string, expected: string, ...rest: unknown[]])[] = [
    ['ERROR of the function, any text', 'ERROR: ccc_lead_info ANYTHING AT ALL IS WRONG HERE: 6666|\n', 'origin-error'],
    ['call not found', 'ERROR: ccc_lead_info CALL NOT FOUND: 6666|\n', 'not-found'],
    ['lead not found, the other shape', 'ERROR: ccc_lead_info LEAD NOT FOUND: |7008|1|\n', 'not-found'],
    ['login incorrect', 'ERROR: Login incorrect, please try again: |6666|x|BAD|\n', 'auth'],
    ['no permission', 'ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |7005|ccc_lead_info|\n', 'auth'],
    ['no permission to get lead info', 'ERROR: ccc_lead_info USER DOES NOT HAVE PERMISSION TO GET LEAD INFO: |7001|0|\n', 'auth'],
    ['locked out', 'ERROR: Too many login attempts, try again in 15 minutes: |7009|LOCK|\n', 'auth'],
    ['address not allowed', 'ERROR: Your IP Address is not allowed: 10.0.0.1: ||IPBLOCK|\n', 'auth'],
    ['header line', names + stockLine, 'found header-line'],
    ['header line alone', names, 'malformed'],
    ['HTML page with 5 bars', html, 'html'],
    ['HTML with exactly 29 bars in its line', `<p>${'x|'.repeat(29)}x</p>`, 'html'],
    ['text with 29 bars that is no lead', `${'word|'.repeat(29)}word`, 'malformed'],
    ['30 characters and 8 fields', 'NEW|6667|554443|SRC9|501|-4.00|1|9998887112\n', 'malformed'],
    ['29 fields', `${fields.slice(0, 29).join('|')}\n`, 'malformed'],
    ['31 fields', `${stockLine.trimEnd()}|more\n`, 'malformed'],
    ['under 30 characters', 'TD|1|2|3|501\n', 'too-short'],
    ['29 bars and nothing else', `${'|'.repeat(29)}\n`, 'too-short'],
    ['empty', '', 'empty'],
    ['only line feeds', '\r\n\n', 'empty'],
    ['lead that holds the error text', line({ comments: 'said ERROR: ccc_lead_info CALL NOT FOUND: 1|'.replace('|', '') }), 'found'],
    ['lead whose status is ERROR:', line({ status: 'ERROR:' }), 'found'],
    ['delimiter inside a name', line({ first_name: 'Bil|ly' }), 'malformed'],
    ['two lines, the first whole', stockLine + line({ first_name: 'Second' }), 'found extra-lines'],
    ['two lines, the first short', `Notice: something\n${stockLine}`, 'malformed'],
    ['line feed inside the comments', line({ comments: 'call\nafter lunch' }), 'malformed'],
    ['no list id', line({ list_id: '' }), 'malformed'],
    ['list id of one digit', line({ list_id: '5' }), 'malformed'],
    ['words in a number column: shifted', line({ gmt_offset_now: 'Billy' }), 'malformed'],
    ['words in called_count: shifted', line({ called_count: 'lunch' }), 'malformed'],
    ['CR LF line end', `${stockLine.trimEnd()}\r\n`, 'found'],
    ['no line end', stockLine.trimEnd(), 'found'],
    ['line feeds before the data', `\n\n${stockLine}`, 'found'],
    ['byte order mark', `\uFEFF${stockLine}`, 'found'],
    ['status empty', line({ status: '' }), 'found'],
    ['quotes, backslash, back-tick', line({ last_name: `O'Re"il\\ly\``, owner: 'x\\' }), 'found'],
  ];
  for (const [what, body, expected] of rows) it(`200, ${what}: ${expected}`, () => assert.equal(verdict(body), expected));

  for (const [format, separator] of [
    ['csv', ','],
    ['tab', '\t'],
    ['newline', '\n'],
  ] as const) {
    it(`200, ${format} data: A only when the container declares it`, () => {
      const body = line({}, separator);
      assert.equal(verdict(body, 'pipe'), 'malformed');
      assert.deepEqual(read(body, format), { found: true, lead: leadFromFields(fields), warnings: [] });
      assert.equal(verdict(leadFields.join(separator) + '\n' + body, format), 'found header-line');
      assert.equal(verdict(stockLine, format), 'malformed');
    });
    it(`${format}: first and last field may be empty`, () => {
      const answer = read(line({ status: '', owner: '' }, separator), format);
      assert.ok(answer.found);
      assert.equal(answer.lead.list_id, '501');
      assert.equal(answer.lead.owner, '');
    });
  }

  it('csv: a comma inside a value shifts, so it is refused; quoted csv keeps it', () => {
    const lead = leadFromFields(fields.map((f) => (f === 'Largo' ? 'Largo, "FL"\nUSA' : f)));
    assert.equal(verdict(line({ city: 'Largo, FL' }, ','), 'csv'), 'malformed');
    assert.deepEqual(read(formatLead(lead, 'csvq', true), 'csvq'), { found: true, lead, warnings: ['header-line'] });
    assert.deepEqual(parseCsv('a,"b'), undefined);
    assert.deepEqual(parseCsv('a,\r\n"",b\n'), [
      ['a', ''],
      ['', 'b'],
    ]);
  });

  it('json: an object with the 30 names; a peer that does not know it answers with pipes', () => {
    const lead = leadFromFields(fields);
    assert.deepEqual(read(formatLead(lead, 'json', false), 'json'), { found: true, lead, warnings: [] });
    assert.deepEqual(read(JSON.stringify({ lead: { ...lead, rank: 3, comments: null } }), 'json'), {
      found: true,
      lead: { ...lead, rank: '3', comments: '' },
      warnings: [],
    });
    assert.equal(verdict(stockLine, 'json'), 'found not-json');
    assert.equal(verdict('{"error":"ccc_lead_info CALL NOT FOUND"}', 'json'), 'not-found');
    assert.equal(verdict('{"status":"NEW"}', 'json'), 'malformed');
    assert.equal(verdict('{"status"', 'json'), 'malformed');
    assert.equal(verdict('[1,2]', 'json'), 'malformed');
    assert.equal(verdict(JSON.stringify({ ...lead, city: { $gt: '' } }), 'json'), 'malformed');
  });

  it('more than 30 fields only if the profile says so; they are cut', () => {
    const answer = read(`${stockLine.trimEnd()}|more|and more\n`, 'pipe', 200, true);
    assert.deepEqual(answer, { found: true, lead: leadFromFields(fields), warnings: ['extra-fields'] });
  });

  for (const status of [301, 302, 400, 404, 418, 429]) {
    it(`${status}: not found, even with good data`, () => assert.equal(verdict(stockLine, 'pipe', status), 'http-status'));
  }
  for (const status of [401, 403]) it(`${status}: auth`, () => assert.equal(verdict('', 'pipe', status), 'auth'));

  it('5xx with one valid line is A with a warning (PHP 8.1 and newer); anything else B', () => {
    assert.equal(verdict(stockLine, 'pipe', 500), 'found status-5xx');
    assert.equal(verdict('', 'pipe', 500), 'http-status');
    assert.equal(verdict(html, 'pipe', 502), 'http-status');
    assert.equal(verdict(stockLine + stockLine, 'pipe', 500), 'http-status');
    assert.equal(verdict('ERROR: ccc_lead_info CALL NOT FOUND: 6666|\n', 'pipe', 500), 'http-status');
  });
});

describe('lookup: recorded stock answers', () => {
  interface Recorded {
    readonly id: string;
    readonly what: string;
    readonly stage: AnswerFormat;
    readonly status: number;
    readonly body: string;
    readonly want: string;
  }
  const recorded = JSON.parse(readFileSync(new URL('fixtures/lookup/stock-answers.json', import.meta.url), 'utf8')) as Recorded[];
  for (const { id, what, stage, status, body, want } of recorded) {
    it(`${id}: ${what} → ${want}`, () => assert.equal(verdict(body, stage, status).split(' ')[0], want));
  }
});

describe('lookup: any answer', () => {
  const formats = fc.constantFrom<AnswerFormat[]>('pipe', 'csv', 'tab', 'newline', 'json', 'csvq');

  it('W-12: never throws, and a lead found always has 30 fields and a list id', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.string(), { maxLength: 40 }).map((parts) => parts.join('|')),
      fc.json(),
    );
    fc.assert(
      fc.property(noise, formats, fc.integer({ min: 100, max: 599 }), fc.boolean(), (body, format, status, extra) => {
        const answer = read(body, format, status, extra);
        if (!answer.found) return;
        assert.equal(Object.keys(answer.lead).length, leadFields.length);
        assert.match(answer.lead.list_id, /\d\d/);
      }),
    );
  });

  it('what our own API writes is read back the same, whatever the values (safe separators aside)', () => {
    const value = fc
      .string({ unit: fc.constantFrom('a', 'é', '😀', "'", '"', '\\', '`', ' ', '-'), maxLength: 12 })
      .map((text) => text.trim());
    const arbitrary = fc.array(value, { minLength: 30, maxLength: 30 }).map((values) => ({
      ...leadFromFields(values),
      ...{
        status: 'NEW',
        list_id: '501',
        gmt_offset_now: '-4.00',
        called_count: '7',
        rank: '3',
        phone_number: '9998887112',
        address1: '12 Main Street',
      },
    }));
    fc.assert(
      fc.property(arbitrary, formats, fc.boolean(), (lead, format, header) => {
        const answer = read(formatLead(lead, format, header), format);
        assert.ok(answer.found, answer.found ? '' : answer.reason);
        assert.deepEqual(answer.lead, lead);
      }),
    );
  });
});
