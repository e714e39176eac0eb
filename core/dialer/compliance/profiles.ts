/** The profiles that ship, and those of a file beside them. */
import { z } from 'zod';
import { TandemError } from '../../errors.js';
import type { Profile } from './profile.js';
import { profileLimits, profileSchema } from './profile-schema.js';
import { profilesData } from './profiles-data.js';

/** Throws when a shipped profile is wrong: a fault of the code. */
export const shippedProfiles: ReadonlyMap<string, Profile> = new Map(profilesData.map((data) => [data.name, profileSchema.parse(data)]));

const fileSchema = z.strictObject({
  profiles: z.array(z.looseObject({ name: z.string(), based_on: z.string().optional() })).max(profileLimits.profilesMax),
});

const issueText = (path: readonly PropertyKey[], message: string): string => `${path.map(String).join('.') || 'file'}: ${message}`;

/**
 * Profiles of a file (JSON or YAML, read already) beside those that ship; a name that ships is replaced. `based_on` names a
 * profile that ships or stands before it. Throws TDM_BAD_FILE naming every wrong field.
 */
export function profilesWith(file: string, value: unknown): ReadonlyMap<string, Profile> {
  const problems: string[] = [];
  const read = fileSchema.safeParse(value);
  if (!read.success) throw new TandemError('TDM_BAD_FILE', [file, read.error.issues.map((i) => issueText(i.path, i.message)).join('; ')]);
  const written = new Map<string, Readonly<Record<string, unknown>>>(profilesData.map((data) => [data.name, data]));
  const profiles = new Map(shippedProfiles);
  for (const [index, { based_on: basedOn, ...own }] of read.data.profiles.entries()) {
    const base = basedOn === undefined ? {} : written.get(basedOn);
    if (!base) {
      problems.push(issueText(['profiles', index, 'based_on'], `there is no profile "${(basedOn ?? '').slice(0, 60)}"`));
      continue;
    }
    const whole = { ...base, ...own };
    const profile = profileSchema.safeParse(whole);
    if (profile.success) {
      profiles.set(profile.data.name, profile.data);
      written.set(profile.data.name, whole);
    } else problems.push(...profile.error.issues.map((i) => issueText(['profiles', index, ...i.path], i.message)));
  }
  if (problems.length > 0) throw new TandemError('TDM_BAD_FILE', [file, problems.join('; ')]);
  return profiles;
}
