/** `/api/v1/members/{member}/lead`, `/transfer`, `/pick-up`: the caller as an agent's page shows, sends on or takes him. */
import { Router } from 'express';
import { z } from 'zod';
import type { SwitchId } from '../../core/acd/ids.js';
import { TandemError } from '../../core/errors.js';
import type { Leads } from '../../core/ports.js';
import type { SwitchPort } from '../../core/switch.js';
import { agentFor, memberFor } from './inside.js';
import type { Principal } from './permission.js';
import { bodyOf, doing, parameter, wish, type QueueApiTools } from './request.js';

export interface DeskTools extends QueueApiTools {
  readonly leads: Leads;
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  /** context of the dialplan to which talks may be sent; undefined: nowhere */
  readonly transferContext: string | undefined;
}

export const transferBody = z.strictObject({
  extension: z.string().regex(/^[A-Za-z0-9_+*#-]{1,40}$/, 'must be 1 to 40 letters, digits, + * # _ -'),
});

/** `agent`: whose telephone rings; the agent that the user is when nothing is said */
export const pickUpBody = z.strictObject({ agent: z.string().max(150).optional() });

export function createDeskRoutes(tools: DeskTools): Router {
  const router = Router();

  router.get('/members/:member/lead', async (req, res) => {
    const principal = await tools.permit(req, 'own-view');
    const member = memberFor(principal, tools.engine.view(), parameter(req, 'member'));
    const lead = member.leadId === undefined ? undefined : await tools.leads.find(member.leadId);
    if (!lead) throw new TandemError('TDM_NOT_FOUND', ['Lead of member', member.id]);
    res.json({ leadId: member.leadId, lead });
  });

  router.post(
    '/members/:member/transfer',
    doing(tools, (req, _user, who) => transfer(tools, who, parameter(req, 'member'), bodyOf(req, transferBody).extension), 'own-control'),
  );

  router.post(
    '/members/:member/pick-up',
    doing(tools, async (req, user, who) => {
      const { agent = who.agent } = bodyOf(req, pickUpBody);
      if (agent === undefined) throw new TandemError('TDM_BAD_REQUEST', ['agent: is missing, and the user is no agent']);
      const state = tools.engine.view();
      const member = memberFor(who, state, parameter(req, 'member'), 'change').id;
      const { detail } = await wish(tools, user, {
        type: 'pick-up-asked',
        member,
        agent: agentFor(who, state, agent, 'change').id,
      });
      return { ok: true, offer: detail };
    }),
  );
  return router;
}

/** Resolves when the order is given; that the talk has ended comes from the switch. */
async function transfer(tools: DeskTools, who: Principal, id: string, extension: string): Promise<undefined> {
  const state = tools.engine.view();
  const member = memberFor(who, state, id, 'change');
  const offer = member.phase.kind === 'talking' ? state.offers.get(member.phase.offer) : undefined;
  const { transferContext: context } = tools;
  if (context === undefined) throw new TandemError('TDM_REFUSED', ['transfers are not set up: see the setting queue_transfer_context']);
  const port = member.call && tools.ports.get(member.call.switch);
  if (!offer || !member.call || !port) throw new TandemError('TDM_CONFLICT', [`member ${member.id} is in no talk that can be sent on`]);
  await port.transfer(member.call, { context, extension });
  tools.log.info({ audit: true, user: who.user, member: member.id, agent: offer.agent, extension }, 'talk sent on over the API');
  return undefined;
}
