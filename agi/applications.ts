/** Which application a session is for, and what the dialplan is told when it fails. */
import type { Call, CallApplication } from '../core/call.js';
import { TandemError } from '../core/errors.js';

/** An application under the name the dialplan used; with and without `.agi` are the same. */
export function findApplication(
  applications: Readonly<Record<string, CallApplication>>,
  script: string,
): { readonly name: string; readonly run: CallApplication } | undefined {
  const bare = script.replace(/\.agi$/, '');
  for (const name of [script, bare, `${bare}.agi`]) {
    const run = Object.hasOwn(applications, name) ? applications[name] : undefined;
    if (run) return { name, run };
  }
  return undefined;
}

/** The stable code of a failure; anything unexpected is TDM_INTERNAL. */
export function reasonOf(error: unknown): string {
  return error instanceof TandemError ? error.code : 'TDM_INTERNAL';
}

/** Tell the dialplan. It branches on these, never on AGISTATUS (asterisk-behaviour 2). */
export async function reportFailure(call: Call, reason: string): Promise<void> {
  await call.setVariable('TANDEM_REASON', reason);
  await call.setVariable('TANDEM_RESULT', 'error');
}
