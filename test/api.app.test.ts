/** The HTTP service around the doors: failures in one place, limits, headers, addresses (H18, user need 3). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Router } from 'express';
import { TandemError, hasCode } from '../core/errors.js';
import { createAddressList, plainAddress } from '../core/address-list.js';
import { createAddressRules } from '../sidecar/addresses.js';
import { createApp, createHttpServer, type AppDeps } from '../sidecar/app.js';
import type { CompatDoor } from '../sidecar/compat-door.js';
import { exchange, send } from './support/api-server.js';
import { recordingMeter, silentLog } from './support/observers.js';

const routes = Router();
routes.get('/ok', (_req, res) => void res.json({ fine: true }));
routes.post('/echo', (req, res) => void res.json(req.body));
routes.get('/busy', () => Promise.reject(new TandemError('TDM_BUSY', ['too many'])));
routes.get('/fault', () => {
  throw new Error('secret detail');
});
routes.get('/cut', (_req, res) => {
  res.writeHead(200, { 'Content-Length': '10' });
  res.write('12345');
  throw new Error('broken off');
});
routes.get('/items/:id', (req, res) => void res.json({ id: req.params.id }));

const half: CompatDoor = {
  paths: ['/half'],
  serve: (_req, res) => {
    res.writeHead(200, { 'Content-Length': '10' });
    res.write('12345');
    return Promise.reject(new Error('broken off'));
  },
};

describe('HTTP service', () => {
  const meter = recordingMeter();
  const servers: Server[] = [];

  async function start(deps: Partial<AppDeps> = {}, options = {}): Promise<{ port: number }> {
    const server = createHttpServer(
      createApp({ doors: [half], routes: [routes], log: silentLog, meter, ...deps }, { jsonBytesMax: 1_000, ...options }),
    );
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port };
  }

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  it('answers carry an id and the headers of helmet, not the name of the server', async () => {
    const server = await start();
    const [first, second] = [await send(server, { path: '/ok' }), await send(server, { path: '/ok' })];
    assert.deepEqual(JSON.parse(first.body), { fine: true });
    assert.equal(first.headers['x-content-type-options'], 'nosniff');
    assert.equal(first.headers['x-powered-by'], undefined);
    assert.equal(first.headers['strict-transport-security'], undefined);
    assert.doesNotMatch(first.headers['content-security-policy'] ?? '', /upgrade-insecure-requests/);
    assert.match(first.headers['x-request-id'] ?? '', /^[0-9a-f]{8}-/);
    assert.notEqual(first.headers['x-request-id'], second.headers['x-request-id']);
  });

  const json = { 'Content-Type': 'application/json' };
  for (const [what, sent, status, code] of [
    ['an unknown address', { path: '/nosuch' }, 404, 'TDM_NOT_FOUND'],
    ['markup as address', { path: '/<script>' }, 404, 'TDM_NOT_FOUND'],
    ['a broken escape in a route', { path: '/items/%zz' }, 400, 'TDM_BAD_REQUEST'],
    ['broken JSON', { method: 'POST', path: '/echo', body: '{"a":', headers: json }, 400, 'TDM_BAD_REQUEST'],
    [
      'JSON in an unknown character set',
      { method: 'POST', path: '/echo', body: '{}', headers: { 'Content-Type': 'application/json; charset=x' } },
      400,
      'TDM_BAD_REQUEST',
    ],
    ['a large body', { method: 'POST', path: '/echo', body: JSON.stringify('x'.repeat(2_000)), headers: json }, 413, 'TDM_TOO_LARGE'],
    ['an expected failure', { path: '/busy' }, 503, 'TDM_BUSY'],
    ['a fault of ours', { path: '/fault' }, 500, 'TDM_INTERNAL'],
  ] as const)
    it(`H18: ${what}: ${status} ${code}`, async () => {
      const answer = await send(await start(), sent);
      assert.equal(answer.status, status);
      const body = JSON.parse(answer.body) as Record<string, string>;
      assert.deepEqual(Object.keys(body), ['code', 'message', 'requestId']);
      assert.equal(body['code'], code);
      assert.equal(body['requestId'], answer.headers['x-request-id']);
      assert.doesNotMatch(answer.body, /secret detail|<script>/);
      assert.deepEqual(meter.counted('tandem_http_errors_total').at(-1), { code });
    });

  it('an answer that breaks off in the middle is cut, and the service goes on', async () => {
    const server = await start();
    for (const path of ['/half', '/cut']) {
      const { body } = await exchange(server.port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      assert.ok('12345'.startsWith(body), path); // ten were announced
    }
    assert.equal((await send(server, { path: '/ok' })).status, 200);
  });

  it('an address outside the list gets 403 at every door', async () => {
    const server = await start({ isAllowed: (address) => address === '10.0.0.1' });
    for (const path of ['/ok', '/half', '/nosuch']) assert.equal((await send(server, { path })).status, 403, path);
  });
});

describe('address lists', () => {
  it('knows addresses and networks of both families', () => {
    const matches = createAddressList(['10.1.0.0/16', '192.0.2.7', '2001:db8::/32', '::1'], 'list');
    for (const good of ['10.1.2.3', '192.0.2.7', '2001:db8::9', '::1']) assert.ok(matches(good), good);
    for (const bad of ['10.2.0.1', '192.0.2.8', '2001:db9::1', '::2', '', 'nonsense', '10.1.2.3.4']) assert.ok(!matches(bad), bad);
  });

  for (const entry of ['', '10.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/x', '10.0.0.0/8/8', 'host.example'])
    it(`refuses "${entry}"`, () =>
      assert.throws(
        () => createAddressList([entry], 'list'),
        (e) => hasCode(e, 'TDM_BAD_SETTING'),
      ));

  it('a mapped IPv4 address is an IPv4 address', () => {
    assert.equal(plainAddress('::ffff:10.0.0.1'), '10.0.0.1');
    assert.equal(plainAddress('::FFFF:10.0.0.1'), '10.0.0.1');
    assert.equal(plainAddress('2001:db8::1'), '2001:db8::1');
  });

  it('W-7, W-9: trusted networks, and the list of an account', () => {
    const rules = createAddressRules(['10.0.0.0/8']);
    assert.deepEqual(
      [
        rules.isTrusted('10.9.9.9'),
        rules.isTrusted('11.0.0.1'),
        rules.isAmong('10.1.1.2', ['10.1.1.1', '::1']),
        rules.isAmong('10.1.1.1', ['10.1.1.1', '::1']),
        rules.isAmong('10.1.1.1', []),
      ],
      [true, false, false, true, false],
    );
  });
});
