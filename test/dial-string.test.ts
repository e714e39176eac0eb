/*
 * Goal: whatever text comes from outside, it cannot leave the place it was put in (user-needs 4).
 * Method: what is built is read back by models of the readers: Asterisk's argument reader, FreeSWITCH's
 * list of variables. What comes out must be what went in, or the builder must have refused.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  amiField,
  amiVariable,
  asteriskArguments,
  asteriskChannel,
  checkInteger,
  checkName,
  checkPrefix,
  checkText,
  displayName,
  eslHeader,
  freeswitchTarget,
  freeswitchVariables,
  freeswitchWords,
  nameProblem,
  prefixLengthMax,
  textBytesMax,
  utf8Length,
} from '../core/dial-string.js';
import type { NameKind } from '../core/dial-string.js';
import { hasCode } from '../core/errors.js';
import { checkNumber, defaultPhoneRules, requireNumber } from '../core/phone.js';

const kinds: readonly NameKind[] = [
  'menu',
  'queue',
  'context',
  'extension',
  'mailbox',
  'domain',
  'variable',
  'application',
  'script',
  'prompt',
  'technology',
  'endpoint',
  'header',
  'uuid',
];
/** Every byte a switch gives a meaning to, in short texts. */
const hostile = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab1 ,;|\'"\\{}[]()<>$^:=&@%\r\n\t\0${$['.split('')), maxLength: 24 }),
  fc.string({ unit: 'binary', maxLength: 24 }),
);
const refused = (e: unknown): boolean => hasCode(e, 'TDM_BAD_VALUE');

/** What `make` gives, or undefined when it refuses. Any other error is a failure. */
function built(make: () => string): string | undefined {
  try {
    return make();
  } catch (e) {
    if (refused(e)) return undefined;
    throw e;
  }
}

/** As Asterisk separates arguments: backslash takes the next character, quotes, parentheses and brackets group. */
function asteriskReads(text: string): string[] {
  const out: string[] = [];
  let part = '';
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === '\\') part += text.charAt(++i);
    else if (c === '"') quoted = !quoted;
    else if (c === ',' && depth === 0 && !quoted) {
      out.push(part);
      part = '';
    } else {
      if ('(['.includes(c)) depth++;
      if (')]'.includes(c)) depth = Math.max(0, depth - 1);
      part += c;
    }
  }
  return [...out, part];
}

/** As FreeSWITCH reads `{a=b,c=d}`: to the matching brace, commas separate unless escaped or in apostrophes. */
function freeswitchReads(text: string): Record<string, string> {
  assert.match(text, /^\{[^{}]*\}$/);
  const body = text.slice(1, -1);
  assert.ok(!body.startsWith('^^'), 'the separator was changed');
  const out: Record<string, string> = {};
  let part = '';
  const take = () => {
    const at = part.indexOf('=');
    out[part.slice(0, at)] = part.slice(at + 1);
    part = '';
  };
  for (let i = 0; i < body.length; i++) {
    const c = body.charAt(i);
    if (c === '\\') part += body.charAt(++i);
    else if (c === ',') take();
    else part += c;
  }
  take();
  return out;
}

describe('dial strings: names', () => {
  for (const kind of kinds) {
    it(`need 4: no text with a meaning for a switch is a ${kind}`, () => {
      fc.assert(
        fc.property(hostile, (text) => {
          if (nameProblem(kind, text) !== undefined) assert.throws(() => checkName(kind, text), refused);
          else assert.match(text, /^[A-Za-z0-9_.*#+@/:~-]+$/);
        }),
        { numRuns: 500 },
      );
      for (const text of [
        '',
        '..',
        'a..b',
        'a\n',
        '\na',
        'a,b',
        'a b',
        "a'",
        'a|b',
        'a&b',
        '${a}',
        '$[1]',
        'a;b',
        'a\0',
        'ä',
        'x'.repeat(600),
      ])
        assert.ok(nameProblem(kind, text), JSON.stringify(text));
    });
  }

  it('takes what people use', () => {
    const good: Partial<Record<NameKind, readonly string[]>> = {
      queue: ['support', 'support@default', 'q-1_x.y'],
      extension: ['s', '9001', '*97', '#', '+4930123', 'A'],
      mailbox: ['1010', '1010@default'],
      prompt: ['wait-moment', 'custom/hello', '/var/spool/x.wav', 'ivr/ivr-welcome.wav', 'local_stream://moh', 'digits/1'],
      script: ['cm_sc_ccc_lookup_insert.agi', 'agi://127.0.0.1:4573/x.agi', 'sub/x.agi', 'queue_entry'],
      variable: ['TANDEM_RESULT', '__X', 'cc_base_score'],
    };
    for (const [kind, names] of Object.entries(good)) for (const name of names) assert.equal(checkName(kind as NameKind, name), name);
  });
});

describe('dial strings: Asterisk', () => {
  it('need 4: arguments come out of the argument reader as they went in', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), (values) => {
        const text = built(() => asteriskArguments(values));
        if (text !== undefined) assert.deepEqual(asteriskReads(text), values);
      }),
      { numRuns: 2_000 },
    );
  });

  it('need 4: no argument brings a line end, a variable or an expression', () => {
    for (const value of ['a\nb', 'a\rb', 'a\0b', '${SHELL(id)}', '$[1+1]', '$${x}', 'a\u0085b', '\ud800', 'x'.repeat(textBytesMax + 1)])
      assert.throws(() => asteriskArguments(['q', value]), refused);
    assert.equal(asteriskArguments(['support', '', '', '', '300']), 'support,,,,300');
    assert.equal(asteriskArguments(['5$ a,b "c" (d) [e] \\']), '5$ a\\,b \\"c\\" \\(d\\) \\[e\\] \\\\');
  });

  it('a channel to dial has only checked parts', () => {
    assert.equal(asteriskChannel({ technology: 'PJSIP', endpoint: '1010' }), 'PJSIP/1010');
    assert.equal(asteriskChannel({ technology: 'IAX2', endpoint: 'alpha', number: '*4930' }), 'IAX2/alpha/*4930');
    assert.equal(asteriskChannel({ technology: 'Local', endpoint: '100', context: 'agents' }), 'Local/100@agents');
    fc.assert(
      fc.property(hostile, hostile, (endpoint, number) => {
        const text = built(() => asteriskChannel({ technology: 'PJSIP', endpoint, number }));
        if (text !== undefined) assert.equal(text, `PJSIP/${endpoint}/${number}`);
        if (text !== undefined) assert.doesNotMatch(text, /[&,|@\s]/);
      }),
    );
  });

  it('an AMI field is one line, an AMI variable one variable', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const field = built(() => amiField('CallerID', value));
        if (field !== undefined) assert.doesNotMatch(field, /[\r\n\0]/);
        const variable = built(() => amiVariable('NAME', value));
        if (variable !== undefined) assert.deepEqual(asteriskReads(variable), [`NAME=${value}`]);
      }),
    );
    assert.throws(() => amiField('Caller ID', 'x'), refused);
    assert.throws(() => amiVariable('A,B', 'x'), refused);
    assert.equal(amiField('Queue', 'x: y'), 'Queue: x: y');
  });
});

describe('dial strings: FreeSWITCH', () => {
  it('need 4: variables come out of the reader as they went in', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const text = built(() => freeswitchVariables({ first: a, second: b }));
        if (text !== undefined) assert.deepEqual(freeswitchReads(text), { first: a, second: b });
      }),
      { numRuns: 2_000 },
    );
  });

  it('need 4: comma and apostrophe are escaped; what cannot be is refused, `^^:` among it', () => {
    assert.equal(freeswitchVariables({ name: "O'Neill, Ann" }), "{name=O\\'Neill\\, Ann}");
    assert.equal(freeswitchVariables({}), '');
    for (const value of ['^^:a', 'a}b', 'a{b', 'a[b', 'a]b', 'a|b', 'a\\b', 'a"b', '<x>', '`id`', '${x}', '$', ' a', 'a ', 'a\nb'])
      assert.throws(() => freeswitchVariables({ name: value }), refused, value);
    assert.throws(() => freeswitchVariables({ 'a=b': 'c' }), refused);
  });

  it('targets and words have only checked parts', () => {
    assert.equal(freeswitchTarget({ kind: 'user', user: '1010', domain: 'pbx.example' }), 'user/1010@pbx.example');
    assert.equal(freeswitchTarget({ kind: 'gateway', gateway: 'carrier', number: '+4930' }), 'sofia/gateway/carrier/+4930');
    assert.equal(freeswitchTarget({ kind: 'loopback', extension: '9', context: 'default' }), 'loopback/9/default');
    assert.throws(() => freeswitchTarget({ kind: 'gateway', gateway: 'a', number: '1,sofia/gateway/b/1900' }), refused);
    assert.throws(() => freeswitchTarget({ kind: 'user', user: '1|loopback', domain: 'x' }), refused);
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 4 }), (words) => {
        const text = built(() => freeswitchWords(words));
        if (text !== undefined && words.length > 0) assert.deepEqual(text.split(' '), words);
      }),
    );
  });

  it('an ESL header is one line', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const text = built(() => eslHeader('Event-Name', value));
        if (text !== undefined) assert.doesNotMatch(text, /[\r\n\0]/);
      }),
    );
    assert.throws(() => eslHeader('Event Name', 'x'), refused);
  });
});

describe('dial strings: names to show, prefixes, numbers', () => {
  it('a name to show always passes every builder, whatever it was', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const name = displayName(text);
        assert.deepEqual(asteriskReads(asteriskArguments([name])), [name]);
        assert.deepEqual(freeswitchReads(freeswitchVariables({ name })), { name });
        assert.ok(Array.from(name).length <= 80);
      }),
      { numRuns: 2_000 },
    );
    assert.equal(displayName('ACME "[VIP]" | O\'Neill\n'), 'ACME (VIP) / O Neill');
    assert.equal(displayName('Żółć 日本 😀'), 'Żółć 日本 😀');
  });

  it('a prefix is short and plain', () => {
    for (const good of ['', 'VIP: ', 'CCC-', 'Müller ', '支持 ', '(1) #2 ']) assert.equal(checkPrefix(good), good);
    for (const bad of [
      'a"b',
      "a'b",
      'a,b',
      'a\nb',
      'a\\b',
      '${x}',
      '<x>',
      'a;b',
      'a|b',
      '{a}',
      '[a]',
      'a&b',
      '\0',
      'x'.repeat(prefixLengthMax + 1),
    ])
      assert.throws(() => checkPrefix(bad), refused, bad);
  });

  it('whole numbers within limits only', () => {
    assert.equal(checkInteger('n', '0', 0, 9), 0);
    assert.equal(checkInteger('n', '-5', -9, 9), -5);
    for (const bad of ['', ' 1', '1.0', '1e3', '0x1', '10', '99999999999999999999', 'NaN', '+1', '١', '-', '1\n'])
      assert.throws(() => checkInteger('n', bad, 0, 9), refused, bad);
  });

  it('text is measured in bytes as they are sent', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(utf8Length(text), Buffer.byteLength(text))));
    assert.throws(() => checkText('x', 'ä'.repeat(6), 11), refused);
    assert.equal(checkText('x', 'ä'.repeat(5), 11), 'ä'.repeat(5));
  });
});

describe('phone numbers', () => {
  const judge = (text: string, rules = {}) => {
    const result = checkNumber(text, { ...defaultPhoneRules, ...rules });
    return result.ok ? 'ok' : result.problem;
  };

  it('need 4: digits, one leading plus, feature codes where allowed, nothing else', () => {
    for (const good of ['1', '+4930123', '004930123', '*97', '#31#030']) assert.equal(judge(good), 'ok', good);
    for (const bad of ['12 34', '+', '++1', '1+2', '12-34', '1,2', '1w2', 'abc', '٣٤', '1\n', '1&2', '${x}', '1@x', '1;2'])
      assert.equal(judge(bad), 'characters', bad);
    assert.equal(judge(''), 'empty');
    assert.equal(judge('*97', { featureCodes: false }), 'characters');
  });

  it('length counts without the plus', () => {
    assert.equal(judge('+123', { lengthMax: 3 }), 'ok');
    assert.equal(judge('1234', { lengthMax: 3 }), 'too-long');
    assert.equal(judge('12', { lengthMin: 3 }), 'too-short');
    assert.equal(judge('9'.repeat(25)), 'too-long');
  });

  it('need 4: allowed and blocked prefixes, the longer one wins, a tie blocks', () => {
    const rules = { allowedPrefixes: ['+49', '0', '001800'], blockedPrefixes: ['0900', '00', '+49900'] };
    for (const [number, verdict] of [
      ['+4930123', 'ok'],
      ['030123', 'ok'],
      ['0900123', 'prefix-blocked'],
      ['0018001', 'ok'],
      ['00441', 'prefix-blocked'],
      ['+499001', 'prefix-blocked'],
      ['+4412', 'prefix-not-allowed'],
      ['110', 'prefix-not-allowed'],
    ] as const)
      assert.equal(judge(number, rules), verdict, number);
    assert.equal(judge('1', { allowedPrefixes: ['1'], blockedPrefixes: ['1'] }), 'prefix-blocked');
    assert.equal(judge('1', { blockedPrefixes: [''] }), 'prefix-blocked');
  });

  it('a refusal has the code TDM_BAD_NUMBER, the reason, and no control characters', () => {
    assert.equal(requireNumber('1010'), '1010');
    assert.throws(
      () => requireNumber(`1\r\nAction: Originate${'x'.repeat(100)}`),
      (e: unknown) => hasCode(e, 'TDM_BAD_NUMBER') && !/[\r\n]/.test(e.message) && e.message.length < 160,
    );
  });
});
