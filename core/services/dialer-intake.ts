/** Contacts come in (dialer.md A5): checked, given a campaign, stored in one transaction, and the dialer woken. */
import { implicitCampaign } from '../dialer/campaign-schema.js';
import type { Campaign } from '../dialer/campaign.js';
import { flatOf } from '../dialer/contact-cim.js';
import { contactLimits } from '../dialer/contact-fields.js';
import { readContact, type IntakeProblem } from '../dialer/contact-schema.js';
import type { NewContact } from '../dialer/contact.js';
import type { DialerControl, DialerStore, Intake } from '../dialer-ports.js';
import { hasCode, TandemError, type ErrorCode } from '../errors.js';

export interface IntakeDeps {
  readonly store: Pick<DialerStore, 'intake' | 'campaign' | 'campaigns' | 'putCampaign'>;
  readonly control: Pick<DialerControl, 'wake' | 'reload' | 'settings'>;
  nowMs(): number;
}

/** Who brings them. */
export interface Bringer {
  /** for the audit */
  readonly actor: string;
  /** undefined campaign: there is none yet with this id */
  readonly mayUse: (campaign: Campaign | undefined) => boolean;
}

/** What became of one, in the order in which they came. */
export type TakenIn =
  | { readonly kind: 'stored' | 'duplicate'; readonly id: string }
  | {
      readonly kind: 'refused';
      readonly id: string | undefined;
      readonly status: number;
      readonly code: ErrorCode;
      readonly error: string;
    };

export const intakeLimits = {
  /** contacts of one request (A5) */
  contactsMax: 1_000,
  /** campaigns that contacts alone can bring into being; a sender with a wrong field must not make millions */
  implicitCampaignsMax: 10_000,
  /** more campaigns than this in one request are read at once */
  singleReadsMax: 8,
};

/** Rejects TDM_STORE_DOWN: then nothing is stored. */
export type TakeIn = (values: readonly unknown[], by: Bringer) => Promise<readonly TakenIn[]>;

export function createIntake(deps: IntakeDeps, limits = intakeLimits): TakeIn {
  return async (values, by) => {
    const campaigns = await campaignsOf(deps, values, limits);
    const taken: TakenIn[] = [];
    const wanted: { readonly at: number; readonly contact: NewContact }[] = [];
    values.forEach((value, at) => {
      const campaign = campaigns.known.get(campaignIdOf(value) ?? '');
      const read = readContact(value, { country: campaign?.country ?? '', isOwnCampaign: campaign?.isImplicit === false });
      if (!read.ok) taken[at] = notReadable(read, at);
      else if (by.mayUse(campaign)) wanted.push({ at, contact: read.contact });
      else taken[at] = refused(read.contact.id, 'TDM_FORBIDDEN', `campaign ${read.contact.campaignId} is not one of yours`);
    });
    const ready = await makeCampaigns(deps, wanted, campaigns, by.actor, limits, taken);
    const settings = deps.control.settings();
    const stored = await deps.store.intake(
      ready.map(({ contact }) => contact),
      deps.nowMs(),
      { strictSameNumber: settings.strictSameNumber },
    );
    ready.forEach(({ at, contact }, i) => (taken[at] = takenAs(contact.id, stored[i])));
    wake(deps, ready, stored);
    return taken;
  };
}

/** As far as it can be one. */
function campaignIdOf(value: unknown): string | undefined {
  const id = flatOf(value)?.['campaign_id'];
  return typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, contactLimits.idLengthMax) : undefined;
}

interface Campaigns {
  readonly known: Map<string, Campaign>;
  /** all there are, when they were looked at */
  all: readonly Campaign[] | undefined;
}

async function campaignsOf({ store }: IntakeDeps, values: readonly unknown[], limits: typeof intakeLimits): Promise<Campaigns> {
  const ids = new Set(values.map(campaignIdOf).filter((id) => id !== undefined));
  if (ids.size > limits.singleReadsMax) {
    const all = await store.campaigns();
    return { known: new Map(all.filter(({ id }) => ids.has(id)).map((campaign) => [campaign.id, campaign])), all };
  }
  const found = await Promise.all([...ids].map((id) => store.campaign(id)));
  return { known: new Map(found.flatMap((campaign) => (campaign ? [[campaign.id, campaign] as const] : []))), all: undefined };
}

/** Contacts whose campaign is there; one that is not there comes into being with its first contact. */
async function makeCampaigns<T extends { readonly at: number; readonly contact: NewContact }>(
  deps: IntakeDeps,
  wanted: readonly T[],
  campaigns: Campaigns,
  actor: string,
  limits: typeof intakeLimits,
  taken: TakenIn[],
): Promise<readonly T[]> {
  const ready: T[] = [];
  let made = 0;
  for (const one of wanted) {
    const { contact, at } = one;
    if (!campaigns.known.has(contact.campaignId)) {
      const all = (campaigns.all ??= await deps.store.campaigns());
      if (all.length + made >= limits.implicitCampaignsMax) {
        taken[at] = refused(contact.id, 'TDM_BUSY', `${String(limits.implicitCampaignsMax)} campaigns`);
        continue;
      }
      campaigns.known.set(contact.campaignId, await makeCampaign(deps, contact, actor));
      made++;
    }
    if (isOfOtherType(campaigns.known.get(contact.campaignId), contact)) {
      taken[at] = refused(
        contact.id,
        'TDM_BAD_REQUEST',
        `[campaign_type] is not that of the first contact of campaign ${contact.campaignId}`,
      );
      continue;
    }
    ready.push(one);
  }
  if (made > 0) await reloaded(deps.control);
  return ready;
}

/** With a voice connector each contact is treated by its own type (E5); agents of ours belong to a campaign, and so does an IVR. */
const isOfOtherType = (campaign: Campaign | undefined, { campaignType }: NewContact): boolean =>
  campaign?.isImplicit === true && campaign.agentSource === 'native' && (campaign.mode === 'IVR') !== (campaignType === 'IVR');

async function makeCampaign(deps: IntakeDeps, contact: NewContact, actor: string): Promise<Campaign> {
  const { store, control } = deps;
  const campaign = implicitCampaign(contact, control.settings());
  const entry = { actor, object: `campaign ${campaign.id}`, action: 'create', before: undefined, after: undefined };
  try {
    return await store.putCampaign(campaign, { ...entry, atMs: deps.nowMs(), reason: 'contact without a campaign' });
  } catch (e) {
    // another request was faster
    if (!hasCode(e, 'TDM_CONFLICT')) throw e;
    return (await store.campaign(campaign.id)) ?? campaign;
  }
}

/** The owner reads campaigns by himself; a standby has nothing to read. */
export async function reloaded(control: Pick<DialerControl, 'reload'>): Promise<void> {
  await control.reload().catch((e: unknown) => {
    if (!hasCode(e, 'TDM_STANDBY', 'TDM_STORE_DOWN', 'TDM_STOPPING')) throw e;
  });
}

function wake({ control }: IntakeDeps, ready: readonly { readonly contact: NewContact }[], stored: readonly Intake[]): void {
  const woken = new Set(ready.filter((_, i) => stored[i]?.kind === 'stored').map(({ contact }) => contact.campaignId));
  for (const campaign of woken) control.wake(campaign);
}

function takenAs(id: string, intake: Intake | undefined): TakenIn {
  switch (intake?.kind) {
    case 'stored':
    case 'duplicate':
      return { kind: intake.kind, id };
    case 'number-active':
      return refusedBy(id, new TandemError('TDM_NUMBER_ACTIVE', [id]));
    case 'other-content':
      return refused(id, 'TDM_CONFLICT', `contact ${id} is stored with other content`);
    case undefined:
      return refusedBy(id, new TandemError('TDM_INTERNAL'));
  }
}

const refusedBy = (id: string | undefined, { status, code, message }: TandemError): TakenIn => ({
  ...{ kind: 'refused', id, status, code },
  error: message,
});
const refused = (id: string | undefined, code: ErrorCode, error: string): TakenIn =>
  ({ ...refusedBy(id, new TandemError(code)), error }) as TakenIn;

/** Problems of one contact that are named. */
const problemsMax = 10;

function notReadable(
  { id, problems }: { readonly id: string | undefined; readonly problems: readonly IntakeProblem[] },
  at: number,
): TakenIn {
  const told = problems
    .slice(0, problemsMax)
    .map(({ code, field, message }) => (code === 'MISSING' ? `[${field}] not found` : field === '' ? message : `[${field}] ${message}`));
  return refused(id, 'TDM_BAD_REQUEST', `${id === undefined && at > 0 ? `contact ${String(at + 1)}: ` : ''}${told.join('; ')}`);
}
