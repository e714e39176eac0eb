/** Numbers from a seed: the same seed gives the same day. Nothing else in the simulation may draw. */
export class Random {
  private state: number;

  constructor(seed: number) {
    // neighbouring seeds must not begin alike, and a state of 0 would stay 0
    this.state = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) ^ 0x5bd1e995) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** 0 <= number < 1 */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state / 0x1_0000_0000;
  }

  /** `from` to `to`, both included */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[Math.floor(this.next() * list.length)] as T;
  }

  /** Waiting times and durations as they come in life: many short, few long; never over ten means. */
  span(meanMs: number): number {
    return Math.round(Math.min(10, -Math.log(1 - this.next())) * meanMs);
  }

  /** A number that seeds another generator. */
  fork(): number {
    return Math.floor(this.next() * 0x7fff_ffff);
  }
}
