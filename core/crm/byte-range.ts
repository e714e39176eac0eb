/** The part of a file that a player asks for (RFC 9110 14; crm-vtiger 3.2: one range, anything else gets the whole file). */

/** `first` and `last` inclusive; `whole`: no range, several, or a header that says nothing. */
export type ByteRange = 'whole' | 'unsatisfiable' | { readonly first: number; readonly last: number };

/** Longer numbers are no positions in a file. */
const one = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i;

export function byteRange(header: string | undefined, size: number): ByteRange {
  const [, from, to] = one.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return 'whole';
  if (from === '') {
    const count = Number(to);
    return count === 0 || size === 0 ? 'unsatisfiable' : { first: Math.max(0, size - count), last: size - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return 'whole';
  if (first >= size) return 'unsatisfiable';
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}
