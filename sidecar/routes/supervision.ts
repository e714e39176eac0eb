/** `/api/v1/dispatching`, `/dispatches`, `/agents/{agent}/spy`: the external dispatcher, and supervisors in a talk (O57, B34). */
import { Router } from 'express';
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import { contactOf } from '../../core/acd/availability.js';
import { legId, legPrefix, memberId, type AgentId, type SwitchId } from '../../core/acd/ids.js';
import { oneOf } from '../../core/acd/schema-parts.js';
import type { Offer } from '../../core/acd/state.js';
import { TandemError } from '../../core/errors.js';
import { agentNamed } from '../../core/services/queue-name.js';
import { talkOf } from '../../core/services/agent-spy.js';
import type { SwitchPort } from '../../core/switch.js';
import { agentFor, memberFor } from './inside.js';
import { refuse, seesQueue, type Principal } from './permission.js';
import { agentOf, bodyOf, doing, parameter, reading, wish, type QueueApiTools } from './request.js';

export interface SupervisionTools extends QueueApiTools {
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  newId(): string;
}

const name = z.string().max(150);
export const supervisionBodies = {
  dispatching: z.strictObject({ on: z.boolean() }),
  dispatch: z.strictObject({ member: name, agent: name }),
  /** the supervisor is an agent of the provisioning: his contact is rung, no other number can be */
  spy: z.strictObject({ mode: oneOf(['listen', 'whisper', 'barge']).default('listen'), supervisor: name }),
};

export function createSupervisionRoutes(tools: SupervisionTools): Router {
  const router = Router();
  router.get(
    '/dispatching',
    reading(tools, (state) => ({ on: state.system.isDispatching })),
  );
  router.put(
    '/dispatching',
    doing(tools, async (req, user, who) => {
      if (who.queues) refuse(who, 'the dispatching of all queues');
      const { on } = bodyOf(req, supervisionBodies.dispatching);
      await wish(tools, user, { type: 'dispatching-asked', isOn: on });
      return { on: tools.engine.view().system.isDispatching };
    }),
  );
  router.post(
    '/dispatches',
    doing(tools, async (req, user, who) => {
      const { member, agent } = bodyOf(req, supervisionBodies.dispatch);
      if (who.queues) dispatchedInside(who, tools.engine.view(), member, agent);
      const { detail } = await wish(tools, user, { type: 'dispatch-asked', member, agent });
      return { ok: true, offer: detail };
    }),
  );
  router.post(
    '/agents/:agent/spy',
    doing(tools, (req, _user, who) => spy(tools, bodyOf(req, supervisionBodies.spy), parameter(req, 'agent'), who), 'spy'),
  );
  return router;
}

async function spy(tools: SupervisionTools, wanted: z.infer<typeof supervisionBodies.spy>, agent: string, who: Principal): Promise<object> {
  const state = tools.engine.view();
  const supervisor = agentOf(state, wanted.supervisor);
  const runtime = state.agents.get(supervisor.id);
  const contact = runtime && contactOf(runtime, supervisor);
  if (contact === undefined) throw new TandemError('TDM_CONFLICT', [`${supervisor.id} has no contact`]);
  const watched = agentFor(who, state, agent, 'change').id;
  if (watched === supervisor.id) throw new TandemError('TDM_CONFLICT', ['nobody can listen to himself']);
  // a talk of another queue is not for him, though the agent is
  if (who.queues && talksOf(state, watched).some(({ queue }) => !seesQueue(who, queue))) refuse(who, `the talk of ${watched}`);
  const { port, target } = talkOf(tools, watched);
  const leg = legId(`${legPrefix}spy-${tools.newId()}`);
  const audit = { audit: true, user: who.user, supervisor: supervisor.id, agent: watched, mode: wanted.mode, leg };
  try {
    await port.spy({ leg, target, supervisor: contact, mode: wanted.mode });
  } catch (e) {
    tools.log.info({ ...audit, granted: false, err: e }, 'supervisor could not join a talk');
    throw e;
  }
  tools.log.info({ ...audit, granted: true }, 'supervisor joins a talk');
  return { ok: true, leg };
}

const talksOf = (state: AcdState, agent: AgentId): Offer[] =>
  [...state.offers.values()].filter((offer) => offer.agent === agent && offer.phase.kind === 'talking');

/** The dispatcher's own words for what is unknown come from the engine; what is known must be inside. */
function dispatchedInside(who: Principal, state: AcdState, member: string, agent: string): void {
  if (state.members.has(memberId(member))) memberFor(who, state, member, 'change');
  if (agentNamed(state, agent)) agentFor(who, state, agent, 'change');
}
