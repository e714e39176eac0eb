/** `tandem callcenter_config` against a running Tandem: arguments as a shell gives them, exit codes, and what stays (F90 to F115). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTandem, type TandemProcess } from './support/tandem-process.js';
import { binary } from './support/binary.js';

const site = {
  users: [
    { user: 'boss', pass: 'boss-password', user_level: 9, functions: ['tandem_admin'] },
    { user: 'viewer', pass: 'viewer-password', functions: ['tandem_queue_view'] },
  ],
  agents: [{ id: 'anna', contact: 'user/1001', status: 'Available' }],
  queues: [{ id: 'support', tiers: [{ agent: 'anna' }] }],
};

describe('tandem callcenter_config', function () {
  this.timeout(60_000);
  let dir: string;
  let tandem: TandemProcess;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-callcenter-'));
    const settings = { TANDEM_INSTANCE_ID: 'east-1' };
    tandem = await startTandem({ dir, ports: { http: 0, agi: 0, esl: 0 }, provisioning: site, settings });
  });
  after(async () => {
    await tandem.kill9();
    rmSync(dir, { recursive: true });
  });

  function command(args: readonly string[], user = 'boss'): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_')));
    const env = {
      ...clean,
      TANDEM_API_URL: `http://127.0.0.1:${String(tandem.ports.http)}`,
      TANDEM_API_USER: user,
      TANDEM_API_PASS: `${user}-password`,
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [binary, ...args], { env, timeout: 30_000 }, (e, out, err) =>
        resolve({ code: e ? Number(e.code ?? -1) : 0, out, err }),
      );
    });
  }

  it('F90 to F115: words as the shell took them apart, or one text; the exit code says how it went', async () => {
    const set = await command(['callcenter_config', 'agent', 'set', 'status', 'anna', 'On Break']);
    assert.deepEqual([set.code, set.out], [0, '+OK\n']);
    assert.equal((await command(['callcenter_config', 'agent get status anna'])).out, 'On Break\n');
    assert.match(
      (await command(['callcenter_config', 'agent', 'list', 'anna'], 'viewer')).out,
      /^name\|instance_id\|.*\nanna\|east-1\|\|callback\|user\/1001\|On Break\|/,
    );
    assert.deepEqual(await command(['callcenter_config', 'agent', 'set', 'wrap_up_time', 'anna', '-5']), {
      code: 1,
      out: '-ERR Invalid Value!\n',
      err: '',
    });
    assert.deepEqual(await command(['callcenter_config', 'zebra', 'list']), { code: 1, out: '-ERR no reply\n', err: '' });
    assert.match((await command(['callcenter_config'])).out, /^-USAGE: \n/);
  });

  it('F90, F100: what is added is provisioned, and reaches the engine before the answer', async () => {
    assert.equal((await command(['callcenter_config', 'agent', 'add', 'bert', 'callback'])).out, '+OK\n');
    assert.equal((await command(['callcenter_config', 'tier', 'add', 'support', 'bert', '2'])).out, '+OK\n');
    assert.match((await command(['callcenter_config', 'tier', 'list'])).out, /\nsupport\|bert\|Ready\|2\|1\n/);
    assert.equal(tandem.rows('SELECT agent_id FROM tandem_tiers WHERE level = 2')[0]?.['agent_id'], 'bert');
  });

  it('F98, F99: callcenter_break and callcenter_track; B39: who may not', async () => {
    assert.deepEqual(await command(['callcenter_break', 'agent', 'x']), { code: 1, out: '-ERR Session not found for uuid x\n', err: '' });
    assert.deepEqual(await command(['callcenter_track', 'anna', 'x']), { code: 1, out: '-ERR Session not found for uuid x\n', err: '' });
    const refused = await command(['callcenter_config', 'agent', 'del', 'anna'], 'viewer');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /TDM_FORBIDDEN/);
  });
});
