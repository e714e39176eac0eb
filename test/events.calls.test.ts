/** Calls of the journal in the event feed: each piece of news once and in order, whatever dies or is away meanwhile (B25, B30, P15). */
import assert from 'node:assert/strict';
import { callNews, callNewsTypes, legsMax } from '../core/crm/call-news.js';
import type { CallNews, NewCallNews } from '../core/crm/call-news.js';
import type { NewCrmMessage } from '../core/crm-ports.js';
import { createSight } from '../core/feed-filter.js';
import type { FeedEvent } from '../core/feed-ports.js';
import { feedFields } from '../core/feed-types.js';
import type { ChannelFacts, JournalFact } from '../core/journal/events.js';
import { createRoles } from '../core/journal/roles.js';
import { callNewsLane, createCallNewsTeller } from '../core/services/call-news-teller.js';
import { createCustomers } from '../sidecar/crm/call-news.js';
import { openStore, type Store } from '../sql/store.js';
import { createHandTimers } from './support/hand-timers.js';
import { openJournal, recordedFacts, startMs } from './support/journal-drive.js';
import { silentLog, silentMeter } from './support/observers.js';

/** All news of a recorded session, or of these facts. */
function newsOf(
  facts: readonly JournalFact[] | string,
  roles = createRoles({ '1011': 'PJSIP/1011', '1012': 'PJSIP/1012' }),
): NewCallNews[] {
  const journal = openJournal({ roles });
  const events =
    typeof facts === 'string' ? recordedFacts(facts) : facts.map((fact, n) => ({ switch: 'alpha', atMs: startMs + n * 1_000, ...fact }));
  const last = { switch: 'alpha', type: 'time-passed', atMs: (events.at(-1)?.atMs ?? 0) + 1_000 } as const;
  return [...events, last].flatMap((event) => journal.step(event).notices.flatMap((notice) => callNews(notice, event.atMs)));
}

const channel = (uniqueId: string, name: string, more: Partial<ChannelFacts> = {}): ChannelFacts => ({
  ...{ uniqueId, name, linkedId: uniqueId, callerNumber: undefined, callerName: undefined, extension: undefined, ...more },
});
const made = (facts: ChannelFacts): readonly JournalFact[] => [
  { type: 'channel-created', channel: { ...facts, isIncoming: false } },
  { type: 'dial-began', from: undefined, to: facts, dialString: 'x' },
];
const ends = (facts: ChannelFacts): JournalFact => ({ type: 'channel-ended', channel: facts, cause: 16, sip: undefined });

describe('call news', () => {
  it('B30, P15: an answered call: started, ringing, answered, ended, recording, with whom it is about and the times', () => {
    const news = newsOf('01-answered-call-full');
    assert.deepEqual(
      news.map(({ type, extension }) => [type, extension]),
      [
        ['call.started', undefined],
        ['call.ringing', '1011'],
        ['call.answered', '1011'],
        ['call.ended', '1011'],
        ['call.recording_ready', '1011'],
      ],
    );
    const ended = news.find(({ type }) => type === 'call.ended');
    assert.deepEqual(
      [ended?.customer, ended?.direction, ended?.outcome, ended?.did, ended?.isRecorded, ended?.legs.length],
      [{ number: '1010', name: 'Phone 1010' }, 'inbound', 'answered', '200', true, 1],
    );
    assert.ok((ended?.talkMs ?? 0) > 1_000 && (ended?.endedAtMs ?? 0) > (ended?.answeredAtMs ?? Infinity));
  });

  it('P12: who nobody took is missed, and ended; a transfer says from whom to whom', () => {
    assert.deepEqual(
      newsOf('40-redirect-of-a-waiting-channel').map(({ type }) => type),
      ['call.started', 'call.missed', 'call.ended'],
    );
    const transfer = newsOf('20-blind-transfer-sip-refer').find(({ type }) => type === 'call.transferred');
    assert.deepEqual([transfer?.extension, transfer?.transfer], ['1011', { from: '1011', to: '1012', kind: 'blind' }]);
  });

  it('B43: a call of the dialer begins when an agent is rung for it; one that nobody was rung for is the dialer’s to tell', () => {
    const customer = channel('call-7', 'PJSIP/trunk-00000001', { callerNumber: '491234567' });
    const agent = channel('leg-1', 'PJSIP/1011-0000000a');
    const marks = { origin: 'dialer', binding: '', number: '491234567', campaign: 'spring', contact: 'c-1' };
    const ordered: JournalFact[] = [{ type: 'announced', uniqueId: 'call-7', ...marks }, ...made(customer)];
    assert.deepEqual(newsOf([...ordered, ends(customer)]), []);
    const tie: JournalFact = { type: 'leg-tied', leg: 'leg-1', to: 'call-7', queue: 'sales', agent: 'ann', lead: 42 };
    const news = newsOf([...ordered, tie, ...made(agent), ends(customer), ends(agent)]);
    assert.deepEqual(
      news.map(({ type }) => type),
      ['call.started', 'call.ringing', 'call.ended'],
    );
    const [first] = news;
    assert.deepEqual(
      [first?.origin, first?.campaign, first?.contact, first?.agent, first?.lead, first?.queue],
      ['dialer', 'spring', 'c-1', 'ann', 42, 'sales'],
    );
  });

  it('names and numbers of a hostile caller are harmless in every field, and legs are bounded', () => {
    const evil = `<script>alert(1)</script>\u0000\u202e'" OR 1=1`;
    const caller = channel('U1', 'PJSIP/trunk-00000001', { callerNumber: `79${evil}`, callerName: evil, extension: evil });
    const legs = Array.from({ length: legsMax + 5 }, (_, n) => channel(`L${String(n)}`, `PJSIP/1011-${String(n).padStart(8, '0')}`));
    const news = newsOf([
      { type: 'channel-created', channel: { ...caller, isIncoming: true } },
      ...legs.flatMap((leg): JournalFact[] => [
        { type: 'channel-created', channel: { ...leg, linkedId: 'U1', isIncoming: false } },
        { type: 'dial-began', from: caller, to: { ...leg, linkedId: 'U1' }, dialString: 'x' },
      ]),
      ends(caller),
    ]);
    for (const one of news) {
      const text = JSON.stringify(one);
      assert.ok(!['<', '>', '\\u0000', '\u202e'].some((bad) => text.includes(bad)), text);
      assert.ok(one.legs.length <= legsMax);
    }
    assert.equal(news.at(-1)?.legs.length, legsMax);
  });

  it('B25: the fields on the wire are those that the page lists', () => {
    for (const type of callNewsTypes) {
      const told: CallNews = { ...(newsOf('01-answered-call-full')[0] as NewCallNews), type, id: 'x:1', record: undefined };
      assert.deepEqual(
        Object.keys(told)
          .filter((key) => key !== 'type')
          .sort(),
        [...feedFields[type]].sort(),
      );
    }
  });

  it('B25: who may see one agent, or one queue, sees the calls of these and no others', () => {
    const event = (more: Partial<CallNews>): FeedEvent => ({
      ...{ seq: 1, atMs: 1 },
      notice: { ...(newsOf('01-answered-call-full')[0] as NewCallNews), id: 'x', record: undefined, ...more },
    });
    const own = createSight({ queues: undefined, agent: 'ann', queuesOf: () => new Set() });
    assert.deepEqual([own(event({ agent: 'ann' })), own(event({ agent: 'bob' })), own(event({}))], [true, false, false]);
    const some = createSight({ queues: new Set(['sales']), queuesOf: (agent) => new Set(agent === 'ann' ? ['sales'] : []) });
    assert.deepEqual([event({ queue: 'sales' }), event({ queue: 'support' }), event({ agent: 'ann' }), event({})].map(some), [
      true,
      false,
      true,
      false,
    ]);
  });

  it('P15: the link to a record is the CRM’s own page, or what a receiver answered; nothing else becomes a link', () => {
    const of = (record: string, module?: string): string => {
      const found = { status: 'FOUND', extension: '101', name: 'Ann', record, module } as const;
      const finder = { known: () => found, find: () => Promise.resolve({ ...found, isStale: false }), learn: () => undefined };
      return createCustomers([{ binding: { crm_url: 'https://crm.example/' }, finder }]).known('7912')?.url ?? '-';
    };
    assert.equal(of('12x34', 'Contacts'), 'https://crm.example/index.php?module=Contacts&view=Detail&record=34');
    assert.equal(of('34', 'Leads'), 'https://crm.example/index.php?module=Leads&view=Detail&record=34');
    assert.equal(of('https://other.example/c/1'), 'https://other.example/c/1');
    const bad: readonly (readonly [string, string?])[] = [['javascript:alert(1)'], ['34'], ['34', 'Con"tacts'], ['x', 'Contacts']];
    for (const [record, module] of bad) assert.equal(of(record, module), '', record);
  });
});

describe('call news told', () => {
  let store: Store;
  const timers = createHandTimers();
  let told: FeedEvent[] = [];
  let listeners: ((event: FeedEvent) => void)[] = [];
  /** the desk takes news; the feed tells them by itself */
  let takes = true;
  let tells = true;
  let noted: CallNews[] = [];

  const tell = (news: CallNews): void => {
    const event: FeedEvent = { seq: told.length + 1, atMs: timers.nowMs(), notice: news };
    told.push(event);
    for (const listener of listeners) listener(event);
  };
  const open = () =>
    createCallNewsTeller({
      store: store.crm,
      note: (news) => {
        if (!takes) return false;
        noted.push(news);
        if (tells) setImmediate(() => tell(news));
        return true;
      },
      feed: {
        onEvent: (listener) => {
          listeners.push(listener);
          return () => (listeners = listeners.filter((one) => one !== listener));
        },
        read: (after, limit) => Promise.resolve(told.filter(({ seq }) => seq > after).slice(0, limit)),
        range: () => Promise.resolve({ first: 1, last: told.length }),
      },
      agentOf: (extension) => (extension === '1011' ? 'ann' : undefined),
      recordOf: () => ({ record: '12x34', url: 'https://crm.example/r/34', name: 'Jane', responsible: { extension: '1011', name: 'Ann' } }),
      nowMs: () => timers.nowMs(),
      after: (ms, run) => timers.after(ms, run),
      log: silentLog,
    });
  let teller: ReturnType<typeof open>;

  async function put(calls: readonly string[], each = newsOf('01-answered-call-full')): Promise<void> {
    const messages = calls.flatMap((callId) =>
      each.map((news, n): NewCrmMessage => ({
        ...{ binding: callNewsLane, callId, seq: n + 1, event: news.type, createdAtMs: timers.nowMs() },
        payload: JSON.stringify({ ...news, call: callId }),
      })),
    );
    await store.crm.save({ calls: [], messages });
  }
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 300; n++) await new Promise((resolve) => setImmediate(resolve));
  };
  const ids = (): readonly string[] => told.map(({ notice }) => ('id' in notice ? notice.id : ''));
  const five = (call: string): readonly string[] => [1, 2, 3, 4, 5].map((n) => `${call}:${String(n)}`);

  beforeEach(async () => {
    store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: () => timers.nowMs() });
    await store.migrate();
    [told, listeners, noted, takes, tells] = [[], [], [], true, true];
    teller = open();
  });
  afterEach(async () => {
    teller.stop();
    await store.close();
  });

  it('B25: each once, those of a call in order, with the agent of the queues and what the CRM knows; then the outbox is empty', async () => {
    await put(['a', 'b']);
    await teller.start();
    await settle();
    for (const call of ['a', 'b'])
      assert.deepEqual(
        ids().filter((id) => id.startsWith(call)),
        five(call),
      );
    const ringing = noted.find(({ type }) => type === 'call.ringing');
    assert.deepEqual([ringing?.agent, ringing?.record?.url, ringing?.record?.responsible.name], ['ann', 'https://crm.example/r/34', 'Ann']);
    assert.equal((await store.crm.counts(callNewsLane)).pending, 0);
  });

  it('B25: while the desk takes nothing all waits, and comes in order when it does', async () => {
    takes = false;
    await put(['a']);
    await teller.start();
    await settle();
    assert.deepEqual(ids(), []);
    takes = true;
    timers.advance(1_000);
    await settle();
    assert.deepEqual(ids(), five('a'));
  });

  it('B25: a process that dies between telling and noting tells nothing twice when it comes back', async () => {
    await put(['a'], newsOf('01-answered-call-full').slice(0, 1));
    tells = false;
    await teller.start();
    await settle();
    teller.stop(); // killed: the event is stored under its number, the outbox does not know
    tell(noted[0] as CallNews);
    assert.equal((await store.crm.counts(callNewsLane)).pending, 1);
    [noted, tells] = [[], true];
    teller = open();
    await teller.start();
    await settle();
    assert.deepEqual([noted.length, ids()], [0, ['a:1']]);
    assert.equal((await store.crm.counts(callNewsLane)).pending, 0);
  });

  it('B25: what the desk took is not given again while the database is away, and is once more when its event was lost', async () => {
    tells = false;
    await put(['a'], newsOf('01-answered-call-full').slice(0, 1));
    await teller.start();
    await settle();
    for (let n = 0; n < 5; n++) {
      timers.advance(60_000);
      teller.wake();
      await settle();
    }
    assert.equal(noted.length, 1);
    tells = true;
    timers.advance(600_000);
    teller.wake();
    await settle();
    assert.deepEqual(ids(), ['a:1']);
  });
});
