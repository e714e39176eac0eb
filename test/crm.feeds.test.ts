/** What feeds the call journal on either switch: whom a list takes for gone, with clocks that differ, and how often one is asked for. */
import assert from 'node:assert/strict';
import type { JournalCall } from '../core/journal/call.js';
import type { JournalEvent } from '../core/journal/events.js';
import { createJournal, type Journal } from '../core/journal/journal.js';
import { createRoles } from '../core/journal/roles.js';
import type { CrmStore } from '../core/crm-ports.js';
import type { Log } from '../core/ports.js';
import { createCrmJournal, type RunningJournal } from '../core/services/crm-journal.js';
import { SwitchEvent } from '../esl-outbound/event.js';
import { parsePacket } from '../sidecar/ami-packet.js';
import { feedFromAsterisk, type FeedDeps } from '../sidecar/crm/feed-asterisk.js';
import { feedFromFreeswitch, type FreeswitchFeedDeps } from '../sidecar/crm/feed-freeswitch.js';
import { openCrmSwitches } from '../sidecar/crm/switches.js';
import type { EslLink } from '../sidecar/esl.js';
import { openStore } from '../sql/store.js';
import { createHandTimers, type HandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

const startMs = Date.UTC(2026, 10, 22, 12);
const everyMs = 300_000;
const againMs = 2_500;

async function settle(): Promise<void> {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
}

/** A log of the warnings. */
function warnings(): { readonly log: Log; readonly warned: Record<string, unknown>[] } {
  const warned: Record<string, unknown>[] = [];
  return { log: { ...silentLog, warn: (facts) => void warned.push({ ...facts }) }, warned };
}

describe('CRM on FreeSWITCH: lists and clocks of the feed', () => {
  let timers: HandTimers;
  let journal: Journal;
  let told: JournalEvent[];
  let warned: Record<string, unknown>[];
  let rows: string[];
  let asked: string[];
  let isReading: boolean;
  let heard: (event: SwitchEvent) => void;
  /** runs while the list is on its way */
  let meanwhile: () => void;
  let stop: () => void;

  const roles = createRoles({ '101': 'user/101@pbx.example' });
  const openCall = (): JournalCall => journal.open()[0] ?? assert.fail('no call');
  const lists = (): number => asked.filter((command) => command.startsWith('show channels')).length;

  function headers(id: string, aheadMs: number): Record<string, string> {
    return {
      'Unique-ID': id,
      'Channel-Name': `sofia/external/${id}`,
      'Call-Direction': 'inbound',
      'Caller-Caller-ID-Number': '79123456789',
      'Caller-Destination-Number': '500',
      'Event-Date-Timestamp': String((timers.nowMs() + aheadMs) * 1_000),
    };
  }
  const event = (name: string, id: string, aheadMs = 0): void =>
    heard(new SwitchEvent('event', { 'Event-Name': name, ...headers(id, aheadMs) }, ''));

  function link(): FreeswitchFeedDeps['link'] {
    const answer = (command: string): Promise<string> => {
      asked.push(command);
      if (command.startsWith('show calls')) return Promise.resolve('{"row_count":0}');
      if (!command.startsWith('show channels')) {
        const [, id = ''] = command.split(' ');
        return Promise.resolve(JSON.stringify({ ...headers(id, 0), 'Caller-Channel-Created-Time': String(startMs * 1_000) }));
      }
      const list = rows.map((uuid) => ({ uuid, name: `sofia/external/${uuid}`, created_epoch: String(startMs / 1_000) }));
      meanwhile();
      return Promise.resolve(JSON.stringify({ row_count: list.length, ...(list.length > 0 && { rows: list }) }));
    };
    return {
      on: (_: unknown, listener: (event: SwitchEvent) => void) => ((heard = listener), () => undefined),
      onState: () => () => undefined,
      api: answer,
      bgapi: answer,
      status: () => ({ state: 'up' }),
    } as unknown as FreeswitchFeedDeps['link'];
  }

  async function open(restored: readonly JournalCall[] = [], options: object = {}): Promise<void> {
    journal = createJournal({ roles, systemOf: (name) => name, ...options }, restored);
    const known = (): ReadonlySet<string> | undefined =>
      isReading ? undefined : new Set(journal.open().flatMap(({ channels }) => channels.map(({ uniqueId }) => uniqueId)));
    const { log, warned: noted } = warnings();
    warned = noted;
    stop = feedFromFreeswitch('fs', { link: link(), known, timers, log }, (one) => {
      told.push(one);
      journal.step(one);
    });
    await settle();
  }

  async function pass(ms: number): Promise<void> {
    timers.advance(ms);
    await settle();
  }

  beforeEach(() => {
    timers = createHandTimers(startMs);
    [told, rows, asked, isReading] = [[], [], [], false];
    meanwhile = () => undefined;
  });

  afterEach(() => stop());

  it('B10: while the journal reads what is stored it is told of no list: with no calls yet all that live would be taken for gone', async () => {
    isReading = true;
    rows = ['c1'];
    await open();
    await pass(2_000);
    assert.deepEqual([told.length, lists()], [0, 0]);
    isReading = false;
    await pass(2_000);
    assert.deepEqual(
      told.map(({ type }) => type),
      ['channel-created', 'channels-listed'],
    );
    assert.equal(openCall().channels[0]?.uniqueId, 'c1');
  });

  it('B10: a database that is slow at a takeover ends no call that lives', async () => {
    const store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: () => timers.nowMs() });
    await store.migrate();
    const make = (crm: CrmStore): RunningJournal =>
      createCrmJournal({
        store: crm,
        roles,
        systemOf: (name) => name,
        tellers: [],
        onStored: () => undefined,
        nowMs: () => timers.nowMs(),
        after: (ms, run) => timers.after(ms, run),
        log: silentLog,
        meter: silentMeter,
      });
    const feed = (running: RunningJournal): void => {
      const links = { ami: new Map(), esl: new Map([['fs', link() as EslLink]]) };
      const stops = openCrmSwitches(links, { timers, log: silentLog }, (port) => port).feed(running);
      stop = () => stops.forEach((one) => one());
    };
    const first = make(store.crm);
    await first.start(['fs']);
    rows = ['c1'];
    feed(first);
    await settle();
    stop();
    await first.stop();
    await pass(600_000);
    let read = (): void => assert.fail('nothing is read');
    const openCalls = async (name: string): Promise<readonly JournalCall[]> => {
      await new Promise<void>((resolve) => (read = resolve));
      return store.crm.openCalls(name);
    };
    const second = make({ ...store.crm, openCalls });
    const started = second.start(['fs']);
    feed(second);
    await pass(10_000);
    read();
    await started;
    await pass(10_000);
    assert.deepEqual(
      second.openCalls().map(({ id, state, channels }) => [id, state, channels.length]),
      [['fs-c1', 'started', 1]],
    );
    await second.stop();
    await store.close();
  });

  it('B10: a channel that begins while the list is on its way lives, though the clock of the switch is ten seconds behind', async () => {
    await open();
    meanwhile = () => event('CHANNEL_CREATE', 'c1', -10_000);
    await pass(everyMs);
    assert.equal(openCall().startedAtMs, timers.nowMs() - 10_000, 'its times are those of the switch');
    assert.equal(openCall().state, 'started');
    [rows, meanwhile] = [['c1'], () => undefined];
    await pass(againMs);
    assert.equal(openCall().state, 'started');
    assert.deepEqual(warned, [{ switch: 'fs', aheadMs: -10_000 }], 'and that is said');
    event('CHANNEL_PROGRESS', 'c1', -10_000);
    assert.equal(warned.length, 1, 'once');
  });

  it('B10: a call ends half a second after its customer is gone, though the clock of the switch is ten minutes ahead', async () => {
    await open();
    rows = ['c1'];
    event('CHANNEL_CREATE', 'c1', 600_000);
    timers.advance(1_000);
    event('CHANNEL_HANGUP_COMPLETE', 'c1', 600_000);
    assert.equal(journal.nextDueMs(), timers.nowMs() + 500);
    assert.equal(openCall().startedAtMs, timers.nowMs() - 1_000);
    assert.deepEqual(warned, [{ switch: 'fs', aheadMs: 600_000 }]);
  });

  it('B10: what another process stored a moment ago is not taken for gone by the first list, which may be older; by the next it is', async () => {
    await open();
    event('CHANNEL_CREATE', 'c1', -10_000);
    const stored = JSON.parse(JSON.stringify(journal.open())) as JournalCall[];
    stop();
    await open(stored);
    assert.equal(openCall().state, 'started');
    await pass(againMs);
    assert.deepEqual(journal.open(), []);
  });

  it('B10: on a switch with a call a second it is asked again once, not for ever', async () => {
    let n = 0;
    await open();
    meanwhile = () => event('CHANNEL_CREATE', `young-${String((n += 1))}`);
    for (let second = 0; second < 30; second++) {
      event('CHANNEL_CREATE', `c${String(second)}`);
      rows.push(`c${String(second - 1)}`);
      await pass(1_000);
    }
    const before = lists();
    for (let second = 30; second < 330; second++) {
      event('CHANNEL_CREATE', `c${String(second)}`);
      rows.push(`c${String(second - 1)}`);
      await pass(1_000);
    }
    assert.ok(lists() - before <= 2, `${String(lists() - before)} lists in five minutes`);
  });

  it('B10: channels that are none of the journal’s are asked what they are once for each list in order', async () => {
    rows = Array.from({ length: 2_500 }, (_, n) => `c${String(n)}`);
    await open([], { callsMax: 100 });
    const dumps = (): number => asked.filter((command) => command.startsWith('uuid_dump')).length;
    for (let n = 0; n < 10; n++) await settle();
    assert.equal(dumps(), 2_000);
    for (let n = 0; n < 5; n++) {
      await pass(againMs);
      for (let m = 0; m < 10; m++) await settle();
    }
    assert.deepEqual([dumps(), lists()], [2_500, 2]);
  });
});

describe('CRM on Asterisk: lists and clocks of the feed', () => {
  const timers = createHandTimers(startMs);
  const roles = createRoles({ '101': 'PJSIP/101' });

  function open() {
    const journal = createJournal({ roles, systemOf: (name) => name });
    const { log, warned } = warnings();
    let heard: (text: string) => void = () => assert.fail('nobody listens');
    let answer: (packets: readonly string[]) => void = () => assert.fail('nothing is asked');
    const link = {
      on: (names: string | readonly string[], listener: (packet: ReturnType<typeof parsePacket>) => void) => {
        if (typeof names !== 'string') heard = (text) => listener(parsePacket(text));
        return () => undefined;
      },
      onState: () => () => undefined,
      action: () => new Promise((resolve) => (answer = (packets) => resolve({ events: packets.map(parsePacket) }))),
      status: () => ({ state: 'up' }),
    } as unknown as FeedDeps['link'];
    const stop = feedFromAsterisk('alpha', { link, timers, log }, (event) => void journal.step(event));
    const event = (name: string, id: string, aheadMs: number): void => {
      const lines = [`Event: ${name}`, `Timestamp: ${String((timers.nowMs() + aheadMs) / 1_000)}`, `Uniqueid: ${id}`, `Linkedid: ${id}`];
      heard([...lines, 'Channel: PJSIP/trunk-00000001', 'ChannelState: 4', 'CallerIDNum: 79123456789', 'Exten: 500'].join('\r\n'));
    };
    return { journal, warned, stop, event, answer: (packets: readonly string[]) => answer(packets) };
  }

  it('B10: a channel that begins while the list is on its way lives, though the clock of the switch is behind', async () => {
    const { journal, warned, stop, event, answer } = open();
    event('Newchannel', 'U1', -1_000);
    answer([]);
    await settle();
    assert.equal(journal.open()[0]?.state, 'started');
    assert.deepEqual(warned, []);
    timers.advance(everyMs);
    answer([]);
    await settle();
    assert.deepEqual(journal.open(), [], 'one that was not heard of since is gone');
    stop();
  });

  it('B10: a call ends half a second after its customer is gone, though the clock of the switch is ten minutes ahead', () => {
    const { journal, warned, stop, event } = open();
    event('Newchannel', 'U1', 600_000);
    event('Hangup', 'U1', 600_000);
    assert.equal(journal.nextDueMs(), timers.nowMs() + 500);
    assert.deepEqual(warned, [{ switch: 'alpha', aheadMs: 600_000 }]);
    stop();
  });
});
