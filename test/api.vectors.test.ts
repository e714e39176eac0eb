/** Every recorded request of the reference, sent to our door over HTTP (API-1, acceptance list item 1). */
import assert from 'node:assert/strict';
import { startApiServer, send, type ApiServer } from './support/api-server.js';
import { loadVectors, vectorFile } from './support/api-vectors.js';
import { createMemoryStore, type UserRow } from './support/memory-ports.js';
import { checkAnswer, checkLog } from './support/vector-checks.js';

const columns: Readonly<Record<string, keyof UserRow>> = {
  failed_login_count: 'failedLoginCount',
  failed_login_count_today: 'failedLoginCountToday',
  failed_login_attempts_today: 'failedLoginAttemptsToday',
  failed_last_type_today: 'failedLastTypeToday',
  last_ip: 'lastIp',
};

for (const logLeadData of [false, true]) {
  describe(`API-1 vectors over memory ports, lead data in the log: ${logLeadData ? 'yes' : 'no'}`, () => {
    const store = createMemoryStore(() => Date.now());
    let server: ApiServer;

    beforeEach(async () => {
      loadVectors(store);
      server = await startApiServer(store, { nowMs: () => Date.now(), leadInfo: { logLeadData } }); // a fresh lock-out each time
    });
    afterEach(() => server.close());

    for (const vector of vectorFile.vectors) {
      it(`API-1 vector ${vector.id}: ${vector.what}`, async () => {
        const answer = await send(server, vector.request);
        checkAnswer(vector, answer);
        checkLog(vector, store.tables.apiLog, logLeadData);
        const row = store.tables.users.find((user) => user.user === vector.user_row_before?.['user']);
        for (const [name, value] of Object.entries(vector.user_row_after ?? {})) assert.equal(row?.[columns[name] ?? 'user'], value, name);
      });
    }
  });
}
