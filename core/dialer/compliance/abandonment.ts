/**
 * The abandonment figure of a campaign in its profile's window (dialer.md B4): abandoned / (connected + abandoned) among
 * calls that a person answered. Raw, and adjusted for what machines do to it.
 */
import type { CounterRow } from '../../dialer-ports.js';
import { instantOf, localTime, pad2 } from '../../time.js';
import type { Campaign } from '../campaign.js';
import type { Profile } from './profile.js';

export interface AbandonFigure {
  /** begin of the window, Unix ms: read counters from here */
  readonly fromMs: number;
  /** connected to an agent; those that the agent called a machine are left out */
  readonly connected: number;
  readonly abandoned: number;
  /** 0 without calls */
  readonly share: number;
  readonly adjusted: {
    readonly connected: number;
    readonly abandoned: number;
    readonly share: number;
    /** amd: persons whom AMD took for machines are added; agents: the share of machines that agents report is deducted */
    readonly how: 'amd' | 'agents' | 'none';
  };
  readonly cap: number;
  /** the worse of both is at the cap: dialled 1:1 until it is below again */
  readonly isAtCap: boolean;
  /** what the pacer gets: the worse of both */
  readonly steering: { readonly connected: number; readonly abandoned: number };
  /** calls that may still be abandoned before the cap is reached, if no other comes */
  readonly left: number;
}

const dayMs = 86_400_000;
/** width of a counter (dialer_counters) */
const counterMs = 300_000;
const floorTo = (ms: number, step: number): number => Math.floor(ms / step) * step;

/** From when on counters are needed. The bucket in which the window begins belongs to it: it is never too short. */
export function windowStart(campaign: Pick<Campaign, 'startedAtMs' | 'timeZone'>, profile: Profile, nowMs: number): number {
  const { abandonWindow: window } = profile;
  if (window.kind === 'month') return monthStart(nowMs, campaign.timeZone === '' ? 'UTC' : campaign.timeZone);
  const start = floorTo(nowMs - window.ms, window.bucketMs);
  if (!window.orCampaign || campaign.startedAtMs === undefined) return start;
  return Math.max(start, floorTo(campaign.startedAtMs, window.bucketMs));
}

function monthStart(ms: number, zone: string): number {
  const t = localTime(ms, zone);
  return instantOf(`${String(t.year).padStart(4, '0')}-${pad2(t.month)}-01 00:00:00`, zone) ?? ms;
}

/** The windows that touch a period, in order: successive ones, each by itself (B4); at most `countMax`, the latest. */
export function windowsOf(
  campaign: Pick<Campaign, 'startedAtMs' | 'timeZone'>,
  profile: Profile,
  fromMs: number,
  toMs: number,
  countMax: number,
): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const { abandonWindow: window } = profile;
  const out: { fromMs: number; toMs: number }[] = [];
  const zone = campaign.timeZone === '' ? 'UTC' : campaign.timeZone;
  let end = toMs;
  while (end > fromMs && out.length < countMax) {
    const begin = window.kind === 'month' ? monthStart(end - 1, zone) : Math.max(beginOfRolling(campaign, window, fromMs, end), fromMs);
    out.unshift({ fromMs: Math.max(begin, fromMs), toMs: end });
    end = Math.min(begin, end - 1);
  }
  return out;
}

/** Rolling windows are laid end to end from the bucket of the campaign's start, a day from midnight UTC. */
function beginOfRolling(campaign: Pick<Campaign, 'startedAtMs'>, { ms: spanMs, bucketMs }: Rolling, fromMs: number, endMs: number): number {
  const origin = spanMs <= dayMs ? 0 : floorTo(campaign.startedAtMs ?? fromMs, bucketMs);
  return origin + Math.floor((endMs - 1 - origin) / spanMs) * spanMs;
}

type Rolling = Extract<Profile['abandonWindow'], { readonly kind: 'rolling' }>;

/** The period in whole counters: none of the calls in it is left out, some minutes more at either end may belong to it. */
export const inWholeCounters = (fromMs: number, toMs: number): { readonly fromMs: number; readonly toMs: number } => ({
  fromMs: floorTo(fromMs, counterMs),
  toMs: floorTo(toMs - 1, counterMs) + counterMs,
});

const shareOf = (abandoned: number, connected: number): number => (abandoned + connected > 0 ? abandoned / (abandoned + connected) : 0);

/** Sums of the rows; which of them belong is the caller's choice. */
export function figureOf(
  campaign: Pick<Campaign, 'abandonCap' | 'amd'>,
  profile: Profile,
  rows: readonly CounterRow[],
  fromMs: number,
): AbandonFigure {
  let [answeredByAgent, machinesByAgent, abandoned, machines] = [0, 0, 0, 0];
  for (const row of rows) {
    answeredByAgent += row.connected;
    machinesByAgent += row.machinesByAgent;
    abandoned += row.abandoned;
    machines += row.machines;
  }
  const connected = Math.max(0, answeredByAgent - machinesByAgent);
  const adjusted = adjust(campaign.amd.mode !== 'off', profile, { connected, abandoned, machines, machinesByAgent, answeredByAgent });
  const share = shareOf(abandoned, connected);
  const steering = adjusted.share > share ? { connected: adjusted.connected, abandoned: adjusted.abandoned } : { connected, abandoned };
  const cap = Math.min(campaign.abandonCap, profile.abandonCap);
  const worse = Math.max(share, adjusted.share);
  const left = cap >= 1 ? Infinity : (cap * (steering.connected + steering.abandoned) - steering.abandoned) / (1 - cap);
  return {
    fromMs,
    connected,
    abandoned,
    share,
    adjusted,
    cap,
    isAtCap: steering.abandoned > 0 && worse >= cap,
    steering,
    // a whole number of calls; what floating point makes of a whole one is forgiven
    left: Math.max(0, Math.floor(left + 1e-9)),
  };
}

interface Sums {
  readonly connected: number;
  readonly abandoned: number;
  readonly machines: number;
  readonly machinesByAgent: number;
  readonly answeredByAgent: number;
}

function adjust(hasAmd: boolean, profile: Profile, sums: Sums): AbandonFigure['adjusted'] {
  const { connected } = sums;
  if (hasAmd) {
    const abandoned = sums.abandoned + profile.amdFalsePositiveShare * sums.machines;
    return { connected, abandoned, share: shareOf(abandoned, connected), how: 'amd' };
  }
  if (sums.machinesByAgent === 0 || sums.answeredByAgent === 0)
    return { connected, abandoned: sums.abandoned, share: shareOf(sums.abandoned, connected), how: 'none' };
  const abandoned = sums.abandoned * (1 - Math.min(1, sums.machinesByAgent / sums.answeredByAgent));
  return { connected, abandoned, share: shareOf(abandoned, connected), how: 'agents' };
}

/**
 * The figure of the window that ends now. `rows`: of this campaign; those outside the window are left out. Where the law looks at
 * each further window from the campaign's start by itself, "or portion thereof" (16 CFR 310.4), the one under way counts when it is
 * worse: days without an abandoned call before it are no credit.
 */
export function abandonFigure(campaign: Campaign, profile: Profile, rows: readonly CounterRow[], nowMs: number): AbandonFigure {
  const figureFrom = (fromMs: number): AbandonFigure => {
    const own = rows.filter((row) => row.campaign === campaign.id && row.bucketMs >= fromMs && row.bucketMs <= nowMs);
    return figureOf(campaign, profile, own, fromMs);
  };
  const { abandonWindow: window } = profile;
  const rolling = figureFrom(windowStart(campaign, profile, nowMs));
  if (window.kind !== 'rolling' || !window.orCampaign || campaign.startedAtMs === undefined) return rolling;
  const portion = figureFrom(Math.max(beginOfRolling(campaign, window, nowMs, nowMs + 1), rolling.fromMs));
  return worstShare(portion) > worstShare(rolling) ? portion : rolling;
}

const worstShare = ({ share, adjusted }: AbandonFigure): number => Math.max(share, adjusted.share);
