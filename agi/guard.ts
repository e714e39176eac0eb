/**
 * The guard of a door (asterisk-behaviour 2): the dialplan sets TIMEOUT(absolute) for a Tandem that accepts a call and
 * hangs. An application that may keep the call for long takes it off as its first command, so the guard can be short;
 * the same as `sched_cancel` on FreeSWITCH.
 */
import type { CallApplication } from '../core/call.js';

export function withoutGuard(application: CallApplication): CallApplication {
  return async (call) => {
    await call.setVariable('TIMEOUT(absolute)', '0');
    await application(call);
  };
}
