/** A profile: the rules of a country or kind of campaign, as data (dialer.md B4). Durations in ms, shares 0 to 1. */
import type { CampaignMode } from '../words.js';

/** Local minutes of the day, `[from, to)`. */
export interface DaySpan {
  readonly from: number;
  readonly to: number;
}

/** Sunday first. */
export type WeekHours = readonly (readonly DaySpan[])[];

export interface FrequencyCaps {
  /** calls that count to one number over all campaigns; 0 = no limit, each */
  readonly per24h: number;
  readonly per7d: number;
  readonly per30d: number;
}

export interface RegionRules {
  readonly hours: WeekHours | undefined;
  readonly caps: FrequencyCaps | undefined;
  /** local dates `YYYY-MM-DD` or every year `MM-DD` */
  readonly holidays: readonly string[];
}

/** `rolling`: the last `ms`, in steps of `bucketMs`; `month`: since the first of the calendar month. */
export type AbandonWindow =
  | { readonly kind: 'rolling'; readonly ms: number; readonly bucketMs: number; readonly orCampaign: boolean }
  | { readonly kind: 'month'; readonly bucketMs: number };

export interface SuppressionRule {
  /** name of the list: DNC entries of scope `national:<list>` */
  readonly list: string;
  readonly text: string;
  readonly maxAgeMs: number;
  /** contacts with consent may be called although they stand on it */
  readonly consentLifts: boolean;
}

export interface Profile {
  readonly name: string;
  readonly text: string;
  /** where the rules come from, for the report */
  readonly sources: readonly string[];
  readonly country: string;
  /** undefined: the profile knows no calling hours (the campaign manager keeps them) */
  readonly hours: WeekHours | undefined;
  readonly holidays: readonly string[];
  readonly regions: Readonly<Record<string, RegionRules>>;
  /** of a contact whose region nobody knows: the hours common to all regions, or the general ones */
  readonly regionUnknown: 'strictest' | 'general';
  readonly modes: readonly CampaignMode[];
  readonly abandonCap: number;
  /** share of the cap that the pacer may aim at, at most */
  readonly abandonGoalMax: number;
  readonly abandonWindow: AbandonWindow;
  readonly graceMsMax: number;
  readonly minRingMs: number;
  readonly caps: FrequencyCaps;
  readonly protectAbandonedMs: number;
  readonly protectMachineMs: number;
  readonly suppression: readonly SuppressionRule[];
  readonly consentRequired: boolean;
  readonly messageRequired: boolean;
  readonly optOutRequired: boolean;
  readonly callerIdRequired: boolean;
  readonly callerIdText: string;
  /** share of the calls judged machine that were persons */
  readonly amdFalsePositiveShare: number;
  readonly recordsKeptDays: number;
}
