/** Settings of the lookup that an operator can reach from outside: the whole process, with values that are not the defaults. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dialAgi } from './support/fake-asterisk.js';
import { startFakeOrigin } from './support/fake-origin.js';
import type { FakeOrigin } from './support/fake-origin.js';
import { stockContainer } from './support/lookup-world.js';
import { startTandem } from './support/tandem-process.js';
import type { TandemProcess } from './support/tandem-process.js';

describe('lookup settings', function () {
  this.timeout(60_000);
  let dir: string;
  let origin: FakeOrigin;
  let tandem: TandemProcess;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-lookup-'));
    origin = await startFakeOrigin();
    tandem = await startTandem({
      dir,
      ports: { http: 0, agi: 0, esl: 0 },
      provisioning: {
        containers: [{ id: 'ccc_test', url: stockContainer(origin.base).entry.trim() }],
        peers: [{ id: 'beta', trunks: ['IAX2/beta'] }],
      },
      settings: { TANDEM_LOOKUP_WRONG_TRUNK_EXIT: 'C', TANDEM_KEEP_ENTRY_LIST_ID: 'no' },
    });
  });
  after(async () => {
    await tandem.kill9();
    await origin.stop();
    rmSync(dir, { recursive: true });
  });

  async function arrive(channel: string): Promise<string> {
    const fields = { calleridname: 'V1211903090005000001', channel, uniqueid: `1795305789.${channel.length}` };
    const call = await dialAgi({ port: tandem.ports.agi, script: 'ccc_lookup_insert', args: ['ccc_test---8199'], fields });
    await call.ended;
    return `${call.variables.get('ccc_result') ?? ''} ${call.variables.get('TANDEM_REASON') ?? ''}`;
  }

  it('TRK-2: TANDEM_LOOKUP_WRONG_TRUNK_EXIT names the exit', async () => {
    assert.equal(await arrive('IAX2/beta-1'), 'C wrong-trunk');
  });

  it('AGI-8: TANDEM_KEEP_ENTRY_LIST_ID=no leaves entry_list_id alone', async () => {
    assert.equal(await arrive('IAX2/alpha-12'), 'A found');
    const leads = tandem.rows('SELECT list_id, entry_list_id FROM vicidial_list');
    assert.deepEqual(
      leads.map((lead) => [lead['list_id'], lead['entry_list_id']]),
      [[8199, 0]],
    );
  });
});
