/** docs/openapi.json names every own route of the HTTP side, and nothing else; what routes answer are its schemas. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Router } from 'express';
import { pageMax } from '../core/acd/views.js';
import { createAdminRoutes } from '../sidecar/routes/admin.js';
import { createHealthRoutes } from '../sidecar/routes/health.js';
import { createQueueApi } from '../sidecar/routes/queue-api.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

interface Operation {
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
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

const openapi = JSON.parse(readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8')) as {
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

const nothing = {} as never;
const real = [
  ...routesOf(createHealthRoutes(nothing)),
  ...routesOf(createAdminRoutes(nothing)),
  ...routesOf(createQueueApi({ ports: new Map() } as never)),
].sort();
const described = Object.entries(openapi.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));

describe('docs/openapi.json', () => {
  it('names every route and no other', () => {
    assert.deepEqual([...described].sort(), real);
    assert.ok(real.length > 50);
  });

  it('names the parameters of each path, and the function that is needed', () => {
    for (const [path, methods] of Object.entries(openapi.paths))
      for (const [method, operation] of Object.entries(methods)) {
        const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        assert.deepEqual(named, wanted, `${method} ${path}`);
        if (wanted.length > 0) assert.match(operation.description ?? '', /^Function `tandem_\w+`\.$/);
      }
  });

  it('the largest page is the one of the code', () => {
    const limits = Object.values(openapi.paths).flatMap((methods) =>
      Object.values(methods).flatMap(
        (operation) => (operation.parameters ?? []).filter(({ name }) => name === 'limit') as unknown as { schema: Schema }[],
      ),
    );
    assert.ok(limits.length >= 5);
    for (const { schema } of limits) assert.equal(schema.maximum, pageMax);
  });

  describe('answers have the described members', () => {
    let api: QueueApi;
    before(async () => {
      api = await startQueueApi({ queues: { q: {} }, agents: { a: { contact: 'PJSIP/1', skills: ['s'] } }, tiers: ['q a'] });
      api.desk.login('a');
      api.desk.step({ type: 'callback-asked', member: api.desk.call('q'), number: '1' });
      api.desk.call('q', { needs: [{ skill: 's', levelMin: 1, isRequired: true, relax: [] }] });
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
      ['/members/{member}', '/members/m1'],
      ['/callbacks', '/callbacks'],
      ['/dispatching', '/dispatching'],
      ['/explain/call/{call}', '/explain/call/m2'],
      ['/explain/agent/{agent}', '/explain/agent/a'],
      ['/explain/decisions', '/explain/decisions'],
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
