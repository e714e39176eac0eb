/** Bad input: a refused wish has a reason and changes nothing. */
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

export function createRefusalChecker(): Checker {
  return {
    name: 'refusals',
    saved({ answer, changes, event, wasDue, effects }: Seen): void {
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
