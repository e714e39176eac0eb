import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bindingsFileSchema } from '../core/crm/binding.js';
import type { JournalCall } from '../core/journal/call.js';
import { linkSignature } from '../sidecar/crm/links.js';
import { createTeller } from '../sidecar/crm/teller.js';
import { askDoor, endedCall, legOf, plainBinding, secret, type CrmDoor } from './support/crm-door.js';
import { silentLog, silentMeter } from './support/observers.js';
import { codeOf, hear, key, recordingBed, sound } from './support/recording-bed.js';

describe('CRM recordings: whose they are', () => {
  const bed = recordingBed();

  describe('paths', () => {
    it('CRM-11, B29: no path but a real one below the roots is ever read: links, parents, neighbours with the same begin, pipes', async () => {
      const door = await bed.open();
      const outside = join(bed.dir, 'secret.wav');
      writeFileSync(outside, sound);
      mkdirSync(join(bed.dir, 'monitor-of-others'));
      writeFileSync(join(bed.dir, 'monitor-of-others', 'a.wav'), sound);
      symlinkSync(outside, join(bed.root, 'link.wav'));
      symlinkSync(bed.dir, join(bed.root, 'up'));
      execFileSync('mkfifo', [join(bed.root, 'pipe.wav')]);
      const files: Readonly<Record<string, string>> = {
        link: join(bed.root, 'link.wav'),
        up: join(bed.root, 'up', 'secret.wav'),
        parent: `${bed.root}/../secret.wav`,
        neighbour: join(bed.dir, 'monitor-of-others', 'a.wav'),
        absolute: '/etc/passwd',
        nul: `${bed.root}/a.wav\u0000.txt`,
        relative: 'secret.wav',
        device: '/dev/zero',
        pipe: join(bed.root, 'pipe.wav'),
        nothing: '',
      };
      for (const [id, file] of Object.entries(files)) {
        door.calls.set(id, endedCall(id, [file]));
        assert.deepEqual(codeOf(await hear(door, id)), [404, 'no-recording'], id);
      }
      assert.deepEqual(door.foreign.map((text) => text.split(' ')[0]).sort(), ['absolute', 'device', 'link', 'neighbour', 'parent', 'up']);
      symlinkSync(join(bed.root, 'real.wav'), join(bed.root, 'inside.wav'));
      bed.put(door, 'real', 'real.wav');
      door.calls.set('inside', endedCall('inside', [join(bed.root, 'inside.wav')]));
      assert.equal((await hear(door, 'inside')).status, 200, 'a link that stays below the roots is one of ours');
    });

    it('CRM-20: an id is an id: whatever else comes is 404 without a look at the disk', async () => {
      const door = await bed.open();
      bed.put(door, 'c1', 'a.wav');
      for (const id of ['..%2Fc1', 'c1%00', 'c1%0A', '*', '%', 'c%31/', "c1'--", 'x'.repeat(101), '%D1%82', 'c1&id=c1'])
        assert.equal((await hear(door, id)).status, 404, id);
      assert.equal((await hear(door, 'c%31')).status, 200, 'the same id, written otherwise');
    });
  });

  describe('who may hear', () => {
    const sig = (id: string, exp?: number, of = secret): string => linkSignature(of, id, exp);
    const other = { ...plainBinding, name: 'other', secret: 'another-secret-of-others', extensions: { '201': 'PJSIP/201' } };
    const ask = async (door: CrmDoor, query: string): Promise<number> => (await askDoor(door.port, `/recording?${query}`)).status;

    it('P22, CRM-11: signed, by the key of now or of before; forged, cut, foreign and expired links are refused', async () => {
      const door = await bed.open({ bindings: [{ ...plainBinding, secret_previous: 'the-key-of-last-year' }] });
      bed.put(door, 'c1', 'a.wav');
      const nowS = Math.floor(door.timers.nowMs() / 1000);
      assert.equal(await ask(door, `id=c1&sig=${sig('c1')}`), 200);
      assert.equal(await ask(door, `id=c1&sig=${sig('c1', undefined, 'the-key-of-last-year')}`), 200);
      assert.equal(await ask(door, `id=c1&exp=${String(nowS + 5)}&sig=${sig('c1', nowS + 5)}`), 200);
      const refused = [
        'id=c1',
        `id=c1&sig=${sig('c2')}`,
        `id=c1&sig=${sig('c1').slice(0, 31)}`,
        `id=c1&sig=${sig('c1').toUpperCase()}`,
        `id=c1&sig=${sig('c1')}&sig=${sig('c1')}`,
        `id=c1&exp=${String(nowS + 5)}&sig=${sig('c1')}`,
        `id=c1&sig=${sig('c1', nowS + 5)}`,
        `id=c1&exp=9e9&sig=${sig('c1', 9e9)}`,
      ];
      for (const query of refused) {
        assert.equal(await ask(door, query), 401, query);
        door.timers.advance(61_000);
      }
    });

    it('P22: an expired link is refused as such, and is no guess: the office behind one address is not shut out', async () => {
      const door = await bed.open();
      bed.put(door, 'c1', 'a.wav');
      const pastS = Math.floor(door.timers.nowMs() / 1000) - 1;
      for (let n = 0; n < 15; n++) {
        const answer = await askDoor(door.port, `/recording?id=c1&exp=${String(pastS)}&sig=${sig('c1', pastS)}`);
        assert.deepEqual(codeOf(answer), [401, 'link-expired']);
      }
      assert.equal(await ask(door, `id=c1&secret=${key}`), 200);
      assert.equal(await ask(door, `id=c1&exp=${String(pastS)}&sig=${sig('c1', pastS)}&secret=${key}`), 200, 'the CRM itself adds its key');
    });

    it('CRM-4: forged links are counted as guesses', async () => {
      const door = await bed.open();
      for (let n = 0; n < 10; n++) await ask(door, `id=c1&sig=${'0'.repeat(32)}`);
      assert.equal(await ask(door, `id=c1&sig=${'0'.repeat(32)}`), 429);
      assert.equal(await ask(door, `id=c1&secret=${key}`), 429);
      door.timers.advance(61_000);
      assert.equal(await ask(door, `id=unknown&secret=${key}`), 404);
    });

    it('access: secret takes no signature; signed+ip takes either, from the list only', async () => {
      const only = await bed.open({ bindings: [{ ...plainBinding, recordings: { access: 'secret' } }] });
      bed.put(only, 'c1', 'a.wav');
      assert.equal(await ask(only, `id=c1&sig=${sig('c1')}`), 401);
      assert.equal(await ask(only, `id=c1&secret=${key}`), 200);
      const far = await bed.open({ bindings: [{ ...plainBinding, recordings: { access: 'signed+ip', allow: ['10.0.0.0/8'] } }] });
      bed.put(far, 'c1', 'a.wav');
      for (const query of [`sig=${sig('c1')}`, `secret=${key}`]) assert.equal(await ask(far, `id=c1&${query}`), 401, query);
      const near = await bed.open({ bindings: [{ ...plainBinding, recordings: { access: 'signed+ip', allow: ['127.0.0.0/8'] } }] });
      bed.put(near, 'c1', 'a.wav');
      for (const query of [`sig=${sig('c1')}`, `secret=${key}`]) assert.equal(await ask(near, `id=c1&${query}`), 200, query);
    });

    it('B29, CRM-19: a CRM hears its own calls: those of its telephones, those it ordered, and those that reached nobody', async () => {
      const door = await bed.open({ bindings: [plainBinding, other] });
      bed.put(door, 'mine', 'mine.wav');
      bed.put(door, 'theirs', 'theirs.wav', sound, { legs: [legOf('201')] });
      bed.put(door, 'both', 'both.wav', sound, { legs: [legOf('101'), legOf('201')] });
      bed.put(door, 'nobody', 'nobody.wav', sound, { legs: [] });
      bed.put(door, 'ordered', 'ordered.wav', sound, { legs: [], binding: 'other' });
      const heard = async (of: string): Promise<readonly string[]> => {
        const found: string[] = [];
        for (const id of door.calls.keys()) {
          const bySecret = await ask(door, `id=${id}&secret=${encodeURIComponent(of)}`);
          const bySig = await ask(door, `id=${id}&sig=${sig(id, undefined, of)}`);
          assert.equal(bySecret, bySig, id);
          if (bySecret === 200) found.push(id);
          else assert.equal(bySecret, 404, 'no word of what others have');
        }
        return found;
      };
      assert.deepEqual(await heard(secret), ['mine', 'both', 'nobody']);
      assert.deepEqual(await heard(other.secret), ['theirs', 'both', 'nobody', 'ordered']);
      assert.equal(await ask(door, `id=theirs&sig=${sig('theirs')}`), 404);
      assert.ok(door.foreign.some((text) => text === 'theirs not a call of main'));
    });

    it('B29, CRM-19: no CRM is told of a link that it may not follow', () => {
      const bindings = bindingsFileSchema.parse({ crm: [plainBinding, other] }).crm;
      const nothing = (): undefined => undefined;
      const tools = { post: () => Promise.reject(new Error('nothing is sent')), nowMs: () => 0, ownerOf: nothing, expectOwner: nothing };
      const tellers = bindings.map((binding) => createTeller(binding, { ...tools, learn: nothing, log: silentLog, meter: silentMeter }));
      const told = (call: JournalCall): readonly number[] =>
        tellers.map((teller) => teller?.messagesOf({ type: 'recording-ready', call, file: '/r/a.wav', extension: '' }, 0).length ?? 0);
      assert.deepEqual(told(endedCall('mine', [])), [1, 0]);
      assert.deepEqual(told(endedCall('theirs', [], { legs: [legOf('201')] })), [0, 1]);
      assert.deepEqual(told(endedCall('nobody', [], { legs: [] })), [1, 1]);
    });
  });
});
