/** Callers and chats that come in over the API: what may be said of them, and how they are shown afterwards. */
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import type { Join } from '../../core/acd/events.js';
import { memberId, type SwitchId } from '../../core/acd/ids.js';
import { plainText, queueLimits, skill, skillLevel } from '../../core/acd/schema-parts.js';
import { memberView, positionOf } from '../../core/acd/views.js';
import type { Media } from '../../core/acd/words.js';
import { agentFor, queueFor } from './inside.js';
import type { Principal } from './permission.js';
import type { QueueApiTools } from './request.js';

export interface MemberRouteTools extends QueueApiTools {
  /** switches that can call back; the first one does when none is named */
  readonly switches: readonly SwitchId[];
  /** callers' messages lie in it */
  readonly messageFolder: string;
  newId(): string;
}

export const name = z.string().max(150);
export const joinShape = {
  queue: name,
  name: plainText(100).default(''),
  baseScoreS: z.int().min(-queueLimits.baseScoreMax).max(queueLimits.baseScoreMax).default(0),
  priority: z.int().min(0).max(queueLimits.priorityMax).optional(),
  skills: z
    .array(z.strictObject({ skill, level: skillLevel.default(1), required: z.boolean().default(true) }))
    .max(queueLimits.needsMax)
    .default([]),
  agent: name.optional(),
  param: plainText(300).default(''),
  leadId: z.int().min(1).max(4_294_967_295).optional(),
};

type CommonJoin = z.infer<z.ZodObject<typeof joinShape>>;

export function memberAsSeen(state: AcdState, id: string, nowMs: number): object | undefined {
  const member = state.members.get(memberId(id));
  return member && memberView(state, member, nowMs, positionOf(state, member));
}

export function joinOf(
  tools: MemberRouteTools,
  who: Principal,
  body: CommonJoin,
  more: { readonly media: Media; readonly number: string } & Partial<Join>,
): Join {
  const state = tools.engine.view();
  const member = memberId(tools.newId());
  // what `tandem_agent` alone orders is kept for the agent himself
  const sticky = who.ownOnly ? (body.agent ?? who.agent) : body.agent;
  return {
    member,
    queue: queueFor(who, state, body.queue, 'change').id,
    call: undefined,
    name: body.name,
    answeredAtMs: tools.nowMs(),
    baseScoreS: body.baseScoreS,
    priority: body.priority,
    needs: body.skills.map(({ skill: wanted, level, required }) => ({ skill: wanted, levelMin: level, isRequired: required, relax: [] })),
    exitKeys: '',
    maxWaitMs: 0,
    language: undefined,
    music: undefined,
    callerIdPrefix: undefined,
    variables: {},
    param: body.param,
    leadId: body.leadId,
    rootId: member,
    stickyAgent: sticky === undefined ? undefined : agentFor(who, state, sticky, 'change').id,
    callbackOf: undefined,
    ...more,
  };
}
