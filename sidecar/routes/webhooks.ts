/** `/api/v1/webhooks`: receivers of events, their dead letters, and sending again (B25). For administrators. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { TandemError } from '../../core/errors.js';
import type { EventFeed } from '../../core/feed-ports.js';
import { feedTypes } from '../../core/feed-types.js';
import type { Log } from '../../core/ports.js';
import type { WebhookDelivery } from '../../core/services/webhook-delivery.js';
import { deadLettersMax, webhooksMax, type DeadLetter, type Webhook, type WebhookStore } from '../../core/webhook-ports.js';
import { notesOf } from '../recorded.js';
import { isWebhookSecret, newWebhookSecret } from '../standard-webhook.js';
import { webhookUrlMax, type WebhookAddresses } from '../webhook-address.js';
import type { Permit } from './permission.js';
import { bodyOf, parameter, queryOf } from './request.js';

export interface WebhookRouteTools {
  readonly webhooks: WebhookStore;
  readonly delivery: Pick<WebhookDelivery, 'changed'>;
  readonly addresses: WebhookAddresses;
  readonly feed: EventFeed;
  readonly permit: Permit;
  readonly log: Log;
  newId(): string;
  nowMs(): number;
}

const namesMax = 100;
const fields = {
  url: z.string().min(1).max(webhookUrlMax),
  types: z.array(z.enum(feedTypes)).max(namesMax),
  queues: z.array(z.string().min(1).max(150)).max(namesMax),
  secret: z.string().refine(isWebhookSecret, 'must be whsec_ and the base64 of 24 to 64 bytes'),
  disabled: z.boolean(),
};

export const webhookBody = z.strictObject({
  url: fields.url,
  types: fields.types.default([]),
  queues: fields.queues.default([]),
  secret: fields.secret.optional(),
  disabled: fields.disabled.default(false),
});
export const webhookChangeBody = z.strictObject(fields).partial();
export const webhookReplayBody = z.union([
  z.strictObject({ fromSeq: z.int().min(1).max(Number.MAX_SAFE_INTEGER) }),
  z.strictObject({ deadLetters: z.literal(true) }),
]);
const number = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number')
  .transform(Number);
export const deadLetterQuery = z.strictObject({ after: number.default(0), limit: number.pipe(z.int().min(1).max(1_000)).default(100) });

const byHand = 'by an administrator';

export function createWebhookRoutes(tools: WebhookRouteTools): Router {
  const router = Router();
  const admin = (work: (req: Request, res: Response, user: string) => Promise<void>) => async (req: Request, res: Response) => {
    const { user } = await tools.permit(req, 'admin');
    await work(req, res, user);
  };
  router.get(
    '/webhooks',
    admin(async (_req, res) => void res.json({ webhooks: (await tools.webhooks.list()).map(shown) })),
  );
  router.post(
    '/webhooks',
    admin((req, res, user) => make(tools, req, res, user)),
  );
  router.get(
    '/webhooks/:id',
    admin(async (req, res) => {
      const webhook = await found(tools, req);
      const { kept } = await tools.webhooks.countDeadLetters(webhook.id);
      res.json({ ...shown(webhook), deadLetters: kept });
    }),
  );
  router.patch(
    '/webhooks/:id',
    admin((req, res, user) => change(tools, req, res, user)),
  );
  router.delete(
    '/webhooks/:id',
    admin(async (req, res, user) => {
      const webhook = await found(tools, req);
      notesOf(res).before = shown(webhook);
      await tools.webhooks.remove(webhook.id);
      noted(tools, user, 'removed', webhook);
      res.json({ ok: true });
    }),
  );
  router.get(
    '/webhooks/:id/dead-letters',
    admin(async (req, res) => {
      const query = queryOf(req, deadLetterQuery);
      const { id } = await found(tools, req);
      const letters = await tools.webhooks.deadLetters(id, query);
      res.json({ deadLetters: letters.map(shownLetter), kept: deadLettersMax });
    }),
  );
  router.post(
    '/webhooks/:id/replay',
    admin((req, res, user) => replay(tools, req, res, user)),
  );
  return router;
}

async function make(tools: WebhookRouteTools, req: Request, res: Response, user: string): Promise<void> {
  const { secret: given, disabled, ...settings } = bodyOf(req, webhookBody);
  checkUrl(tools, settings.url);
  if ((await tools.webhooks.list()).length >= webhooksMax) throw new TandemError('TDM_BUSY', [`${String(webhooksMax)} webhooks`]);
  const secret = given ?? newWebhookSecret();
  // from now on; what was before can be sent by a replay
  const { last } = await tools.feed.range();
  const progress = { cursor: last, tries: 0, nextAtMs: 0, problem: '' };
  const webhook = { id: tools.newId(), ...settings, secret, disabled: disabled ? byHand : '', createdAtMs: tools.nowMs(), ...progress };
  await tools.webhooks.insert(webhook);
  noted(tools, user, 'made', webhook);
  res.status(201).json({ ...shown(webhook), secret });
}

async function change(tools: WebhookRouteTools, req: Request, res: Response, user: string): Promise<void> {
  const { disabled, ...wanted } = bodyOf(req, webhookChangeBody);
  if (wanted.url !== undefined) checkUrl(tools, wanted.url);
  const webhook = await found(tools, req);
  notesOf(res).before = shown(webhook);
  const why = disabled === undefined ? webhook.disabled : disabled ? webhook.disabled || byHand : '';
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const changed: Webhook = { ...webhook, ...given, disabled: why };
  if (!(await tools.webhooks.change(webhook.id, changed))) throw unknown(webhook.id);
  noted(tools, user, 'changed', changed);
  res.json(shown(changed));
}

async function replay(tools: WebhookRouteTools, req: Request, res: Response, user: string): Promise<void> {
  const wanted = bodyOf(req, webhookReplayBody);
  const webhook = await found(tools, req);
  notesOf(res).before = shown(webhook);
  if ('deadLetters' in wanted) {
    const count = await tools.webhooks.setDue(webhook.id, true);
    noted(tools, user, 'dead letters sent again', webhook);
    res.json({ deadLetters: count });
    return;
  }
  const { first, last } = await tools.feed.range();
  const next = Math.min(Math.max(wanted.fromSeq, first, 1), last + 1);
  const to = { cursor: next - 1, tries: 0, nextAtMs: 0, problem: '' };
  if (!(await moved(tools, webhook.id, to))) throw new TandemError('TDM_CONFLICT', ['the webhook is being delivered to; try again']);
  noted(tools, user, 'set to another event', webhook, true);
  res.json({ fromSeq: next, last });
}

/** The delivery goes on meanwhile, so its cursor may be another one each time. */
async function moved({ webhooks }: WebhookRouteTools, id: string, to: Parameters<WebhookStore['progress']>[2]): Promise<boolean> {
  for (let tries = 0; tries < 10; tries++) {
    const webhook = await webhooks.find(id);
    if (!webhook) throw unknown(id);
    if (await webhooks.progress(id, webhook.cursor, to)) return true;
  }
  return false;
}

function checkUrl({ addresses }: WebhookRouteTools, url: string): void {
  const problem = addresses.problemOf(url);
  if (problem !== undefined) throw new TandemError('TDM_BAD_VALUE', ['url', problem]);
}

async function found({ webhooks }: WebhookRouteTools, req: Request): Promise<Webhook> {
  const id = parameter(req, 'id');
  const webhook = /^[\w-]{1,40}$/.test(id) ? await webhooks.find(id) : undefined;
  if (!webhook) throw unknown(id);
  return webhook;
}

const unknown = (id: string): TandemError => new TandemError('TDM_NOT_FOUND', ['Webhook', id.replace(/\p{C}/gu, '?').slice(0, 100)]);

/** Never with its secret. */
function noted(
  { log, delivery }: WebhookRouteTools,
  user: string,
  what: string,
  { id, url }: Pick<Webhook, 'id' | 'url'>,
  isMoved = false,
): void {
  log.info({ audit: true, user, webhook: id, host: new URL(url).host, what }, 'webhook changed over the API');
  delivery.changed(id, isMoved);
}

const shown = ({ id, url, types, queues, disabled, createdAtMs, cursor, tries, nextAtMs, problem }: Webhook): object => ({
  ...{ id, url, types, queues, disabled: disabled !== '', disabledWhy: disabled, createdAtMs },
  ...{ cursor, tries, nextAtMs, problem },
});

const shownLetter = ({ seq, atMs, tries, problem, body }: DeadLetter): object => ({
  ...{ seq, givenUpAtMs: atMs, tries, problem },
  event: JSON.parse(body) as unknown,
});
