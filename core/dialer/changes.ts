/** What the dialer stores when something has happened to a contact or a call; each change is one transaction. Times are Unix ms. */
import type { CallRecord } from './contact.js';
import type { CallResult, ContactStatus } from './words.js';

/** What becomes of a contact: one conditional update (A3); zero rows changed means that somebody else was faster. */
export interface Transition {
  readonly contactId: string;
  readonly from: ContactStatus;
  readonly to: ContactStatus;
  readonly callResult?: string | undefined;
  readonly result?: CallResult | undefined;
  readonly dialTimeMs?: number | undefined;
  readonly nextAttemptAtMs?: number | undefined;
  readonly numberIndex?: number | undefined;
  /** add one to the attempts, to this result's count and to this part of the day */
  readonly counts?: { readonly attempt: boolean; readonly result: CallResult; readonly dayPart: number } | undefined;
  readonly skippedBy?: Readonly<Record<string, number>> | undefined;
  /** no call was placed for the claim that ends with this: the next call has the same id (A2) */
  readonly isUnplaced?: boolean | undefined;
}

/** A message to the voice connector (A17), delivered from the outbox. `kind` end-chat and call-result; agent requests are not kept. */
export interface OutboxMessage {
  /** `<callId>:<kind>:<n>`: the Idempotency-Key */
  readonly key: string;
  readonly kind: 'end-chat' | 'call-result';
  readonly body: Readonly<Record<string, unknown>>;
}

export interface DncEntry {
  /** E.164 digits, or a prefix */
  readonly number: string;
  readonly isPrefix: boolean;
  /** '' = global; `client:<name>`, `campaign:<id>`, `national:<list>` */
  readonly scope: string;
  readonly source: string;
  readonly reason: string;
  readonly fromMs: number;
  /** undefined = for ever */
  readonly untilMs: number | undefined;
}

export interface DialerAuditEntry {
  readonly atMs: number;
  /** `user:anna`, `key:k_...`, `system` */
  readonly actor: string;
  readonly object: string;
  readonly action: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly reason: string;
}

/** How far a call has come: after the death of the process nobody else could say that it was answered (A15). */
export interface CallProgress {
  readonly answeredAtMs: number;
  readonly bridgedAtMs: number | undefined;
  /** with whom it is joined, or who waits for it; a text of its own kind for agents of a voice connector */
  readonly agent: string | undefined;
  /** of the voice connector's agent who was reserved (A17.2) */
  readonly agentExtension: string | undefined;
}

/** Stored in one transaction. */
export interface DialerChange {
  readonly transition: Transition | undefined;
  readonly record: CallRecord | undefined;
  readonly outbox: readonly OutboxMessage[];
  readonly dnc: readonly DncEntry[];
  readonly audit: readonly DialerAuditEntry[];
  /** of the call that this contact is in; nothing when that is over, or a later one */
  readonly progress?: (CallProgress & { readonly contactId: string }) | undefined;
}
