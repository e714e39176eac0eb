/** `/api/v1/chats`, `/offers`: chats come in, are accepted or refused by an agent's desktop, and end (O3, B53). */
import { Router } from 'express';
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import { offerId } from '../../core/acd/ids.js';
import { language as languageWord, plainText, queueLimits } from '../../core/acd/schema-parts.js';
import type { Member, Offer } from '../../core/acd/state.js';
import { TandemError } from '../../core/errors.js';
import { canTravel } from '../../core/services/queue-values.js';
import { joinOf, joinShape, memberAsSeen, name, type MemberRouteTools } from './join-request.js';
import { agentFor, memberFor, type Purpose } from './inside.js';
import { refuse, seesQueue, type Principal } from './permission.js';
import { bodyOf, doing, parameter, reading, wish } from './request.js';

const variablesMax = 30;

export const chatBodies = {
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
    doing(tools, async (req, user, who) => {
      const { from, language, maxWaitS, variables, ...body } = bodyOf(req, chatBodies.chat);
      const more = { media: 'chat', number: from, language, maxWaitMs: Math.round(maxWaitS * 1000), variables } as const;
      const join = joinOf(tools, who, body, more);
      const answer = await wish(tools, user, { type: 'caller-joined', join });
      return memberAsSeen(tools.engine.view(), answer.member ?? join.member, tools.nowMs());
    }),
  );
  router.get(
    '/chats/:member',
    reading(tools, (state, req, who) => memberAsSeen(state, chatOf(who, state, parameter(req, 'member')).id, tools.nowMs()), 'own-view'),
  );
  router.post(
    '/chats/:member/end',
    doing(
      tools,
      async (req, user, who) => {
        const { by } = bodyOf(req, chatBodies.end);
        const state = tools.engine.view();
        const { id, phase } = chatOf(who, state, parameter(req, 'member'), 'change');
        const ended = by === 'customer' ? 'caller' : 'agent';
        if (phase.kind === 'talking')
          await wish(tools, user, { type: 'call-ended', offer: phase.offer, by: ended, cause: `ended by ${by}` });
        else if (by === 'agent') throw new TandemError('TDM_CONFLICT', ['the chat has no agent yet']);
        else await wish(tools, user, { type: 'caller-left', member: id, cause: 'hangup' });
        return undefined;
      },
      'own-control',
    ),
  );
  offerRoutes(router, tools);
  return router;
}

/** An agent's desktop takes or refuses what it was offered; an offer of another agent, or one that is over, is refused. */
function offerRoutes(router: Router, tools: MemberRouteTools): void {
  router.post(
    '/offers/:offer/accept',
    doing(
      tools,
      async (req, user, who) => {
        const offer = chatOffer(who, tools.engine.view(), parameter(req, 'offer'), bodyOf(req, chatBodies.offer).agent);
        await wish(tools, user, { type: 'agent-answered', offer: offer.id });
        return memberAsSeen(tools.engine.view(), offer.member, tools.nowMs());
      },
      'own-control',
    ),
  );
  router.post(
    '/offers/:offer/refuse',
    doing(
      tools,
      async (req, user, who) => {
        const { agent, reason } = bodyOf(req, chatBodies.refuse);
        const offer = chatOffer(who, tools.engine.view(), parameter(req, 'offer'), agent);
        await wish(tools, user, { type: 'offer-failed', offer: offer.id, failure: 'rejected', detail: reason });
        return undefined;
      },
      'own-control',
    ),
  );
}

function chatOf(who: Principal, state: AcdState, text: string, purpose: Purpose = 'read'): Member {
  const member = memberFor(who, state, text, purpose);
  if (member.media !== 'chat') throw new TandemError('TDM_CONFLICT', ['it is no chat']);
  return member;
}

function chatOffer(who: Principal, state: AcdState, text: string, agent: string): Offer {
  const offer = state.offers.get(offerId(text));
  const { id } = agentFor(who, state, agent, 'change');
  if (offer?.agent !== id) throw new TandemError('TDM_NOT_FOUND', ['Offer', text.replace(/\p{C}/gu, '?').slice(0, 100)]);
  if (!seesQueue(who, offer.queue)) refuse(who, `offer ${offer.id}`);
  if (offer.media !== 'chat') throw new TandemError('TDM_CONFLICT', ['a call is answered with the telephone']);
  if (offer.phase.kind !== 'ringing') throw new TandemError('TDM_CONFLICT', ['the offer is taken already']);
  return offer;
}
