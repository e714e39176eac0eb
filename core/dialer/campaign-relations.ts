/** What a campaign may not be under its profile, and what its parts demand of each other (dialer.md B2 to B4). */
import type { Campaign } from './campaign.js';
import type { Profile } from './compliance/profile.js';

export interface FieldProblem {
  /** `retry.BUSY.delays_s[1]` */
  readonly field: string;
  readonly message: string;
}

const seconds = (ms: number): string => `${String(ms / 1_000)} s`;

/** Places calls before an agent is free. */
export const isRisky = ({ mode }: Pick<Campaign, 'mode'>): boolean => mode === 'POWER' || mode === 'PREDICTIVE';

export function relationProblems(campaign: Campaign, profile: Profile): readonly FieldProblem[] {
  return [...againstProfile(campaign, profile), ...amongThemselves(campaign), ...(isRisky(campaign) ? ofRisk(campaign, profile) : [])];
}

type Row = readonly [isWrong: boolean, field: string, message: string];
const wrongOnes = (rows: readonly Row[]): FieldProblem[] =>
  rows.filter(([isWrong]) => isWrong).map(([, field, message]) => ({ field, message }));

function againstProfile(c: Campaign, p: Profile): readonly FieldProblem[] {
  const by = `by profile ${p.name}`;
  return wrongOnes([
    [!p.modes.includes(c.mode), 'mode', `${c.mode} is not allowed ${by}: ${p.modes.join(', ')}`],
    [c.abandonCap > p.abandonCap, 'abandon_cap', `may be at most ${String(p.abandonCap)} ${by}`],
    [c.abandonGoal > p.abandonGoalMax, 'abandon_goal', `may be at most ${String(p.abandonGoalMax)} of the cap ${by}`],
    [isRisky(c) && c.graceMs > p.graceMsMax, 'grace_s', `may be at most ${seconds(p.graceMsMax)} ${by}`],
    [c.minRingMs < p.minRingMs, 'min_ring_s', `must be at least ${seconds(p.minRingMs)} ${by}`],
    [c.ringTimeoutMs < p.minRingMs, 'ring_timeout_s', `must be at least ${seconds(p.minRingMs)} ${by}`],
    [
      p.caps.per24h > 0 && (c.attemptsPerNumberDay === 0 || c.attemptsPerNumberDay > p.caps.per24h),
      'attempts_per_number_day',
      `may be at most ${String(p.caps.per24h)} ${by}`,
    ],
  ]);
}

function amongThemselves(c: Campaign): readonly FieldProblem[] {
  const { startsAtMs: from, endsAtMs: to, amd } = c;
  return wrongOnes([
    [c.ringTimeoutMs < c.minRingMs, 'ring_timeout_s', `must be at least min_ring_s, ${seconds(c.minRingMs)}`],
    [from !== undefined && to !== undefined && to <= from, 'ends_at', 'must lie after starts_at'],
    [
      c.mode !== 'IVR' && c.agentSource === 'native' && c.queue === '' && !c.isImplicit,
      'queue',
      'must name the queue whose agents take the calls',
    ],
    [
      amd.mode !== 'off' && amd.onMachine === 'MESSAGE' && amd.message === '',
      'amd.message',
      'must name a sound file when machines get a message',
    ],
    [c.dispositions.some((each) => each.callback && each.isFinal), 'dispositions', 'a disposition cannot be final and ask for a callback'],
  ]);
}

/** Answered calls may find no agent: the law wants a message, and agents whose leg is up. */
function ofRisk(c: Campaign, p: Profile): readonly FieldProblem[] {
  const sound = c.safeHarbour;
  return wrongOnes([
    [
      c.agentSource !== 'native',
      'agent_source',
      `${c.mode} needs native agents on standby: their leg must be up before the customer answers`,
    ],
    [sound === undefined, 'safe_harbour', `${c.mode} needs a message for calls that find no agent: safe_harbour.audio`],
    [
      p.optOutRequired && sound !== undefined && sound.optOutDigits === '',
      'safe_harbour.opt_out_digits',
      `a key to opt out is needed by profile ${p.name}`,
    ],
  ]);
}
