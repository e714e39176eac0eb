/** How many entries of a map somebody looks at: the work of an answer, whatever the machine does meanwhile. */
export interface Looks {
  count: number;
  /** the map is as it was */
  stop: () => void;
}

/** From now on each `get` counts one, and each entry that an iteration hands out. */
export function countLooks<Key, Value>(map: ReadonlyMap<Key, Value>): Looks {
  const real = new Map(map);
  const looks: Looks = {
    count: 0,
    stop: () => counted.forEach((name) => void Reflect.deleteProperty(map, name)),
  };
  function* each<T>(all: Iterable<T>): Generator<T> {
    for (const one of all) {
      looks.count++;
      yield one;
    }
  }
  Object.assign(map, {
    get: (key: Key) => (looks.count++, real.get(key)),
    values: () => each(real.values()),
    keys: () => each(real.keys()),
    entries: () => each(real),
    forEach: (run: (value: Value, key: Key) => void) => {
      for (const [key, value] of each(real)) run(value, key);
    },
    [Symbol.iterator]: () => each(real),
  });
  return looks;
}

const counted = ['get', 'values', 'keys', 'entries', 'forEach', Symbol.iterator] as const;
