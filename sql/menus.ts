import { TandemError } from '../core/errors.js';
import type { MenuDefinition } from '../core/menu/definition.js';
import type { Menus } from '../core/ports.js';
import { createCache } from './cache.js';
import { text } from './db.js';
import type { Db, Row } from './db.js';

export interface MenusOptions {
  readonly own: string;
  readonly nowMs: () => number;
  readonly cacheMsMax: number;
}

const cachedMax = 5_000;

/** Call menus, checked when they were provisioned and kept as JSON; at most one second old. */
export function createMenus(db: Db, { own, nowMs, cacheMsMax }: MenusOptions): Menus & { forget(): void } {
  const findSql = `SELECT menu_id, definition FROM ${own}tandem_menus WHERE menu_id = ?`;
  const allSql = `SELECT menu_id, definition FROM ${own}tandem_menus ORDER BY menu_id LIMIT ${cachedMax}`;
  const menus = createCache<MenuDefinition | undefined>({
    maxAgeMs: cacheMsMax,
    entriesMax: cachedMax,
    nowMs,
    load: async (id) => {
      const [row] = await db.all(findSql, [id]);
      return row && definition(row);
    },
    keep: (menu) => menu !== undefined,
  });
  const all = createCache<readonly MenuDefinition[]>({
    maxAgeMs: cacheMsMax,
    entriesMax: 1,
    nowMs,
    load: async () => (await db.all(allSql)).map(definition),
    keep: () => true,
  });
  return {
    find: (menuId) => menus.get(menuId),
    all: () => all.get(''),
    forget() {
      menus.forget();
      all.forget();
    },
  };
}

/** `hours` may be absent in the stored text: JSON has no undefined. */
function definition(row: Row): MenuDefinition {
  try {
    const stored = JSON.parse(text(row['definition'])) as MenuDefinition;
    return { ...stored, hours: stored.hours };
  } catch (e) {
    throw new TandemError('TDM_BAD_VALUE', [`menu ${text(row['menu_id'])}`, 'its stored definition is no JSON'], { cause: e });
  }
}
