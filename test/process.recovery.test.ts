/** Ownership of the queues across processes: kill -9 and a new start, a standby that takes over (B1, B5). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './support/eventually.js';
import { startTandem, type TandemProcess } from './support/tandem-process.js';

const site = {
  users: [{ user: 'boss', pass: 'boss-password', user_level: 9, functions: ['tandem_admin'] }],
  agents: [{ id: 'anna', contact: 'PJSIP/1001' }],
  queues: [{ id: 'support', tiers: [{ agent: 'anna' }] }],
};

describe('queues across processes', function () {
  this.timeout(90_000);
  let dir: string;
  const processes: TandemProcess[] = [];

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-recovery-'));
  });
  after(async () => {
    for (const one of processes) await one.kill9();
    rmSync(dir, { recursive: true });
  });

  async function start(settings: Readonly<Record<string, string>> = {}): Promise<TandemProcess> {
    const started = await startTandem({ dir, ports: { http: 0, agi: 0, esl: 0 }, provisioning: site, settings });
    processes.push(started);
    return started;
  }

  async function ask(tandem: TandemProcess, method: string, path: string, body?: object) {
    const answer = await fetch(`http://127.0.0.1:${String(tandem.ports.http)}/api/v1${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from('boss:boss-password').toString('base64')}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  async function queueCheck(tandem: TandemProcess) {
    const answer = await fetch(`http://127.0.0.1:${String(tandem.ports.http)}/health/ready`);
    const { ready, checks } = (await answer.json()) as { ready: boolean; checks: { name: string; state: string; reason: string }[] };
    return { ready, ...checks.find(({ name }) => name === 'queue-engine') };
  }

  it('B1: after kill -9 the next process has the state, at once: it does not wait for the end of the dead one`s lease', async () => {
    const first = await start();
    await ask(first, 'PUT', '/agents/anna/status', { status: 'On Break', reason: 'lunch' });
    const [row] = first.rows('SELECT owner FROM tandem_leases');
    await first.kill9();

    const second = await start();

    assert.deepEqual(await queueCheck(second), { ready: true, name: 'queue-engine', state: 'up', reason: '' });
    const { body } = await ask(second, 'GET', '/agents/anna');
    assert.deepEqual([body['status'], body['pauseReason']], ['On Break', 'lunch']);
    assert.notEqual(second.rows('SELECT owner FROM tandem_leases')[0]?.['owner'], row?.['owner']);
    assert.equal(await second.metric('tandem_acd_owner'), 1);
  });

  it('B5: a standby says so, is ready for everything else, and takes over when the owner stops', async () => {
    const owner = processes.at(-1);
    assert.ok(owner);
    const standby = await start({ TANDEM_QUEUE_SPOOL_FILE: join(dir, 'standby.spool') });

    const check = await queueCheck(standby);
    assert.deepEqual([check.ready, check.state], [true, 'degraded']);
    assert.match(check.reason ?? '', /^standby: the queues belong to /);
    const refused = await ask(standby, 'GET', '/agents/anna');
    assert.deepEqual([refused.status, refused.body['code']], [503, 'TDM_STANDBY']);
    assert.equal(await owner.stop(), 0);

    await eventually(
      () => queueCheck(standby),
      ({ state }) => state === 'up',
      { msMax: 10_000 },
    );
    assert.equal((await ask(standby, 'GET', '/agents/anna')).body['status'], 'On Break');
    assert.equal((await ask(standby, 'PUT', '/agents/anna/status', { status: 'Available' })).status, 200);
  });
});
