/** Receivers of events by HTTP, what is known of their deliveries, and what the delivery needs from outside (B25). */
import type { FeedType } from './feed-types.js';

/** What an administrator says. */
export interface WebhookSettings {
  readonly url: string;
  /** empty = all */
  readonly types: readonly FeedType[];
  /** names of queues; empty = all, and what belongs to none */
  readonly queues: readonly string[];
  /** `whsec_` and base64 of 24 to 64 bytes */
  readonly secret: string;
  /** why nothing is sent; '' = it is */
  readonly disabled: string;
}

export interface WebhookProgress {
  /** everything up to this number was delivered, left out, or given up */
  readonly cursor: number;
  /** failures of the event behind it */
  readonly tries: number;
  /** Unix ms; the next try, 0 = now */
  readonly nextAtMs: number;
  /** what went wrong last; '' = nothing */
  readonly problem: string;
}

export interface Webhook extends WebhookSettings, WebhookProgress {
  readonly id: string;
  readonly createdAtMs: number;
}

export interface DeadLetter {
  readonly seq: number;
  /** Unix ms, when it was given up */
  readonly atMs: number;
  readonly tries: number;
  readonly problem: string;
  /** as it was sent */
  readonly body: string;
}

/** Every method rejects TDM_STORE_DOWN. */
export interface WebhookStore {
  /** By the time of their making; at most `webhooksMax`. */
  list(): Promise<readonly Webhook[]>;
  find(id: string): Promise<Webhook | undefined>;
  insert(webhook: Webhook): Promise<void>;
  /** False when there is none. */
  change(id: string, settings: WebhookSettings): Promise<boolean>;
  /** With its dead letters; false when there was none. */
  remove(id: string): Promise<boolean>;
  /** False when it has been removed, or set back or forth by somebody else: `from` is not its cursor any more. */
  progress(id: string, from: number, to: WebhookProgress): Promise<boolean>;
  /** The same, and the event goes to the dead letters, of which the newest `deadLettersMax` are kept. */
  bury(id: string, from: number, to: WebhookProgress, letter: DeadLetter): Promise<boolean>;
  deadLetters(
    id: string,
    query: { readonly after: number; readonly limit: number; readonly dueOnly?: boolean },
  ): Promise<readonly DeadLetter[]>;
  /** `due`: of those kept the ones that are to be sent once more */
  countDeadLetters(id: string): Promise<{ readonly kept: number; readonly due: number }>;
  /** All of them are to be sent once more, or none; how many there are. */
  setDue(id: string, isDue: boolean): Promise<number>;
  /** It has arrived. */
  removeDeadLetter(id: string, seq: number): Promise<void>;
}

export const webhooksMax = 100;
export const deadLettersMax = 10_000;

export interface WebhookMessage {
  /** the same each time it is sent */
  readonly id: string;
  readonly body: string;
}

/** Sends one message. Never rejects, and always ends. */
export type WebhookPost = (to: Pick<Webhook, 'url' | 'secret'>, message: WebhookMessage) => Promise<WebhookOutcome>;

/** `gone`: the receiver wants nothing any more (410). `afterMs`: it wants no try sooner (Retry-After). */
export type WebhookOutcome =
  { readonly kind: 'ok' } | { readonly kind: 'gone' } | { readonly kind: 'failed'; readonly problem: string; readonly afterMs?: number };
