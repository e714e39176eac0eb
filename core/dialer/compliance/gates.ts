/** The gates before each call, in the order of `gates` (dialer.md B4). What cannot be evaluated blocks. */
import type { GateFacts, GateVerdict, Judge } from '../../dialer-ports.js';
import type { Campaign, DialerSettings } from '../campaign.js';
import type { Gate } from '../words.js';
import type { Profile } from './profile.js';

export interface GateContext {
  readonly campaign: Campaign;
  /** undefined: the campaign names one that nobody knows; everything waits */
  readonly profile: Profile | undefined;
  readonly settings: Pick<DialerSettings, 'strictSameNumber'>;
  /** when each suppression list was last brought up to date, Unix ms; not there = never */
  readonly suppression: ReadonlyMap<string, number>;
  /** the campaign dials 1:1 now (abandonment at the cap): each call has its agent */
  readonly isForcedOneToOne: boolean;
  /**
   * `fill`: contacts that need a guaranteed agent pass with `guaranteedOnly`; `claim`: they pass only when `isGuaranteed`
   * (field of the effect `claim`).
   */
  readonly purpose: 'fill' | 'claim';
  readonly isGuaranteed?: boolean;
  /** gateways that may be dialled now; undefined = any that is named */
  readonly isGatewayUsable?: (gateway: string) => boolean;
  /** agents of the campaign who are here; undefined = not looked at (callback-agent, skip-hold) */
  readonly agents?: ReadonlySet<string>;
}

export function createGates(_context: GateContext): Judge {
  throw new Error('createGates is being built');
}

/** Every gate with what it says, for `tandem explain contact`. */
export function explainGates(
  _context: GateContext,
  _facts: GateFacts,
  _nowMs: number,
): {
  readonly gates: readonly { readonly gate: Gate; readonly passes: boolean; readonly detail: string }[];
  readonly first: Gate | undefined;
  readonly verdict: GateVerdict;
} {
  throw new Error('explainGates is being built');
}
