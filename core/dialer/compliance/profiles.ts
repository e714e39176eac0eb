/** The profiles that ship, and those of a file. */
import type { Profile } from './profile.js';

export const shippedProfiles: ReadonlyMap<string, Profile> = new Map();

/** Profiles of a file (JSON or YAML, read already) beside those that ship; a name that ships is replaced. Rejects TDM_BAD_FILE naming every wrong field. */
export function profilesWith(_file: string, _value: unknown): ReadonlyMap<string, Profile> {
  throw new Error('profilesWith is being built');
}
