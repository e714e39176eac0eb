/** The pages over the real engine without switches, and a hand on what happens there. */
import type { Page } from 'playwright-core';
import { createPages } from '../../sidecar/routes/pages.js';
import { readWebFiles } from '../../sidecar/web-files.js';
import type { DeskConfig } from './engine-desk.js';
import { startQueueApi, type QueueApiOptions } from './queue-api.js';

export async function startWallboard(
  config: DeskConfig,
  queueApi: QueueApiOptions['queueApi'] = {},
  routes: NonNullable<QueueApiOptions['routes']> = [],
  feed?: QueueApiOptions['feed'],
) {
  const api = await startQueueApi(config, { routes: [createPages(readWebFiles()), ...routes], queueApi, ...(feed && { feed }) });
  return { ...api, url: api.base.replace('/api/v1', '') };
}

export async function logIn(page: Page, url: string, user: string, pass = `${user}-pass`): Promise<void> {
  await page.goto(url);
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(pass);
  await page.getByRole('button', { name: 'Log in' }).click();
}
