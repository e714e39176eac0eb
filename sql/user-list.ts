/** vicidial_users in pages for administrators: never a password nor a hash of one. */
import type { ListedUser, UserList } from '../core/access-ports.js';
import { integer, text } from './db.js';
import type { Db, Row, Value } from './db.js';
import { causedBy } from './failure.js';
import type { LocalClock } from './local-clock.js';

const columns =
  'user, full_name, user_level, user_group, active, api_allowed_functions, view_reports, vdc_agent_api_access, last_login_date';

/** VICIdial writes the first second of 2001 for "never". */
const neverBeforeMs = Date.UTC(2001, 0, 3);
const lastLogin = (atMs: number | undefined): number | undefined => (atMs !== undefined && atMs < neverBeforeMs ? undefined : atMs);

export function createUserList(db: Db, { clock }: { readonly clock: LocalClock }): UserList {
  const userOf = (row: Row): ListedUser => ({
    user: text(row['user']),
    fullName: text(row['full_name']),
    level: integer(row['user_level']) ?? 0,
    group: text(row['user_group']),
    isActive: row['active'] === 'Y',
    functions: text(row['api_allowed_functions']).split(' ').filter(Boolean),
    viewReports: text(row['view_reports']) === '1',
    agentApiAccess: text(row['vdc_agent_api_access']) === '1',
    lastLoginAtMs: lastLogin(clock.instant(text(row['last_login_date']))),
  });
  async function find(parts: readonly (readonly [string, Value])[], limit: number): Promise<readonly ListedUser[]> {
    const where = parts.length === 0 ? '' : `WHERE ${parts.map(([sql]) => sql).join(' AND ')}`;
    const sql = `SELECT ${columns} FROM vicidial_users ${where} ORDER BY user LIMIT ${String(Math.max(1, Math.floor(limit)))}`;
    try {
      return (
        await db.all(
          sql,
          parts.map(([, value]) => value),
        )
      ).map(userOf);
    } catch (e) {
      if (causedBy(e, 'unlike')) return []; // characters that the column's charset does not have
      throw e;
    }
  }

  return {
    list({ group, isActive, function: named, search, after, limit }) {
      const parts: (readonly [string, Value])[] = [];
      if (after !== undefined) parts.push(['user > ?', after]);
      if (group !== undefined) parts.push(['user_group = ?', group]);
      if (isActive !== undefined) parts.push([isActive ? 'active = ?' : 'active <> ?', 'Y']);
      if (named !== undefined) parts.push(['INSTR(api_allowed_functions, ?) > 0', ` ${named} `]);
      if (search !== undefined) parts.push(['INSTR(LOWER(user), ?) > 0', search.toLowerCase()]);
      return find(parts, limit);
    },
    get: async (user) => (await find([['user = ?', user]], 1))[0],
  };
}
