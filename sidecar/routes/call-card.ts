/** `/api/v1/agents/{agent}/call`: the call card of an agent (B30). Whoever may see the agent may see it. */
import { Router } from 'express';
import { noCard, type CallCards } from '../../core/services/call-card.js';
import { agentFor } from './inside.js';
import { parameter, type QueueApiTools } from './request.js';

export interface CallCardTools extends QueueApiTools {
  /** absent: there is no CRM connector, and no card has a call */
  readonly cards?: CallCards | undefined;
}

export function createCallCardRoutes(tools: CallCardTools): Router {
  const router = Router();
  router.get('/agents/:agent/call', async (req, res) => {
    const who = await tools.permit(req, 'own-view');
    const { id } = agentFor(who, tools.engine.view(), parameter(req, 'agent'));
    const { call = null, history } = tools.cards ? await tools.cards.card(id) : noCard;
    res.json({ call, history });
  });
  return router;
}
