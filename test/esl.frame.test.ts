/** The frame reader and the decoding of messages: dependencies section 14, ESL list, and E1, E9 to E15. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hasCode } from '../core/errors.js';
import { readFrame, SwitchEvent } from '../esl-outbound/event.js';
import { bodyBytesMax, FrameReader, headBytesMax } from '../esl-outbound/frame.js';
import type { Frame } from '../esl-outbound/frame.js';
import { percentDecode } from '../esl-outbound/text.js';

interface Got {
  readonly head: string;
  readonly body: string | undefined;
}

function frames(chunks: Iterable<Buffer>, reader = new FrameReader()): Got[] {
  const got: Got[] = [];
  for (const chunk of chunks) {
    reader.push(chunk, (frame) => got.push({ head: frame.head, body: frame.body?.toString('latin1') }) > 0);
  }
  return got;
}

function message(head: string, body?: string | Buffer): SwitchEvent {
  const read = readFrame({ head, body: body === undefined ? undefined : Buffer.from(body as string) });
  if (!(read instanceof SwitchEvent)) assert.fail(`left out: ${read}`);
  return read;
}

function jsonFrame(headers: object): Buffer {
  const body = Buffer.from(JSON.stringify(headers));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-json\n\n`), body]);
}

const isProtocolError = (e: unknown) => hasCode(e, 'TDM_PROTOCOL');
const reply = 'Content-Type: command/reply\nReply-Text: +OK accepted\n\n';

describe('ESL frame reader', () => {
  it('events byte by byte, UTF-8 cut inside a character', () => {
    const bytes = Buffer.concat([Buffer.from(reply), jsonFrame({ 'Event-Name': 'DTMF', name: 'Żółw 👍' }), Buffer.from(reply)]);
    const whole = frames([bytes]);
    assert.equal(whole.length, 3);
    assert.deepEqual(frames(Array.from(bytes, (byte) => Buffer.of(byte))), whole);
    assert.equal(message('Content-Type: text/event-json', Buffer.from(whole[1]?.body ?? '', 'latin1')).get('name'), 'Żółw 👍');
  });

  it('two frames in a packet, one frame in many', () => {
    assert.equal(frames([Buffer.from(reply + reply)]).length, 2);
    const bytes = jsonFrame({ 'Event-Name': 'HEARTBEAT' });
    assert.equal(frames([bytes.subarray(0, 3), bytes.subarray(3, 60), bytes.subarray(60)]).length, 1);
  });

  it('a body follows its head without a separator, and blank lines between frames are skipped', () => {
    const got = frames([Buffer.from('Content-Type: api/response\nContent-Length: 3\n\nab\n\n\nContent-Type: auth/request\n\n')]);
    assert.deepEqual(
      got.map((f) => f.body),
      ['ab\n', undefined],
    );
  });

  it('a body of length 0 is a frame of its own', () => {
    const got = frames([Buffer.from(`Content-Type: text/disconnect-notice\nContent-Length: 0\n\n${reply}`)]);
    assert.deepEqual(
      got.map((f) => f.body),
      ['', undefined],
    );
  });

  it('E11: 40 000 tiny frames in one chunk', () => {
    assert.equal(frames([Buffer.from('a: b\n\n'.repeat(40_000))]).length, 40_000);
  });

  for (const length of ['-5', '-1', '1e3', '0x10', 'abc', '', '99999999999999999999', String(bodyBytesMax + 1)]) {
    it(`E14: Content-Length "${length}" is refused`, () => {
      const reader = new FrameReader();
      assert.throws(() => frames([Buffer.from(`Content-Length: ${length}\nContent-Type: text/event-json\n\n{}`)], reader), isProtocolError);
    });
  }

  it('E13: a 32 MB header block is refused at 1 MiB, at linear cost', () => {
    const reader = new FrameReader();
    const chunk = Buffer.alloc(1_000, 'x');
    let pushed = 0;
    const startedMs = performance.now();
    assert.throws(() => {
      for (; pushed < 32_000; pushed++) frames([chunk], reader);
    }, isProtocolError);
    assert.ok(pushed * chunk.length <= headBytesMax + chunk.length, `${pushed} chunks were taken`);
    assert.ok(performance.now() - startedMs < 1_000);
  });

  it('E13: a header block that is too large is refused in one chunk as well', () => {
    assert.throws(() => frames([Buffer.concat([Buffer.alloc(headBytesMax + 1, 'x'), Buffer.from('\n\n')])]), isProtocolError);
  });

  it('E12: a 16 MiB body in pieces of 1448 bytes is read in well under a second', () => {
    const reader = new FrameReader();
    const head = Buffer.from(`Content-Length: ${bodyBytesMax}\nContent-Type: text/event-json\n\n`);
    const piece = Buffer.alloc(1448, 0x61);
    const startedMs = performance.now();
    let bodies = 0;
    const deliver = (frame: Frame) => {
      bodies += frame.body?.length ?? 0;
      return true;
    };
    reader.push(head, deliver);
    for (let left = bodyBytesMax; left > 0; left -= piece.length) reader.push(piece.subarray(0, Math.min(left, piece.length)), deliver);
    assert.equal(bodies, bodyBytesMax);
    assert.ok(performance.now() - startedMs < 2_000);
    assert.equal(reader.heldBytes, 0);
  });

  it('a declared length costs no memory before its bytes come', () => {
    const reader = new FrameReader();
    const before = process.memoryUsage().arrayBuffers;
    frames([Buffer.from(`Content-Length: ${bodyBytesMax}\n\n`)], reader);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
  });

  it('stops when the receiver says so', () => {
    const reader = new FrameReader();
    let got = 0;
    reader.push(Buffer.from(reply.repeat(5)), () => ++got < 2);
    assert.equal(got, 2);
    assert.equal(reader.heldBytes, 0);
  });

  it('any cut of any frames gives the same frames', () => {
    const frame = fc.record({ name: fc.stringMatching(/^[A-Za-z-]{1,12}$/), body: fc.option(fc.uint8Array({ maxLength: 200 })) });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(60), { minLength: 1, maxLength: 40 }), (list, sizes) => {
        const bytes = Buffer.concat(
          list.flatMap(({ name, body }) => [
            Buffer.from(`X-${name}: 1\n${body ? `Content-Length: ${body.length}\n` : ''}\n`),
            Buffer.from(body ?? []),
          ]),
        );
        const cut: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + 1 + (sizes[i % sizes.length] ?? 0);
          cut.push(bytes.subarray(at, end));
          at = end;
        }
        const whole = frames([bytes]);
        assert.equal(whole.length, list.length);
        assert.deepEqual(frames(cut), whole);
      }),
      { numRuns: 300 },
    );
  });

  it('hostile bytes give frames or one typed error, never anything else', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('Content-Length: ', '\n\n', '\n', 'Content-Type: text/event-json\n', '99', '-', reply, '{', '%')
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (chunks) => {
        const reader = new FrameReader();
        try {
          for (const chunk of chunks) reader.push(chunk, (frame) => readFrame(frame) !== 'xml');
        } catch (e) {
          assert.ok(isProtocolError(e), String(e));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('ESL messages', () => {
  it('E1: a percent sign in a raw reply stays as it is', () => {
    const got = message('Content-Type: command/reply\nReply-Text: ACME: Sons, 100%');
    assert.equal(got.get('Reply-Text'), 'ACME: Sons, 100%');
    assert.equal(message('Content-Type: command/reply\nReply-Text: a%20b').get('Reply-Text'), 'a%20b');
  });

  it('E1: Latin-1 in CHANNEL_DATA', () => {
    const got = message(
      'Event-Name: CHANNEL_DATA\nCaller-Caller-ID-Name: No%EBl 100%\nCaller-ANI: a%2Bb\nContent-Type: command/reply\nReply-Text: %2BOK%0A',
    );
    assert.equal(got.get('Caller-Caller-ID-Name'), 'Noël 100%');
    assert.equal(got.get('Caller-ANI'), 'a+b');
    assert.equal(got.get('Reply-Text'), '+OK\n');
    assert.equal(got.kind, 'reply');
  });

  it('a header block that is not UTF-8 is read line by line', () => {
    const bytes = Buffer.concat([
      Buffer.from('Content-Type: command/reply\nX: Żółw\nReply-Text: No'),
      Buffer.from([0xeb]),
      Buffer.from('l\n\n'),
    ]);
    const [frame] = frames([bytes]);
    const got = message(frame?.head ?? '');
    assert.equal(got.get('X'), 'Żółw');
    assert.equal(got.get('Reply-Text'), 'Noël');
  });

  it('one Latin-1 value in a JSON event spoils no other', () => {
    const body = Buffer.concat([Buffer.from('{"Event-Name":"CUSTOM","a":"Żółw","b":"No'), Buffer.from([0xeb]), Buffer.from('l"}')]);
    const got = readFrame({ head: 'Content-Type: text/event-json', body });
    assert.ok(got instanceof SwitchEvent);
    assert.equal(got.get('a'), 'Żółw');
    assert.equal(got.get('b'), 'Noël');
  });

  for (const body of ['', '{', 'null', '[]', '"x"', '{"a":', '7']) {
    it(`E9: bad JSON ${JSON.stringify(body)} is left out with a reason`, () => {
      assert.equal(readFrame({ head: 'Content-Type: text/event-json', body: Buffer.from(body) }), 'bad-json');
    });
  }

  it('E10: XML events and unknown types are left out with a reason', () => {
    assert.equal(readFrame({ head: 'Content-Type: text/event-xml', body: Buffer.from('<event>') }), 'xml');
    assert.equal(readFrame({ head: 'Content-Type: text/html', body: undefined }), 'unknown-type');
    assert.equal(readFrame({ head: 'Content-Type: toString', body: undefined }), 'unknown-type');
    assert.equal(readFrame({ head: 'nonsense', body: undefined }), 'unknown-type');
  });

  it('E15: plain event with an unencoded multi-byte header keeps its body in place', () => {
    const body = 'Event-Name: CUSTOM\nX: Żółw Żółw\nContent-Length: 6\n\nŻab\n\nrest';
    const got = message('Content-Type: text/event-plain', body);
    assert.equal(got.get('X'), 'Żółw Żółw');
    assert.equal(got.body, 'Żab\n\n');
  });

  it('a plain event without the empty line, or with a wrong inner length, has no body', () => {
    assert.equal(message('Content-Type: text/event-plain', 'Event-Name: X').name, 'X');
    assert.equal(message('Content-Type: text/event-plain', 'Event-Name: X\nContent-Length: -3\n\nabc').body, '');
    assert.equal(message('Content-Type: text/event-plain', 'Event-Name: X\nContent-Length: 99\n\nabc').body, 'abc');
  });

  it('JSON: array variables as FreeSWITCH writes them, numbers as text, other values left out', () => {
    const got = message('Content-Type: text/event-json', '{"Event-Name":"X","variable_a":["1","2"],"n":5,"o":{},"_body":"text"}');
    assert.equal(got.variable('a'), 'ARRAY::1|:2');
    assert.equal(got.get('n'), '5');
    assert.equal(got.get('o'), undefined);
    assert.equal(got.body, 'text');
  });

  it('names of the language are no headers', () => {
    const got = message('Content-Type: text/event-json', '{"Event-Name":"X","__proto__":{"a":"b"}}');
    for (const name of ['constructor', 'toString', '__proto__', 'a']) assert.equal(got.get(name), undefined);
    assert.equal(message('Content-Type: command/reply\n__proto__: x').get('__proto__'), 'x');
  });

  it('the library can read it: getHeader, getBody, getType', () => {
    const got = message('Content-Type: text/event-json', '{"Event-Name":"DTMF","DTMF-Digit":"#"}');
    assert.deepEqual([got.getHeader('DTMF-Digit'), got.getHeader('none'), got.getType(), got.getBody()], ['#', null, 'DTMF', '']);
  });

  it('an empty variable counts as unset', () => {
    assert.equal(message('Content-Type: text/event-json', '{"variable_a":""}').variable('a'), undefined);
  });

  it('percent decoding never throws and undoes what FreeSWITCH does', () => {
    assert.equal(percentDecode('%'), '%');
    assert.equal(percentDecode('100%25 %zz %E'), '100% %zz %E');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof percentDecode(text) === 'string'));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const coded = [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
        assert.equal(percentDecode(coded), text);
      }),
    );
  });
});
