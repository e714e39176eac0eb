/** JSON in cJSON's two forms, as FreeSWITCH prints it: on one line, or with tabs. */

export const printJson = (value: unknown, isPretty: boolean): string => (isPretty ? pretty(value, 1) : JSON.stringify(value));

/** `depth` of the things inside. An object in an array stands one deeper than the array. */
function pretty(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((inner) => pretty(inner, depth + 1)).join(', ')}]`;
  const tabs = '\t'.repeat(depth);
  const lines = Object.entries(value).map(([key, inner]) => `${tabs}${JSON.stringify(key)}:\t${pretty(inner, depth + 1)}`);
  return `{\n${lines.length > 0 ? `${lines.join(',\n')}\n` : ''}${'\t'.repeat(depth - 1)}}`;
}
