/**
 * FreeSWITCH: `tandem_app=caller_code`, `tandem_args=V,1000123` before a transfer to another cluster. Sets the caller's
 * name to a new caller code, `ccc_code`, the SIP header X-CCC-Code, and TANDEM_RESULT (ok, error) with TANDEM_REASON.
 */
import type { CallApplication } from '../core/call.js';
import { callerCodeName, createTagApplication } from '../core/services/tag-call.js';
import type { TagCallDeps, TagCallSettings } from '../core/services/tag-call.js';

/** A variable `sip_h_NAME` becomes the header NAME of the next leg (TRK-3). */
const headerVariable = 'sip_h_X-CCC-Code';

export function createEslCallerCode(deps: TagCallDeps, settings: Partial<TagCallSettings> = {}): Record<string, CallApplication> {
  return { [callerCodeName]: createTagApplication(deps, settings, headerVariable) };
}
