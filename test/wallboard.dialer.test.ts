/** The dialer's pages in a real browser: campaigns live, start and stop, the compliance report on paper, preview on the agent's page. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { startMs } from './support/dialer-api.js';
import { pagesLive, pagesOffer, startDialerPages, storeCall, type DialerPages } from './support/dialer-pages.js';
import { eventually } from './support/eventually.js';
import { pageProblems } from './support/page-checks.js';
import { logIn, startWallboard } from './support/wallboard.js';
import { startBrowser, type TestBrowser } from './testbed/chromium.js';

/** a password that is asked for, a list that this process does not load, and what a test refuses are no faults */
const isExpected = (problem: string): boolean => /401|403|404|409|Failed to load/.test(problem);
/** those that docs/wallboard.md shows */
const images = join(import.meta.dirname, '..', 'docs', 'images');
const sized = (width: number, height: number) => ({ viewport: { width, height } });

describe('wallboard: the dialer in a browser', function () {
  this.timeout(90_000);
  let browser: TestBrowser | undefined;
  let site: DialerPages;
  let open: Awaited<ReturnType<TestBrowser['open']>> | undefined;
  let page: Page;

  before(async function () {
    browser = await startBrowser(this);
  });
  after(() => browser?.close());
  beforeEach(async () => {
    site = await startDialerPages();
  });
  afterEach(async () => {
    const problems = (open?.problems ?? []).filter((problem) => !isExpected(problem));
    await open?.close();
    open = undefined;
    await site.close();
    assert.deepEqual(problems, []);
  });

  async function comeIn(user: string, path: string, options: BrowserContextOptions = {}): Promise<void> {
    open = await (browser ?? assert.fail()).open(options);
    ({ page } = open);
    await page.clock.install({ time: startMs });
    await logIn(page, `${site.root}${path}`, user);
  }
  const line = (id: string) => page.locator(`tr[data-campaign="${id}"]`);
  const yes = () => page.getByRole('button', { name: 'Yes, do it' }).click();
  const stateOf = async (id: string) => (await site.store.campaign(id))?.state;

  it('B44: campaigns with what they do now; a share near the cap is told in words; it changes by itself', async () => {
    await comeIn('reader', '/#/campaigns');
    const spring = line('spring');
    await spring.getByText('12 / 1 / 7').waitFor();
    await spring.getByText('2.51 % of 3.00 %').waitFor();
    await spring.getByText('Near the cap').waitFor();
    assert.match(await spring.innerText(), /Spring offers[\s\S]*Progressive[\s\S]*Draft[\s\S]*3 \/ 13[\s\S]*1940[\s\S]*40 \/ 20/);
    assert.equal(await spring.locator('[data-level]').getAttribute('data-level'), 'near');
    assert.equal(await page.getByRole('button', { name: /Start|Stop/ }).count(), 0); // who may only look
    site.lives.set('spring', pagesLive('spring', { ringing: 30, window: { connected: 90, abandoned: 3, share: 0.0323, cap: 0.03 } }));
    await spring.getByText('30 / 1 / 7').waitFor();
    await spring.getByText('At the cap').waitFor();
  });

  it('a campaign is started, paused, drained and stopped from the list; only the pause is not asked for first', async () => {
    await comeIn('operator', '/#/campaigns');
    await page.getByRole('button', { name: 'Start: Spring offers' }).click();
    await page.getByRole('dialog').getByText('Its contacts are called from now on').waitFor();
    assert.equal(await stateOf('spring'), 'draft');
    await yes();
    await line('spring').getByText('Running').waitFor();
    assert.equal(await stateOf('spring'), 'running');
    await page.getByRole('button', { name: 'Pause: Spring offers' }).click();
    await line('spring').getByText('Paused').waitFor();
    await page.getByRole('button', { name: 'Drain: Spring offers' }).click();
    await yes();
    await line('spring').getByText('Draining').waitFor();
    await page.getByRole('button', { name: 'Stop: Spring offers' }).click();
    await yes();
    await line('spring').getByText('Stopped').waitFor();
    assert.equal(await stateOf('spring'), 'stopped');
  });

  it('B12: why a campaign may not be started is told in the dialog', async () => {
    site.start.problems = [{ field: 'safe_harbour.audio', message: 'the switch has no such file' }];
    await comeIn('operator', '/#/campaigns');
    await page.getByRole('button', { name: 'Start: Spring offers' }).click();
    await yes();
    await page.getByRole('dialog').getByText('the switch has no such file').waitFor();
    assert.equal(await stateOf('spring'), 'draft');
  });

  it('B23: the page of a campaign lives: calls, agents, share, gateways, contacts, and the day as a table', async () => {
    await comeIn('reader', '/#/campaign/spring');
    await page.getByRole('heading', { name: 'Spring offers' }).waitFor();
    const figure = (what: string) => page.locator(`[data-figure="${what}"]`).innerText();
    await eventually(
      () => figure('ringing'),
      (text) => text === '12',
    );
    assert.deepEqual([await page.locator('[data-agents="ready"]').innerText(), await figure('talking')], ['Free\n3', '7']);
    assert.match(await page.locator('[data-gateway="trunk2"]').innerText(), /Closed after failures/);
    assert.match(await page.locator('[data-count="pending"]').innerText(), /To be called\s+20\s+100.00 %/);
    await page.getByText('The same as a table').click();
    const rows = await page.locator('[aria-labelledby="day"] details tbody tr').allInnerTexts();
    const placed = rows.reduce((sum, row) => sum + Number(row.split('\t')[1]), 0);
    assert.equal(placed, 200);
    site.lives.set('spring', pagesLive('spring', { ringing: 25, agents: { ready: 0, reserved: 0, talk: 14, wrap: 0, paused: 0 } }));
    await site.turn(1_000);
    await eventually(
      () => figure('ringing'),
      (text) => text === '25',
    );
    await page.locator('[data-agents="ready"]').getByText('0').waitFor();
  });

  it('B31: why the pace is what it is stands in words, with contacts that are held back by gate', async () => {
    await comeIn('reader', '/#/campaign/spring');
    await page.getByText('the pacer waits, so that nobody answers without an agent').waitFor();
    await page.getByText('more than the 2.0 % that are accepted').waitFor();
    const gates = await page.locator('[data-gate]').allInnerTexts();
    assert.deepEqual(
      gates.map((text) => text.replace(/\s+/g, ' ')),
      [
        'Outside the calling hours where they live, or nobody knows where 120',
        'Their next attempt is later 31',
        'On a list of numbers that must not be called, or such a list is too old 2',
      ],
    );
    await page.getByText('347 contacts may be called now; 500 of 9200 were looked at').waitFor();
  });

  it('weight and gateways are changed by who may; a purge says how many contacts go, and takes them', async () => {
    await comeIn('chief', '/#/campaign/spring');
    await page.getByRole('spinbutton', { name: 'Weight' }).fill('2.5');
    await page.getByRole('button', { name: 'Set weight' }).click();
    await page.locator('[data-weight]').getByText('2.5').waitFor();
    assert.equal((await site.store.campaign('spring'))?.weight, 2.5);
    await page.getByRole('button', { name: 'Pause: trunk1' }).click();
    await eventually(
      () => Promise.resolve(site.says.settings.gatewaysPaused),
      (paused) => paused?.join() === 'fs1 trunk1',
    );
    await page.getByRole('button', { name: 'Start: Spring offers' }).click();
    await yes();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await site.turn(1_000);
    await page.getByRole('button', { name: 'Pause: Spring offers' }).click();
    await page.getByRole('status').getByText('Done.').waitFor();
    await site.turn(1_000);
    await page.getByRole('button', { name: 'Purge: Spring offers' }).click();
    await page.getByText('20 contacts are still to be called.').waitFor();
    await yes();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal((await site.store.contacts({ campaign: 'spring', after: 0, limit: 50 })).length, 0);
  });

  it('B12: the compliance report: verdict, conditions with evidence, the calls behind it, files; on paper without the page around it', async () => {
    await comeIn('reader', '/#/compliance/spring');
    await page.locator('[data-verdict="not-met"]').waitFor();
    const conditions = await page.locator('[data-condition]').allInnerTexts();
    assert.match(conditions[0] ?? '', /Abandoned calls[\s\S]*Met[\s\S]*at most 3.00 %/);
    assert.match(conditions[1] ?? '', /Ring time/);
    assert.match(conditions[2] ?? '', /Message[\s\S]*3 abandoned calls/);
    assert.equal(await page.locator('[data-call]').count(), 3);
    const late = await page.locator('[data-call="day107"]').innerText();
    assert.match(late, /\*\*\*[\s\S]*1\.9 s[\s\S]*6\.0 s[\s\S]*Yes/);
    assert.doesNotMatch(await page.content(), /12345678/);
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Report as CSV' }).click();
    assert.match(await readFile(await (await coming).path(), 'utf8'), /^section,from_utc/);

    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    for (const name of ['Campaigns', 'Print', 'Today']) assert.equal(await page.getByText(name, { exact: true }).isVisible(), false, name);
    assert.equal(await page.locator('[data-verdict]').isVisible(), true);
    assert.equal(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)');
    assert.ok((await page.pdf()).length > 10_000);
  });

  it('B12: another period is another report; dates the wrong way round are refused', async () => {
    await comeIn('reader', '/#/compliance/spring');
    await page.locator('[data-verdict]').waitFor();
    await page.getByRole('button', { name: 'Yesterday' }).click();
    await page.getByText('No call was abandoned in this period.').waitFor();
    await page.locator('[data-verdict="met"]').waitFor();
    await page.getByLabel('From').fill('2026-11-24');
    await page.getByLabel('To and with').fill('2026-11-23');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('The end must not be before the begin.').waitFor();
  });

  describe('on the agent`s page', () => {
    async function offered(untilMs: number | undefined): Promise<void> {
      site.desk.login('anna');
      await site.post('/dialer/campaigns/renewals/start');
      const contact = (await site.store.contact('a1')) ?? assert.fail();
      await comeIn('anna', '/agent');
      const offer = { ...pagesOffer(contact, untilMs), data: { ...contact.data, note: '<b>not bold</b>' } };
      site.fake.control.previewNext = () => Promise.resolve((site.says.offer = offer));
      await page.getByRole('button', { name: 'Show me a contact' }).click();
      await page.locator('.preview .who-calls').getByText('Ada King').waitFor();
    }

    it('B42: a contact is shown with its data and the time that runs down; skipped with a reason, rejected only with one', async () => {
      await offered(startMs + 60_000);
      await page.getByText('<b>not bold</b>').waitFor();
      await page.getByRole('timer').waitFor();
      const first = await page.getByRole('timer').innerText();
      await eventually(
        () => page.getByRole('timer').innerText(),
        (now) => now !== first,
      );
      await page.getByRole('button', { name: 'Reject' }).click();
      await yes();
      assert.ok(!site.asked.some((word) => word.startsWith('reject')));
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Skip' }).click();
      await page.getByLabel('Reason').fill('at lunch');
      site.says.offer = undefined;
      await yes();
      await page.getByRole('button', { name: 'Show me a contact' }).waitFor();
      assert.ok(
        site.asked.some((word) => /^skip "anna\S*" "at lunch"$/.test(word)),
        site.asked.join('; '),
      );
    });

    it('B42: an offer whose time is over is told to have gone', async () => {
      await offered(startMs + 5_000);
      site.says.offer = undefined;
      await page.getByText('The contact has gone to somebody else.').waitFor();
      await page.getByRole('button', { name: 'Show me a contact' }).waitFor();
    });

    it('B46, B47: dialled, talked to; after the talk a callback with date and time, which is on the list of the agent', async () => {
      await offered(undefined);
      site.fake.control.previewDial = (agent) => {
        site.says.offer = undefined;
        site.asked.push(`dialled ${agent}`);
        return Promise.resolve({ callId: 'a1' });
      };
      await page.getByRole('button', { name: /^Dial / }).click();
      await page.getByText(/^Calling /).waitFor();
      const member = site.desk.call('sales', { call: { switch: 'west', uniqueId: 'a1', channel: 'PJSIP/x' } as never });
      const offer = site.desk.connect(member);
      const talk = page.locator('[data-talk="a1"]');
      await talk.getByText('Renewals: Ada King').waitFor();
      assert.equal(await talk.getByRole('button', { name: 'sold' }).isDisabled(), true);
      site.desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
      await storeCall(site, site.fence, { callId: 'a1', contactId: 'a1', campaignId: 'renewals', agent: 'anna' });
      await talk.getByRole('button', { name: /wants to be called back/ }).click();
      await page.getByLabel('Call back at').fill('2026-11-24T14:30');
      await yes();
      await page.locator('[data-callback="a1"]').getByText('2026-11-24 14:30').waitFor();
      await talk.waitFor({ state: 'detached' });
      const { disposition, callbackAtMs, callbackAgent } = (await site.store.contact('a1')) ?? assert.fail();
      assert.deepEqual([disposition, callbackAtMs, callbackAgent], ['CALLBACK', Date.UTC(2026, 10, 24, 14, 30), 'anna']);
    });
  });

  it('without a dialer there is no menu item, and the address of a campaign says so', async () => {
    await site.close();
    site = await startDialerPages({ isOff: true });
    await comeIn('operator', '/#/campaigns');
    await page.getByText('This server does not dial.').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Campaigns' }).count(), 0);
  });

  it('B35: the desk of an agent with queues shows what he does for campaigns beside his caller', async () => {
    const work = { atMs: 0, offer: null, talk: null, campaigns: [{ id: 'c1', name: 'Spring' }] };
    const board = await startWallboard(
      { queues: { support: {} }, agents: { anna: { contact: 'PJSIP/1001' } }, tiers: ['support anna'] },
      {},
      [
        (req, res, next) => {
          if (req.path.startsWith('/api/v1/dialer/preview/')) res.json({ ...work, atMs: board.desk.nowMs() });
          else if (req.path === '/api/v1/dialer/callbacks') res.json({ items: [] });
          else next();
        },
      ],
    );
    try {
      await board.own.access.rights.put('anna', { queues: undefined, agent: 'anna' });
      open = await (browser ?? assert.fail()).open();
      ({ page } = open);
      await logIn(page, `${board.url}/agent`, 'anna');
      await page.getByRole('button', { name: 'Show me a contact' }).waitFor();
      await page.getByText('You have promised no callback.').waitFor();
      await page.getByRole('heading', { name: 'Current caller' }).waitFor();
    } finally {
      await board.close();
    }
  });

  const looks = [
    { look: 'light', options: sized(1280, 800) },
    { look: 'dark', options: { ...sized(1280, 800), colorScheme: 'dark' } },
    { look: 'phone', options: { ...sized(360, 740), isMobile: true, hasTouch: true } },
  ] as const;
  const places = [
    { name: 'campaigns', path: '/#/campaigns', user: 'chief', sees: 'Near the cap' },
    { name: 'campaign', path: '/#/campaign/spring', user: 'chief', sees: 'Closed after failures' },
    { name: 'compliance', path: '/#/compliance/spring', user: 'chief', sees: 'Not every condition is met.' },
    { name: 'preview', path: '/agent', user: 'anna', sees: 'ends in June' },
  ] as const;
  for (const { name, path, user, sees } of places)
    for (const { look, options } of looks)
      it(`the page ${name}, ${look}: names, one heading, contrast, no sideways scrolling`, async () => {
        for (const id of ['spring', 'renewals']) await site.post(`/dialer/campaigns/${id}/start`);
        site.says.offer = pagesOffer((await site.store.contact('a1')) ?? assert.fail(), startMs + 60_000);
        await comeIn(user, path, options);
        await page.getByText(sees).first().waitFor({ state: 'attached' });
        await page.waitForTimeout(300); // the chart is drawn
        assert.deepEqual(await pageProblems(page), []);
        // a telephone zooms out of what is too wide
        assert.equal(await page.evaluate<number>('innerWidth'), options.viewport.width);
        if (process.env['SCREENSHOTS'] === '1' && look === 'light')
          await page.screenshot({ path: join(images, `wallboard-${name}.png`), animations: 'disabled' });
      });
});
