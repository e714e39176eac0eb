import type { UrlLogEntry } from '../core/ports.js';
import { createInsert } from './api-log-rows.js';
import { fitTo } from './columns.js';
import type { Columns } from './columns.js';
import type { Statements, Value } from './db.js';
import { fitInteger } from './fit.js';
import type { LocalClock } from './local-clock.js';
import { batchSizes } from './row-batches.js';

const urlLogColumns = ['uniqueid', 'url_date', 'url_type', 'response_sec', 'url', 'url_response'] as const;

/** vicidial_url_log: the requests that we made to other clusters (vicidial-ccc 4.2 S5 and S12). */
export function createUrlLogRows({ clock, columns }: { readonly clock: LocalClock; readonly columns: Columns }) {
  const insert = createInsert('vicidial_url_log', urlLogColumns);
  return {
    async prepare(entries: readonly UrlLogEntry[]): Promise<(tx: Statements) => Promise<void>> {
      if (entries.length === 0) return () => Promise.resolve();
      const facts = await columns.of('vicidial_url_log');
      const rows = entries.map((entry): Value[] => [
        fitTo(facts, 'uniqueid', entry.uniqueId),
        clock.text(entry.atMs),
        fitTo(facts, 'url_type', entry.urlType),
        fitInteger(String(entry.responseSeconds), 0, 65_535, 0).value,
        fitTo(facts, 'url', entry.url),
        fitTo(facts, 'url_response', entry.response),
      ]);
      return async (tx) => {
        let at = 0;
        for (const size of batchSizes(rows.length)) {
          await tx.run(insert(size, facts), rows.slice(at, at + size).flat());
          at += size;
        }
      };
    },
  };
}
