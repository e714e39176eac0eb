/** What is said to a waiting caller, with the sounds that come with Asterisk in every language (B27). */
import type { Announcement } from '../core/acd/effects.js';

export type Said = { readonly file: string } | { readonly number: number };

/** In the order in which it is said. */
export function partsOf({ sound, position, ewtMinutes, callbackOffer }: Announcement): readonly Said[] {
  const parts: Said[] = [];
  if (sound !== undefined) parts.push({ file: sound });
  if (position === 1) parts.push({ file: 'queue-youarenext' });
  else if (position !== undefined) parts.push({ file: 'queue-thereare' }, { number: position }, { file: 'queue-callswaiting' });
  if (ewtMinutes !== undefined) {
    parts.push({ file: 'queue-holdtime' }, { number: ewtMinutes }, { file: ewtMinutes === 1 ? 'queue-minute' : 'queue-minutes' });
  }
  if (callbackOffer !== undefined) parts.push({ file: callbackOffer });
  return parts;
}
