/** What the session on an agent's leg and the switch adapter that started the leg tell each other. */
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import type { OfferFailure } from '../core/acd/words.js';

/** One offer while its agent's leg is at the door. Facts that come too late, or twice, change nothing. */
export interface LegVisit {
  readonly order: RingOrder;
  /** aborted when the offer is taken back, or failed for another reason */
  readonly signal: AbortSignal;
  /** the leg is up */
  answered(): void;
  /** announcements and confirm key are done */
  ready(): void;
  failed(failure: OfferFailure, detail: string): void;
  /** Resolves with the order to connect; rejects TDM_DEADLINE when none comes, TDM_CALL_GONE when the offer is over. */
  connectOrder(): Promise<ConnectOrder>;
  /** Start the recording. Resolves with the file that the leg must record by itself when the switch adapter cannot. Never rejects. */
  record(order: ConnectOrder): Promise<string | undefined>;
  /** Ready, and there is no caller to connect: the leg's dialplan plays a message now (B51). */
  hearing(): void;
  /** The leg's `Bridge` is about to run. */
  bridging(): void;
  /** It has returned while the leg lives, with this BRIDGERESULT. */
  bridgeReturned(result: string): void;
  /** The leg is gone. */
  hungUp(): void;
  /** The session broke, the leg may live. */
  sessionLost(): void;
}

/** By switch; legs of a switch come to the door with its offers only. */
export interface AgentLegs {
  visit(order: RingOrder): LegVisit;
}
