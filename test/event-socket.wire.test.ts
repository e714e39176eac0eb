/** What goes over the event socket's wire: commands cut from bytes, events in three forms, who wants which event. */
import assert from 'node:assert/strict';
import { CommandReader, commandLimits } from '../core/event-socket/command-reader.js';
import type { SocketCommand } from '../core/event-socket/command-reader.js';
import { coded, headOf, writeEvent, type SocketEvent } from '../core/event-socket/event.js';
import { eventNamed, Interest, interestLimits } from '../core/event-socket/interest.js';
import { FrameReader } from '../esl-outbound/frame.js';
import { headersOf } from './support/event-socket-desk.js';
import { readTranscript, transcriptNames } from './support/esl-transcript.js';

const read = (...chunks: readonly string[]): readonly SocketCommand[] => {
  const reader = new CommandReader();
  return chunks.flatMap((chunk) => reader.push(Buffer.from(chunk)));
};
function throwsProtocol(work: () => unknown): void {
  assert.throws(work, { code: 'TDM_PROTOCOL' });
}

describe('event socket: commands', () => {
  for (const name of transcriptNames.filter((one) => one.startsWith('in-')))
    it(`B61: ${name}: every command that was sent, cut at any byte`, () => {
      const sent = Buffer.concat(
        readTranscript(name)
          .blocks.filter(({ from }) => from === 'app')
          .map(({ bytes }) => bytes),
      );
      const whole = new CommandReader().push(sent);
      assert.equal(
        whole.map(({ body }) => Buffer.byteLength(body ?? '')).reduce((a, b) => a + b, 0),
        name.match(/xml|custom/) ? 11 : 0,
      );
      for (let cut = 1; cut < sent.length; cut++) {
        const reader = new CommandReader();
        assert.deepEqual([...reader.push(sent.subarray(0, cut)), ...reader.push(sent.subarray(cut))], whole, `byte ${String(cut)}`);
      }
    });

  it('B61: headers, a body by bytes, blank lines before a command, and CR LF', () => {
    assert.deepEqual(read('\n\r\n\nsendevent  X \r\nName:  v: w \r\ncontent-length: 4\r\nno header\r\n\r\nüé', 'api status\n\n'), [
      {
        line: 'sendevent  X',
        headers: [
          ['Name', 'v: w'],
          ['content-length', '4'],
        ],
        body: 'üé',
      },
      { line: 'api status', headers: [], body: undefined },
    ]);
    assert.equal(read('x\nContent-Length: 0\n\n')[0]?.body, undefined);
    assert.deepEqual(read('exit\n'), [], 'one line end is not the end');
  });

  it('B61: bounds: head, headers, body; a length that is none', () => {
    const long = 'x'.repeat(commandLimits.headBytesMax + 1);
    throwsProtocol(() => read(long));
    throwsProtocol(() => read(`${long}\n\n`));
    throwsProtocol(() => read(`x\n${'a: b\n'.repeat(commandLimits.headersMax + 1)}\n`));
    throwsProtocol(() => read(`x\nContent-Length: ${String(commandLimits.bodyBytesMax + 1)}\n\n`));
    for (const length of ['-1', '1e3', '0x10', 'many', '9999999999', '']) throwsProtocol(() => read(`x\ncontent-length: ${length}\n\n`));
    assert.equal(read(`x\n${'a: b\n'.repeat(commandLimits.headersMax)}\n`)[0]?.headers.length, commandLimits.headersMax);
  });

  it('B61: bytes that are no text make no harm', () => {
    const got = new CommandReader().push(Buffer.from([0, 255, 254, 10, 10, 101, 120, 105, 116, 10, 10]));
    assert.equal(got.length, 2);
    assert.equal(got[1]?.line, 'exit');
  });

  it('B61: a long command that comes in small pieces costs time in proportion', () => {
    const reader = new CommandReader();
    const beganMs = performance.now();
    for (let n = 0; n < commandLimits.headBytesMax / 16; n++) reader.push(Buffer.from('0123456789abcde '));
    assert.equal(reader.push(Buffer.from('\n\n')).length, 1);
    assert.ok(performance.now() - beganMs < 2_000);
  });
});

const event = (headers: readonly (readonly [string, string])[], body?: string): SocketEvent => ({
  name: 'CUSTOM',
  subclass: undefined,
  headers,
  body,
});

/** Messages of a transcript that are events of this format. */
function recorded(name: string, format: string): readonly string[] {
  const frames: string[] = [];
  const keep = (frame: string): boolean => frames.push(frame) > 0;
  new FrameReader().push(readTranscript(name).fromSwitch, ({ head, body }) => keep(`${head}\n\n${body?.toString('utf8') ?? ''}`));
  return frames.filter((frame) => frame.includes(`text/event-${format}`));
}

const bodyOf = (frame: string): string => frame.slice(frame.indexOf('\n\n') + 2);

describe('event socket: events', () => {
  it('F143 B61: every recorded plain event is written in the same bytes', () => {
    let count = 0;
    for (const name of transcriptNames.filter((one) => one.startsWith('in-')))
      for (const frame of recorded(name, 'plain')) {
        const inner = bodyOf(frame).slice(bodyOf(frame).indexOf('\n\n') + 2);
        const headers = headersOf(frame).filter(([header], i, all) => inner === '' || header !== 'Content-Length' || i !== all.length - 1);
        assert.equal(writeEvent(event(headers, inner === '' ? undefined : inner), 'plain'), frame);
        count++;
      }
    assert.equal(count, 27);
  });

  it('B61: every recorded JSON event is written in the same bytes', () => {
    const frames = recorded('in-events-json', 'json');
    assert.ok(frames.length >= 2);
    for (const frame of frames) {
      // Hangup-Cause is there twice
      const pairs = [...bodyOf(frame).matchAll(/("(?:[^"\\]|\\.)*"):("(?:[^"\\]|\\.)*")/g)];
      const headers = pairs.map(([, name = '', value = '']) => [JSON.parse(name) as string, JSON.parse(value) as string] as const);
      assert.equal(writeEvent(event(headers), 'json'), frame);
    }
  });

  it('B61: a body in JSON stands in _body, with its length in bytes', () => {
    const headers = [
      ['9', 'first'],
      ['1', 'second'],
    ] as const;
    const text = bodyOf(writeEvent(event(headers, 'ü'), 'json'));
    assert.equal(text, '{"9":"first","1":"second","Content-Length":"2","_body":"ü"}');
  });

  it('B61: values of callers cannot end a line, a value or an element', () => {
    const nasty = 'a\r\nReply-Text: +OK</x><y>&"\u0000ü%';
    const plain = writeEvent(event([['CC-Member-CID-Name', nasty]]), 'plain');
    assert.equal(bodyOf(plain), 'CC-Member-CID-Name: a%0D%0AReply-Text%3A%20%2BOK%3C/x%3E%3Cy%3E%26%22%00%C3%BC%25\n\n');
    assert.equal(headersOf(plain)[0]?.[1], nasty);
    assert.doesNotMatch(writeEvent(event([['x', nasty]]), 'xml'), /<y>|Reply-Text:/);
    assert.deepEqual(JSON.parse(bodyOf(writeEvent(event([['x', nasty]]), 'json'))), { x: nasty });
    assert.equal(bodyOf(writeEvent(event([['a\nb: c', '1']]), 'plain')), 'a_b__c: 1\n\n');
    assert.match(writeEvent(event([['1<a>', '1']], 'b</body>'), 'xml'), /<_1_a_>1<\/_1_a_>\n[^]*<body>b&lt;\/body&gt;<\/body>/);
  });

  it('B61: which characters are coded', () => {
    const kept = "abcXYZ019-_./,()'!$*~";
    assert.equal(coded(kept), kept);
    for (const c of ' "#%&+:;<=>?@[\\]^{|}`') assert.equal(coded(c), `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  });

  it('B61: the head is that of the reference, in its order; local time of the zone', () => {
    const head = { coreUuid: 'c', hostname: 'h', ipv4: '192.0.2.2', ipv6: 'fd00::2', offsetMinutes: () => 120 };
    const [recordedEvent = ''] = recorded('in-callcenter', 'plain');
    const made = headOf(head, { name: 'CUSTOM', subclass: 'callcenter::info', from: 'f' }, 1_795_288_134_483, 7);
    assert.deepEqual(
      made.map(([name]) => name),
      headersOf(recordedEvent)
        .map(([name]) => name)
        .slice(0, made.length),
    );
    const of = (name: string) => made.find(([header]) => header === name)?.[1];
    assert.equal(of('Event-Date-Local'), '2026-11-21 21:08:54');
    assert.equal(of('Event-Date-GMT'), 'Sat, 21 Nov 2026 19:08:54 GMT');
    assert.equal(of('Event-Date-Timestamp'), '1795288134483000');
  });
});

describe('event socket: interest', () => {
  const custom = (subclass: string | undefined, headers: SocketEvent['headers'] = []): SocketEvent => ({ ...event(headers), subclass });
  const presence: SocketEvent = { ...event([]), name: 'PRESENCE_IN' };
  const listening = (...commands: readonly string[]): Interest => {
    const interest = new Interest();
    for (const words of commands) assert.ok(interest.listen(words.split(' ')), words);
    return interest;
  };

  it('B61: after CUSTOM every word is a subclass', () => {
    const interest = listening('plain PRESENCE_IN CUSTOM callcenter::info PRESENCE_OUT');
    assert.ok(interest.wants(custom('callcenter::info')));
    assert.ok(interest.wants(custom('PRESENCE_OUT')));
    assert.ok(interest.wants(presence));
    assert.ok(!interest.wants(custom('sofia::register')));
    assert.ok(interest.wants(custom(undefined)), 'one without a subclass goes to all');
    assert.ok(!listening('plain CUSTOM PRESENCE_IN').wants(presence));
    assert.ok(listening('plain CUSTOM').wants(custom('anything')));
  });

  it('B61: names add up, the last format counts, unknown names beside known ones are ignored', () => {
    const interest = listening('json CUSTOM a::b', 'xml presence_in nonsense');
    assert.ok(interest.wants(custom('a::b')) && interest.wants(presence));
    assert.equal(interest.format, 'xml');
    assert.ok(!interest.listen(['plain', 'nonsense']) && !interest.listen(['plain']) && !interest.listen([]));
    assert.ok(listening('plain all').wants(custom('x')));
  });

  it('B61: nixevent and noevents take away', () => {
    const interest = listening('plain PRESENCE_IN CUSTOM a::b c::d');
    assert.ok(interest.nix(['CUSTOM', 'a::b']));
    assert.ok(!interest.wants(custom('a::b')) && interest.wants(custom('c::d')));
    assert.ok(interest.nix(['PRESENCE_IN']) && !interest.wants(presence));
    assert.ok(!interest.nix(['nonsense']) && !interest.nix([]));
    assert.ok(interest.stop() && !interest.stop() && !interest.wants(custom('c::d')));
  });

  it('B61: filters: any positive one must match, an excluding one wins, /.../ is a pattern, delete by name and value', () => {
    const interest = listening('plain ALL');
    const wants = (queue: string) => interest.wants(custom('x', [['CC-Queue', queue]]));
    interest.addFilter('cc-queue', 'a');
    interest.addFilter('CC-Queue', '/^su.*rt$/');
    assert.deepEqual(['a', 'b', 'support', 'nosupport'].map(wants), [true, false, true, false]);
    interest.addFilter('CC-Queue', '-support');
    assert.ok(!wants('support') && wants('a'));
    interest.deleteFilter('CC-QUEUE', 'a');
    assert.ok(!wants('a'));
    interest.deleteFilter('all', '');
    assert.ok(wants('b'));
  });

  it('B61: filters and subclasses are bounded, and a pattern of a client costs nothing', () => {
    const interest = listening('plain ALL');
    for (let n = 0; n < interestLimits.filtersMax; n++) assert.ok(interest.addFilter('x', String(n)));
    assert.ok(!interest.addFilter('x', 'one too many'));
    const slow = listening('plain ALL');
    slow.addFilter('x', `/${'.*a'.repeat(60)}b/`);
    const beganMs = performance.now();
    slow.wants(custom('x', [['x', 'a'.repeat(100_000)]]));
    assert.ok(performance.now() - beganMs < 500);
    const many = listening(`plain CUSTOM ${Array.from({ length: interestLimits.subclassesMax + 1 }, (_, i) => `s${String(i)}`).join(' ')}`);
    assert.ok(many.wants(custom('s1')) && !many.wants(custom(`s${String(interestLimits.subclassesMax)}`)));
  });

  it('B61: names of events in any letter case; ALL is none', () => {
    assert.equal(eventNamed('presence_in'), 'PRESENCE_IN');
    assert.equal(eventNamed('ALL'), undefined);
    assert.equal(eventNamed('NO_SUCH'), undefined);
  });
});
