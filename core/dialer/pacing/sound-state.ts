/**
 * The state with every number fit for arithmetic: one figure that is none, or is beyond all measure, must neither spoil
 * what was learned nor keep a decision from ending.
 */
import type { CampaignWindow, InboundLoad, PacerState } from './types.js';

/** more calls, ours or inbound, than one pacer is ever asked about */
const countMax = 100_000;
const totalMax = 1e12;
const graceSecondsMax = 600;
const inboundPerSecondMax = 1_000;
const reserveMax = 100;

/** Nothing, where it is not known. */
export const noneIfUnknown = (n: number): number => (n > 0 ? n : 0);

const upTo = (n: number, most: number): number => Math.min(most, noneIfUnknown(n));

/** No more agents than are listed. */
const soundCounts = (counts: PacerState['counts'], agents: number): PacerState['counts'] => ({
  ready: upTo(counts.ready, agents),
  talk: upTo(counts.talk, agents),
  wrap: upTo(counts.wrap, agents),
  paused: upTo(counts.paused, agents),
  out: upTo(counts.out, agents),
  ringing: upTo(counts.ringing, countMax),
  waiting: upTo(counts.waiting, countMax),
});

function soundWindow({ connected, abandoned, today }: CampaignWindow): CampaignWindow {
  const window = { connected: upTo(connected, totalMax), abandoned: upTo(abandoned, totalMax) };
  return today ? { ...window, today: { answered: upTo(today.answered, totalMax), abandoned: upTo(today.abandoned, totalMax) } } : window;
}

const soundInbound = ({ waiting, perSecond, reserve }: InboundLoad): InboundLoad => ({
  waiting: upTo(waiting, countMax),
  ...(perSecond !== undefined && { perSecond: upTo(perSecond, inboundPerSecondMax) }),
  ...(reserve !== undefined && { reserve: upTo(reserve, reserveMax) }),
});

/** Lists stay as they are: of an agent or a call whose time is none nothing is learned. */
export function soundState(state: PacerState): PacerState {
  const { now, shift, totals, today, windows, inbound, share } = state;
  const own = soundWindow({ ...totals, ...(today && { today }) });
  return {
    ...state,
    nextBucket: (i) => state.nextBucket(i),
    counts: soundCounts(state.counts, state.agents.length),
    totals: { ...totals, connected: own.connected, abandoned: own.abandoned },
    ...(own.today && { today: own.today }),
    ...(windows && { windows: windows.map(soundWindow) }),
    target: upTo(state.target, 1),
    grace: upTo(state.grace, graceSecondsMax),
    // without a calling window no answers are expected: the guard takes over
    shift: Number.isFinite(shift.end - shift.start) ? shift : { start: now, end: now },
    ...(inbound && { inbound: soundInbound(inbound) }),
    ...(share !== undefined && { share: upTo(share, 1) }),
  };
}
