/** A MariaDB server of its own for a test suite, on a free loopback port, with an empty database. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { bringUp, requireTestbed, testbedProblem } from './cache.js';

export { requireTestbed, testbedProblem };

export interface TestMariaDb {
  /** `mysql://user:secret@127.0.0.1:port/tandem`; the user may create further databases */
  readonly url: string;
  stop(): Promise<void>;
}

const attemptsMax = 3;

/** A port that is free now. Another process may take it before it is used: the caller tries again. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Start a server (under a second once the packages are there). `strict` false: empty sql_mode, as VICIdial asks for. */
export async function startMariaDb(options: { readonly strict: boolean }): Promise<TestMariaDb> {
  for (let attempt = 1; ; attempt++) {
    const name = `db-${process.pid}-${randomBytes(4).toString('hex')}`;
    try {
      const { values, stop } = await bringUp({ part: 'mariadb', name }, [
        name,
        String(await freePort()),
        options.strict ? 'strict' : 'loose',
      ]);
      return { url: values.get('MARIADB_URL') ?? '', stop };
    } catch (e) {
      if (attempt === attemptsMax) throw e;
    }
  }
}
