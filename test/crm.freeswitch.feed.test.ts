/** FreeSWITCH's events for the call journal, over the real link: recorded events, and what is asked after nobody listened. */
import assert from 'node:assert/strict';
import type { JournalEvent } from '../core/journal/events.js';
import type { Journal } from '../core/journal/journal.js';
import { feedFromFreeswitch } from '../sidecar/crm/feed-freeswitch.js';
import { createEslLink, type EslLink } from '../sidecar/esl.js';
import { openEslJournal, recordedHeaders, type Headers } from './support/esl-journal.js';
import { eventually } from './support/eventually.js';
import { openEventSocket, type FakeEventSocket } from './support/fake-event-socket.js';
import { createHandTimers, type HandTimers } from './support/hand-timers.js';
import { tell } from './support/journal-drive.js';
import { silentLog, silentMeter } from './support/observers.js';

const recorded = recordedHeaders('01-answered');
const names = (name: string): Headers => recorded.find((event) => event['Event-Name'] === name) ?? assert.fail(name);
const caller = names('CHANNEL_CREATE');
const agent = recorded.find((event) => event['variable_originator'] === caller['Unique-ID']) ?? assert.fail('agent');
const [callerId = '', agentId = ''] = [caller['Unique-ID'], agent['Unique-ID']];
const bornMs = Math.floor(Number(caller['Event-Date-Timestamp']) / 1_000);

const row = (event: Headers): object => ({
  uuid: event['Unique-ID'],
  name: event['Channel-Name'],
  direction: event['Call-Direction'],
  created_epoch: String(Math.floor(bornMs / 1_000)),
});
const listOf = (rows: readonly object[]): string => JSON.stringify({ row_count: rows.length, ...(rows.length > 0 && { rows }) });
const dump = (event: Headers): string =>
  JSON.stringify({ ...event, 'Event-Name': 'CHANNEL_DATA', 'Caller-Channel-Created-Time': caller['Event-Date-Timestamp'] });

describe('CRM on FreeSWITCH: the feed of the journal', () => {
  let fake: FakeEventSocket;
  let link: EslLink;
  let timers: HandTimers;
  let journal: Journal;
  let lines: string[];
  let listings: number;
  let stop: () => void;

  function answers(channels: readonly Headers[], isBridged: boolean): Readonly<Record<string, string>> {
    return {
      'show channels as json': listOf(channels.map(row)),
      'show calls as json': listOf(isBridged ? [{ uuid: callerId, b_uuid: agentId }] : []),
      ...Object.fromEntries(channels.map((event) => [`uuid_dump ${event['Unique-ID'] ?? ''} json`, dump(event)])),
    };
  }

  async function open(channels: readonly Headers[] = [], isBridged = false, nowMs = bornMs): Promise<void> {
    fake = await openEventSocket({ output: answers(channels, isBridged) });
    link = createEslLink(
      { name: 'fs', host: '127.0.0.1', port: fake.port, password: 'secret', backoffCapMs: 50 },
      { log: silentLog, meter: silentMeter },
    );
    timers = createHandTimers(nowMs);
    journal = openEslJournal();
    lines = [];
    listings = 0;
    const known = (): ReadonlySet<string> => new Set(journal.open().flatMap((call) => call.channels.map(({ uniqueId }) => uniqueId)));
    stop = feedFromFreeswitch('fs', { link, known, timers, log: silentLog }, (event: JournalEvent) => {
      if (event.type === 'channels-listed') listings += 1;
      lines.push(...tell(journal, event));
    });
    link.start();
    await link.waitUp(2_000);
    await listed(1);
  }

  afterEach(async () => {
    stop();
    link.stop();
    await fake.close();
  });

  const listed = (times: number): Promise<unknown> =>
    eventually(
      () => listings,
      (count) => count >= times,
    );
  async function play(events: readonly Headers[]): Promise<void> {
    for (const { 'Event-Name': name = '', ...headers } of events) {
      // our clock goes with the switch's
      const atMs = Math.ceil(Number(headers['Event-Date-Timestamp']) / 1_000);
      if (atMs > timers.nowMs()) timers.advance(atMs - timers.nowMs());
      fake.send(name, headers);
      await link.api('status');
    }
  }
  const upTo = (name: string): readonly Headers[] => recorded.slice(0, recorded.findIndex((event) => event['Event-Name'] === name) + 1);

  it('P4 P22: events of the link make the call, with the times of the switch', async () => {
    await open();
    await play(recorded);
    const ended = Number(recorded.at(-1)?.['Event-Date-Timestamp']) / 1_000;
    lines.push(...tell(journal, { switch: 'fs', type: 'time-passed', atMs: ended + 1_000 }));
    assert.deepEqual(lines, [
      'start inbound 1010',
      'ring 1011',
      'talk 1011',
      'leg 1011 answered 1.5 s',
      'end inbound answered talk 1.5 s',
      `recording 1011 /var/spool/recordings/${callerId}.wav`,
    ]);
  });

  it('B10 CRM-16: a talk that began while nobody listened is taken in with its agent, its begin and its number', async () => {
    await open([caller, agent], true, bornMs + 60_000);
    assert.deepEqual(lines, ['start inbound 1010', 'ring 1011', 'talk 1011']);
    assert.equal(journal.open()[0]?.startedAtMs, bornMs);
    await play(recorded.filter((event) => event['Event-Name'] === 'RECORD_STOP'));
    assert.equal(journal.open()[0]?.recordings.length, 1, 'its recording, too');
  });

  it('B10: a call that ended while the link was down is over once; what goes on is not touched', async () => {
    await open();
    await play(upTo('CHANNEL_BRIDGE'));
    timers.advance(60_000);
    fake.options = { ...fake.options, output: answers([caller, agent], true) };
    fake.drop();
    await listed(2);
    assert.equal(journal.open()[0]?.state, 'talking');
    fake.options = { ...fake.options, output: answers([], false) };
    fake.drop();
    await listed(3);
    assert.deepEqual(lines, [
      'start inbound 1010',
      'ring 1011',
      'talk 1011',
      'leg 1011 answered 60 s',
      'end inbound answered talk 60 s',
      `recording 1011 /var/spool/recordings/${callerId}.wav`,
    ]);
  });

  it('B10: FreeSWITCH’s list is a moment old: who is younger is not taken for gone, and is looked for again', async () => {
    await open();
    await play(upTo('CHANNEL_BRIDGE'));
    fake.options = { ...fake.options, output: answers([caller, agent], false) };
    fake.drop(); // the list does not know of their bridge yet
    await listed(2);
    assert.deepEqual([journal.open()[0]?.state, lines.length], ['talking', 3]);
    assert.ok(journal.open()[0]?.legs.every(({ talkingSinceMs }) => talkingSinceMs !== undefined));
    fake.options = { ...fake.options, output: answers([], false) };
    fake.drop(); // nor of themselves
    await listed(3);
    assert.equal(journal.open()[0]?.state, 'talking', 'nor is their bridge taken away');
    timers.advance(2_500);
    await listed(4);
    assert.deepEqual(lines.slice(3, 5), ['leg 1011 answered 2.5 s', 'end inbound answered talk 2.5 s'], 'and then he is gone');
  });

  it('B10: a channel that goes between the list and the question is none, and an answer that is no list ends nothing', async () => {
    await open();
    await play(upTo('CHANNEL_BRIDGE'));
    timers.advance(60_000);
    fake.options = {
      ...fake.options,
      output: {
        ...answers([caller, agent], true),
        'show channels as json': listOf([row(caller), row(agent), { ...row(agent), uuid: 'gone-1' }]),
        'uuid_dump gone-1 json': '-ERR No such channel!\n',
      },
    };
    fake.drop();
    await listed(2);
    assert.equal(journal.open().length, 1);
    fake.options = { ...fake.options, output: { 'show channels as json': '-ERR no reply\n' } };
    timers.advance(300_000);
    await link.api('status');
    assert.deepEqual([listings, journal.open()[0]?.state], [2, 'talking']);
  });
});
