import { TandemError } from '../core/errors.js';

export interface SqliteTarget {
  readonly dialect: 'sqlite';
  /** path, or `:memory:` */
  readonly file: string;
}

export interface MysqlTarget {
  readonly dialect: 'mysql';
  /** in order of preference */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const portDefault = 3306;
const hostsMax = 16;

/** Read `sqlite:./data/tandem.db`, `sqlite::memory:` or `mysql://user:secret@host:3306,host2:3306/db`. Never repeats the secret in an error. */
export function parseDatabaseUrl(url: string): SqliteTarget | MysqlTarget {
  if (url.startsWith('sqlite:')) {
    const file = url.slice('sqlite:'.length);
    if (file === '') throw bad('a file is missing, e.g. sqlite:./data/tandem.db');
    return { dialect: 'sqlite', file };
  }
  const found = /^(?:mysql|mariadb):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?#]+)\/([^/?#]+)$/.exec(url);
  if (!found) throw bad('expected sqlite:<file> or mysql://user:secret@host[:port][,host[:port]]/database');
  const [, user = '', password = '', hostList = '', database = ''] = found;
  const hosts = hostList.split(',').map(parseHost);
  if (hosts.length > hostsMax) throw bad(`more than ${hostsMax} hosts`);
  return { dialect: 'mysql', hosts, user: decode(user), password: decode(password), database: decode(database) };
}

function parseHost(text: string): { host: string; port: number } {
  const found = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  const host = (found?.[1] ?? '').replace(/^\[|\]$/g, '');
  const port = Number(found?.[2] ?? portDefault);
  if (host === '' || port < 1 || port > 65_535) throw bad('a host or port is wrong');
  return { host, port };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw bad('user, secret or database is not percent-encoded correctly');
  }
}

const bad = (why: string): TandemError => new TandemError('TDM_BAD_SETTING', ['TANDEM_DATABASE_URL', why]);
