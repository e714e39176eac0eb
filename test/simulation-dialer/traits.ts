/** A list as lists are: who answered before answers again, tried ones seldom, old records seldom, evenings more often. */
import type { ContactTraits } from '../../core/dialer/pacing/index.js';
import type { Random } from '../simulation/random.js';

/** What the sorter has to find out: log odds of an answer. */
const level = -1.1;
const answered = 1.8;
const perAttempt = -0.45;
const evening = 0.7;
const midday = -0.3;
const oldRecord = -0.8;
const mobile = 0.4;

export function drawTraits(random: Random): Omit<ContactTraits, 'hour'> {
  const attempts = Math.floor(-Math.log(1 - random.next()) * 1.5);
  return {
    attempts,
    answeredBefore: attempts > 0 && random.chance(0.4),
    ageDays: -Math.log(1 - random.next()) * 60,
    line: random.chance(0.6) ? 'mobile' : 'landline',
  };
}

export function chanceOfTraits({ attempts, answeredBefore, ageDays, line, hour }: ContactTraits): number {
  const part = hour >= 16 ? evening : hour >= 12 && hour < 14 ? midday : 0;
  const odds =
    level +
    (answeredBefore ? answered : 0) +
    perAttempt * Math.min(6, attempts) +
    part +
    (ageDays > 60 ? oldRecord : 0) +
    (line === 'mobile' ? mobile : 0);
  return 1 / (1 + Math.exp(-odds));
}
