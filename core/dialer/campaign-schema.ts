/** A campaign as API and files speak it: snake_case, seconds; to and from `Campaign`. */
import type { Campaign, DialerSettings } from './campaign.js';
import type { Profile } from './compliance/profile.js';
import type { NewContact } from './contact.js';

export interface FieldProblem {
  /** `retry.BUSY.delays_s[1]` */
  readonly field: string;
  readonly message: string;
}

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** `base`: what is stored now (PATCH, and revision); undefined = new. Every wrong field is named. */
export function readCampaign(_id: string, _value: unknown, _profiles: ReadonlyMap<string, Profile>, _base?: Campaign): Read<Campaign> {
  throw new Error('readCampaign is being built');
}

/** What is stored, in the words of the API; defaults are written out. */
export function writeCampaign(_campaign: Campaign): Readonly<Record<string, unknown>> {
  throw new Error('writeCampaign is being built');
}

/** Why it may not be started; empty: it may. Looked at again at each start. */
export function startProblems(_campaign: Campaign, _profiles: ReadonlyMap<string, Profile>): readonly FieldProblem[] {
  throw new Error('startProblems is being built');
}

/** The campaign of contacts that came through the reference's intake without one (E24). */
export function implicitCampaign(_contact: NewContact, _settings: DialerSettings): Campaign {
  throw new Error('implicitCampaign is being built');
}
