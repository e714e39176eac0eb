/** The engine's own invariants (core/acd/invariants.ts) after every step. */
import { brokenInvariants } from '../../../core/acd/invariants.js';
import { brokenMatching } from '../../../core/acd/invariants-matching.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

export function createStateChecker(): Checker {
  return {
    name: 'invariants',
    saved({ state, isThorough, nowMs, downToEngine }: Seen): void {
      if (!isThorough) return;
      const [broken] = brokenInvariants(state);
      if (broken) throw new Violation(`invariant ${broken.invariant}`, broken.text);
      const [unmatched] = brokenMatching(state, { nowMs, down: downToEngine });
      if (unmatched) throw new Violation(`invariant ${unmatched.invariant}`, unmatched.text);
    },
  };
}
