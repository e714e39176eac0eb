/** The log: JSON lines on standard error, secrets and personal data taken out (W-5, W-11). */
import { pino } from 'pino';
import type { Log } from '../core/ports.js';

const secretKeys = ['pass', 'password', 'secret', 'token', 'authorization', 'cookie', 'pass_hash', 'passHash', 'secretHash'];

/** Field names whose values never reach the log, at the top and one and two levels down. */
export const redactedPaths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** Password parameters inside a text, e.g. a URL that an error message quotes. */
export function redactText(text: string): string {
  return text
    .replace(/((?:^|[?&;\s"'])(?:pass|password|secret|token)=)[^&\s"']*/gi, '$1***')
    .replace(/(\/\/[^:@/\s]*:)[^@/\s]+@/g, '$1***@');
}

const textFields = new Set(['url', 'message', 'msg', 'reason', 'stack', 'entry']);

function redactFields(fields: object): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields))
    clean[key] = typeof value === 'string' && textFields.has(key) ? redactText(value) : value;
  return clean;
}

/** An error as fields: code, message and stack, with secrets taken out. */
function errorFields(e: unknown): unknown {
  if (!(e instanceof Error)) return e;
  const code = (e as { code?: unknown }).code;
  const cause: unknown = e.cause === undefined ? undefined : errorFields(e.cause);
  return {
    name: e.name,
    code,
    message: redactText(e.message),
    stack: redactText(e.stack ?? ''),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** `level`: least level that is written. `write` receives each line (default: standard error). */
export function createLog(level: string, write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      redact: { paths: redactedPaths, censor: '***' },
      serializers: { err: errorFields, error: errorFields },
    },
    { write },
  );
}
