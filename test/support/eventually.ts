/** For facts that a real process makes true a little later: looked at again until they hold or the time is over. */
const pauseMs = 20;

/** Resolves with the first value that `holds`; rejects with the last one after `msMax`. */
export async function eventually<T>(read: () => T | Promise<T>, holds: (value: T) => boolean, msMax = 3_000): Promise<T> {
  const giveUpAtMs = Date.now() + msMax;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > giveUpAtMs) throw new Error(`not within ${msMax} ms; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
