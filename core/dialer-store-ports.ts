/** The dialer's store: contacts, claims, calls, DNC, outbox, audit, lists. `sql/` implements it; times are Unix ms. */
import type { BatchBounds } from './dialer/batch-size.js';
import type { Campaign } from './dialer/campaign.js';
import type { ActiveContact, CallRecord, Contact, NewContact } from './dialer/contact.js';
import type { DialerAuditEntry, DialerChange, DncEntry, OutboxMessage } from './dialer/engine-words.js';
import type { Decision } from './dialer/pacing/index.js';
import type { CallResult, CampaignState, ContactStatus, Gate } from './dialer/words.js';

// ------------------------------------------------------------------ the gates

/** What the store reads about a contact before it is judged; in the claim all of it in the transaction. */
export interface GateFacts {
  readonly contact: Contact;
  /** of the number that is dialled next */
  readonly numberKey: string;
  /** entries that apply to the number now: exact, prefix, of all scopes that concern this campaign */
  readonly dnc: readonly DncEntry[];
  /** calls that count, to the number over all campaigns, by UTC hour of the last 30 days: [hour (ms/3600000), calls] */
  readonly numberHours: readonly (readonly [number, number])[];
  /** newest abandoned call to the number, newest that AMD judged a machine */
  readonly lastAbandonedMs: number | undefined;
  readonly lastMachineMs: number | undefined;
  /** another call to the number is active */
  readonly isNumberActive: boolean;
}

export type GateVerdict =
  | { readonly kind: 'go'; readonly guaranteedOnly: boolean }
  /** not now: `untilMs` is stored as next_attempt_at when it is known */
  | { readonly kind: 'wait'; readonly gate: Gate; readonly untilMs: number | undefined }
  /** `message`: goes into the outbox with it (connector campaigns: every ended contact tells its result, A17.4) */
  | { readonly kind: 'final'; readonly gate: Gate; readonly result: CallResult; readonly message?: OutboxMessage | undefined };

/** Pure; a throw counts as "cannot be evaluated": the contact waits, fail closed. Made by `createGates(campaign, profile, ...)`. */
export type Judge = (facts: GateFacts, nowMs: number) => GateVerdict;

// ------------------------------------------------------------------ storage

/** What became of one contact of an intake (A5). */
export type Intake =
  { readonly kind: 'stored' } | { readonly kind: 'duplicate' } | { readonly kind: 'other-content' } | { readonly kind: 'number-active' };

export interface ContactFilter {
  readonly campaign?: string;
  readonly status?: ContactStatus;
  readonly result?: CallResult;
  readonly list?: number;
  readonly numberKey?: string;
  /** seq of the last one seen; 0 = from the begin */
  readonly after: number;
  readonly limit: number;
}

export interface DialerStore {
  /**
   * One transaction for all; in order. An id that is there with the same content is a duplicate, with other content
   * refused. `strictSameNumber`: refuses a number that is in an active call (406). Rejects TDM_STORE_DOWN: then nothing is stored.
   */
  intake(contacts: readonly NewContact[], nowMs: number, options: { readonly strictSameNumber: boolean }): Promise<readonly Intake[]>;
  /** Hopper: the next contacts of a campaign that are due, judged. Contacts that must wait or are final are moved on (`hold` rows), and others looked at, at most `scanMax`. */
  nextContacts(
    campaign: Campaign,
    ask: { readonly count: number; readonly scanMax: number; readonly leaveOut: ReadonlySet<string>; readonly nowMs: number },
    judge: Judge,
    fence: number,
  ): Promise<readonly { readonly contact: Contact; readonly guaranteedOnly: boolean }[]>;
  /**
   * Claims for calls: in one transaction, in this order, at most `countMax`, pending -> `to`, each judged again with fresh
   * facts; `dials` grows by one, dial_time = now. Two contacts with one number never both pass. What is granted comes as it was
   * read for the gates: a list may have replaced it since the hopper was filled. Rejects TDM_STANDBY when the fence is old.
   */
  claim(
    order: {
      readonly campaign: Campaign;
      readonly contacts: readonly string[];
      readonly countMax: number;
      readonly to: 'dialed' | 'agent_pending';
      readonly nowMs: number;
    },
    judge: Judge,
    fence: number,
  ): Promise<{
    readonly granted: readonly { readonly contactId: string; readonly callId: string; readonly contact: Contact }[];
    /** taken: by somebody else, or gone; list: its list is not active any more */
    readonly refused: readonly { readonly contactId: string; readonly gate: Gate | 'taken' | 'list' }[];
  }>;
  /** All in one transaction, in order; saving the same changes twice is the same as once (call id is unique). The result: for each, whether its transition changed a row. */
  save(changes: readonly DialerChange[], fence: number): Promise<readonly boolean[]>;
  /** Contacts in `dialed` or `agent_pending`. */
  active(): Promise<readonly ActiveContact[]>;
  activeCounts(): Promise<{ readonly dialed: number; readonly agentPending: number }>;
  /** Running campaigns: due contacts (counted up to `countMax` each) and the oldest received. */
  eligible(
    campaigns: readonly string[],
    nowMs: number,
    countMax: number,
  ): Promise<ReadonlyMap<string, { readonly count: number; readonly oldestReceivedMs: number }>>;
  /** Contacts whose end_time is over: ended, EXPIRED; at most `limit` each time. `messageOf`: what goes into the outbox with one. */
  expire(nowMs: number, limit: number, messageOf?: (contact: Contact) => OutboxMessage | undefined): Promise<number>;

  /**
   * Every 10 minutes (B7), campaign by campaign: counts are made to agree with the contacts. The first part, after '', also frees
   * numbers of calls that are not there (somebody changed rows by hand). How many rows were wrong, and the campaign that was
   * looked at, to go on after; undefined: that was all. Rejects TDM_STANDBY when the fence is old.
   */
  reconcile(fence: number, after: string): Promise<{ readonly wrong: number; readonly campaign: string | undefined }>;

  /**
   * What the gates look at, for `why` and `explain`: of these contacts, or of the campaign's next ones (pending, by next
   * attempt) at most `limit`. Read only, nothing is moved on; a contact that is not there is left out.
   */
  gateFacts(
    campaign: Campaign,
    which: { readonly contacts: readonly string[] } | { readonly limit: number },
    nowMs: number,
  ): Promise<readonly GateFacts[]>;

  // ---- control (A13); undefined = no contact with that campaign id
  start(campaign: string, nowMs: number): Promise<number | undefined>;
  stop(campaign: string, nowMs: number): Promise<number | undefined>;
  purge(campaign: string, nowMs: number): Promise<number | undefined>;

  // ---- campaigns
  campaigns(): Promise<readonly Campaign[]>;
  campaign(id: string): Promise<Campaign | undefined>;
  /** Insert or replace; rejects TDM_CONFLICT when `revision` is not the stored one (0 = new). The stored one. */
  putCampaign(campaign: Campaign, audit: DialerAuditEntry): Promise<Campaign>;
  /** Rejects TDM_CONFLICT while contacts of it are active. */
  removeCampaign(id: string, audit: DialerAuditEntry): Promise<boolean>;
  setState(id: string, state: CampaignState, audit: DialerAuditEntry): Promise<boolean>;

  // ---- contacts
  contact(id: string): Promise<Contact | undefined>;
  contacts(filter: ContactFilter): Promise<readonly Contact[]>;
  /** By status and result, from counters. */
  contactCounts(
    campaign: string,
  ): Promise<readonly { readonly status: ContactStatus; readonly result: CallResult | undefined; readonly count: number }[]>;
  /** Pending contacts whose list is not active: nobody calls them. */
  idleContacts(campaign: string): Promise<number>;
  /** Disposition, callback, recycle, next attempt: of a contact without an active call. False: no such, or active. */
  reviseContact(id: string, change: ContactRevision, audit: DialerAuditEntry): Promise<boolean>;
  callbacks(filter: { readonly agent?: string; readonly campaign?: string; readonly limit: number }): Promise<readonly Contact[]>;

  // ---- calls
  calls(filter: CallFilter): Promise<readonly CallRecord[]>;
  /** Sums of calls by campaign for windows and reports, in buckets of 5 minutes: from `dialer_counters`, written by `save`. */
  counters(campaign: string | undefined, fromMs: number, toMs: number): Promise<readonly CounterRow[]>;
  /** Calls placed from then on by list, of the newest; and of finished contacts so many by attempts (`sql/dialer-breakdown.ts`). */
  breakdown(campaign: string, fromMs: number): Promise<CampaignBreakdown>;
  saveDecisions(rows: readonly { readonly atMs: number; readonly group: string; readonly decision: Decision }[]): Promise<void>;
  decisions(group: string, fromMs: number, limit: number): Promise<readonly Decision[]>;
  /**
   * Of one key: what the engine learned (`pacer:<queue>`, ...), `settings` (changed while running), `suppression:<list>`
   * (`{atMs}`: when a national list was last brought up to date, for the gate dnc).
   */
  putLearned(key: string, snapshot: unknown, atMs: number): Promise<void>;
  learned(): Promise<ReadonlyMap<string, unknown>>;

  // ---- DNC
  addDnc(entries: readonly DncEntry[], audit: DialerAuditEntry): Promise<number>;
  removeDnc(entries: readonly Pick<DncEntry, 'number' | 'isPrefix' | 'scope'>[], audit: DialerAuditEntry): Promise<number>;
  findDnc(numberKeys: readonly string[], nowMs: number): Promise<ReadonlyMap<string, readonly DncEntry[]>>;
  /** By number and scope. `after`: `<number> <scope>` of the last one seen, `<number>* <scope>` of a prefix; '' = from the begin. */
  dnc(filter: { readonly scope?: string; readonly after: string; readonly limit: number }): Promise<readonly DncEntry[]>;

  // ---- outbox of the voice connector
  /** What is due, at most one message of each call: the oldest that waits. The others come when it is delivered or given up. */
  outboxDue(
    nowMs: number,
    limit: number,
  ): Promise<readonly (OutboxMessage & { readonly id: number; readonly tries: number; readonly createdAtMs: number })[]>;
  outboxDone(id: number): Promise<void>;
  /** nextAtMs undefined: given up */
  outboxFailed(id: number, problem: string, nextAtMs: number | undefined): Promise<void>;
  outboxCount(): Promise<{ readonly waiting: number; readonly dead: number }>;

  // ---- audit, chained by hash (B10)
  audit(filter: {
    readonly object?: string;
    readonly fromMs?: number;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly (DialerAuditEntry & { readonly seq: number; readonly hash: string })[]>;
  writeAudit(entries: readonly DialerAuditEntry[]): Promise<void>;
  /** seq of the first row whose hash does not fit; undefined = the chain is whole */
  verifyAudit(): Promise<number | undefined>;

  readonly lists: ContactLists;
}

export interface ContactRevision {
  readonly status?: 'pending' | 'ended';
  readonly result?: CallResult;
  readonly nextAttemptAtMs?: number;
  readonly callback?:
    { readonly atMs: number; readonly agent: string | undefined; readonly patienceUntilMs: number | undefined } | undefined;
  readonly disposition?: string;
  readonly dnc?: readonly DncEntry[];
}

export interface CallFilter {
  readonly campaign?: string;
  readonly contact?: string;
  readonly numberKey?: string;
  readonly result?: CallResult;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** `placedAtMs callId` of the last one seen; '' = newest */
  readonly before: string;
  readonly limit: number;
}

export interface CampaignBreakdown {
  /** `listId` undefined: contacts of no list */
  readonly lists: readonly { readonly listId: number | undefined; readonly calls: number; readonly answered: number }[];
  readonly finished: readonly { readonly attempts: number; readonly contacts: number }[];
  /** calls of the campaign ever, as far as sums are kept */
  readonly placed: number;
}

/** One campaign, five minutes. */
export interface CounterRow {
  readonly campaign: string;
  /** begin, Unix ms, a multiple of 300,000; by the moment of the end of the call, for abandonment the answer */
  readonly bucketMs: number;
  readonly placed: number;
  readonly answered: number;
  /** answered by a person, as far as known */
  readonly persons: number;
  readonly connected: number;
  readonly connectedIvr: number;
  readonly abandoned: number;
  readonly customerDropped: number;
  /** judged by AMD */
  readonly machines: number;
  /** connected, and the agent said machine (disposition) */
  readonly machinesByAgent: number;
  readonly busy: number;
  readonly noAnswer: number;
  readonly invalid: number;
  readonly trunk: number;
  readonly other: number;
  readonly talkMs: number;
  readonly ringMs: number;
  readonly waitMs: number;
  readonly optedOut: number;
  readonly messagesPlayed: number;
}

// ------------------------------------------------------------------ lists (B7)

export type ListState = 'loading' | 'inactive' | 'active' | 'failed' | 'unloaded';

export interface ContactList {
  readonly id: number;
  readonly campaign: string;
  readonly name: string;
  readonly state: ListState;
  /** SHA-256 of the file, '' while unknown; a load of the same file goes on at `offset` */
  readonly fileHash: string;
  readonly offset: number;
  readonly rowsRead: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly invalid: number;
  readonly blocked: number;
  readonly noTimeZone: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly problem: string | undefined;
}

export interface ContactLists {
  /** rows of one batch: with more of them others wait for the database for longer than a dial cycle can bear */
  readonly batchRows: BatchBounds;
  create(list: Pick<ContactList, 'campaign' | 'name' | 'fileHash' | 'startedAtMs'>): Promise<ContactList>;
  /** An unfinished load of the same file into the same campaign. */
  unfinished(campaign: string, fileHash: string): Promise<ContactList | undefined>;
  /**
   * One batch and the list's new counts, in one transaction, so that a load goes on where it stopped. `duplicates`: `skip`
   * leaves the stored contact, `replace` renews one that is not in a call, `allow` stores beside it when only the number
   * is the same; `within` says where numbers are compared; ids are always unique in a campaign. The result, row by row.
   */
  load(
    listId: number,
    rows: readonly NewContact[],
    rule: { readonly duplicates: 'skip' | 'replace' | 'allow'; readonly within: 'list' | 'campaign' | 'all' },
    progress: Pick<ContactList, 'offset' | 'rowsRead' | 'invalid' | 'blocked' | 'noTimeZone'>,
    nowMs: number,
  ): Promise<readonly ('stored' | 'replaced' | 'duplicate')[]>;
  finish(listId: number, state: ListState, problem: string | undefined, nowMs: number): Promise<void>;
  list(filter: { readonly campaign?: string; readonly after: number; readonly limit: number }): Promise<readonly ContactList[]>;
  find(listId: number): Promise<ContactList | undefined>;
  setState(listId: number, state: 'active' | 'inactive', audit: DialerAuditEntry): Promise<boolean>;
  /** Removes its pending contacts; how many. */
  unload(listId: number, audit: DialerAuditEntry): Promise<number>;
}
