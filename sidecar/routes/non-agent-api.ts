/** VICIdial's Non-Agent API under its own path: `ccc_lead_info` and `version` (vicidial-ccc section 3). */
import type { LeadInfo } from '../../core/services/lead-info.js';
import { createCompatDoor, type CompatDoor, type CompatDoorDeps, type CompatDoorOptions } from '../compat-door.js';

export const nonAgentApiDefaults: CompatDoorOptions = { paths: ['/vicidial/non_agent_api.php'] };

/** A door for `createApp({ doors })`. */
export function createNonAgentApi(
  deps: CompatDoorDeps & { readonly leadInfo: LeadInfo },
  options: CompatDoorOptions = nonAgentApiDefaults,
): CompatDoor {
  return createCompatDoor(deps.leadInfo, deps, options);
}
