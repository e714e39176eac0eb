/**
 * Whether the dialler places what the pacer wishes. Limits that only the dialler knows (channels, the hopper, a list that
 * has run dry) may hold calls back for hours. Then nobody is abandoned, whatever risk was accepted, and the connected
 * calls are no reason to accept a higher one: all would come at once when the limit is gone.
 */
const memorySeconds = 60;
const heldBackBelow = 0.5;
/** a wish may take this long on its way to the switch */
const patienceSeconds = 30;

export class Fulfilment {
  private wished = 0;
  private placed = 0;
  private secondsBelow = 0;

  wish(calls: number): void {
    this.wished += calls;
  }

  placedOne(): void {
    this.placed++;
  }

  passed(seconds: number): void {
    this.secondsBelow = this.placed < heldBackBelow * this.wished ? this.secondsBelow + seconds : 0;
    const kept = Math.exp(-seconds / memorySeconds);
    this.wished *= kept;
    this.placed *= kept;
  }

  get isHeldBack(): boolean {
    return this.secondsBelow > patienceSeconds;
  }
}
