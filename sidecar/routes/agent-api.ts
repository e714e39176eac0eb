/** VICIdial's Agent API, the two fronter commands of it (vicidial-ccc section 7). */
import type { Fronter } from '../../core/services/fronter.js';
import { createCompatDoor, type CompatDoor, type CompatDoorDeps, type CompatDoorOptions } from '../compat-door.js';

export const agentApiDefaults: CompatDoorOptions = { paths: ['/agc/api.php'] };

/** A door for `createApp({ doors })`. */
export function createAgentApi(
  deps: CompatDoorDeps & { readonly fronter: Fronter },
  options: CompatDoorOptions = agentApiDefaults,
): CompatDoor {
  return createCompatDoor(deps.fronter, deps, options);
}
