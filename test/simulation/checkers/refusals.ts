/** Bad input: a refused wish has a reason and changes nothing. */
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

export function createRefusalChecker(): Checker {
  return {
    name: 'refusals',
    saved({ answer, changes, event }: Seen): void {
      if (answer.ok || !event) return;
      const fail = (text: string): never => {
        throw new Violation('refusals', `${event.type} is refused with ${answer.code} ${answer.detail}, but ${text}`);
      };
      if (answer.detail === '') fail('without a reason');
      const isWritten = changes.segments.length > 0 && event.type !== 'caller-joined';
      if (isWritten) fail('something was written');
    },
  };
}
