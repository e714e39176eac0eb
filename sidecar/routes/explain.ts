/** `/api/v1/explain`: why was nobody called, why did it not ring (B31). */
import { Router } from 'express';
import { z } from 'zod';
import { decisionsOf, explainAgent, explainMember, explainedMax, findMember } from '../../core/acd/explain.js';
import { TandemError } from '../../core/errors.js';
import { agentOf, parameter, queryOf, queueOf, reading, type QueueApiTools } from './request.js';

/** Decisions in one answer. */
const decisionsMax = 200;

const name = z.string().max(150).optional();
const decisionsQuery = z.strictObject({
  queue: name,
  agent: name,
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .transform(Number)
    .pipe(z.int().min(1).max(decisionsMax))
    .default(explainedMax.decisions),
});

export function createExplainRoutes(tools: QueueApiTools): Router {
  const router = Router();
  router.get(
    '/explain/call/:call',
    reading(tools, (state, req) => {
      const text = parameter(req, 'call').slice(0, 150);
      const member = findMember(state, text);
      const decisions = tools.engine.decisions();
      if (member) return explainMember(state, member, decisions, tools.nowMs());
      const past = decisions.filter((decision) => decision.member === text).slice(0, explainedMax.decisions);
      if (past.length === 0) throw new TandemError('TDM_NOT_FOUND', ['Caller', text.replace(/\p{C}/gu, '?').slice(0, 100)]);
      return { verdict: 'has left the queue', agents: [], counts: {}, agentsTotal: 0, decisions: past };
    }),
  );
  router.get(
    '/explain/agent/:agent',
    reading(tools, (state, req) => {
      const config = agentOf(state, parameter(req, 'agent'));
      const agent = state.agents.get(config.id);
      if (!agent) throw new TandemError('TDM_NOT_FOUND', ['Agent', config.id]);
      return explainAgent(state, agent, tools.engine.decisions(), tools.nowMs());
    }),
  );
  router.get(
    '/explain/decisions',
    reading(tools, (state, req) => {
      const { queue, agent, limit } = queryOf(req, decisionsQuery);
      const of = {
        queue: queue === undefined ? undefined : queueOf(state, queue).id,
        agent: agent === undefined ? undefined : agentOf(state, agent).id,
      };
      return { decisions: decisionsOf(tools.engine.decisions(), of, limit) };
    }),
  );
  return router;
}
