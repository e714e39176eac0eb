/** Queues, agents, tiers, skills, dispatcher, explanations. */
import { z } from 'zod';
import { decisionsQuery } from '../routes/explain.js';
import { agentBodies, queueQueries } from '../routes/queues.js';
import { nothingMore } from '../routes/request.js';
import { supervisionBodies } from '../routes/supervision.js';
import { tierQueries } from '../routes/tier-lists.js';
import { pageOf, routes, type RouteDoc } from './route-doc.js';
import { agentExplanationView, agentView, callExplanationView, decisionView, queueView, memberView } from './views.js';

const tierView = z
  .object({
    id: z.string().describe('`queue agent`'),
    queue: z.string(),
    agent: z.string(),
    level: z.int(),
    position: z.int(),
    bySkill: z.boolean(),
    state: z.string().describe("mod_callcenter's word"),
  })
  .meta({ id: 'Tier' });
const skillView = z
  .object({ id: z.string().describe('`agent skill`'), agent: z.string(), skill: z.string(), level: z.int() })
  .meta({ id: 'Skill' });
const pauseReasonsView = z.object({
  items: z.array(
    z.object({
      code: z.string(),
      text: z.string(),
      isPaid: z.boolean(),
      msMax: z.number().describe('0 = no limit'),
      dayMsMax: z.number().describe('0 = no limit'),
    }),
  ),
  rule: z.enum(['listed', 'required', 'free']),
});
const pastCall = z.object({
  call: z.string(),
  direction: z.enum(['inbound', 'outbound', 'internal']),
  outcome: z.enum(['answered', 'missed', 'busy', 'rejected', 'failed']).optional(),
  startedAtMs: z.number(),
  talkMs: z.number(),
  extension: z.string().optional().describe('who talked last'),
  queue: z.string().optional(),
  isRecorded: z.boolean(),
});
const callCardView = z
  .object({
    call: z.looseObject({}).nullable().describe('fields as of the event `call.answered` (docs/events.md), and `isTalking`; null: none'),
    history: z.array(pastCall).describe('with this number, newest first, at most 10'),
  })
  .meta({ id: 'CallCard' });
const dispatching = z.object({ on: z.boolean() });
const decisions = z.object({ decisions: z.array(decisionView), next: z.string().optional().describe('for the page after this one') });

export const queueRoutes: readonly RouteDoc[] = [
  ...routes('queues', 'view', [
    { method: 'get', path: '/queues', summary: 'Queues by id', query: queueQueries.queues, answer: pageOf(queueView) },
    { method: 'get', path: '/queues/{queue}', summary: 'One queue: sizes, and what its agents do', answer: queueView },
    {
      method: 'get',
      path: '/queues/{queue}/members',
      summary: 'Waiting callers in the order in which they are served',
      query: queueQueries.members,
      answer: pageOf(memberView),
    },
    {
      method: 'get',
      path: '/queues/{queue}/agents',
      summary: 'Agents of a queue by id',
      query: queueQueries.page,
      answer: pageOf(agentView),
    },
    {
      method: 'get',
      path: '/tiers',
      summary: 'Who serves which queue, in which place',
      query: tierQueries.tiers,
      answer: pageOf(tierView),
    },
    { method: 'get', path: '/skills', summary: 'Who can do what', query: tierQueries.skills, answer: pageOf(skillView) },
  ]),
  ...routes('agents', 'own-control', [
    { method: 'get', path: '/agents', summary: 'Agents by id', need: 'view', query: queueQueries.agents, answer: pageOf(agentView) },
    { method: 'get', path: '/agents/{agent}', summary: 'One agent', need: 'own-view', answer: agentView },
    { method: 'get', path: '/agents/{agent}/call', summary: 'Call card: who is on his telephone', need: 'own-view', answer: callCardView },
    { method: 'get', path: '/pause-reasons', summary: 'Reasons for breaks', need: 'own-view', answer: pauseReasonsView },
    {
      method: 'put',
      path: '/agents/{agent}/status',
      summary: 'Change what the agent has chosen',
      body: agentBodies.status,
      answer: agentView,
    },
    {
      method: 'post',
      path: '/agents/{agent}/login',
      summary: 'Log in, with a contact instead of the provisioned one',
      body: agentBodies.login,
      answer: agentView,
    },
    { method: 'post', path: '/agents/{agent}/logout', summary: 'Log out', body: agentBodies.logout, answer: agentView },
    {
      method: 'post',
      path: '/agents/{agent}/release',
      summary: 'Take away whatever stands in the way: a ringing leg, a talk nobody ends, wrap-up, a pause',
      need: 'control',
      body: nothingMore,
      answer: agentView,
    },
    { method: 'post', path: '/agents/{agent}/ready', summary: 'On Demand: the next call, please', body: nothingMore, answer: agentView },
    { method: 'post', path: '/agents/{agent}/wrap-up/end', summary: 'End the wrap-up', body: nothingMore, answer: agentView },
    {
      method: 'post',
      path: '/agents/{agent}/wrap-up/extend',
      summary: 'Extend the wrap-up, up to the setting wrap_up_max_s',
      body: agentBodies.extend,
      answer: agentView,
    },
    {
      method: 'post',
      path: '/agents/{agent}/spy',
      summary: "A supervisor's telephone joins the agent's talk",
      need: 'spy',
      body: supervisionBodies.spy,
      answer: z.object({ ok: z.literal(true), leg: z.string() }),
    },
  ]),
  ...routes('dispatcher', 'control', [
    { method: 'get', path: '/dispatching', summary: 'Does the engine give out calls by itself?', need: 'view', answer: dispatching },
    {
      method: 'put',
      path: '/dispatching',
      summary: 'Switch it on or off; off: an external dispatcher gives them out',
      body: supervisionBodies.dispatching,
      answer: dispatching,
    },
    {
      method: 'post',
      path: '/dispatches',
      summary: 'External dispatcher: this call to this agent',
      body: supervisionBodies.dispatch,
      answer: z.object({ ok: z.literal(true), offer: z.string() }),
    },
  ]),
  ...routes('explanations', 'view', [
    { method: 'get', path: '/explain/call/{call}', summary: 'Why each agent is not offered this caller', answer: callExplanationView },
    { method: 'get', path: '/explain/agent/{agent}', summary: 'Which callers could come, and why none does', answer: agentExplanationView },
    { method: 'get', path: '/explain/decisions', summary: 'The last decisions, newest first', query: decisionsQuery, answer: decisions },
    { method: 'get', path: '/decisions', summary: 'The last decisions, newest first', query: decisionsQuery, answer: decisions },
  ]),
];
