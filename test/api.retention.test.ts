/** What the doors remember is kept as long as their windows say (W-7, AGI-5). */
import assert from 'node:assert/strict';
import { noLog, noMeter, openConfiguredStore, retentionFor } from '../sidecar/commands/context.js';
import { readConfig } from '../sidecar/config.js';

const dayMs = 86_400_000;

describe('retention of keys', () => {
  it('W-7: a one-time code stays taken for the configured window and a day', async () => {
    const config = readConfig({ TANDEM_DATABASE_URL: 'sqlite::memory:', TANDEM_CODE_WINDOW_S: '432000' });
    const store = await openConfiguredStore(config, noLog, noMeter);
    try {
      await store.migrate();
      const nowMs = Date.now();
      const take = (atMs: number) => store.proofs.takeOnce('alpha', 'V1', { address: '10.1.1.1', atMs, retryMs: 0 });
      await take(nowMs - 5 * dayMs);
      assert.equal((await store.runRetention(nowMs)).takenCodesExpired, 0);
      assert.equal(await take(nowMs), false);
      assert.equal((await store.runRetention(nowMs + 2 * dayMs)).takenCodesExpired, 1);
    } finally {
      await store.close();
    }
  });

  it('AGI-5: keys of hand-overs stay for their window and a day, never less than by default', () => {
    assert.equal(retentionFor({ codeWindowS: 60, handoverWindowS: 864_000 }).handoversMsMax, 11 * dayMs);
    assert.deepEqual(retentionFor({ codeWindowS: 60, handoverWindowS: 60 }), { handoversMsMax: 7 * dayMs, takenCodesMsMax: 2 * dayMs });
  });
});
