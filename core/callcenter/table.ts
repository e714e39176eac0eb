/** Tables in mod_callcenter's form (freeswitch-callcenter 9.4). */

/** undefined is SQL's NULL: empty in a table, left out in JSON. */
export type Cell = string | number | undefined;

/**
 * One line. mod_callcenter escapes nothing; ours writes what would break a row as an event does: `|` as %7C, line ends
 * as %0A and %0D. Everything else stays as it is, `%` too.
 */
export const lineOf = (cells: readonly Cell[]): string => cells.map((cell) => (typeof cell === 'string' ? safe(cell) : cell)).join('|');

const breaking = /[|\r\n]/;
/** One value as it stands in a line. */
export const safe = (text: string): string => (breaking.test(text) ? text.replace(/[|\r\n]/g, percent) : text);
const percent = (character: string): string => encodeURIComponent(character);

/** Without a row there is no header either. */
export function tableOf(columns: readonly string[], lines: readonly string[]): string {
  return lines.length === 0 ? '+OK\n' : withHeader(columns, lines);
}

/** The list of queues has its header always. */
export function withHeader(columns: readonly string[], lines: readonly string[]): string {
  return [columns.join('|'), ...lines, '+OK\n'].join('\n');
}

/** A row as JSON shows it: every value a text. */
export function objectOf(columns: readonly string[], cells: readonly Cell[]): Readonly<Record<string, string>> {
  const object: Record<string, string> = {};
  columns.forEach((column, i) => {
    const cell = cells[i];
    if (cell !== undefined) object[column] = String(cell);
  });
  return object;
}
