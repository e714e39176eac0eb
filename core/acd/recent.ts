/**
 * The newest entries by key: at least `max` of them, at most twice as many. Two generations, so that forgetting costs
 * nothing: a Map from which the oldest entry is taken each time has to step over all that were taken before.
 */
export class Recent<K, V> {
  private readonly max: number;
  private young = new Map<K, V>();
  private old = new Map<K, V>();

  constructor(max: number) {
    this.max = max;
  }

  get(key: K): V | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  set(key: K, value: V): void {
    this.young.set(key, value);
    if (this.young.size < this.max) return;
    this.old = this.young;
    this.young = new Map();
  }
}
