/** Loading a list in a real browser: the file is sent, its progress seen, refused lines fetched, the list suppressed (B49). */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { createPages } from '../sidecar/routes/pages.js';
import { readWebFiles } from '../sidecar/web-files.js';
import { startDialerApi, type DialerApi } from './support/dialer-api.js';
import { listFolder } from './support/list-site.js';
import { pageProblems } from './support/page-checks.js';
import { logIn } from './support/wallboard.js';
import { startBrowser, type TestBrowser } from './testbed/chromium.js';

const isExpected = (problem: string): boolean => /401|403|404|409|503|Failed to load/.test(problem);

describe('wallboard: lists in a browser', function () {
  this.timeout(90_000);
  let browser: TestBrowser | undefined;
  let api: DialerApi;
  let folder: Awaited<ReturnType<typeof listFolder>>;
  let open: Awaited<ReturnType<TestBrowser['open']>>;
  let page: Page;

  before(async function () {
    browser = await startBrowser(this);
  });
  after(() => browser?.close());
  beforeEach(async () => {
    folder = await listFolder();
    api = await startDialerApi({ listFolder: folder.folder, routes: [createPages(readWebFiles())] });
    await api.campaign('c1', { country: 'DE' });
    open = await (browser ?? assert.fail()).open();
    ({ page } = open);
  });
  afterEach(async () => {
    const problems = open.problems.filter((problem) => !isExpected(problem));
    await open.close();
    await api.close();
    await folder.remove();
    assert.deepEqual(problems, []);
  });

  async function comeIn(user: string): Promise<void> {
    await logIn(page, `${api.root}/#/campaign/c1`, user);
    await page.getByRole('heading', { name: 'Lists of contacts' }).waitFor();
  }

  it('B49: a file is chosen and sent; its line tells what came of it; refused lines are a file', async () => {
    await comeIn('chief');
    const file = join(folder.folder, 'may.csv');
    await writeFile(file, 'id,number,name\n1,030 1234567,Ada\n2,4.9E+11,Excel\n');
    await page.getByLabel('File: CSV').setInputFiles(file);
    await page.getByRole('button', { name: 'Load', exact: true }).click();
    const line = page.locator('tr[data-list="1"]');
    await line.getByText('Dialled', { exact: true }).waitFor();
    assert.deepEqual(await line.locator('td.number').allTextContents(), ['1', '0', '1', '0', '0']);
    const coming = page.waitForEvent('download');
    await line.getByRole('link', { name: 'Refused lines of may.csv' }).click();
    assert.match(await readFile(await (await coming).path(), 'utf8'), /3,number,scientific-notation/);

    await line.getByRole('button', { name: 'Let it wait: may.csv' }).click();
    await line.getByText('Waits', { exact: true }).waitFor();
    await line.getByRole('button', { name: 'Remove: may.csv' }).click();
    await page.getByRole('button', { name: 'Yes, do it' }).click();
    await line.getByText('Removed', { exact: true }).waitFor();
    assert.deepEqual(await api.store.contacts({ campaign: 'c1', after: 0, limit: 10 }), []);
  });

  it('B49: what cannot be loaded is told at the form, and a country that is none before anything is sent', async () => {
    await comeIn('operator');
    const file = join(folder.folder, 'names.csv');
    await writeFile(file, 'name\nAda\n');
    await page.getByLabel('File: CSV').setInputFiles(file);
    await page.getByLabel('Country of its numbers').fill('4x');
    await page.getByRole('button', { name: 'Load', exact: true }).click();
    await page.getByText('The country is two letters').waitFor();
    await page.getByLabel('Country of its numbers').fill('');
    await page.getByRole('button', { name: 'Load', exact: true }).click();
    await page.getByText('no column holds the number').waitFor();
  });

  it('B49: a long name of a file, in one word, makes no page wider than the screen', async () => {
    const { lists } = api.store;
    assert.equal((await api.ask('PATCH', '/dialer/campaigns/c1', { name: 'Kundenrueckgewinnung_Nordwest_2026_Q4_Welle_3' })).status, 200);
    await lists.create({
      campaign: 'c1',
      name: 'export_2026-11-22_kunden_nordwest_ohne_widerspruch_v2.csv.gz',
      fileHash: '',
      startedAtMs: 0,
    });
    await comeIn('operator');
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await page.locator('[data-list]').first().waitFor();
      assert.deepEqual(await pageProblems(page), [], String(width));
    }
  });

  it('a page of campaigns that somebody may not see says so under a heading', async () => {
    await logIn(page, `${api.root}/#/campaign/c1`, 'clerk');
    await page.getByRole('heading', { name: 'This page cannot be shown' }).waitFor();
    assert.deepEqual(await pageProblems(page), []);
  });

  it('B49: who may only look sees the lists, and no form', async () => {
    await comeIn('reader');
    await page.getByText('No list was loaded yet.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Load', exact: true }).count(), 0);
  });
});
