/** The feed of one process, and event streams over HTTP (B25). */
import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import type { EventStore, FeedEvent } from '../core/feed-ports.js';
import { createEventFeed, eventFeedDefaults } from '../core/services/event-feed.js';
import { createEventStreams, eventStreamsDefaults } from '../sidecar/event-streams.js';
import { createStream, eventStreamDefaults, type Sink } from '../sidecar/event-stream.js';
import { turn } from './support/acd-stub-engine.js';
import { eventually } from './support/eventually.js';
import { startFeedServer, type FeedServer, type FeedServerOptions } from './support/feed-server.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';

const eventOf = (seq: number, notice: Partial<FeedEvent['notice']> = {}): FeedEvent => ({
  seq,
  atMs: 1_000 + seq,
  notice: { type: 'queue-changed', queue: 'support', change: 'changed', ...notice } as FeedEvent['notice'],
});
const eventsOf = (from: number, to: number): FeedEvent[] => Array.from({ length: to - from + 1 }, (_, i) => eventOf(from + i));
const range = (from: number, to: number): number[] => eventsOf(from, to).map(({ seq }) => seq);

describe('event feed', () => {
  function world(isWriter = true) {
    const rows: FeedEvent[] = [];
    const db = { isDown: false, reads: 0, hold: undefined as Promise<void> | undefined };
    const answer = async <T>(value: () => T): Promise<T> => {
      db.reads++;
      await db.hold;
      if (db.isDown) throw new TandemError('TDM_STORE_DOWN', ['test']);
      return value();
    };
    const store: EventStore = {
      read: (after, limit) => answer(() => rows.filter(({ seq }) => seq > after).slice(0, limit)),
      range: () => answer(() => ({ first: rows[0]?.seq ?? 0, last: rows.at(-1)?.seq ?? 0 })),
    };
    const timers = createHandTimers();
    const owner = { isWriter };
    const feed = createEventFeed(
      {
        store,
        isWriter: () => owner.isWriter,
        nowMs: () => timers.nowMs(),
        after: (ms, run) => timers.after(ms, run),
        log: silentLog,
        meter: recordingMeter(),
      },
      { ...eventFeedDefaults, pageMax: 3, keptMax: 4 },
    );
    const heard: number[] = [];
    feed.onEvent(({ seq }) => heard.push(seq));
    const poll = async (): Promise<void> => {
      for (let ms = 0; ms < eventFeedDefaults.pollEveryMs; ms += eventFeedDefaults.pagePauseMs) {
        timers.advance(eventFeedDefaults.pagePauseMs);
        for (let i = 0; i < 5; i++) await turn();
      }
    };
    const stored = (...events: readonly FeedEvent[]): void => {
      rows.push(...events);
      feed.stored(events);
    };
    return { rows, db, feed, heard, poll, stored, timers, owner };
  }

  it('B25: the owner is told at once what it has stored, from now on, and asks the database no more', async () => {
    const { rows, db, feed, heard, poll, stored } = world();
    rows.push(...eventsOf(1, 5));
    await feed.start();
    assert.deepEqual([feed.isReady(), feed.last(), heard], [true, 5, []]);

    stored(eventOf(6), eventOf(7));
    stored(eventOf(8));
    const before = db.reads;
    await poll();

    assert.deepEqual(heard, [6, 7, 8]);
    assert.equal(db.reads, before);
    feed.stop();
  });

  it('B25: another node asks every 250 ms and tells each event once, in order', async () => {
    const { rows, feed, heard, poll } = world(false);
    await feed.start();
    rows.push(...eventsOf(1, 8));
    await poll();
    rows.push(eventOf(9));
    await poll();
    await poll();

    assert.deepEqual(heard, range(1, 9));
    feed.stop();
  });

  it('B25: a former standby that takes over first tells what the owner before it stored', async () => {
    const { rows, feed, heard, poll, stored, owner } = world(false);
    await feed.start();
    rows.push(...eventsOf(1, 4));
    owner.isWriter = true;
    stored(eventOf(5));
    assert.deepEqual(heard, []);
    await poll();

    assert.deepEqual(heard, range(1, 5));
    feed.stop();
  });

  it('what is stored while the database is being read is told once, in its place', async () => {
    const { rows, db, feed, heard, poll, stored, owner } = world(false);
    await feed.start();
    rows.push(...eventsOf(1, 2));
    let go = (): void => undefined;
    db.hold = new Promise((resolve) => (go = resolve));
    const polling = poll();
    owner.isWriter = true;
    stored(eventOf(3));
    stored(eventOf(4));
    db.hold = undefined;
    go();
    await polling;
    await poll();

    assert.deepEqual(heard, range(1, 4));
    feed.stop();
  });

  it('a database that is away at the start or later: nothing is missed when it is back', async () => {
    const { rows, db, feed, heard, poll } = world(false);
    db.isDown = true;
    await feed.start();
    assert.equal(feed.isReady(), false);
    db.isDown = false;
    rows.push(eventOf(1));
    await poll();
    db.isDown = true;
    rows.push(eventOf(2));
    await poll();
    db.isDown = false;
    rows.push(eventOf(3));
    await poll();

    assert.deepEqual([feed.isReady(), heard], [true, [2, 3]]);
    feed.stop();
  });

  it('the newest are read from memory, older ones from the database', async () => {
    const { db, feed, stored } = world();
    await feed.start();
    for (const event of eventsOf(1, 20)) stored(event);
    const before = db.reads;

    assert.deepEqual(
      (await feed.read(17, 2)).map(({ seq }) => seq),
      [18, 19],
    );
    assert.deepEqual(await feed.read(20, 5), []);
    assert.equal(db.reads, before);
    assert.deepEqual(
      (await feed.read(0, 2)).map(({ seq }) => seq),
      [1, 2],
    );
    assert.equal(db.reads, before + 1);
    feed.stop();
  });

  it('a listener that throws does not keep the event from the others; listeners are bounded', async () => {
    const { feed, heard, stored } = world();
    await feed.start();
    const end = feed.onEvent(() => {
      throw new Error('test');
    });
    feed.onEvent(({ seq }) => heard.push(-seq));
    stored(eventOf(1));
    end();

    assert.deepEqual(heard, [1, -1]);
    for (let n = 2; n < eventFeedDefaults.listenersMax; n++) feed.onEvent(() => undefined);
    assert.throws(() => feed.onEvent(() => undefined), { code: 'TDM_BUSY' });
    feed.stop();
  });
});

describe('event streams', () => {
  let server: FeedServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const start = async (options: FeedServerOptions = {}): Promise<FeedServer> => (server = await startFeedServer(options));
  const until = (read: () => readonly number[], count: number) => eventually(read, (seqs) => seqs.length >= count);

  it('B25: replay from a position, then live, without a gap or a double; in the form of server-sent events', async () => {
    const { save, stream } = await start();
    await save(...eventsOf(1, 450));

    const { response, messages, seqs } = await stream('/events?after=3');
    for (let seq = 451; seq <= 700; seq++) await save(eventOf(seq));
    await until(seqs, 697);

    assert.deepEqual(seqs(), range(4, 700));
    assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(response.headers['cache-control'], 'no-store');
    const [first] = messages.filter(({ data }) => data !== undefined);
    assert.deepEqual(first, {
      id: '4',
      data: '{"seq":4,"type":"queue-changed","atMs":1004,"data":{"queue":"support","change":"changed"}}',
    });
  });

  it('B25: without a position only what comes; a browser that comes back goes on behind its last number', async () => {
    const { save, stream } = await start();
    await save(...eventsOf(1, 5));
    const one = await stream('/events');
    await save(eventOf(6));
    await until(one.seqs, 1);
    const [, ...more] = one.messages;
    assert.deepEqual([one.messages[0]?.id, more[0]?.id], ['5', '6'], 'the number is known before the first event');
    one.close();
    await save(eventOf(7), eventOf(8));

    const again = await stream('/events?after=1', 'viewer', { 'last-event-id': '6' });
    await until(again.seqs, 2);
    assert.deepEqual(again.seqs(), [7, 8]);
  });

  it('types and queues; one serialisation, each gets what it asked for', async () => {
    const { save, stream } = await start();
    const all = await stream('/events');
    const types = await stream('/events?type=agent-changed,repaired');
    const queue = await stream('/events?queue=Sales');
    await save(
      eventOf(1),
      eventOf(2, { queue: 'sales' as never }),
      eventOf(3, { type: 'agent-changed', agent: 'anna' as never }),
      eventOf(4, { type: 'member-moved', from: 'support', to: 'sales' } as never),
      eventOf(5, { type: 'repaired', what: 'leg', id: 'x' } as never),
      eventOf(6, { type: 'events-lost', from: 6, to: 6 }),
      eventOf(7, { queue: 'sales@default' as never }),
    );
    await until(all.seqs, 7);
    await until(types.seqs, 3);
    await until(queue.seqs, 4);

    assert.deepEqual([all.seqs(), types.seqs(), queue.seqs()], [range(1, 7), [3, 5, 6], [2, 4, 6, 7]]);
  });

  it('API rights: who has some queues sees these, and the agents that serve them; an agent what is his own', async () => {
    const { save, stream, ask } = await start();
    const sales = await stream('/events', 'sales');
    const anna = await stream('/events', 'anna');
    await save(
      eventOf(1),
      eventOf(2, { queue: 'SALES' as never }),
      eventOf(3, { type: 'agent-changed', agent: 'bob', queue: undefined } as never),
      eventOf(4, { type: 'agent-changed', agent: 'anna', queue: undefined } as never),
      eventOf(5, { type: 'member-moved', from: 'support', to: 'sales', queue: undefined } as never),
      eventOf(6, { type: 'dispatching-changed', queue: undefined } as never),
      eventOf(7, { type: 'events-lost', from: 7, to: 7 }),
    );
    await until(sales.seqs, 3);
    await until(anna.seqs, 2);

    assert.deepEqual(
      [sales.seqs(), anna.seqs()],
      [
        [2, 3, 7],
        [4, 7],
      ],
    );
    const listed = await ask('GET', '/events/list', undefined, 'sales');
    assert.deepEqual(
      (listed.body['events'] as FeedEvent[]).map(({ seq }) => seq),
      [2, 3, 7],
    );
  });

  it('B25: a position of which nothing is kept, or that was never given, is told with `reset`', async () => {
    const { save, stream, store } = await start();
    await save(...eventsOf(1, 30));
    await store.runRetention(7 * 86_400_000 + 1_021);

    const old = await stream('/events?after=3');
    const ahead = await stream('/events?after=999');
    await until(old.seqs, 10);
    assert.deepEqual(old.messages[1], { id: '20', event: 'reset', data: '{"first":21}' });
    assert.deepEqual(old.seqs(), range(21, 30));
    await save(eventOf(31));
    await until(ahead.seqs, 1);
    assert.deepEqual(ahead.messages[1], { id: '30', event: 'reset', data: '{"first":31}' });
    assert.deepEqual(ahead.seqs(), [31]);
  });

  it('no more streams than the limit; a place is free when one has gone', async () => {
    const { stream, side, meter } = await start({ streamsMax: 2 });
    const one = await stream('/events');
    await stream('/events');
    const refused = await stream('/events');
    assert.equal(refused.response.statusCode, 503);
    assert.equal(meter.gauge('tandem_feed_streams'), 2);
    one.close();
    await eventually(
      () => side.streams.count(),
      (count) => count === 1,
    );

    assert.equal((await stream('/events')).response.statusCode, 200);
  });

  it('B25: one user cannot have all streams; others have theirs, and a place is free when one has gone', async () => {
    const { stream, side } = await start({ streamsMax: 10, streamsPerUserMax: 2 });
    const one = await stream('/events');
    await stream('/events?type=queue-changed');
    const refused = await stream('/events');
    assert.deepEqual([refused.response.statusCode, side.streams.count()], [429, 2]);
    assert.equal((await stream('/events', 'boss')).response.statusCode, 200);
    one.close();
    await eventually(
      () => side.streams.count(),
      (count) => count === 2,
    );

    assert.equal((await stream('/events')).response.statusCode, 200);
    assert.equal((await stream('/events')).response.statusCode, 429);
  });

  it('B25: at the stop each stream is told why it ends', async () => {
    const { stream, side } = await start();
    const one = await stream('/events');
    await eventually(
      () => one.messages.length,
      (count) => count > 0,
    );
    await side.stop();
    await eventually(one.isEnded, Boolean);

    assert.deepEqual(one.messages.at(-1), { event: 'cut', data: '{"reason":"stopping"}' });
    assert.equal((await stream('/events')).response.statusCode, 503);
  });

  it('many streams at a high rate: each gets all, in order', async () => {
    const { stream, save } = await start();
    await save(...eventsOf(1, 10));
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, n) => stream(n % 2 === 0 ? '/events?after=0' : '/events?after=5&type=queue-changed')),
    );
    for (let seq = 11; seq <= 500; seq += 7) await save(...eventsOf(seq, Math.min(seq + 6, 500)));
    for (const [n, one] of all.entries()) {
      await until(one.seqs, n % 2 === 0 ? 500 : 495);
      assert.deepEqual(one.seqs(), n % 2 === 0 ? range(1, 500) : range(6, 500));
    }
  });

  for (const path of ['/events', '/events/list'])
    it(`${path} refuses who may not, and what it does not understand`, async () => {
      const { ask } = await start();
      const status = async (query: string, who = 'viewer') => (await ask('GET', path + query, undefined, who)).status;

      assert.deepEqual([await status('', ''), await status('', 'nobody'), await status('', 'clerk')], [401, 401, 403]);
      const bad = [
        '?after=-1',
        '?after=1e3',
        '?after=x',
        `?after=${'9'.repeat(16)}`,
        '?after=1&after=2',
        '?type=nothing',
        '?type=',
        '?type[]=a',
      ];
      for (const query of [...bad, `?queue=${'x'.repeat(151)}`, `?queue=${'a,'.repeat(51)}a`, '?x=1', `?type=repaired'--`])
        assert.equal(await status(query), 400, query);
    });

  it('a number of a browser that is none is refused, also with a line end in it', async () => {
    const { base } = await start();
    const headers = { authorization: `Basic ${Buffer.from('viewer:viewer-pass').toString('base64')}` };
    for (const id of ['x', '-1', '1; DROP TABLE', '1 2'])
      assert.equal((await fetch(`${base}/events`, { headers: { ...headers, 'last-event-id': id } })).status, 400, id);
  });

  it('too many requests of one address are refused', async () => {
    const { ask } = await start({ requestsPerMinuteMax: 2 });
    const given = [await ask('GET', '/events/list'), await ask('GET', '/events/list'), await ask('GET', '/events/list')];
    assert.deepEqual(
      given.map(({ status }) => status),
      [200, 200, 429],
    );
  });

  it('the list: pages behind a number, filters, and how far is kept', async () => {
    const { ask, save } = await start();
    await save(...eventsOf(1, 20), eventOf(21, { queue: 'sales' as never }));

    const page = await ask('GET', '/events/list?after=2&limit=3', undefined, 'viewer');
    assert.deepEqual(
      [page.body['next'], page.body['first'], page.body['last'], (page.body['events'] as FeedEvent[]).map(({ seq }) => seq)],
      [5, 1, 21, [3, 4, 5]],
    );
    const sales = await ask('GET', '/events/list?queue=sales', undefined, 'viewer');
    assert.deepEqual(sales.body, {
      events: [{ seq: 21, type: 'queue-changed', atMs: 1021, data: { queue: 'sales', change: 'changed' } }],
      next: 21,
      first: 1,
      last: 21,
    });
    assert.equal((await ask('GET', '/events/list?limit=1001')).status, 400);
  });
});

describe('event streams: time and slow clients', () => {
  function sinkOf() {
    const written: string[] = [];
    const listeners = new Map<string, () => void>();
    const state = { length: 0, isDestroyed: false, isOpen: true };
    const sink: Sink = {
      get writableLength() {
        return state.length;
      },
      write(chunk) {
        written.push(chunk.toString());
        return state.length === 0;
      },
      end: (chunk) => void written.push(chunk, '<end>'),
      destroy: () => (state.isDestroyed = true),
      once: (event, listener) => void listeners.set(event, listener),
    };
    return { sink, written, state, emit: (event: string) => listeners.get(event)?.() };
  }

  function world(isAllowed = () => Promise.resolve(true)) {
    const timers = createHandTimers();
    const rows = eventsOf(1, 3);
    const store: EventStore = {
      read: (after) => Promise.resolve(rows.filter(({ seq }) => seq > after)),
      range: () => Promise.resolve({ first: 1, last: rows.length }),
    };
    const meter = recordingMeter();
    const after = (ms: number, run: () => void) => timers.after(ms, run);
    const feed = createEventFeed({ store, isWriter: () => true, nowMs: () => timers.nowMs(), after, log: silentLog, meter });
    const streams = createEventStreams({ feed, timers, log: silentLog, meter });
    const one = sinkOf();
    const open = async () => {
      await feed.start();
      streams.open({ sink: one.sink, after: undefined, group: '', accepts: () => true, isAllowed });
      for (let i = 0; i < 5; i++) await turn();
    };
    const pass = async (ms: number) => {
      timers.advance(ms);
      for (let i = 0; i < 5; i++) await turn();
    };
    return { timers, feed, streams, meter, ...one, open, pass };
  }

  it('nothing is opened before the database was read once', async () => {
    const { streams, feed } = world();
    assert.throws(() => streams.check(), { code: 'TDM_STORE_DOWN' });
    await feed.start();
    assert.doesNotThrow(() => streams.check());
  });

  it('a heartbeat each 15 s, with the number to come back with', async () => {
    const { open, feed, pass, written } = world();
    await open();
    feed.stored([eventOf(4)]);
    await pass(eventStreamsDefaults.heartbeatMs);
    await pass(eventStreamsDefaults.heartbeatMs);

    assert.equal(eventStreamsDefaults.heartbeatMs, 15_000);
    assert.deepEqual(written.slice(-2), [': \nid: 4\n\n', ': \nid: 4\n\n']);
  });

  it('a client that takes nothing is cut off, told why, and closed when it does not even take that', async () => {
    const { open, feed, pass, written, state, streams, meter } = world();
    await open();
    state.length = eventStreamDefaults.bufferBytesMax + 1;
    feed.stored([eventOf(4)]);
    await pass(eventStreamsDefaults.gatherMs);

    assert.deepEqual(written.slice(-2), ['event: cut\ndata: {"reason":"slow"}\n\n', '<end>']);
    assert.equal(streams.count(), 0);
    assert.deepEqual(meter.counted('tandem_feed_streams_ended_total'), [{ reason: 'slow' }]);
    await pass(eventStreamDefaults.endMsMax);
    assert.ok(state.isDestroyed);
  });

  it('a client that does not take a replay is given up', async () => {
    const { sink, state, written } = sinkOf();
    const timers = createHandTimers();
    const over: string[] = [];
    const stream = createStream(sink, { timers, onOver: (reason) => over.push(reason) });
    state.length = 1;
    const sending = stream.sendAll('x');
    timers.advance(eventStreamDefaults.drainMsMax);
    await sending;

    assert.deepEqual([over, stream.isOver(), written.at(-1)], [['slow'], true, '<end>']);
  });

  it('rights that have gone end a stream within a minute; a database that is away does not', async () => {
    const answers = [
      () => Promise.resolve(true),
      () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['x'])),
      () => Promise.reject(new TandemError('TDM_UNAUTHENTICATED', ['x'])),
    ];
    const { open, pass, streams, meter } = world(() => answers.shift()?.() ?? Promise.resolve(true));
    await open();
    const counts: number[] = [];
    for (let minute = 1; minute <= 3; minute++) {
      for (let n = 0; n < 4; n++) await pass(15_000);
      counts.push(streams.count());
    }

    assert.deepEqual(counts, [1, 1, 0]);
    assert.deepEqual(meter.counted('tandem_feed_streams_ended_total'), [{ reason: 'rights' }]);
  });
});
