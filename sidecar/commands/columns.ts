/** Tables of commands. */
export type Row = Readonly<Record<string, unknown>>;

export const word = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');

/** Each column as wide as its widest word. */
export function columns(names: readonly string[], rows: readonly Row[]): readonly string[] {
  const lines = [names.map((name) => name.toUpperCase()), ...rows.map((row) => names.map((name) => word(row[name]) || '-'))];
  const widths = names.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
