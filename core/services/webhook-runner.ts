/**
 * Delivers events to one webhook: in order, at least once, one request at a time (B25). An event that fails is tried
 * again by `retryMs`, each pause a little shorter or longer by chance; after the last try it goes to the dead letters.
 * From then on each event has one try, one every `failingPauseMs`, until one succeeds.
 */
import type { EventFeed, FeedEvent } from '../feed-ports.js';
import { createWish, wireText } from '../feed-filter.js';
import { withoutHoles } from '../feed-holes.js';
import type { Log, Meter } from '../ports.js';
import type { Webhook, WebhookOutcome, WebhookPost, WebhookProgress, WebhookStore } from '../webhook-ports.js';
import type { After } from './deadline.js';
import { nextTryMs, type WebhookOptions } from './webhook-schedule.js';

export interface WebhookRunnerDeps {
  readonly store: WebhookStore;
  readonly feed: Pick<EventFeed, 'read' | 'last'>;
  readonly post: WebhookPost;
  /** 0 to 1 */
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export interface WebhookRunner {
  /** There may be new events. */
  wake(): void;
  /** Somebody has changed it, or wants its dead letters sent; `isMoved`: has set its cursor, which counts then. */
  refresh(isMoved: boolean): void;
  /** As stored now; another process may have changed it. */
  compare(stored: Webhook): void;
  /** Dead letters are to be sent once more. */
  lettersDue(): void;
  /** events that it has not got yet */
  lag(): number;
  /** What was delivered is noted; a request under way is left to itself. Never rejects. */
  stop(): Promise<void>;
}

export function createWebhookRunner(id: string, deps: WebhookRunnerDeps, options: WebhookOptions): WebhookRunner {
  const runner = new Runner(id, deps, options);
  void runner.run();
  return runner;
}

type Failed = Extract<WebhookOutcome, { kind: 'failed' }>;

export const eventMessageId = (seq: number): string => `evt_${String(seq)}`;

class Runner implements WebhookRunner {
  readonly #id: string;
  readonly #deps: WebhookRunnerDeps;
  readonly #options: WebhookOptions;
  #hook: Webhook | undefined;
  #accepts: (event: FeedEvent) => boolean = () => false;
  /** cursor as the database has it */
  #saved = 0;
  #savedAtMs = 0;
  #isStale = true;
  /** somebody may have set the cursor back or forth */
  #isDoubtful = false;
  /** dead letters may wait to be sent once more */
  #hasLetters = true;
  #isStopped = false;
  /** ends the pause that is being made */
  #goOn: (() => void) | undefined;
  /** the pause waits for events too */
  #isIdle = false;

  constructor(id: string, deps: WebhookRunnerDeps, options: WebhookOptions) {
    this.#id = id;
    this.#deps = deps;
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#round();
      } catch (error) {
        this.#deps.log.debug({ error, webhook: this.#id }, 'the state of a webhook could not be read or stored');
        this.#isStale = true;
        await this.#pause(this.#options.storePauseMs);
      }
    }
  }

  wake(): void {
    if (this.#isIdle) this.#goOn?.();
  }

  refresh(isMoved: boolean): void {
    this.#isStale = true;
    if (isMoved) this.#hook = undefined;
    this.#hasLetters = true;
    this.#goOn?.();
  }

  compare(stored: Webhook): void {
    if (!this.#hook || settingsText(stored) !== settingsText(this.#hook)) this.refresh(false);
    else if (stored.cursor !== this.#saved) {
      this.#isDoubtful = true; // or this list is older than our last save, which will tell
      this.#goOn?.();
    }
  }

  lettersDue(): void {
    this.#hasLetters = true;
    this.wake();
  }

  lag(): number {
    return this.#hook && this.#hook.disabled === '' ? Math.max(0, this.#deps.feed.last() - this.#hook.cursor) : 0;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#goOn?.();
    await this.#save().catch(() => undefined); // it is delivered twice then
  }

  #isInterrupted(): boolean {
    return this.#isStopped || this.#isStale;
  }

  async #round(): Promise<void> {
    const hook = await this.#current();
    if (!hook || hook.disabled !== '') return this.#pause(this.#options.idleMsMax);
    if (this.#isDoubtful) return this.#save(true);
    const waitMs = hook.nextAtMs - this.#deps.nowMs();
    if (waitMs > 0) return this.#pause(waitMs);
    if (this.#hasLetters) await this.#sendLetters(hook);
    if (this.#isInterrupted()) return;
    const page = await this.#deps.feed.read(hook.cursor, this.#options.pageMax);
    if (page.length > 0) await this.#deliver(withoutHoles(page, hook.cursor));
    else await this.#rest();
  }

  /** Undefined when it has been removed. What was delivered is noted before it is read again. */
  async #current(): Promise<Webhook | undefined> {
    if (!this.#isStale) return this.#hook;
    await this.#save();
    this.#isStale = false;
    this.#isDoubtful = false;
    this.#hook = await this.#deps.store.find(this.#id);
    if (!this.#hook) return undefined;
    const { types, queues, cursor } = this.#hook;
    this.#saved = cursor;
    this.#savedAtMs = this.#deps.nowMs();
    this.#accepts = createWish({
      types: types.length > 0 ? new Set(types) : undefined,
      queues: queues.length > 0 ? queues : undefined,
    });
    return this.#hook;
  }

  async #deliver(events: readonly FeedEvent[]): Promise<void> {
    for (const event of events) {
      const hook = this.#hook;
      if (!hook || this.#isInterrupted()) return;
      if (!this.#accepts(event)) this.#hook = { ...hook, cursor: event.seq };
      else if (!(await this.#send(hook, event))) return;
      if (this.#deps.nowMs() - this.#savedAtMs >= this.#options.saveEveryMs) await this.#save();
    }
  }

  /** True when the next one may follow. */
  async #send(hook: Webhook, event: FeedEvent): Promise<boolean> {
    const outcome = await this.#post(hook, event.seq, wireText(event));
    if (outcome.kind === 'ok') {
      const isBack = hook.tries > 0;
      this.#hook = { ...hook, cursor: event.seq, tries: 0, nextAtMs: 0, problem: '' };
      if (isBack) await this.#save(true);
      return true;
    }
    if (outcome.kind === 'gone') await this.#disable(hook);
    else await this.#failed(hook, event, outcome);
    return false;
  }

  #post(hook: Webhook, seq: number, body: string): ReturnType<WebhookPost> {
    return this.#deps.post(hook, { id: eventMessageId(seq), body }).then((outcome) => {
      this.#deps.meter.count('tandem_webhook_deliveries_total', { outcome: outcome.kind });
      return outcome;
    });
  }

  async #failed(hook: Webhook, event: FeedEvent, { problem, afterMs = 0 }: Failed): Promise<void> {
    const { retryMs, failingPauseMs } = this.#options;
    const tries = hook.tries + 1;
    if (tries <= retryMs.length) {
      this.#hook = { ...hook, tries, problem, nextAtMs: this.#later(retryMs[tries - 1] ?? failingPauseMs, afterMs) };
      await this.#save(true);
      return;
    }
    const to = { cursor: event.seq, tries: retryMs.length, problem, nextAtMs: this.#later(failingPauseMs, afterMs) };
    const letter = { seq: event.seq, atMs: this.#deps.nowMs(), tries, problem, body: wireText(event) };
    this.#deps.log.warn(
      { webhook: hook.id, seq: event.seq, tries, problem },
      'an event could not be delivered and goes to the dead letters',
    );
    this.#deps.meter.count('tandem_webhook_deliveries_total', { outcome: 'dead' });
    this.#noted(hook, to, await this.#deps.store.bury(hook.id, this.#saved, to, letter));
  }

  #later(ms: number, afterMs: number): number {
    return nextTryMs({ ms, afterMs, nowMs: this.#deps.nowMs(), chance: this.#deps.random() }, this.#options);
  }

  /** Not when it has another address by now: that one has not been asked. */
  async #disable(hook: Webhook): Promise<void> {
    const { store, log } = this.#deps;
    const stored = await store.find(hook.id);
    if (stored && settingsText(stored) === settingsText(hook)) {
      log.warn({ webhook: hook.id }, 'the receiver of a webhook says that it is gone: it is disabled');
      await store.change(hook.id, { ...hook, disabled: 'the receiver answered 410' });
    }
    this.refresh(false);
  }

  /** One try for each; the first that fails ends it. */
  async #sendLetters(hook: Webhook): Promise<void> {
    for (let after = 0; ;) {
      const letters = await this.#deps.store.deadLetters(hook.id, { after, limit: this.#options.pageMax, dueOnly: true });
      if (letters.length === 0) break;
      for (const { seq, body } of letters) {
        if (this.#isInterrupted()) return;
        const outcome = await this.#post(hook, seq, body);
        if (outcome.kind !== 'ok') {
          await this.#deps.store.setDue(hook.id, false);
          this.#hasLetters = false;
          return;
        }
        await this.#deps.store.removeDeadLetter(hook.id, seq);
        after = seq;
      }
    }
    this.#hasLetters = false;
  }

  /** Where it stands, when that has changed; `always`: also when only the tries have. */
  async #save(always = false): Promise<void> {
    const hook = this.#hook;
    if (!hook || (!always && hook.cursor === this.#saved)) return;
    const { cursor, tries, nextAtMs, problem } = hook;
    this.#noted(hook, hook, await this.#deps.store.progress(hook.id, this.#saved, { cursor, tries, nextAtMs, problem }));
  }

  #noted(hook: Webhook, to: WebhookProgress, isOurs: boolean): void {
    this.#isDoubtful = false;
    if (!isOurs) {
      this.#hook = undefined; // somebody has set it back or forth: what is stored counts
      this.#isStale = true;
      return;
    }
    const { cursor, tries, nextAtMs, problem } = to;
    this.#hook = { ...hook, cursor, tries, nextAtMs, problem };
    this.#saved = cursor;
    this.#savedAtMs = this.#deps.nowMs();
  }

  /** Nothing to deliver: note it when it is time, else wait for an event. */
  async #rest(): Promise<void> {
    const isNoted = this.#hook === undefined || this.#hook.cursor === this.#saved;
    const dueMs = this.#savedAtMs + this.#options.saveEveryMs - this.#deps.nowMs();
    if (!isNoted && dueMs <= 0) return this.#save();
    this.#isIdle = true;
    await this.#pause(isNoted ? this.#options.idleMsMax : dueMs);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#goOn = undefined;
        this.#isIdle = false;
        resolve();
      };
      const cancel = this.#deps.after(ms, end);
      this.#goOn = end;
      if (this.#isStopped) end();
    });
  }
}

const settingsText = ({ url, types, queues, secret, disabled }: Webhook): string => JSON.stringify([url, types, queues, secret, disabled]);
