/** `/api/v1/members`, `/callbacks`, `/messages`: callers who wait, those to be called back, and what they left (B28, B51). */
import { Router } from 'express';
import { z } from 'zod';
import { switchId, type SwitchId } from '../../core/acd/ids.js';
import { queueLimits } from '../../core/acd/schema-parts.js';
import { callbacksView, messagesView } from '../../core/acd/views.js';
import { TandemError } from '../../core/errors.js';
import { requireNumber } from '../../core/phone.js';
import { joinOf, joinShape, memberAsSeen, name, type MemberRouteTools } from './join-request.js';
import { messageOf } from '../../core/services/queue-message.js';
import { bodyOf, doing, idPage, memberOf, parameter, queryOf, queueOf, reading, wish } from './request.js';

/** What is said of a message; its `param` says that it is one. */
const messageBody = z
  .strictObject({ ...joinShape, number: z.string().max(40).default(''), file: z.string().max(500), switch: name.optional() })
  .omit({ param: true });

const bodies = {
  move: z.strictObject({ queue: name, keepWaiting: z.boolean().default(true) }),
  priority: z
    .strictObject({
      priority: joinShape.priority,
      baseScoreS: z.int().min(-queueLimits.baseScoreMax).max(queueLimits.baseScoreMax).optional(),
    })
    .refine((body) => body.priority !== undefined || body.baseScoreS !== undefined, 'needs priority or baseScoreS'),
  callMe: z.strictObject({ number: z.string().max(40).optional() }),
  callback: z.strictObject({ ...joinShape, number: z.string().max(40), switch: name.optional() }),
  message: messageBody,
};

export function createMemberRoutes(tools: MemberRouteTools): Router {
  const router = Router();
  const view = (id: string): object | undefined => memberAsSeen(tools.engine.view(), id, tools.nowMs());

  router.get(
    '/members/:member',
    reading(tools, (state, req) => memberAsSeen(state, memberOf(state, parameter(req, 'member')).id, tools.nowMs())),
  );
  router.delete(
    '/members/:member',
    doing(tools, async (req, user) => {
      const { id } = memberOf(tools.engine.view(), parameter(req, 'member'));
      await wish(tools, user, { type: 'withdraw-asked', member: id, reason: 'withdrawn' });
      return undefined;
    }),
  );
  router.post(
    '/members/:member/move',
    doing(tools, async (req, user) => {
      const { queue, keepWaiting } = bodyOf(req, bodies.move);
      const state = tools.engine.view();
      const { id } = memberOf(state, parameter(req, 'member'));
      await wish(tools, user, { type: 'move-asked', member: id, queue: queueOf(state, queue).id, keepWaiting });
      return view(id);
    }),
  );
  router.put(
    '/members/:member/priority',
    doing(tools, async (req, user) => {
      const { priority, baseScoreS } = bodyOf(req, bodies.priority);
      const { id } = memberOf(tools.engine.view(), parameter(req, 'member'));
      await wish(tools, user, { type: 'priority-asked', member: id, priority, baseScoreS });
      return view(id);
    }),
  );
  router.post(
    '/members/:member/callback',
    doing(tools, async (req, user) => {
      const body = bodyOf(req, bodies.callMe);
      const { id, number } = memberOf(tools.engine.view(), parameter(req, 'member'));
      await wish(tools, user, { type: 'callback-asked', member: id, number: requireNumber(body.number ?? number) });
      return view(id);
    }),
  );
  return router;
}

export function createCallbackRoutes(tools: MemberRouteTools): Router {
  const router = Router();
  router.get(
    '/callbacks',
    reading(tools, (state, req) => {
      const { queue, ...page } = queryOf(req, idPage);
      return callbacksView(state, queue === undefined ? undefined : queueOf(state, queue).id, page, tools.nowMs());
    }),
  );
  router.post(
    '/callbacks',
    doing(tools, async (req, user) => {
      const body = bodyOf(req, bodies.callback);
      const number = requireNumber(body.number);
      const join = joinOf(tools, tools.engine.view(), body, { media: 'audio', number, homeSwitch: switchOf(tools, body.switch) });
      const answer = await wish(tools, user, { type: 'caller-joined', join });
      return memberAsSeen(tools.engine.view(), answer.member ?? join.member, tools.nowMs());
    }),
  );
  router.delete(
    '/callbacks/:member',
    doing(tools, async (req, user) => {
      const member = memberOf(tools.engine.view(), parameter(req, 'member'));
      if (member.presence.kind !== 'callback') throw new TandemError('TDM_CONFLICT', ['it is no callback']);
      await wish(tools, user, { type: 'withdraw-asked', member: member.id, reason: 'withdrawn' });
      return undefined;
    }),
  );
  return router;
}

function switchOf(tools: MemberRouteTools, named: string | undefined): SwitchId {
  const found = named === undefined ? tools.switches[0] : tools.switches.find((id) => id === named);
  if (found === undefined) throw new TandemError('TDM_NOT_FOUND', ['Switch', named ?? 'for callers who are not there']);
  return switchId(found);
}

/** What callers left for an agent to hear (B51). */
export function createMessageRoutes(tools: MemberRouteTools): Router {
  const router = Router();
  router.get(
    '/messages',
    reading(tools, (state, req) => {
      const { queue, ...page } = queryOf(req, idPage);
      return messagesView(state, queue === undefined ? undefined : queueOf(state, queue).id, page, tools.nowMs());
    }),
  );
  router.post(
    '/messages',
    doing(tools, async (req, user) => {
      const body = bodyOf(req, bodies.message);
      const number = body.number === '' ? '' : requireNumber(body.number);
      const homeSwitch = switchOf(tools, body.switch);
      const join = joinOf(
        tools,
        tools.engine.view(),
        { ...body, param: '' },
        { media: 'audio', number, homeSwitch, ...messageOf(body.file, tools.messageFolder) },
      );
      const answer = await wish(tools, user, { type: 'caller-joined', join });
      return memberAsSeen(tools.engine.view(), answer.member ?? join.member, tools.nowMs());
    }),
  );
  router.delete(
    '/messages/:member',
    doing(tools, async (req, user) => {
      const member = memberOf(tools.engine.view(), parameter(req, 'member'));
      if (member.presence.kind !== 'message') throw new TandemError('TDM_CONFLICT', ['it is no message']);
      await wish(tools, user, { type: 'withdraw-asked', member: member.id, reason: 'withdrawn' });
      return undefined;
    }),
  );
  return router;
}
