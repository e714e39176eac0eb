/** What every route of the dialer needs, and what those may see who ask. */
import type { Request } from 'express';
import type { QueueEngine } from '../../../core/acd-ports.js';
import type { Campaign } from '../../../core/dialer/campaign.js';
import type { Profile } from '../../../core/dialer/compliance/profile.js';
import type { Contact } from '../../../core/dialer/contact.js';
import type { DialerControl, DialerStore } from '../../../core/dialer-ports.js';
import { TandemError } from '../../../core/errors.js';
import { usualDomain } from '../../../core/services/queue-name.js';
import type { Log } from '../../../core/ports.js';
import type { DialerCampaigns } from '../../../core/services/dialer-campaigns.js';
import type { CampaignFigures } from '../../../core/services/dialer-figures.js';
import type { TakeIn } from '../../../core/services/dialer-intake.js';
import type { Purpose } from '../inside.js';
import { refuse, seesQueue, type Permit, type Principal } from '../permission.js';

export interface DialerRouteTools {
  readonly control: DialerControl;
  readonly store: DialerStore;
  readonly campaigns: DialerCampaigns;
  readonly takeIn: TakeIn;
  readonly figures: CampaignFigures;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** when each suppression list was brought up to date, Unix ms */
  readonly suppression: () => Promise<ReadonlyMap<string, number>>;
  /** undefined: no queues in this process; names of agents are taken as they come */
  readonly engine: Pick<QueueEngine, 'isOwner' | 'view'> | undefined;
  readonly permit: Permit;
  readonly log: Log;
  nowMs(): number;
  after(delayMs: number, run: () => void): () => void;
}

/** For the dialer's audit: `user:anna`, `key:k_...`. */
export const actorOf = (who: Principal): string => who.id ?? `user:${who.user}`;

const shown = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, 100);

export const notFound = (what: string, id: string): TandemError => new TandemError('TDM_NOT_FOUND', [what, shown(id)]);

/** Ids of campaigns and contacts (dialer.md A2). */
export const idPattern = /^[A-Za-z0-9_.:@-]{1,40}$/;

/** As a campaign names it: the usual domain may be left out (`queueNamed`). */
export const seesNamedQueue = (who: Pick<Principal, 'queues'>, queue: string): boolean =>
  seesQueue(who, queue) || (!queue.includes('@') && seesQueue(who, `${queue}@${usualDomain}`));

/** Those of some queues have the campaigns of these queues; one without a queue belongs to the whole site. */
export const seesCampaign = (who: Pick<Principal, 'queues'>, campaign: Pick<Campaign, 'queue'>): boolean =>
  who.queues === undefined || (campaign.queue !== '' && seesNamedQueue(who, campaign.queue));

/** What is outside is not found when it is read (404), and refused when it would be changed (403). */
export async function campaignFor(
  { store }: Pick<DialerRouteTools, 'store'>,
  who: Principal,
  id: string,
  purpose: Purpose = 'read',
): Promise<Campaign> {
  const campaign = idPattern.test(id) ? await store.campaign(id) : undefined;
  if (!campaign) throw notFound('Campaign', id);
  if (seesCampaign(who, campaign)) return campaign;
  if (purpose === 'change') refuse(who, `campaign ${id}`);
  throw notFound('Campaign', id);
}

/** With its campaign, when that is there still. */
export async function contactFor(
  tools: Pick<DialerRouteTools, 'store'>,
  who: Principal,
  id: string,
  purpose: Purpose = 'read',
): Promise<{ readonly contact: Contact; readonly campaign: Campaign | undefined }> {
  const contact = idPattern.test(id) ? await tools.store.contact(id) : undefined;
  if (!contact) throw notFound('Contact', id);
  const campaign = await tools.store.campaign(contact.campaignId);
  const isInside = campaign ? seesCampaign(who, campaign) : who.queues === undefined;
  if (isInside) return { contact, campaign };
  if (purpose === 'change') refuse(who, `contact ${id}`);
  throw notFound('Contact', id);
}

/** What belongs to no campaign is for those who have all queues. */
export function requireWholeSite(who: Principal, what: string): void {
  if (who.queues !== undefined) refuse(who, what);
}

/** A list over campaigns: those of some queues must say of which. */
export async function campaignFilter(tools: DialerRouteTools, who: Principal, campaign: string | undefined): Promise<string | undefined> {
  if (campaign === undefined && who.queues !== undefined) throw new TandemError('TDM_BAD_REQUEST', ['campaign: name one of yours']);
  if (campaign !== undefined && (who.queues !== undefined || !idPattern.test(campaign))) await campaignFor(tools, who, campaign);
  return campaign;
}

/** Who is behind a request is looked up once; a stream wants to know again. */
export const asNew = (req: Request): Request => Object.create(req) as Request;
