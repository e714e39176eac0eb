/**
 * One MySQL or MariaDB server: a bounded pool whose connections are only lent to a function and come back
 * clean, or not at all (dependencies section 8). Nothing here waits without a limit.
 */
import mysql from 'mysql2';
import type { Pool, PoolConnection, ResultSetHeader } from 'mysql2';
import type { Changed, Row, Statements, Value } from './db.js';
import { classify, DbTimeout } from './failure.js';
import type { Stage } from './failure.js';
import { Met, withTimeout } from './retry.js';

export interface MysqlNodeOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly poolSize: number;
  /** how many may wait for a connection */
  readonly waitersMax: number;
  readonly acquireMsMax: number;
  readonly statementMsMax: number;
}

export interface MysqlNode {
  readonly name: string;
  /** Lend a connection; rejects with `Met`, which says at which stage. */
  session<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  transaction<T>(work: (tx: Statements) => Promise<T>): Promise<T>;
  /** Leave all connections at once, without farewell: a frozen server never answers one. */
  reset(): void;
  close(): Promise<void>;
}

const connectMsMax = 2_000;
/** the server-wide limit is 16,382; the default of 16,000 per connection could use it up alone */
const preparedMax = 200;
const closeMsMax = 2_000;
/** seconds in which nothing comes while a transaction is open */
const idleTransactionS = 5;

export function createMysqlNode(options: MysqlNodeOptions): MysqlNode {
  let lent = createTrackedPool(options);

  async function acquire(): Promise<PoolConnection> {
    const { pool } = lent;
    const connecting = new Promise<PoolConnection>((resolve, reject) => {
      pool.getConnection((e: Error | null, connection) => (e ? reject(e) : resolve(connection)));
    });
    try {
      return await withTimeout(connecting, options.acquireMsMax, 'connect', (late) => {
        late.release();
      });
    } catch (e) {
      throw new Met('connect', e);
    }
  }

  async function session<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const connection = await acquire();
    const lease = statementsOn(connection, options.statementMsMax);
    let usable = false;
    try {
      const result = await work(lease.statements);
      usable = true;
      return result;
    } catch (e) {
      usable = !classify(e instanceof Met ? e.original : e).destroy;
      throw e;
    } finally {
      // A transaction left open would go to the next user, with its locks: only a fresh connection surely has none.
      if (usable && !lease.inTransaction()) connection.release();
      else connection.destroy();
    }
  }

  return {
    name: `${options.host}:${options.port}`,
    session,
    transaction: (work) => session((statements) => transactionOn(statements, work)),
    reset() {
      lent.drop();
      lent = createTrackedPool(options);
    },
    close: () => lent.close(),
  };
}

async function transactionOn<T>(statements: Statements, work: (tx: Statements) => Promise<T>): Promise<T> {
  let stage: Stage = 'statement';
  let committed = false;
  let broken = false;
  try {
    await statements.run('START TRANSACTION');
    const result = await work(statements);
    stage = 'commit';
    await statements.run('COMMIT');
    committed = true;
    return result;
  } catch (e) {
    const original = e instanceof Met ? e.original : e;
    broken = classify(original).destroy;
    // Until COMMIT was sent the server rolls back a lost connection: surely nothing happened.
    throw new Met(stage === 'commit' ? 'commit' : 'connect', original);
  } finally {
    // On a broken link there is nothing to say; the connection is destroyed, which rolls back too.
    if (!committed && !broken) await statements.run('ROLLBACK');
  }
}

/** The server's flag in each of its OK answers. */
const statusInTransaction = 1;

/** Bound statements on one connection, each with its limit. */
function statementsOn(
  connection: PoolConnection,
  statementMsMax: number,
): { readonly statements: Statements; readonly inTransaction: () => boolean } {
  let status = 0;
  const ask = <T>(sql: string, values: readonly Value[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        // The server goes on with it: this connection must not be used again.
        reject(new DbTimeout('statement', `no answer within ${statementMsMax} ms`));
      }, statementMsMax);
      const done = (e: Error | null, result: unknown): void => {
        clearTimeout(timer);
        if (e) reject(e);
        else resolve(result as T);
      };
      // Prepared on the server and bound there; what has no values (BEGIN, DDL) goes as it is, some of it cannot be prepared.
      if (values.length > 0) connection.execute(sql, values as Value[], done);
      else connection.query(sql, done);
    });
  const statements: Statements = {
    all: (sql, values = []) => ask<readonly Row[]>(sql, values),
    run: async (sql, values = []): Promise<Changed> => {
      const { affectedRows, insertId, serverStatus } = await ask<ResultSetHeader>(sql, values);
      status = serverStatus;
      return { rows: affectedRows, insertId };
    },
  };
  return { statements, inTransaction: () => (status & statusInTransaction) !== 0 };
}

function createTrackedPool(options: MysqlNodeOptions): { pool: Pool; drop: () => void; close: () => Promise<void> } {
  const open = new Set<PoolConnection>();
  const pool = mysql.createPool({
    host: options.host,
    port: options.port,
    user: options.user,
    password: options.password,
    database: options.database,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    multipleStatements: false,
    connectTimeout: Math.min(connectMsMax, options.acquireMsMax),
    enableKeepAlive: true,
    connectionLimit: options.poolSize,
    waitForConnections: true,
    queueLimit: options.waitersMax,
    maxPreparedStatements: preparedMax,
  });
  pool.on('connection', (connection) => {
    open.add(connection);
    connection.once('end', () => open.delete(connection));
    // A lock wait or a runaway statement ends on the server too, before our own limit, and so does a transaction whose process
    // stands still or is cut off: it may hold the lease. MySQL skips the MariaDB parts, MariaDB before 10.3 the last one.
    const seconds = Math.max(1, Math.floor(options.statementMsMax / 1000));
    connection.query(
      `SET SESSION innodb_lock_wait_timeout = ${seconds} /*M! , max_statement_time = ${options.statementMsMax / 1000} */ /*M!100300 , idle_transaction_timeout = ${idleTransactionS} */`,
      (e) => {
        if (e) connection.destroy();
      },
    );
  });
  const drop = (): void => {
    for (const connection of open) connection.destroy();
    open.clear();
    pool.end(() => undefined);
  };
  const close = async (): Promise<void> => {
    await withTimeout(new Promise<void>((resolve) => pool.end(() => resolve())), closeMsMax, 'connect').catch(drop);
  };
  return { pool, drop, close };
}
