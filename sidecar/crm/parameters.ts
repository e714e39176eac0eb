/** Parameters and headers of a CRM's request, as texts. */
import type { Request } from 'express';

/** First of these that came, in the address or in a form; one that came twice counts as none; '' = none. */
export function parameter(req: Request, ...names: readonly string[]): string {
  for (const name of names) {
    for (const source of [req.query, req.body] as readonly unknown[]) {
      if (typeof source !== 'object' || source === null || !Object.hasOwn(source, name)) continue;
      const value = (source as Readonly<Record<string, unknown>>)[name];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return '';
}

export const header = (req: Request, name: string): string => {
  const value = req.headers[name];
  return typeof value === 'string' ? value : '';
};
