/** Cut bytes the way a network might. */

/** A small generator of pseudo-random numbers from 0 to 1; the same seed gives the same numbers. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Random pieces of 1 to `longest` bytes. */
export function pieces(bytes: Buffer, seed: number, longest: number): Buffer[] {
  const random = seeded(seed);
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + Math.floor(random() * longest);
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return cut;
}
