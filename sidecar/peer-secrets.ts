/** Secrets by reference, read at use and kept for at most a second, so that a changed file counts at once (W-5). */
import { resolveSecret } from './secret-reference.js';

const keptMs = 1_000;
const keptMax = 1_000;

/** Resolves `env:NAME`, `file:/path` and plain texts; undefined when the reference leads nowhere. */
export type SecretReader = (text: string) => string | undefined;

export function createSecretReader(env: Readonly<Record<string, string | undefined>>, nowMs: () => number): SecretReader {
  const kept = new Map<string, { readonly secret: string | undefined; readonly atMs: number }>();
  return (text) => {
    if (!text.startsWith('file:')) return resolveSecret(text, env);
    const found = kept.get(text);
    const ageMs = found ? nowMs() - found.atMs : Infinity;
    if (found && ageMs >= 0 && ageMs < keptMs) return found.secret;
    if (kept.size >= keptMax) kept.clear();
    const secret = resolveSecret(text, env);
    kept.set(text, { secret, atMs: nowMs() });
    return secret;
  };
}
