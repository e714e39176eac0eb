/** Parameters as PHP would hand them to VICIdial's page (vicidial-ccc 3.1, API-4, API-7), and what of them may be logged. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeFormText,
  filtered,
  isSent,
  noFields,
  parametersMax,
  parseForm,
  rawValue,
  valueLengthMax,
} from '../core/cluster/parameters.js';
import { loggedUrl, loggedUrlLengthMax, redactQuery } from '../core/cluster/redact.js';

const fields = (query: string, form = '') => ({ query: parseForm(query), form: parseForm(form) });

describe('api parameters', () => {
  it('3.1: the query goes before the form, even when it is empty there', () => {
    assert.equal(rawValue(fields('user=a', 'user=b'), 'user'), 'a');
    assert.equal(rawValue(fields('user=', 'user=b'), 'user'), '');
    assert.equal(rawValue(fields('x=1', 'user=b'), 'user'), 'b');
  });

  it('3.1: of a repeated parameter the last one wins, names are case-sensitive', () => {
    assert.equal(rawValue(fields('call_id=A&call_id=B'), 'call_id'), 'B');
    assert.equal(rawValue(fields('CALL_ID=A'), 'call_id'), '');
  });

  it('API-4: an array or object is a missing parameter, in the query it hides the form too', () => {
    assert.equal(rawValue(fields('call_id[]=A'), 'call_id'), '');
    assert.equal(rawValue(fields('call_id=A&call_id[x]=B'), 'call_id'), '');
    assert.equal(rawValue(fields('call_id%5B%5D=A', 'call_id=B'), 'call_id'), '');
    assert.equal(rawValue(fields('call_id[]=A&call_id=B'), 'call_id'), 'B');
    assert.ok(isSent(fields('call_id[]=A'), 'call_id'));
  });

  it('API-4: more than 200 characters, or a NUL, is invalid', () => {
    assert.equal(rawValue(fields(`a=${'x'.repeat(valueLengthMax)}`), 'a').length, valueLengthMax);
    assert.equal(rawValue(fields(`a=${'x'.repeat(valueLengthMax + 1)}`), 'a'), '');
    assert.equal(rawValue(fields('a=1%002'), 'a'), '');
  });

  for (const [what, text, expected] of [
    ['plus is a space', 'a+b', 'a b'],
    ['a percent sign that escapes nothing stays', '100%', '100%'],
    ['half an escape stays', '%4', '%4'],
    ['an escape with other letters stays', '%zz%41', '%zzA'],
    ['UTF-8', 'M%C3%BCller', 'Müller'],
    ['raw UTF-8 bytes', Buffer.from('Müller').toString('latin1'), 'Müller'],
    ['a broken UTF-8 byte', 'a%FFb', 'a\uFFFDb'],
    ['an overlong quote is no quote', '%C0%A7', '\uFFFD\uFFFD'],
    ['an UTF-16 escape is plain text', '%u0027', '%u0027'],
    ['a double escape is undone once', '%2527', '%27'],
  ] as const)
    it(`decodes: ${what}`, () => assert.equal(decodeFormText(text), expected));

  it('parses pieces without a value or a name', () => {
    assert.deepEqual(
      [...parseForm('a&=x&&b=1=2&c=')],
      [
        ['a', ''],
        ['b', '1=2'],
        ['c', ''],
      ],
    );
  });

  it('bounds the number of parameters', () => {
    const many = Array.from({ length: parametersMax + 50 }, (_, i) => `p${String(i)}=1`).join('&');
    assert.equal(parseForm(many).size, parametersMax);
  });

  it('property: any text parses, and every name and value comes from it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const [name] of parseForm(text)) assert.notEqual(name, '');
      }),
    );
  });

  it('property: what a form encoder writes comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const encoded = new URLSearchParams({ a: value }).toString();
        assert.equal(parseForm(encoded).get('a') ?? '', value);
      }),
    );
  });

  it('3.1: filters drop characters, they do not refuse', () => {
    assert.equal(filtered('V121120000-0001 000.123', 'word'), 'V1211200000001000123');
    assert.equal(filtered('66.66', 'name'), '6666');
    assert.equal(filtered('a-b_c\'"|;', 'name'), 'a-b_c');
    assert.equal(filtered('1a2', 'digits'), '12');
  });

  it('3.1: with use_non_latin letters of every script stay, and nothing else', () => {
    assert.equal(filtered('Jürgen-Я-中!', 'name', true), 'Jürgen-Я-中');
    assert.equal(filtered('Jürgen', 'name'), 'Jrgen');
    assert.equal(filtered("Я'\uFFFD\u0000|", 'word', true), 'Я');
  });
});

describe('api log addresses', () => {
  it('API-5: no form of the pass parameter is kept', () => {
    for (const query of ['pass=s3cret', 'p%61ss=s3cret', 'pass[]=s3cret', 'PASS=s3cret', 'pass%5B0%5D=s3cret', 'x=1&pass=s3cret&y=2'])
      assert.doesNotMatch(redactQuery(query), /s3cret/, query);
    assert.equal(redactQuery('user=6666&pass=1234&source=test'), 'user=6666&pass=***&source=test');
  });

  it('API-5: a password in a form is not kept either, whatever characters it has', () => {
    const form = parseForm('user=1&pass=a%26b%3Dc&call_id=V1');
    assert.equal(loggedUrl('http://h/p', '', form), 'http://h/p?user=1&pass=***&call_id=V1&GET-AND-POST=Y&user=1&pass=***&call_id=V1');
    assert.equal(loggedUrl('http://h/p', 'a=1', noFields), 'http://h/p?a=1&GET-AND-POST=Y&');
  });

  it('bounds the logged address', () => assert.equal(loggedUrl('http://h/p', 'x'.repeat(10_000), undefined).length, loggedUrlLengthMax));
});
