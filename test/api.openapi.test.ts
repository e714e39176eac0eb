/** docs/openapi.json names every own route of the HTTP side, and nothing else; what routes answer are its schemas. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestHandler, Router } from 'express';
import { pageMax } from '../core/acd/views.js';
import { createAccess } from '../sidecar/access.js';
import { createApp, createHttpServer } from '../sidecar/app.js';
import { referencePages } from '../sidecar/commands/reference.js';
import { addressOf as addressOfRoute, routeDocs } from '../sidecar/openapi/document.js';
import { createAccessApi } from '../sidecar/routes/access-api.js';
import { createAdminRoutes } from '../sidecar/routes/admin.js';
import { createCrmRoutes } from '../sidecar/routes/crm.js';
import { createDialerApi } from '../sidecar/routes/dialer/api.js';
import { createPermit } from '../sidecar/routes/permission.js';
import { createFeedApi } from '../sidecar/routes/feed-api.js';
import { createHealthRoutes } from '../sidecar/routes/health.js';
import { createQueueApi } from '../sidecar/routes/queue-api.js';
import { plainUser } from './support/memory-ports.js';
import { silentLog, silentMeter } from './support/observers.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

interface Operation {
  readonly description?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly maximum?: number;
}

const written = readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8');
const openapi = JSON.parse(written) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: { readonly stack?: readonly Layer[] };
}

/** `get /queues/{queue}` of every route of a router; those of the queues stand under /api/v1. */
function routesOf(router: Router, prefix = ''): string[] {
  return (router as unknown as { stack: readonly Layer[] }).stack.flatMap(({ route, handle }) => {
    if (route) {
      const path = route.path.replace(/:(\w+)/g, '{$1}');
      return Object.keys(route.methods).map((method) => `${method} ${prefix}${path}`);
    }
    return handle?.stack ? routesOf(handle as unknown as Router, '/api/v1') : [];
  });
}

/** Anybody may log in with the password `right`, and may nothing. Whatever a route touches before it asks is not there. */
function everyRouter(): Router[] {
  const nothing = {} as never;
  const user = { ...plainUser, apiAllowedFunctions: ' ALL_FUNCTIONS ' };
  const login: Parameters<typeof createAccess>[0]['login'] = ({ credentials }) =>
    Promise.resolve(credentials.kind === 'password' && credentials.pass === 'right' ? { ok: true, user } : { ok: false, refusal: 'BAD' });
  const rights = { find: () => Promise.resolve({ queues: undefined, agent: undefined }) };
  const addressOf = () => '127.0.0.1';
  const base = { login, addressOf, nowMs: () => 1, log: silentLog };
  const access = createAccess({ ...base, users: nothing, rights, keys: nothing, sessions: nothing });
  const entry = { ...base, access };
  const engine = { onNotice: () => () => undefined };
  const queues = { ...entry, engine, ports: new Map(), segments: nothing, desk: nothing, statistics: nothing };
  return [
    createQueueApi(queues as never),
    createFeedApi(entry as never),
    createAccessApi(entry as never),
    createDialerApi({ ...entry, permit: createPermit(entry), admit: createPermit(entry) } as never),
    createCrmRoutes({ ...entry, crm: { bindings: [] } } as never),
    createAdminRoutes({ ...entry, reload: nothing }),
  ];
}

const routers = everyRouter();
const real = [createHealthRoutes({} as never), ...routers].flatMap((router) => routesOf(router)).sort();
const described = Object.entries(openapi.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));

describe('docs/openapi.json', () => {
  it('B24: is what `tandem reference openapi` prints', () => {
    assert.ok(written === referencePages.openapi(), 'run: node bin/tandem.js reference openapi > docs/openapi.json');
  });

  it('names every route and no other', () => {
    assert.deepEqual([...described].sort(), real);
    assert.ok(real.length > 80);
  });

  it('names the parameters of each path, the function that is needed, and the ways to log in', () => {
    for (const [path, methods] of Object.entries(openapi.paths))
      for (const [method, operation] of Object.entries(methods)) {
        const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        assert.deepEqual(named, wanted, `${method} ${path}`);
        if (wanted.length > 0)
          assert.match(operation.description ?? '', /^Function `tandem_\w+`(, or `tandem_agent` for the own agent)?\.$/);
        if (operation.description) assert.equal(operation.security?.length, 3);
        const writes = method !== 'get' && path.startsWith('/api/');
        assert.equal(
          (operation.parameters ?? []).some(({ name }) => name === 'Idempotency-Key'),
          writes,
          `${method} ${path}`,
        );
      }
  });

  it('the largest page is the one of the code', () => {
    const limits = Object.entries(openapi.paths)
      .filter(([path]) => !/webhooks|events/.test(path))
      .flatMap(([, methods]) => Object.values(methods))
      .flatMap((operation) => (operation.parameters ?? []).filter(({ name }) => name === 'limit'));
    assert.ok(limits.length >= 15);
    for (const { schema } of limits) assert.equal(schema.maximum, pageMax);
  });

  it('every reference leads somewhere', () => {
    const named = [...written.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '');
    assert.ok(named.length > 50);
    for (const name of named) assert.ok(openapi.components.schemas[name], name);
    for (const [name, schema] of Object.entries(openapi.components.schemas))
      assert.notEqual(schema.$ref, `#/components/schemas/${name}`, `${name} is only itself`);
  });

  describe('every described route', () => {
    let server: Server;
    before(async () => {
      server = createHttpServer(createApp({ doors: [], routes: routers as RequestHandler[], log: silentLog, meter: silentMeter }));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    after(() => {
      server.close();
      server.closeAllConnections();
    });

    const ask = async (method: string, path: string, pass: string | undefined): Promise<readonly [number, unknown]> => {
      const answer = await fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}${path.replace(/\{\w+\}/g, 'x')}`, {
        method: method.toUpperCase(),
        headers: pass === undefined ? {} : { authorization: `Basic ${btoa(`6666:${pass}`)}` },
        signal: AbortSignal.timeout(5_000),
      });
      return [answer.status, ((await answer.json()) as { code?: unknown }).code];
    };

    for (const [method, path, need] of routeDocs
      .filter((doc) => doc.need !== undefined)
      .map((doc) => [doc.method, addressOfRoute(doc), doc.need] as const))
      it(`${method.toUpperCase()} ${path}: 401 without a login and with a wrong one, 403 without the function`, async () => {
        assert.deepEqual(await ask(method, path, undefined), [401, 'TDM_UNAUTHENTICATED']);
        assert.deepEqual(await ask(method, path, 'wrong'), [401, 'TDM_UNAUTHENTICATED']);
        if (need !== 'any') assert.deepEqual(await ask(method, path, 'right'), [403, 'TDM_FORBIDDEN']);
      });
  });

  describe('answers have the described members', () => {
    let api: QueueApi;
    before(async () => {
      api = await startQueueApi({ queues: { q: {} }, agents: { a: { contact: 'PJSIP/1', skills: ['s'] } }, tiers: ['q a'] });
      api.desk.login('a');
      api.desk.step({ type: 'callback-asked', member: api.desk.call('q'), number: '1' });
      api.desk.connect(api.desk.call('q'));
      api.desk.call('q', { needs: [{ skill: 's', levelMin: 1, isRequired: true, relax: [] }] });
      await api.ask('PUT', '/agents/a/status', { status: 'Available' });
      await api.ask('POST', '/keys', { name: 'k', functions: ['tandem_queue_view'] });
    });
    after(() => api.close());

    const follow = (schema: Schema): Schema =>
      schema.$ref ? (openapi.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema;
    function check(schema: Schema, value: unknown, path: string): void {
      const { properties, items, enum: words } = follow(schema);
      if (words) assert.ok(words.includes(value), `${path}: ${String(value)}`);
      if (Array.isArray(value)) for (const [i, one] of value.entries()) check(items ?? {}, one, `${path}.${String(i)}`);
      else if (typeof value === 'object' && value !== null && properties)
        for (const [key, one] of Object.entries(value)) {
          assert.ok(properties[key], `${path}.${key} is not described`);
          check(properties[key], one, `${path}.${key}`);
        }
    }

    for (const [path, asked] of [
      ['/queues', '/queues'],
      ['/queues/{queue}', '/queues/q'],
      ['/queues/{queue}/members', '/queues/q/members'],
      ['/agents', '/agents'],
      ['/agents/{agent}', '/agents/a'],
      ['/tiers', '/tiers'],
      ['/skills', '/skills'],
      ['/members', '/members'],
      ['/members/{member}', '/members/m1'],
      ['/calls', '/calls'],
      ['/callbacks', '/callbacks'],
      ['/dispatching', '/dispatching'],
      ['/explain/call/{call}', '/explain/call/m3'],
      ['/explain/agent/{agent}', '/explain/agent/a'],
      ['/explain/decisions', '/explain/decisions'],
      ['/session', '/session'],
      ['/keys', '/keys'],
      ['/users', '/users'],
      ['/audit', '/audit'],
      ['/segments', '/segments'],
    ] as const)
      it(`GET ${path}`, async () => {
        const { status, body } = await api.get(asked);
        assert.equal(status, 200);
        const schema = openapi.paths[`/api/v1${path}`]?.['get']?.responses['200']?.content?.['application/json']?.schema;
        assert.ok(schema);
        check(schema, body, path);
      });
  });
});
