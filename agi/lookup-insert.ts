/**
 * FastAGI: `AGI(agi://host/cm_sc_ccc_lookup_insert.agi,ccc_test---8199)`, or with query parameters
 * `?container=ccc_test&list_id=8199`. Also `context=`, `exit_a=` to `exit_d=`, `silence=yes`, `goto=no`.
 *
 * Sets ccc_result and TANDEM_RESULT (A to D), TANDEM_REASON, at A also the caller id, ccc_lead_id and
 * ccc_remote_lead_id; the last three commands are SET CONTEXT, SET EXTENSION, SET PRIORITY (AGI-1).
 */
import type { Call, CallApplication } from '../core/call.js';
import { createLookupCall, lookupExitDefaults, lookupInsertNames } from '../core/services/lookup-call.js';
import type { LookupCallDeps, LookupCallOptions } from '../core/services/lookup-call.js';

/** `TANDEM_CCC_CODE` is for the dialplan to fill; the SIP header can be read directly (TRK-3). */
function codeVariables(call: Call): readonly string[] {
  if (call.channel.startsWith('PJSIP/')) return ['TANDEM_CCC_CODE', 'PJSIP_HEADER(read,X-CCC-Code)'];
  return call.channel.startsWith('SIP/') ? ['TANDEM_CCC_CODE', 'SIP_HEADER(X-CCC-Code)'] : ['TANDEM_CCC_CODE'];
}

export const agiLookupDefaults: LookupCallOptions = {
  exits: lookupExitDefaults,
  codeVariables,
  silence: false,
  internalErrorExit: 'B',
};

/** The application under both of its names. */
export function createAgiLookupInsert(deps: LookupCallDeps, options: Partial<LookupCallOptions> = {}): Record<string, CallApplication> {
  const run = createLookupCall(deps, { ...agiLookupDefaults, ...options });
  return Object.fromEntries(lookupInsertNames.map((name) => [name, run]));
}
