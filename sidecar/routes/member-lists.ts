/** `/api/v1/members`, `/calls`, `/chats`: callers of all queues by id, and who talks now. Filters are the ones named here. */
import { Router } from 'express';
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import { pageById, type Page } from '../../core/acd/paging.js';
import type { Member, Offer } from '../../core/acd/state.js';
import { memberView, offerView, type MemberView, type OfferView } from '../../core/acd/views.js';
import { agentFor, isOwnMember, queueFor } from './inside.js';
import { seesQueue, type Principal } from './permission.js';
import { idPage, queryOf, reading, type QueueApiTools } from './request.js';

const name = z.string().max(150).optional();
const media = z.enum(['audio', 'chat']).optional();

export const memberQueries = {
  members: idPage.extend({
    agent: name.describe('rung for or talked to by this agent'),
    media,
    phase: z.enum(['welcome', 'waiting', 'talking', 'abandoned', 'dissuading']).optional(),
    presence: z.enum(['here', 'away', 'callback', 'message']).optional(),
    number: z.string().max(100).optional().describe('number of the caller, exactly'),
  }),
  calls: idPage.extend({ agent: name, media }),
  chats: idPage.extend({ agent: name, phase: z.enum(['waiting', 'talking']).optional() }),
  callbacks: idPage.extend({ agent: name.describe('kept for this agent') }),
  messages: idPage,
} as const;

type Query = z.infer<typeof memberQueries.members>;

/** A page of those that `isMeant` and the query say, of the queues of `who`; places are not worked out. */
export function membersPage(
  tools: Pick<QueueApiTools, 'nowMs'>,
  who: Principal,
  state: AcdState,
  query: Query,
  isMeant: (member: Member) => boolean,
): Page<MemberView> {
  const queue = query.queue === undefined ? undefined : queueFor(who, state, query.queue).id;
  const isWanted = (member: Member): boolean =>
    isMeant(member) &&
    (queue === undefined || member.queue === queue) &&
    (who.ownOnly ? isOwnMember(who, state, member) : seesQueue(who, member.queue));
  const page = pageById<Member>(
    [...state.members.values()].filter((member) => isWanted(member)),
    query,
  );
  return { ...page, items: page.items.map((member) => memberView(state, member, tools.nowMs(), undefined)) };
}

/** What the query says of a member, beside its queue. */
function filterOf(who: Principal, state: AcdState, query: Query): (member: Member) => boolean {
  const agent = query.agent === undefined ? undefined : agentFor(who, state, query.agent).id;
  const agentsOf = ({ phase, offers }: Member): (string | undefined)[] =>
    (phase.kind === 'talking' ? [phase.offer] : offers).map((id) => state.offers.get(id)?.agent);
  return (member) =>
    (agent === undefined || agentsOf(member).includes(agent)) &&
    (query.media === undefined || member.media === query.media) &&
    (query.phase === undefined || member.phase.kind === query.phase) &&
    (query.presence === undefined || member.presence.kind === query.presence) &&
    (query.number === undefined || member.number === query.number);
}

export interface CallView extends OfferView {
  readonly number: string;
  readonly name: string;
  readonly talkedMs: number;
  readonly uniqueId: string | undefined;
  readonly leadId: number | undefined;
}

function callsPage(tools: Pick<QueueApiTools, 'nowMs'>, who: Principal, state: AcdState, query: Query): Page<CallView> {
  const queue = query.queue === undefined ? undefined : queueFor(who, state, query.queue).id;
  const agent = query.agent === undefined ? undefined : agentFor(who, state, query.agent).id;
  const isWanted = (offer: Offer): boolean =>
    offer.phase.kind === 'talking' &&
    seesQueue(who, offer.queue) &&
    (queue === undefined || offer.queue === queue) &&
    (agent === undefined || offer.agent === agent) &&
    (query.media === undefined || offer.media === query.media);
  const page = pageById<Offer>([...state.offers.values()].filter(isWanted), query);
  return { ...page, items: page.items.map((offer) => callView(state, offer, tools.nowMs())) };
}

function callView(state: AcdState, offer: Offer, nowMs: number): CallView {
  const member = state.members.get(offer.member);
  const seen = offerView(offer);
  return {
    ...seen,
    number: member?.number ?? '',
    name: member?.name ?? '',
    talkedMs: Math.max(0, nowMs - (seen.connectedAtMs ?? nowMs)),
    uniqueId: member?.call?.uniqueId,
    leadId: member?.leadId,
  };
}

export function createMemberListRoutes(tools: QueueApiTools): Router {
  const router = Router();
  router.get(
    '/members',
    reading(tools, (state, req, who) => {
      const query = queryOf(req, memberQueries.members);
      return membersPage(tools, who, state, query, filterOf(who, state, query));
    }),
  );
  router.get(
    '/calls',
    reading(tools, (state, req, who) => callsPage(tools, who, state, queryOf(req, memberQueries.calls))),
  );
  router.get(
    '/chats',
    reading(tools, (state, req, who) => {
      const query = queryOf(req, memberQueries.chats);
      const meets = filterOf(who, state, query);
      return membersPage(tools, who, state, query, (member) => member.media === 'chat' && meets(member));
    }),
  );
  return router;
}
