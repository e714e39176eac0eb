/**
 * How often calls are answered now, against the learned rates: the shape of the ring time hardly changes in a day,
 * the level does. Both sides are forgotten faster than the rates.
 */
const leanAnswers = 4;
const levelMin = 0.25;
const levelMax = 3;
const memorySecondsMin = 120;
const memoryAnswers = 40;

export class AnswerLevel {
  seen = 0;
  expected = 0;

  /** 1 when answers come as learned */
  value(): number {
    return Math.min(levelMax, Math.max(levelMin, (this.seen + leanAnswers) / (this.expected + leanAnswers)));
  }

  /** relative variance of `value` */
  variance(): number {
    return 1 / (this.seen + leanAnswers);
  }

  forget(seconds: number, answersPerSecond: number): void {
    const memory = Math.max(memorySecondsMin, memoryAnswers / Math.max(1e-6, answersPerSecond));
    const kept = Math.exp(-seconds / memory);
    this.seen *= kept;
    this.expected *= kept;
  }

  reset(): void {
    this.seen = 0;
    this.expected = 0;
  }
}
