/** From the wanted campaigns and lists of numbers to the changes that lead there, as `plan.ts` for everything else. Pure. */
import { readCampaign, startProblems, writeCampaign } from '../dialer/campaign-schema.js';
import type { Campaign } from '../dialer/campaign.js';
import type { Profile } from '../dialer/compliance/profile.js';
import type { DncEntry } from '../dialer/changes.js';
import { readNumber } from '../dialer/list-number.js';
import { listNumberRules } from '../dialer/list-plan.js';
import { isWrong, listProblems, timeOf } from '../dialer/list-values.js';
import { maskNumber } from '../dialer/mask.js';
import type { Provisioning, SchemaProblem } from './schema.js';

export type DialerWanted = Pick<Provisioning, 'campaigns' | 'dnc'> & { readonly remove: Pick<Provisioning['remove'], 'campaigns' | 'dnc'> };

/** `untilMs` undefined: for ever */
type Number = Pick<DncEntry, 'number' | 'isPrefix' | 'scope' | 'untilMs'>;

export interface DialerCurrent {
  readonly campaigns: ReadonlyMap<string, Campaign>;
  /** those of `numbersOf` that are on a list */
  readonly dnc: readonly Number[];
}

export type DialerChange =
  | { readonly kind: 'campaign'; readonly campaign: Campaign; readonly before: Campaign | undefined }
  | { readonly kind: 'remove-campaign'; readonly campaign: Campaign }
  | { readonly kind: 'dnc'; readonly entries: readonly DncEntry[] }
  | { readonly kind: 'remove-dnc'; readonly entries: readonly Number[] };

export interface DialerPlan {
  readonly changes: readonly DialerChange[];
  /** one line for each campaign and number, numbers masked */
  readonly lines: readonly string[];
  readonly problems: readonly SchemaProblem[];
}

/** Who put a number on a list. */
export const provisioningActor = 'provisioning';

/** E.164 keys that the file names, for a look into the lists. */
export function numbersOf({ dnc, remove }: DialerWanted): readonly string[] {
  return [...dnc, ...remove.dnc].flatMap((entry) => entry.numbers.flatMap((text) => keyOf(text, entry) ?? []));
}

export function planDialer(
  wanted: DialerWanted,
  current: DialerCurrent,
  profiles: ReadonlyMap<string, Profile>,
  nowMs: number,
): DialerPlan {
  const problems: SchemaProblem[] = [];
  const listed = new Map(current.dnc.map((one) => [nameOf(one), one]));
  const changes = [
    ...campaignChanges(wanted, current, profiles, problems),
    ...campaignRemovals(wanted, current, problems),
    ...dncChanges(wanted, listed, nowMs, problems),
    ...dncRemovals(wanted, listed, problems),
  ];
  return { changes, lines: changes.flatMap(linesOf), problems };
}

function campaignChanges(
  { campaigns }: DialerWanted,
  current: DialerCurrent,
  profiles: ReadonlyMap<string, Profile>,
  problems: SchemaProblem[],
): DialerChange[] {
  const seen = new Set<string>();
  return campaigns.flatMap(({ id, ...form }, i): DialerChange[] => {
    const complain = (field: string, message: string): void => void problems.push({ path: ['campaigns', i, ...pathOf(field)], message });
    if (seen.has(id)) complain('id', `campaign "${id}" stands twice`);
    seen.add(id);
    const read = readCampaign(id, form, profiles);
    if (!read.ok) {
      for (const { field, message } of read.problems) complain(field, message);
      return [];
    }
    const before = current.campaigns.get(id);
    const campaign = before ? asBefore(read.value, before) : read.value;
    const isActive = campaign.state === 'running' || campaign.state === 'draining';
    if (isActive) for (const { field, message } of startProblems(campaign, profiles)) complain(field, message);
    const isSame = before && !before.isImplicit && JSON.stringify(writeCampaign(before)) === JSON.stringify(writeCampaign(campaign));
    return isSame ? [] : [{ kind: 'campaign', campaign, before }];
  });
}

/** `gateways[0].gateway` */
const pathOf = (field: string): (string | number)[] =>
  field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));

/** Its life is not the file's: it is started and stopped by people, or the campaign manager. */
const asBefore = (campaign: Campaign, { state, revision, startedAtMs }: Campaign): Campaign => ({
  ...campaign,
  ...{ state, revision, startedAtMs, isImplicit: false },
});

function campaignRemovals({ remove, campaigns }: DialerWanted, current: DialerCurrent, problems: SchemaProblem[]): DialerChange[] {
  return remove.campaigns.flatMap((id, i): DialerChange[] => {
    const campaign = current.campaigns.get(id);
    const complain = (message: string): [] => {
      problems.push({ path: ['remove', 'campaigns', i], message });
      return [];
    };
    if (campaigns.some((entry) => entry.id === id)) return complain(`campaign "${id}" stands under campaigns, too`);
    if (!campaign) return [];
    if (campaign.state === 'running' || campaign.state === 'draining')
      return complain(`campaign "${id}" is ${campaign.state}: stop it first`);
    return [{ kind: 'remove-campaign', campaign }];
  });
}

interface Form {
  readonly prefix: boolean;
  readonly country: string;
}

/** As contacts' numbers are read, so that they are found; undefined: no number. */
function keyOf(text: string, { prefix, country }: Form): string | undefined {
  if (prefix) return /^\+?([0-9]{1,15})\*?$/.exec(text)?.[1];
  const wish = { country: country.toUpperCase(), form: 'auto' as const, dial: 'digits' as const };
  const number = readNumber(text.trim(), wish, listNumberRules);
  return isWrong(number) ? undefined : number.key;
}

type Numbers = ReadonlyMap<string, Number>;

const nameOf = ({ number, isPrefix, scope }: Pick<Number, 'number' | 'isPrefix' | 'scope'>): string =>
  `${number}${isPrefix ? '*' : ''} ${scope}`;

function dncChanges({ dnc }: DialerWanted, listed: Numbers, nowMs: number, problems: SchemaProblem[]): DialerChange[] {
  return dnc.flatMap((entry, i): DialerChange[] => {
    const until = entry.until === undefined ? undefined : timeOf(entry.until, 'UTC', 'end');
    if (isWrong(until)) {
      problems.push({ path: ['dnc', i, 'until'], message: listProblems[until.wrong] });
      return [];
    }
    const { scope, prefix: isPrefix, reason } = entry;
    const entries = keysOf(entry.numbers, entry, ['dnc', i, 'numbers'], problems)
      .map((number) => ({ number, isPrefix, scope, source: provisioningActor, reason, fromMs: nowMs, untilMs: until }))
      .filter((one) => {
        const stored = listed.get(nameOf(one));
        return !stored || stored.untilMs !== one.untilMs;
      });
    return entries.length === 0 ? [] : [{ kind: 'dnc', entries }];
  });
}

function dncRemovals({ remove }: DialerWanted, listed: Numbers, problems: SchemaProblem[]): DialerChange[] {
  return remove.dnc.flatMap((entry, i): DialerChange[] => {
    const { scope, prefix: isPrefix } = entry;
    const entries = keysOf(entry.numbers, entry, ['remove', 'dnc', i, 'numbers'], problems).flatMap(
      (number) => listed.get(nameOf({ number, isPrefix, scope })) ?? [],
    );
    return entries.length === 0 ? [] : [{ kind: 'remove-dnc', entries }];
  });
}

function keysOf(numbers: readonly string[], form: Form, path: readonly (string | number)[], problems: SchemaProblem[]): readonly string[] {
  const keys = numbers.flatMap((text, n) => {
    const key = keyOf(text, form);
    if (key === undefined)
      problems.push({
        path: [...path, n],
        message: form.prefix ? 'a prefix is 1 to 15 digits in E.164' : 'is no number; name its country',
      });
    return key ?? [];
  });
  return [...new Set(keys)];
}

function linesOf(change: DialerChange): readonly string[] {
  switch (change.kind) {
    case 'campaign':
      return [campaignLine(change.campaign, change.before)];
    case 'remove-campaign':
      return [`- campaign ${change.campaign.id}`];
    case 'dnc':
      return change.entries.map((entry) => `+ dnc ${numberText(entry)}`);
    case 'remove-dnc':
      return change.entries.map((entry) => `- dnc ${numberText(entry)}`);
  }
}

function campaignLine(campaign: Campaign, before: Campaign | undefined): string {
  if (!before) return `+ campaign ${campaign.id}`;
  const was = writeCampaign(before);
  const fields = Object.entries(writeCampaign(campaign)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name]));
  return `~ campaign ${campaign.id}: ${fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}`;
}

const numberText = ({ number, isPrefix, scope }: Number): string =>
  `${isPrefix ? `${number}*` : maskNumber(number)} ${scope === '' ? 'everybody' : scope}`;
