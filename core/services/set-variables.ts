/** Several variables of a channel at once, in any order. */
import type { Call } from '../call.js';

/** Rejects like `setVariable`; then some may be set and others not. */
export async function setVariables(call: Call, variables: Readonly<Record<string, string>>): Promise<void> {
  if (Object.keys(variables).length === 0) return;
  if (call.setVariables !== undefined) return call.setVariables(variables);
  await Promise.all(Object.entries(variables).map(([name, value]) => call.setVariable(name, value)));
}
