/** Which contacts of a batch stand on a suppression list that concerns their campaign: told at the load, judged again at each call (B4). */
import type { DialerStore } from '../dialer-ports.js';
import type { Campaign } from '../dialer/campaign.js';
import type { Profile } from '../dialer/compliance/profile.js';
import type { NewContact } from '../dialer/contact.js';

export type PreviewDnc = (contacts: readonly NewContact[], nowMs: number) => Promise<(contact: NewContact) => boolean>;

/** Numbers in one question. */
const numbersMax = 500;

/** `profile` undefined: every national list counts. Rejects TDM_STORE_DOWN. */
export function createDncPreview(
  store: Pick<DialerStore, 'findDnc'>,
  campaign: Pick<Campaign, 'id' | 'client'>,
  profile: Pick<Profile, 'suppression'> | undefined,
): PreviewDnc {
  const national = profile && new Map(profile.suppression.map(({ list, consentLifts }) => [`national:${list}`, consentLifts]));

  /** `lifted`: a consent of the contact overrides this list. */
  function concerns(scope: string): 'no' | 'yes' | 'lifted' {
    if (scope === '' || scope === `campaign:${campaign.id}`) return 'yes';
    if (campaign.client !== '' && scope === `client:${campaign.client}`) return 'yes';
    if (!scope.startsWith('national:')) return 'no';
    if (!national) return 'yes';
    const lifts = national.get(scope);
    return lifts === undefined ? 'no' : lifts ? 'lifted' : 'yes';
  }

  return async (contacts, nowMs) => {
    const listed = new Map<string, 'yes' | 'lifted'>();
    for (let from = 0; from < contacts.length; from += numbersMax) {
      const keys = contacts.slice(from, from + numbersMax).map(({ numberKey }) => numberKey);
      for (const [key, entries] of await store.findDnc(keys, nowMs)) {
        const said = new Set(entries.map(({ scope }) => concerns(scope)));
        if (said.has('yes')) listed.set(key, 'yes');
        else if (said.has('lifted')) listed.set(key, 'lifted');
      }
    }
    return ({ numberKey, consentUntilMs = 0 }) => {
      const word = listed.get(numberKey);
      return word === 'yes' || (word === 'lifted' && consentUntilMs <= nowMs);
    };
  };
}
