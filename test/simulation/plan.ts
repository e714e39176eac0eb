/** How large and how rough a simulated day is; drawn from the seed, so that many small odd worlds are tried. */
import type { Random } from './random.js';

/** Shares and spans of what goes wrong. */
export interface Faults {
  /** events that never arrive */
  readonly lostShare: number;
  /** events that arrive twice, the second time later */
  readonly doubledShare: number;
  /** events that arrive up to `lateMsMax` late, and so in another order */
  readonly lateShare: number;
  readonly lateMsMax: number;
  /** a caller's session breaks, each minute of waiting */
  readonly sessionLostShare: number;
  /** mean time between restarts; 0 = none */
  readonly restartEveryMs: number;
  /** mean time between outages of a switch link; 0 = none */
  readonly linkDownEveryMs: number;
  /** mean time between jumps of the clock; 0 = none */
  readonly jumpEveryMs: number;
  readonly jumpMsMax: number;
  /** how late the engine's timer may be */
  readonly timerLateMsMax: number;
}

export interface Plan {
  readonly seed: number;
  readonly agents: number;
  readonly queues: number;
  readonly switches: number;
  readonly callers: number;
  /** the callers arrive within this time */
  readonly dayMs: number;
  readonly talkMs: number;
  readonly patienceMs: number;
  /** mean time between orders of supervisors and other programs */
  readonly supervisorEveryMs: number;
  /** mean time between reloads of the configuration; 0 = none */
  readonly reloadEveryMs: number;
  /** mean time between one agent's wishes: breaks, logouts */
  readonly moodEveryMs: number;
  readonly hasChats: boolean;
  readonly faults: Faults;
  /** expensive checks look at each step whose number this divides */
  readonly thoroughEvery: number;
}

export const noFaults: Faults = {
  lostShare: 0,
  doubledShare: 0,
  lateShare: 0,
  lateMsMax: 0,
  sessionLostShare: 0,
  restartEveryMs: 0,
  linkDownEveryMs: 0,
  jumpEveryMs: 0,
  jumpMsMax: 0,
  timerLateMsMax: 0,
};

function drawFaults(random: Random, dayMs: number): Faults {
  if (random.chance(0.25)) return noFaults;
  const one = (share: number, value: number): number => (random.chance(share) ? value : 0);
  return {
    lostShare: one(0.5, 0.03),
    doubledShare: one(0.5, 0.1),
    lateShare: one(0.6, 0.15),
    lateMsMax: random.pick([500, 5_000, 30_000]),
    sessionLostShare: one(0.5, 0.2),
    restartEveryMs: one(0.6, Math.round(dayMs / 5)),
    linkDownEveryMs: one(0.3, Math.round(dayMs / 3)),
    jumpEveryMs: one(0.2, Math.round(dayMs / 2)),
    jumpMsMax: random.pick([5_000, 120_000, 3_600_000]),
    timerLateMsMax: one(0.5, 30),
  };
}

/** A few agents and a handful of callers, in all colours: most of the tests. */
export function smallPlan(seed: number, random: Random): Plan {
  const dayMs = random.int(4, 12) * 60_000;
  const agents = random.int(1, 6);
  return {
    seed,
    agents,
    queues: random.int(1, 4),
    switches: random.int(1, 2),
    callers: random.int(6, 26),
    dayMs,
    talkMs: random.pick([5_000, 20_000, 60_000]),
    patienceMs: random.pick([10_000, 60_000, 600_000]),
    supervisorEveryMs: random.pick([20_000, 60_000, 300_000]),
    reloadEveryMs: random.chance(0.4) ? random.pick([60_000, 240_000]) : 0,
    moodEveryMs: random.pick([30_000, 120_000, 600_000]),
    hasChats: random.chance(0.3),
    faults: drawFaults(random, dayMs),
    thoroughEvery: 1,
  };
}

/** A whole floor: hundreds of agents, thousands of callers, a working day. */
export function largePlan(seed: number, random: Random, size = 1): Plan {
  const dayMs = 9 * 3_600_000;
  const agents = Math.round(random.int(100, 400) * size);
  const talkMs = 180_000;
  // from a quiet floor to one that is overrun
  const load = random.pick([0.5, 0.9, 1.1, 1.6]);
  return {
    seed,
    agents,
    queues: random.int(5, 25),
    switches: 2,
    callers: Math.min(12_000, Math.round(((agents * dayMs) / (talkMs + 30_000)) * load * 0.4)),
    dayMs,
    talkMs,
    patienceMs: 400_000,
    supervisorEveryMs: 30_000,
    reloadEveryMs: 1_800_000,
    moodEveryMs: 3_600_000,
    hasChats: true,
    faults: drawFaults(random, dayMs),
    thoroughEvery: 50,
  };
}
