/** Several variables of a channel at once. */
import type { Call } from '../call.js';
import { hasCode } from '../errors.js';

/**
 * Those that are set and not empty. One that is too long to be read rejects TDM_BAD_VALUE, or with `lenient` counts as
 * not set and is named to it.
 */
export async function readVariables(
  call: Call,
  names: readonly string[],
  lenient?: (name: string, why: string) => void,
): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map();
  try {
    if (call.getVariables !== undefined) return await call.getVariables(names);
  } catch (e) {
    if (lenient === undefined || !hasCode(e, 'TDM_BAD_VALUE')) throw e;
  }
  const values = await Promise.all(names.map((name) => readOne(call, name, lenient)));
  return new Map(names.flatMap((name, at) => (values[at] === undefined || values[at] === '' ? [] : [[name, values[at]]])));
}

async function readOne(call: Call, name: string, lenient: ((name: string, why: string) => void) | undefined): Promise<string | undefined> {
  try {
    return await call.getVariable(name);
  } catch (e) {
    if (lenient === undefined || !hasCode(e, 'TDM_BAD_VALUE')) throw e;
    lenient(name, e.message);
    return undefined;
  }
}
