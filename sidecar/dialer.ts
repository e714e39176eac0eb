/**
 * The dialer put together (dialer.md B1): engine and loop under the lease `dialer`, switches, agents of the queue engine,
 * outbox of the voice connector, and the faces for the API and for the application `dialer_call`.
 */
import type { DialerAgents, DialerControl, DialerDoor, DialerStore } from '../core/dialer-ports.js';

/** What `openDialer` gives to main, API and doors. */
export interface Dialer {
  readonly control: DialerControl;
  /** for the application `dialer_call` of both doors */
  readonly door: DialerDoor;
  readonly store: DialerStore;
  readonly agents: DialerAgents;
  /** Take the lease, when the tables are there; resolves after the first try, never rejects. */
  start(): Promise<void>;
  /** Claims not yet placed go back, results are stored; calls under way stay for whoever dials next. */
  stop(): Promise<void>;
}
