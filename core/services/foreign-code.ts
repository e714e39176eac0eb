/**
 * Whose lead a caller code names (W-14). Codes of two clusters look alike, so a code is ours only when a row of
 * ours says so: a hand-over that we took, or a call that this cluster made (VICIdial's in-group and dialled calls
 * write that row as well). Everything else is another cluster's, or made up, and is never resolved here.
 */
import type { Call } from '../call.js';
import type { CallerCode } from '../callercode.js';
import { proofLogOf } from '../cluster/lead-info.js';
import type { CallProofs, Containers, Handovers } from '../ports.js';

export interface ForeignCodeDeps {
  readonly containers: Containers;
  readonly handovers: Handovers;
  readonly proofs: CallProofs;
  readonly nowMs: () => number;
}

/** `windowMs`: how old the row of a call of ours may be, as for ccc_lead_info (API-6). The answer rejects TDM_STORE_DOWN. */
export function createForeignCode({ containers, handovers, proofs, nowMs }: ForeignCodeDeps, windowMs: number) {
  async function isProvenHere({ code, leadId }: CallerCode): Promise<boolean> {
    const proof = await proofs.find(proofLogOf(code), code, nowMs() - windowMs);
    return proof?.leadId === leadId;
  }

  return async ({ channel }: Call, code: CallerCode): Promise<boolean> => {
    // On a peer's trunk only a hand-over's code counts: a call that we made may bear the same 20 characters.
    const isOnPeerTrunk = (await containers.findByChannel(channel)) !== undefined;
    if (!isOnPeerTrunk && (await isProvenHere(code))) return false;
    return !(await handovers.isOwnCode(code.code));
  };
}
