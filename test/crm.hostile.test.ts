/** Whatever comes in at the doors for a CRM, byte by byte (CRM-20; crm-vtiger 3, 11). */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import fc from 'fast-check';
import { askDoor, openCrmDoor, plainBinding, rawDoor, secret, type CrmDoor, type CrmDoorOptions } from './support/crm-door.js';
import { hostileTexts } from './support/hostile.js';

const key = encodeURIComponent(secret);

describe('CRM doors: hostile requests', () => {
  const doors: CrmDoor[] = [];

  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close();
  });

  async function open(options: CrmDoorOptions = {}): Promise<CrmDoor> {
    const door = await openCrmDoor(options);
    doors.push(door);
    return door;
  }

  /** Statuses and bodies that the CRM's pages understand: anything but these few would pass for success (3.1). */
  const isWellSaid = (status: number, body: string): boolean =>
    (status === 200 && body === 'Success\n') || (status >= 400 && ['Error\n', 'Authentication Failure\n', ''].includes(body));

  const routes = ['/makecall', '/transfer', '/recording/pause'];
  const fields = [
    'from',
    'to',
    'context',
    'event',
    'callid',
    'callUUID',
    'id',
    'mode',
    'number',
    'extension',
    'X',
    '__proto__',
    'constructor',
  ];

  for (const route of routes)
    it(`CRM-20: ${route}: every hostile text in every field is asked for as it came, or refused, in words that the CRM understands`, async () => {
      const door = await open();
      for (const [what, text] of Object.entries(hostileTexts))
        for (const field of fields) {
          const path = `${route}?secret=${key}&${field}=${text}`;
          // raw: some are no characters that a client would send
          const answer = await rawDoor(
            door.port,
            Buffer.from(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, 'latin1'),
          );
          const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
          const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
          assert.ok(isWellSaid(status, body), `${field} ${what}: ${answer.slice(0, 300)}`);
          assert.doesNotMatch(answer, /\r\nset-cookie:/i);
        }
      const asked = door.asked as readonly Readonly<Record<string, unknown>>[];
      for (const one of asked) {
        assert.equal(one['binding'], 'main');
        for (const value of Object.values(one)) assert.ok(typeof value === 'string' || typeof value === 'boolean');
      }
      assert.ok(asked.length > 100);
      assert.equal(Object.getPrototypeOf({}), Object.prototype);
    }).timeout(20_000);

  it('CRM-20: any bytes in the address: an answer by the rules, and the next request is served', async () => {
    const door = await open();
    const bytes = fc.uint8Array({ maxLength: 120 }).map((part) =>
      Buffer.from(part)
        .toString('latin1')
        .replace(/[ \r\n\0]/g, '%'),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom(...routes, '/recording', '/ping', '/', '/vt/makecall'), async (text, route) => {
        const request = `POST ${route}?secret=${key}&to=${text} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
        const answer = await rawDoor(door.port, Buffer.from(request, 'latin1'));
        assert.match(answer, /^HTTP\/1\.1 \d{3} /);
        assert.doesNotMatch(answer, /^HTTP\/1\.1 500/);
        assert.doesNotMatch(answer, / at .*\.(ts|js):/, 'no stack');
      }),
      { numRuns: 200 },
    );
    assert.equal((await askDoor(door.port, '/ping')).body.toString(), 'pong\n');
  }).timeout(20_000);

  it('3.1: a parameter that came twice counts as none, in the address and in a form', async () => {
    const door = await open();
    await askDoor(door.port, `/makecall?secret=${key}&from=101&to=1&to=2`, { method: 'POST' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await askDoor(door.port, `/makecall?secret=${key}`, { method: 'POST', headers, body: 'from=101&from=102&to[]=3&context=a' });
    await askDoor(door.port, `/makecall?secret=${key}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"from":["101"],"to":{"a":1},"context":7}',
    });
    assert.deepEqual(door.asked, [
      { binding: 'main', from: '101', to: '', context: '' },
      { binding: 'main', from: '', to: '', context: 'a' },
      { binding: 'main', from: '', to: '', context: '' },
    ]);
    assert.equal((await askDoor(door.port, `/makecall?secret=${key}&secret=${key}&from=101&to=1`, { method: 'POST' })).status, 401);
    assert.equal(door.asked.length, 3);
  });

  it('3.1, CRM-4: the key by address, form, JSON or header; missing, empty, wrong, cut, longer or another’s is 401 and nothing is asked', async () => {
    const door = await open();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const good: readonly Parameters<typeof askDoor>[2][] = [
      { method: 'POST', headers: form, body: `secret=${key}` },
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ secret }) },
      { headers: { 'x-tandem-secret': secret } },
    ];
    for (const how of good) assert.equal((await askDoor(door.port, '/makecall?from=101&to=79123456789', how)).status, 200);
    const asked = door.asked.length;
    for (const text of [
      '',
      '?secret=',
      '?secret=wrong',
      `?secret=${key.slice(0, -1)}`,
      `?secret=${key}x`,
      '?secret[]=x',
      '?Secret=x',
      `?secret=${secret}`,
    ]) {
      const answer = await askDoor(door.port, `/makecall${text}`, { method: 'POST' });
      assert.deepEqual([answer.status, answer.body.toString()], [401, 'Authentication Failure\n'], text);
    }
    assert.equal(door.asked.length, asked);
  });

  it('CRM-4, 11: ten wrong keys a minute from one address are 429, also with the right one, and forgiven after a minute', async () => {
    const door = await open();
    for (let n = 0; n < 10; n++) await askDoor(door.port, '/makecall?secret=wrong');
    for (const secretText of ['wrong', key]) {
      const answer = await askDoor(door.port, `/makecall?secret=${secretText}`);
      assert.deepEqual([answer.status, answer.body.toString()], [429, 'Authentication Failure\n']);
    }
    door.timers.advance(61_000);
    assert.equal((await askDoor(door.port, `/makecall?secret=${key}`)).status, 200);
  });

  it('CRM-18: no key, signature or link is ever in a log line, whatever happens', async () => {
    const door = await open();
    door.answer = () => Promise.reject(new Error('the switch is gone'));
    for (const path of ['/makecall', '/transfer', '/recording/pause', '/recording', '/ping', '/nothing', '/%zz'])
      for (const query of [`?secret=${key}&id=c1`, `?secret=guess-${key}&id=c1`, `?id=c1&sig=0123456789abcdef0123456789abcdef`]) {
        await askDoor(door.port, `${path}${query}`, { method: 'POST' });
        await askDoor(door.port, `${path}${query}`);
        door.timers.advance(61_000);
      }
    assert.ok(door.logged.length > 5);
    for (const line of door.logged) for (const text of [secret, key, '0123456789abcdef']) assert.ok(!line.includes(text), line);
    assert.ok(!JSON.stringify(door.audited).includes(secret));
  });

  it('11: bodies, addresses and headers beyond their bounds are refused, and cost nothing', async () => {
    const door = await open();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const refused = [
      await askDoor(door.port, `/makecall?secret=${key}`, { method: 'POST', headers: form, body: `to=${'1'.repeat(70_000)}` }),
      await askDoor(door.port, `/makecall?secret=${key}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"to":',
      }),
      await askDoor(door.port, `/makecall?secret=${key}&to=${'1'.repeat(5_000)}`, { method: 'POST' }),
      await askDoor(door.port, `/makecall?secret=${key}`, { method: 'POST', headers: { ...form, 'content-encoding': 'br' }, body: 'x' }),
      await askDoor(door.port, `/makecall?secret=${key}`, {
        method: 'POST',
        headers: { ...form, 'content-type': 'application/x-www-form-urlencoded; charset=utf-7' },
        body: 'to=1',
      }),
      await askDoor(door.port, `/makecall?secret=${key}`, {
        method: 'POST',
        headers: form,
        body: Array.from({ length: 2_000 }, (_, n) => `p${String(n)}=1`).join('&'),
      }),
    ];
    for (const { status, body } of refused)
      assert.ok(status >= 400 && status < 500 && ['Error\n', ''].includes(body.toString()), `${String(status)} ${body.toString()}`);
    assert.match(await rawDoor(door.port, `GET /ping HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
    assert.deepEqual(door.asked, []);
  });

  it('11: a client that never ends its headers, or its body, is let go', async () => {
    const door = await open({ http: { headersMsMax: 200, requestMsMax: 200 } });
    const ended = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let answer = '';
        const socket = connect(door.port, '127.0.0.1', () => socket.write(text));
        socket.on('data', (part) => (answer += part.toString('latin1')));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(answer));
      });
    assert.match(await ended('POST /makecall HTTP/1.1\r\nHost:'), /^(HTTP\/1\.1 408 |$)/);
    assert.match(
      await ended(
        `POST /makecall?secret=${key} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nto=`,
      ),
      /^HTTP\/1\.1 408 /,
    );
    assert.deepEqual(door.asked, []);
  }).timeout(10_000);

  it('3.1: a switch that never answers is Error within two seconds, and what comes later is not told', async () => {
    const door = await open();
    let late = (): void => undefined;
    door.answer = () => new Promise((resolve) => (late = () => resolve({ ok: true })));
    const answer = askDoor(door.port, `/makecall?secret=${key}&from=101&to=1`, { method: 'POST' });
    while (door.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    door.timers.advance(2_000);
    const { status, body, headers } = await answer;
    assert.deepEqual([status, body.toString(), headers['x-tandem-error']], [504, 'Error\n', 'timeout']);
    late();
    assert.equal((await askDoor(door.port, '/ping')).status, 200);
  });

  it('3.5: everything else is 404 without a word; the banner says no version', async () => {
    const door = await open({ bindings: [{ ...plainBinding, path_prefix: 'vt' }] });
    for (const path of [
      '/cdrinfo',
      '/vt/cdrinfo',
      '/calls',
      '/makecall',
      '/MakeCall',
      '/vt/makecall/x',
      '/vt/recording/../ping',
      '/.env',
      '/vt/../../etc/passwd',
    ]) {
      const { status, body } = await askDoor(door.port, `${path}?secret=${key}`);
      assert.deepEqual([status, body.length], [404, 0], path);
    }
    const { body, headers } = await askDoor(door.port, '/vt/');
    assert.equal(body.toString(), 'Tandem CRM connector\n');
    for (const name of ['x-powered-by', 'server']) assert.equal(headers[name], undefined);
    assert.equal((await askDoor(door.port, `//vt//makecall?secret=${key}`, { method: 'POST' })).status, 200, '3: slashes are collapsed');
  });

  it('B57: every pause of a recording is in the audit, with who, what and how it ended', async () => {
    const door = await open();
    await askDoor(door.port, `/recording/pause?secret=${key}&id=alpha-1.2`, { method: 'POST' });
    door.answer = () => Promise.resolve({ ok: false, code: 'no-recording', status: 409 });
    await askDoor(door.port, `/recording/resume?secret=${key}&id=alpha-1.2`, { method: 'POST' });
    await askDoor(door.port, `/recording/resume?secret=wrong&id=alpha-1.2`, { method: 'POST' });
    assert.deepEqual(
      door.audited.map(({ who, command, request, status, code }) => [who.id, command, request, status, code]),
      [
        ['crm:main', 'recording/pause', { call: 'alpha-1.2' }, 200, undefined],
        ['crm:main', 'recording/resume', { call: 'alpha-1.2' }, 409, 'no-recording'],
      ],
    );
  });
});
