/** Rights of users beside VICIdial's columns, and API keys. Read through a memory of one second, like users. */
import type { ApiKey, ApiKeyChange, ApiKeyStore, UserRights, UserRightsStore } from '../core/access-ports.js';
import type { Log } from '../core/ports.js';
import { canonical } from '../core/provisioning/names.js';
import { createCache } from './cache.js';
import { integer, marks, text } from './db.js';
import type { Db, Row, Value } from './db.js';
import { createJsonLists } from './json-list.js';

export interface AccessOptions {
  readonly own: string;
  readonly nowMs: () => number;
  readonly cacheMsMax: number;
  readonly log: Log;
}

const cachedMax = 1_000;
/** Users whose rights are read in one statement. */
const usersMax = 500;

const noRights: UserRights = { queues: undefined, agent: undefined };

export function createUserRights(db: Db, { own, nowMs, cacheMsMax, log }: AccessOptions): UserRightsStore & { forget(): void } {
  const lists = createJsonLists(log);
  const select = `SELECT user, queues, agent_id FROM ${own}tandem_user_rights WHERE user`;
  const rightsOf = (row: Row): UserRights => ({
    queues: queuesOf(row, 'tandem_user_rights.queues', text(row['user']), lists),
    agent: text(row['agent_id']) || undefined,
  });
  const cache = createCache<UserRights>({
    maxAgeMs: cacheMsMax,
    entriesMax: cachedMax,
    nowMs,
    keep: () => true,
    async load(user) {
      const [row] = await db.all(`${select} = ?`, [user]);
      return row ? rightsOf(row) : noRights;
    },
  });
  const onExisting =
    db.dialect === 'mysql'
      ? 'ON DUPLICATE KEY UPDATE queues = VALUES(queues), agent_id = VALUES(agent_id)'
      : 'ON CONFLICT (user) DO UPDATE SET queues = excluded.queues, agent_id = excluded.agent_id';

  return {
    find: (user) => cache.get(canonical(user)),
    async all(users) {
      const found = new Map<string, UserRights>();
      for (let i = 0; i < users.length; i += usersMax) {
        const some = users.slice(i, i + usersMax);
        for (const row of await db.all(`${select} IN (${marks(some.length)})`, some)) found.set(canonical(row['user']), rightsOf(row));
      }
      return found;
    },
    async put(user, { queues, agent }) {
      const values: Value[] = [user, queues === undefined ? null : JSON.stringify(queues), agent ?? null];
      const sql = `INSERT INTO ${own}tandem_user_rights (user, queues, agent_id) VALUES (?, ?, ?) ${onExisting}`;
      await db.run(sql, values, { repeatable: true });
      cache.forget();
    },
    forget: () => cache.forget(),
  };
}

/** What cannot be read allows nothing, never all (W-8). */
function queuesOf(row: Row, column: string, key: string, lists: ReturnType<typeof createJsonLists>): readonly string[] | undefined {
  const stored = row['queues'];
  return stored === null || stored === undefined ? undefined : (lists(column, key, stored) ?? []).map(String);
}

// ------------------------------------------------------------------ keys

const keyColumns = 'key_id, name, functions, queues, created_ms, created_by, expires_ms, disabled, last_used_ms, last_ip';

export function createApiKeys(db: Db, { own, nowMs, cacheMsMax, log }: AccessOptions): ApiKeyStore & { forget(): void } {
  const lists = createJsonLists(log);
  const table = `${own}tandem_api_keys`;
  const select = `SELECT ${keyColumns} FROM ${table} WHERE`;
  const keyOf = (row: Row): ApiKey => ({
    id: text(row['key_id']),
    name: text(row['name']),
    functions: text(row['functions']).split(' ').filter(Boolean),
    queues: queuesOf(row, 'tandem_api_keys.queues', text(row['key_id']), lists),
    createdAtMs: integer(row['created_ms']) ?? 0,
    createdBy: text(row['created_by']),
    expiresAtMs: integer(row['expires_ms']) || undefined,
    isDisabled: integer(row['disabled']) === 1,
    lastUsedAtMs: integer(row['last_used_ms']) || undefined,
    lastAddress: text(row['last_ip']) || undefined,
  });
  const cache = createCache<ApiKey | undefined>({
    maxAgeMs: cacheMsMax,
    entriesMax: cachedMax,
    nowMs,
    keep: (key) => key !== undefined,
    load: (hash) => one(`${select} key_hash = ?`, hash),
  });
  async function one(sql: string, value: string): Promise<ApiKey | undefined> {
    const [row] = await db.all(sql, [value]);
    return row && keyOf(row);
  }

  return {
    find: (hash) => cache.get(hash),
    get: (id) => one(`${select} key_id = ?`, id),
    list: async (after, limit) =>
      (await db.all(`${select} key_id > ? ORDER BY key_id LIMIT ${String(Math.floor(limit))}`, [after])).map(keyOf),
    async count() {
      const [row] = await db.all(`SELECT COUNT(*) AS n FROM ${table}`);
      return Number(row?.['n'] ?? 0);
    },
    async create(key, hash) {
      const values = [key.id, key.name, key.functions.join(' '), key.queues === undefined ? null : JSON.stringify(key.queues)];
      const more = [key.createdAtMs, key.createdBy, key.expiresAtMs ?? 0, key.isDisabled ? 1 : 0, 0, null];
      await db.run(`INSERT INTO ${table} (${keyColumns}, key_hash) VALUES (${marks(11)})`, [...values, ...more, hash]);
    },
    async change(id, change) {
      const columns = changedColumns(change);
      if (columns.length === 0) return (await one(`${select} key_id = ?`, id)) !== undefined;
      const sets = columns.map(([column]) => `${column} = ?`).join(', ');
      const { rows } = await db.run(`UPDATE ${table} SET ${sets} WHERE key_id = ?`, [...columns.map(([, value]) => value), id], {
        repeatable: true,
      });
      cache.forget();
      return rows > 0;
    },
    async used(id, atMs, address) {
      await db.run(`UPDATE ${table} SET last_used_ms = ?, last_ip = ? WHERE key_id = ?`, [atMs, address.slice(0, 45), id], {
        repeatable: true,
      });
    },
    forget: () => cache.forget(),
  };
}

function changedColumns(change: ApiKeyChange): (readonly [string, Value])[] {
  const columns: (readonly [string, Value])[] = [];
  if (change.name !== undefined) columns.push(['name', change.name]);
  if (change.functions !== undefined) columns.push(['functions', change.functions.join(' ')]);
  if ('queues' in change) columns.push(['queues', change.queues === undefined ? null : JSON.stringify(change.queues)]);
  if ('expiresAtMs' in change) columns.push(['expires_ms', change.expiresAtMs ?? 0]);
  if (change.isDisabled !== undefined) columns.push(['disabled', change.isDisabled ? 1 : 0]);
  return columns;
}
