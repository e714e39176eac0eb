/** The call card on the page of an agent, in a real browser: live, escaped, and only what he may see (B30). */
import assert from 'node:assert/strict';
import type { CallNews } from '../core/crm/call-news.js';
import { createCallCards, historyMax, noCard, type CallCard } from '../core/services/call-card.js';
import type { JournalRow } from '../core/crm-ports.js';
import { createRoles } from '../core/journal/roles.js';
import { createEventStreams } from '../sidecar/event-streams.js';
import { systemTimers } from '../sidecar/timers.js';
import { createEventFeed } from '../core/services/event-feed.js';
import type { FeedEvent } from '../core/feed-ports.js';
import { eventually } from './support/eventually.js';
import { openJournal, recordedFacts } from './support/journal-drive.js';
import { silentLog, silentMeter } from './support/observers.js';
import { logIn, startWallboard } from './support/wallboard.js';
import { startBrowser, type TestBrowser } from './testbed/chromium.js';

const site = {
  queues: { support: {} },
  agents: { anna: { name: 'Anna Bell', contact: 'PJSIP/1001' }, bert: { name: 'Bert Cole', contact: 'PJSIP/1002' } },
  tiers: ['support anna', 'support bert'],
};
const evil = '<img src=x onerror="document.title=1">';

const cardOf = (more: Partial<NonNullable<CallCard['call']>> = {}): CallCard => ({
  call: {
    ...{ call: 'alpha-1.1', direction: 'inbound', state: 'ringing', outcome: undefined, origin: undefined, campaign: undefined },
    ...{ contact: undefined, customer: { number: '79123456789', name: evil }, lead: undefined, agent: 'anna', extension: '1001' },
    ...{ queue: undefined, did: '500', isRecorded: true, switch: 'alpha', startedAtMs: Date.now(), answeredAtMs: undefined },
    ...{ endedAtMs: undefined, talkMs: 0, isTalking: false, record: undefined },
    ...more,
  },
  history: [
    {
      ...{ call: 'alpha-0.9', direction: 'inbound', outcome: 'missed', startedAtMs: 1, talkMs: 0 },
      extension: undefined,
      queue: 'support',
      isRecorded: false,
    },
    {
      ...{ call: 'alpha-0.8', direction: 'outbound', outcome: 'answered', startedAtMs: 1, talkMs: 65_000 },
      extension: '1002',
      queue: undefined,
      isRecorded: true,
    },
  ],
});
const record = {
  ...{ record: '12x34', url: 'https://crm.example/index.php?module=Contacts&view=Detail&record=34', name: `Jane ${evil}` },
  responsible: { extension: '1002', name: 'Bert Cole' },
};

describe('call card in a browser', function () {
  this.timeout(60_000);
  let browser: TestBrowser | undefined;
  let board: Awaited<ReturnType<typeof startWallboard>>;
  let open: Awaited<ReturnType<TestBrowser['open']>>;
  let card: CallCard = noCard;
  let asked: string[] = [];
  let events: FeedEvent[] = [];
  let tell: (news: Partial<CallNews>) => void = () => undefined;

  before(async function () {
    browser = await startBrowser(this);
  });
  after(() => browser?.close());
  beforeEach(async () => {
    [card, asked, events] = [noCard, [], []];
    const store = {
      read: (after: number) => Promise.resolve(events.filter(({ seq }) => seq > after)),
      range: () => Promise.resolve({ first: 1, last: events.length }),
    };
    const tools = { log: silentLog, meter: silentMeter, nowMs: Date.now };
    const feed = createEventFeed({ ...tools, store, isWriter: () => true, after: (ms, run) => systemTimers.after(ms, run) });
    await feed.start();
    const streams = createEventStreams({ feed, timers: systemTimers, ...tools });
    tell = (news) => {
      const event = { seq: events.length + 1, atMs: Date.now(), notice: { id: `x:${String(events.length)}`, ...news } as CallNews };
      events.push(event);
      feed.stored([event]);
    };
    board = await startWallboard(
      site,
      {
        cards: {
          card: (agent) => {
            asked.push(agent);
            return Promise.resolve(agent === 'anna' ? card : noCard);
          },
        },
      },
      [],
      { feed, streams },
    );
    await board.own.access.rights.put('anna', { queues: undefined, agent: 'anna' });
    open = await (browser ?? assert.fail()).open();
  });
  afterEach(async () => {
    const problems = open.problems.filter((problem) => !/401|403|404|Failed to load/.test(problem));
    await open.close();
    await board.close();
    assert.deepEqual(problems, []);
  });

  const onDesk = async () => {
    await logIn(open.page, `${board.url}/agent`, 'anna');
    await open.page.getByRole('heading', { name: 'My desk' }).waitFor();
    await eventually(
      () => asked.length,
      (count) => count > 0,
    );
    return open.page;
  };
  const part = () => open.page.locator('.call-card');

  it('B30, P15: it comes when the telephone rings, with record, person responsible and last calls, and goes with the call', async () => {
    const page = await onDesk();
    assert.equal(await part().count(), 0, 'a free telephone has no card');
    card = cardOf({ record });
    tell({ type: 'call.ringing', agent: 'anna', call: 'alpha-1.1' });
    await part().waitFor();
    const text = await part().innerText();
    for (const wanted of ['79123456789', 'Bert Cole 1002', 'incoming', 'recorded', 'Last calls with this number', 'missed', '1:05'])
      assert.ok(text.includes(wanted), `${wanted} in ${text}`);
    const link = page.getByRole('link', { name: 'Open in the CRM' });
    assert.deepEqual([await link.getAttribute('href'), await link.getAttribute('rel')], [record.url, 'noopener noreferrer']);
    card = noCard;
    tell({ type: 'call.ended', agent: 'anna', call: 'alpha-1.1' });
    await part().waitFor({ state: 'detached', timeout: 1_500 });
  });

  it('B30: it goes when a colleague has the call, of which nobody tells him', async () => {
    await onDesk();
    card = cardOf();
    tell({ type: 'call.ringing', agent: 'anna', call: 'alpha-1.1' });
    await part().waitFor();
    card = noCard;
    tell({ type: 'call.answered', agent: 'bert', call: 'alpha-1.1' });
    await part().waitFor({ state: 'detached' });
  });

  it('CRM-20: a caller who calls himself a script is shown as what he wrote, and nothing of it runs', async () => {
    const page = await onDesk();
    const title = await page.title();
    card = cardOf({ record, customer: { number: evil, name: evil } });
    tell({ type: 'call.answered', agent: 'anna', call: 'alpha-1.1' });
    await part().waitFor();
    assert.ok((await part().innerText()).includes(`Jane ${evil}`));
    assert.equal(await part().locator('img').count(), 0);
    assert.equal(await page.title(), title);
  });

  it('B39: events of other agents are not told to him, and his page does not ask', async () => {
    await onDesk();
    const before = asked.length;
    tell({ type: 'call.ringing', agent: 'bert', call: 'alpha-2.2' });
    tell({ type: 'call.ringing', agent: 'anna', call: 'alpha-1.1' });
    await eventually(
      () => asked.length,
      (count) => count > before,
    );
    assert.deepEqual(asked.slice(before), ['anna']);
  });

  it('B39: the card of another agent is not found by who is an agent alone, and is by a supervisor', async () => {
    card = cardOf();
    const statusOf = async (user: string, agent: string): Promise<number> =>
      (await board.ask('GET', `/agents/${agent}/call`, undefined, user)).status;
    assert.deepEqual([await statusOf('anna', 'anna'), await statusOf('anna', 'bert'), await statusOf('viewer', 'bert')], [200, 404, 200]);
  });
});

describe('call card', () => {
  const roles = { '1011': 'PJSIP/1011', '1012': 'PJSIP/1012' };
  const agentOf = (extension: string): string | undefined => (extension === '1011' ? 'anna' : undefined);

  it('B30: whose telephone rings or talks has the call; whoever is in none has no card; the CRM is asked for the number', async () => {
    const journal = openJournal({ roles: createRoles(roles) });
    const numbers: string[] = [];
    const asked: string[] = [];
    const cards = createCallCards({
      journal: { openCalls: () => journal.open() },
      store: {
        calls: ({ number = '', limit }) => {
          numbers.push(number);
          const [call] = journal.open();
          return Promise.resolve(
            Array.from({ length: limit }, (_, n) => ({ call: { ...call, id: n === 0 ? call?.id : `old-${String(n)}` } })) as JournalRow[],
          );
        },
      },
      agentOf,
      find: (number) => {
        asked.push(number);
        return Promise.resolve(undefined);
      },
      nowMs: Date.now,
    });
    const states: (boolean | undefined)[] = [];
    for (const event of recordedFacts('01-answered-call-full')) {
      journal.step(event);
      const { call, history } = await cards.card('anna');
      if (states.at(-1) !== call?.isTalking) states.push(call?.isTalking);
      if (call) assert.equal(history.length, historyMax);
      assert.equal(
        history.some(({ call: id }) => id === call?.call),
        false,
      );
    }
    assert.deepEqual(states, [false, true, false, undefined]);
    assert.deepEqual([...new Set(numbers)], ['1010']);
    assert.deepEqual([...new Set(asked)], ['1010']);
    assert.deepEqual(await cards.card('bert'), noCard);
  });
});
