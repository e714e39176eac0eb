/** The pages in a real browser, over the real engine: login, live changes, what supervisors and agents do, how it reads. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { agentId } from '../core/acd/ids.js';
import { eventually } from './support/eventually.js';
import { logIn, startWallboard } from './support/wallboard.js';
import { startBrowser, type TestBrowser } from './testbed/chromium.js';

const site = {
  queues: { support: {}, sales: {}, night: {} },
  agents: {
    anna: { name: 'Anna Bell', contact: 'PJSIP/1001', wrap_up_s: 30 },
    bert: { name: 'Bert Cole', contact: 'PJSIP/1002' },
    chief: { name: 'Chris Chief', contact: 'PJSIP/1000' },
  },
  tiers: ['support anna', 'sales bert', 'support bert 2'],
  pauseReasons: [{ code: 'lunch', text: 'Lunch break', isPaid: false, msMax: 0, dayMsMax: 0 }],
};
const lead = { first_name: 'Eve', last_name: 'Stone', city: 'Largo', comments: '<b>not bold</b>' };
/** a password that is asked for, and a page that is not there yet, are no faults */
const isExpected = (problem: string): boolean => /401|403|404|409|Failed to load/.test(problem);

describe('wallboard in a browser', function () {
  this.timeout(60_000);
  let browser: TestBrowser | undefined;
  let board: Awaited<ReturnType<typeof startWallboard>>;
  let open: Awaited<ReturnType<TestBrowser['open']>>;
  let page: Page;

  before(async function () {
    browser = await startBrowser(this);
  });
  after(() => browser?.close());
  beforeEach(async () => {
    board = await startWallboard(site, {
      desk: { leads: { find: (id) => Promise.resolve(id === 77 ? (lead as never) : undefined) }, transferContext: undefined },
    });
    await board.own.access.rights.put('anna', { queues: undefined, agent: 'anna' });
    await board.own.access.rights.put('west', { queues: ['support'], agent: undefined });
    open = await (browser ?? assert.fail()).open();
    ({ page } = open);
  });
  afterEach(async () => {
    const problems = open.problems.filter((problem) => !isExpected(problem));
    await open.close();
    await board.close();
    assert.deepEqual(problems, []);
  });

  const queueLine = (id: string) => page.locator(`tr[data-queue="${id}"]`);
  const inside = (path: string) => page.goto(`${board.url}${path}`);

  it('B23: login, then the queues; a caller who joins is there within a second, with a wait that runs', async () => {
    await logIn(page, board.url, 'viewer');
    await queueLine('support').waitFor();
    const atMs = Date.now();
    board.desk.call('support', { name: 'Eve' });
    await queueLine('support').locator('.waiting.some').waitFor({ timeout: 3_000 });
    const tookMs = Date.now() - atMs;
    assert.ok(tookMs < 1_000, `seen after ${tookMs} ms`);
    assert.match(await queueLine('support').innerText(), /0:0\d/);
  });

  it('a wrong password and a user without a right are told so, and see nothing', async () => {
    await logIn(page, board.url, 'viewer', 'wrong');
    await page.getByText('User or password is wrong.').waitFor();
    await logIn(page, board.url, 'clerk');
    await page.getByText('You are not allowed to do that.').waitFor();
    assert.equal(await page.locator('table').count(), 0);
  });

  it('B39: a user of one queue sees that one; a viewer has no buttons that change something', async () => {
    await logIn(page, board.url, 'west');
    await queueLine('support').waitFor();
    assert.equal(await page.locator('tr[data-queue]').count(), 1);
    await inside('/#/queue/sales');
    await page.getByText('This page cannot be shown').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await logIn(page, board.url, 'viewer');
    await queueLine('support').waitFor();
    await inside('/#/agent/anna');
    await page.getByRole('heading', { name: 'Anna Bell' }).waitFor();
    assert.equal(await page.getByRole('button', { name: /Change status/ }).count(), 0);
  });

  it('the page of a queue shows its callers in order, and how they move up', async () => {
    const [first, second] = [board.desk.call('support', { name: 'First' }), board.desk.call('support', { name: 'Second' })];
    await logIn(page, board.url, 'supervisor');
    await page.getByRole('link', { name: 'support' }).click();
    const positions = () => page.locator('[data-member] td.number').allInnerTexts();
    await page.locator(`[data-member="${second}"]`).waitFor();
    assert.deepEqual(await positions(), ['1', '2']);
    board.desk.step({ type: 'caller-left', member: first, cause: 'hangup' });
    await eventually(positions, (now) => now.length === 1 && now[0] === '1');
  });

  it('B34: a supervisor moves a caller, changes a status, listens; each is asked for first, and a refusal is told', async () => {
    board.desk.login('anna');
    const [talk, waits] = [board.desk.call('support', { name: 'Talker' }), board.desk.call('support', { name: 'Waiter' })];
    board.desk.connect(talk);
    await logIn(page, board.url, 'supervisor');
    await page.getByRole('link', { name: 'support' }).click();
    await page.getByRole('button', { name: 'Move: Waiter' }).click();
    await page.getByLabel('Move to queue').selectOption('night');
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByText('Nobody waits.').waitFor();
    assert.equal(board.desk.state.members.get(waits)?.queue, 'night');

    await inside('/#/agent/anna');
    await page.getByRole('button', { name: 'Listen: Anna Bell' }).click();
    await page.getByLabel('Your telephone (agent)').fill('anna');
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByRole('alert').getByText('nobody can listen to himself').waitFor();
    await page.getByLabel('Your telephone (agent)').fill('chief');
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(
      board.spied.map(({ mode, supervisor }) => [mode, supervisor]),
      [['listen', 'PJSIP/1000']],
    );

    await page.getByRole('button', { name: 'Change status: Anna Bell' }).click();
    await page.getByRole('dialog').getByLabel('Change status').selectOption('On Break');
    await page.getByLabel('Reason').selectOption('lunch');
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(board.desk.state.agents.get(agentId('anna'))?.pauseReason, 'lunch');
  });

  it('B34: a supervisor picks up a caller at his own telephone', async () => {
    const member = board.desk.call('sales', { name: 'Waiter' });
    await logIn(page, board.url, 'supervisor');
    await page.getByRole('link', { name: 'sales' }).click();
    await page.getByRole('button', { name: 'Pick up: Waiter' }).click();
    await page.getByLabel('Your telephone (agent)').fill('nobody here');
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page
      .getByRole('alert')
      .getByText(/nobody here/)
      .waitFor();
    await page.getByLabel('Your telephone (agent)').fill('chief');
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await page.getByText('Rings at Chris Chief').waitFor();
    const offer = board.desk.state.members.get(member)?.offers[0];
    assert.equal(offer && board.desk.state.offers.get(offer)?.agent, 'chief');
  });

  it('B31: why nobody talks to a caller, and why an agent gets no call, is told in words to whoever may look', async () => {
    board.desk.step({ type: 'status-asked', agent: 'anna', status: 'On Break', reason: 'lunch' });
    const member = board.desk.call('support', { name: 'Waiter' });
    await logIn(page, board.url, 'viewer');
    await page.getByRole('link', { name: 'support' }).click();
    await page.getByRole('button', { name: 'Why? Waiter' }).click();
    const dialog = page.getByRole('dialog', { name: 'Why is nobody talking to Waiter?' });
    await dialog.getByText(/^No agent can be offered: /).waitFor();
    assert.match(await dialog.locator('li', { hasText: 'Anna Bell' }).innerText(), /On break.*lunch/s);
    assert.match(await dialog.locator('li', { hasText: 'Bert Cole' }).innerText(), /Logged out/);

    board.desk.login('bert');
    await dialog.getByRole('button', { name: 'Look again' }).click();
    await dialog.getByText('Rings bert.').waitFor();
    assert.match(await dialog.getByRole('listitem').last().innerText(), /Bert Cole.*level 2/s);
    board.desk.step({ type: 'caller-left', member, cause: 'hangup' });
    board.desk.decisions.length = 0;
    await dialog.getByRole('button', { name: 'Look again' }).click();
    await dialog.locator('.problem').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await inside('/#/agent/anna');
    await page.getByRole('button', { name: 'Why? Anna Bell' }).click();
    await page.getByRole('dialog').getByText('Cannot be offered a call: on-break.').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('B35: the agent`s desk: status, break with a reason, the caller with the customer record, wrap-up', async () => {
    await logIn(page, `${board.url}/agent`, 'anna');
    await page.getByRole('button', { name: 'Available', exact: true }).click();
    await page.getByRole('button', { name: 'Available', exact: true, pressed: true }).waitFor();
    const member = board.desk.call('support', { name: 'Eve', number: '5550100', leadId: 77 });
    await page.getByText('Ringing at your telephone').waitFor();
    const offer = board.desk.connect(member);
    await page.getByText('In a talk').waitFor();
    assert.match(await page.locator('.caller time').first().innerText(), /^0:0\d$/); // by the server's clock, which is not the browser's
    await page.getByText('Largo').waitFor();
    await page.getByText('<b>not bold</b>').waitFor();
    await page.getByPlaceholder('Extension').fill('200');
    await page.getByRole('button', { name: 'Send on' }).click();
    await page.getByText(/transfers are not set up/).waitFor();
    board.desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
    await page.getByRole('progressbar', { name: 'Wrap-up' }).waitFor();
    const before = endOfWrapUp();
    await page.getByRole('button', { name: '30 seconds more' }).click();
    await eventually(endOfWrapUp, (now) => now === before + 30_000);
    await page.getByRole('button', { name: 'I am done' }).click();
    await page.getByRole('progressbar', { name: 'Wrap-up' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Break' }).click();
    await page.getByRole('button', { name: 'Lunch break' }).click();
    await page.getByRole('status').getByText('lunch').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Agents' }).count(), 0);
  });

  function endOfWrapUp(): number {
    const phase = board.desk.state.agents.get(agentId('anna'))?.phase;
    return phase?.kind === 'wrapup' ? phase.endsAtMs : 0;
  }

  it('B36: who hung up unserved is listed, and ticked off by whoever called back', async () => {
    const member = board.desk.call('support', { name: 'Eve', number: '5550100' });
    board.desk.advance(70_000);
    board.desk.step({ type: 'caller-left', member, cause: 'hangup' });
    await board.keep();
    await logIn(page, `${board.url}/#/missed`, 'supervisor');
    const line = page.locator('[data-missed]');
    await line.getByText('1:10').waitFor();
    await page.getByRole('button', { name: 'Done: Eve' }).click();
    await line.getByText('Done').waitFor();
    await page.getByRole('button', { name: 'Done: Eve' }).waitFor({ state: 'detached' });
  });

  it('agents are found by name and by state', async () => {
    board.desk.login('anna');
    await logIn(page, `${board.url}/#/agents`, 'viewer');
    await page.locator('[data-agent]').nth(2).waitFor();
    await page.getByLabel('Find an agent').fill('cole');
    await eventually(
      () => page.locator('[data-agent]').count(),
      (count) => count === 1,
    );
    await page.getByLabel('Find an agent').fill('');
    await page.getByRole('button', { name: 'Free 1' }).click();
    await eventually(
      () => page.locator('[data-agent]').allInnerTexts(),
      (rows) => rows.length === 1 && rows[0]?.includes('Anna') === true,
    );
    await page.getByLabel('Find an agent').fill('nobody has this name');
    await page.getByText('No agent matches.').waitFor();
  });

  it('standby is shown, and its end', async () => {
    await logIn(page, board.url, 'viewer');
    await queueLine('support').waitFor();
    board.desk.isOwner = false;
    await page.getByText('Another server is taking over the queues.').waitFor();
    board.desk.isOwner = true;
    await page.getByText('Connected again.').waitFor();
  });

  it('without queues the page says what to do', async () => {
    board.desk.step({ type: 'configured', config: { ...emptyConfig(), settings: board.desk.state.settings } });
    await logIn(page, board.url, 'viewer');
    await page.getByText('No queues yet.').waitFor();
  });

  it('a logout ends the session: what was on the screen is gone, and the way back asks for the password', async () => {
    await logIn(page, board.url, 'viewer');
    await queueLine('support').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    assert.equal(await page.locator('tr[data-queue]').count(), 0);
  });
});

const emptyConfig = () => ({ queues: [], agents: [], tiers: [], callers: [], pauseReasons: [] });
