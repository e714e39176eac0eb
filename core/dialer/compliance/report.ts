/** Compliance report of a campaign and period, for an officer (dialer.md B10). */
import type { CounterRow } from '../../dialer-ports.js';
import type { Campaign } from '../campaign.js';
import type { CallRecord } from '../contact.js';
import type { Profile } from './profile.js';

export interface ComplianceInput {
  readonly campaign: Campaign;
  readonly profile: Profile;
  readonly fromMs: number;
  readonly toMs: number;
  readonly counters: readonly CounterRow[];
  /** ended calls of the period that bear witness: abandoned, unanswered, with a message; `isWhole` false when cut */
  readonly calls: readonly CallRecord[];
  readonly isWhole: boolean;
  /** contacts that ended blocked, by result */
  readonly blocked: Readonly<Record<string, number>>;
  readonly suppression: ReadonlyMap<string, number>;
  readonly madeAtMs: number;
}

export interface ComplianceReport {
  readonly text: string;
  readonly csv: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export function complianceReport(_input: ComplianceInput): ComplianceReport {
  throw new Error('complianceReport is being built');
}
