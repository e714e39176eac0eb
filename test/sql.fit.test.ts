import assert from 'node:assert/strict';
import fc from 'fast-check';
import { leadFields } from '../core/leads/lead.js';
import type { LeadText } from '../core/leads/lead.js';
import { fitDate, fitDateTime, fitHours, fitInteger, fitText, twoDecimals } from '../sql/fit.js';
import type { Charset } from '../sql/fit.js';
import { leadRow, leadText } from '../sql/lead-row.js';
import { emptyLead, sampleLead } from './support/sample-lead.js';

describe('AGI-7: fitting texts', () => {
  const fit = (text: string, charsMax: number, charset: Charset = 'utf8mb4') => fitText(text, { charsMax, charset });

  it('keeps what fits, also without ASCII', () => {
    for (const text of ['', 'abc', 'Zoë', '😀', 'a\tb\r\n', '\'"\\,|']) assert.deepEqual(fit(text, 20), { value: text, cut: false });
  });

  it('cuts by characters: an emoji is one', () => {
    assert.deepEqual(fit('😀😀😀', 2), { value: '😀😀', cut: true });
    assert.deepEqual(fit('abc', 2), { value: 'ab', cut: true });
    assert.deepEqual(fit('😀😀', 3), { value: '😀😀', cut: false });
    assert.deepEqual(fit('abc', 0), { value: '', cut: true });
  });

  it('drops NUL and lone surrogates', () => {
    assert.deepEqual(fit('a\0b', 9), { value: 'ab', cut: true });
    assert.deepEqual(fit('a\ud83db', 9), { value: 'ab', cut: true });
    assert.deepEqual(fit('a\ude00b', 9), { value: 'ab', cut: true });
  });

  it('replaces what the charset of the column lacks', () => {
    const text = 'é€Ж中😀';
    assert.equal(fit(text, 9, 'utf8mb4').value, text);
    assert.equal(fit(text, 9, 'utf8mb3').value, 'é€Ж中?');
    assert.equal(fit(text, 9, 'latin1').value, 'é€???');
    assert.equal(fit(text, 9, 'ascii').value, '?????');
    assert.equal(fit(text, 9, 'other').value, text); // the database converts
    assert.equal(fit('\x81\x80', 9, 'latin1').value, '\x81?');
  });

  it('always ends within the limit, well formed, and says when something was lost', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.nat(20),
        fc.constantFrom<Charset>('utf8mb4', 'utf8mb3', 'latin1', 'ascii'),
        (text, charsMax, charset) => {
          const { value, cut } = fit(text, charsMax, charset);
          assert.ok(Array.from(value).length <= charsMax);
          assert.ok(!value.includes('\0') && !/[\ud800-\udfff]/u.test(value));
          assert.equal(cut, value !== text);
        },
      ),
    );
  });
});

describe('AGI-7: fitting numbers and dates', () => {
  it('whole numbers', () => {
    const fit = (text: string) => fitInteger(text, -5, 100, 7);
    assert.deepEqual(
      ['', ' 42 ', '007', '+3', '-5', '4.6', '101', '-6', '1e2', 'abc', '12abc', '0x10', '-0'].map((text) => {
        const { value, cut } = fit(text);
        return [text, value, cut];
      }),
      [
        ['', 7, false],
        [' 42 ', 42, false],
        ['007', 7, false],
        ['+3', 3, false],
        ['-5', -5, false],
        ['4.6', 5, false],
        ['101', 100, true],
        ['-6', -5, true],
        ['1e2', 7, true],
        ['abc', 7, true],
        ['12abc', 7, true],
        ['0x10', 7, true],
        ['-0', 0, false],
      ],
    );
  });

  it('hours from Greenwich', () => {
    assert.deepEqual(
      ['', '-4', '-4.00', '5.5', '100', '-100', '5.754', 'x', '-0.001'].map((text) => [text, fitHours(text).value, fitHours(text).cut]),
      [
        ['', '0.00', false],
        ['-4', '-4.00', false],
        ['-4.00', '-4.00', false],
        ['5.5', '5.50', false],
        ['100', '99.99', true],
        ['-100', '-99.99', true],
        ['5.754', '5.75', false],
        ['x', '0.00', true],
        ['-0.001', '0.00', false],
      ],
    );
    assert.equal(twoDecimals(-0), '0.00');
  });

  it('dates: empty and zero are NULL without loss, what is none is NULL with loss', () => {
    const none = { value: null, cut: false };
    const lost = { value: null, cut: true };
    for (const text of ['', '0000-00-00', '0000-00-00 00:00:00', ' ']) assert.deepEqual(fitDate(text), none, text);
    for (const text of ['2026-02-29', '1980-00-00', '2026-13-01', '0999-01-01', 'yesterday', '29.02.1980', '2026-1-1'])
      assert.deepEqual(fitDate(text), lost, text);
    assert.deepEqual(fitDate('2024-02-29'), { value: '2024-02-29', cut: false });
    assert.deepEqual(fitDate('2000-02-29'), { value: '2000-02-29', cut: false });
    assert.deepEqual(fitDate('1900-02-29'), lost);
    assert.deepEqual(fitDate('1980-02-29 14:00:00'), { value: '1980-02-29', cut: true });
    assert.deepEqual(fitDateTime('2026-11-20T14:53:27'), { value: '2026-11-20 14:53:27', cut: false });
    assert.deepEqual(fitDateTime('2026-11-20'), { value: '2026-11-20 00:00:00', cut: false });
    assert.deepEqual(fitDateTime('2026-11-20 24:00:00'), lost);
    assert.deepEqual(fitDateTime('2026-11-20 14:60:00'), lost);
  });
});

describe('lead rows', () => {
  const columns = Object.fromEntries(leadFields.map((field) => [field, { charsMax: 10, charset: 'utf8mb4' as const }]));

  it('a good lead loses nothing and keeps its order', () => {
    const wide = Object.fromEntries(leadFields.map((field) => [field, { charsMax: 255, charset: 'utf8mb4' as const }]));
    const { values, cut } = leadRow(sampleLead, wide);

    assert.deepEqual(cut, []);
    assert.deepEqual(leadText(Object.fromEntries(leadFields.map((field, i) => [field, values[i] ?? null]))), sampleLead);
  });

  it('an empty lead: defaults for numbers, NULL for dates, U', () => {
    const row = Object.fromEntries(leadFields.map((field, i) => [field, leadRow(emptyLead, columns).values[i]]));
    assert.deepEqual(
      [row['list_id'], row['called_count'], row['rank'], row['gmt_offset_now'], row['gender'], row['date_of_birth'], row['email']],
      [0, 0, 0, '0.00', 'U', null, ''],
    );
  });

  it('a list id is never clamped to another list', () => {
    for (const list_id of ['18446744073709551615', '-1', 'x']) {
      const { values, cut } = leadRow({ ...emptyLead, list_id }, columns);
      assert.deepEqual([values[4], cut], [0, ['list_id']]);
    }
  });

  it('no text whatever makes it throw', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 30, maxLength: 30 }), (texts) => {
        const lead = Object.fromEntries(leadFields.map((field, i) => [field, texts[i] ?? ''])) as LeadText;
        const { values } = leadRow(lead, columns);
        assert.equal(values.length, 30);
      }),
    );
  });
});
