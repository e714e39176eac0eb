import type { Lists } from '../core/ports.js';
import { createCache } from './cache.js';
import { text } from './db.js';
import type { Db } from './db.js';

const cachedMax = 5_000;
const sql = 'SELECT campaign_id FROM vicidial_lists WHERE list_id = ?';

/** vicidial_lists: which campaign a list belongs to; at most one second old. */
export function createLists(db: Db, options: { readonly nowMs: () => number; readonly cacheMsMax: number }): Lists & { forget(): void } {
  const campaigns = createCache<string | undefined>({
    maxAgeMs: options.cacheMsMax,
    entriesMax: cachedMax,
    nowMs: options.nowMs,
    load: async (listId) => {
      const [row] = await db.all(sql, [listId]);
      return row && text(row['campaign_id']);
    },
    keep: (campaign) => campaign !== undefined,
  });
  return {
    // A list id is digits; anything else would be compared as number 0 by MySQL.
    campaignOf: (listId) => (/^\d{1,19}$/.test(listId) ? campaigns.get(listId) : Promise.resolve(undefined)),
    forget: () => {
      campaigns.forget();
    },
  };
}
