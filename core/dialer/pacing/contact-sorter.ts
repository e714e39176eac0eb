/**
 * Sorts contacts into kinds by how likely a person answers, learned from the list itself: whether somebody answered
 * before, attempts so far, part of the day, age of the record, line. Which call will be answered is the knowledge
 * that is worth most to the pacer.
 *
 * Method: a logistic model over one weight per feature value, kept as mean and variance (each outcome moves the weights
 * that are least known the most). The kinds are steps of the chance; the pacer learns each kind's true rate itself.
 */
export interface ContactTraits {
  /** a person answered an earlier call */
  readonly answeredBefore: boolean;
  /** calls to this contact so far */
  readonly attempts: number;
  /** hour of the day where the contact lives, 0 to 23 */
  readonly hour: number;
  /** days since the record came in */
  readonly ageDays: number;
  readonly line?: 'mobile' | 'landline';
}

export interface ContactSorter {
  /** 0 to `contactKinds` - 1, for `nextBucket` and the `placed` event */
  kindOf(contact: ContactTraits): number;
  /** Chance that a person answers. */
  chanceOf(contact: ContactTraits): number;
  learn(contact: ContactTraits, isAnswered: boolean): void;
  snapshot(): unknown;
  /** one that cannot be read is left aside */
  restore(snapshot: unknown): void;
}

/** A kind ends where the next begins. */
const kindsFrom = [0.06, 0.15, 0.28, 0.45];
export const contactKinds = kindsFrom.length + 1;

const attemptSteps = [1, 2, 3, 5, 8];
const hourSteps = [9, 12, 14, 17, 19];
const ageSteps = [1, 7, 30, 90, 365];
const lines = ['mobile', 'landline'] as const;

/** Where the values of each feature begin among the weights; 0 is the level of the list. */
const answeredFrom = 1;
const attemptsFrom = answeredFrom + 2;
const hoursFrom = attemptsFrom + 2 * (attemptSteps.length + 1);
const agesFrom = hoursFrom + hourSteps.length + 1;
const linesFrom = agesFrom + ageSteps.length + 1;
const weightCount = linesFrom + lines.length + 1;

const startLogOdds = -1;
const levelVariance = 4;
const weightVariance = 1;
/** A weight is never known better than this, so that it follows a list that changes. */
const varianceMin = 0.002;

const stepOf = (steps: readonly number[], value: number): number => {
  const step = steps.findIndex((from) => !(value >= from));
  return step === -1 ? steps.length : step;
};

/** The weights that apply to a contact. */
function weightsOf({ answeredBefore, attempts, hour, ageDays, line }: ContactTraits): readonly number[] {
  const answered = Number(answeredBefore);
  return [
    0,
    answeredFrom + answered,
    attemptsFrom + answered * (attemptSteps.length + 1) + stepOf(attemptSteps, attempts),
    hoursFrom + stepOf(hourSteps, hour),
    agesFrom + stepOf(ageSteps, ageDays),
    linesFrom + (line ? 1 + lines.indexOf(line) : 0),
  ];
}

interface Saved {
  readonly version: 1;
  readonly means: readonly number[];
  readonly variances: readonly number[];
}

function isSaved(x: unknown): x is Saved {
  if (typeof x !== 'object' || x === null) return false;
  const { version, means, variances } = x as Record<string, unknown>;
  const isList = (list: unknown, least: number): boolean =>
    Array.isArray(list) && list.length === weightCount && list.every((n) => Number.isFinite(n) && n >= least);
  return version === 1 && isList(means, -50) && isList(variances, 0);
}

export function createContactSorter(): ContactSorter {
  const means = new Float64Array(weightCount);
  const variances = new Float64Array(weightCount).fill(weightVariance);
  means[0] = startLogOdds;
  variances[0] = levelVariance;

  const chanceOf = (contact: ContactTraits): number => 1 / (1 + Math.exp(-weightsOf(contact).reduce((sum, w) => sum + (means[w] ?? 0), 0)));

  return {
    chanceOf,
    kindOf: (contact) => stepOf(kindsFrom, chanceOf(contact)),
    learn(contact, isAnswered) {
      const applying = weightsOf(contact);
      const chance = chanceOf(contact);
      const information = chance * (1 - chance);
      const doubt = applying.reduce((sum, w) => sum + (variances[w] ?? 0), 0);
      const step = (Number(isAnswered) - chance) / (1 + information * doubt);
      for (const w of applying) {
        const variance = variances[w] ?? 0;
        means[w] = (means[w] ?? 0) + variance * step;
        variances[w] = Math.max(varianceMin, variance - (variance ** 2 * information) / (1 + information * doubt));
      }
    },
    snapshot: (): Saved => ({ version: 1, means: [...means], variances: [...variances] }),
    restore(snapshot) {
      if (!isSaved(snapshot)) return;
      means.set(snapshot.means);
      variances.set(snapshot.variances);
    },
  };
}
