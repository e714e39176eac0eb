/** Bad input: a refused wish has a reason and changes nothing. Nobody is taken away while the switch connects him. */
import type { OfferId } from '../../../core/acd/ids.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

export function createRefusalChecker(): Checker {
  /** ordered to be connected */
  const connecting = new Set<OfferId>();
  return {
    name: 'refusals',
    saved({ answer, changes, event, wasDue, effects }: Seen): void {
      for (const effect of effects) {
        if (effect.type === 'connect') connecting.add(effect.order.offer);
        const isTaken = effect.type === 'cancel-ring' && connecting.has(effect.offer) && !wasDue;
        if (isTaken && (event?.type === 'move-asked' || event?.type === 'withdraw-asked' || event?.type === 'callback-asked'))
          throw new Violation('refusals', `${event.type} takes back ${effect.offer}, which is being connected`);
      }
      if (answer.ok || !event) return;
      const fail = (text: string): never => {
        throw new Violation('refusals', `${event.type} is refused with ${answer.code} ${answer.detail}, but ${text}`);
      };
      if (answer.detail === '') fail('without a reason');
      if (wasDue) return;
      // the call's earlier visit may have ended by its coming back
      if (event.type === 'caller-joined' && changes.segments.length > 1) return;
      if (changes.members.size + changes.agents.size + changes.offers.size > 0) fail('something has changed');
      // a caller who is not let in is recorded, and told of
      if (event.type === 'caller-joined') return;
      if (changes.segments.length > 0) fail('something was written');
      if (effects.length > 0) fail(`${effects[0]?.type ?? ''} was ordered`);
    },
  };
}
