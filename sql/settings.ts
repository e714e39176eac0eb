import type { Settings, SystemSettings } from '../core/ports.js';
import { createCache } from './cache.js';
import { integer, marks, text } from './db.js';
import type { Db } from './db.js';
import { causedBy } from './failure.js';
import type { LocalClock } from './local-clock.js';

export interface SettingsOptions {
  readonly clock: LocalClock;
  readonly nowMs: () => number;
  readonly cacheMsMax: number;
}

const ipAnswersMax = 5_000;
const addressesMax = 8;

const systemSql = `
  SELECT use_non_latin, pass_hash_enabled, pass_key, pass_cost, allow_ip_lists, system_ip_blacklist, two_factor_auth_hours,
         two_factor_container, vdc_agent_api_active
    FROM system_settings LIMIT 1`;
const serverSql = `SELECT local_gmt FROM servers WHERE active = 'Y' ORDER BY server_id LIMIT 1`;
const secondFactorSql = `SELECT 1 AS one FROM vicidial_two_factor_auth WHERE user = ? AND auth_stage = '1' AND auth_exp_date > ? LIMIT 1`;

/** system_settings, IP lists and second factors; what is kept is at most one second old (DB-1 to DB-3). */
export function createSettings(db: Db, { clock, nowMs, cacheMsMax }: SettingsOptions): Settings & { forget(): void } {
  const system = createCache<SystemSettings>({
    maxAgeMs: cacheMsMax,
    entriesMax: 1,
    nowMs,
    load: () => loadSystem(db),
    keep: () => true,
  });
  const ipAnswers = createCache<boolean>({
    maxAgeMs: cacheMsMax,
    entriesMax: ipAnswersMax,
    nowMs,
    load: async (key) => {
      const [listId = '', ...addresses] = JSON.parse(key) as string[];
      return loadIpAnswer(db, listId, addresses);
    },
    keep: () => true,
  });
  return {
    system: () => system.get(''),
    ipListHas: (listId, addresses) => ipAnswers.get(JSON.stringify([listId, ...addresses.slice(0, addressesMax)])),
    async secondFactorValid(user, atMs) {
      return (await rowsUnlessUnlike(db, secondFactorSql, [user, clock.text(atMs)])).length > 0;
    },
    forget() {
      system.forget();
      ipAnswers.forget();
    },
  };
}

async function loadSystem(db: Db): Promise<SystemSettings> {
  const [[row], [server]] = await Promise.all([db.all(systemSql), db.all(serverSql)]);
  return {
    useNonLatin: text(row?.['use_non_latin']) === '1',
    passHashEnabled: text(row?.['pass_hash_enabled']) === '1',
    passKey: text(row?.['pass_key']),
    passCost: integer(row?.['pass_cost']) ?? 2,
    allowIpLists: Number(text(row?.['allow_ip_lists'])) > 0,
    systemIpBlacklist: text(row?.['system_ip_blacklist']),
    twoFactorAuthHours: integer(row?.['two_factor_auth_hours']) ?? 0,
    twoFactorContainer: text(row?.['two_factor_container']),
    agentApiActive: text(row?.['vdc_agent_api_active']) === '1',
    serverLocalGmt: server && text(server['local_gmt']),
  };
}

async function loadIpAnswer(db: Db, listId: string, addresses: readonly string[]): Promise<boolean> {
  if (addresses.length === 0) return false;
  const sql = `SELECT 1 AS one FROM vicidial_ip_list_entries WHERE ip_list_id = ? AND ip_address IN (${marks(addresses.length)}) LIMIT 1`;
  return (await rowsUnlessUnlike(db, sql, [listId, ...addresses])).length > 0;
}

/** A text with characters that the column cannot hold equals no row. */
async function rowsUnlessUnlike(db: Db, sql: string, values: readonly string[]): Promise<readonly unknown[]> {
  try {
    return await db.all(sql, values);
  } catch (e) {
    if (causedBy(e, 'unlike')) return [];
    throw e;
  }
}
