import mysql from 'mysql2';
import type { Connection, RowDataPacket } from 'mysql2';
import type { MysqlNodeOptions } from './mysql-node.js';

export const probeEveryMs = 300;
export const probeMsMax = 800;

/**
 * Would this server take our writes now? Asked over a fresh connection, so that a server that still accepts
 * but no longer works is noticed. Galera: synced and ready; otherwise: not read-only. Never rejects.
 */
export function probe(options: MysqlNodeOptions, msMax = probeMsMax): Promise<boolean> {
  const { host, port, user, password, database } = options;
  const connection = mysql.createConnection({ host, port, user, password, database, connectTimeout: msMax });
  return new Promise((resolve) => {
    const done = (healthy: boolean): void => {
      clearTimeout(timer);
      connection.destroy();
      resolve(healthy);
    };
    const timer = setTimeout(done, msMax, false);
    connection.on('error', () => {
      done(false);
    });
    takesWrites(connection).then(done, () => {
      done(false);
    });
  });
}

async function takesWrites(connection: Connection): Promise<boolean> {
  const galera = await rows(connection, `SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_local_state', 'wsrep_ready')`);
  const status = new Map(galera.map((row) => [String(row['Variable_name']).toLowerCase(), String(row['Value'])]));
  const state = status.get('wsrep_local_state');
  // Without a Galera library the state is absent, or 0 beside a wsrep_ready of OFF from a server built with support for it.
  if (state !== undefined && state !== '0') return state === '4' && status.get('wsrep_ready') === 'ON';
  const [row] = await rows(connection, 'SELECT @@global.read_only AS read_only');
  return ['0', 'OFF'].includes(String(row?.['read_only']));
}

function rows(connection: Connection, sql: string): Promise<RowDataPacket[]> {
  return new Promise((resolve, reject) => {
    connection.query<RowDataPacket[]>(sql, (e, result) => (e ? reject(e) : resolve(result)));
  });
}
