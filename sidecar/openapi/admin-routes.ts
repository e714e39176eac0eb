/** Sessions, users, keys, audit, provisioning. */
import { z } from 'zod';
import {
  agentDefinition,
  callerSchema,
  pauseReasonSchema,
  queueDefinition,
  queueSettingsSchema,
  tierSchema,
} from '../../core/acd/schema.js';
import { auditAnswer, auditQuery } from '../routes/audit.js';
import { keyAnswer, keyBodies, keysQuery, newKeyAnswer } from '../routes/keys.js';
import { skillLevelBody } from '../routes/provisioning.js';
import { sessionAnswer, sessionBody } from '../routes/session.js';
import { userAnswer, userBodies, usersQuery } from '../routes/users.js';
import { openPageOf, routes, type RouteDoc } from './route-doc.js';
import { changesView, okView } from './views.js';

const session = sessionAnswer.meta({ id: 'Session' });
const user = userAnswer.meta({ id: 'User' });
const key = keyAnswer.meta({ id: 'Key' });
const stored = z.record(z.string(), z.unknown()).describe('keys of docs/provisioning.md');

type Changed = readonly [path: string, body: z.ZodType, put: string, remove: string];
const provisioned: readonly Changed[] = [
  [
    '/provisioning/queues/{queue}',
    queueDefinition,
    'Make or replace one queue',
    'Remove one queue; its callers go by its overflow rules first',
  ],
  ['/provisioning/agents/{agent}', agentDefinition, 'Make or replace one agent', 'Remove one agent'],
  [
    '/provisioning/tiers/{queue}/{agent}',
    tierSchema.omit({ queue: true, agent: true }),
    'An agent serves a queue',
    'An agent serves a queue no more',
  ],
  ['/provisioning/agents/{agent}/skills/{skill}', skillLevelBody, 'An agent has a skill', 'An agent has a skill no more'],
  [
    '/provisioning/callers/{number}',
    callerSchema.omit({ number: true }),
    'A known caller: VIP, blocked, personal agent',
    'A caller is not known any more',
  ],
  [
    '/provisioning/pause-reasons/{code}',
    pauseReasonSchema.omit({ code: true }),
    'A reason for breaks',
    'A reason that is in the list no more',
  ],
];

export const adminRoutes: readonly RouteDoc[] = [
  ...routes('session', 'any', [
    { method: 'get', path: '/openapi.json', summary: 'This description', need: undefined },
    {
      method: 'post',
      path: '/session',
      summary: 'Login of a browser: sets the cookie; needs the header X-Tandem-Request: 1',
      need: undefined,
      body: sessionBody,
      answer: session,
    },
    { method: 'get', path: '/session', summary: 'Who I am, and what I may', answer: session },
    { method: 'delete', path: '/session', summary: 'Logout', answer: okView },
  ]),
  ...routes('administration', 'admin', [
    { method: 'get', path: '/users', summary: 'Users by name', query: usersQuery, answer: openPageOf(user) },
    { method: 'post', path: '/users', summary: 'A new user', body: userBodies.create, answer: user },
    { method: 'get', path: '/users/{user}', summary: 'One user', answer: user },
    {
      method: 'put',
      path: '/users/{user}',
      summary: 'Change or disable a user; what is not said stays',
      body: userBodies.change,
      answer: user,
    },
    { method: 'get', path: '/keys', summary: 'API keys by id', query: keysQuery, answer: openPageOf(key) },
    {
      method: 'post',
      path: '/keys',
      summary: 'A new API key; it is shown this once',
      body: keyBodies.create,
      answer: newKeyAnswer.meta({ id: 'NewKey' }),
    },
    { method: 'get', path: '/keys/{key}', summary: 'One API key, without its secret', answer: key },
    {
      method: 'put',
      path: '/keys/{key}',
      summary: 'Change or disable an API key; what is not said stays',
      body: keyBodies.change,
      answer: key,
    },
    {
      method: 'get',
      path: '/audit',
      summary: 'Who changed what, newest first',
      query: auditQuery,
      answer: openPageOf(auditAnswer.meta({ id: 'AuditRow' })),
    },
    {
      method: 'post',
      path: '/reload',
      summary: 'Apply the provisioning file again, without disturbing calls',
      answer: z.object({ changes: z.array(z.string()) }),
    },
  ]),
  ...routes('provisioning', 'admin', [
    { method: 'get', path: '/provisioning/queues/{queue}', summary: 'What is stored of one queue', answer: stored },
    { method: 'get', path: '/provisioning/agents/{agent}', summary: 'What is stored of one agent', answer: stored },
    ...provisioned.flatMap(([path, body, put, remove]) => [
      { method: 'put' as const, path, summary: put, body, answer: changesView },
      { method: 'delete' as const, path, summary: remove, answer: changesView },
    ]),
    {
      method: 'put',
      path: '/provisioning/settings',
      summary: 'Settings of the queue engine; those not named stay',
      body: queueSettingsSchema,
      answer: changesView,
    },
    { method: 'delete', path: '/provisioning/settings/{setting}', summary: 'A setting takes its default again', answer: changesView },
  ]),
];
