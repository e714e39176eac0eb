/** `/api/v1/queues`, `/api/v1/agents`: reading, and what agents and supervisors change (B34, B35). */
import { Router } from 'express';
import { z } from 'zod';
import { agentView, agentViews, queueView, queueViews, waitingView } from '../../core/acd/views.js';
import { agentStatuses } from '../../core/acd/words.js';
import { oneOf, plainText, templateText, queueLimits } from '../../core/acd/schema-parts.js';
import {
  agentOf,
  bodyOf,
  doing,
  idPage,
  memberPage,
  nothingMore,
  parameter,
  queryOf,
  queueOf,
  reading,
  wish,
  type QueueApiTools,
} from './request.js';

export function createQueueRoutes(tools: QueueApiTools): Router {
  const router = Router();
  const page = idPage.omit({ queue: true });
  router.get(
    '/queues',
    reading(tools, (state, req) => queueViews(state, queryOf(req, page), tools.nowMs())),
  );
  router.get(
    '/queues/:queue',
    reading(tools, (state, req) => queueView(state, queueOf(state, parameter(req, 'queue')), tools.nowMs())),
  );
  router.get(
    '/queues/:queue/members',
    reading(tools, (state, req) => waitingView(state, queueOf(state, parameter(req, 'queue')).id, queryOf(req, memberPage), tools.nowMs())),
  );
  router.get(
    '/queues/:queue/agents',
    reading(tools, (state, req) => agentViews(state, queueOf(state, parameter(req, 'queue')).id, queryOf(req, page), tools.nowMs())),
  );
  return router;
}

const reason = plainText(100).optional();

const bodies = {
  status: z.strictObject({ status: oneOf(agentStatuses), reason }),
  login: z.strictObject({ contact: templateText(queueLimits.contactLengthMax).optional(), onDemand: z.boolean().default(false) }),
  extend: z.strictObject({ seconds: z.number().positive().max(queueLimits.secondsMax) }),
};

export function createAgentRoutes(tools: QueueApiTools): Router {
  const router = Router();
  const idOf = (name: string): string => agentOf(tools.engine.view(), name).id;
  router.get(
    '/agents',
    reading(tools, (state, req) => {
      const { queue, ...page } = queryOf(req, idPage);
      return agentViews(state, queue === undefined ? undefined : queueOf(state, queue).id, page, tools.nowMs());
    }),
  );
  router.get(
    '/agents/:agent',
    reading(tools, (state, req) => viewOf(parameter(req, 'agent'))),
  );

  router.get(
    '/pause-reasons',
    reading(tools, (state) => ({ items: [...state.pauseReasons.values()], rule: state.settings.pauseReasons })),
  );

  function viewOf(name: string) {
    const state = tools.engine.view();
    const agent = state.agents.get(agentOf(state, name).id);
    return agent ? agentView(state, agent, tools.nowMs()) : undefined;
  }

  /** A wish about the agent of the path; answers what he is then. */
  function asking(
    path: string,
    method: 'post' | 'put',
    event: (req: Parameters<typeof parameter>[0], agent: string, user: string) => Parameters<typeof wish>[2],
  ): void {
    router[method](
      `/agents/:agent${path}`,
      doing(tools, async (req, user) => {
        const agent = idOf(parameter(req, 'agent'));
        await wish(tools, user, event(req, agent, user));
        return viewOf(agent);
      }),
    );
  }

  asking('/status', 'put', (req, agent) => {
    const { status, reason: why } = bodyOf(req, bodies.status);
    return { type: 'status-asked', agent, status, reason: why };
  });
  asking('/login', 'post', (req, agent) => {
    const { contact, onDemand } = bodyOf(req, bodies.login);
    return { type: 'login-asked', agent, contact, standby: undefined, onDemand };
  });
  asking('/logout', 'post', (req, agent) => {
    const { reason: why } = bodyOf(req, z.strictObject({ reason }));
    return { type: 'status-asked', agent, status: 'Logged Out', reason: why };
  });
  asking('/release', 'post', (req, agent, by) => (bodyOf(req, nothingMore), { type: 'release-asked', agent, by }));
  asking('/ready', 'post', (req, agent) => (bodyOf(req, nothingMore), { type: 'ready-asked', agent }));
  asking('/wrap-up/end', 'post', (req, agent) => (bodyOf(req, nothingMore), { type: 'wrapup-end-asked', agent }));
  asking('/wrap-up/extend', 'post', (req, agent) => ({
    type: 'wrapup-extend-asked',
    agent,
    byMs: Math.round(bodyOf(req, bodies.extend).seconds * 1000),
  }));
  return router;
}
