/**
 * The reference's literal names of settings (dialer.md A4, E80). They are read where ours is set neither in the
 * environment nor in the file, and only with `dialer: yes`: names as common as DB_NAME or LOG_LEVEL may be somebody
 * else's in an environment without a dialer.
 */
import type { SettingName, SettingRow } from './settings-table.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a setting from its literal names; undefined: none of them is set. */
export function literalValue(row: SettingRow, env: Environment): string | undefined {
  const [first, ...more] = row.also ?? [];
  const given = first === undefined ? undefined : env[first];
  if (first === undefined || given === undefined || given === '') return undefined;
  if (more.length > 0) return composed[row.name as SettingName]?.(env);
  return row.choices ? given.toLowerCase() : given;
}

/** Several names that are one setting of ours. */
const composed: Partial<Record<SettingName, (env: Environment) => string>> = {
  freeswitch_urls: (env) => {
    const { ESL_IP: host = '', ESL_PORT: port = '8021', ESL_PASSWORD: secret = 'ClueCon' } = env;
    return `esl://:${encodeURIComponent(secret)}@${bracketed(host)}:${port}/${host.replace(/[^A-Za-z0-9_.-]/g, '-')}`;
  },
  database_url: (env) => {
    const { DB_URL: given = '', DB_PORT: port, DB_NAME: name, DB_USERNAME: user = '', DB_PASS: secret = '' } = env;
    // a host, or the address of a driver such as jdbc:mysql://host:3306/name
    const [, scheme = 'mysql', host = '', ownPort, ownName] =
      /^(?:(?:jdbc:)?([a-z]+):\/\/)?([^:/?]+)(?::(\d+))?(?:\/([^?]*))?/.exec(given) ?? [];
    return `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${host}:${port ?? ownPort ?? '3306'}/${name ?? ownName ?? ''}`;
  },
};

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
