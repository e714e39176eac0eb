/** The abandonment figure of a campaign in its profile's window (dialer.md B4). */
import type { CounterRow } from '../../dialer-ports.js';
import type { Campaign } from '../campaign.js';
import type { Profile } from './profile.js';

export interface AbandonFigure {
  /** begin of the window, Unix ms: read counters from here */
  readonly fromMs: number;
  readonly connected: number;
  readonly abandoned: number;
  readonly share: number;
  /** with what AMD took for machines, or less the machines that agents report */
  readonly adjusted: {
    readonly connected: number;
    readonly abandoned: number;
    readonly share: number;
    readonly how: 'amd' | 'agents' | 'none';
  };
  readonly cap: number;
  /** the worse of raw and adjusted is at the cap: dialled 1:1 */
  readonly isAtCap: boolean;
  /** what the pacer gets: the worse of both */
  readonly steering: { readonly connected: number; readonly abandoned: number };
}

/** From when on counters are needed. */
export function windowStart(_campaign: Pick<Campaign, 'startedAtMs' | 'timeZone'>, _profile: Profile, _nowMs: number): number {
  throw new Error('windowStart is being built');
}

/** `rows`: of this campaign; those outside the window are left out. */
export function abandonFigure(_campaign: Campaign, _profile: Profile, _rows: readonly CounterRow[], _nowMs: number): AbandonFigure {
  throw new Error('abandonFigure is being built');
}
