/** Much work for one peer, a little at a time: a link has a limit of questions that wait for their answer. */
const atOnce = 50;

/** `run` for each item, at most 50 under way; it must not reject. */
export async function inTurns<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce) await Promise.all(items.slice(at, at + atOnce).map(run));
}
