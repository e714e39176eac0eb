import assert from 'node:assert/strict';
import type { NewCrmMessage } from '../core/crm-ports.js';
import { TandemError } from '../core/errors.js';
import { CrmWaiting } from '../core/services/crm-waiting.js';
import { createCrmJournal, type RunningJournal } from '../core/services/crm-journal.js';
import { openStore, type Store } from '../sql/store.js';
import { createHandTimers } from './support/hand-timers.js';
import { endedCall } from './support/crm-door.js';
import { labRoles, startMs } from './support/journal-drive.js';
import { recordingMeter, silentLog, silentMeter } from './support/observers.js';

const message = (callId: string, seq: number): NewCrmMessage => ({
  binding: 'main',
  callId,
  seq,
  event: 'e',
  payload: '{}',
  createdAtMs: 1,
});

describe('CRM journal: what waits for the database', () => {
  let lost = 0;
  const open = (more: object = {}): CrmWaiting => {
    lost = 0;
    return new CrmWaiting({ messagesMax: 5, callsMax: 3, batchMax: 2, ...more }, (count) => (lost += count));
  };
  const seqs = (waiting: CrmWaiting): readonly string[] => waiting.take().messages.map(({ callId, seq }) => `${callId} ${String(seq)}`);

  it('9.1: a batch has so many calls, and each call goes with all its messages', () => {
    const waiting = open();
    for (const id of ['a', 'b', 'c']) waiting.put(endedCall(id, []));
    for (const [id, seq] of [
      ['a', 1],
      ['c', 1],
      ['a', 2],
      ['b', 1],
    ] as const)
      waiting.add(endedCall(id, []), message(id, seq));
    assert.deepEqual(seqs(waiting), ['a 1', 'a 2', 'b 1']);
    assert.deepEqual(seqs(waiting), ['c 1']);
    assert.ok(waiting.isEmpty && waiting.messageCount === 0 && lost === 0);
  });

  it('B25: what could not be stored comes again before what came since, with the newest state of the call', () => {
    const waiting = open();
    waiting.add(endedCall('a', []), message('a', 1));
    const batch = waiting.take();
    waiting.add(endedCall('a', [], { outcome: 'busy' }), message('a', 2));
    waiting.add(endedCall('b', []), message('b', 1));
    waiting.takeBack(batch);
    assert.equal(waiting.messageCount, 3);
    const again = waiting.take();
    assert.deepEqual(
      again.messages.map(({ callId, seq }) => `${callId} ${String(seq)}`),
      ['a 1', 'a 2', 'b 1'],
    );
    assert.equal(again.calls[0]?.outcome, 'busy');
  });

  it('a database that is away for long: the oldest calls that are over go first, counted with their messages', () => {
    const waiting = open();
    waiting.put(endedCall('running', [], { state: 'talking' }));
    waiting.add(endedCall('old', []), message('old', 1));
    waiting.put(endedCall('new', []));
    waiting.put(endedCall('newer', []));
    assert.equal(waiting.call('old'), undefined);
    assert.deepEqual([lost, waiting.messageCount, waiting.call('running')?.id], [2, 0, 'running']);
    for (let seq = 1; seq <= 6; seq++) waiting.add(endedCall(seq < 4 ? 'new' : 'newer', []), message(seq < 4 ? 'new' : 'newer', seq));
    assert.deepEqual([lost, waiting.messageCount], [5, 3], 'the messages of the call that waits longest');
  });

  it('a database that is away for long: a call that comes over and done pushes out another, and keeps what is told of it', () => {
    const waiting = open();
    for (const id of ['a', 'b', 'c']) waiting.put(endedCall(id, [], { state: 'talking' }));
    waiting.put(endedCall('d', []));
    waiting.add(endedCall('d', []), message('d', 1));
    assert.deepEqual([lost, waiting.messageCount, waiting.call('a')], [1, 1, undefined]);
    for (const id of ['b', 'c', 'd']) assert.equal(waiting.call(id)?.id, id);
    assert.deepEqual(waiting.clear(), { calls: 3, messages: 1 });
    assert.deepEqual([lost, waiting.messageCount, waiting.isEmpty], [5, 0, true], 'given up, all of it counted');
    assert.deepEqual(waiting.clear(), { calls: 0, messages: 0 });
  });
});

describe('CRM journal: bounds in its run', () => {
  const timers = createHandTimers(startMs);
  const meter = recordingMeter();
  let store: Store;

  beforeEach(async () => {
    meter.clear();
    store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: () => timers.nowMs() });
    await store.migrate();
  });

  afterEach(() => store.close());

  async function open(options: Parameters<typeof createCrmJournal>[1], isAway = (): boolean => false): Promise<RunningJournal> {
    const journal = createCrmJournal(
      {
        store: {
          ...store.crm,
          save: (batch, fence) => (isAway() ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['away'])) : store.crm.save(batch, fence)),
        },
        roles: labRoles,
        systemOf: (name) => name,
        tellers: [{ name: 'main', messagesOf: (notice) => [{ event: notice.type, payload: '{}' }] }],
        onStored: () => undefined,
        nowMs: () => timers.nowMs(),
        after: (ms, run) => timers.after(ms, run),
        log: silentLog,
        meter,
      },
      options,
    );
    await journal.start(['alpha']);
    return journal;
  }

  const settle = async (): Promise<void> => {
    for (let n = 0; n < 200; n++) await new Promise((resolve) => setImmediate(resolve));
  };
  const begin = (journal: RunningJournal, id: string): void =>
    journal.tell({
      switch: 'alpha',
      atMs: timers.nowMs(),
      type: 'channel-created',
      channel: {
        uniqueId: id,
        name: 'PJSIP/trunk-00000001',
        linkedId: id,
        callerNumber: '1',
        callerName: '',
        extension: '5',
        isIncoming: true,
      },
    });
  const transfer = (journal: RunningJournal, n: number): void =>
    journal.tell({
      switch: 'alpha',
      atMs: timers.nowMs() + n,
      type: 'blind-transferred',
      transferer: 'U1',
      transferee: 'U1',
      extension: String(n),
      context: '',
      isSuccess: true,
    });

  it('a call that never rests fills its lane no further than the bound, and its end is told', async () => {
    const journal = await open({ laneMax: 10 });
    begin(journal, 'U1');
    for (let n = 0; n < 50; n++) transfer(journal, n);
    journal.tell({ switch: 'alpha', atMs: timers.nowMs() + 60, type: 'channels-listed', askedAtMs: timers.nowMs() + 60, channels: [] });
    await settle();
    assert.equal((await store.crm.counts('main')).pending, 11);
    assert.deepEqual([...(await store.crm.lastSeqs(['alpha-U1']))], [['main alpha-U1', 11]]);
    assert.equal(meter.counted('tandem_journal_lost_total').length, 41);
    await journal.stop();
  });

  it('B25: many calls of a long absence are stored in batches, all of them', async () => {
    let isAway = true;
    const saved: number[] = [];
    const real = store.crm.save.bind(store.crm);
    store = { ...store, crm: { ...store.crm, save: (batch, fence) => (saved.push(batch.calls.length), real(batch, fence)) } };
    const journal = await open({ batchMax: 50 }, () => isAway);
    for (let n = 0; n < 120; n++) begin(journal, `U${String(n)}`);
    await settle();
    isAway = false;
    timers.advance(1_000);
    await settle();
    assert.deepEqual(saved, [50, 50, 20]);
    assert.equal((await store.crm.openCalls('alpha')).length, 120);
    assert.equal((await store.crm.counts('main')).pending, 120);
    await journal.stop();
  });

  it('calls beyond what the fold follows are counted as lost', async () => {
    const journal = await open({});
    for (let n = 0; n < 305; n++)
      journal.tell({
        switch: 'alpha',
        atMs: timers.nowMs(),
        type: 'channel-created',
        channel: {
          uniqueId: `C${String(n)}`,
          name: 'PJSIP/trunk-00000001',
          linkedId: 'U1',
          callerNumber: '1',
          callerName: '',
          extension: '5',
          isIncoming: n === 0,
        },
      });
    timers.advance(300);
    assert.equal(meter.counted('tandem_journal_lost_total').length, 5);
    await journal.stop();
  });
});
