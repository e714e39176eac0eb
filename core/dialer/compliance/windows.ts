/** When a contact may be called: the window of its zones under a profile (dialer.md B4). */
import type { Campaign } from '../campaign.js';
import type { ContactClock } from '../retry.js';
import type { Profile } from './profile.js';
import type { Place } from './zones.js';

export interface CallWindow {
  readonly isOpen: boolean;
  /** of now when it is open; undefined: none in the weeks that are looked at */
  readonly nextOpeningMs: number | undefined;
  /** end of the window that is open, or of the next; Infinity without hours */
  readonly closesAtMs: number | undefined;
}

export function windowOf(_zones: readonly string[], _profile: Profile, _region: string | undefined, _nowMs: number): CallWindow {
  throw new Error('windowOf is being built');
}

export function contactClock(_place: Place, _profile: Profile, _campaign: Pick<Campaign, 'ringTimeoutMs' | 'dayParts'>): ContactClock {
  throw new Error('contactClock is being built');
}

/** The calling window of this local day, for the pacer: where most contacts live, or where the campaign is at home. */
export function shiftOf(
  _campaign: Campaign,
  _profile: Profile,
  _zones: readonly string[],
  _nowMs: number,
): { readonly startMs: number; readonly endMs: number } {
  throw new Error('shiftOf is being built');
}
