/*
 * The reader of manager packets, on recorded and on hostile bytes (dependencies sections 6 and 14).
 * The expected packets come from a plain reading of the transcript text in test/support, not from the
 * code under test.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { packetLinesMax, type AmiPacket } from '../sidecar/ami-packet.js';
import { createAmiReader } from '../sidecar/ami-reader.js';
import { grouped, serverBlocks, transcripts, type Block } from './support/ami-transcript.js';
import { pieces } from './support/pieces.js';

const greeting = 'Asterisk Call Manager/11.0.0\r\n';

function read(...chunks: readonly Uint8Array[]): AmiPacket[] {
  const reader = createAmiReader();
  return chunks.flatMap((chunk) => reader.push(chunk));
}

const readText = (text: string) => read(Buffer.from(greeting + text));
const entries = (packets: readonly AmiPacket[]) => packets.map((packet) => packet.entries());
const expected = (blocks: readonly Block[]) => blocks.map((block) => grouped(block.fields));
const wire = (blocks: readonly Block[]) => Buffer.from(greeting + blocks.map((block) => block.wire).join(''));

describe('manager packets: recorded sessions', () => {
  for (const name of transcripts) {
    it(`AMI: ${name} whole, byte by byte and in random pieces`, () => {
      const blocks = serverBlocks(name);
      const bytes = wire(blocks);
      assert.ok(blocks.length > 0);
      assert.deepEqual(entries(read(bytes)), expected(blocks));
      assert.deepEqual(entries(read(...Array.from(bytes, (byte) => Buffer.of(byte)))), expected(blocks));
      for (let seed = 1; seed <= 5; seed++)
        assert.deepEqual(entries(read(...pieces(bytes, seed, 700))), expected(blocks), `seed ${String(seed)}`);
    });
  }

  // A test per transcript: all of it in one takes seconds, and longer than any deadline on a busy machine.
  const kinds = firstOfEachKind();
  for (const [name, blocks] of kinds) {
    it(`AMI: each kind of packet that is new in ${name} is the same when cut after each of its bytes`, () => {
      for (const block of blocks) {
        const bytes = wire([block]);
        const whole = JSON.stringify(expected([block]));
        for (let cut = 1; cut < bytes.length; cut++) {
          const packets = read(bytes.subarray(0, cut), bytes.subarray(cut));
          assert.equal(JSON.stringify(entries(packets)), whole, `cut after byte ${String(cut)}`);
        }
      }
    });
  }

  it('AMI: the recorded packets are of many kinds', () => {
    assert.ok([...kinds.values()].flat().length > 60, 'fewer than were recorded');
  });
});

/** One packet for each set of field names and value of the first, under the transcript that has it first. */
function firstOfEachKind(): Map<string, Block[]> {
  const seen = new Set<string>();
  const isNew = ({ fields }: Block) => {
    const kind = fields.map(([key]) => key).join() + (fields[0]?.[1] ?? '');
    return seen.size < seen.add(kind).size;
  };
  const found = transcripts.map((name): [string, Block[]] => [name, serverBlocks(name).filter(isNew)]);
  return new Map(found.filter(([, blocks]) => blocks.length > 0));
}

describe('manager packets: forms', () => {
  it('AMI: UTF-8 byte by byte', () => {
    const bytes = Buffer.from(`${greeting}Event: Newchannel\r\nCallerIDName: Jürgen Ñandú 李 🙂\r\n\r\n`);
    const [packet] = read(...Array.from(bytes, (byte) => Buffer.of(byte)));
    assert.equal(packet?.get('CallerIDName'), 'Jürgen Ñandú 李 🙂');
  });

  it('AMI: `Output:` replies keep all lines, empty ones too', () => {
    const [packet] = readText(
      'Response: Success\r\nActionID: a\r\nMessage: Command output follows\r\nOutput: one\r\nOutput: \r\nOutput: two: 2\r\n\r\n',
    );
    assert.deepEqual(packet?.all('output'), ['one', '', 'two: 2']);
  });

  it('AMI: an old `--END COMMAND--` reply, at every cut, with empty lines and lines like fields in it', () => {
    const bytes = Buffer.from(
      `${greeting}Response: Follows\r\nPrivilege: Command\r\nActionID: a-1\r\nName/username: x\nResponse: Error\n\n\r\n\nlast--END COMMAND--\r\n\r\nEvent: Next\r\n\r\n`,
    );
    for (let cut = 1; cut < bytes.length; cut++) {
      const [packet, next] = read(bytes.subarray(0, cut), bytes.subarray(cut));
      assert.equal(packet?.actionId, 'a-1');
      assert.equal(packet.get('response'), 'Follows');
      assert.deepEqual(packet.all('output'), ['Name/username: x', 'Response: Error', '', '', '', 'last']);
      assert.equal(next?.event, 'Next');
    }
  });

  it('AMI: an old reply with the end on a line of its own, and one without output', () => {
    const [full, empty] = readText(
      'Response: Follows\r\nActionID: 1\r\ntext\n--END COMMAND--\r\n\r\nResponse: Follows\r\nActionID: 2\r\n--END COMMAND--\r\n\r\n',
    );
    assert.deepEqual(full?.all('output'), ['text']);
    assert.deepEqual(empty?.all('output'), []);
  });

  it('AMI: several empty lines between packets, and line feeds without carriage return', () => {
    const packets = readText('\r\n\r\nEvent: A\r\n\r\n\r\n\n\r\nEvent: B\nX: 1\n\n\n');
    assert.deepEqual(
      packets.map((packet) => packet.event),
      ['A', 'B'],
    );
  });

  it('M14: `key:value` without a space, a line without colon, `constructor` and `__proto__` are plain fields', () => {
    const [packet] = readText('Event: X\r\nkey:value\r\nno colon here\r\nconstructor: c\r\n__proto__: p\r\nEmpty:\r\n\r\n');
    assert.deepEqual(packet?.entries(), [
      ['event', ['X']],
      ['key', ['value']],
      ['constructor', ['c']],
      ['__proto__', ['p']],
      ['empty', ['']],
    ]);
    assert.equal(packet.get('toString'), undefined);
  });

  it('AMI: `<unknown>` and the empty text stand for no value', () => {
    const [packet] = readText('Event: X\r\nA: <unknown>\r\nB: \r\nC: c\r\n\r\n');
    assert.deepEqual(
      [packet?.known('a'), packet?.known('B'), packet?.known('C'), packet?.known('D')],
      [undefined, undefined, 'c', undefined],
    );
  });
});

describe('manager packets: hostile streams', () => {
  it('M12: a packet with 20 000 keys takes below 2 s, in one piece and in many', () => {
    const bytes = Buffer.from(
      `${greeting}Event: X\r\n${Array.from({ length: 20_000 }, (_, i) => `Key${String(i)}: value\r\n`).join('')}\r\n`,
    );
    const startMs = performance.now();
    assert.equal(read(bytes)[0]?.get('key19999'), 'value');
    assert.equal(read(...pieces(bytes, 1, 100))[0]?.get('key19999'), 'value');
    assert.ok(performance.now() - startMs < 2_000);
  });

  it('M12: 25 MB without a line end stop at the limit', () => {
    const reader = createAmiReader();
    reader.push(Buffer.from(greeting));
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let pushed = 0;
    assert.throws(
      () => {
        for (; pushed < 25 * 1024 * 1024; pushed += chunk.length) reader.push(chunk);
      },
      { code: 'TDM_PROTOCOL' },
    );
    assert.ok(pushed < 9 * 1024 * 1024, `stopped only after ${String(pushed)} bytes`);
  });

  it('M12: a packet of too many lines is refused', () => {
    const reader = createAmiReader();
    assert.throws(() => reader.push(Buffer.from(`${greeting}Event: X\r\n${'a: b\r\n'.repeat(packetLinesMax)}\r\n`)), {
      code: 'TDM_PROTOCOL',
    });
  });

  it('AMI: a peer that greets as something else is refused', () => {
    assert.throws(() => read(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')), { code: 'TDM_PROTOCOL' });
  });

  it('AMI: a million tiny lines of nonsense take below 2 s', () => {
    const startMs = performance.now();
    read(Buffer.from(greeting), ...pieces(Buffer.from('\r\n:\r\nx\r\n\r\n'.repeat(100_000)), 3, 5_000));
    assert.ok(performance.now() - startMs < 2_000);
  });

  it('AMI: any bytes in any pieces never throw anything but TDM_PROTOCOL, and the cut does not matter', () => {
    const bytes = fc.array(fc.constantFrom('\r', '\n', '\r\n', ':', ' ', 'Event: X', 'Response: Follows', '--END COMMAND--', 'é', 'a'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 1_000 }), (parts, seed) => {
        const all = Buffer.from(greeting + parts.join(''));
        assert.deepEqual(entries(read(...pieces(all, seed, 5))), entries(read(all)));
      }),
      { numRuns: 500 },
    );
  });
});
