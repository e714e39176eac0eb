/** `/api/v1/queues`, `/api/v1/agents`: reading, and what agents and supervisors change (B34, B35). */
import { Router, type Request } from 'express';
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import { agentStateOf } from '../../core/acd/agent-state.js';
import type { QueueConfig } from '../../core/acd/config.js';
import type { AcdEvent } from '../../core/acd/events.js';
import type { AgentId } from '../../core/acd/ids.js';
import { pageById } from '../../core/acd/paging.js';
import { oneOf, plainText, queueLimits, templateText } from '../../core/acd/schema-parts.js';
import type { Agent } from '../../core/acd/state.js';
import { offersByQueue } from '../../core/acd/queue-view.js';
import { agentView, queueView, waitingView, type AgentView, type Page } from '../../core/acd/views.js';
import { agentStatuses } from '../../core/acd/words.js';
import { agentFor, agentSeenBy, queueFor } from './inside.js';
import { refuse, seesAgent, seesQueue, type ApiNeed, type Principal } from './permission.js';
import { bodyOf, doing, idPage, memberPage, nothingMore, parameter, queryOf, reading, wish, type QueueApiTools } from './request.js';

const search = z.string().max(100).optional().describe('part of the id or of the name, in any letter case');
const word = z.string().max(150).optional();

export const queueQueries = {
  queues: idPage.omit({ queue: true }).extend({ search, strategy: word }),
  page: idPage.omit({ queue: true }),
  members: memberPage,
  agents: idPage.extend({ search, status: z.enum(agentStatuses).optional(), state: word, phase: word, skill: word }),
} as const;

const holds = (part: string | undefined, ...texts: readonly string[]): boolean =>
  part === undefined || texts.some((text) => text.toLowerCase().includes(part.toLowerCase()));

export function createQueueRoutes(tools: QueueApiTools): Router {
  const router = Router();
  router.get(
    '/queues',
    reading(tools, (state, req, who) => {
      const { search: part, strategy, ...wanted } = queryOf(req, queueQueries.queues);
      const page = pageById<QueueConfig>(
        [...state.queueConfigs.values()].filter(
          (queue) =>
            seesQueue(who, queue.id) && holds(part, queue.id, queue.name) && (strategy === undefined || queue.strategy === strategy),
        ),
        wanted,
      );
      const offers = offersByQueue(state);
      return { ...page, items: page.items.map((queue) => queueView(state, queue, tools.nowMs(), offers)) };
    }),
  );
  router.get(
    '/queues/:queue',
    reading(tools, (state, req, who) => queueView(state, queueFor(who, state, parameter(req, 'queue')), tools.nowMs())),
  );
  router.get(
    '/queues/:queue/members',
    reading(tools, (state, req, who) =>
      waitingView(state, queueFor(who, state, parameter(req, 'queue')).id, queryOf(req, queueQueries.members), tools.nowMs()),
    ),
  );
  router.get(
    '/queues/:queue/agents',
    reading(tools, (state, req, who) => {
      const { id } = queueFor(who, state, parameter(req, 'queue'));
      return agentsPage(tools, who, state, { ...queryOf(req, queueQueries.page), queue: id });
    }),
  );
  return router;
}

/** A page of the agents that `who` may see and the query says. */
function agentsPage(
  tools: Pick<QueueApiTools, 'nowMs'>,
  who: Principal,
  state: AcdState,
  query: z.infer<typeof queueQueries.agents>,
): Page<AgentView> {
  const serving = query.queue === undefined ? undefined : state.servicesOfQueue(queueFor(who, state, query.queue).id);
  const isWanted = (agent: Agent): boolean => {
    const config = state.agentConfigs.get(agent.id);
    return (
      (serving === undefined || serving.has(agent.id)) &&
      seesAgent(who, state, agent.id) &&
      holds(query.search, agent.id, config?.name ?? '') &&
      (query.status === undefined || agent.status === query.status) &&
      (query.state === undefined || agentStateOf(agent) === query.state) &&
      (query.phase === undefined || agent.phase.kind === query.phase) &&
      (query.skill === undefined || config?.skills.has(query.skill.toLowerCase()) === true)
    );
  };
  const page = pageById<Agent>([...state.agents.values()].filter(isWanted), query);
  return { ...page, items: page.items.map((agent) => agentSeenBy(who, agentView(state, agent, tools.nowMs()))) };
}

const reason = plainText(100).optional();

export const agentBodies = {
  status: z.strictObject({ status: oneOf(agentStatuses), reason }),
  login: z.strictObject({ contact: templateText(queueLimits.contactLengthMax).optional(), onDemand: z.boolean().default(false) }),
  logout: z.strictObject({ reason }),
  extend: z.strictObject({ seconds: z.number().positive().max(queueLimits.secondsMax) }),
};

export function createAgentRoutes(tools: QueueApiTools): Router {
  const router = Router();
  router.get(
    '/agents',
    reading(tools, (state, req, who) => agentsPage(tools, who, state, queryOf(req, queueQueries.agents))),
  );
  router.get(
    '/agents/:agent',
    reading(tools, (state, req, who) => viewOf(who, agentFor(who, state, parameter(req, 'agent')).id), 'own-view'),
  );

  router.get(
    '/pause-reasons',
    reading(tools, (state) => ({ items: [...state.pauseReasons.values()], rule: state.settings.pauseReasons }), 'own-view'),
  );

  function viewOf(who: Principal, id: AgentId) {
    const state = tools.engine.view();
    const agent = state.agents.get(id);
    return agent && agentSeenBy(who, agentView(state, agent, tools.nowMs()));
  }

  /** A wish about the agent of the path; answers what he is then. */
  function asking(
    path: string,
    method: 'post' | 'put',
    event: (req: Request, agent: AgentId, who: Principal) => AcdEvent,
    need: ApiNeed = 'own-control',
  ): void {
    router[method](
      `/agents/:agent${path}`,
      doing(
        tools,
        async (req, user, who) => {
          const { id } = agentFor(who, tools.engine.view(), parameter(req, 'agent'), 'change');
          await wish(tools, user, event(req, id, who));
          return viewOf(who, id);
        },
        need,
      ),
    );
  }

  asking('/status', 'put', (req, agent) => {
    const { status, reason: why } = bodyOf(req, agentBodies.status);
    return { type: 'status-asked', agent, status, reason: why };
  });
  asking('/login', 'post', (req, agent, who) => {
    const { contact, onDemand } = bodyOf(req, agentBodies.login);
    // a contact is dialled: who is only himself takes the one that was provisioned for him
    if (who.ownOnly && contact !== undefined) refuse(who, 'another contact');
    return { type: 'login-asked', agent, contact, standby: undefined, onDemand };
  });
  asking('/logout', 'post', (req, agent) => {
    const { reason: why } = bodyOf(req, agentBodies.logout);
    return { type: 'status-asked', agent, status: 'Logged Out', reason: why };
  });
  asking('/release', 'post', (req, agent, { user: by }) => (bodyOf(req, nothingMore), { type: 'release-asked', agent, by }), 'control');
  asking('/ready', 'post', (req, agent) => (bodyOf(req, nothingMore), { type: 'ready-asked', agent }));
  asking('/wrap-up/end', 'post', (req, agent) => (bodyOf(req, nothingMore), { type: 'wrapup-end-asked', agent }));
  asking('/wrap-up/extend', 'post', (req, agent) => ({
    type: 'wrapup-extend-asked',
    agent,
    byMs: Math.round(bodyOf(req, agentBodies.extend).seconds * 1000),
  }));
  return router;
}
