import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandDone } from '../core/access-ports.js';
import type { CrmStore } from '../core/crm-ports.js';
import { TandemError } from '../core/errors.js';
import type { JournalCall } from '../core/journal/call.js';
import { daysOfCall, recordingRetentionDefaults, startRecordingRetention } from '../core/services/recording-retention.js';
import type { RecordingRetentionDeps } from '../core/services/recording-retention.js';
import { readCrmFile } from '../sidecar/crm/file.js';
import { startPruning } from '../sidecar/crm/prune.js';
import { createRecordingRemover } from '../sidecar/crm/recording-files.js';
import { createRecordingOrigins } from '../sidecar/crm/recording-origins.js';
import { endedCall, legOf } from './support/crm-door.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { describeStores } from './support/stores.js';

const dayMs = 86_400_000;
const nowStartMs = Date.UTC(2026, 10, 22);

const binding = (name: string, days: number, extension = '101') => ({
  name,
  extensions: { [extension]: `PJSIP/${extension}` },
  ...{ lines: [], queues: [], trunks: [], domains: [] },
  recordings: { days },
});

/** That began so many days ago. */
const ago = (id: string, days: number, files: readonly string[], more: Partial<JournalCall> = {}): JournalCall =>
  endedCall(id, files, { startedAtMs: nowStartMs - days * dayMs, endedAtMs: nowStartMs - days * dayMs + 60_000, ...more });

describeStores('CRM recordings: retention', (open) => {
  let dir: string;
  let root: string;
  let stop: (() => void) | undefined;
  const timers = createHandTimers(nowStartMs);
  const meter = recordingMeter();
  let audited: CommandDone[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tandem-retention-'));
    root = join(dir, 'monitor');
    mkdirSync(root);
    audited = [];
    meter.clear();
  });

  afterEach(() => {
    stop?.();
    rmSync(dir, { recursive: true });
  });

  const remover = (roots: readonly string[]) => createRecordingRemover({ roots, origins: createRecordingOrigins([]) });
  const outcomes = () =>
    meter
      .counted('tandem_crm_recordings_removed_total')
      .map(({ outcome }) => outcome)
      .sort();

  function file(name: string): string {
    const path = join(root, name);
    writeFileSync(path, 'sound');
    return path;
  }

  async function run(store: RecordingRetentionDeps['store'], more: Partial<RecordingRetentionDeps> = {}, batchMax = 100): Promise<void> {
    stop?.();
    stop = startRecordingRetention(
      {
        store,
        bindings: [binding('main', 0)],
        days: 30,
        remove: createRecordingRemover({
          roots: [root],
          origins: createRecordingOrigins([
            { switch: '', path: '/far/', url: 'http://127.0.0.1/', authorization: undefined, allow_insecure: false },
          ]),
        }),
        record: (done) => (audited.push(done), Promise.resolve()),
        nowMs: () => timers.nowMs(),
        after: (ms, start) => timers.after(ms, start),
        log: silentLog,
        meter,
        ...more,
      },
      { ...recordingRetentionDefaults, batchMax },
    );
    // slices without calls follow each other at once
    for (let n = 0; n < 400; n++) {
      timers.advance(n === 0 ? recordingRetentionDefaults.firstMs : recordingRetentionDefaults.pauseMs);
      await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setImmediate(resolve));
      if (timers.lastDelayMs >= recordingRetentionDefaults.everyMs / 24) break;
    }
  }

  it('B29: files older than the days go, one row of the audit for each, and their calls answer 410 from then on', async () => {
    const { store } = await open();
    const files = ['old1', 'old2', 'young'].map((name) => file(`79123456789-${name}.wav`));
    const [one = '', two = '', young = ''] = files;
    await store.crm.save({
      calls: [
        ago('old', 31, [one, two]),
        ago('young', 29, [young]),
        ago('running', 40, [young], { state: 'talking' }),
        ago('silent', 50, []),
      ],
      messages: [],
    });
    await run(store.crm);
    assert.deepEqual(files.map(existsSync), [false, false, true]);
    assert.deepEqual(
      audited.map(({ who, command, request, status, answer }) => [who.id, command, request, status, answer]),
      [0, 1].map((n) => [
        'tandem:retention',
        'recording/remove',
        { call: 'old', recording: n, endedAtMs: nowStartMs - 31 * dayMs + 60_000 },
        200,
        '{"bytes":5}',
      ]),
    );
    assert.ok(!JSON.stringify(audited).includes('79123456789'), 'the audit does not keep what was to be forgotten');
    assert.deepEqual(await Promise.all(['old', 'young', 'running'].map((id) => store.crm.isRecordingPurged(id))), [true, false, false]);
    audited = [];
    await run(store.crm);
    assert.deepEqual(audited, [], 'once');
  });

  it('B29: nothing but real files below the roots is removed; what is gone, foreign or elsewhere is said so', async () => {
    const { store } = await open();
    const outside = join(dir, 'outside.wav');
    writeFileSync(outside, 'x');
    symlinkSync(outside, join(root, 'link.wav'));
    mkdirSync(join(root, 'folder'));
    const files = [
      outside,
      join(root, 'link.wav'),
      `${root}/../outside.wav`,
      join(root, 'folder'),
      join(root, 'missing.wav'),
      '/far/a.wav',
      `${root}/\u0000`,
    ];
    await store.crm.save({ calls: [ago('odd', 31, files)], messages: [] });
    await run(store.crm);
    assert.deepEqual(outcomes(), ['elsewhere', 'foreign', 'foreign', 'foreign', 'foreign', 'gone', 'gone']);
    assert.ok(existsSync(outside) && existsSync(join(root, 'folder')));
    assert.deepEqual([audited.length, await store.crm.isRecordingPurged('odd')], [0, false], 'what is foreign may be ours another day');
    await store.crm.save({ calls: [ago('over', 31, files.slice(4))], messages: [] });
    await run(store.crm);
    assert.deepEqual(
      audited.map(({ request, code }) => [(request as { readonly call: string }).call, code]),
      [
        ['over', 'gone'],
        ['over', 'elsewhere'],
        ['over', 'gone'],
      ],
    );
    assert.equal(await store.crm.isRecordingPurged('over'), true);
  });

  it('B29: a root that is not mounted, or was mistyped, makes no recording a removed one: it goes when the root is there', async () => {
    const { store } = await open();
    const path = file('a.wav');
    const elsewhere = join(dir, 'second.wav');
    writeFileSync(elsewhere, 'sound');
    await store.crm.save({ calls: [ago('old', 31, [path]), ago('both', 31, [file('b.wav'), elsewhere])], messages: [] });
    const away = join(dir, 'away');
    renameSync(root, away);
    await run(store.crm); // nothing there at all
    mkdirSync(root);
    await run(store.crm); // the place where it is mounted
    assert.deepEqual([outcomes(), audited.length], [['away', 'away', 'foreign', 'away', 'away', 'foreign'].sort(), 0]);
    assert.deepEqual(await Promise.all(['old', 'both'].map((id) => store.crm.isRecordingPurged(id))), [false, false]);
    rmdirSync(root);
    renameSync(away, root);
    await run(store.crm, { remove: remover([]) });
    assert.ok(existsSync(path), 'no roots');
    writeFileSync(join(root, 'young.wav'), 'sound');
    await run(store.crm);
    await run(store.crm);
    assert.ok(!existsSync(path) && existsSync(elsewhere));
    const rows = audited.map(({ request, status }) => [(request as { readonly call: string }).call, status]);
    assert.deepEqual(rows.sort(), [
      ['both', 200],
      ['old', 200],
    ]);
    assert.deepEqual(await Promise.all(['old', 'both'].map((id) => store.crm.isRecordingPurged(id))), [true, false]);
    await run(store.crm, { remove: remover([root, dir]) });
    assert.deepEqual([existsSync(elsewhere), await store.crm.isRecordingPurged('both')], [false, true]);
  });

  it('B29: a call is not forgotten before its recordings are removed; after 30 days more it is in any case', async () => {
    const { store } = await open();
    await store.crm.save({
      calls: [ago('removed', 366, []), ago('left', 366, []), ago('stuck', 396, []), ago('young', 364, [])],
      messages: [],
    });
    await store.crm.recordingPurged('removed', nowStartMs);
    const prune = async (isRemoving: boolean): Promise<readonly boolean[]> => {
      let pass: Promise<number> = Promise.resolve(0);
      const counted: Pick<CrmStore, 'prune'> = { prune: (...asked) => (pass = store.crm.prune(...asked)) };
      startPruning({ store: counted, timers: createHandTimers(nowStartMs), log: silentLog }, { callsDays: 365, isRemoving })();
      await pass;
      return Promise.all(['removed', 'left', 'stuck', 'young'].map(async (id) => (await store.crm.call(id)) !== undefined));
    };
    assert.deepEqual(await prune(true), [false, true, false, true]);
    assert.deepEqual(await prune(false), [false, false, false, true], 'where nothing is ever removed, nothing is waited for');
  });

  it('batches are bounded, and a file that cannot be removed now is tried with the next pass', async () => {
    const { store } = await open();
    const names = Array.from({ length: 7 }, (_, n) => file(`${String(n)}.wav`));
    await store.crm.save({ calls: names.map((path, n) => ago(`c${String(n)}`, 60 - n, [path])), messages: [] });
    let isStuck = true;
    const real = remover([root]);
    const remove: RecordingRetentionDeps['remove'] = (at, path) =>
      isStuck && path.endsWith('3.wav') ? Promise.reject(new Error('EACCES')) : real(at, path);
    await run(store.crm, { remove }, 2);
    assert.deepEqual(names.map(existsSync), [false, false, false, true, false, false, false]);
    assert.equal(meter.counted('tandem_crm_recordings_removed_total').filter(({ outcome }) => outcome === 'failed').length, 1);
    isStuck = false;
    await run(store.crm, { remove }, 2);
    assert.equal(existsSync(names[3] ?? ''), false);
  });

  it('B25: a database that is away stops nothing for ever', async () => {
    const { store } = await open();
    const path = file('a.wav');
    await store.crm.save({ calls: [ago('old', 31, [path])], messages: [] });
    let isAway = true;
    const sometimes: RecordingRetentionDeps['store'] = {
      ...store.crm,
      unpurgedCalls: (place, beforeMs, limit) =>
        isAway ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['x'])) : store.crm.unpurgedCalls(place, beforeMs, limit),
    };
    await run(sometimes);
    assert.ok(existsSync(path));
    isAway = false;
    timers.advance(recordingRetentionDefaults.everyMs / 24);
    for (let n = 0; n < 100 && existsSync(path); n++) {
      timers.advance(recordingRetentionDefaults.pauseMs);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    assert.ok(!existsSync(path));
  });
});

describe('CRM recordings: how long', () => {
  it('the days of the CRM whose call it is, else of the file; of several the longest; 0 is for ever', () => {
    const bindings = [binding('a', 10, '101'), binding('b', 90, '201'), binding('c', 0, '301')];
    const days = (of: readonly string[], fileDays = 30): number =>
      daysOfCall({ bindings, days: fileDays }, endedCall('x', [], { legs: of.map(legOf) }));
    assert.equal(days(['101']), 10);
    assert.equal(days(['201']), 90);
    assert.equal(days(['101', '201']), 90);
    assert.equal(days(['301']), 30);
    assert.equal(days(['301'], 0), Infinity);
    assert.equal(days(['101', '301'], 0), Infinity);
    assert.equal(days(['999']), 30, 'nobody’s');
    assert.equal(days([]), 90, 'everybody’s');
  });

  it('the file says days and no roots: a warning, because nothing would be removed', () => {
    const dir = mkdtempSync(join(tmpdir(), 'tandem-crm-file-'));
    const warningsOf = (...lines: readonly string[]): number => {
      const path = join(dir, 'crm.yaml');
      writeFileSync(path, ['crm: []', ...lines].join('\n'));
      return readCrmFile(path, {}).warnings.length;
    };
    try {
      assert.equal(warningsOf('recordings_days: 30'), 1);
      assert.equal(warningsOf('recordings_days: 30', 'recording_roots: [/var/spool]'), 0);
      assert.equal(warningsOf('recordings_days: 0'), 0);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('where nothing is ever removed, nothing is looked for', () => {
    const deps = { bindings: [binding('a', 0)], days: 0, after: () => assert.fail('a timer') };
    assert.equal(startRecordingRetention(deps as unknown as RecordingRetentionDeps), undefined);
  });
});
