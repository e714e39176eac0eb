/** What others than the queue engine tell by the event feed (B25): the dialer, the guard against toll fraud, the call journal. */
import type { CallNews } from './crm/call-news.js';
import type { CallResult, CampaignState, GatewayState } from './dialer/words.js';
import type { TollReason } from './toll/caps.js';
import type { TollOrigin } from './toll/guard.js';

export type FeedNews =
  | {
      readonly type: 'campaign-changed';
      readonly campaign: string;
      readonly state: CampaignState | 'removed';
      readonly before: CampaignState;
    }
  /** dialled 1:1 from now on, or no longer: abandonment at the cap, no message, no profile */
  | { readonly type: 'campaign-forced'; readonly campaign: string; readonly isForced: boolean; readonly reason: string }
  /** it runs, and nobody of it can be called now */
  | { readonly type: 'campaign-empty'; readonly campaign: string }
  /** `closed`, `probing`: by its breaker */
  | {
      readonly type: 'gateway-changed';
      readonly switch: string;
      readonly gateway: string;
      readonly state: GatewayState | 'closed' | 'probing';
      readonly reason: string;
    }
  | { readonly type: 'call-abandoned'; readonly campaign: string; readonly callId: string; readonly waitedMs: number }
  | {
      readonly type: 'call-result';
      readonly campaign: string;
      readonly callId: string;
      readonly result: CallResult;
      readonly cause: string;
    }
  /** `stopped`: calls for this reason on this gateway since the last of these events, at most one a minute */
  | {
      readonly type: 'toll-stopped';
      readonly origin: TollOrigin;
      readonly switch: string;
      readonly gateway: string;
      /** masked, of the last one */
      readonly number: string;
      readonly reason: TollReason;
      readonly stopped: number;
    }
  /** calls of the journal: `call.started` ... */
  | CallNews;

/** Who owns the queues numbers the news, stores them and tells them afterwards (feed-ports.ts). */
export interface NewsDesk {
  /** False: not taken, since this process does not own the queues, or too many events wait for the database. */
  note(news: FeedNews): boolean;
}
