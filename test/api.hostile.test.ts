/** Hostile input at both doors: never a 500, never an undocumented answer, never a header of the caller's making (API-4, W-3 to W-5). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TandemError } from '../core/errors.js';
import { exchange, send, startApiServer, type ApiServer } from './support/api-server.js';
import { loadVectors } from './support/api-vectors.js';
import { hostileTexts } from './support/hostile.js';
import { createMemoryStore } from './support/memory-ports.js';

const lead = [
  'user=6666',
  'pass=1234',
  'source=test',
  'function=ccc_lead_info',
  'call_id=V1211200000001000123',
  'stage=pipe',
  'header=YES',
  'agent_user=1',
];
const fronter = [
  'user=6666',
  'pass=1234',
  'source=test',
  'function=force_fronter_leave_3way',
  'value=LOCAL_ONLY',
  'agent_user=8001',
  'lead_id=1',
  'stage=x',
  'alt_user=',
];

/** Every shape that docs/api.md names. `U` may hold only what the filter keeps. */
const shapes: readonly RegExp[] = [
  /^ERROR: Login incorrect, please try again: \|[-\w\p{L}]*\|\|(BAD|2FA)\|\n$/u,
  /^ERROR: Too many login attempts, try again in 15 minutes: \|[-\w\p{L}]*\|LOCK\|\n$/u,
  /^ERROR: Your IP Address is not allowed: [0-9a-f.:]+: \|\|IPBLOCK\|\n$/,
  /^ERROR: Too many requests, try again later: \|[-\w\p{L}]*\|RATE\|\n$/u,
  /^ERROR: NO FUNCTION SPECIFIED\n$/,
  /^ERROR: Invalid Source - [\p{L}\d]*\n(ERROR: Invalid Source: \|[\p{L}\d]*\|\n)?$/u,
  /^ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION(: \|[-\w\p{L}]*\|ccc_lead_info\|| - [-\w|]*)\n$/u,
  /^ERROR: ccc_lead_info USER DOES NOT HAVE PERMISSION TO GET LEAD INFO: \|[-\w\p{L}]*\|0\|\n$/u,
  /^ERROR: ccc_lead_info INVALID SEARCH PARAMETERS: [-\w\p{L}]*\|[\p{L}\d]*\n$/u,
  /^ERROR: ccc_lead_info (CALL|LEAD) NOT FOUND: (\|[-\w\p{L}]*\|1\||[-\w\p{L}]*\|[-\w\p{L}]*)\n$/u,
  /^(status\|[a-z0-9_|]+owner\n)?([^|\n]*\|){29}[^|\n]*\n$/,
  /^(status,[a-z0-9_,]+owner\n)?([^,\n]*,){29}[^,\n]*\n$/,
  /^VERSION: [^|\n]+\|BUILD: .*\|CCC: 2\|\n$/,
  /^Coffee: \w+\|Error 418 I'm a teapot\n$/,
  /^ERROR: Invalid Username\/Password: \|[-\w\p{L}]*\|\|0\|[01]\|(BAD|LOCK|IPBLOCK|2FA)\|0\|api\|\|\n$/u,
  /^ERROR: force_fronter_(leave_3way|audio_stop) not valid - [-\w]*\|[-\w\p{L}]*\n$/u,
  /^ERROR: (no user found|agent_user is not logged in|agent_user is not on a phone call|no fronter found) - [-\w\p{L}]*\n$/u,
  /^ERROR: TDM_[A-Z_]+ [ -~]+\n$/,
];

const isDocumented = (body: string) => shapes.some((shape) => shape.test(body));

for (const nonLatin of [false, true]) {
  describe(`hostile input, use_non_latin=${nonLatin ? '1' : '0'}`, () => {
    const store = createMemoryStore(() => Date.now());
    let server: ApiServer;

    before(async () => {
      server = await startApiServer(store, { nowMs: () => Date.now(), login: { badLoginsPerMinuteMax: 1_000_000 } });
    });
    after(() => server.close());
    beforeEach(() => {
      loadVectors(store);
      store.tables.system = { ...store.tables.system, useNonLatin: nonLatin };
    });

    const check = (answer: { status: number; body: string; headers: Readonly<Record<string, string>> }) => {
      assert.notEqual(answer.status, 500);
      assert.ok(isDocumented(answer.body), JSON.stringify(answer.body.slice(0, 300)));
      assert.equal(answer.headers['set-cookie'], undefined);
      assert.doesNotMatch(answer.body, /[<>"'`\\]/);
    };

    for (const [path, parameters] of [
      ['/vicidial/non_agent_api.php', lead],
      ['/agc/api.php', fronter],
    ] as const)
      for (const parameter of parameters) {
        const name = parameter.split('=')[0] ?? '';
        it(`${path} ${name}: quotes, control characters, long and foreign text, arrays, twice, by query and form`, async () => {
          for (const [what, text] of Object.entries(hostileTexts)) {
            const rest = parameters.filter((other) => other !== parameter).join('&');
            const form = { method: 'POST', path, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
            for (const sent of [
              { path, query: `${rest}&${name}=${text}` },
              { ...form, body: `${rest}&${name}=${text}` },
              { path, query: `${rest}&${name}=${text}&${parameter}` },
              { path, query: `${rest}&${parameter}&${name}=${text}` },
              { path, query: `${rest}&${name}[]=${text}` },
              { path, query: `${rest}&${name}[a][b]=${text}` },
              { path, query: `${rest}&${parameter}&${text}=1` },
            ])
              try {
                check(await send(server, sent));
              } catch (e) {
                throw new Error(`${name}, ${what}, ${JSON.stringify(sent).slice(0, 200)}`, { cause: e });
              }
          }
        }).timeout(30_000);
      }

    it('property: no input at all makes another shape of answer', async () => {
      const piece = fc.oneof(
        fc.constantFrom(...lead, ...fronter, 'function=version', 'function=coffee', 'stage=csv', 'user[]=1', '&', '=', '%', '+'),
        fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((text) => encodeURIComponent(text)),
        fc.uint8Array({ maxLength: 8 }).map((bytes) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 14 }), fc.boolean(), fc.boolean(), async (pieces, isAgent, isPost) => {
          const path = isAgent ? '/agc/api.php' : '/vicidial/non_agent_api.php';
          const text = pieces.join('&');
          const form = { method: 'POST', path, body: text, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
          const answer = await send(server, isPost ? form : { path, query: text });
          assert.notEqual(answer.status, 500);
          assert.ok(isDocumented(answer.body), JSON.stringify(answer.body));
        }),
        { numRuns: 300 },
      );
    }).timeout(20_000);
  });
}

describe('hostile HTTP', () => {
  const store = createMemoryStore(() => Date.now());
  const path = '/vicidial/non_agent_api.php';
  const head = `POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n`;
  const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
  let server: ApiServer;

  before(async () => {
    loadVectors(store);
    server = await startApiServer(store, { nowMs: () => Date.now(), bodyMsMax: 200 });
  });
  after(() => server.close());

  const noLogin = /^ERROR: Login incorrect, please try again: \|\|\|BAD\|\n$/;
  for (const [what, request, status, body] of [
    ['an empty form', `${head}${form}Content-Length: 0\r\n\r\n`, 200, noLogin],
    ['a body without a type', `${head}Content-Length: 4\r\n\r\nuser`, 200, noLogin],
    ['a body of an unknown type', `${head}Content-Type: image/png\r\nContent-Length: 4\r\n\r\nuser`, 200, noLogin],
    ['a packed body', `${head}${form}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nuser`, 200, noLogin],
    ['multipart without a boundary', `${head}Content-Type: multipart/form-data\r\nContent-Length: 4\r\n\r\n----`, 200, noLogin],
    [
      'multipart that stops in a head',
      `${head}Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 12\r\n\r\n--B\r\nContent`,
      200,
      noLogin,
    ],
    ['multipart without an end', `${head}Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 3\r\n\r\n--B`, 200, noLogin],
    [
      'multipart of nothing but boundaries',
      `${head}Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 15\r\n\r\n--B\r\n--B\r\n--B--`,
      200,
      noLogin,
    ],
    ['an announced body over the limit', `${head}${form}Content-Length: 99999999\r\n\r\n`, 413, /^ERROR: TDM_TOO_LARGE /],
    [
      'a chunked body over the limit',
      `${head}${form}Transfer-Encoding: chunked\r\n\r\n10001\r\n${'a'.repeat(65537)}\r\n0\r\n\r\n`,
      413,
      /^ERROR: TDM_TOO_LARGE /,
    ],
    ['a body that never comes', `${head}${form}Content-Length: 10\r\n\r\nuser`, 400, /^ERROR: TDM_BAD_REQUEST /],
    ['two lengths', `${head}${form}Content-Length: 4\r\nContent-Length: 5\r\n\r\nuser`, 400, /^$/],
    ['length and chunks', `${head}${form}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, /^$/],
    ['a method of nobody', `BREW ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`, 400, /^$/],
    ['a line feed in a header', `GET ${path} HTTP/1.1\r\nHost: h\r\nX: a\nb: c\r\nConnection: close\r\n\r\n`, 400, /^$/],
    ['no host', `GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, /^(0\r\n\r\n)?$/],
    ['two hosts', `GET ${path}?function=version HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n`, 200, /^VERSION: /],
    ['a host of markup', `GET ${path}?function=version HTTP/1.1\r\nHost: <b>'"\r\nConnection: close\r\n\r\n`, 200, /^VERSION: /],
    ['an old client', `GET ${path}?function=version HTTP/1.0\r\n\r\n`, 200, /^VERSION: /],
    ['headers over the limit', `GET ${path} HTTP/1.1\r\nHost: h\r\nX: ${'a'.repeat(20_000)}\r\nConnection: close\r\n\r\n`, 431, /^$/],
    ['a broken escape in the path', 'GET /%zz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n', 404, /TDM_NOT_FOUND/],
    [
      'a whole address as path',
      `GET http://other.example${path}?function=version HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
      200,
      /^VERSION: /,
    ],
    ['a whole address without path', 'GET http://other.example?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n', 404, /TDM_NOT_FOUND/],
    ['raw bytes in the query', `GET ${path}?function=version&x=\xff\xfe HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`, 400, /^$/],
  ] as const)
    it(`${what}: ${status}`, async () => {
      const answer = await exchange(server.port, Buffer.from(request, 'latin1'));
      assert.equal(answer.status, status, answer.body);
      assert.match(answer.body, body);
    });

  it('a connection goes on after a GET with a body that nobody reads', async () => {
    const get = (connection: string) =>
      `GET ${path}?function=version HTTP/1.1\r\nHost: h\r\nConnection: ${connection}\r\nContent-Length: 3\r\n\r\nabc`;
    const answer = await exchange(server.port, get('keep-alive') + get('close'));
    assert.equal(answer.status, 200);
    assert.match(answer.body, /HTTP\/1\.1 200 OK[\s\S]*VERSION: /);
  });

  it('a client that goes away in the middle of its body does no harm', async () => {
    const gone = exchange(server.port, `${head}${form}Content-Length: 10\r\n\r\nus`);
    const fine = await send(server, { query: 'function=version' });
    assert.match(fine.body, /^VERSION: /);
    await gone;
  });

  it('a store that is away gives 503 with a code, not a 500 and no detail', async () => {
    const away = await startApiServer(
      { ...store, users: { ...store.users, find: () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['no answer'])) } },
      { nowMs: () => Date.now() },
    );
    try {
      const answer = await send(away, { query: 'user=6666&pass=1234&source=test&function=ccc_lead_info' });
      assert.deepEqual([answer.status, answer.body], [503, 'ERROR: TDM_STORE_DOWN Database does not answer: no answer\n']);
    } finally {
      await away.close();
    }
  });

  it('a fault of our own gives 500 with an id and nothing else', async () => {
    const broken = await startApiServer(
      { ...store, users: { ...store.users, find: () => Promise.reject(new Error('SELECT secret FROM table')) } },
      { nowMs: () => Date.now() },
    );
    try {
      const answer = await send(broken, { query: 'user=6666&pass=1234&source=test&function=ccc_lead_info' });
      assert.equal(answer.status, 500);
      assert.match(answer.body, /^ERROR: TDM_INTERNAL Internal error [0-9a-f]{16}\n$/);
    } finally {
      await broken.close();
    }
  });
});
