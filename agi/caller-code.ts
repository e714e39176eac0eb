/**
 * FastAGI: `AGI(agi://host/caller_code,V,1000123)` before a transfer to another cluster. Sets CALLERID(name) to a
 * new caller code, `ccc_code`, and TANDEM_RESULT (ok, error) with TANDEM_REASON.
 */
import type { CallApplication } from '../core/call.js';
import { callerCodeName, createTagApplication } from '../core/services/tag-call.js';
import type { TagCallDeps, TagCallSettings } from '../core/services/tag-call.js';

export function createAgiCallerCode(deps: TagCallDeps, settings: Partial<TagCallSettings> = {}): Record<string, CallApplication> {
  return { [callerCodeName]: createTagApplication(deps, settings) };
}
