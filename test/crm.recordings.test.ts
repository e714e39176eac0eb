import assert from 'node:assert/strict';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { byteRange } from '../core/crm/byte-range.js';
import { endedCall, plainBinding, rawDoor } from './support/crm-door.js';
import { eventually } from './support/eventually.js';
import { codeOf, hear, recordingBed, requestFor, sound } from './support/recording-bed.js';

describe('CRM recordings', () => {
  const bed = recordingBed();

  describe('headers', () => {
    it('P21, CRM-11: without a range 200 with length, type, name and validators; HEAD the same without a body', async () => {
      const door = await bed.open();
      bed.put(door, 'alpha-1.2', 'a.wav');
      const whole = await hear(door, 'alpha-1.2', { 'accept-encoding': 'gzip' });
      assert.equal(whole.status, 200);
      assert.deepEqual(whole.body, sound);
      const { headers } = whole;
      assert.deepEqual(
        ['content-type', 'content-length', 'content-disposition', 'accept-ranges', 'cache-control', 'last-modified'].map(
          (name) => headers[name],
        ),
        ['audio/x-wav', '4096', 'inline; filename="alpha-1.2.wav"', 'bytes', 'private, max-age=3600', 'Wed, 18 Nov 2026 11:06:40 GMT'],
      );
      assert.match(headers.etag ?? '', /^"[0-9a-z-]+"$/);
      assert.equal(headers['transfer-encoding'], undefined);
      assert.equal(headers['content-encoding'], undefined);
      const head = await hear(door, 'alpha-1.2', { range: 'bytes=0-1' }, 'HEAD');
      assert.deepEqual([head.status, head.headers['content-length'], head.headers.etag, head.body.length], [200, '4096', headers.etag, 0]);
    });

    const ranges: readonly (readonly [string, number, string | undefined, number, number])[] = [
      ['bytes=0-99', 206, 'bytes 0-99/4096', 0, 100],
      ['bytes=4000-', 206, 'bytes 4000-4095/4096', 4_000, 96],
      ['bytes=-100', 206, 'bytes 3996-4095/4096', 3_996, 100],
      ['bytes=-999999', 206, 'bytes 0-4095/4096', 0, 4_096],
      ['bytes=4095-999999', 206, 'bytes 4095-4095/4096', 4_095, 1],
      ['bytes=0-1,5-6', 200, undefined, 0, 4_096],
      ['bytes=9-3', 200, undefined, 0, 4_096],
      ['seconds=0-1', 200, undefined, 0, 4_096],
      ['bytes=a-b', 200, undefined, 0, 4_096],
      ['bytes=-', 200, undefined, 0, 4_096],
    ];
    for (const [range, status, contentRange, first, count] of ranges)
      it(`P21, CRM-11: Range ${range} is answered ${String(status)}`, async () => {
        const door = await bed.open();
        bed.put(door, 'c1', 'a.wav');
        const answer = await hear(door, 'c1', { range });
        assert.deepEqual(
          [answer.status, answer.headers['content-range'], answer.headers['content-length']],
          [status, contentRange, String(count)],
        );
        assert.deepEqual(answer.body, sound.subarray(first, first + count));
      });

    for (const range of ['bytes=4096-', 'bytes=9999-10000', 'bytes=-0'])
      it(`CRM-11: Range ${range} lies outside: 416 with the size, and no sound`, async () => {
        const door = await bed.open();
        bed.put(door, 'c1', 'a.wav');
        const answer = await hear(door, 'c1', { range });
        assert.deepEqual([answer.status, answer.headers['content-range'], answer.body.length], [416, 'bytes */4096', 0]);
      });

    it('CRM-11: If-Range gives the part of the same file only; else the whole', async () => {
      const door = await bed.open();
      const file = bed.put(door, 'c1', 'a.wav');
      const etag = (await hear(door, 'c1')).headers.etag ?? '';
      const ask = async (value: string): Promise<number> => (await hear(door, 'c1', { range: 'bytes=0-9', 'if-range': value })).status;
      assert.equal(await ask(etag), 206);
      assert.equal(await ask('Wed, 18 Nov 2026 11:06:40 GMT'), 206);
      assert.equal(await ask('Wed, 18 Nov 2026 11:06:39 GMT'), 200);
      assert.equal(await ask(`W/${etag}`), 200, 'a weak one says nothing of bytes');
      assert.equal(await ask('"other"'), 200);
      assert.equal(await ask('nonsense'), 200);
      writeFileSync(file, Buffer.concat([sound, sound]));
      assert.equal(await ask(etag), 200);
    });

    it('CRM-11: a file that the player has is not sent again', async () => {
      const door = await bed.open();
      bed.put(door, 'c1', 'a.wav');
      const etag = (await hear(door, 'c1')).headers.etag ?? '';
      const since = 'Wed, 18 Nov 2026 11:06:40 GMT';
      for (const headers of [{ 'if-none-match': etag }, { 'if-none-match': `"x", ${etag}` }, { 'if-modified-since': since }]) {
        const answer = await hear(door, 'c1', headers);
        assert.deepEqual([answer.status, answer.body.length], [304, 0], JSON.stringify(headers));
      }
      assert.equal((await hear(door, 'c1', { 'if-none-match': '"x"', 'if-modified-since': since })).status, 200);
    });

    it('P21: whatever Range says, the answer is of this file, and no longer than it', () => {
      const text = fc.oneof(
        fc.string({ maxLength: 30 }),
        fc.tuple(fc.integer({ min: -5, max: 300 }), fc.integer({ min: -5, max: 300 })).map(([a, b]) => `bytes=${String(a)}-${String(b)}`),
        fc
          .tuple(fc.nat(300), fc.constantFrom('bytes=-', 'bytes='))
          .map(([n, head]) => `${head}${String(n)}${head.endsWith('-') ? '' : '-'}`),
      );
      fc.assert(
        fc.property(text, fc.nat(200), (header, size) => {
          const range = byteRange(header, size);
          if (typeof range === 'string') return;
          assert.ok(range.first >= 0 && range.first <= range.last && range.last < size, JSON.stringify(range));
        }),
      );
    });
  });

  describe('formats', () => {
    const names: readonly (readonly [string, Buffer, string, string])[] = [
      ['a.wav', sound, 'audio/x-wav', '.wav'],
      ['a.WAV', sound, 'audio/x-wav', '.wav'],
      ['a.mp3', sound, 'audio/mpeg', '.mp3'],
      ['a.ogg', sound, 'audio/ogg', '.ogg'],
      ['a.gsm', sound, 'audio/x-gsm', '.gsm'],
      ['no-name', sound, 'audio/x-wav', '.wav'],
      ['no-name', Buffer.concat([Buffer.from('OggS'), sound]), 'audio/ogg', '.ogg'],
      ['rec.1795288719.175', Buffer.concat([Buffer.from([0xff, 0xfb]), sound]), 'audio/mpeg', '.mp3'],
      ['rec.bin', Buffer.alloc(100, 'x'), 'application/octet-stream', ''],
      ['page.html', Buffer.alloc(100, '<b>'), 'application/octet-stream', ''],
    ];
    for (const [name, bytes, type, ending] of names)
      it(`P21: ${name} beginning with ${JSON.stringify(bytes.toString('latin1', 0, 4))} is ${type}`, async () => {
        const door = await bed.open();
        bed.put(door, 'c1', name, bytes);
        const { headers, body } = await hear(door, 'c1');
        assert.deepEqual([headers['content-type'], headers['content-disposition']], [type, `inline; filename="c1${ending}"`]);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.deepEqual(body, bytes);
      });

    const raws: readonly (readonly [string, number, number, number])[] = [
      ['a.ulaw', 7, 8_000, 1],
      ['a.alaw', 6, 8_000, 1],
      ['a.sln', 1, 8_000, 2],
      ['a.sln16', 1, 16_000, 2],
    ];
    for (const [name, coding, rate, sampleBytes] of raws)
      it(`P21: ${name} of the switch gets a WAV header in front, seekable across it`, async () => {
        const door = await bed.open();
        bed.put(door, 'c1', name);
        const { headers, body } = await hear(door, 'c1');
        assert.deepEqual([headers['content-type'], headers['content-length']], ['audio/x-wav', String(44 + sound.length)]);
        assert.deepEqual([body.toString('latin1', 0, 4), body.toString('latin1', 8, 16)], ['RIFF', 'WAVEfmt ']);
        assert.equal(body.readUInt32LE(4), body.length - 8);
        assert.deepEqual(
          [body.readUInt16LE(20), body.readUInt32LE(24), body.readUInt32LE(28), body.readUInt16LE(34), body.readUInt32LE(40)],
          [coding, rate, rate * sampleBytes, sampleBytes * 8, sound.length],
        );
        assert.deepEqual(body.subarray(44), sound);
        const part = await hear(door, 'c1', { range: 'bytes=40-59' });
        assert.deepEqual([part.status, part.body], [206, body.subarray(40, 60)]);
      });
  });

  describe('what is not there', () => {
    it('CRM-11: unknown, none, empty, still growing, removed: each by its code, and when to ask again', async () => {
      const door = await bed.open();
      const nowMs = door.timers.nowMs();
      bed.put(door, 'empty', 'empty.wav', Buffer.alloc(44));
      bed.put(door, 'growing', 'growing.wav', sound, { state: 'talking', endedAtMs: undefined });
      bed.put(door, 'purged', 'purged.wav');
      door.purged.add('purged');
      const growing = door.calls.get('growing');
      for (const recording of growing?.recordings ?? []) recording.isClosed = false;
      door.calls.set('none', endedCall('none', []));
      door.calls.set('new', endedCall('new', [], { endedAtMs: nowMs - 10_000 }));
      door.calls.set('missing', endedCall('missing', [join(bed.root, 'missing.wav')]));
      door.calls.set('folder', endedCall('folder', [bed.root]));
      const cases: readonly (readonly [string, number, string, string | undefined])[] = [
        ['unknown', 404, 'unknown-call', undefined],
        ['none', 404, 'no-recording', undefined],
        ['new', 404, 'no-recording', '5'],
        ['missing', 404, 'no-recording', undefined],
        ['folder', 404, 'no-recording', undefined],
        ['empty', 404, 'empty-recording', undefined],
        ['growing', 404, 'still-recording', '5'],
        ['purged', 410, 'purged', undefined],
      ];
      for (const [id, status, error, again] of cases) {
        const answer = await hear(door, id);
        assert.deepEqual([...codeOf(answer), answer.headers['retry-after'], answer.body.length], [status, error, again, 0], id);
      }
    });

    it('CRM-11: where the binding wants it, a growing file is heard as long as it is now', async () => {
      const door = await bed.open({ bindings: [{ ...plainBinding, recordings: { serve_open: true } }] });
      bed.put(door, 'c1', 'growing.wav', sound, { state: 'talking', endedAtMs: undefined });
      for (const recording of door.calls.get('c1')?.recordings ?? []) recording.isClosed = false;
      const answer = await hear(door, 'c1');
      assert.deepEqual([answer.status, answer.body.length], [200, 4_096]);
    });

    it('a file that is cut while it is heard ends the connection: nobody takes it for the whole', async () => {
      const door = await bed.open();
      const file = bed.putLong(door, 'c1', 50_000_000);
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect(door.port, '127.0.0.1', () => socket.write(requestFor('c1')));
        let bytes = 0;
        socket.once('data', () => truncateSync(file, 1_000));
        socket.on('data', (part) => (bytes += part.length));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(bytes < 50_000_000 ? 'cut' : 'whole'));
        socket.setTimeout(5_000, () => resolve('open'));
      });
      assert.equal(outcome, 'cut');
    });

    it('CRM-11: only GET and HEAD', async () => {
      const door = await bed.open();
      bed.put(door, 'c1', 'a.wav');
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const answer = await hear(door, 'c1', {}, method);
        assert.deepEqual([answer.status, answer.headers.allow], [405, 'GET, HEAD'], method);
      }
    });
  });

  describe('many listeners', () => {
    it('CRM-11: 64 streams at once, the next is told to come again, and who leaves makes room', async () => {
      const door = await bed.open();
      bed.putLong(door, 'c1', 30_000_000);
      const sockets = await Promise.all(
        Array.from(
          { length: 64 },
          () =>
            new Promise<ReturnType<typeof connect>>((resolve) => {
              const socket = connect(door.port, '127.0.0.1', () => socket.write(requestFor('c1')));
              socket.once('data', () => {
                socket.pause();
                resolve(socket);
              });
            }),
        ),
      );
      const late = await hear(door, 'c1');
      assert.deepEqual([...codeOf(late), late.headers['retry-after']], [503, 'too-many-streams', '5']);
      sockets[0]?.destroy();
      await eventually(
        () => hear(door, 'c1', {}, 'HEAD'),
        ({ status }) => status === 200,
      );
      for (const socket of sockets) socket.destroy();
    });

    it('a listener who takes nothing is cut off, and his place is free', async () => {
      const door = await bed.open({ listener: { streamsMax: 1, stallMsMax: 100 } });
      bed.putLong(door, 'c1', 30_000_000);
      const socket = connect(door.port, '127.0.0.1', () => socket.write(requestFor('c1')));
      await once(socket, 'data');
      socket.pause();
      socket.on('error', () => undefined);
      await eventually(
        () => hear(door, 'c1', {}, 'HEAD'),
        ({ status }) => status === 200,
      );
      socket.destroy();
    });

    it('P21: ten players that seek in a file of 100 MB cost a bounded memory', async function () {
      this.timeout(60_000);
      const door = await bed.open();
      const file = join(bed.root, 'long.wav');
      const bytes = 100 * 1024 * 1024;
      writeFileSync(file, '');
      truncateSync(file, bytes);
      door.calls.set('c1', endedCall('c1', [file]));
      const seek = async (n: number): Promise<void> => {
        const first = (n * 7_919_111) % (bytes - 2_000_000);
        const answer = await hear(door, 'c1', { range: `bytes=${String(first)}-${String(first + 999_999)}` });
        assert.deepEqual([answer.status, answer.body.length], [206, 1_000_000]);
      };
      const round = (from: number): Promise<unknown> => Promise.all(Array.from({ length: 10 }, (_, n) => seek(from + n)));
      const abandoned = Array.from({ length: 10 }, () => rawDoor(door.port, requestFor('c1'), 5));
      await Promise.all(abandoned);
      await round(0);
      const before = process.memoryUsage().rss;
      for (let n = 1; n <= 10; n++) await round(n * 10);
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < 64 * 1024 * 1024, `${String(Math.round(grown / 1024 / 1024))} MB more after 100 MB in ten players`);
    });
  });
});
