/**
 * What the CRM connector needs from outside, and what it offers to its doors (crm-vtiger 1, 9). `sql/` implements the
 * store. Times are Unix ms. A binding is one CRM with its own secret, dialect, zone, extensions and lanes.
 */
import type { CrmLetters } from './crm-letter-ports.js';
import type { Channel, JournalCall, Outcome } from './journal/call.js';
import type { JournalEvent } from './journal/events.js';
import type { JournalNotice } from './journal/notices.js';

export type CrmDialect = 'vtiger' | 'vtiger-sp' | 'vtiger-ws' | 'yetiforce' | 'webhook' | 'gravitel';

// ------------------------------------------------------------------ storage

/** A message to a CRM, in the lane of its binding and call: sent strictly by `seq`. */
export interface NewCrmMessage {
  readonly binding: string;
  readonly callId: string;
  /** grows within the lane; the pair (binding, call, seq) is unique, so saving twice is the same as once */
  readonly seq: number;
  /** `StartApp`, `DialBegin`, `call.started`, `ws.create` ... */
  readonly event: string;
  /** JSON: fields of a form in order, or a webhook's body */
  readonly payload: string;
  readonly createdAtMs: number;
}

export interface CrmMessage extends NewCrmMessage {
  readonly id: number;
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly lastError: string | undefined;
}

export interface CrmLaneCounts {
  readonly pending: number;
  readonly oldestMs: number | undefined;
  readonly dead: number;
}

/** A call as it is found later: by its id, its number, its recording. */
export interface JournalRow {
  readonly id: string;
  readonly switch: string;
  readonly direction: string;
  readonly state: string;
  readonly number: string;
  readonly extension: string;
  readonly outcome: Outcome | undefined;
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly call: JournalCall;
}

export interface JournalFilter {
  readonly number?: string;
  readonly extension?: string;
  readonly outcome?: Outcome;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** `startedAtMs id` of the last one seen; '' = newest */
  readonly before: string;
  readonly limit: number;
}

/** `lastError` of a message while it is sent: whoever finds it so does not know whether it was done, or still is. */
export const underWay = 'being sent';

export interface CrmStore extends CrmLetters {
  /** Calls that are not done, or have living channels still, oldest first: a journal goes on with them. */
  openCalls(switchName: string): Promise<readonly JournalCall[]>;
  /** Switches of which calls are stored, open or not. */
  switches(): Promise<readonly string[]>;
  /**
   * Newest state of each changed call and the messages that follow from it, in one transaction. Repeating it changes
   * nothing. Rejects TDM_STANDBY when the lease of the queues has another fence than this.
   */
  save(batch: { readonly calls: readonly JournalCall[]; readonly messages: readonly NewCrmMessage[] }, fence?: number): Promise<void>;
  call(id: string): Promise<JournalCall | undefined>;
  calls(filter: JournalFilter): Promise<readonly JournalRow[]>;
  /** Highest `seq` of each lane of these calls, for a start; key `binding callId`. */
  lastSeqs(callIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The first undelivered message of each lane of a binding that is due, oldest first; of these calls, where some are named. */
  due(binding: string, nowMs: number, limit: number, calls?: readonly string[]): Promise<readonly CrmMessage[]>;
  /** False when it was settled before. */
  delivered(id: number, atMs: number): Promise<boolean>;
  /** Notes that it is `underWay`, before one that makes a row is sent. False: somebody else has noted it, or tried it, since it was read. */
  claim(id: number, attempts: number): Promise<boolean>;
  /** It was not sent after all; nothing where somebody else has looked into it meanwhile. */
  unclaim(id: number, attempts: number, error: string): Promise<void>;
  postponed(id: number, change: { readonly attempts: number; readonly nextAtMs: number; readonly error: string }): Promise<void>;
  /** Its lane goes on without it. */
  bury(id: number, error: string, atMs: number): Promise<void>;
  counts(binding: string): Promise<CrmLaneCounts>;
  /** When the next message of a binding is due; undefined: none waits. */
  nextDue(binding: string): Promise<number | undefined>;
  /**
   * Removes delivered messages older than a day, dead ones older than 30 days, calls older than `callsMsMax`, or
   * `unpurgedMsMax` while retention is not done with their recordings; at most `limit` rows each.
   */
  prune(nowMs: number, options: { readonly callsMsMax: number; readonly unpurgedMsMax?: number; readonly limit: number }): Promise<number>;
  /**
   * Calls that are over, begun before `beforeMs`, and whose recordings were not looked at by retention; oldest first, behind
   * `place` ('' = from the begin). `next`: where to go on, also when this part had none; undefined: that was all.
   */
  unpurgedCalls(
    place: string,
    beforeMs: number,
    limit: number,
  ): Promise<{ readonly calls: readonly JournalCall[]; readonly next: string | undefined }>;
  /** A recording was removed by retention, or its file was: `/recording` answers 410. */
  recordingPurged(callId: string, atMs: number): Promise<void>;
  isRecordingPurged(callId: string): Promise<boolean>;
}

// ------------------------------------------------------------------ the running journal

export interface CallJournal {
  tell(event: JournalEvent): void;
  /** open, or stored */
  find(callId: string): Promise<JournalCall | undefined>;
  /** of this moment; undefined when it is not open */
  open(callId: string): JournalCall | undefined;
  openCalls(): readonly JournalCall[];
  onNotice(listener: (notice: JournalNotice, atMs: number) => void): () => void;
}

// ------------------------------------------------------------------ requests of a CRM, on a switch

/** Outcome for the door: one word for the CRM, a code for the log (3.1). */
export type CrmAnswer =
  | { readonly ok: true }
  /** `isUnsure`: the switch had the order, and may carry it out all the same */
  | { readonly ok: false; readonly code: string; readonly status: number; readonly isUnsure?: true };

/** Calls that a CRM orders, on one switch. Rejections are TandemErrors of the switch. */
export interface CrmSwitch {
  readonly name: string;
  readonly kind: 'asterisk' | 'freeswitch';
  isUp(): boolean;
  /**
   * The user's phone first, then the number (3.1). Resolves when the order is given and no early failure came within
   * `settleMs`; `{ok: false}` with the reason otherwise.
   */
  clickToCall(order: {
    readonly callId: string;
    /** channel of the user's phone, from the extension map */
    readonly channel: string;
    readonly extension: string;
    readonly number: string;
    readonly context: string;
    readonly binding: string;
    readonly settleMs: number;
    readonly ringMs: number;
    /** The user was not reached after all, later than `settleMs`. Not called where the end of his channel tells it, or where nobody knows. */
    readonly onUnreached?: () => void;
  }): Promise<CrmAnswer>;
  /** The dialplan has this place; undefined: cannot be asked. */
  hasExtension(context: string, extension: string): Promise<boolean | undefined>;
  blindTransfer(channel: CrmChannel, to: { readonly context: string; readonly extension: string }): Promise<CrmAnswer>;
  redirect(channel: CrmChannel, to: { readonly context: string; readonly extension: string }): Promise<CrmAnswer>;
  attendedTransfer(channel: CrmChannel, to: { readonly context: string; readonly extension: string }): Promise<CrmAnswer>;
  cancelAttended(channel: CrmChannel): Promise<CrmAnswer>;
  /** Pause and resume of one recording on a channel (B57); Asterisk knows the channel's recordings only together. */
  muteRecording(channel: CrmChannel, file: string, isMuted: boolean): Promise<CrmAnswer>;
}

/** A channel as either switch wants it named. */
export type CrmChannel = Pick<Channel, 'name' | 'uniqueId'>;

// ------------------------------------------------------------------ who is responsible (section 6)

export type ResponsibleStatus = 'FOUND' | 'NOUSER' | 'NOTFOUND' | 'BADNUMBER' | 'TIMEOUT' | 'ERROR';

export interface Responsible {
  readonly status: ResponsibleStatus;
  /** '' = none, each */
  readonly extension: string;
  readonly name: string;
  readonly record: string;
  /** of the customer, where the CRM says it */
  readonly customerName?: string;
  /** of the record in a vTiger: `Contacts`, `Leads`; for a link to it */
  readonly module?: string | undefined;
}

/** One source of a binding; rejects when it cannot be asked. */
export interface ResponsibleSource {
  find(number: string, timeoutMs: number): Promise<Responsible>;
}
