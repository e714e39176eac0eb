import { isNetwork } from '../core/address-list.js';
import type { AccountLimits, ApiUser, Log, Users } from '../core/ports.js';
import { createCache } from './cache.js';
import type { Columns } from './columns.js';
import { fitTo } from './columns.js';
import { integer, text } from './db.js';
import type { Db, Row } from './db.js';
import { causedBy } from './failure.js';
import { createJsonLists } from './json-list.js';
import type { JsonLists } from './json-list.js';
import type { LocalClock } from './local-clock.js';
import type { LoginLog } from './log-writer.js';

export interface UsersOptions {
  readonly own: string;
  readonly clock: LocalClock;
  readonly nowMs: () => number;
  readonly cacheMsMax: number;
  readonly columns: Columns;
  readonly logins: LoginLog;
  readonly log: Log;
}

const cachedMax = 1_000;

/** Row of the user, its group, and what is ours, in one statement. Our tables are joined by the bound name: their collation may differ. */
const findSql = (own: string): string => `
  SELECT u.user, u.pass, u.pass_hash, u.user_level, u.user_group, u.active, u.view_reports, u.vdc_agent_api_access,
         u.api_list_restrict, u.api_allowed_functions, u.failed_login_count, u.last_login_date, u.ignore_ip_list,
         u.two_factor_override, g.allowed_campaigns, g.api_ip_list,
         a.peer_id, a.window_s, a.one_time, a.requests_per_minute, a.lists, a.addresses, s.secret_hash
    FROM vicidial_users u
    LEFT JOIN vicidial_user_groups g ON g.user_group = u.user_group
    LEFT JOIN ${own}tandem_accounts a ON a.user = ?
    LEFT JOIN ${own}tandem_user_secrets s ON s.user = ?
   WHERE u.user = ?`;

/** Counters of a failed login (vicidial-ccc 3.4 step 5). The CASEs keep the small columns from overflowing in strict mode. */
const attempt = `failed_login_attempts_today = CASE WHEN failed_login_attempts_today < 65535 THEN failed_login_attempts_today + 1 ELSE failed_login_attempts_today END,
  failed_last_ip_today = ?, failed_last_type_today = ?`;
const failedSql = {
  bad: `UPDATE vicidial_users SET failed_login_count = CASE WHEN failed_login_count < 255 THEN failed_login_count + 1 ELSE 255 END,
    failed_login_count_today = CASE WHEN failed_login_count_today < 65535 THEN failed_login_count_today + 1 ELSE failed_login_count_today END,
    ${attempt} WHERE user = ?`,
  restart: `UPDATE vicidial_users SET failed_login_count = 1, last_login_date = ? WHERE user = ?`,
  locked: `UPDATE vicidial_users SET ${attempt} WHERE user = ?`,
  'ip-block': `UPDATE vicidial_users SET ${attempt} WHERE user = ?`,
} as const;
const failedType = { bad: 'aBAD', locked: 'aLOCK', 'ip-block': 'aIPBLOCK' } as const;

/** vicidial_users with a memory of one second (DB-1 to DB-3: another program's change counts within it). */
export function createUsers(db: Db, options: UsersOptions): Users & { forget(): void } {
  const { clock, columns, logins } = options;
  const sql = findSql(options.own);
  const lists = createJsonLists(options.log);

  async function load(user: string): Promise<ApiUser | undefined> {
    try {
      const [row] = await db.all(sql, [user, user, user]);
      return row && apiUser(row, clock, lists);
    } catch (e) {
      if (causedBy(e, 'unlike')) return undefined; // characters that the column's charset does not have
      throw e;
    }
  }

  const users = createCache<ApiUser | undefined>({
    maxAgeMs: options.cacheMsMax,
    entriesMax: cachedMax,
    nowMs: options.nowMs,
    load,
    keep: (user) => user !== undefined,
  });

  const sameUser = (name: string) => (key: string, known: ApiUser | undefined) =>
    [key, known?.user].some((one) => one?.toLowerCase() === name.toLowerCase());

  return {
    find: (user) => users.get(user),
    async findByAlias(alias) {
      if (!(await hasAliases(db))) return undefined;
      const [row] = await db.all('SELECT user FROM vicidial_users WHERE custom_three = ? ORDER BY user LIMIT 1', [alias]);
      return row && text(row['user']);
    },
    async loginSucceeded(user, ip, atMs) {
      await logins.succeeded(user, ip, atMs);
      // Only a count that was not 0 makes a difference for the next decision.
      if (users.peek(user)?.failedLoginCount !== 0) users.forgetWhere(sameUser(user));
    },
    async loginFailed(user, ip, atMs, kind) {
      await logins.settled(user); // an earlier success must not set the count back afterwards
      const facts = await columns.of('vicidial_users');
      const values = kind === 'restart' ? [clock.text(atMs), user] : [fitTo(facts, 'failed_last_ip_today', ip), failedType[kind], user];
      await db.run(failedSql[kind], values);
      users.forgetWhere(sameUser(user));
    },
    forget: () => {
      users.forget();
    },
  };
}

/** The column exists in VICIdial's own table; ours does without. */
async function hasAliases(db: Db): Promise<boolean> {
  const sql =
    db.dialect === 'mysql'
      ? `SELECT 1 AS one FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'vicidial_users' AND COLUMN_NAME = 'custom_three'`
      : `SELECT 1 AS one FROM pragma_table_info('vicidial_users') WHERE name = 'custom_three'`;
  return (await db.all(sql)).length > 0;
}

function apiUser(row: Row, clock: LocalClock, lists: JsonLists): ApiUser {
  const secret = row['secret_hash'];
  return {
    user: text(row['user']),
    pass: text(row['pass']),
    passHash: text(row['pass_hash']),
    secretHash: typeof secret === 'string' ? secret : undefined,
    userLevel: integer(row['user_level']) ?? 0,
    userGroup: text(row['user_group']),
    active: row['active'] === 'Y',
    viewReports: text(row['view_reports']) === '1',
    agentApiAccess: text(row['vdc_agent_api_access']) === '1',
    apiListRestrict: text(row['api_list_restrict']) === '1',
    apiAllowedFunctions: text(row['api_allowed_functions']),
    failedLoginCount: integer(row['failed_login_count']) ?? 0,
    lastLoginAtMs: clock.instant(text(row['last_login_date'])),
    ignoreIpList: text(row['ignore_ip_list']) === '1',
    twoFactorOverride: text(row['two_factor_override']),
    allowedCampaigns: text(row['allowed_campaigns']),
    apiIpList: text(row['api_ip_list']),
    account: accountLimits(row, lists),
  };
}

function accountLimits(row: Row, lists: JsonLists): AccountLimits | undefined {
  const peerId = row['peer_id'];
  if (typeof peerId !== 'string') return undefined;
  return {
    peerId,
    windowS: integer(row['window_s']),
    oneTime: Number(row['one_time']) === 1,
    requestsPerMinute: integer(row['requests_per_minute']),
    lists: jsonList(row, 'lists', lists)?.map(Number).filter(Number.isSafeInteger),
    addresses: jsonList(row, 'addresses', lists)?.map(String).filter(isNetwork),
  };
}

/** A JSON array of the account; what cannot be read allows nothing, never all (W-8). */
function jsonList(row: Row, column: 'lists' | 'addresses', lists: JsonLists): readonly unknown[] | undefined {
  const stored = row[column];
  if (stored === null || stored === undefined || stored === '') return undefined;
  return lists(`tandem_accounts.${column}`, text(row['user']), stored) ?? [];
}
