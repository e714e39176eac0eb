/** The queue engine of a process: ownership, take-over, the database away, the stop. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcdConfig } from '../core/acd/config.js';
import { acdSettingsDefaults, agentDefaults, queueDefaults } from '../core/acd/config.js';
import { agentId, memberId, queueId, switchId } from '../core/acd/ids.js';
import type { SwitchId } from '../core/acd/ids.js';
import type { FencedAcdStore, Leases } from '../core/acd-ports.js';
import type { SwitchPort } from '../core/switch.js';
import { ownershipDefaults } from '../sidecar/acd-ownership.js';
import { acdSpoolDefaults } from '../sidecar/acd-spool-options.js';
import { standbyEveryMs } from '../sidecar/owned-work.js';
import { openQueueEngine } from '../sidecar/queue-engine.js';
import type { QueueEngineOptions, RunningQueueEngine } from '../sidecar/queue-engine.js';
import { systemTimers } from '../sidecar/timers.js';
import type { Timers } from '../sidecar/timers.js';
import { createMemoryLeases } from './support/acd-memory-leases.js';
import { createMemoryAcdStore } from './support/acd-memory-store.js';
import { recordingSession, recordingSwitch, turn } from './support/acd-stub-engine.js';
import { eventually } from './support/eventually.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { joinOf } from './support/acd-small-world.js';
import { sampleMember } from './support/acd-rows.js';
import { describeStores } from './support/stores.js';

const pbx = switchId('pbx');
const config: AcdConfig = {
  settings: acdSettingsDefaults,
  queues: [queueDefaults(queueId('support'))],
  agents: [{ ...agentDefaults(agentId('anna')), contact: 'PJSIP/anna' }],
  tiers: [{ queue: queueId('support'), agent: agentId('anna'), level: 1, position: 1 }],
  callers: [],
};
const join1 = { type: 'caller-joined', join: joinOf('ada', 'm1', { switch: pbx, uniqueId: 'ada', channel: 'PJSIP/ada' }, 1_000) } as const;
const available = { type: 'status-asked', agent: 'anna', status: 'Available', reason: undefined } as const;

interface Shared {
  readonly store: { readonly acd: FencedAcdStore; readonly leases: Leases };
  readonly timers: Timers;
}

describe('queue engine of a process', () => {
  let folder = '';
  let running: RunningQueueEngine[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-engine-'));
  });
  afterEach(async () => {
    for (const one of running) await one.stop();
    running = [];
    rmSync(folder, { recursive: true, force: true });
  });

  function process(name: string, { store, timers }: Shared, more: Partial<QueueEngineOptions> = {}, onLost?: () => void) {
    const told: string[] = [];
    const owned: string[] = [];
    const meter = recordingMeter();
    const up = { isUp: true };
    const opened = openQueueEngine(
      {
        store,
        configs: { load: () => Promise.resolve(config) },
        switches: new Map<SwitchId, SwitchPort>([[pbx, recordingSwitch(told, up)]]),
        timers,
        monoMs: () => timers.nowMs(),
        log: silentLog,
        meter,
        onOwned: () => void owned.push(name),
        ...(onLost && { onLost }),
      },
      {
        spoolFile: join(folder, `${name}.spool`),
        spoolBytesMax: acdSpoolDefaults.bytesMax,
        reconcileEveryMs: 60_000,
        ownership: { owner: name },
        ...more,
      },
    );
    running.push(opened);
    return {
      ...opened,
      engine: opened.engine,
      told,
      owned,
      meter,
      up,
      start: () => opened.start(),
      stop: () => opened.stop(),
      check: () => opened.check(),
    };
  }

  function world() {
    const timers = createHandTimers(1_000_000_000);
    const acd = createMemoryAcdStore();
    const leases = createMemoryLeases(() => timers.nowMs());
    const acquire = leases.acquire.bind(leases);
    // the store knows the fence as the database does
    leases.acquire = async (...args) => {
      const fence = await acquire(...args);
      if (fence !== undefined) acd.fence = fence;
      return fence;
    };
    const pass = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 250) {
        timers.advance(Math.min(left, 250));
        for (let i = 0; i < 3; i++) await turn();
      }
    };
    return { shared: { store: { acd, leases }, timers }, acd, leases, timers, pass };
  }

  it('takes the queues, lets callers in, and tells so', async () => {
    const { shared, acd } = world();
    const one = process('one', shared);
    assert.equal(one.engine.isOwner(), false);
    assert.throws(() => one.engine.view(), { code: 'TDM_STANDBY' });
    await assert.rejects(one.engine.ask(join1), { code: 'TDM_STANDBY' });

    await one.start();

    assert.deepEqual(one.check(), { name: 'queue-engine', state: 'up', reason: '' });
    assert.deepEqual([one.engine.isOwner(), one.meter.gauge('tandem_acd_owner'), one.owned], [true, 1, ['one']]);
    const answer = await one.engine.ask(join1);
    assert.ok(answer.ok && acd.things.members.has('m1'));
    await one.engine.ask(available);
    await turn();
    assert.equal(one.told.filter((text) => text.startsWith('ring')).length, 1);
  });

  it('B5: a standby waits, and takes over from what is stored when the owner stops; callers find their place', async () => {
    const { shared, pass } = world();
    const [one, two] = [process('one', shared), process('two', shared)];
    await one.start();
    await two.start();
    assert.match(two.check().reason, /^standby: the queues belong to one/);
    const joined = await one.engine.ask(join1);
    const session: string[] = [];
    one.engine.attach(memberId('m1'), recordingSession(session));

    await one.stop();

    assert.deepEqual(session.at(-1), 'exit error TDM_STOPPING', 'its dialplan goes on to the other address');
    await assert.rejects(one.engine.ask(join1), { code: 'TDM_STOPPING' });
    await pass(standbyEveryMs);
    await eventually(() => two.engine.isOwner(), Boolean);
    const again = await two.engine.ask({ ...join1, join: { ...join1.join, member: memberId('another') } });
    assert.ok(joined.ok && again.ok);
    assert.deepEqual([again.member, again.resumed], ['m1', true]);
  });

  it('B5: an owner that falls silent is replaced at the end of its lease; when it comes back it does nothing and waits', async () => {
    const { shared, leases, timers, pass } = world();
    const one = process('one', shared);
    await one.start();
    await one.engine.ask(join1);
    const session: string[] = [];
    one.engine.attach(memberId('m1'), recordingSession(session));
    // as if the first process stood still: nothing of it reaches the lease
    leases.rows.set('acd', { owner: 'gone', fence: 1, untilMs: timers.nowMs() + ownershipDefaults.ttlMs });
    const two = process('two', shared);
    await two.start();
    leases.renew = (
      (renew) =>
      (...args: Parameters<Leases['renew']>) =>
        args[1] === 'one' ? new Promise<boolean>(() => undefined) : renew(...args)
    )(leases.renew.bind(leases));
    await pass(ownershipDefaults.ttlMs + standbyEveryMs);
    await eventually(() => two.engine.isOwner(), Boolean);

    one.told.length = 0;
    await assert.rejects(one.engine.ask(available), { code: 'TDM_STANDBY' });

    assert.deepEqual(one.told, [], 'no order left');
    assert.deepEqual(session.at(-1), 'exit error TDM_STANDBY');
    await pass(standbyEveryMs);
    assert.equal(one.engine.isOwner(), false);
    assert.match(one.check().reason, /^standby/);
    const late: string[] = [];
    one.engine.attach(memberId('m1'), recordingSession(late));
    assert.deepEqual(late, ['exit error TDM_STANDBY']);
    assert.equal(one.meter.gauge('tandem_acd_owner'), 0);
  });

  it('design 5: the database goes away and comes back: callers notice nothing, state is complete', async () => {
    const { shared, acd, leases, pass } = world();
    const one = process('one', shared);
    await one.start();
    acd.mode = 'down';
    leases.isDown = true;

    assert.ok((await one.engine.ask(join1)).ok);
    await one.engine.ask(available);
    await eventually(
      () => one.told.filter((text) => text.startsWith('ring')).length,
      (rings) => rings === 1,
    );
    assert.deepEqual(one.check(), { name: 'queue-engine', state: 'degraded', reason: 'the database is away: state goes to the spool' });
    assert.ok(statSync(join(folder, 'one.spool')).size > 0);
    await pass(3 * ownershipDefaults.ttlMs);
    assert.equal(one.engine.isOwner(), true);
    acd.mode = 'up';
    leases.isDown = false;
    await eventually(
      async () => {
        await pass(acdSpoolDefaults.retryEveryMs);
        return one.check().state;
      },
      (state) => state === 'up',
    );

    assert.ok(acd.things.members.has('m1'));
    assert.equal(statSync(join(folder, 'one.spool')).size, 0);
  });

  it('design 5: dead while the database was away: the next life has what the spool kept', async () => {
    const { shared, acd, leases, pass } = world();
    const one = process('one', shared, { spoolFile: join(folder, 'shared.spool') });
    await one.start();
    acd.mode = 'down';
    leases.isDown = true;
    await one.engine.ask(join1);
    // no stop: the process is gone
    const two = process('two', shared, { spoolFile: join(folder, 'shared.spool') });
    await two.start();
    assert.match(two.check().reason, /Database does not answer/);
    acd.mode = 'up';
    leases.isDown = false;
    leases.rows.set('acd', { owner: 'one', fence: 1, untilMs: 0 });
    leases.renew = () => Promise.resolve(true);

    await eventually(async () => {
      await pass(standbyEveryMs);
      return two.engine.isOwner();
    }, Boolean);

    assert.ok(two.engine.view().members.has(memberId('m1')));
  });

  it('a start that fails is tried again, and the lease is not kept meanwhile', async () => {
    const { shared, acd, leases, pass } = world();
    const one = process('one', shared);
    acd.mode = 'down';
    await one.start();
    assert.equal(one.engine.isOwner(), false);
    assert.equal(await leases.holder('acd'), undefined);

    acd.mode = 'up';
    await pass(standbyEveryMs);

    await eventually(() => one.engine.isOwner(), Boolean);
  });

  it('B5: the lease goes to another while the state is still being read: this process is no owner, and tries again', async () => {
    const { shared, acd, leases, timers, pass } = world();
    let go: () => void = () => undefined;
    const load = acd.load.bind(acd);
    acd.load = () => new Promise((resolve) => (go = () => resolve(load())));
    const one = process('one', shared);
    const starting = one.start();
    await turn();
    leases.rows.set('acd', { owner: 'another', fence: 7, untilMs: timers.nowMs() + ownershipDefaults.ttlMs });
    await pass(ownershipDefaults.renewEveryMs);
    go();
    acd.load = load;
    await starting;

    assert.equal(one.engine.isOwner(), false);
    assert.match(one.check().reason, /^standby/);
    await pass(ownershipDefaults.ttlMs);
    await eventually(async () => {
      await pass(standbyEveryMs);
      return one.engine.isOwner();
    }, Boolean);
  });

  it('the engine hears at the start which switches are up', async () => {
    const { shared } = world();
    const one = process('one', shared);
    one.up.isUp = false;
    await one.start();
    await one.engine.ask(join1);
    await one.engine.ask(available);
    await turn();
    assert.deepEqual(one.told, [], 'nobody is offered a caller of a switch that is down');

    one.up.isUp = true;
    await one.engine.ask({ type: 'switch-changed', switch: pbx, isUp: true });
    await eventually(
      () => one.told.filter((text) => text.startsWith('ring')).length,
      (rings) => rings === 1,
    );
  });

  it('B51: who waits on a switch that is not in the settings any more is rung for nobody, and is served when it is back', async () => {
    const { shared, acd, pass } = world();
    const gone = switchId('retired');
    const rows = [
      sampleMember('message', { call: undefined, homeSwitch: gone, presence: { kind: 'message', file: '/var/spool/a.wav' } }),
      sampleMember('callback', {
        call: undefined,
        homeSwitch: gone,
        presence: { kind: 'callback', number: '555', attempts: 0, expiresAtMs: 2e9, step: { kind: 'waiting' } },
      }),
    ];
    for (const row of rows) acd.things.members.set(row.id, row);
    const one = process('one', shared);
    await one.start();
    await one.engine.ask(available);

    await pass(10_000);

    assert.deepEqual(one.told, []);
    assert.deepEqual(one.engine.decisions(), []);
    assert.equal(one.engine.view().agents.get(agentId('anna'))?.phase.kind, 'idle');
    await one.engine.ask({ type: 'switch-changed', switch: gone, isUp: true });
    assert.ok(one.engine.decisions().length > 0);
  });

  it('whoever fails to hear that the queues are lost keeps no session, and no timer, here', async () => {
    const { shared, timers } = world();
    const one = process('one', shared, {}, () => assert.fail('a listener is broken'));
    await one.start();
    await one.engine.ask(join1);
    const session: string[] = [];
    one.engine.attach(memberId('m1'), recordingSession(session));
    await one.stop();
    assert.deepEqual([session.at(-1), timers.waiting], ['exit error TDM_STOPPING', 0]);
  });

  it('after the stop no timer is left', async () => {
    const { shared, timers } = world();
    const one = process('one', shared);
    await one.start();
    await one.engine.ask(join1);
    await one.stop();

    assert.equal(timers.waiting, 0);
    await one.stop();
    await one.start();
    assert.equal(one.engine.isOwner(), false, 'a start that comes after the stop starts nothing');
  });
});

describeStores('queue engine on a database', (open) => {
  it('B5: take-over by a standby: members, agents and segments as the owner left them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-engine-'));
    const opened = await open();
    const other = await opened.again();
    const start = async (name: string, store: Shared['store']) => {
      const engine = openQueueEngine(
        {
          store,
          configs: { load: () => Promise.resolve(config) },
          switches: new Map([[pbx, recordingSwitch([], { isUp: false })]]),
          timers: systemTimers,
          monoMs: () => performance.now(),
          log: silentLog,
          meter: recordingMeter(),
        },
        { spoolFile: join(folder, `${name}.spool`), spoolBytesMax: 1_000_000, reconcileEveryMs: 60_000, ownership: { owner: name } },
      );
      await engine.start();
      return engine;
    };
    const one = await start('one', opened.store);
    const two = await start('two', other.store);
    try {
      await one.engine.ask(available);
      await one.engine.ask(join1);
      for (let i = 0; i < 20; i++)
        await one.engine.ask({
          ...join1,
          join: joinOf(`c${String(i)}`, `n${String(i)}`, { switch: pbx, uniqueId: `u${String(i)}`, channel: 'x' }, 2_000),
        });
      one.engine.tell({ type: 'caller-left', member: memberId('n3'), cause: 'hangup' });
      const before = [...one.engine.view().members.keys()];
      await one.stop();

      await eventually(() => two.engine.isOwner(), Boolean, { msMax: 10_000 });

      assert.deepEqual(new Set(two.engine.view().members.keys()), new Set(before));
      assert.equal(two.engine.view().agents.get(agentId('anna'))?.status, 'Available');
      const ranks = (engine: typeof one) =>
        [...engine.engine.view().members.values()].sort((a, b) => a.rank - b.rank || a.serial - b.serial).map(({ id }) => id);
      assert.equal(ranks(two)[0], 'm1');
      const [visit] = await other.store.acd.segments({ kind: 'visit', fromMs: 0, limit: 1 });
      assert.ok(visit?.kind === 'visit' && visit.member === 'n3');
    } finally {
      await one.stop();
      await two.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
