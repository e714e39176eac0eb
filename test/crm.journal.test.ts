import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import type { CrmStore } from '../core/crm-ports.js';
import type { ChannelFacts, JournalEvent, JournalFact } from '../core/journal/events.js';
import type { Log } from '../core/ports.js';
import { createCrmJournal } from '../core/services/crm-journal.js';
import type { CrmTeller, RunningJournal } from '../core/services/crm-journal.js';
import { openStore } from '../sql/store.js';
import type { Store } from '../sql/store.js';
import { createHandTimers } from './support/hand-timers.js';
import { labRoles, recordedFacts, startMs } from './support/journal-drive.js';
import { recordingMeter, silentLog, silentMeter } from './support/observers.js';

/** Every notice is one message with its type. */
const teller: CrmTeller = { name: 'main', messagesOf: (notice) => [{ event: notice.type, payload: JSON.stringify(notice.call.id) }] };
const story = ['call-started', 'leg-ringing', 'leg-answered', 'leg-ended', 'call-ended'];

describe('CRM journal, running', () => {
  const timers = createHandTimers(startMs);
  let store: Store;

  beforeEach(async () => {
    for (const told of [errors, warned]) told.length = 0;
    meter.clear();
    store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: () => timers.nowMs() });
    await store.migrate();
  });

  afterEach(() => store.close());

  const meter = recordingMeter();
  const errors: Record<string, unknown>[] = [];
  const warned: Record<string, unknown>[] = [];
  const log: Log = {
    ...silentLog,
    warn: (facts) => void warned.push({ ...facts }),
    error: (facts) => void errors.push({ ...facts }),
  };
  const lost = (): number => meter.counted('tandem_journal_lost_total').length;

  function open(crm: CrmStore = store.crm, stored: string[] = []): RunningJournal {
    return createCrmJournal({
      store: crm,
      roles: labRoles,
      systemOf: (name) => name,
      tellers: [teller],
      onStored: (bindings) => stored.push(...bindings),
      nowMs: () => timers.nowMs(),
      after: (ms, run) => timers.after(ms, run),
      log,
      meter,
    });
  }

  async function settle(): Promise<void> {
    for (let n = 0; n < 60; n++) await new Promise((resolve) => setImmediate(resolve));
  }

  async function told(): Promise<readonly string[]> {
    const events: string[] = [];
    for (;;) {
      const [message] = await store.crm.due('main', Number.MAX_SAFE_INTEGER, 1);
      if (!message) return events;
      assert.equal(message.seq, events.length + 1);
      events.push(message.event);
      await store.crm.delivered(message.id, 1);
    }
  }

  const end = (journal: RunningJournal): void => journal.tell({ switch: 'alpha', type: 'time-passed', atMs: startMs + 60_000 });

  it('P4, P5: a call and its messages are in the database as soon as it is idle, and who sends is told', async () => {
    const stored: string[] = [];
    const journal = open(store.crm, stored);
    await journal.start(['alpha']);
    for (const event of recordedFacts('02-answered-call')) journal.tell(event);
    end(journal);
    await settle();
    assert.ok(stored.includes('main'));
    assert.deepEqual(await told(), story);
    assert.equal((await store.crm.openCalls('alpha')).length, 0);
    const id = 'alpha-1795288724.178';
    assert.equal((await journal.find(id))?.outcome, 'answered');
    await journal.stop();
  });

  it('B10: killed at any event, another process goes on with the same call: nothing is told twice, nothing is missing', async () => {
    const events = recordedFacts('02-answered-call');
    for (let cut = 1; cut < events.length; cut++) {
      const first = open();
      await first.start(['alpha']);
      for (const event of events.slice(0, cut)) first.tell(event);
      await settle(); // then it is killed: no stop
      const second = open();
      await second.start(['alpha']);
      for (const event of events.slice(cut)) second.tell(event);
      end(second);
      await settle();
      assert.deepEqual(await told(), story, `cut at ${String(cut)}`);
      await second.stop();
      await store.close();
      store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: () => timers.nowMs() });
      await store.migrate();
    }
  });

  it('B25: while the database is away calls are followed in memory, and stored once it is back', async () => {
    let isAway = true;
    const journal = open({
      ...store.crm,
      save: (batch) => (isAway ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['away'])) : store.crm.save(batch)),
    });
    await journal.start(['alpha']);
    for (const event of recordedFacts('02-answered-call')) journal.tell(event);
    end(journal);
    await settle();
    assert.equal((await store.crm.counts('main')).pending, 0);
    assert.equal((await journal.find('alpha-1795288724.178'))?.state, 'done');
    isAway = false;
    timers.advance(1_000);
    await settle();
    assert.deepEqual(await told(), story);
    await journal.stop();
  });

  it('scale-out 7: another owner has taken over: nothing of this one is stored any more, and it says so', async () => {
    const fence = await store.leases.acquire('acd', 'one', 10_000);
    assert.ok(fence !== undefined);
    const journal = open();
    await journal.start(['alpha'], fence);
    const [first, ...rest] = recordedFacts('02-answered-call');
    assert.ok(first);
    journal.tell(first);
    await settle();
    assert.equal(journal.openCalls().length, 1);
    await store.leases.release('acd', 'one', fence);
    assert.ok(await store.leases.acquire('acd', 'two', 10_000));
    for (const event of rest) journal.tell(event);
    await settle();
    assert.deepEqual(await told(), ['call-started']);
    assert.deepEqual(journal.openCalls(), []);
    assert.ok(lost() > 0, 'and it is counted');
    await journal.stop();
    assert.deepEqual(await told(), []);
  });

  it('an owner that stops and owns again goes on with what is stored, whoever stored it', async () => {
    const [one, two] = [open(), open()];
    const facts = recordedFacts('02-answered-call');
    const half = facts.length >> 1;
    await one.start(['alpha']);
    for (const event of facts.slice(0, 3)) one.tell(event);
    await one.stop();
    for (const event of facts) one.tell(event);
    assert.deepEqual(one.openCalls(), []);
    await two.start(['alpha']);
    for (const event of facts.slice(3, half)) two.tell(event);
    await two.stop();
    await one.start(['alpha']);
    for (const event of facts.slice(half)) one.tell(event);
    end(one);
    await settle();
    assert.deepEqual(await told(), story);
    await one.stop();
  });

  it('events that come before the open calls were read wait for them', async () => {
    const journal = open();
    const started = journal.start(['alpha']);
    for (const event of recordedFacts('03-busy')) journal.tell(event);
    await started;
    end(journal);
    await settle();
    assert.deepEqual(await told(), ['call-started', 'leg-ringing', 'leg-ended', 'call-ended']);
    await journal.stop();
  });

  it('what was not stored yet is stored at the stop', async () => {
    const journal = open();
    await journal.start(['alpha']);
    for (const event of recordedFacts('02-answered-call').slice(0, 3)) journal.tell(event);
    await journal.stop();
    assert.equal((await store.crm.openCalls('alpha')).length, 1);
    assert.deepEqual(await told(), story.slice(0, 2));
    assert.deepEqual([lost(), errors], [0, []]);
  });

  it('B25: what the database cannot take at the stop either is lost: counted, and said', async () => {
    const journal = open({ ...store.crm, save: () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['away'])) });
    await journal.start(['alpha']);
    for (const event of recordedFacts('02-answered-call')) journal.tell(event);
    end(journal);
    const stopped = journal.stop();
    await settle();
    timers.advance(1_000);
    await stopped;
    assert.equal(lost(), 1 + story.length);
    assert.deepEqual(errors, [{ calls: 1, messages: story.length }]);
    await journal.start(['alpha']);
    assert.equal(lost(), 1 + story.length, 'once');
  });

  it('B10: a call that is over while its agent’s telephone is still in the dialplan is not begun anew over its own row after a kill', async () => {
    const [id, phone] = ['alpha-A1', 'PJSIP/1011-00000001'];
    const channel = (uniqueId: string, name: string, callerNumber?: string): ChannelFacts => ({
      ...{ uniqueId, name, linkedId: 'A1', callerNumber, callerName: undefined, extension: undefined },
    });
    const agent = channel('A1', phone, '1011');
    const customer = channel('U1', 'PJSIP/trunk-00000002', '84951234567');
    const at = (...facts: readonly JournalFact[]): readonly JournalEvent[] =>
      facts.map((fact, n) => ({ switch: 'alpha', atMs: startMs + n * 1_000, ...fact }));
    const first = open();
    await first.start(['alpha']);
    const [bridge, swap] = ['B1', undefined];
    for (const event of at(
      { type: 'channel-created', channel: { ...agent, isIncoming: true } },
      { type: 'dial-began', from: agent, to: customer, dialString: 'trunk/84951234567' },
      { type: 'bridge-entered', bridge, channel: customer, swap },
      { type: 'bridge-entered', bridge, channel: agent, swap },
      { type: 'channel-ended', channel: customer, cause: 16, sip: undefined },
      { type: 'time-passed' },
    ))
      first.tell(event);
    await settle(); // then it is killed
    const stored = await store.crm.call(id);
    assert.deepEqual([stored?.state, stored?.outcome, stored?.channels.length], ['done', 'answered', 1]);
    const second = open();
    await second.start(['alpha']);
    const askedAtMs = startMs + 10_000;
    const list = [{ ...agent, bridge: undefined, createdAtMs: startMs }];
    second.tell({ switch: 'alpha', atMs: askedAtMs, type: 'channels-listed', askedAtMs, channels: list });
    await settle();
    assert.deepEqual(await store.crm.call(id), stored);
    second.tell({ switch: 'alpha', atMs: askedAtMs, type: 'channel-ended', channel: agent, cause: 16, sip: undefined });
    await settle();
    const over = await store.crm.call(id);
    assert.deepEqual([over?.outcome, over?.legs.length, over?.channels], ['answered', stored?.legs.length, []]);
    assert.deepEqual(await store.crm.openCalls('alpha'), [], 'and then its row is closed');
    await second.stop();
  });

  it('B10: calls of a switch that has gone from the settings, or has another name now, are ended and told at the start', async () => {
    const first = open();
    await first.start(['alpha']);
    for (const event of recordedFacts('02-answered-call').slice(0, 8)) first.tell(event);
    await first.stop();
    const second = open();
    await second.start(['beta']);
    await settle();
    assert.deepEqual((await told()).at(-1), 'call-ended');
    assert.deepEqual(await store.crm.openCalls('alpha'), []);
    assert.deepEqual(warned, [{ switch: 'alpha' }]);
    await second.stop();
    const third = open();
    await third.start(['beta']);
    assert.deepEqual([third.openCalls(), warned.length], [[], 1], 'once');
    await third.stop();
  });
});
