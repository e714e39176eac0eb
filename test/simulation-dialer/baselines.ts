/** What the pacer is measured against, in the same day: fixed ratios, progressive, models of VICIdial, the upper bound. */
import type { PacerState } from '../../core/dialer/pacing/index.js';
import type { Day, DayPacer, PacerOf } from './day.js';

const wholePlaces = (n: number): number => Math.max(0, Math.floor(n));

/** So many calls in flight for each agent who is idle; 1 is progressive. */
export const perIdleAgent = (lines: number): PacerOf => {
  const decide = ({ counts, share }: PacerState): number =>
    wholePlaces(lines * counts.ready * (share ?? 1) - counts.ringing - counts.waiting);
  return () => ({ decide });
};

/** VICIdial's RATIO: so many lines for each agent who is not paused, calls in talk included. */
export const perActiveAgent =
  (level: number): PacerOf =>
  () => ({ decide: (state) => byLevel(level, state) });

function byLevel(level: number, { counts, share }: PacerState): number {
  const active = (counts.ready + counts.talk + counts.wrap) * (share ?? 1);
  return wholePlaces(level * active - counts.ringing - counts.waiting - (counts.talk + counts.wrap) * (share ?? 1));
}

const adaptSeconds = 15;
const levelMax = 3;
const dropsCountFrom = 50;
/** The tapered method gives way to the limit in the last ten hours; a day of eight is within them. */
const taperHours = 10;

/**
 * A model of VICIdial's adaptive methods: every 15 s the level is multiplied by 1 + (agents waiting - calls waiting) /
 * agents, means of the last minute; over the drop limit it goes to 1 (hard limit), or down by the hours left (tapered).
 */
class Adaptive implements DayPacer {
  private level = 1;
  private adaptedAt = 0;
  private readonly differences: number[] = [];
  private readonly isHard: boolean;

  constructor(isHard: boolean) {
    this.isHard = isHard;
  }

  decide(state: PacerState): number {
    const { counts, now } = state;
    this.differences.push(counts.ready - counts.waiting);
    if (this.differences.length > 60) this.differences.shift();
    if (now - this.adaptedAt >= adaptSeconds) this.adapt(state);
    return byLevel(this.level, state);
  }

  private adapt({ now, counts, totals, target, shift }: PacerState): void {
    this.adaptedAt = now;
    const agents = Math.max(1, counts.ready + counts.talk + counts.wrap);
    const difference = this.differences.reduce((sum, one) => sum + one, 0) / this.differences.length;
    let level = Math.min(levelMax, this.level * (1 + difference / agents));
    const answered = totals.connected + totals.abandoned;
    if (totals.placed > dropsCountFrom && totals.abandoned / Math.max(1, answered) > target)
      level = this.isHard ? 1 : level * Math.min(1, (shift.end - now) / 3_600 / taperHours);
    this.level = Math.max(1, level);
  }
}

export const adaptHardLimit: PacerOf = () => new Adaptive(true);
export const adaptTapered: PacerOf = () => new Adaptive(false);

/** Knows each contact's answer and each agent's end of work: dials so that an answer meets an agent. */
export const upperBound: PacerOf = (day, campaign) => ({ decide: () => matching(day, campaign) });

function matching(day: Day, index: number): number {
  const list = day.campaigns[index];
  if (!list) return 0;
  const ready = day.readyTimes();
  const answers = day.comingAnswers().sort((a, b) => a - b);
  // each answer in flight takes the agent who is ready first
  ready.splice(0, answers.length);
  let place = 0;
  for (; ready.length > 0 && place < 200; place++) {
    const contact = list.contacts.peek(place);
    if (!list.contacts.answers(contact, day.now)) continue;
    const first = ready[0] ?? Infinity;
    if (first > day.now + contact.ring + day.scenario.grace) break;
    ready.shift();
  }
  return place;
}
