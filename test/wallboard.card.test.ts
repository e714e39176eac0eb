/** The call card on the page of an agent, in a real browser: live, escaped, and only what he may see (B30). */
import assert from 'node:assert/strict';
import type { CallNews } from '../core/crm/call-news.js';
import { createCallCards, historyMax, noCard, type CallCard } from '../core/services/call-card.js';
import type { JournalRow } from '../core/crm-ports.js';
import { createRoles } from '../core/journal/roles.js';
import { cardOf, openCallFeed } from './support/call-feed.js';
import { eventually } from './support/eventually.js';
import { openJournal, recordedFacts } from './support/journal-drive.js';
import { logIn, startWallboard } from './support/wallboard.js';
import { startBrowser, type TestBrowser } from './testbed/chromium.js';

const site = {
  queues: { support: {} },
  agents: { anna: { name: 'Anna Bell', contact: 'PJSIP/1001', wrap_up_s: 30 }, bert: { name: 'Bert Cole', contact: 'PJSIP/1002' } },
  tiers: ['support anna', 'support bert'],
};
const evil = '<img src=x onerror="document.title=1">';

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
  let tell: (news: Partial<CallNews>) => void = () => undefined;

  before(async function () {
    browser = await startBrowser(this);
  });
  after(() => browser?.close());
  beforeEach(async () => {
    [card, asked] = [noCard, []];
    const { feed, streams, tell: toldBy } = await openCallFeed();
    tell = toldBy;
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
    card = cardOf({ record, customer: { number: '79123456789', name: evil } });
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

  it('B30: in wrap-up it stays for the notes, without a clock, and goes when the agent is done', async () => {
    board.desk.login('anna');
    const page = await onDesk();
    const offer = board.desk.connect(board.desk.call('support', { number: '79123456789' }));
    card = cardOf({ record, isTalking: true });
    tell({ type: 'call.answered', agent: 'anna', call: 'alpha-1.1' });
    await part().getByRole('heading', { name: 'On my telephone' }).waitFor();
    card = noCard;
    tell({ type: 'call.ended', agent: 'anna', call: 'alpha-1.1' });
    board.desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
    await part().getByRole('heading', { name: 'Just now on my telephone' }).waitFor();
    assert.equal(await part().locator('time').count(), 0);
    await page.getByRole('link', { name: 'Open in the CRM' }).waitFor();
    await page.getByRole('button', { name: 'I am done' }).click();
    await part().waitFor({ state: 'detached' });
  });

  it('B30: the wrap-up of a call that the connector does not know shows nobody who talked before', async () => {
    board.desk.login('anna');
    const page = await onDesk();
    card = cardOf({ record, isTalking: true });
    tell({ type: 'call.answered', agent: 'anna', call: 'alpha-1.1' });
    await part().waitFor();
    card = noCard;
    tell({ type: 'call.ended', agent: 'anna', call: 'alpha-1.1' });
    await part().waitFor({ state: 'detached' });
    const offer = board.desk.connect(board.desk.call('support', { number: '5550100' }));
    await page.getByText('In a talk').waitFor();
    board.desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
    await page.getByRole('progressbar', { name: 'Wrap-up' }).waitFor();
    assert.equal(await part().count(), 0);
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
