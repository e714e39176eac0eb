/** Values read from the database and kept for at most `maxAgeMs`; bounded; several askers share one read. */
export interface Cache<T> {
  get(key: string): Promise<T>;
  /** what is kept now, without a read */
  peek(key: string): T | undefined;
  /** drop everything */
  forget(): void;
  /** drop the keys and values that `isOld` says; a read under way has no value yet */
  forgetWhere(isOld: (key: string, value: T | undefined) => boolean): void;
}

export interface CacheOptions<T> {
  readonly maxAgeMs: number;
  readonly entriesMax: number;
  readonly nowMs: () => number;
  readonly load: (key: string) => Promise<T>;
  /** what is worth keeping; what is absent is asked for again each time, so that a new row counts at once */
  readonly keep: (value: T) => boolean;
}

interface Entry<T> {
  /** when the read began: what it saw may be as old as that */
  readonly readAtMs: number;
  readonly value: T;
}

export function createCache<T>(options: CacheOptions<T>): Cache<T> {
  const { maxAgeMs, entriesMax, nowMs } = options;
  const kept = new Map<string, Entry<T>>();
  const reading = new Map<string, Entry<Promise<T>>>();

  const isFresh = (entry: Entry<unknown> | undefined): boolean => {
    if (!entry) return false;
    const ageMs = nowMs() - entry.readAtMs;
    return ageMs >= 0 && ageMs < maxAgeMs; // a clock that went back must not keep a row for ever
  };

  function begin(key: string): Promise<T> {
    const entry: Entry<Promise<T>> = { readAtMs: nowMs(), value: options.load(key) };
    reading.set(key, entry);
    return entry.value.then(
      (value) => {
        // Forgotten meanwhile: it may have seen the old row.
        if (reading.get(key) === entry) {
          reading.delete(key);
          if (options.keep(value)) keep(key, { readAtMs: entry.readAtMs, value });
        }
        return value;
      },
      (e: unknown) => {
        if (reading.get(key) === entry) reading.delete(key);
        throw e;
      },
    );
  }

  function keep(key: string, entry: Entry<T>): void {
    if (kept.size >= entriesMax && !kept.has(key)) kept.clear();
    kept.set(key, entry);
  }

  return {
    get(key) {
      const entry = kept.get(key);
      if (entry && isFresh(entry)) return Promise.resolve(entry.value);
      const running = reading.get(key);
      return running && isFresh(running) ? running.value : begin(key);
    },
    peek: (key) => kept.get(key)?.value,
    forget() {
      kept.clear();
      reading.clear();
    },
    forgetWhere(isOld) {
      for (const [key, entry] of kept) if (isOld(key, entry.value)) kept.delete(key);
      for (const key of reading.keys()) if (isOld(key, undefined)) reading.delete(key);
    },
  };
}
