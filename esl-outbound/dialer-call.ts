/** Answered calls of campaigns on FreeSWITCH: `tandem_app=dialer_call`, `tandem_args=[<verdict of AMD>]`. */
import type { CallApplication } from '../core/call.js';
import { createDialerCall } from '../core/services/dialer-call.js';
import type { DialerCallDeps } from '../core/services/dialer-call.js';
import { EslCall } from './call.js';

export function createEslDialerCall(deps: Omit<DialerCallDeps, 'endAfter'>): CallApplication {
  return createDialerCall({
    ...deps,
    // a command of the switch, not an application: no turn of the park loop before the first sound
    async endAfter(call, ms) {
      if (call instanceof EslCall) await call.line.api(`sched_hangup +${Math.ceil(ms / 1_000)} ${call.uniqueId} NORMAL_CLEARING`);
    },
  });
}
