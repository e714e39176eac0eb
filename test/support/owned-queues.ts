/** Queues that belong to this process from the begin, as the CRM connector sees them. */
import type { CrmSideDeps } from '../../sidecar/crm/side.js';

type CrmQueues = CrmSideDeps['queues'];

/** `engine` of a test; without one nobody waits and nobody is rung. */
export function ownedQueues(engine: Partial<CrmQueues['engine']> = {}): CrmQueues {
  const quiet = { onNotice: () => () => undefined, orderOf: () => undefined, isOwner: () => true };
  return {
    engine: { ...quiet, view: () => assertNever(), ...engine },
    // no lease, no fence
    onOwned: (listener) => listener(undefined),
    onLost: () => undefined,
  };
}

function assertNever(): never {
  throw new Error('these queues have nothing to look at');
}
