/** OpenAPI 3.1 of the own API, made from the schemas by which the routes check what they get. */
import { z } from 'zod';
import { functionOf } from '../routes/permission.js';
import { adminRoutes } from './admin-routes.js';
import { crmRoutes } from './crm-routes.js';
import { dialerListRoutes } from './dialer-list-routes.js';
import { dialerRoutes } from './dialer-routes.js';
import { feedRoutes } from './feed-routes.js';
import { memberRoutes } from './member-routes.js';
import { queueRoutes } from './queue-routes.js';
import type { RouteDoc } from './route-doc.js';
import { errorView, readinessView } from './views.js';

export const routeDocs: readonly RouteDoc[] = [
  ...queueRoutes,
  ...memberRoutes,
  ...feedRoutes,
  ...adminRoutes,
  ...crmRoutes,
  ...dialerRoutes,
  ...dialerListRoutes,
];

/** Whole, with `{name}` for parameters. */
export const addressOf = ({ path, atRoot }: RouteDoc): string => (atRoot ? path : `/api/v1${path}`);

type Json = Readonly<Record<string, unknown>>;
type Schemas = Record<string, unknown>;

const errorAnswer = { $ref: '#/components/responses/Error' };
const problems = {
  400: errorAnswer,
  401: errorAnswer,
  403: errorAnswer,
  404: errorAnswer,
  409: errorAnswer,
  413: errorAnswer,
  429: errorAnswer,
  503: errorAnswer,
};
const security = [{ basic: [] }, { key: [] }, { session: [] }];
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'the same request under the same key is done once within a day',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};

/** The document; made anew, so nobody changes another's. */
export function openapiDocument(): Json {
  const schemas: Schemas = {};
  const schemaOf = (schema: z.ZodType): Json => componentsOf(schema, 'input', schemas);
  const paths: Record<string, Record<string, unknown>> = { ...openPaths(schemaOf) };
  for (const doc of routeDocs) (paths[addressOf(doc)] ??= {})[doc.method] = operationOf(doc, schemas, schemaOf);
  const error = { description: 'refused', content: { 'application/json': { schema: schemaOf(errorView) } } };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tandem',
      version: '1',
      description: 'Own HTTP interface of Tandem (docs/rest-api.md). The VICIdial-compatible doors are described in docs/api.md.',
    },
    paths,
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'a user of the site' },
        key: { type: 'http', scheme: 'bearer', description: 'an API key, `tdm_...`' },
        session: { type: 'apiKey', in: 'cookie', name: 'tandem_session', description: 'changes need the header X-Tandem-Request: 1' },
      },
      responses: { Error: error },
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

/** What needs no login, outside of /api/v1. */
function openPaths(schemaOf: (schema: z.ZodType) => Json): Record<string, Record<string, unknown>> {
  const json = (schema: z.ZodType) => ({ 'application/json': { schema: schemaOf(schema) } });
  const readiness = json(readinessView);
  return {
    '/health/live': {
      get: {
        summary: 'The process runs',
        responses: { 200: { description: 'alive', content: json(z.object({ live: z.literal(true) })) } },
      },
    },
    '/health/ready': {
      get: {
        summary: 'The process can take calls; each check with its state and reason',
        responses: { 200: { description: 'ready', content: readiness }, 503: { description: 'not ready', content: readiness } },
      },
    },
    '/metrics': {
      get: {
        summary: 'Prometheus text',
        responses: { 200: { description: 'metrics', content: { 'text/plain': { schema: { type: 'string' } } } } },
      },
    },
  };
}

function operationOf(doc: RouteDoc, schemas: Schemas, schemaOf: (schema: z.ZodType) => Json): Json {
  const inPath = [...doc.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const parameters = [
    ...inPath,
    ...(doc.query ? queryParameters(doc.query, schemas) : []),
    ...(doc.method === 'get' || doc.atRoot ? [] : [idempotencyKey]),
  ];
  const content = doc.answer
    ? { 'application/json': { schema: schemaOf(doc.answer) } }
    : doc.answerType
      ? { [doc.answerType]: { schema: { type: 'string' } } }
      : undefined;
  return {
    summary: doc.summary,
    tags: [doc.tag],
    ...(doc.need === undefined || doc.need === 'any' ? {} : { description: needText(doc.need) }),
    ...(doc.need === undefined ? {} : { security }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(doc.body ? { requestBody: { content: { 'application/json': { schema: schemaOf(doc.body) } } } } : {}),
    ...(doc.bodyType
      ? { requestBody: { required: true, content: { [doc.bodyType]: { schema: { type: 'string', format: 'binary' } } } } }
      : {}),
    responses: { [doc.status ?? 200]: { description: 'done', ...(content ? { content } : {}) }, ...problems },
  };
}

const needText = (need: Exclude<RouteDoc['need'], 'any' | undefined>): string =>
  `Function \`${functionOf(need)}\`${need.startsWith('own-') ? ', or `tandem_agent` for the own agent' : ''}.`;

/** As they are after they were read (`limit` is a number); whether one must be given is told by what is read. */
function queryParameters(query: z.ZodObject, schemas: Schemas): Json[] {
  const required = new Set((componentsOf(query, 'input', schemas)['required'] ?? []) as string[]);
  const read = componentsOf(query, 'output', schemas)['properties'] as Record<string, Json>;
  const written = componentsOf(query, 'input', schemas)['properties'] as Record<string, Json>;
  return Object.entries(written).map(([name, input]) => {
    const { description, ...schema } = Object.keys(read[name] ?? {}).some((key) => key !== 'description' && key !== 'default')
      ? (read[name] ?? input)
      : input;
    return { name, in: 'query', ...(required.has(name) ? { required: true } : {}), ...(description ? { description } : {}), schema };
  });
}

/** The JSON schema; schemas with an id go to the components. */
function componentsOf(schema: z.ZodType, io: 'input' | 'output', schemas: Schemas): Json {
  const made = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    // several schemas with one id are one component
    metadata: z.globalRegistry,
    override: ({ jsonSchema }) => {
      delete jsonSchema.id;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $defs = {}, ...rest } = JSON.parse(text) as Record<string, unknown> & { readonly $defs?: Schemas };
  delete rest['$schema'];
  Object.assign(schemas, $defs);
  const { id } = z.globalRegistry.get(schema) ?? {};
  if (id === undefined) return rest;
  // a schema with an id is among its own definitions, and what is left of it is a reference to itself
  if ($defs[id] === undefined) schemas[id] = rest;
  return { $ref: `#/components/schemas/${id}` };
}
