/**
 * Holds the abandoned share at the goal, whatever the model gets wrong: one step per call answered by a person. log θ
 * is the sum of the errors, so the long-run share cannot leave the goal by more than what θ moved.
 */
/** small teams end at a higher θ than large ones */
const startTheta = 0.02;
const startThetaOfOneAgent = 0.1;
export const thetaMin = 0.002;
const thetaMax = 0.9;
const stepMax = 0.1;
/** answers that one step of full size is good for, in the time in which a new pace shows */
const stepAnswers = 30;
const lagSeconds = 20;
/** answers that are always taken to be still to come, so that the goal does not jump at the end */
const toComeMin = 40;
const lookAheadStart = 5;
/** What was abandoned too much is made good within this time, not only by the end of the window. */
const payBackSeconds = 1_800;
const goalMin = 0.05;
/** what was left over may be used up, but not all at once */
const goalMax = 1.5;
/** calls in flight when the budget is spent may still be abandoned: so many are kept back for them */
const keptBack = 1;

export interface Budget {
  readonly target: number;
  /** persons connected or abandoned in the compliance window, and of them abandoned */
  readonly answered: number;
  readonly abandoned: number;
  readonly answeredToday: number;
  readonly elapsed: number;
  readonly left: number;
}

/** Answers still expected in today's calling window. */
const toComeOf = ({ answeredToday, elapsed, left }: Budget): number =>
  (Math.max(0, answeredToday) + lookAheadStart) * (Math.max(0, left) / Math.max(1, elapsed));

/** What may still be abandoned until the window closes, per answer still expected: a share. */
export function goalOf(budget: Budget, goalShare: number): number {
  const { target, answered, abandoned, left } = budget;
  const aim = goalShare * target;
  const payBack = abandoned > aim * answered ? Math.min(1, payBackSeconds / Math.max(1, left)) : 1;
  const n = Math.max(toComeMin, toComeOf(budget) * payBack);
  const share = (aim * (answered + n) - abandoned - keptBack) / n;
  return Math.min(goalMax * target, Math.max(goalMin * target, share));
}

/** One more abandoned call could not be made good before the window closes; `atRisk`: those expected in flight. */
export function isSpent(budget: Budget, atRisk: number): boolean {
  const { target, answered, abandoned } = budget;
  return abandoned + 1 + keptBack + atRisk > target * (answered + toComeOf(budget));
}

const logStartOf = (agents: number): number => Math.log(startTheta + startThetaOfOneAgent / agents);

export class Steering {
  logTheta = Math.log(startTheta);
  hasBegun = false;
  /** agents for whom θ was begun; 0 when it was restored */
  private team = 0;

  /** The highest accepted risk now: θ at once follows the goal, the steps learn what the model gets wrong. */
  thetaFor(goal: number, target: number): number {
    const part = target > 0 ? Math.min(goalMax, goal / target) : 0;
    return Math.min(thetaMax, Math.max(thetaMin, Math.exp(this.logTheta) * part));
  }

  /** Where θ starts depends on the team. While little is known (`isEarly`) it goes along with a team that is still coming in. */
  begin(agents: number, isEarly: boolean): void {
    if (agents <= 0) return;
    if (!this.hasBegun) this.logTheta = logStartOf(agents);
    else if (this.team > 0 && isEarly) this.move(logStartOf(agents) - logStartOf(this.team));
    else return;
    this.hasBegun = true;
    this.team = agents;
  }

  connected(goal: number, answersPerSecond: number): void {
    this.move(this.step(answersPerSecond) * goal);
  }

  /** `persons`: the share of persons among answered calls, 1 when it is known of each call. */
  abandoned(goal: number, answersPerSecond: number, persons: number): void {
    this.move(-this.step(answersPerSecond) * (1 - goal) * persons);
  }

  /** A connected call turned out to be a machine: its step is taken back. */
  wasMachine(goal: number, answersPerSecond: number): void {
    this.move(-this.step(answersPerSecond) * goal);
  }

  /** Takes up a stored value, within the bounds. */
  restore({ logTheta, hasBegun }: { readonly logTheta: number; readonly hasBegun: boolean }): void {
    this.hasBegun = hasBegun;
    this.team = 0;
    this.logTheta = logTheta;
    this.move(0);
  }

  private step(answersPerSecond: number): number {
    return stepMax * Math.min(1, stepAnswers / Math.max(1e-9, lagSeconds * answersPerSecond));
  }

  private move(by: number): void {
    this.logTheta = Math.min(Math.log(thetaMax), Math.max(Math.log(thetaMin), this.logTheta + by));
  }
}
