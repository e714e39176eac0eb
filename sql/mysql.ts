/** MySQL, MariaDB, Galera: the servers of one URL behind the narrow interface of `db.ts`. */
import { TandemError } from '../core/errors.js';
import type { Db, Statements, WriteOptions } from './db.js';
import { DbTimeout } from './failure.js';
import type { Failure } from './failure.js';
import { createMysqlNode } from './mysql-node.js';
import type { MysqlNode, MysqlNodeOptions } from './mysql-node.js';
import { createNodeSet } from './node-set.js';
import { Met, runWithRetry, sleep } from './retry.js';
import type { MysqlTarget } from './url.js';

export interface MysqlOptions {
  readonly poolSize: number;
  readonly waitersMax: number;
  readonly acquireMsMax: number;
  readonly statementMsMax: number;
  readonly retryMsMax: number;
  readonly nowMs: () => number;
  readonly onFailure: (failure: Failure) => void;
  readonly onWriter: (name: string | undefined) => void;
}

export function openMysql(target: MysqlTarget, options: MysqlOptions): Db {
  const { user, password, database, hosts } = target;
  const { poolSize, waitersMax, acquireMsMax, statementMsMax, nowMs } = options;
  const nodeOptions: MysqlNodeOptions[] = hosts.map((at) => ({
    ...at,
    user,
    password,
    database,
    poolSize,
    waitersMax,
    acquireMsMax,
    statementMsMax,
  }));
  const nodes = createNodeSet(nodeOptions.map(createMysqlNode), nodeOptions, { nowMs, onWriter: options.onWriter });
  let downSinceMs: number | undefined;
  let open = true;

  /** While the database is known to be away, new work gets one try: nothing piles up behind a dead server. */
  function patienceMs(wantedMs: number): number {
    return downSinceMs === undefined ? wantedMs : Math.max(0, Math.min(wantedMs, downSinceMs + wantedMs - nowMs()));
  }

  function attempt<T>(work: (node: MysqlNode) => Promise<T>, repeatable: boolean, retryMsMax = options.retryMsMax): Promise<T> {
    let used: MysqlNode | undefined;
    return runWithRetry(
      async () => {
        if (!open) throw new TandemError('TDM_STORE_DOWN', ['closed']);
        used = await nodes.writer();
        if (!used) throw new Met('connect', new DbTimeout('connect', 'no database server is healthy'));
        const result = await work(used);
        downSinceMs = undefined;
        return result;
      },
      {
        retryMsMax: patienceMs(retryMsMax),
        repeatable,
        nowMs,
        random: Math.random,
        sleep,
        onFailure: (failure) => {
          if (failure.verdict === 'elsewhere') downSinceMs ??= nowMs();
          else downSinceMs = undefined;
          if (failure.nodeDown && used) nodes.suspect(used);
          options.onFailure(failure);
        },
      },
    );
  }

  const once = <T>(work: (statements: Statements) => Promise<T>, write: WriteOptions = {}): Promise<T> =>
    attempt((node) => node.session(work), write.repeatable ?? false, write.retryMsMax);

  return {
    dialect: 'mysql',
    all: (sql, values) => once((statements) => statements.all(sql, values), { repeatable: true }),
    run: (sql, values, write) => once((statements) => statements.run(sql, values), write),
    transaction: (work, write = {}) => attempt((node) => node.transaction(work), write.repeatable ?? false, write.retryMsMax),
    session: (work) => once(work),
    ping: async () => {
      await once((statements) => statements.all('SELECT 1 AS one'), { repeatable: true, retryMsMax: 0 });
    },
    close: async () => {
      open = false;
      await nodes.close();
    },
  };
}
