/** Delivers events to all webhooks, on the node that owns the queues and nowhere else (B25). */
import type { EventFeed } from '../feed-ports.js';
import type { WebhookStore } from '../webhook-ports.js';
import { createWebhookRunner, webhookDefaults } from './webhook-runner.js';
import type { WebhookRunner, WebhookRunnerDeps } from './webhook-runner.js';

export interface WebhookDeliveryDeps extends WebhookRunnerDeps {
  readonly store: WebhookStore;
  readonly feed: EventFeed;
  /** this node delivers now */
  readonly isActive: () => boolean;
}

export interface WebhookDelivery {
  start(): void;
  /** Somebody has made, changed or removed one here, or wants dead letters sent; `isMoved`: has set its cursor. */
  changed(id: string, isMoved?: boolean): void;
  /** Never rejects. */
  stop(): Promise<void>;
}

/** How soon a node begins after it has taken the queues over, and sees what another node has changed. */
export const webhookLookEveryMs = 2_000;

export function createWebhookDelivery(deps: WebhookDeliveryDeps, options = webhookDefaults): WebhookDelivery {
  const { store, feed, after, log, meter } = deps;
  const runners = new Map<string, WebhookRunner>();
  let isStopped = false;
  let cancel = (): void => undefined;
  let endFeed = (): void => undefined;
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const stored = deps.isActive() ? await store.list() : [];
    if (isStopped) return;
    const wanted = new Set(stored.map(({ id }) => id));
    for (const [id, runner] of runners) {
      if (wanted.has(id)) continue;
      runners.delete(id);
      void runner.stop();
    }
    for (const webhook of stored) {
      const runner = runners.get(webhook.id);
      if (runner) runner.compare(webhook);
      else runners.set(webhook.id, createWebhookRunner(webhook.id, deps, options));
    }
    await measure(stored.map(({ id }) => id));
  }

  async function measure(ids: readonly string[]): Promise<void> {
    meter.set('tandem_webhook_lag_events', Math.max(0, ...[...runners.values()].map((runner) => runner.lag())));
    let letters = 0;
    for (const id of ids) letters += await store.countDeadLetters(id);
    meter.set('tandem_webhook_dead_letters', letters);
  }

  function lookLater(): void {
    if (!isStopped) cancel = after(webhookLookEveryMs, lookNow);
  }

  function lookNow(): void {
    looking = look()
      .catch((error: unknown) => log.debug({ error }, 'webhooks could not be read'))
      .then(lookLater);
  }

  return {
    start() {
      endFeed = feed.onEvent(() => {
        for (const runner of runners.values()) runner.wake();
      });
      lookNow();
    },
    changed(id, isMoved = false) {
      runners.get(id)?.refresh(isMoved);
      cancel();
      void looking.then(() => {
        cancel();
        if (!isStopped) lookNow();
      });
    },
    async stop() {
      isStopped = true;
      cancel();
      endFeed();
      await Promise.all([...runners.values()].map((runner) => runner.stop()));
      runners.clear();
    },
  };
}
