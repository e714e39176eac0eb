/** Events, webhooks, statistics, the live board. */
import { z } from 'zod';
import { boardStreamQuery } from '../routes/board.js';
import { eventListQuery, eventStreamQuery } from '../routes/events.js';
import { abandonedQuery, followUpBody, queueLogQuery, reportQuery } from '../routes/report-query.js';
import { deadLetterQuery, webhookBody, webhookChangeBody, webhookReplayBody } from '../routes/webhooks.js';
import { openPageOf, routes, type RouteDoc } from './route-doc.js';
import { okView } from './views.js';

const eventView = z
  .object({ seq: z.int(), type: z.string(), atMs: z.int(), data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'Event' });
const webhookView = z
  .looseObject({ id: z.string(), url: z.string(), types: z.array(z.string()), queues: z.array(z.string()), disabled: z.boolean() })
  .meta({ id: 'Webhook' });
const row = z.looseObject({});

export const feedRoutes: readonly RouteDoc[] = [
  ...routes('events', 'own-view', [
    {
      method: 'get',
      path: '/events',
      summary: 'Events as server-sent events, from a number on (docs/events.md)',
      query: eventStreamQuery,
      answerType: 'text/event-stream',
    },
    {
      method: 'get',
      path: '/events/list',
      summary: 'Stored events in pages',
      query: eventListQuery,
      answer: z.looseObject({ items: z.array(eventView).optional() }),
    },
  ]),
  ...routes('webhooks', 'admin', [
    { method: 'get', path: '/webhooks', summary: 'Receivers of events', answer: z.object({ webhooks: z.array(webhookView) }) },
    {
      method: 'post',
      path: '/webhooks',
      summary: 'A new receiver; its secret is shown this once',
      body: webhookBody,
      answer: webhookView,
      status: 201,
    },
    { method: 'get', path: '/webhooks/{id}', summary: 'One receiver', answer: webhookView },
    { method: 'patch', path: '/webhooks/{id}', summary: 'Change a receiver', body: webhookChangeBody, answer: webhookView },
    { method: 'delete', path: '/webhooks/{id}', summary: 'Remove a receiver', answer: okView },
    {
      method: 'get',
      path: '/webhooks/{id}/dead-letters',
      summary: 'Events that could not be delivered',
      query: deadLetterQuery,
      answer: row,
    },
    { method: 'post', path: '/webhooks/{id}/replay', summary: 'Send again', body: webhookReplayBody, answer: row },
  ]),
  ...routes('statistics', 'view', [
    { method: 'get', path: '/statistics/queues', summary: 'Queues by intervals (docs/statistics.md)', query: reportQuery, answer: row },
    { method: 'get', path: '/statistics/agents', summary: 'Agents by intervals', query: reportQuery, answer: row },
    { method: 'get', path: '/statistics/today', summary: 'Figures of the running day', answer: row },
    {
      method: 'get',
      path: '/statistics/abandoned',
      summary: 'Callers who were not served, and what became of them',
      query: abandonedQuery,
      answer: openPageOf(row),
    },
    {
      method: 'put',
      path: '/statistics/abandoned/{key}',
      summary: 'What became of one of them',
      need: 'control',
      body: followUpBody,
      answer: row,
    },
    {
      method: 'get',
      path: '/statistics/queue-log',
      summary: "The queue log in app_queue's form",
      query: queueLogQuery,
      answerType: 'text/plain',
    },
  ]),
  ...routes('board', 'view', [
    { method: 'get', path: '/board', summary: 'All queues and agents as the live board shows them', answer: row },
    {
      method: 'get',
      path: '/board/stream',
      summary: 'The same as server-sent events',
      need: 'own-view',
      query: boardStreamQuery,
      answerType: 'text/event-stream',
    },
  ]),
];
