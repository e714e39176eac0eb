/** `/api/v1/members`, `/callbacks`, `/messages`: callers who wait, those to be called back, and what they left (B28, B51). */
import { Router } from 'express';
import { z } from 'zod';
import type { Member } from '../../core/acd/state.js';
import { switchId, type SwitchId } from '../../core/acd/ids.js';
import { queueLimits } from '../../core/acd/schema-parts.js';
import { TandemError } from '../../core/errors.js';
import { requireNumber } from '../../core/phone.js';
import { joinOf, joinShape, memberAsSeen, name, type MemberRouteTools } from './join-request.js';
import { messageOf } from '../../core/services/queue-message.js';
import { agentFor, isOwnCallback, memberFor, queueFor } from './inside.js';
import { memberQueries, membersPage } from './member-lists.js';
import { refuse } from './permission.js';
import { bodyOf, doing, parameter, queryOf, reading, wish } from './request.js';

/** What is said of a message; its `param` says that it is one. */
const messageBody = z
  .strictObject({ ...joinShape, number: z.string().max(40).default(''), file: z.string().max(500), switch: name.optional() })
  .omit({ param: true });

export const memberBodies = {
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
    reading(tools, (state, req, who) => memberAsSeen(state, memberFor(who, state, parameter(req, 'member')).id, tools.nowMs()), 'own-view'),
  );
  router.delete(
    '/members/:member',
    doing(tools, async (req, user, who) => {
      const { id } = memberFor(who, tools.engine.view(), parameter(req, 'member'), 'change');
      await wish(tools, user, { type: 'withdraw-asked', member: id, reason: 'withdrawn' });
      return undefined;
    }),
  );
  router.post(
    '/members/:member/move',
    doing(tools, async (req, user, who) => {
      const { queue, keepWaiting } = bodyOf(req, memberBodies.move);
      const state = tools.engine.view();
      const { id } = memberFor(who, state, parameter(req, 'member'), 'change');
      await wish(tools, user, { type: 'move-asked', member: id, queue: queueFor(who, state, queue, 'change').id, keepWaiting });
      return view(id);
    }),
  );
  router.put(
    '/members/:member/priority',
    doing(tools, async (req, user, who) => {
      const { priority, baseScoreS } = bodyOf(req, memberBodies.priority);
      const { id } = memberFor(who, tools.engine.view(), parameter(req, 'member'), 'change');
      await wish(tools, user, { type: 'priority-asked', member: id, priority, baseScoreS });
      return view(id);
    }),
  );
  router.post(
    '/members/:member/callback',
    doing(tools, async (req, user, who) => {
      const body = bodyOf(req, memberBodies.callMe);
      const { id, number } = memberFor(who, tools.engine.view(), parameter(req, 'member'), 'change');
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
    reading(
      tools,
      (state, req, who) => {
        const query = queryOf(req, memberQueries.callbacks);
        const agent = query.agent === undefined ? undefined : agentFor(who, state, query.agent).id;
        const isMeant = (member: Member) => isOpen(member, 'callback') && (agent === undefined || member.stickyAgent === agent);
        return membersPage(tools, who, state, { ...query, agent: undefined }, isMeant);
      },
      'own-view',
    ),
  );
  router.post(
    '/callbacks',
    doing(
      tools,
      async (req, user, who) => {
        const body = bodyOf(req, memberBodies.callback);
        const number = requireNumber(body.number);
        const join = joinOf(tools, who, body, { media: 'audio', number, homeSwitch: switchOf(tools, body.switch) });
        const answer = await wish(tools, user, { type: 'caller-joined', join });
        return memberAsSeen(tools.engine.view(), answer.member ?? join.member, tools.nowMs());
      },
      'own-control',
    ),
  );
  router.delete(
    '/callbacks/:member',
    doing(
      tools,
      async (req, user, who) => {
        const member = memberFor(who, tools.engine.view(), parameter(req, 'member'), 'change');
        if (who.ownOnly && !isOwnCallback(who, member)) refuse(who, `member ${member.id}`);
        if (member.presence.kind !== 'callback') throw new TandemError('TDM_CONFLICT', ['it is no callback']);
        await wish(tools, user, { type: 'withdraw-asked', member: member.id, reason: 'withdrawn' });
        return undefined;
      },
      'own-control',
    ),
  );
  return router;
}

function switchOf(tools: MemberRouteTools, named: string | undefined): SwitchId {
  const found = named === undefined ? tools.switches[0] : tools.switches.find((id) => id === named);
  if (found === undefined) throw new TandemError('TDM_NOT_FOUND', ['Switch', named ?? 'for callers who are not there']);
  return switchId(found);
}

const isOpen = ({ presence, phase }: Member, kind: 'callback' | 'message'): boolean => presence.kind === kind && phase.kind !== 'abandoned';

/** What callers left for an agent to hear (B51). */
export function createMessageRoutes(tools: MemberRouteTools): Router {
  const router = Router();
  router.get(
    '/messages',
    reading(tools, (state, req, who) =>
      membersPage(tools, who, state, queryOf(req, memberQueries.messages), (member) => isOpen(member, 'message')),
    ),
  );
  router.post(
    '/messages',
    doing(tools, async (req, user, who) => {
      const body = bodyOf(req, memberBodies.message);
      const number = body.number === '' ? '' : requireNumber(body.number);
      const homeSwitch = switchOf(tools, body.switch);
      const join = joinOf(
        tools,
        who,
        { ...body, param: '' },
        { media: 'audio', number, homeSwitch, ...messageOf(body.file, tools.messageFolder) },
      );
      const answer = await wish(tools, user, { type: 'caller-joined', join });
      return memberAsSeen(tools.engine.view(), answer.member ?? join.member, tools.nowMs());
    }),
  );
  router.delete(
    '/messages/:member',
    doing(tools, async (req, user, who) => {
      const member = memberFor(who, tools.engine.view(), parameter(req, 'member'), 'change');
      if (member.presence.kind !== 'message') throw new TandemError('TDM_CONFLICT', ['it is no message']);
      await wish(tools, user, { type: 'withdraw-asked', member: member.id, reason: 'withdrawn' });
      return undefined;
    }),
  );
  return router;
}
