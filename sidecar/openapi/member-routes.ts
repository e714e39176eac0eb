/** Callers, talks, chats, callbacks, messages, segments. */
import { z } from 'zod';
import { chatBodies } from '../routes/chats.js';
import { pickUpBody, transferBody } from '../routes/desk.js';
import { memberQueries } from '../routes/member-lists.js';
import { memberBodies } from '../routes/members.js';
import { segmentsQuery } from '../routes/segments.js';
import { openPageOf, pageOf, routes, type RouteDoc } from './route-doc.js';
import { memberView, okView, offerView } from './views.js';

const callView = offerView
  .extend({
    number: z.string(),
    name: z.string(),
    talkedMs: z.int(),
    uniqueId: z.string().optional(),
    leadId: z.int().optional(),
  })
  .meta({ id: 'Call' });
const segmentView = z
  .looseObject({
    kind: z.enum(['visit', 'offer', 'status', 'wrapup']),
    key: z.string(),
    queue: z.string().optional(),
    agent: z.string().optional(),
  })
  .describe('docs/queue-engine.md has the fields of each kind; times are Unix ms, 0 = did not happen')
  .meta({ id: 'Segment' });
const leadView = z.object({ leadId: z.int(), lead: z.record(z.string(), z.unknown()) });

export const memberRoutes: readonly RouteDoc[] = [
  ...routes('callers', 'control', [
    {
      method: 'get',
      path: '/members',
      summary: 'Callers, chats and callbacks of all queues by id; their places are in /queues/{queue}/members',
      need: 'view',
      query: memberQueries.members,
      answer: pageOf(memberView),
    },
    {
      method: 'get',
      path: '/calls',
      summary: 'Talks of this moment by id',
      need: 'view',
      query: memberQueries.calls,
      answer: pageOf(callView),
    },
    { method: 'get', path: '/members/{member}', summary: 'One caller, chat or callback', need: 'own-view', answer: memberView },
    { method: 'get', path: '/members/{member}/lead', summary: 'The lead of a caller', need: 'own-view', answer: leadView },
    {
      method: 'post',
      path: '/members/{member}/transfer',
      summary: 'Send the caller of a talk to an extension',
      need: 'own-control',
      body: transferBody,
      answer: okView,
    },
    { method: 'post', path: '/members/{member}/pick-up', summary: 'A waiting caller comes to an agent now', body: pickUpBody },
    {
      method: 'delete',
      path: '/members/{member}',
      summary: 'Take it out of the queue; the dialplan goes on with the result `withdrawn`',
      answer: okView,
    },
    {
      method: 'post',
      path: '/members/{member}/move',
      summary: 'To another queue, with or without the waiting time',
      body: memberBodies.move,
      answer: memberView,
    },
    {
      method: 'put',
      path: '/members/{member}/priority',
      summary: 'Another priority (smaller first) or base score',
      body: memberBodies.priority,
      answer: memberView,
    },
    {
      method: 'post',
      path: '/members/{member}/callback',
      summary: 'The caller hangs up, keeps the place and is called back',
      body: memberBodies.callMe,
      answer: memberView,
    },
  ]),
  ...routes('callbacks and messages', 'own-control', [
    {
      method: 'get',
      path: '/callbacks',
      summary: 'Open callbacks by id',
      need: 'own-view',
      query: memberQueries.callbacks,
      answer: pageOf(memberView),
    },
    {
      method: 'post',
      path: '/callbacks',
      summary: 'Call somebody when an agent is free for it',
      body: memberBodies.callback,
      answer: memberView,
    },
    { method: 'delete', path: '/callbacks/{member}', summary: 'Cancel a callback', answer: okView },
    {
      method: 'get',
      path: '/messages',
      summary: 'Messages that no agent has heard yet, by id',
      need: 'view',
      query: memberQueries.messages,
      answer: pageOf(memberView),
    },
    {
      method: 'post',
      path: '/messages',
      summary: 'A caller has left a message',
      need: 'control',
      body: memberBodies.message,
      answer: memberView,
    },
    { method: 'delete', path: '/messages/{member}', summary: 'Take a message away unheard', need: 'control', answer: okView },
  ]),
  ...routes('chats', 'own-control', [
    { method: 'get', path: '/chats', summary: 'Chats by id', need: 'view', query: memberQueries.chats, answer: pageOf(memberView) },
    { method: 'post', path: '/chats', summary: 'A chat comes in', need: 'control', body: chatBodies.chat, answer: memberView },
    { method: 'get', path: '/chats/{member}', summary: 'One chat', need: 'own-view', answer: memberView },
    { method: 'post', path: '/chats/{member}/end', summary: 'The chat is over', body: chatBodies.end, answer: okView },
    {
      method: 'post',
      path: '/offers/{offer}/accept',
      summary: "The agent's desktop takes an offered chat",
      body: chatBodies.offer,
      answer: memberView,
    },
    {
      method: 'post',
      path: '/offers/{offer}/refuse',
      summary: "The agent's desktop refuses an offered chat",
      body: chatBodies.refuse,
      answer: okView,
    },
  ]),
  ...routes('history', 'view', [
    { method: 'get', path: '/segments', summary: 'What happened, newest first', query: segmentsQuery, answer: openPageOf(segmentView) },
  ]),
];
