/** Reads the bindings file (`TANDEM_CRM_FILE`) with its secrets resolved. */
import { bindingsFileSchema } from '../../core/crm/binding.js';
import type { CrmBinding, CrmFile } from '../../core/crm/binding.js';
import { TandemError } from '../../core/errors.js';
import { leastDays } from '../../core/services/recording-retention.js';
import { resolveSecret } from '../secret-reference.js';
import { isWebhookSecret } from '../standard-webhook.js';
import { describeProblems, readYamlFile, type PathPart, type Problem } from '../yaml-file.js';

/** shorter keys can be guessed; the CRM's own proposal has 22 */
export const keyCharsAdvised = 24;

export interface ReadCrmFile extends CrmFile {
  readonly warnings: readonly string[];
}

/** Throws TDM_BAD_FILE with every problem and its line. */
export function readCrmFile(name: string, env: Readonly<Record<string, string | undefined>>): ReadCrmFile {
  const file = readYamlFile(name);
  const problems: Problem[] = [...file.problems];
  const add = (path: readonly PathPart[], message: string): void => {
    problems.push({ file: file.file, line: file.lineOf(path), path: path.join('.'), message });
  };
  const parsed = problems.length === 0 ? bindingsFileSchema.safeParse(file.value) : undefined;
  for (const { path, message } of parsed?.error?.issues ?? [])
    add(
      path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
      message,
    );
  const warnings: string[] = [];
  const crm = (parsed?.data?.crm ?? []).map((binding, n): CrmBinding => {
    const secret = (key: PathPart, text: string): string => {
      const value = resolveSecret(text, env);
      if (value === undefined) add(['crm', n, key], `"${text}" cannot be resolved`);
      return value ?? '';
    };
    const resolved = {
      ...binding,
      secret: secret('secret', binding.secret),
      ...(binding.secret_previous !== undefined && { secret_previous: secret('secret_previous', binding.secret_previous) }),
      ...(binding.ws && { ws: { ...binding.ws, access_key: secret('ws', binding.ws.access_key) } }),
      ...(binding.sql && { sql: { ...binding.sql, url: secret('sql', binding.sql.url) } }),
    };
    for (const key of ['secret', 'secret_previous'] as const)
      if (binding.dialect === 'webhook' && resolved[key] !== undefined && resolved[key] !== '' && !isWebhookSecret(resolved[key]))
        add(['crm', n, key], 'must be whsec_ and the base64 of 24 to 64 bytes, as Standard Webhooks wants it');
    if (resolved.secret !== '' && resolved.secret.length < keyCharsAdvised)
      warnings.push(`the key of CRM ${binding.name} has fewer than ${String(keyCharsAdvised)} characters`);
    return resolved;
  });
  const origins = (parsed?.data?.recording_origins ?? []).map((origin, n) => {
    const text = origin.authorization;
    const authorization = text === undefined ? undefined : resolveSecret(text, env);
    if (text !== undefined && authorization === undefined) add(['recording_origins', n, 'authorization'], `"${text}" cannot be resolved`);
    return { ...origin, authorization };
  });
  if (parsed?.data && removesNothing(parsed.data))
    warnings.push('recordings are to be removed after their days, but "recording_roots" is empty: nothing is removed');
  if (problems.length > 0 || !parsed?.data) {
    const count = `${String(problems.length)} problem${problems.length > 1 ? 's' : ''}`;
    throw new TandemError('TDM_BAD_FILE', [name, `${count}\n${describeProblems(problems)}`]);
  }
  return { ...parsed.data, crm, recording_origins: origins, warnings };
}

/** Other hosts remove theirs themselves. */
const removesNothing = ({ crm, recordings_days, recording_roots, recording_origins }: CrmFile): boolean =>
  leastDays({ bindings: crm, days: recordings_days }) < Infinity && recording_roots.length === 0 && recording_origins.length === 0;
