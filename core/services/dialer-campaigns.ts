/**
 * What people and the campaign manager do to campaigns (dialer.md A13, B8): start, stop, purge, pause, resume, drain, and
 * changes of their rules. Everything is written into the dialer's audit; a change counts from the dialer's next cycle.
 */
import { readCampaign, startProblems, writeCampaign, type FieldProblem } from '../dialer/campaign-schema.js';
import type { Campaign } from '../dialer/campaign.js';
import type { Profile } from '../dialer/compliance/profile.js';
import type { CampaignState } from '../dialer/words.js';
import type { DialerControl, DialerStore } from '../dialer-ports.js';
import { TandemError } from '../errors.js';
import { reloaded } from './dialer-intake.js';

export interface CampaignsDeps {
  readonly store: DialerStore;
  readonly control: Pick<DialerControl, 'reload' | 'wake'>;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** asks the switches what only they know: extensions, sound files (A18, B4); empty = nothing is wrong */
  readonly checkStart?: ((campaign: Campaign) => Promise<readonly FieldProblem[]>) | undefined;
  nowMs(): number;
}

/** The three of the campaign manager. */
export type ReferenceAction = 'start' | 'stop' | 'purge';
export type StateAction = 'pause' | 'resume' | 'drain';

export interface DialerCampaigns {
  /**
   * Contacts changed; undefined: there is none with this campaign id, and nothing was done. `isOwn`: of our own API, where a
   * campaign without contacts is started all the same. Rejects TDM_CONFLICT when it may not be started, TDM_STORE_DOWN.
   */
  act(campaign: string, action: ReferenceAction, actor: string, isOwn?: boolean): Promise<number | undefined>;
  /** The state afterwards. Rejects TDM_NOT_FOUND, TDM_CONFLICT. */
  change(campaign: string, action: StateAction, actor: string): Promise<CampaignState>;
  /** A new one. Rejects TDM_BAD_REQUEST naming every wrong field, TDM_CONFLICT when it is there. */
  create(id: string, value: unknown, actor: string): Promise<Campaign>;
  /** `isWhole`: what is not said gets its default, else it stays. `revision`: the one that the caller knows. Rejects as `create`, and TDM_NOT_FOUND. */
  revise(
    id: string,
    value: unknown,
    how: { readonly isWhole: boolean; readonly revision: number | undefined },
    actor: string,
  ): Promise<{ readonly before: Campaign; readonly after: Campaign }>;
  /** Rejects TDM_NOT_FOUND, TDM_CONFLICT while it runs or calls of it are under way. */
  remove(id: string, actor: string): Promise<void>;
}

const transitions: Readonly<Record<StateAction, { readonly from: readonly CampaignState[]; readonly to: CampaignState }>> = {
  pause: { from: ['running', 'draining', 'paused'], to: 'paused' },
  resume: { from: ['paused', 'draining', 'running'], to: 'running' },
  drain: { from: ['running', 'paused', 'draining'], to: 'draining' },
};

const objectOf = (id: string): string => `campaign ${id}`;

export function createDialerCampaigns(deps: CampaignsDeps): DialerCampaigns {
  const { store, control } = deps;

  async function found(id: string): Promise<Campaign> {
    const campaign = await store.campaign(id);
    if (!campaign) throw new TandemError('TDM_NOT_FOUND', ['Campaign', id]);
    return campaign;
  }

  /** One that exists by its contacts alone is started as the reference does: without a question. */
  async function requireStartable(campaign: Campaign): Promise<void> {
    if (campaign.isImplicit) return;
    const problems = startProblems(campaign, deps.profiles());
    const more = problems.length > 0 ? problems : ((await deps.checkStart?.(campaign)) ?? []);
    if (more.length > 0) throw new TandemError('TDM_CONFLICT', [`campaign ${campaign.id} cannot be started: ${textOf(more)}`]);
  }

  const auditOf = (id: string, action: string, actor: string, before?: unknown, after?: unknown) => ({
    ...{ atMs: deps.nowMs(), actor, object: objectOf(id), action, reason: '' },
    before: before === undefined ? undefined : JSON.stringify(before),
    after: after === undefined ? undefined : JSON.stringify(after),
  });

  /** Contacts of the campaign change their status; the campaign's own state follows, so that later contacts behave alike. */
  async function act(id: string, action: ReferenceAction, actor: string, isOwn = false): Promise<number | undefined> {
    const campaign = await store.campaign(id);
    if (action === 'start' && campaign) await requireStartable(campaign);
    const changed = await store[action](id, deps.nowMs());
    const contacts = changed ?? (isOwn && campaign ? 0 : undefined);
    if (contacts === undefined) return undefined;
    const state = action === 'start' ? 'running' : action === 'stop' && campaign?.stickyStop === true ? 'stopped' : undefined;
    const after = { ...(state === undefined ? {} : { state }), contacts };
    const audit = auditOf(id, action, actor, campaign && { state: campaign.state }, after);
    if (state === undefined || !campaign || !(await store.setState(id, state, audit))) await store.writeAudit([audit]);
    await reloaded(control);
    if (action === 'start') control.wake(id);
    return contacts;
  }

  async function change(id: string, action: StateAction, actor: string): Promise<CampaignState> {
    const campaign = await found(id);
    const { from, to } = transitions[action];
    if (!from.includes(campaign.state)) throw new TandemError('TDM_CONFLICT', [`campaign ${id} is ${campaign.state}`]);
    if (campaign.state === to) return to;
    if (to === 'running') await requireStartable(campaign);
    const audit = auditOf(id, action, actor, { state: campaign.state }, { state: to });
    if (!(await store.setState(id, to, audit))) throw new TandemError('TDM_NOT_FOUND', ['Campaign', id]);
    await reloaded(control);
    if (to === 'running') control.wake(id);
    return to;
  }

  async function put(campaign: Campaign, action: string, actor: string, before: Campaign | undefined): Promise<Campaign> {
    const stored = await store.putCampaign(
      campaign,
      auditOf(campaign.id, action, actor, before && writeCampaign(before), writeCampaign(campaign)),
    );
    await reloaded(control);
    return stored;
  }

  function read(id: string, value: unknown, base: Campaign | undefined): Campaign {
    const result = readCampaign(id, value, deps.profiles(), base);
    if (!result.ok) throw new TandemError('TDM_BAD_REQUEST', [textOf(result.problems)]);
    return result.value;
  }

  return {
    act,
    change,
    async create(id, value, actor) {
      const campaign = read(id, value, undefined);
      if (await store.campaign(id)) throw new TandemError('TDM_CONFLICT', [`campaign ${id} is there already`]);
      return put(campaign, 'create', actor, undefined);
    },
    async revise(id, value, { isWhole, revision }, actor) {
      const before = await found(id);
      if (revision !== undefined && revision !== before.revision)
        throw new TandemError('TDM_CONFLICT', [`campaign ${id} has revision ${String(before.revision)} by now`]);
      const campaign = isWhole ? asBefore(read(id, value, undefined), before) : read(id, value, before);
      if (isActive(campaign)) await requireStartable(campaign);
      return { before, after: await put(campaign, 'change', actor, before) };
    },
    async remove(id, actor) {
      const campaign = await found(id);
      if (isActive(campaign)) throw new TandemError('TDM_CONFLICT', [`campaign ${id} is ${campaign.state}: stop it first`]);
      if (!(await store.removeCampaign(id, auditOf(id, 'remove', actor, writeCampaign(campaign)))))
        throw new TandemError('TDM_NOT_FOUND', ['Campaign', id]);
      await reloaded(control);
    },
  };
}

const isActive = ({ state }: Campaign): boolean => state === 'running' || state === 'draining';

/** What a file does not say about the campaign's life. */
const asBefore = (campaign: Campaign, { state, revision, startedAtMs }: Campaign): Campaign => ({
  ...campaign,
  ...{ state, revision, startedAtMs, isImplicit: false },
});

/** Problems that are named in one answer. */
const problemsMax = 20;

const textOf = (problems: readonly FieldProblem[]): string =>
  problems
    .slice(0, problemsMax)
    .map(({ field, message }) => `${field}: ${message}`)
    .join('; ');
