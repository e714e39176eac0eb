/** For facts that a real process makes true a little later: looked at again until they hold or the time is over. */
const defaults = { msMax: 3_000, everyMs: 20 };

/** Resolves with the first value that `holds`; rejects with the last one seen after `msMax`. */
export async function eventually<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  limits: Partial<typeof defaults> = {},
): Promise<T> {
  const { msMax, everyMs } = { ...defaults, ...limits };
  const giveUpAtMs = Date.now() + msMax;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > giveUpAtMs) throw new Error(`not within ${msMax} ms; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
