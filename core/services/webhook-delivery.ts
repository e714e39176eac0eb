/** Delivers events to all webhooks, on the node that owns the queues and nowhere else (B25). */
import type { EventFeed } from '../feed-ports.js';
import type { WebhookStore } from '../webhook-ports.js';
import { createWebhookRunner } from './webhook-runner.js';
import type { WebhookRunner, WebhookRunnerDeps } from './webhook-runner.js';
import { webhookDefaults } from './webhook-schedule.js';

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
/** Dead letters are counted in every so many looks: there may be many. */
export const looksPerCount = 5;

export function createWebhookDelivery(deps: WebhookDeliveryDeps, options = webhookDefaults): WebhookDelivery {
  const { store, feed, after, log, meter } = deps;
  const runners = new Map<string, WebhookRunner>();
  let isStopped = false;
  let cancel = (): void => undefined;
  let endFeed = (): void => undefined;
  let isLooking = false;
  /** something has changed since the look under way began */
  let isWanted = false;
  let looks = 0;

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
    meter.set('tandem_webhook_lag_events', Math.max(0, ...[...runners.values()].map((runner) => runner.lag())));
    if (looks++ % looksPerCount === 0) await countLetters(stored.map(({ id }) => id));
  }

  /** Also of those that somebody wants sent once more: he may have said so to another node. */
  async function countLetters(ids: readonly string[]): Promise<void> {
    let sum = 0;
    for (const id of ids) {
      const { kept, due } = await store.countDeadLetters(id);
      if (due > 0) runners.get(id)?.lettersDue();
      sum += kept;
    }
    meter.set('tandem_webhook_dead_letters', sum);
  }

  /** One look at a time, and one that waits for its time. */
  function lookNow(): void {
    cancel();
    isWanted = isLooking;
    if (isLooking) return;
    isLooking = true;
    void look()
      .catch((error: unknown) => log.debug({ error }, 'webhooks could not be read'))
      .then(() => {
        isLooking = false;
        if (isStopped) return;
        if (isWanted) lookNow();
        else cancel = after(webhookLookEveryMs, lookNow);
      });
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
      if (!isStopped) lookNow();
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
