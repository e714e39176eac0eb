/** What an import makes of a foreign configuration: a provisioning file, and a line for all that could not go into it. */
export interface Remark {
  /** 1-based line of the file it came from; undefined for a row of a table or an option */
  readonly line: number | undefined;
  /** what it is about: `queue "support@default"` */
  readonly about: string;
  readonly text: string;
}

export interface Imported {
  /** sections of a provisioning file, not checked yet */
  readonly file: Readonly<Record<string, unknown>>;
  readonly remarks: readonly Remark[];
}

export const remarkText = (source: string, { line, about, text }: Remark): string =>
  `${source}${line === undefined ? '' : `:${String(line)}`}: ${about}${about === '' ? '' : ': '}${text}`;

/** Drops what is undefined or empty, so that the file says only what was said. */
export function tidy(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined && !isEmptyObject(value)));
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((one) => one === undefined);
