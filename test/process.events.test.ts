/** Events across processes: a standby tells them too, and kill -9 of the owner loses and repeats none (B25). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './support/eventually.js';
import { openStream, type TestStream } from './support/feed-server.js';
import { startTandem, type TandemProcess } from './support/tandem-process.js';

const agents = Array.from({ length: 20 }, (_, n) => `agent-${String(n)}`);
const site = {
  users: [{ user: 'boss', pass: 'boss-password', user_level: 9, functions: ['tandem_admin'] }],
  agents: agents.map((id) => ({ id, contact: `PJSIP/${id}` })),
  queues: [{ id: 'support', tiers: agents.map((agent) => ({ agent })) }],
};
const authorization = `Basic ${Buffer.from('boss:boss-password').toString('base64')}`;

describe('events across processes', function () {
  this.timeout(90_000);
  let dir: string;
  const processes: TandemProcess[] = [];
  const streams: TestStream[] = [];

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-events-'));
  });
  after(async () => {
    for (const stream of streams) stream.close();
    for (const one of processes) await one.kill9();
    rmSync(dir, { recursive: true });
  });

  async function start(name: string): Promise<TandemProcess> {
    const settings = { TANDEM_QUEUE_SPOOL_FILE: join(dir, `${name}.spool`) };
    const started = await startTandem({ dir, ports: { http: 0, agi: 0, esl: 0 }, provisioning: site, settings });
    processes.push(started);
    return started;
  }
  const urlOf = (tandem: TandemProcess, path: string) => `http://127.0.0.1:${String(tandem.ports.http)}/api/v1${path}`;
  const listen = async (tandem: TandemProcess, after: number) => {
    const stream = await openStream(urlOf(tandem, `/events?after=${String(after)}`), { authorization });
    streams.push(stream);
    return stream;
  };
  const change = (tandem: TandemProcess, agent: string, status: string) =>
    fetch(urlOf(tandem, `/agents/${agent}/status`), {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ status }),
    }).then(
      ({ status: code }) => code,
      () => 0, // killed meanwhile
    );

  it('B25: kill -9 in the middle: who listens goes on at the next owner, behind his last number, and has every event once', async () => {
    const owner = await start('one');
    const standby = await start('two');
    const atOwner = await listen(owner, 0);
    const atStandby = await listen(standby, 0);
    await Promise.all(agents.map((agent) => change(owner, agent, 'Available')));
    await eventually(atStandby.seqs, (seqs) => seqs.length > 0 && seqs.length === atOwner.seqs().length);
    const working = Promise.all(agents.map((agent) => change(owner, agent, 'On Break')));
    await eventually(atOwner.seqs, (seqs) => seqs.length > agents.length, { everyMs: 1 });
    await owner.kill9();
    await working;
    await eventually(
      () => change(standby, 'agent-1', 'Logged Out'),
      (code) => code === 200,
      { msMax: 20_000 },
    );
    const last = Number(standby.rows('SELECT MAX(seq) AS last FROM tandem_events')[0]?.['last']);

    const again = await listen(standby, atOwner.seqs().at(-1) ?? 0);
    const whole = Array.from({ length: last }, (_, i) => i + 1);
    await eventually(atStandby.seqs, (seqs) => seqs.at(-1) === last);
    await eventually(again.seqs, (seqs) => seqs.at(-1) === last);
    assert.deepEqual(atStandby.seqs(), whole);
    assert.deepEqual([...atOwner.seqs(), ...again.seqs()], whole);
    assert.equal(standby.rows(`SELECT seq FROM tandem_events WHERE type = 'events-lost'`).length, 0);
  });

  it('B25: at an orderly stop a stream is told so', async () => {
    const owner = processes.at(-1);
    assert.ok(owner);
    const stream = await listen(owner, 0);
    await eventually(stream.seqs, (seqs) => seqs.length > 0);
    assert.equal(await owner.stop(), 0);

    assert.deepEqual(stream.messages.at(-1), { event: 'cut', data: '{"reason":"stopping"}' });
  });
});
