/** Which trunk a channel came in on (TRK-2, W-7): the channel's name without its call number. */

/** What may follow a trunk's name in a channel name: a call number (`-1234`, `-0000001a;1`), a user part or nothing. */
const tail = /^(?:$|[/@]|-[0-9a-f]+(?:;[12])?$)/i;

/**
 * True when the channel belongs to one of the trunks. `IAX2/alpha` takes `IAX2/alpha-1234`, but neither
 * `IAX2/alphabet-12` nor `IAX2/alpha-north-12`. A trunk that ends in `/`, `@` or `-` is a plain prefix.
 */
export function isOnTrunk(channel: string, trunks: readonly string[]): boolean {
  const name = channel.toLowerCase();
  return trunks.some((trunk) => {
    const prefix = trunk.toLowerCase();
    if (prefix === '' || !name.startsWith(prefix)) return false;
    return /[/@-]$/.test(prefix) || tail.test(name.slice(prefix.length));
  });
}
