/** `/api/v1/dispatching`, `/dispatches`, `/agents/{agent}/spy`: the external dispatcher, and supervisors in a talk (O57, B34). */
import { Router } from 'express';
import { z } from 'zod';
import { contactOf } from '../../core/acd/availability.js';
import { legId, legPrefix, type SwitchId } from '../../core/acd/ids.js';
import { oneOf } from '../../core/acd/schema-parts.js';
import { TandemError } from '../../core/errors.js';
import { talkOf } from '../../core/services/agent-spy.js';
import type { SwitchPort } from '../../core/switch.js';
import { agentOf, bodyOf, doing, parameter, reading, wish, type QueueApiTools } from './request.js';

export interface SupervisionTools extends QueueApiTools {
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  newId(): string;
}

const name = z.string().max(150);
const bodies = {
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
    doing(tools, async (req, user) => {
      const { on } = bodyOf(req, bodies.dispatching);
      await wish(tools, user, { type: 'dispatching-asked', isOn: on });
      return { on: tools.engine.view().system.isDispatching };
    }),
  );
  router.post(
    '/dispatches',
    doing(tools, async (req, user) => {
      const { member, agent } = bodyOf(req, bodies.dispatch);
      const { detail } = await wish(tools, user, { type: 'dispatch-asked', member, agent });
      return { ok: true, offer: detail };
    }),
  );
  router.post(
    '/agents/:agent/spy',
    doing(tools, (req, user) => spy(tools, bodyOf(req, bodies.spy), parameter(req, 'agent'), user), 'spy'),
  );
  return router;
}

async function spy(tools: SupervisionTools, wanted: z.infer<typeof bodies.spy>, agent: string, user: string): Promise<object> {
  const state = tools.engine.view();
  const supervisor = agentOf(state, wanted.supervisor);
  const runtime = state.agents.get(supervisor.id);
  const contact = runtime && contactOf(runtime, supervisor);
  if (contact === undefined) throw new TandemError('TDM_CONFLICT', [`${supervisor.id} has no contact`]);
  const watched = agentOf(state, agent).id;
  if (watched === supervisor.id) throw new TandemError('TDM_CONFLICT', ['nobody can listen to himself']);
  const { port, target } = talkOf(tools, watched);
  const leg = legId(`${legPrefix}spy-${tools.newId()}`);
  const audit = { audit: true, user, supervisor: supervisor.id, agent: watched, mode: wanted.mode, leg };
  try {
    await port.spy({ leg, target, supervisor: contact, mode: wanted.mode });
  } catch (e) {
    tools.log.info({ ...audit, granted: false, err: e }, 'supervisor could not join a talk');
    throw e;
  }
  tools.log.info({ ...audit, granted: true }, 'supervisor joins a talk');
  return { ok: true, leg };
}
