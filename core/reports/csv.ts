/** RFC 4180 tables that a spreadsheet may open: a text that it would take for a formula is shown as text (B58). */

export type Cell = string | number | boolean | null | undefined;

const formula = /^[=+\-@\t\r\n]/;

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  if (typeof cell === 'boolean') return String(cell);
  const text = formula.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One record with its end. */
export const csvRecord = (cells: readonly Cell[]): string => `${cells.map(cellText).join(',')}\r\n`;

/** A header and one record for each row; the columns are those named. */
export function csvTable<Row extends object>(columns: readonly (keyof Row & string)[], rows: readonly Row[]): string {
  return csvRecord(columns) + rows.map((row) => csvRecord(columns.map((column) => row[column] as Cell))).join('');
}
