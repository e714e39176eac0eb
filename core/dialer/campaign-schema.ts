/** A campaign as API and files speak it: read with every wrong field named, written with every default, checked at its start. */
import type { z } from 'zod';
import { campaignForm, type CampaignForm } from './campaign-form.js';
import { relationProblems, type FieldProblem } from './campaign-relations.js';
import type { Campaign, DialerSettings, Disposition, RetryRule } from './campaign.js';
import { campaignDefaults } from './campaign-defaults.js';
import type { Profile } from './compliance/profile.js';
import type { NewContact } from './contact.js';
import type { CallResult, CampaignMode } from './words.js';

export type { FieldProblem } from './campaign-relations.js';
export { writeCampaign } from './campaign-write.js';

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** A2 */
const idPattern = /^[A-Za-z0-9_.:@-]{1,40}$/;

/** `gateways[0].gateway` */
const fieldOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (field, part) => (typeof part === 'number' ? `${field}[${String(part)}]` : field === '' ? String(part) : `${field}.${String(part)}`),
    '',
  );

const problemsOf = (error: z.ZodError): FieldProblem[] =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: fieldOf([...issue.path, key]), message: 'is unknown' }))
      : [{ field: fieldOf(issue.path), message: issue.message }],
  );

/**
 * `base`: what is stored now; what the value does not say stays. Without it the campaign is new, a draft of revision 0, and
 * what is not said gets its default. Every wrong field is named.
 */
export function readCampaign(id: string, value: unknown, profiles: ReadonlyMap<string, Profile>, base?: Campaign): Read<Campaign> {
  const problems: FieldProblem[] = [];
  if (!idPattern.test(id)) problems.push({ field: 'id', message: 'must be 1 to 40 of letters, digits, _ . : @ -' });
  const form = campaignForm.safeParse(value);
  if (!form.success) problems.push(...problemsOf(form.error));
  // what can be read is looked at further, so that the answer names all that is wrong
  const given = form.success ? form.data : readableOf(value);
  const profileName = given.profile ?? base?.profile;
  const profile = profileName === undefined ? undefined : profiles.get(profileName);
  const mode = given.mode ?? base?.mode;
  const isSaid = (field: string): boolean => problems.some((problem) => problem.field === field);
  if (!profile && !isSaid('profile')) {
    const there = [...profiles.keys()].join(', ');
    const message = profileName === undefined ? `must be named, there is no default: ${there}` : `is unknown; there are: ${there}`;
    problems.push({ field: 'profile', message });
  }
  if (mode === undefined && !isSaid('mode')) problems.push({ field: 'mode', message: 'is missing' });
  if (!profile || mode === undefined) return { ok: false, problems };
  const campaign = { ...merged(given, base ?? defaultsFor(id, mode, profile)), profile: profile.name, mode, isImplicit: false };
  const relations = relationProblems(campaign, profile).filter(({ field }) => !isSaid(field));
  if (problems.length + relations.length > 0) return { ok: false, problems: [...problems, ...relations] };
  return { ok: true, value: campaign };
}

/** The parts of a wrong value that are right by themselves. */
function readableOf(value: unknown): CampaignForm {
  if (typeof value !== 'object' || value === null) return {};
  let readable: CampaignForm = {};
  for (const [key, part] of Object.entries(value) as [string, unknown][]) {
    const read = campaignForm.safeParse({ [key]: part });
    if (read.success) readable = { ...readable, ...read.data };
  }
  return readable;
}

/** Defaults, as far as the profile lets them be. */
function defaultsFor(id: string, mode: CampaignMode, profile: Profile): Campaign {
  const { abandonCap, abandonGoal, graceMs, minRingMs, attemptsPerNumberDay } = campaignDefaults;
  return {
    ...campaignDefaults,
    id,
    name: id,
    mode,
    profile: profile.name,
    abandonCap: Math.min(abandonCap, profile.abandonCap),
    abandonGoal: Math.min(abandonGoal, profile.abandonGoalMax),
    graceMs: Math.min(graceMs, profile.graceMsMax),
    minRingMs: Math.max(minRingMs, profile.minRingMs),
    attemptsPerNumberDay: profile.caps.per24h > 0 ? Math.min(attemptsPerNumberDay, profile.caps.per24h) : attemptsPerNumberDay,
  };
}

const ms = (seconds: number | undefined, otherwise: number): number => (seconds === undefined ? otherwise : Math.round(seconds * 1_000));

function merged(form: CampaignForm, base: Campaign): Campaign {
  const { preview, amd } = form;
  return {
    ...base,
    name: form.name ?? base.name,
    agentSource: form.agent_source ?? base.agentSource,
    queue: form.queue ?? base.queue,
    client: form.client ?? base.client,
    country: form.country ?? base.country,
    timeZone: form.time_zone ?? base.timeZone,
    gateways: form.gateways?.map((g) => ({ switch: g.switch, gateway: g.gateway, channelsMax: g.channels_max })) ?? base.gateways,
    callerIds: form.caller_ids ?? base.callerIds,
    ivr: form.ivr ?? base.ivr,
    weight: form.weight ?? base.weight,
    slotsMax: form.slots_max ?? base.slotsMax,
    orderWithin: form.order_within ?? base.orderWithin,
    abandonCap: form.abandon_cap ?? base.abandonCap,
    abandonGoal: form.abandon_goal ?? base.abandonGoal,
    graceMs: ms(form.grace_s, base.graceMs),
    linesPerAgentMax: form.lines_per_agent_max ?? base.linesPerAgentMax,
    minPredictiveAgents: form.min_predictive_agents ?? base.minPredictiveAgents,
    lines: form.lines ?? base.lines,
    ringTimeoutMs: ms(form.ring_timeout_s, base.ringTimeoutMs),
    minRingMs: ms(form.min_ring_s, base.minRingMs),
    preview: {
      ms: ms(preview?.limit_s, base.preview.ms),
      onTimeout: preview?.on_timeout ?? base.preview.onTimeout,
      skipHoldMs: ms(preview?.skip_hold_s, base.preview.skipHoldMs),
    },
    amd: {
      mode: amd?.mode ?? base.amd.mode,
      maxMs: ms(amd?.max_s, base.amd.maxMs),
      onMachine: amd?.on_machine ?? base.amd.onMachine,
      message: amd?.message ?? base.amd.message,
    },
    safeHarbour: form.safe_harbour === undefined ? base.safeHarbour : harbourOf(form.safe_harbour),
    retry: retryOf(form.retry, base.retry),
    attemptsMax: form.attempts_max ?? base.attemptsMax,
    attemptsPerNumberDay: form.attempts_per_number_day ?? base.attemptsPerNumberDay,
    dayParts: form.day_parts ?? base.dayParts,
    startsAtMs: form.starts_at === undefined ? base.startsAtMs : (form.starts_at ?? undefined),
    endsAtMs: form.ends_at === undefined ? base.endsAtMs : (form.ends_at ?? undefined),
    stickyStop: form.sticky_stop ?? base.stickyStop,
    callbackPatienceMs: ms(form.callback_patience_s, base.callbackPatienceMs),
    callbackThen: form.callback_then ?? base.callbackThen,
    confirmInvalid: form.confirm_invalid ?? base.confirmInvalid,
    dispositions: form.dispositions?.map(dispositionOf) ?? base.dispositions,
    cutOnCollapse: form.cut_on_collapse ?? base.cutOnCollapse,
    inboundReserve: form.inbound_reserve ?? base.inboundReserve,
    record: form.record ?? base.record,
  };
}

function harbourOf(form: NonNullable<CampaignForm['safe_harbour']> | null): Campaign['safeHarbour'] {
  if (form === null) return undefined;
  return {
    audio: form.audio,
    optOutDigits: form.opt_out_digits,
    optOutPrompt: form.opt_out_prompt,
    maxMs: ms(form.max_s, 0),
    optOutScope: form.opt_out_scope,
  };
}

const noRule: RetryRule = { retry: false, delaysMs: [], attemptsMax: 1, otherPartOfDay: false, guaranteedOnly: false, then: 'final' };

/** Result by result: what a rule does not say stays as it was; a rule with delays retries. */
function retryOf(form: CampaignForm['retry'], base: Campaign['retry']): Campaign['retry'] {
  if (form === undefined) return base;
  const out: Partial<Record<CallResult, RetryRule>> = { ...base };
  for (const [result, rule] of Object.entries(form) as [CallResult, NonNullable<CampaignForm['retry']>[CallResult]][]) {
    const old = out[result] ?? noRule;
    out[result] = rule
      ? {
          retry: rule.retry ?? (rule.delays_s !== undefined ? rule.delays_s.length > 0 : old.retry),
          delaysMs: rule.delays_s?.map((s) => ms(s, 0)) ?? old.delaysMs,
          attemptsMax: rule.attempts_max ?? old.attemptsMax,
          otherPartOfDay: rule.other_part_of_day ?? old.otherPartOfDay,
          guaranteedOnly: rule.guaranteed_only ?? old.guaranteedOnly,
          then: rule.then ?? old.then,
        }
      : noRule;
  }
  return out;
}

const dispositionOf = (form: NonNullable<CampaignForm['dispositions']>[number]): Disposition => ({
  name: form.name,
  text: form.text ?? form.name,
  isFinal: form.final ?? (form.callback !== true && (form.recycle_s ?? null) === null),
  isSuccess: form.success ?? false,
  dnc: form.dnc ?? 'none',
  callback: form.callback ?? false,
  recycleMs: form.recycle_s === undefined || form.recycle_s === null ? undefined : ms(form.recycle_s, 0),
  isMachine: form.machine ?? false,
});

/** Why it may not be started; empty: it may. Looked at at each start, since profiles change. What only a switch knows is asked elsewhere. */
export function startProblems(campaign: Campaign, profiles: ReadonlyMap<string, Profile>): readonly FieldProblem[] {
  const profile = profiles.get(campaign.profile);
  if (!profile) return [{ field: 'profile', message: `"${campaign.profile}" is unknown; there are: ${[...profiles.keys()].join(', ')}` }];
  const callerIds =
    profile.callerIdRequired && campaign.callerIds.length === 0
      ? [{ field: 'caller_ids', message: `profile ${profile.name} demands ${profile.callerIdText || 'a caller id'}` }]
      : [];
  return [...relationProblems(campaign, profile), ...callerIds];
}

/**
 * The campaign of contacts that came through the reference's intake without one (E24). It behaves as the reference does: a call
 * that has ended is not repeated, the campaign manager keeps the hours.
 */
export function implicitCampaign(contact: NewContact, settings: DialerSettings): Campaign {
  const isQueue = contact.routingMode === 'QUEUE';
  const mode = implicitMode(contact, settings);
  return {
    ...campaignDefaults,
    id: contact.campaignId,
    name: contact.campaignId,
    state: 'running',
    isImplicit: true,
    mode,
    agentSource: settings.voiceConnector === '' ? 'native' : 'connector',
    // of an IVR campaign it would be the one that a key leads to, whose agents limit its calls
    queue: mode === 'IVR' ? '' : isQueue ? (contact.queueName ?? contact.resourceId ?? '') : (contact.queueName ?? ''),
    profile: settings.referenceProfile,
    ivr: contact.ivr ?? '',
    minRingMs: 0,
    retry: {},
    // several contacts may have one number, and each is called once
    attemptsPerNumberDay: 0,
  };
}

/** What dials ahead of agents needs a campaign with rules of its own. */
function implicitMode(contact: NewContact, settings: DialerSettings): CampaignMode {
  if (contact.campaignType === 'IVR') return 'IVR';
  const { dialingMode } = contact;
  return dialingMode === undefined || dialingMode === 'PREDICTIVE' || dialingMode === 'POWER' ? settings.referenceMode : dialingMode;
}
