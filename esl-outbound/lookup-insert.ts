/**
 * FreeSWITCH: `tandem_app=ccc_lookup_insert`, `tandem_args=ccc_test---8199` (AGI-11). Sets ccc_result and
 * TANDEM_RESULT (A to D), TANDEM_REASON, at A also effective_caller_id_name and _number, ccc_lead_id and
 * ccc_remote_lead_id; then the call is transferred to `<letter> XML <context>`.
 */
import type { CallApplication } from '../core/call.js';
import { createLookupCall, lookupExitDefaults, lookupInsertNames } from '../core/services/lookup-call.js';
import type { LookupCallDeps, LookupCallOptions } from '../core/services/lookup-call.js';

/** `TANDEM_CCC_CODE` is for the dialplan to fill; FreeSWITCH keeps the SIP header in the other (TRK-3). */
const codeVariables = ['TANDEM_CCC_CODE', 'sip_h_X-CCC-Code'] as const;

export const eslLookupDefaults: LookupCallOptions = {
  exits: lookupExitDefaults,
  codeVariables: () => codeVariables,
  silence: false,
  internalErrorExit: 'B',
};

/** The application under both of its names. */
export function createEslLookupInsert(deps: LookupCallDeps, options: Partial<LookupCallOptions> = {}): Record<string, CallApplication> {
  const run = createLookupCall(deps, { ...eslLookupDefaults, ...options });
  return Object.fromEntries(lookupInsertNames.map((name) => [name, run]));
}
