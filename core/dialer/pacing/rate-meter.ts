/** How often something happens, per second: a mean that forgets. */
export class RateMeter {
  private count = 0;
  private seconds = 0;
  private readonly memory: number;

  /** @param memory time constant in seconds */
  constructor(memory: number) {
    this.memory = memory;
  }

  happened(): void {
    this.count++;
  }

  passed(seconds: number): void {
    const kept = Math.exp(-seconds / this.memory);
    this.count *= kept;
    this.seconds = this.seconds * kept + this.memory * (1 - kept);
  }

  /** 0 before any time has passed */
  perSecond(): number {
    return this.seconds > 0 ? this.count / this.seconds : 0;
  }
}
