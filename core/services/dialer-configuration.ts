/** Campaigns and settings in force: read at the start, after each change, and every few seconds, since another process may have changed them. */
import type { Campaign, DialerSettings } from '../dialer/campaign.js';
import type { DialerStore, RuntimeSettings } from '../dialer-ports.js';
import { TandemError } from '../errors.js';

export interface DialerConfigurationDeps {
  readonly store: Pick<DialerStore, 'campaigns' | 'learned' | 'putLearned' | 'writeAudit'>;
  /** of the settings; what was changed while it ran goes before them */
  readonly base: DialerSettings;
  readonly nowMs: () => number;
}

export interface DialerConfiguration {
  settings(): DialerSettings;
  campaigns(): readonly Campaign[];
  campaign(id: string): Campaign | undefined;
  /** when each national list was last brought up to date, Unix ms */
  suppression(): ReadonlyMap<string, number>;
  /** True when something has changed. `isWhole`: settings and dates of suppression lists too. Rejects TDM_STORE_DOWN. */
  read(isWhole: boolean): Promise<boolean>;
  /** Rejects TDM_BAD_VALUE. */
  change(change: Partial<RuntimeSettings>, actor: string): Promise<DialerSettings>;
}

/** Keys of `putLearned` that are not the engine's. */
const settingsKey = 'settings';
const suppressionPrefix = 'suppression:';

export const isLearnedOfEngine = (key: string): boolean => key !== settingsKey && !key.startsWith(suppressionPrefix);

export function createDialerConfiguration({ store, base, nowMs }: DialerConfigurationDeps): DialerConfiguration {
  let changed: Partial<RuntimeSettings> = {};
  let settings = base;
  let campaigns: ReadonlyMap<string, Campaign> = new Map();
  let suppression: ReadonlyMap<string, number> = new Map();
  let fingerprint = '';

  return {
    settings: () => settings,
    campaigns: () => [...campaigns.values()],
    campaign: (id) => campaigns.get(id),
    suppression: () => suppression,
    async read(isWhole) {
      const [stored, learned] = await Promise.all([store.campaigns(), isWhole ? store.learned() : undefined]);
      if (learned) {
        changed = checked(learned.get(settingsKey));
        settings = { ...base, ...changed };
        suppression = suppressionOf(learned);
      }
      campaigns = new Map(stored.map((campaign) => [campaign.id, campaign]));
      const now = JSON.stringify([settings, stored]);
      const isNew = now !== fingerprint;
      fingerprint = now;
      return isNew;
    },
    async change(change, actor) {
      const problem = problemOf(change);
      if (problem) throw new TandemError('TDM_BAD_VALUE', problem);
      const next = { ...changed, ...change };
      await store.putLearned(settingsKey, next, nowMs());
      const before = Object.fromEntries(Object.keys(change).map((name) => [name, settings[name as keyof RuntimeSettings]]));
      const words = { before: JSON.stringify(before), after: JSON.stringify(change), reason: '' };
      await store.writeAudit([{ atMs: nowMs(), actor, object: 'settings', action: 'change', ...words }]);
      return { ...base, ...next };
    },
  };
}

type Rule = (value: unknown) => string | undefined;

const whole =
  (min: number, max: number): Rule =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `must be a whole number from ${String(min)} to ${String(max)}`;

const word =
  (pattern: RegExp): Rule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : 'has characters that may not be in it, or is too long';

const gatewaysPausedMax = 1_000;

/** The bounds of the settings table (A4). */
const rules: Readonly<Record<keyof RuntimeSettings, Rule>> = {
  defaultIvr: word(/^[A-Za-z0-9_.*#@-]{0,20}$/),
  serviceIdentifier: word(/^[A-Za-z0-9_.:@+*#-]{0,40}$/),
  cycleMs: whole(1_000, 600_000),
  callsPerSecond: whole(1, 1_000),
  slotsMax: whole(1, 100_000),
  callMsMax: whole(120_000, 86_400_000),
  gatewaysPaused: (value) =>
    Array.isArray(value) && value.length <= gatewaysPausedMax && value.every((name) => typeof name === 'string' && name.length <= 81)
      ? undefined
      : 'must be a list of gateways',
};

function problemOf(change: Readonly<Record<string, unknown>>): [string, string] | undefined {
  for (const [name, value] of Object.entries(change)) {
    const problem = name in rules ? rules[name as keyof RuntimeSettings](value) : 'cannot be changed while the dialer runs';
    if (problem !== undefined) return [name, problem];
  }
  return undefined;
}

/** What an older or newer release stored and this one does not take is left out. */
function checked(stored: unknown): Partial<RuntimeSettings> {
  if (typeof stored !== 'object' || stored === null) return {};
  return Object.fromEntries(Object.entries(stored).filter(([name, value]) => problemOf({ [name]: value as unknown }) === undefined));
}

function suppressionOf(learned: ReadonlyMap<string, unknown>): ReadonlyMap<string, number> {
  return new Map(
    [...learned].flatMap(([key, value]): [string, number][] => {
      const atMs = (value as { readonly atMs?: unknown } | null)?.atMs;
      return key.startsWith(suppressionPrefix) && typeof atMs === 'number' ? [[key.slice(suppressionPrefix.length), atMs]] : [];
    }),
  );
}
