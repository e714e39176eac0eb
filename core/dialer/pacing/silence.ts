/**
 * Nobody answers any more: a dead trunk, a carrier that lets it ring into nothing, a worthless list. More calls would only
 * use contacts up, all would come at once when the line lives again, and what is learned meanwhile is wrong after it.
 */
/** answers missing in a row; by chance this happens once in 160,000 times */
const missingAnswers = 12;
/** answers after which the line lives again */
const answersToEnd = 3;

export class Silence {
  isSilent = false;
  private missing = 0;
  private answers = 0;

  /** From the first answer on calls are worth learning from again: they tell a line that lives from a poor list. */
  get isDeaf(): boolean {
    return this.isSilent && this.answers === 0;
  }

  /** A call has ended ringing; `answerShare` is the chance of an answer that it was placed with. */
  ended(isAnswer: boolean, answerShare: number): void {
    this.missing = isAnswer ? 0 : this.missing + answerShare;
    if (this.missing >= missingAnswers) {
      this.isSilent = true;
      this.missing = 0;
      this.answers = 0;
    } else if (isAnswer && this.isSilent) this.answers++;
    if (this.answers >= answersToEnd) this.reset();
  }

  reset(): void {
    this.isSilent = false;
    this.missing = 0;
    this.answers = 0;
  }
}
