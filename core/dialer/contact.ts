/** A contact as it is stored (dialer.md A2, B7), and the calls that were made to it. Times are Unix ms. */
import type { CallProgress } from './changes.js';
import type { AmdVerdict, CallResult, CampaignMode, CampaignType, ContactStatus, DialingMode, RoutingMode } from './words.js';

/** What the campaign manager, a list or a person gives; checked already (A2 validation). */
export interface NewContact {
  /** UUID of contact and call, at most 40 of `[A-Za-z0-9_.:@-]` */
  readonly id: string;
  /** as it is dialled */
  readonly customerNumber: string;
  readonly campaignType: CampaignType;
  /** '' = the campaign's */
  readonly gatewayId: string;
  readonly campaignContactId: string | undefined;
  readonly campaignId: string;
  /** undefined = open, each */
  readonly startTimeMs: number | undefined;
  readonly endTimeMs: number | undefined;
  /** 1 to 10 */
  readonly priority: number;
  readonly ivr: string | undefined;
  /** undefined: the campaign's mode */
  readonly dialingMode: DialingMode | undefined;
  readonly routingMode: RoutingMode | undefined;
  readonly resourceId: string | undefined;
  readonly queueName: string | undefined;
  readonly tenantId: string | undefined;
  readonly listId: number | undefined;
  /** digits of the number in E.164 where that can be found out, else its digits: key for DNC, caps and the same-number rule */
  readonly numberKey: string;
  /** further numbers, in order (B6); as dialled */
  readonly numbers: readonly string[];
  /** IANA zones that the contact may live in; empty: unknown. A window must be open in all of them (B4). */
  readonly zones: readonly string[];
  /** region for stricter rules, ISO 3166-2 (`US-FL`), where known */
  readonly region: string | undefined;
  /** consent: undefined = none known; until, Unix ms (Infinity = without end) */
  readonly consentUntilMs: number | undefined;
  /** a person answered an earlier call of ours, said by whoever gives it */
  readonly answeredBefore: boolean;
  /** customer's fields: name, lead id, anything; at most 4 KiB as JSON */
  readonly data: Readonly<Record<string, string>>;
}

export interface Contact extends NewContact {
  /** order of arrival */
  readonly seq: number;
  readonly status: ContactStatus;
  readonly callResult: string | undefined;
  readonly result: CallResult | undefined;
  readonly receivedTimeMs: number;
  readonly dialTimeMs: number | undefined;
  /** calls that count (B5 column A) */
  readonly attempts: number;
  /** calls placed, counted or not: makes the next call id */
  readonly dials: number;
  /** of them with each result, for B6 */
  readonly resultCounts: Readonly<Partial<Record<CallResult, number>>>;
  /** attempts by part of the day (B6) */
  readonly partCounts: readonly number[];
  /** which of [customerNumber, ...numbers] is next */
  readonly numberIndex: number;
  /** not before; equals receivedTimeMs for a fresh one */
  readonly nextAttemptAtMs: number;
  readonly callbackAtMs: number | undefined;
  readonly callbackAgent: string | undefined;
  /** until then the callback waits for its agent alone */
  readonly callbackPatienceUntilMs: number | undefined;
  /** agents to whom it is not offered again before (preview skip) */
  readonly skippedBy: Readonly<Record<string, number>>;
  /** set by an agent after a talk */
  readonly disposition: string | undefined;
}

/** One that is in a call, with what is stored of that. */
export interface ActiveContact extends Contact {
  readonly progress?: CallProgress | undefined;
}

/** Channel id of a call: the contact's id for its first call (A2), then numbered. */
export const callIdOf = (contactId: string, dials: number): string => (dials <= 1 ? contactId : `${contactId}.${dials}`);
/** Which call of the contact it is; 0: none of its. */
export function dialsOf(contactId: string, callId: string): number {
  if (callId === contactId) return 1;
  const number = callId.startsWith(`${contactId}.`) ? callId.slice(contactId.length + 1) : '';
  return /^[1-9]\d{0,5}$/.test(number) ? Number(number) : 0;
}

/** One call, as it is recorded when it has ended (table dialer_attempts), and what the dialer knows of it before. */
export interface CallRecord {
  /** channel id */
  readonly callId: string;
  readonly contactId: string;
  readonly campaignId: string;
  readonly listId: number | undefined;
  readonly mode: CampaignMode;
  readonly number: string;
  readonly numberKey: string;
  readonly callerId: string;
  readonly switch: string;
  readonly gateway: string;
  readonly placedAtMs: number;
  readonly ringingAtMs: number | undefined;
  readonly answeredAtMs: number | undefined;
  /** when it began to wait for an agent (after AMD, or the key in an IVR) */
  readonly offeredAtMs: number | undefined;
  readonly bridgedAtMs: number | undefined;
  readonly endedAtMs: number;
  /** cause by name, as the switch says; literal `call_result` */
  readonly cause: string;
  readonly q850: number | undefined;
  readonly sip: number | undefined;
  readonly result: CallResult;
  readonly countsAsAttempt: boolean;
  readonly agent: string | undefined;
  readonly amd: AmdVerdict | undefined;
  /** safe-harbour message: when it began and how much was heard */
  readonly messageAtMs: number | undefined;
  readonly messageMs: number | undefined;
  readonly optedOut: boolean;
  /** by whom the call was ended, as far as known */
  readonly endedBy: 'customer' | 'us' | 'unknown';
  /** time of the pacer's decision that placed it; undefined outside power and predictive */
  readonly decisionAtMs: number | undefined;
  readonly recording: string | undefined;
}

/**
 * Where a call counts in sums over time, and in the windows of the abandonment figure: where somebody answered, abandoned and
 * connected alike, or else where it ended.
 */
export const countedAtMs = ({ answeredAtMs, endedAtMs }: Pick<CallRecord, 'answeredAtMs' | 'endedAtMs'>): number =>
  answeredAtMs ?? endedAtMs;
