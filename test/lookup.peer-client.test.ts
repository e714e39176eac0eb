/** The HTTP client for other clusters: deadlines, retry, redirects, certificates, credentials, encodings (AGI-3, W-5, W-6, W-10, X-27). */
import assert from 'node:assert/strict';
import { createHash, createHmac, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalText } from '../core/cluster/signature.js';
import type { Container, PeerRequest } from '../core/ports.js';
import { createPeerClient } from '../sidecar/peer-client.js';
import type { ClosablePeerClient, PeerClientOptions } from '../sidecar/peer-client.js';
import { decodeBody } from '../sidecar/peer-text.js';
import { eventually } from './support/eventually.js';
import { startFakeOrigin, stockLine } from './support/fake-origin.js';
import type { FakeOrigin, OriginReply } from './support/fake-origin.js';
import { profileContainer, stockContainer } from './support/lookup-world.js';

const tls = (file: string) => new URL(`fixtures/lookup/tls/${file}`, import.meta.url).pathname;
const pem = (file: string) => readFileSync(tls(file));
const code = 'V1211903090005000001';

describe('peer client', () => {
  const closing: (() => unknown)[] = [];
  let client: ClosablePeerClient;
  let nowMs = Date.UTC(2026, 10, 21);
  const env: Record<string, string> = {};

  function open(options: Partial<PeerClientOptions> = {}): ClosablePeerClient {
    const opened = createPeerClient({ nowMs: () => nowMs, env }, options);
    closing.push(() => opened.close());
    return opened;
  }
  async function origin(reply?: OriginReply, options?: Parameters<typeof startFakeOrigin>[1]): Promise<FakeOrigin> {
    const started = await startFakeOrigin(reply, options);
    closing.push(() => started.stop());
    return started;
  }
  /** A server that speaks bytes, not HTTP. */
  async function rawServer(onSocket: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      onSocket(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }
  function request(container: Container, given: Partial<PeerRequest> = {}): PeerRequest {
    const limits = { connectMsMax: 1_000, requestMsMax: 2_000 };
    return {
      container,
      function: 'ccc_lead_info',
      parameters: { call_id: code },
      signal: new AbortController().signal,
      ...limits,
      ...given,
    };
  }
  const failed = (reason: RegExp) => ({ code: 'TDM_REMOTE_FAILED', message: reason });

  beforeEach(() => (client = open()));
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  describe('requests', () => {
    it('V19: asks the address of the container and hands the answer over, whatever its status', async () => {
      const peer = await origin();
      assert.deepEqual(await client.ask(request(stockContainer(peer.base))), { status: 200, body: stockLine });
      assert.equal(peer.asked[0]?.path, '/vicidial/non_agent_api.php');
      assert.equal(peer.asked[0].query, `user=6666&pass=1234&source=test&function=ccc_lead_info&call_id=${code}`);
      peer.reply((response) => response.writeHead(500).end('broken'));
      assert.deepEqual(await client.ask(request(stockContainer(peer.base))), { status: 500, body: 'broken' });
    });

    it('W-10: connections are kept: 20 requests one after another use one', async () => {
      const peer = await origin();
      for (let n = 0; n < 20; n++) await client.ask(request(stockContainer(peer.base)));
      assert.equal(peer.connections(), 1);
    });

    it('the number of connections to a peer is bounded; more requests wait for one', async () => {
      const peer = await origin();
      const narrow = open({ socketsMax: 2 });
      await Promise.all(Array.from({ length: 10 }, () => narrow.ask(request(stockContainer(peer.base)))));
      assert.equal(peer.asked.length, 10);
      assert.equal(peer.connections(), 2);
    });

    it('X-31: waiting for a connection of our own costs the request deadline, not the connect limit, and is not the peer’s failure', async () => {
      const peer = await origin((response) => void setTimeout(() => response.end(stockLine), 300));
      const narrow = open({ socketsMax: 2 });
      const limits = { connectMsMax: 100, requestMsMax: 1_050 };
      const asked = Array.from({ length: 10 }, () => narrow.ask(request(stockContainer(peer.base), limits)));
      const results = await Promise.allSettled(asked);
      const codes = results.map((result) => (result.status === 'fulfilled' ? 'found' : (result.reason as { code: string }).code));
      assert.deepEqual(
        codes.slice(0, 6),
        Array.from({ length: 6 }, () => 'found'),
      ); // three rounds of two
      assert.deepEqual([...new Set(codes.slice(6))], ['TDM_BUSY']);
      assert.equal((await narrow.ask(request(stockContainer(peer.base), limits))).status, 200);
    });

    it('X-31: a deadline without waiting is the peer’s', async () => {
      const peer = await origin(null);
      await assert.rejects(client.ask(request(stockContainer(peer.base), { requestMsMax: 100 })), { code: 'TDM_REMOTE_SLOW' });
    });

    it('3.2: an answer that is not UTF-8 is read as Windows-1252', async () => {
      const peer = await origin((response) => response.end(Buffer.from(stockLine.replace('Billy', 'J\xfcrgen \x80'), 'latin1')));
      assert.match((await client.ask(request(stockContainer(peer.base)))).body, /\|Jürgen €\|/);
      peer.reply(stockLine.replace('Billy', 'Jürgen €😀'));
      assert.match((await client.ask(request(stockContainer(peer.base)))).body, /\|Jürgen €😀\|/);
      assert.equal(decodeBody(Buffer.from([0x93, 0x94, 0x8a])), '“”Š');
    });

    it('a body over 64 KiB is refused, with and without a stated length, and the connection ends', async () => {
      const peer = await origin((response) => response.end('x'.repeat(65_537)));
      await assert.rejects(client.ask(request(stockContainer(peer.base))), failed(/answer longer than 65536 bytes/));
      peer.reply((response) => {
        const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
        response.on('close', () => clearInterval(timer));
      });
      await assert.rejects(client.ask(request(stockContainer(peer.base))), failed(/answer longer than 65536 bytes/));
      await eventually(peer.open, (open) => open === 0);
      peer.reply('x'.repeat(65_536));
      assert.equal((await client.ask(request(stockContainer(peer.base)))).body.length, 65_536);
    });

    it('an answer that is cut off is no answer', async () => {
      const port = await rawServer((socket) =>
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n${stockLine}`)),
      );
      await assert.rejects(client.ask(request(stockContainer(`http://127.0.0.1:${port}`))), failed(/cut off/));
    });

    it('nonsense instead of HTTP is a failure, told once', async () => {
      const port = await rawServer((socket) => socket.once('data', () => socket.end('220 mail.example ESMTP\r\n')));
      await assert.rejects(client.ask(request(stockContainer(`http://127.0.0.1:${port}`))), failed(/HPE_/));
    });

    it('a container that cannot be used is refused without a request', async () => {
      await assert.rejects(client.ask(request({ ...stockContainer(), entry: '' })), failed(/container not usable: empty/));
      assert.equal(client.describe(request({ ...stockContainer(), entry: '' })), 'container ccc_test: empty');
    });
  });

  describe('time', () => {
    it('B9 AGI-3: a peer that accepts and never answers costs the request limit', async () => {
      const peer = await origin(null);
      const startedMs = performance.now();
      await assert.rejects(client.ask(request(stockContainer(peer.base), { requestMsMax: 150 })), { code: 'TDM_REMOTE_SLOW' });
      assert.ok(performance.now() - startedMs < 1_000);
      await eventually(peer.open, (open) => open === 0);
    });

    it('AGI-3: a drip of bytes does not stretch the limit', async () => {
      const peer = await origin((response) => {
        const timer = setInterval(() => response.write('x'), 10);
        response.on('close', () => clearInterval(timer));
      });
      await assert.rejects(client.ask(request(stockContainer(peer.base), { requestMsMax: 150 })), { code: 'TDM_REMOTE_SLOW' });
    });

    it('AGI-3: a connection that does not come up costs the connect limit, shown on a handshake that hangs', async () => {
      const port = await rawServer(() => undefined);
      const startedMs = performance.now();
      const running = client.ask(
        request(profileContainer({ baseUrl: `https://127.0.0.1:${port}` }), { connectMsMax: 100, requestMsMax: 1_500 }),
      );
      await assert.rejects(running, { code: 'TDM_REMOTE_SLOW', message: /100 ms/ });
      assert.ok(performance.now() - startedMs < 1_000);
    });

    it('AGI-3: hang-up stops the request and frees its connection at once', async () => {
      const peer = await origin(null);
      const leaving = new AbortController();
      const running = client.ask(request(stockContainer(peer.base), { signal: leaving.signal }));
      await peer.received(1);
      assert.equal(peer.open(), 1);
      leaving.abort();
      const abortedMs = performance.now();
      await assert.rejects(running, { code: 'TDM_CALL_GONE' });
      assert.ok(performance.now() - abortedMs < 500);
      await eventually(peer.open, (open) => open === 0, { msMax: 1_000 });
    });

    it('close ends what runs, refuses what comes, and leaves no connection', async () => {
      const peer = await origin();
      await client.ask(request(stockContainer(peer.base)));
      peer.reply(null);
      const running = client.ask(request(stockContainer(peer.base)));
      await peer.received(2);
      client.close();
      await assert.rejects(running, failed(/stopping/));
      await assert.rejects(client.ask(request(stockContainer(peer.base))), failed(/stopping/));
      await eventually(peer.open, (open) => open === 0);
    });
  });

  describe('retry', () => {
    it('AGI-3: reset before any byte, once: asked again on a new connection', async () => {
      let asked = 0;
      const port = await rawServer((socket) =>
        socket.on('data', () => {
          if (++asked === 1) socket.resetAndDestroy();
          else socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${stockLine}`);
        }),
      );
      assert.equal((await client.ask(request(stockContainer(`http://127.0.0.1:${port}`)))).body, stockLine);
      assert.equal(asked, 2);
    });

    it('AGI-3: reset twice is a failure after two tries', async () => {
      let asked = 0;
      const port = await rawServer((socket) =>
        socket.on('data', () => {
          asked++;
          socket.resetAndDestroy();
        }),
      );
      await assert.rejects(client.ask(request(stockContainer(`http://127.0.0.1:${port}`))), failed(/ECONNRESET/));
      assert.equal(asked, 2);
    });

    it('AGI-3: reset after one byte is not tried again', async () => {
      let asked = 0;
      const port = await rawServer((socket) =>
        socket.on('data', () => {
          asked++;
          socket.write('H', () => setTimeout(() => socket.resetAndDestroy(), 20));
        }),
      );
      await assert.rejects(client.ask(request(stockContainer(`http://127.0.0.1:${port}`))), failed(/ECONNRESET/));
      assert.equal(asked, 1);
    });

    it('AGI-3: refused once, then there: answered', async () => {
      const port = await rawServer(() => undefined);
      for (const close of closing.splice(-1)) await close(); // the port is free now, and nobody listens
      const slowRetry = open({ retryPauseMs: 200 });
      const running = slowRetry.ask(request(stockContainer(`http://127.0.0.1:${port}`)));
      await new Promise((resolve) => setTimeout(resolve, 60)); // the first try is over
      const late = createServer((socket) =>
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${stockLine}`)),
      );
      closing.push(() => late.close());
      late.listen(port, '127.0.0.1');
      assert.equal((await running).body, stockLine);
    });

    it('kept connections that died meanwhile do no harm, however many', async () => {
      const peer = await origin((response) => setTimeout(() => response.end(stockLine), 20));
      const from = stockContainer(peer.base);
      await Promise.all([1, 2, 3].map(() => client.ask(request(from))));
      assert.equal(peer.connections(), 3);
      peer.reply((response, incoming) => {
        if (peer.connections() === 3) incoming.socket.resetAndDestroy();
        else response.end(stockLine);
      });
      assert.equal((await client.ask(request(from))).body, stockLine);
      assert.equal(peer.connections(), 4);
    });
  });

  describe('redirects (W-6)', () => {
    const server = { key: pem('origin.key'), cert: pem('origin.crt') };
    const trusting = (base: string) => profileContainer({ baseUrl: base, caFile: tls('ca.crt') });
    const redirectTo = (peer: FakeOrigin, location: (n: number) => string | undefined) => {
      let n = 0;
      peer.reply((response) => {
        const to = location(++n);
        if (to === undefined) response.end(stockLine);
        else response.writeHead(302, { location: to }).end('moved');
      });
    };

    it('3 on the same host over https are followed, a 4th is not', async () => {
      const peer = await origin(stockLine, server);
      redirectTo(peer, (n) => (n <= 3 ? `/hop${n}?call_id=${code}` : undefined));
      assert.equal((await client.ask(request(trusting(peer.base)))).body, stockLine);
      assert.deepEqual(
        peer.asked.map((asked) => asked.path),
        ['/vicidial/non_agent_api.php', '/hop1', '/hop2', '/hop3'],
      );
      redirectTo(peer, (n) => `/hop${n}`);
      await assert.rejects(client.ask(request(trusting(peer.base))), failed(/too many redirects/));
    });

    it('to another host, another port, plain http or a login in the address: refused, and nothing is sent there', async () => {
      const thief = await origin();
      const secureThief = await origin(stockLine, server);
      const peer = await origin(stockLine, server);
      for (const to of [
        `http://127.0.0.1:${thief.port}/`,
        `http://localhost:${thief.port}/`,
        `https://127.0.0.1:${secureThief.port}/`,
        `${secureThief.base}/x`,
        `https://user:pw@localhost:${peer.port}/`,
        'file:///etc/passwd',
        '//127.0.0.1/x',
        'http://[::1',
      ]) {
        redirectTo(peer, () => to);
        await assert.rejects(client.ask(request(trusting(peer.base))), failed(/redirect to another place refused/), to);
      }
      assert.equal(thief.asked.length + secureThief.asked.length, 0);
    });

    it('plain http to plain http on the same host is refused too', async () => {
      const peer = await origin();
      redirectTo(peer, () => '/elsewhere');
      await assert.rejects(client.ask(request(stockContainer(peer.base))), failed(/redirect/));
      assert.equal(peer.asked.length, 1);
    });

    it('a 304 or a redirect without a place is an answer like any other', async () => {
      const peer = await origin((response) => response.writeHead(302).end('nowhere'));
      assert.deepEqual(await client.ask(request(stockContainer(peer.base))), { status: 302, body: 'nowhere' });
    });
  });

  describe('certificates (W-6)', () => {
    const server = { key: pem('origin.key'), cert: pem('origin.crt') };
    const pin = new X509Certificate(pem('origin.crt')).fingerprint256.replaceAll(':', '').toLowerCase();
    const otherPin = new X509Certificate(pem('client.crt')).fingerprint256.replaceAll(':', '');

    it('verification is on by default: an unknown authority is refused and nothing is sent', async () => {
      const peer = await origin(stockLine, server);
      for (const from of [
        stockContainer(peer.base),
        profileContainer({ baseUrl: peer.base }),
        profileContainer({ baseUrl: peer.base, caFile: tls('other-ca.crt') }),
      ]) {
        await assert.rejects(client.ask(request(from)), failed(/UNABLE_TO|SELF_SIGNED|CERT/));
      }
      assert.equal(peer.asked.length, 0);
    });

    it('its own authority by caFile, and connections are kept', async () => {
      const peer = await origin(stockLine, server);
      const from = profileContainer({ baseUrl: peer.base, caFile: tls('ca.crt') });
      for (let n = 0; n < 3; n++) assert.equal((await client.ask(request(from))).body, stockLine);
      assert.equal(peer.connections(), 1);
    });

    it('a certificate for another host is refused, by name and by address', async () => {
      const peer = await origin(stockLine, { key: pem('wrong-host.key'), cert: pem('wrong-host.crt') });
      for (const host of ['localhost', '127.0.0.1']) {
        const from = profileContainer({ baseUrl: `https://${host}:${peer.port}`, caFile: tls('ca.crt') });
        await assert.rejects(client.ask(request(from)), failed(/ERR_TLS_CERT_ALTNAME_INVALID/));
      }
      assert.equal(peer.asked.length, 0);
    });

    it('a pin must fit, also when the authority does; with it alone a self-made certificate is enough', async () => {
      const peer = await origin(stockLine, server);
      const ask = (pinSha256: string, more: object) => client.ask(request(profileContainer({ baseUrl: peer.base, pinSha256, ...more })));
      assert.equal((await ask(pin, { caFile: tls('ca.crt') })).body, stockLine);
      assert.equal((await ask(pin.toUpperCase(), { verifyTls: false })).body, stockLine);
      await assert.rejects(ask(otherPin, { caFile: tls('ca.crt') }), failed(/not the pinned one/));
      await assert.rejects(ask(otherPin, { verifyTls: false }), failed(/not the pinned one/));
      await assert.rejects(ask(pin, {}), failed(/UNABLE_TO|CERT/));
      assert.equal(peer.asked.length, 2);
    });

    it('verification is off only by the profile’s word', async () => {
      const peer = await origin(stockLine, server);
      assert.equal((await client.ask(request(profileContainer({ baseUrl: peer.base, verifyTls: false })))).body, stockLine);
      await assert.rejects(client.ask(request(profileContainer({ baseUrl: peer.base }))), failed(/CERT|UNABLE/));
    });

    it('mTLS: the client shows its certificate', async () => {
      const peer = await origin(stockLine, { ...server, ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: true });
      const from = { baseUrl: peer.base, caFile: tls('ca.crt') };
      await assert.rejects(client.ask(request(profileContainer(from))), { code: 'TDM_REMOTE_FAILED' });
      const files = { clientCertFile: tls('client.crt'), clientKeyFile: tls('client.key') };
      assert.equal((await client.ask(request(profileContainer({ ...from, ...files })))).body, stockLine);
    });

    it('a certificate file that is not there is a failure of this peer, with no path to anywhere else', async () => {
      await assert.rejects(
        client.ask(request(profileContainer({ baseUrl: 'https://127.0.0.1:1', caFile: '/nonexistent.crt' }))),
        failed(/could not be made/),
      );
    });
  });

  describe('credentials (W-5, X-27)', () => {
    it('header: Basic, and nothing of it in the address', async () => {
      const peer = await origin();
      const from = profileContainer({ baseUrl: peer.base, credentials: 'header', user: 'peer', pass: 'päss:w&rd' });
      await client.ask(request(from));
      const [asked] = peer.asked;
      assert.equal(asked?.headers.authorization, `Basic ${Buffer.from('peer:päss:w&rd').toString('base64')}`);
      assert.deepEqual([...asked.parameters.keys()], ['source', 'function', 'call_id']);
    });

    it('X-27 signed: key, date and HMAC; no password travels; each try has its own', async () => {
      const peer = await origin();
      const from = profileContainer({ baseUrl: peer.base, credentials: 'signed', user: 'peer', pass: 'shared secret' });
      await client.ask(request(from));
      nowMs += 5;
      await client.ask(request(from));
      const [first, second] = peer.asked;
      assert.ok(first && second);
      assert.equal(first.headers['x-ccc-key'], 'peer');
      const date = String(first.headers['x-ccc-date']);
      const text = canonicalText('GET', first.path, new Map(first.parameters), createHash('sha256').digest('hex'), date);
      assert.equal(first.headers['x-ccc-sign'], createHmac('sha256', 'shared secret').update(text).digest('hex'));
      assert.notEqual(first.headers['x-ccc-sign'], second.headers['x-ccc-sign']);
      assert.doesNotMatch(JSON.stringify(peer.asked.map(({ query, headers }) => [query, headers])), /shared|pass/);
    });

    it('a login in the container’s address goes as Basic header', async () => {
      const peer = await origin();
      await client.ask(request(stockContainer(peer.base.replace('http://', 'http://web:s%40fe@'))));
      assert.equal(peer.asked[0]?.headers.authorization, `Basic ${Buffer.from('web:s@fe').toString('base64')}`);
    });

    it('W-5: secrets by reference, a changed file counts within a second', async () => {
      const peer = await origin();
      const folder = mkdtempSync(join(tmpdir(), 'tandem-secret-'));
      closing.push(() => rmSync(folder, { recursive: true }));
      const file = join(folder, 'pass');
      writeFileSync(file, 'first\n');
      env['PEER_PASS'] = 'from env';
      const sent = async (text: string) => {
        await client.ask(request({ ...stockContainer(), entry: stockContainer(peer.base).entry.replace('pass=1234', `pass=${text}`) }));
        return peer.asked.at(-1)?.parameters.get('pass');
      };
      assert.equal(await sent('env:PEER_PASS'), 'from env');
      assert.equal(await sent(`file:${file}`), 'first');
      writeFileSync(file, 'second\n');
      nowMs += 1_000;
      assert.equal(await sent(`file:${file}`), 'second');
      await assert.rejects(sent('env:NOT_SET'), failed(/secret .* cannot be read/));
    });

    it('W-5: describe and errors show no password', async () => {
      const peer = await origin(null);
      const described = client.describe(request(stockContainer(peer.base)));
      assert.equal(
        described,
        `${peer.base}/vicidial/non_agent_api.php?user=6666&pass=***&source=test&function=ccc_lead_info&call_id=${code}`,
      );
      assert.doesNotMatch(client.describe(request(profileContainer({ credentials: 'header', pass: 'secret1' }))), /pass|secret1|6666/);
      const from = { ...stockContainer(), entry: stockContainer(peer.base).entry.replace('1234', 'hunter2') };
      await assert.rejects(client.ask(request(from, { requestMsMax: 30 })), (e: Error) => {
        assert.doesNotMatch(JSON.stringify([e.message, e.stack, String(e.cause)]), /hunter2/);
        return true;
      });
    });
  });
});
