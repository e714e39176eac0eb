/** `/api/v1/tiers`, `/skills`: who serves which queue in which place, and who can do what; as the engine has them now. */
import { Router } from 'express';
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import type { AgentId, QueueId } from '../../core/acd/ids.js';
import { pageById, type Page } from '../../core/acd/paging.js';
import { tierStateOf, type TierState } from '../../core/acd/tier-state.js';
import { agentFor, queueFor } from './inside.js';
import { seesAgent, seesQueue, type Principal } from './permission.js';
import { idPage, queryOf, reading, type QueueApiTools } from './request.js';

const name = z.string().max(150).optional();
/** the cursor of a pair: two ids */
const after = z.string().max(301).optional();

export const tierQueries = {
  tiers: idPage.extend({
    after,
    agent: name,
    level: z
      .string()
      .regex(/^\d{1,5}$/, 'must be a number')
      .transform(Number)
      .optional(),
  }),
  skills: idPage.omit({ queue: true }).extend({ after, agent: name, skill: name }),
} as const;

export interface TierView {
  /** `queue agent`: for the next page */
  readonly id: string;
  readonly queue: string;
  readonly agent: string;
  readonly level: number;
  readonly position: number;
  /** without a tier of his own, by a skill */
  readonly bySkill: boolean;
  /** mod_callcenter's word */
  readonly state: TierState;
}

export interface SkillView {
  /** `agent skill`: for the next page */
  readonly id: string;
  readonly agent: string;
  readonly skill: string;
  readonly level: number;
}

export function createTierListRoutes(tools: QueueApiTools): Router {
  const router = Router();
  router.get(
    '/tiers',
    reading(tools, (state, req, who) => {
      const { queue, agent, level, ...wanted } = queryOf(req, tierQueries.tiers);
      const only = queue === undefined ? undefined : queueFor(who, state, queue).id;
      const his = agent === undefined ? undefined : agentFor(who, state, agent).id;
      const all = tiersOf(who, state, only).filter(
        (tier) => (his === undefined || tier.agent === his) && (level === undefined || tier.level === level),
      );
      return withStates(state, pageById(all, wanted));
    }),
  );
  router.get(
    '/skills',
    reading(tools, (state, req, who) => {
      const { agent, skill, ...wanted } = queryOf(req, tierQueries.skills);
      const his = agent === undefined ? undefined : agentFor(who, state, agent).id;
      const all = skillsOf(who, state).filter(
        (one) => (his === undefined || one.agent === his) && (skill === undefined || one.skill === skill.toLowerCase()),
      );
      return pageById(all, wanted);
    }),
  );
  return router;
}

type Tier = Omit<TierView, 'state'> & { readonly queue: QueueId; readonly agent: AgentId };

function tiersOf(who: Principal, state: AcdState, only: QueueId | undefined): Tier[] {
  return [...state.queueConfigs.keys()]
    .filter((queue) => (only === undefined || queue === only) && seesQueue(who, queue))
    .flatMap((queue) =>
      [...state.servicesOfQueue(queue).values()].map(({ agent, level, position, bySkill }) => {
        return { id: `${queue} ${agent}`, queue, agent, level, position, bySkill };
      }),
    );
}

function withStates(state: AcdState, page: Page<Tier>): Page<TierView> {
  const items = page.items.flatMap((tier): TierView[] => {
    const agent = state.agents.get(tier.agent);
    return agent ? [{ ...tier, state: tierStateOf(state, agent, tier.queue) }] : [];
  });
  return { ...page, items };
}

function skillsOf(who: Principal, state: AcdState): SkillView[] {
  return [...state.agentConfigs.values()]
    .filter(({ id }) => seesAgent(who, state, id))
    .flatMap(({ id: agent, skills }) => [...skills].map(([skill, level]) => ({ id: `${agent} ${skill}`, agent, skill, level })));
}
