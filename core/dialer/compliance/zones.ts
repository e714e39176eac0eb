/** Where a contact may live: zones and region (dialer.md B4, "time zone of a contact"). */
import type { Campaign } from '../campaign.js';
import type { NewContact } from '../contact.js';

export interface Place {
  /** a window must be open in all of them; empty: nobody knows */
  readonly zones: readonly string[];
  readonly region: string | undefined;
  readonly source: 'given' | 'region' | 'prefix' | 'country' | 'campaign' | 'none';
}

/** `numberKey`: of the number that is dialled. `contact.zones` and `contact.region` are what was given with it. */
export function placeOf(
  _contact: Pick<NewContact, 'zones' | 'region'>,
  _numberKey: string,
  _campaign: Pick<Campaign, 'country' | 'timeZone'>,
): Place {
  throw new Error('placeOf is being built');
}
