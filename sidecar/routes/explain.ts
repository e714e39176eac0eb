/** `/api/v1/explain`: why was nobody called, why did it not ring (B31). */
import { Router } from 'express';
import { z } from 'zod';
import { decisionCursorPattern, decisionPage } from '../../core/acd/decision-page.js';
import { explainAgent, explainMember, explainedMax, findMember } from '../../core/acd/explain.js';
import type { Decision } from '../../core/acd/records.js';
import { TandemError } from '../../core/errors.js';
import { agentFor, agentSeenBy, queueFor } from './inside.js';
import { seesQueue, type Principal } from './permission.js';
import { parameter, queryOf, reading, type QueueApiTools } from './request.js';

/** Decisions in one answer. */
const decisionsMax = 200;

const name = z.string().max(150).optional();
export const decisionsQuery = z.strictObject({
  queue: name,
  agent: name,
  member: name,
  before: z
    .string()
    .regex(/^\d{1,15}$/, 'must be Unix ms')
    .transform(Number)
    .optional()
    .describe('made before this moment, Unix ms'),
  after: z.string().regex(decisionCursorPattern, 'is no cursor of this API').optional().describe('`next` of the page before'),
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
    reading(tools, (state, req, who) => {
      const text = parameter(req, 'call').slice(0, 150);
      const member = findMember(state, text);
      const decisions = decisionsFor(who, tools.engine.decisions());
      if (member && seesQueue(who, member.queue)) return explainMember(state, member, decisions, tools.nowMs());
      const past = decisions.filter((decision) => decision.member === text).slice(0, explainedMax.decisions);
      if (past.length === 0) throw new TandemError('TDM_NOT_FOUND', ['Caller', text.replace(/\p{C}/gu, '?').slice(0, 100)]);
      return { verdict: 'has left the queue', agents: [], counts: {}, agentsTotal: 0, decisions: past };
    }),
  );
  router.get(
    '/explain/agent/:agent',
    reading(tools, (state, req, who) => {
      const config = agentFor(who, state, parameter(req, 'agent'));
      const agent = state.agents.get(config.id);
      if (!agent) throw new TandemError('TDM_NOT_FOUND', ['Agent', config.id]);
      const seen = explainAgent(state, agent, decisionsFor(who, tools.engine.decisions()), tools.nowMs());
      const queues = seen.queues.filter(({ queue }) => seesQueue(who, queue));
      return { ...seen, agent: agentSeenBy(who, seen.agent), queues, queuesTotal: who.queues ? queues.length : seen.queuesTotal };
    }),
  );
  for (const path of ['/explain/decisions', '/decisions'])
    router.get(
      path,
      reading(tools, (state, req, who) => {
        const { queue, agent, before: beforeMs, ...rest } = queryOf(req, decisionsQuery);
        return decisionPage(decisionsFor(who, tools.engine.decisions()), {
          ...rest,
          beforeMs,
          queue: queue === undefined ? undefined : queueFor(who, state, queue).id,
          agent: agent === undefined ? undefined : agentFor(who, state, agent).id,
        });
      }),
    );
  return router;
}

const decisionsFor = (who: Principal, decisions: readonly Decision[]): readonly Decision[] =>
  who.queues === undefined ? decisions : decisions.filter(({ queue }) => seesQueue(who, queue));
