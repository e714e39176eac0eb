/** The pages of a real process: a real event on the screen within a second, and the way back after the server was killed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTandem, type TandemProcess } from './support/tandem-process.js';
import { logIn } from './support/wallboard.js';
import { startBrowser, type TestBrowser } from './testbed/chromium.js';

const provisioning = {
  users: [
    { user: 'boss', pass: 'boss-password', user_level: 9, functions: ['tandem_admin'] },
    { user: 'viewer', pass: 'viewer-password', functions: ['tandem_queue_view'] },
  ],
  agents: [{ id: 'anna', name: 'Anna Bell', contact: 'PJSIP/1001' }],
  queues: [{ id: 'support', tiers: [{ agent: 'anna' }] }],
};

describe('wallboard of a running process', function () {
  this.timeout(90_000);
  let browser: TestBrowser | undefined;
  let tandem: TandemProcess | undefined;
  let dir: string | undefined;

  before(async function () {
    browser = await startBrowser(this);
    dir = mkdtempSync(join(tmpdir(), 'tandem-wallboard-'));
    tandem = await start(0);
  });
  after(async () => {
    await tandem?.kill9();
    await browser?.close();
    if (dir) rmSync(dir, { recursive: true });
  });

  const start = (http: number) => startTandem({ dir: dir ?? assert.fail(), ports: { http, agi: 0, esl: 0 }, provisioning });
  const url = () => `http://127.0.0.1:${String(tandem?.ports.http)}`;
  const ask = async (method: string, path: string, body: object) => {
    const answer = await fetch(`${url()}/api/v1${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from('boss:boss-password').toString('base64')}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.text());
  };

  it('B23: an event of the engine is on the screen within a second; after kill -9 the page comes back by itself, logged in', async () => {
    const { page, close } = await (browser ?? assert.fail()).open();
    await logIn(page, url(), 'viewer', 'viewer-password');
    const line = page.locator('tr[data-queue="support"]');
    await line.waitFor();
    const atMs = Date.now();
    await ask('POST', '/chats', { queue: 'support', from: 'sip:eve@example.com' });
    await line.locator('.waiting.some').waitFor({ timeout: 3_000 });
    const tookMs = Date.now() - atMs;
    assert.ok(tookMs < 1_000, `seen after ${String(tookMs)} ms`);

    const running = tandem ?? assert.fail();
    const port = running.ports.http;
    await running.kill9();
    await page.getByText('Connection lost.').waitFor();
    tandem = await start(port);
    await page.getByText('Connected again.').waitFor({ timeout: 30_000 });
    await ask('PUT', '/agents/anna/status', { status: 'On Break' });
    await page.getByText('On break 1').first().waitFor({ timeout: 3_000 });
    await close();
  });
});
