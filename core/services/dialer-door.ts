/** The answered call at its door, for the application `dialer_call` (`DialerDoor`). */
import type { DialerEvent } from '../dialer/engine-words.js';
import type { DialerDoor } from '../dialer-ports.js';
import type { Log } from '../ports.js';
import type { DialerSession } from './dialer-session.js';

export interface DialerDoorDeps {
  /** undefined: another process dials, or none */
  readonly session: () => DialerSession | undefined;
  readonly log: Log;
}

export function createDialerDoor({ session, log }: DialerDoorDeps): DialerDoor {
  const tell = (event: DialerEvent): void => session()?.loop.tell(event);
  return {
    arrived(callId, amd) {
      try {
        // a person listens to nothing meanwhile: no database is waited for
        const answer = session()?.loop.answer({ type: 'call-arrived', callId, amd });
        return Promise.resolve(answer?.kind === 'arrival' ? answer.plan : undefined);
      } catch (error) {
        log.error({ error, call: callId }, 'an answered call found the dialer not ready');
        return Promise.resolve(undefined);
      }
    },
    waitedOut: (callId, reason) => tell({ type: 'call-waited-out', callId, reason }),
    messagePlayed: (callId, ms) => tell({ type: 'message-played', callId, ms }),
    async optedOut(callId) {
      await session()?.loop.ask({ type: 'opted-out', callId });
    },
  };
}
