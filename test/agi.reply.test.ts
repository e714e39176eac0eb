/** Reading lines, the environment block and replies: pure readers, no socket. */
import assert from 'node:assert/strict';
import { StringDecoder } from 'node:string_decoder';
import fc from 'fast-check';
import { applicationArguments, decodePercent, EnvironmentReader, field, requestQuery, scriptName } from '../agi/environment.js';
import { LineReader } from '../agi/lines.js';
import { ReplyReader } from '../agi/reply.js';
import type { ReplyItem } from '../agi/reply.js';
import { asteriskBytes, readTranscripts } from './support/agi-transcript.js';

function read(lines: readonly string[]): ReplyItem[] {
  const reader = new ReplyReader(10_000);
  return lines.flatMap((line) => reader.push(line) ?? []);
}

/** The one reply that these lines make. */
function reply(...lines: string[]): unknown {
  const items = read(lines);
  assert.equal(items.length, 1, JSON.stringify(items));
  const [item] = items;
  assert.equal(item?.type, 'reply');
  return { ...item.reply, attrs: { ...item.reply.attrs } };
}

describe('AGI reply reader', () => {
  it('A10: endpos is an attribute, not part of the result', () => {
    assert.deepEqual(reply('200 result=49 endpos=1000'), { code: 200, result: '49', attrs: { endpos: '1000' } });
    assert.deepEqual(reply('200 result=-1 endpos=0'), { code: 200, result: '-1', attrs: { endpos: '0' } });
    assert.deepEqual(reply('200 result=0 (timeout) endpos=4640'), { code: 200, result: '0', value: 'timeout', attrs: { endpos: '4640' } });
  });

  it('results may be empty, values too', () => {
    assert.deepEqual(reply('200 result= (timeout)'), { code: 200, result: '', value: 'timeout', attrs: {} });
    assert.deepEqual(reply('200 result='), { code: 200, result: '', attrs: {} });
    assert.deepEqual(reply('200 result=1 ()'), { code: 200, result: '1', value: '', attrs: {} });
    assert.deepEqual(reply('200 result=0'), { code: 200, result: '0', attrs: {} });
  });

  it('values with parentheses end at the last one', () => {
    assert.deepEqual(reply('200 result=1 (a (b) c)'), { code: 200, result: '1', value: 'a (b) c', attrs: {} });
    assert.deepEqual(reply('200 result=1 (()'), { code: 200, result: '1', value: '(', attrs: {} });
    assert.deepEqual(reply('200 result=1 ("" <777>)'), { code: 200, result: '1', value: '"" <777>', attrs: {} });
  });

  it('A9: a value of several lines is one value, also when it says HANGUP', () => {
    assert.deepEqual(reply('200 result=1 (one', 'HANGUP', '200 result=0', 'four)'), {
      code: 200,
      result: '1',
      value: 'one\nHANGUP\n200 result=0\nfour',
      attrs: {},
    });
  });

  it('text behind the result is no attribute', () => {
    assert.deepEqual(reply('200 result=-1 Gosub label not found'), { code: 200, result: '-1', attrs: {} });
  });

  it('an attribute may be named like a member of every object', () => {
    const [item] = read(['200 result=0 constructor=1 __proto__=2']);
    assert.equal(item?.type, 'reply');
    assert.deepEqual(Object.entries(item.reply.attrs), [
      ['constructor', '1'],
      ['__proto__', '2'],
    ]);
  });

  it('A2: 510 and 511 are refusals with their code', () => {
    assert.deepEqual(read(['510 Invalid or unknown command', '511 Command Not Permitted on a dead channel or intercept routine']), [
      { type: 'refusal', code: 510, text: 'Invalid or unknown command' },
      { type: 'refusal', code: 511, text: 'Command Not Permitted on a dead channel or intercept routine' },
    ]);
  });

  it('A2: a 520 block is one refusal, with lines inside that look like replies', () => {
    const usage = ['Returns 1 if set.', 'Example return code: 200 result=1 (testvariable)', '200 result=1', 'HANGUP', '510 no'];
    assert.deepEqual(read(['520-Invalid command syntax.  Proper usage follows:', ...usage, '520 End of proper usage.', '200 result=0']), [
      { type: 'refusal', code: 520, text: usage.join('\n') },
      { type: 'reply', reply: { code: 200, result: '0', attrs: {} } },
    ]);
  });

  it('A3: 100 is no answer yet', () => {
    assert.deepEqual(reply('100 result=0 Trying...', '200 result=0 Gosub complete'), { code: 200, result: '0', attrs: {} });
  });

  it('HANGUP is a hangup only when it is the whole line', () => {
    assert.deepEqual(read(['HANGUP', 'HANGUP ', 'HAN', '200 OK', '99 result=1', '']), [
      { type: 'hangup' },
      ...['HANGUP ', 'HAN', '200 OK', '99 result=1', ''].map((line) => ({ type: 'noise', line })),
    ]);
  });

  it('A12: a value or a usage text without end is given up at the limit', () => {
    for (const start of ['200 result=1 (open', '520-Invalid']) {
      const items = read([start, ...Array.from({ length: 200 }, () => 'x'.repeat(99))]);
      assert.equal(items[0]?.type, 'too-large', start);
    }
  });
});

describe('AGI line reader', () => {
  it('cuts at LF only; CR is data', () => {
    const reader = new LineReader(100);
    assert.deepEqual(reader.push('a\r\nb\n\nc'), ['a\r', 'b', '']);
    assert.deepEqual(reader.push('d\n'), ['cd']);
  });

  it('A12: a line over the limit is reported at once and nothing is kept', () => {
    for (const chunks of [['x'.repeat(101)], ['x'.repeat(60), 'x'.repeat(41)], [`${'x'.repeat(101)}\nnext\n`]]) {
      const reader = new LineReader(100);
      assert.deepEqual(
        chunks.flatMap((chunk) => reader.push(chunk)),
        [],
      );
      assert.ok(reader.overflown);
      assert.deepEqual(reader.push('after\n'), []);
    }
  });

  it('takes a line of exactly the limit', () => {
    const reader = new LineReader(100);
    assert.deepEqual(reader.push(`${'x'.repeat(100)}\n`), ['x'.repeat(100)]);
    assert.ok(!reader.overflown);
  });

  it('A12: a line that comes byte by byte costs linear time', () => {
    const reader = new LineReader(1_000_000);
    const startedAtMs = performance.now();
    for (let n = 0; n < 1_000_000; n++) reader.push('x');
    assert.equal(reader.push('\n')[0]?.length, 1_000_000);
    assert.ok(performance.now() - startedAtMs < 2_000);
  });

  it('any text cut anywhere gives the same lines', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '\r', ' ', 'é') })), (chunks) => {
        const reader = new LineReader(10_000);
        const lines = chunks.flatMap((chunk) => reader.push(chunk));
        assert.deepEqual(lines, chunks.join('').split('\n').slice(0, -1));
      }),
    );
  });
});

describe('AGI environment', () => {
  function environment(lines: readonly string[]): EnvironmentReader {
    const reader = new EnvironmentReader(1_000);
    for (const line of lines) assert.equal(reader.push(line), 'more');
    assert.equal(reader.push(''), 'done');
    return reader;
  }

  it('A1: values keep their colons, there is no stray field', () => {
    const { fields } = environment(['agi_request: agi://127.0.0.1:4573/x?k=v', 'agi_arg_1: a:b:c', 'agi_accountcode: ']);
    assert.deepEqual(
      [...fields],
      [
        ['agi_request', 'agi://127.0.0.1:4573/x?k=v'],
        ['agi_arg_1', 'a:b:c'],
        ['agi_accountcode', ''],
      ],
    );
  });

  it('the word unknown stands for none', () => {
    const { fields } = environment(['agi_callerid: unknown', 'agi_dnid: 100']);
    assert.deepEqual([field(fields, 'agi_callerid'), field(fields, 'agi_dnid'), field(fields, 'agi_rdnis')], ['', '100', '']);
  });

  it('A12: a block over the limit is refused', () => {
    const reader = new EnvironmentReader(1_000);
    assert.equal(reader.push(`a: ${'x'.repeat(900)}`), 'more');
    assert.equal(reader.push(`b: ${'x'.repeat(900)}`), 'too-large');
  });

  it('a field that comes twice is refused: a line feed in a caller-ID name could bring it', () => {
    const reader = new EnvironmentReader(1_000);
    assert.equal(reader.push('agi_context: inbound'), 'more');
    assert.equal(reader.push('agi_context: internal'), 'repeated');
    assert.equal(new EnvironmentReader(100).push('no separator'), 'no-colon');
  });

  it('arguments end at the first that is missing', () => {
    const { fields } = environment(['agi_arg_1: one', 'agi_arg_2: ', 'agi_arg_3: three', 'agi_arg_5: five']);
    assert.deepEqual(applicationArguments(fields), ['one', '', 'three']);
  });

  it('AGI-1: the script name is the last segment of the path, without query', () => {
    const name = (script: string) => scriptName(new Map([['agi_network_script', script]]));
    assert.equal(name('lab/agi?k=v&n=1'), 'agi');
    assert.equal(name('cm_sc_ccc_lookup_insert.agi'), 'cm_sc_ccc_lookup_insert.agi');
    assert.equal(name('a/b/menu/'), 'menu');
    assert.equal(name('menu?path=a/b'), 'menu');
    assert.equal(name(''), '');
    assert.equal(scriptName(new Map()), '');
  });

  it('AGI-1: the query is percent-decoded, a plus stays', () => {
    const query = (request: string) => [...requestQuery(new Map([['agi_request', request]]))];
    assert.deepEqual(query('agi://h:1/x?container=A%2DB&list_id=8199&n=+49&flag&=&u=caf%C3%A9'), [
      ['container', 'A-B'],
      ['list_id', '8199'],
      ['n', '+49'],
      ['flag', ''],
      ['', ''],
      ['u', 'café'],
    ]);
    assert.deepEqual(query('agi://h/x'), []);
    assert.equal(decodePercent('100% %zz %41'), '100% %zz A');
  });
});

describe('recorded Asterisk bytes, cut at every place', () => {
  /** Lines as the readable stream makes them: decoded, then cut. */
  function linesOf(pieces: readonly Buffer[]): string[] {
    const decoder = new StringDecoder('utf8');
    const reader = new LineReader(70_000);
    return pieces.flatMap((piece) => reader.push(decoder.write(piece)));
  }

  /** Readers are fed only complete lines, so lines that are equal give equal replies. */
  for (const transcript of readTranscripts()) {
    const bytes = asteriskBytes(transcript);
    const whole = linesOf([bytes]);

    it(`${transcript.name}: one cut at each of ${bytes.length} bytes, and byte by byte`, () => {
      for (let cut = 0; cut <= bytes.length; cut++) {
        const got = linesOf([bytes.subarray(0, cut), bytes.subarray(cut)]);
        assert.ok(got.length === whole.length && got.every((line, n) => line === whole[n]), `cut after byte ${cut}`);
      }
      assert.deepEqual(linesOf([...bytes].map((byte) => Buffer.of(byte))), whole);
    });
  }

  it('UTF-8 is put together again when cut inside a character', () => {
    const bytes = Buffer.from('200 result=1 (café Ж 😀)\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepEqual(linesOf([bytes.subarray(0, cut), bytes.subarray(cut)]), ['200 result=1 (café Ж 😀)']);
    }
  });
});
