/** Secrets by reference: `env:NAME` or `file:/path`, so that no file or table needs to hold them (W-5). */
import { readFileSync } from 'node:fs';

export const secretBytesMax = 4096;

/** The secret itself; undefined when the variable is not set or the file cannot be read. Other texts are taken as they are. */
export function resolveSecret(text: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (text.startsWith('env:')) return env[text.slice(4)] || undefined;
  if (!text.startsWith('file:')) return text;
  try {
    const content = readFileSync(text.slice(5), 'utf8');
    return content.length > secretBytesMax ? undefined : content.replace(/\r?\n$/, '') || undefined;
  } catch {
    return undefined; // the caller names the reference in its own error
  }
}
