/** Settings of the lookup that an operator can reach from outside: the whole process, with values that are not the defaults. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dialAgi } from './support/fake-asterisk.js';
import { startFakeOrigin, stockLine } from './support/fake-origin.js';
import type { FakeOrigin } from './support/fake-origin.js';
import { stockContainer } from './support/lookup-world.js';
import { startTandem } from './support/tandem-process.js';
import type { TandemProcess } from './support/tandem-process.js';
import { binary } from './support/binary.js';

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
        peers: [
          { id: 'beta', trunks: ['IAX2/beta'] },
          { id: 'gamma', kind: 'tandem', base_url: origin.base },
        ],
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

  it('X-5: doctor fails a peer of kind tandem that announces itself as a stock VICIdial', async () => {
    origin.reply('VERSION: 2.14-217|BUILD: 251003-0930|DATE: 2026-11-21 19:03:09|EPOCH: 1795287789|DST: 0|TZ: -5.00|TZNOW: -5.00|\n');
    const env = { ...process.env, TANDEM_DATABASE_URL: `sqlite:${join(dir, 'tandem.db')}` };
    const doctor = promisify(execFile)(process.execPath, [binary, 'doctor'], { env, timeout: 30_000 });
    const output = await doctor.catch((e: unknown) => e as { stdout: string });
    assert.match(output.stdout, /^FAIL {2}peer gamma: kind is tandem, but the peer is a stock VICIdial/m);
    assert.match(output.stdout, /^ok {4}peer ccc_test: VERSION: 2\.14-217/m);
    origin.reply(stockLine);
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
