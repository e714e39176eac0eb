/** What was learned as plain data, to be stored and taken up after a restart or on another day. */
import { kindsMax } from './learner.js';
import type { Learner } from './learner.js';
import { agesMax, RingTimes } from './ring-times.js';
import type { RingTimesData } from './ring-times.js';
import { talkEdges, wrapEdges } from './stays.js';
import type { StaysData } from './stays.js';
import type { ShiftBegin } from './shift-begin.js';
import type { Steering } from './steering.js';

const version = 1;

interface Saved {
  readonly version: typeof version;
  readonly kinds: readonly RingTimesData[];
  readonly level: { readonly seen: number; readonly expected: number };
  readonly talk: StaysData;
  readonly wrap: StaysData;
  readonly logTheta: number;
  readonly hasBegun: boolean;
  readonly outcomes: number;
  /** left out while nobody was ever signed in */
  readonly dialledFrom?: number;
}

/** What a snapshot is made of. */
export interface Learned {
  readonly learner: Learner;
  readonly steering: Steering;
  readonly shiftBegin: ShiftBegin;
}

export function saveLearned({ learner, steering, shiftBegin }: Learned): unknown {
  const saved: Saved = {
    version,
    kinds: learner.kinds.map((kind) => kind.save()),
    level: { seen: learner.level.seen, expected: learner.level.expected },
    talk: learner.talk.save(),
    wrap: learner.wrap.save(),
    logTheta: steering.logTheta,
    hasBegun: steering.hasBegun,
    outcomes: learner.outcomesSeen,
    ...(shiftBegin.at !== undefined && { dialledFrom: shiftBegin.at }),
  };
  return saved;
}

/** False when it is no snapshot of this form; then nothing is changed. */
export function restoreLearned(snapshot: unknown, { learner, steering, shiftBegin }: Learned): boolean {
  if (!isSaved(snapshot)) return false;
  learner.kinds.length = 0;
  for (const data of snapshot.kinds) {
    const kind = new RingTimes();
    kind.load(data);
    learner.kinds.push(kind);
  }
  learner.level.seen = snapshot.level.seen;
  learner.level.expected = snapshot.level.expected;
  learner.talk.load(snapshot.talk);
  learner.wrap.load(snapshot.wrap);
  learner.outcomesSeen = snapshot.outcomes;
  learner.wasRestored = true;
  steering.restore(snapshot);
  shiftBegin.at = snapshot.dialledFrom;
  return true;
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null;
const isCount = (x: unknown): x is number => typeof x === 'number' && x >= 0 && x < Infinity;
const isCounts = (x: unknown, length: number): boolean => Array.isArray(x) && x.length === length && Array.from(x).every(isCount);

const isRing = (x: unknown): boolean =>
  isRecord(x) &&
  isCounts(x['atRisk'], agesMax) &&
  isCounts(x['answers'], agesMax) &&
  isCounts(x['others'], agesMax) &&
  isCount(x['outcomes']);

const isStays = (x: unknown, bins: number): boolean =>
  isRecord(x) && isCounts(x['ends'], bins) && isCounts(x['time'], bins) && isCount(x['count']);

function isSaved(x: unknown): x is Saved {
  if (!isRecord(x) || x['version'] !== version || !Array.isArray(x['kinds'])) return false;
  const { kinds, level } = x;
  if (kinds.length < 1 || kinds.length > kindsMax || !kinds.every(isRing)) return false;
  if (!isRecord(level) || !isCount(level['seen']) || !isCount(level['expected'])) return false;
  const { logTheta, hasBegun, outcomes, dialledFrom } = x;
  if (typeof hasBegun !== 'boolean' || !(dialledFrom === undefined || Number.isFinite(dialledFrom))) return false;
  return isStays(x['talk'], talkEdges.length) && isStays(x['wrap'], wrapEdges.length) && Number.isFinite(logTheta) && isCount(outcomes);
}
