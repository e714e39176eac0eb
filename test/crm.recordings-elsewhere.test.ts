import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { byteRange } from '../core/crm/byte-range.js';
import { askDoor, endedCall, openCrmDoor, secret } from './support/crm-door.js';
import type { CrmDoor, DoorAnswer } from './support/crm-door.js';

const sound = Buffer.from(Array.from({ length: 4_096 }, (_, n) => n % 251));

describe('CRM recordings on another host', () => {
  const doors: CrmDoor[] = [];
  const hear = (door: CrmDoor, id: string, headers: Record<string, string> = {}): Promise<DoorAnswer> =>
    askDoor(door.port, `/recording?id=${id}&secret=${encodeURIComponent(secret)}`, { headers });
  let origin: Server;
  const seen: string[] = [];
  let mood: 'well' | 'redirects' | 'fails' | 'silent' = 'well';

  beforeEach(async () => {
    seen.length = 0;
    mood = 'well';
    origin = createServer((req, res) => {
      seen.push(`${req.method ?? ''} ${req.url ?? ''} ${req.headers.range ?? ''} ${req.headers.authorization ?? ''}`.trim());
      if (mood === 'redirects') res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      else if (mood === 'fails') res.writeHead(500).end();
      else if (mood === 'silent') return;
      else if (req.url !== '/pbx/2026/a%20b.wav') res.writeHead(404).end();
      else {
        const range = byteRange(req.headers.range, sound.length);
        const { first, last } = typeof range === 'string' ? { first: 0, last: sound.length - 1 } : range;
        res.writeHead(typeof range === 'string' ? 200 : 206, {
          'content-length': last - first + 1,
          etag: '"o1"',
          'content-type': 'text/html',
        });
        res.end(req.method === 'HEAD' ? '' : sound.subarray(first, last + 1));
      }
    });
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close();
    origin.closeAllConnections();
    origin.close();
  });

  async function openFar(): Promise<CrmDoor> {
    const door = await openCrmDoor({
      file: {
        recording_origins: [
          {
            switch: 'beta',
            path: '/far/monitor/',
            url: `http://127.0.0.1:${String((origin.address() as AddressInfo).port)}/pbx`,
            authorization: 'Bearer x',
            allow_insecure: false,
          },
        ],
      },
    });
    doors.push(door);
    return door;
  }

  it('P21: streamed through by the same rules, with the type that we say and no other', async () => {
    const door = await openFar();
    door.calls.set('c1', endedCall('c1', ['/far/monitor/2026/a b.wav'], { switch: 'beta' }));
    const whole = await hear(door, 'c1');
    assert.deepEqual([whole.status, whole.headers['content-type'], whole.headers.etag], [200, 'audio/x-wav', '"o1"']);
    assert.deepEqual(whole.body, sound);
    const part = await hear(door, 'c1', { range: 'bytes=10-19' });
    assert.deepEqual([part.status, part.headers['content-range'], part.body], [206, 'bytes 10-19/4096', sound.subarray(10, 20)]);
    assert.deepEqual(seen.slice(-2), ['HEAD /pbx/2026/a%20b.wav  Bearer x', 'GET /pbx/2026/a%20b.wav bytes=10-19 Bearer x']);
  });

  it('CRM-20: nothing but the named place is asked, whatever the path says, and no redirect is followed', async () => {
    const door = await openFar();
    const files = [
      '/far/monitor/../../admin',
      '/far/monitor/..',
      '/far/monitor/',
      '/far/monitor',
      '/far/monitor/a\nb',
      'http://127.0.0.1/x',
    ];
    for (const [n, file] of files.entries()) {
      door.calls.set(`c${String(n)}`, endedCall(`c${String(n)}`, [file], { switch: 'beta' }));
      assert.equal((await hear(door, `c${String(n)}`)).status, 404, file);
    }
    assert.deepEqual(seen, []);
    door.calls.set('own', endedCall('own', ['/far/monitor/2026/a b.wav']));
    assert.equal((await hear(door, 'own')).status, 404, 'of another switch');
    assert.deepEqual(seen, []);
    door.calls.set('odd', endedCall('odd', ['/far/monitor/?x=%2e%2e/#y'], { switch: 'beta' }));
    assert.equal((await hear(door, 'odd')).status, 404);
    assert.deepEqual(seen, ['HEAD /pbx/%3Fx%3D%252e%252e/%23y  Bearer x']);
    door.calls.set('c9', endedCall('c9', ['/far/monitor/2026/a b.wav'], { switch: 'beta' }));
    for (const how of ['redirects', 'fails'] as const) {
      mood = how;
      const { status, headers } = await hear(door, 'c9');
      assert.deepEqual([status, headers['x-tandem-error']], [502, 'origin-away'], how);
    }
  });
});
