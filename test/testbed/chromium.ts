/** A headless Chromium for a test suite: one browser, a fresh profile for each page opened. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { cacheDir, requireTestbed } from './cache.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('chromium-up', import.meta.url));
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface OpenPage {
  readonly page: Page;
  /** what the page complained about */
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
}

export interface TestBrowser {
  /** With a profile of its own. */
  open(options?: BrowserContextOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

/** For `before`: skips the suite, or fails it with CI=true, when there is no browser. Builds the pages first. */
export async function startBrowser(context: Mocha.Context): Promise<TestBrowser> {
  await requireTestbed(context, 'chromium');
  await run(process.execPath, [fileURLToPath(new URL('../../sidecar/wallboard/build.js', import.meta.url))], { timeout: 120_000 });
  const { stdout } = await run(script, [cacheDir]);
  const executablePath = /^CHROMIUM=(.+)$/m.exec(stdout)?.[1] ?? '';
  const browser = await chromium.launch({ executablePath, args });
  return { open: (options) => openPage(browser, options), close: () => browser.close() };
}

async function openPage(browser: Browser, options?: BrowserContextOptions): Promise<OpenPage> {
  const profile = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', timezoneId: 'UTC', ...options });
  const page = await profile.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return { page, problems, close: () => profile.close() };
}
