/** The doors for a CRM behind a reverse proxy (crm-vtiger 11): whose address counts. And a click as YetiForce sends it. */
import assert from 'node:assert/strict';
import type { CrmAnswer } from '../core/crm-ports.js';
import { checkLink, recordingLink } from '../sidecar/crm/links.js';
import { askDoor, openCrmDoor, plainBinding, rawDoor, secret, type CrmDoor, type CrmDoorOptions } from './support/crm-door.js';

const key = encodeURIComponent(secret);

describe('CRM doors: behind a reverse proxy', () => {
  const doors: CrmDoor[] = [];
  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close();
  });
  async function open(proxies: readonly string[] | undefined, more: CrmDoorOptions = {}): Promise<CrmDoor> {
    const door = await openCrmDoor({ ...more, ...(proxies && { file: { trusted_proxies: [...proxies] } }) });
    doors.push(door);
    return door;
  }
  const ask = async (door: CrmDoor, path: string, from: string): Promise<number> =>
    (await askDoor(door.port, path, { method: path.startsWith('/recording?') ? 'GET' : 'POST', headers: { 'X-Forwarded-For': from } }))
      .status;
  async function guess(door: CrmDoor, from: string): Promise<void> {
    for (let n = 0; n < 10; n++) await ask(door, '/makecall?secret=wrong', from);
  }
  const click = `/makecall?secret=${key}&from=101&to=79123456789`;

  it('CRM-4: wrong keys of one who asks through the proxy shut out him, and not the CRM beside him', async () => {
    const door = await open(['127.0.0.1']);
    await guess(door, '203.0.113.9');
    assert.equal(await ask(door, click, '203.0.113.9'), 429);
    assert.equal(await ask(door, click, '198.51.100.1'), 200);
    assert.equal(await ask(door, click, '198.51.100.1, 203.0.113.9'), 429, 'what a stranger wrote himself is not believed');
  });

  it('CRM-4: whoever is no trusted proxy is whom his socket says', async () => {
    for (const proxies of [undefined, ['10.0.0.1']]) {
      const door = await open(proxies);
      for (let n = 0; n < 10; n++) await ask(door, '/makecall?secret=wrong', `203.0.113.${String(n)}`);
      assert.equal(await ask(door, click, '198.51.100.1'), 429);
    }
  });

  it('P22: signed+ip counts the address behind the proxy, for links, for the key, and for /ping', async () => {
    const bindings = [{ ...plainBinding, recordings: { access: 'signed+ip', allow: ['198.51.100.0/24'] } }];
    const door = await open(['127.0.0.0/8'], { bindings });
    const link = new URL(recordingLink('http://x', secret, 'c1', 0, 0));
    assert.equal(checkLink([secret], { id: 'c1', sig: link.searchParams.get('sig') ?? '', exp: '' }, 0), 'good');
    for (const path of [`/recording${link.search}`, `/recording?id=c1&secret=${key}`]) {
      assert.equal(await ask(door, path, '198.51.100.7'), 404, 'heard, and there is no such call');
      assert.equal(await ask(door, path, '203.0.113.9'), 401);
    }
    const ping = async (from: string): Promise<string> => {
      const headers = { accept: 'application/json', 'X-Forwarded-For': from };
      return (await askDoor(door.port, '/ping', { headers })).body.toString();
    };
    assert.match(await ping('198.51.100.7'), /"status":"ok"/);
    assert.equal(await ping('203.0.113.9'), 'pong\n');
  });

  it('B57: the audit and the log name who asked, not the proxy', async () => {
    const door = await open(['127.0.0.1']);
    await ask(door, `/recording/pause?secret=${key}&id=c1`, '198.51.100.7');
    assert.deepEqual(
      door.audited.map(({ who }) => who.address),
      ['198.51.100.7'],
    );
    assert.ok(door.logged.some((line) => line.includes('"address":"198.51.100.7"')));
    assert.ok(!door.logged.some((line) => line.includes('127.0.0.1')));
  });
});

describe('YetiForce: clicks', () => {
  /** Its HTTP client sends an empty body, and all in the address; the context is empty where it does not find its setting. */
  const request = (query: string): string =>
    [
      `POST /makecall?event=OutgoingCall&${query} HTTP/1.1`,
      'Content-Length: 0',
      'User-Agent: GuzzleHttp/7',
      'Host: connector.example:5000',
      'Connection: close',
      '',
      '',
    ].join('\r\n');
  const plain = `secret=${key}&from=101&to=%2B7+912+345-67-89&context=`;
  let door: CrmDoor;
  beforeEach(async () => {
    door = await openCrmDoor({ bindings: [{ ...plainBinding, dialect: 'yetiforce', crm_url: undefined }] });
  });
  afterEach(() => door.close());

  it('P18, CRM-3: a click that is ordered is 200, with and without a context', async () => {
    for (const context of ['', 'from-internal']) {
      const answer = await rawDoor(door.port, request(`${plain}${context}`));
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
      assert.ok(answer.endsWith('\r\n\r\nSuccess\n'), answer);
      assert.deepEqual(door.asked.pop(), { binding: 'main', from: '101', to: '+7 912 345-67-89', context });
    }
  });

  const failures: readonly (readonly [what: string, query: string, answer: CrmAnswer, status: number])[] = [
    ['a wrong key', `secret=wrong&from=101&to=1`, { ok: true }, 401],
    ['no key', 'secret=&from=101&to=1', { ok: true }, 401],
    ['an unknown extension', plain, { ok: false, code: 'unknown-extension', status: 400 }, 400],
    ['a switch that is away', plain, { ok: false, code: 'switch-down', status: 503 }, 503],
  ];
  for (const [what, query, answer, status] of failures)
    it(`P18, CRM-3: it looks at the status alone, and 200 is success to it: ${what} is ${String(status)}`, async () => {
      door.answer = () => Promise.resolve(answer);
      assert.ok((await rawDoor(door.port, request(query))).startsWith(`HTTP/1.1 ${String(status)} `));
    });

  it('P18, CRM-3: a switch that hangs is 504 within the two seconds', async () => {
    door.answer = () => new Promise(() => undefined);
    const answer = rawDoor(door.port, request(plain));
    while (door.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    door.timers.advance(2_000);
    assert.match(await answer, /^HTTP\/1\.1 504 /);
  });
});
