/** The spool of the queue engine: what happens to state while the database is away (design 5). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TandemError } from '../core/errors.js';
import type { AcdBatch } from '../core/acd-ports.js';
import { createAcdSpool } from '../sidecar/acd-spool.js';
import type { AcdSpool } from '../sidecar/acd-spool.js';
import { decodeLine, encodeLine } from '../sidecar/acd-spool-line.js';
import { acdSpoolDefaults } from '../sidecar/acd-spool-options.js';
import type { AcdSpoolOptions } from '../sidecar/acd-spool-options.js';
import { replayRowsMax } from '../sidecar/acd-spool-replay.js';
import { batchOf, byId, sampleAgent, sampleMember, sampleOffer, sampleQueue, sampleSystem, sampleVisit } from './support/acd-rows.js';
import { createMemoryAcdStore } from './support/acd-memory-store.js';
import { turn } from './support/acd-stub-engine.js';
import { eventually } from './support/eventually.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';

const member = (id: string, visit: number): AcdBatch =>
  batchOf({ members: byId(sampleMember(id, { visit })), segments: [sampleVisit(`${id}-${String(visit)}`)] });

describe('spool of the queue engine', () => {
  let folder = '';
  const opened: AcdSpool[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-spool-'));
  });

  afterEach(async () => {
    for (const spool of opened.splice(0)) await spool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function world(more: Partial<AcdSpoolOptions> = {}) {
    const file = join(folder, 'data', 'acd.spool');
    const store = createMemoryAcdStore();
    const timers = createHandTimers();
    const meter = recordingMeter();
    const errors: string[] = [];
    const log = { ...silentLog, error: (_: object, message: string) => void errors.push(message) };
    const open = (): AcdSpool => {
      const spool = createAcdSpool({ ...acdSpoolDefaults, file, ...more }, { store, timers, log, meter });
      opened.push(spool);
      return spool;
    };
    /** the timer fires, and what it began has ended */
    const retry = async (spool: AcdSpool): Promise<void> => {
      timers.advance(acdSpoolDefaults.retryEveryMs);
      await eventually(
        () => spool.isStoreAway() && timers.waiting === 0,
        (running) => !running,
        { everyMs: 2 },
      );
    };
    const visits = () => Object.fromEntries([...store.things.members].map(([id, one]) => [id, (one as { visit: number }).visit]));
    return { file, store, timers, meter, errors, open, retry, visits };
  }

  it('while the database answers nothing is written to the file', async () => {
    const { file, store, open } = world();
    const spool = open();

    await spool.save(member('m1', 1), 1);

    assert.equal(store.saved.length, 1);
    assert.equal(spool.isStoreAway(), false);
    assert.equal(existsSync(file), false);
  });

  it('design 5: while it is away batches go to the file, and to the database in order when it is back', async () => {
    const { file, store, meter, open, retry, visits } = world();
    const spool = open();
    await spool.save(member('m1', 1), 1);
    store.mode = 'down';

    await spool.save(member('m1', 2), 1);
    await spool.save(member('m2', 1), 1);
    assert.equal(spool.isStoreAway(), true);
    assert.equal(meter.gauge('tandem_acd_store_away'), 1);
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 3);
    assert.equal(statSync(file).mode & 0o777, 0o600, 'for our eyes only');
    await retry(spool);
    assert.equal(spool.isStoreAway(), true);
    await spool.save(batchOf({ members: new Map([['m2', undefined]]) }), 1);
    store.mode = 'up';
    await retry(spool);

    assert.equal(spool.isStoreAway(), false);
    assert.deepEqual(visits(), { m1: 2 });
    assert.deepEqual([...store.kept.keys()], ['m1-1 1', 'm1-2 1', 'm2-1 1']);
    assert.equal(statSync(file).size, 0);
    assert.equal(meter.gauge('tandem_acd_store_away'), 0);
    await spool.save(member('m1', 3), 1);
    assert.deepEqual(visits(), { m1: 3 });
    assert.equal(statSync(file).size, 0);
  });

  it('a save that takes too long goes to the file, and nothing overtakes it', async () => {
    const { store, timers, open, visits } = world();
    const spool = open();
    store.mode = 'hangs';

    const first = spool.save(member('m1', 1), 1);
    timers.advance(acdSpoolDefaults.saveMsMax);
    await first;
    await spool.save(member('m1', 2), 1);
    store.mode = 'up';
    timers.advance(acdSpoolDefaults.retryEveryMs);
    await turn();
    assert.equal(store.open(), 1, 'the slow save is still under way');
    assert.deepEqual(store.saved, []);
    store.letGo();
    await eventually(
      () => spool.isStoreAway(),
      (away) => !away,
    );

    assert.deepEqual(visits(), { m1: 2 });
  });

  it('what was not finished when the process died is left out, the rest is stored before anything is loaded', async () => {
    const { file, store, open, visits } = world();
    store.mode = 'down';
    const first = open();
    await first.save(member('m1', 1), 1);
    await first.save(member('m2', 1), 1);
    await first.close();
    const whole = statSync(file).size;
    appendFileSync(file, encodeLine({ kind: 'batch', fence: 1, batch: member('m3', 1) }).slice(0, -20));
    store.mode = 'up';

    const second = open();
    await second.recover(2);

    assert.deepEqual(visits(), { m1: 1, m2: 1 });
    assert.ok(whole > 0 && statSync(file).size === 0);
    const { members } = await second.load();
    assert.equal(members.length, 2);
  });

  it('a damaged line in the middle costs that line only', async () => {
    const { file, store, meter, errors, open, visits } = world();
    store.mode = 'down';
    const first = open();
    for (const id of ['m1', 'm2', 'm3']) await first.save(member(id, 1), 1);
    await first.close();
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [lines[0], lines[1]?.replace('support', 'suqport'), lines[2], ''].join('\n'));
    store.mode = 'up';

    await open().recover(2);

    assert.deepEqual(visits(), { m1: 1, m3: 1 });
    assert.deepEqual(meter.counted('tandem_acd_spool_lost_total'), [{ what: 'line' }]);
    assert.equal(errors.length, 1);
  });

  it('an interrupted replay is done again by the next life, with the same outcome', async () => {
    const { file, store, open, visits } = world();
    store.mode = 'down';
    const first = open();
    for (let visit = 1; visit <= 1_500; visit++)
      await first.save(
        batchOf({ members: byId(sampleMember(`m${String(visit % 7)}`, { visit })), segments: [sampleVisit(`v${String(visit)}`)] }),
        1,
      );
    await first.close();
    store.mode = 'up';
    const save = store.save.bind(store);
    let saves = 0;
    store.save = (batch, fence) => (++saves > 1 ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['died'])) : save(batch, fence));
    const second = open();
    await assert.rejects(second.recover(2), { code: 'TDM_STORE_DOWN' });
    await second.close();
    store.save = save;
    assert.equal(store.saved.length, 1, 'a part of it is stored');

    await open().recover(3);

    assert.deepEqual(visits(), { m0: 1498, m1: 1499, m2: 1500, m3: 1494, m4: 1495, m5: 1496, m6: 1497 });
    assert.equal(store.kept.size, 1_500);
    assert.equal(statSync(file).size, 0);
  }).timeout(20_000);

  it('B5: what another owner has overtaken is not stored, but kept for people', async () => {
    const { file, store, meter, open, visits } = world();
    store.mode = 'down';
    const first = open();
    await first.save(member('m1', 1), 1);
    await first.close();
    store.mode = 'up';
    await store.save(member('m1', 7), 2);

    await open().recover(3);

    assert.deepEqual(visits(), { m1: 7 });
    assert.ok(statSync(`${file}.set-aside`).size > 0);
    assert.equal(statSync(file).size, 0);
    assert.deepEqual(meter.counted('tandem_acd_spool_lost_total'), [{ what: 'set-aside' }]);
  });

  it('B5: one who lost the queues while the database was away is told, and its late lines do not count', async () => {
    const { store, timers, open, visits } = world();
    const former = open();
    store.mode = 'down';
    await former.save(member('m1', 1), 1);
    store.mode = 'up';
    store.fence = 2;
    const owner = open();
    await owner.recover(2);
    assert.deepEqual(visits(), { m1: 1 }, 'the new owner has what the former one wrote down');
    await owner.save(member('m1', 5), 2);

    await former.save(member('m1', 2), 1); // it does not know yet
    timers.advance(acdSpoolDefaults.retryEveryMs);
    const refused = () =>
      former.save(batchOf(), 1).then(
        () => '',
        (e: unknown) => (e as TandemError).code,
      );
    await eventually(refused, (code) => code === 'TDM_STANDBY');
    store.mode = 'down';
    await owner.save(member('m2', 1), 2);
    store.mode = 'up';
    await owner.close();
    await open().recover(3);

    assert.deepEqual(visits(), { m1: 5, m2: 1 });
  });

  it('a full spool: the newest state stays in memory, told once, and is stored after the file', async () => {
    const { file, store, meter, errors, open, retry, visits } = world({ bytesMax: 2_500, segmentsMax: 2 });
    store.mode = 'down';
    const spool = open();

    for (let visit = 1; visit <= 6; visit++) await spool.save(member('m1', visit), 1);

    assert.ok(statSync(file).size <= 2_500);
    const undurable = meter.counted('tandem_acd_undurable_batches_total');
    assert.ok(undurable.length >= 3 && undurable.every(({ why }) => why === 'full'), String(undurable.length));
    assert.equal(errors.length, 1);
    assert.ok(meter.counted('tandem_acd_spool_lost_total').some(({ what }) => what === 'segment'));
    store.mode = 'up';
    await retry(spool);
    assert.deepEqual(visits(), { m1: 6 });
    assert.equal(spool.isStoreAway(), false);
    await spool.save(member('m1', 7), 1);
    assert.deepEqual(visits(), { m1: 7 });
  });

  it('what memory holds is stored in parts; what comes meanwhile, and a part that fails, keep their order', async () => {
    const { store, timers, open, retry, visits } = world({ bytesMax: 0 });
    store.mode = 'down';
    const spool = open();
    const many = 2 * replayRowsMax + 10;
    await spool.save(batchOf({ members: byId(...Array.from({ length: many }, (_, i) => sampleMember(`m${String(i)}`))) }), 1);
    store.mode = 'hangs';
    timers.advance(acdSpoolDefaults.retryEveryMs);
    await eventually(
      () => store.open(),
      (saves) => saves === 1,
    );

    await spool.save(member('m0', 2), 1);
    store.mode = 'down';
    store.letGo();
    await eventually(
      () => timers.waiting,
      (waiting) => waiting === 1,
    );
    store.mode = 'up';
    await retry(spool);

    assert.equal(visits()['m0'], 2);
    assert.equal(store.things.members.size, many);
    assert.ok(store.saved.length === 3 && store.saved.every(({ members }) => members.size <= replayRowsMax));
  });

  it('a disk that fails: the same', async () => {
    const { store, meter, errors, open, retry, visits } = world({ file: tmpdir() });
    store.mode = 'down';
    const spool = open();

    await spool.save(member('m1', 1), 1);
    await spool.save(member('m1', 2), 1);

    assert.deepEqual(meter.counted('tandem_acd_undurable_batches_total')[0], { why: 'failed' });
    assert.equal(errors.length, 1);
    store.mode = 'up';
    await retry(spool);
    assert.deepEqual(visits(), { m1: 2 });
    assert.equal(spool.isStoreAway(), false);
    await open().recover(2); // a start does not fail over it
  });

  it('H2: a row that the database refuses for good costs nothing but itself', async () => {
    const { store, meter, errors, open, retry, visits } = world();
    const spool = open();
    store.mode = 'down';
    for (const id of ['m1', 'm2', 'm3']) await spool.save(member(id, 1), 1);
    store.mode = 'up';
    store.refuses = (id) => id === 'm2';

    await retry(spool);

    assert.equal(spool.isStoreAway(), false);
    assert.deepEqual(visits(), { m1: 1, m3: 1 });
    assert.deepEqual([...store.kept.keys()].sort(), ['m1-1 1', 'm2-1 1', 'm3-1 1']);
    assert.equal(errors.length, 1);
    assert.deepEqual(meter.counted('tandem_acd_spool_lost_total'), [{ what: 'row' }]);
    await assert.rejects(spool.save(member('m2', 2), 1), { code: 'TDM_BAD_VALUE' }, 'the loop hears of it');
  });

  it('the next start begins with what an orderly stop left in the file', async () => {
    const { file, store, open, visits } = world();
    store.mode = 'down';
    const first = open();
    await first.save(member('m1', 1), 1);
    await first.close();
    assert.ok(statSync(file).size > 0);
    const second = open();
    await assert.rejects(second.recover(2), { code: 'TDM_STORE_DOWN' });
    store.mode = 'up';

    await second.recover(2);

    assert.deepEqual(visits(), { m1: 1 });
  });

  it('a start that fails adds nothing to the file', async () => {
    const { file, store, open, visits } = world();
    store.mode = 'down';
    const first = open();
    await first.save(member('m1', 1), 1);
    await first.close();
    const sizes: number[] = [];
    for (let fence = 2; fence < 6; fence++) {
      const spool = open();
      const save = store.save.bind(store);
      store.mode = 'up';
      store.save = () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['test']));
      await assert.rejects(spool.recover(fence), { code: 'TDM_STORE_DOWN' });
      store.save = save;
      sizes.push(statSync(file).size);
    }
    assert.equal(new Set(sizes).size, 1, String(sizes));

    await open().recover(6);

    assert.deepEqual(visits(), { m1: 1 });
  });

  it('an orderly stop gives the database what it takes by then: the next owner may have another disk', async () => {
    const { file, store, open, visits } = world();
    store.mode = 'down';
    const spool = open();
    await spool.save(member('m1', 1), 1);
    store.mode = 'up';

    await spool.close();

    assert.deepEqual(visits(), { m1: 1 });
    assert.equal(statSync(file).size, 0);
  });

  it('kill -9 while it writes: nothing that was acknowledged is missing', async () => {
    const { file, store, open } = world();
    const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'support', 'spool-writer.ts'), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    await eventually(
      () => said.split('\n').length,
      (lines) => lines > 50,
      { msMax: 15_000 },
    );
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;

    await open().recover(2);

    const acknowledged = said.split('\n').filter((line, i, all) => line !== '' && i < all.length - 1);
    assert.ok(acknowledged.length >= 50);
    for (const n of acknowledged) assert.ok(store.kept.has(`v${n} 1`), `v${n} is missing`);
  }).timeout(30_000);
});

describe('a line of the spool', () => {
  it('comes back as it was written', () => {
    const batch = batchOf({
      members: new Map([
        ['m1', sampleMember('m1', { name: 'line\nfeed \u2028 é 😀' })],
        ['m2', undefined],
      ]),
      agents: byId(sampleAgent('anna')),
      offers: byId(sampleOffer('o1')),
      queues: byId(sampleQueue('support')),
      system: sampleSystem(3),
      segments: [sampleVisit('m3')],
    });
    const plain = (one: AcdBatch) => ({
      ...one,
      members: JSON.parse(JSON.stringify([...one.members])) as unknown,
      offers: undefined,
      agents: undefined,
      queues: undefined,
    });

    const line = encodeLine({ kind: 'batch', fence: 4, batch });
    const back = decodeLine(line.slice(0, -1));

    assert.equal(line.indexOf('\n'), line.length - 1);
    assert.ok(back?.kind === 'batch' && back.fence === 4);
    assert.deepEqual(plain(back.batch), plain(batch));
    assert.ok(back.batch.members.has('m2') && back.batch.members.get('m2') === undefined);
    assert.deepEqual([...back.batch.offers.keys(), ...back.batch.agents.keys(), ...back.batch.queues.keys()], ['o1', 'anna', 'support']);
  });

  it('any change of a byte is seen', () => {
    const line = encodeLine({ kind: 'adopted', fence: 4, from: 2 }).slice(0, -1);
    assert.deepEqual(decodeLine(line), { kind: 'adopted', fence: 4, from: 2 });

    for (let i = 0; i < line.length; i++) assert.equal(decodeLine(line.slice(0, i) + '!' + line.slice(i + 1)), undefined, String(i));
    assert.equal(decodeLine(''), undefined);
  });
});
