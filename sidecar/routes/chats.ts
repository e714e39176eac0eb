/** `/api/v1/chats`, `/offers`: chats come in, are accepted or refused by an agent's desktop, and end (O3, B53). */
import { Router } from 'express';
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import { offerId, type MemberId } from '../../core/acd/ids.js';
import { language as languageWord, plainText, queueLimits } from '../../core/acd/schema-parts.js';
import type { Offer } from '../../core/acd/state.js';
import { TandemError } from '../../core/errors.js';
import { canTravel } from '../../core/services/queue-values.js';
import { joinOf, joinShape, memberAsSeen, name, type MemberRouteTools } from './join-request.js';
import { agentOf, bodyOf, doing, memberOf, parameter, reading, wish } from './request.js';

const variablesMax = 30;

const bodies = {
  chat: z.strictObject({
    ...joinShape,
    /** address or name of the customer, as the chat system knows it */
    from: plainText(100),
    language: languageWord.optional(),
    maxWaitS: z.number().min(0).max(queueLimits.secondsMax).default(0),
    variables: z
      .record(z.string().regex(/^[A-Za-z_]\w{0,79}$/), plainText(300))
      .refine((all) => Object.keys(all).length <= variablesMax, `at most ${String(variablesMax)}`)
      .refine((all) => Object.entries(all).every(([key, value]) => canTravel(key, value)), 'has a value that cannot be sent on')
      .default({}),
  }),
  end: z.strictObject({ by: z.enum(['customer', 'agent']).default('customer') }),
  offer: z.strictObject({ agent: name }),
  refuse: z.strictObject({ agent: name, reason: plainText(100).default('refused') }),
};

export function createChatRoutes(tools: MemberRouteTools): Router {
  const router = Router();
  router.post(
    '/chats',
    doing(tools, async (req, user) => {
      const { from, language, maxWaitS, variables, ...body } = bodyOf(req, bodies.chat);
      const more = { media: 'chat', number: from, language, maxWaitMs: Math.round(maxWaitS * 1000), variables } as const;
      const join = joinOf(tools, tools.engine.view(), body, more);
      const answer = await wish(tools, user, { type: 'caller-joined', join });
      return memberAsSeen(tools.engine.view(), answer.member ?? join.member, tools.nowMs());
    }),
  );
  router.get(
    '/chats/:member',
    reading(tools, (state, req) => memberAsSeen(state, chatOf(state, parameter(req, 'member')), tools.nowMs())),
  );
  router.post(
    '/chats/:member/end',
    doing(tools, async (req, user) => {
      const { by } = bodyOf(req, bodies.end);
      const state = tools.engine.view();
      const id = chatOf(state, parameter(req, 'member'));
      const { phase } = memberOf(state, id);
      const ended = by === 'customer' ? 'caller' : 'agent';
      if (phase.kind === 'talking') await wish(tools, user, { type: 'call-ended', offer: phase.offer, by: ended, cause: `ended by ${by}` });
      else if (by === 'agent') throw new TandemError('TDM_CONFLICT', ['the chat has no agent yet']);
      else await wish(tools, user, { type: 'caller-left', member: id, cause: 'hangup' });
      return undefined;
    }),
  );
  offerRoutes(router, tools);
  return router;
}

/** An agent's desktop takes or refuses what it was offered; an offer of another agent, or one that is over, is refused. */
function offerRoutes(router: Router, tools: MemberRouteTools): void {
  router.post(
    '/offers/:offer/accept',
    doing(tools, async (req, user) => {
      const offer = chatOffer(tools.engine.view(), parameter(req, 'offer'), bodyOf(req, bodies.offer).agent);
      await wish(tools, user, { type: 'agent-answered', offer: offer.id });
      return memberAsSeen(tools.engine.view(), offer.member, tools.nowMs());
    }),
  );
  router.post(
    '/offers/:offer/refuse',
    doing(tools, async (req, user) => {
      const { agent, reason } = bodyOf(req, bodies.refuse);
      const offer = chatOffer(tools.engine.view(), parameter(req, 'offer'), agent);
      await wish(tools, user, { type: 'offer-failed', offer: offer.id, failure: 'rejected', detail: reason });
      return undefined;
    }),
  );
}

function chatOf(state: AcdState, text: string): MemberId {
  const member = memberOf(state, text);
  if (member.media !== 'chat') throw new TandemError('TDM_CONFLICT', ['it is no chat']);
  return member.id;
}

function chatOffer(state: AcdState, text: string, agent: string): Offer {
  const offer = state.offers.get(offerId(text));
  const { id } = agentOf(state, agent);
  if (offer?.agent !== id) throw new TandemError('TDM_NOT_FOUND', ['Offer', text.replace(/\p{C}/gu, '?').slice(0, 100)]);
  if (offer.media !== 'chat') throw new TandemError('TDM_CONFLICT', ['a call is answered with the telephone']);
  if (offer.phase.kind !== 'ringing') throw new TandemError('TDM_CONFLICT', ['the offer is taken already']);
  return offer;
}
