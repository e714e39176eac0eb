/** How the pages read: for keyboards, screen readers, telephones, in the dark; and their pictures in the docs (`SCREENSHOTS=1`). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { noCard } from '../core/services/call-card.js';
import { busyDay, busyHistory, busySite, busyToday, makeBusy } from './support/busy-site.js';
import { cardOf, openCallFeed } from './support/call-feed.js';
import { eventually } from './support/eventually.js';
import { pageProblems } from './support/page-checks.js';
import { logIn, startWallboard } from './support/wallboard.js';
import { startBrowser, type OpenPage, type TestBrowser } from './testbed/chromium.js';

const images = join(import.meta.dirname, '..', 'docs', 'images');
/** those that docs/wallboard.md shows */
const pictures = ['queues', 'queues-dark', 'queues-phone', 'queue', 'queue-phone', 'agents', 'agent', 'desk', 'desk-card', 'wall', 'why'];
const lead = {
  first_name: 'Lucy',
  last_name: 'Evans',
  phone_number: '2025550194',
  city: 'Largo',
  state: 'FL',
  email: 'lucy@test.example',
  comments: 'wants a call after lunch',
};
/** A call to his own number, whom the CRM knows. */
const direct = {
  customer: { number: '2025550161', name: '' },
  ...{ isTalking: true, answeredAtMs: Date.now() - 34_000 },
  record: {
    ...{ record: '12x34', url: 'https://crm.example/index.php?module=Contacts&view=Detail&record=34', name: 'Grace Hall' },
    responsible: { extension: '1025', name: 'Pete Quinn' },
  },
};
type Board = Awaited<ReturnType<typeof startWallboard>>;
const sized = (width: number, height: number) => ({ viewport: { width, height } });

describe('reading the wallboard', function () {
  this.timeout(60_000);
  let browser: TestBrowser | undefined;
  let board: Board;
  const opened: OpenPage[] = [];

  before(async function () {
    browser = await startBrowser(this);
    const { feed, streams } = await openCallFeed();
    board = await startWallboard(
      busySite,
      {
        today: busyToday,
        desk: { leads: { find: () => Promise.resolve(lead as never) }, transferContext: 'agent-transfers' },
        cards: { card: (agent) => Promise.resolve(agent === 'olga' ? noCard : cardOf(direct)) },
      },
      [
        (req, res, next) => {
          if (req.path === '/api/v1/statistics/queues') res.json(busyDay(board.desk.nowMs()));
          else if (req.path === '/api/v1/segments')
            res.json(busyHistory(req.url.includes('kind=status') ? 'status' : 'offer', board.desk.nowMs()));
          else next();
        },
      ],
      { feed, streams },
    );
    await board.own.access.rights.put('anna', { queues: undefined, agent: 'olga' });
    await board.own.access.rights.put('desk', { queues: undefined, agent: 'pete' });
    board.desk.advance(9.2 * 3_600_000);
    makeBusy(board.desk);
    board.desk.login('olga');
    const lucy = [...board.desk.state.members.values()].find(({ name, phase }) => name === 'Lucy Evans' && phase.kind === 'waiting');
    assert.ok(lucy);
    board.desk.step({ type: 'pick-up-asked', member: lucy.id, agent: 'olga' });
    board.desk.connect(lucy.id);
    board.desk.advance(48_000);
  });
  after(async () => {
    await (board as Board | undefined)?.close(); // undefined after a failed start
    await browser?.close();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  async function open(path: string, user: string, options: BrowserContextOptions = sized(1200, 760)): Promise<Page> {
    const one = await (browser ?? assert.fail()).open(options);
    opened.push(one);
    await logIn(one.page, `${board.url}${path}`, user);
    await one.page.getByRole('button', { name: 'Log out', exact: true }).waitFor();
    return one.page;
  }

  async function keep(page: Page, name: string): Promise<void> {
    if (process.env['SCREENSHOTS'] === '1' && pictures.includes(name))
      await page.screenshot({ path: join(images, `wallboard-${name}.png`), animations: 'disabled' });
  }

  const places = [
    { name: 'queues', path: '/', user: 'supervisor', sees: 'Technical' },
    { name: 'queue', path: '/#/queue/support', user: 'supervisor', sees: 'Calls of the day' },
    { name: 'agents', path: '/#/agents', user: 'supervisor', sees: 'Mia Nash' },
    { name: 'agent', path: '/#/agent/mia', user: 'supervisor', sees: 'Lunch' },
    { name: 'missed', path: '/#/missed', user: 'supervisor', sees: 'Nobody hung up' },
    { name: 'desk', path: '/agent', user: 'anna', sees: 'lucy@test.example' },
    { name: 'desk-card', path: '/agent', user: 'desk', sees: 'Open in the CRM' },
    { name: 'wall', path: '/?wall', user: 'viewer', sees: 'Technical' },
  ] as const;
  const looks = [
    { look: 'light', options: sized(1200, 760) },
    { look: 'dark', options: { ...sized(1200, 760), colorScheme: 'dark' } },
    { look: 'phone', options: { ...sized(360, 740), isMobile: true, hasTouch: true } },
  ] as const;

  for (const { name, path, user, sees } of places)
    for (const { look, options } of looks)
      it(`the page ${name}, ${look}: names, one heading, contrast, no sideways scrolling`, async () => {
        const page = await open(path, user, options);
        await page.getByText(sees, { exact: false }).first().waitFor({ state: 'attached' });
        await page.waitForTimeout(300); // the chart is drawn
        assert.deepEqual(await pageProblems(page), []);
        await keep(page, look === 'light' ? name : `${name}-${look}`);
      });

  for (const { look, options } of looks)
    it(`B31: the dialog that says why nobody takes a caller, ${look}: the same`, async () => {
      const page = await open('/#/queue/support', 'viewer', options);
      await page
        .getByRole('button', { name: /^Why\? / })
        .first()
        .click();
      await page.locator('.verdict').waitFor();
      assert.deepEqual(await pageProblems(page), []);
      await keep(page, look === 'light' ? 'why' : `why-${look}`);
    });

  it('the login page as well', async () => {
    const one = await (browser ?? assert.fail()).open(sized(360, 740));
    opened.push(one);
    await one.page.goto(board.url);
    await one.page.getByRole('heading', { name: 'Log in' }).waitFor();
    assert.deepEqual(await pageProblems(one.page), []);
  });

  it('colours follow the system, until somebody chooses; the choice stays', async () => {
    const page = await open('/', 'viewer', { ...sized(1000, 700), colorScheme: 'dark' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    assert.equal(await ground(), 'rgb(14, 19, 27)');
    await page.getByRole('button', { name: 'Colours: as the system' }).click();
    assert.equal(await ground(), 'rgb(243, 245, 249)');
    await page.reload();
    await page.getByRole('button', { name: 'Colours: light' }).waitFor();
    assert.equal(await ground(), 'rgb(243, 245, 249)');
  });

  it('everything is done with the keyboard: skip link, page, dialog, and the focus comes back', async () => {
    const page = await open('/', 'supervisor');
    await page.getByRole('link', { name: 'Support' }).waitFor();
    const focus = () =>
      page.evaluate<string>('(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim()');
    await eventually(focus, (now) => now === 'Queues'); // the heading of the page
    for (let i = 0; i < 12 && (await focus()) !== 'Skip to content'; i++) await page.keyboard.press('Shift+Tab');
    assert.equal(await focus(), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate<string>('document.activeElement.id'), 'main');
    await page.getByRole('link', { name: 'Support' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Support', level: 1 }).waitFor();
    await eventually(focus, (now) => now === 'Support');
    const move = page.getByRole('button', { name: /^Move: / }).first();
    await move.focus();
    const before = await focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    assert.equal(await page.evaluate<boolean>('document.querySelector("dialog").contains(document.activeElement)'), true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(focus, (now) => now === before);
  });

  it('a screen reader hears tables with their heads, the state of the connection and results of actions', async () => {
    const page = await open('/#/agents', 'supervisor');
    const table = page.getByRole('table', { name: '16 agents' });
    await table.waitFor();
    assert.equal(await table.getAttribute('aria-rowcount'), '17');
    assert.equal(await table.getByRole('columnheader').count(), 5);
    assert.ok((await page.getByRole('status').count()) >= 2);
    await page
      .getByRole('navigation', { name: 'Pages' })
      .getByRole('link', { name: 'Agents' })
      .and(page.locator('[aria-current=page]'))
      .waitFor();
  });
});
