/**
 * `/api/v1/dialer/preview/{agent}/work`: all that an agent's page shows of the dialer: the contact that he looks at, the one
 * he talks to with what may be said of it afterwards, and the campaigns of which he may ask for contacts.
 */
import { Router } from 'express';
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { Campaign, Disposition } from '../../../core/dialer/campaign.js';
import type { Contact } from '../../../core/dialer/contact.js';
import { maskData, maskNumber } from '../../../core/dialer/mask.js';
import type { Principal } from '../permission.js';
import { agentOf, offerOf } from './preview.js';
import { seesCampaign, type DialerRouteTools } from './tools.js';
import { previewView } from './views.js';

export function createWorkRoutes(tools: DialerRouteTools): Router {
  const router = Router();
  router.get('/dialer/preview/:agent/work', async (req, res) => {
    const { who, agent } = await agentOf(tools, req);
    const offer = await offerOf(tools, who, agent);
    const state = tools.engine?.isOwner() === true ? tools.engine.view() : undefined;
    const campaigns = await tools.store.campaigns();
    res.json({
      atMs: tools.nowMs(),
      offer: offer ? { ...previewView(who, offer), campaignName: campaigns.find(({ id }) => id === offer.campaign)?.name ?? '' } : null,
      talk: (state && (await talkOf(tools, who, state, agent, campaigns))) ?? null,
      campaigns: state ? previewCampaigns(state, agent, campaigns) : [],
    });
  });
  return router;
}

/** Those that run in preview over queues of the agent. */
function previewCampaigns(state: AcdState, agent: string, campaigns: readonly Campaign[]): readonly { id: string; name: string }[] {
  const served = new Set<string>();
  for (const { id } of state.agents.values()) if (id === agent) for (const { queue } of state.servicesOfAgent(id)) served.add(queue);
  const isServed = (queue: string): boolean => served.has(queue) || served.has(`${queue}@default`);
  return campaigns
    .filter(({ mode, state: now, queue }) => mode === 'PREVIEW' && now === 'running' && isServed(queue))
    .map(({ id, name }) => ({ id, name }));
}

/** The call of the dialer that the agent is in: its channel has the contact's id, numbered after the first call. */
async function talkOf(
  tools: DialerRouteTools,
  who: Principal,
  state: AcdState,
  agent: string,
  campaigns: readonly Campaign[],
): Promise<object | undefined> {
  const callId = callOf(state, agent);
  const contact = callId === undefined ? undefined : await contactOfCall(tools, callId);
  const campaign = contact && campaigns.find(({ id }) => id === contact.campaignId);
  if (!contact || !campaign || (who.ownOnly !== true && !seesCampaign(who, campaign))) return undefined;
  return { callId, ...talkView(who, contact, campaign) };
}

function callOf(state: AcdState, agent: string): string | undefined {
  for (const offer of state.offers.values()) {
    const member = offer.agent === agent ? state.members.get(offer.member) : undefined;
    if (member?.phase.kind === 'talking' && member.phase.offer === offer.id) return member.call?.uniqueId;
  }
  return undefined;
}

const numbered = /^(.+)\.\d{1,6}$/;

async function contactOfCall({ store }: DialerRouteTools, callId: string): Promise<Contact | undefined> {
  const contact = await store.contact(callId);
  const first = contact ? undefined : numbered.exec(callId)?.[1];
  return contact ?? (first === undefined ? undefined : store.contact(first));
}

function talkView(who: Principal, contact: Contact, campaign: Campaign): object {
  const number = [contact.customerNumber, ...contact.numbers][contact.numberIndex] ?? contact.customerNumber;
  return {
    contact: contact.id,
    campaign: campaign.id,
    campaignName: campaign.name,
    number: who.seesNumbers === true ? number : maskNumber(number),
    data: who.seesNumbers === true ? contact.data : maskData(contact.data),
    attempts: contact.attempts,
    dispositions: campaign.dispositions.map(dispositionView),
  };
}

const dispositionView = ({ name, text, isSuccess, dnc, callback, recycleMs }: Disposition): object => ({
  name,
  text,
  success: isSuccess,
  dnc,
  callback,
  recycle_s: recycleMs === undefined ? null : recycleMs / 1000,
});
