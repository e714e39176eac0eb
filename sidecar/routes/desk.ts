/** `/api/v1/members/{member}/lead`, `/transfer`: the caller of a talk as the agent's page shows and sends him on. */
import { Router, type Request } from 'express';
import { z } from 'zod';
import type { AcdState } from '../../core/acd/acd-state.js';
import type { SwitchId } from '../../core/acd/ids.js';
import type { Member, Offer } from '../../core/acd/state.js';
import { TandemError } from '../../core/errors.js';
import type { Leads } from '../../core/ports.js';
import type { SwitchPort } from '../../core/switch.js';
import { isOwn, refuse, seesQueue, type ApiNeed, type Principal } from './permission.js';
import { bodyOf, memberOf, parameter, type QueueApiTools } from './request.js';

export interface DeskTools extends QueueApiTools {
  readonly leads: Leads;
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  /** context of the dialplan to which talks may be sent; undefined: nowhere */
  readonly transferContext: string | undefined;
}

export const transferBody = z.strictObject({
  extension: z.string().regex(/^[A-Za-z0-9_+*#-]{1,40}$/, 'must be 1 to 40 letters, digits, + * # _ -'),
});

interface Talk {
  readonly state: AcdState;
  readonly member: Member;
  readonly offer: Offer | undefined;
}

export function createDeskRoutes(tools: DeskTools): Router {
  const router = Router();

  async function talkOf(req: Request, need: ApiNeed): Promise<Talk & { readonly principal: Principal }> {
    const principal = await tools.permit(req, need);
    const state = tools.engine.view();
    const member = memberOf(state, parameter(req, 'member'));
    const offer = member.phase.kind === 'talking' ? state.offers.get(member.phase.offer) : undefined;
    if (!maySee(principal, member, offer)) {
      if (need === 'own-view') throw new TandemError('TDM_NOT_FOUND', ['Member', member.id]);
      refuse(principal, `member ${member.id}`);
    }
    return { state, member, offer, principal };
  }

  router.get('/members/:member/lead', async (req, res) => {
    const { member } = await talkOf(req, 'own-view');
    const lead = member.leadId === undefined ? undefined : await tools.leads.find(member.leadId);
    if (!lead) throw new TandemError('TDM_NOT_FOUND', ['Lead of member', member.id]);
    res.json({ leadId: member.leadId, lead });
  });

  router.post('/members/:member/transfer', async (req, res) => {
    const { member, offer, principal } = await talkOf(req, 'own-control');
    const { extension } = bodyOf(req, transferBody);
    const context = tools.transferContext;
    if (context === undefined) throw new TandemError('TDM_REFUSED', ['transfers are not set up: setting TANDEM_QUEUE_TRANSFER_CONTEXT']);
    const port = member.call && tools.ports.get(member.call.switch);
    if (!offer || !member.call || !port)
      throw new TandemError('TDM_CONFLICT', [`member ${member.id} is in no talk that can be transferred`]);
    await port.transfer(member.call, { context, extension });
    tools.log.info(
      { audit: true, user: principal.user, member: member.id, agent: offer.agent, extension },
      'talk transferred over the API',
    );
    res.json({ ok: true });
  });
  return router;
}

/** The page of an agent shows his own talks, and those that ring at him. */
function maySee(principal: Principal, member: Member, offer: Offer | undefined): boolean {
  if (principal.ownOnly) return offer !== undefined && isOwn(principal, offer.agent);
  return seesQueue(principal, member.queue);
}
