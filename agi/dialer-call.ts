/** Answered calls of campaigns on Asterisk: `dialer_call[,<verdict of AMD>]`. */
import type { CallApplication } from '../core/call.js';
import { createDialerCall } from '../core/services/dialer-call.js';
import type { DialerCallDeps } from '../core/services/dialer-call.js';
import { withoutGuard } from './guard.js';

export function createAgiDialerCall(deps: Omit<DialerCallDeps, 'endAfter'>): CallApplication {
  return withoutGuard(
    createDialerCall({
      ...deps,
      // the extension T of the context hangs up then
      endAfter: (call, ms) => call.setVariable('TIMEOUT(absolute)', (ms / 1_000).toFixed(1)),
    }),
  );
}
