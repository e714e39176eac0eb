/**
 * Delivers messages to the voice connector (dialer.md A11): in order for each call, several calls at once, with the pauses
 * of A11 between the tries, for a day at most. What is delivered twice has the same Idempotency-Key.
 */
import type { DialerStore, VoiceConnector } from '../dialer-ports.js';
import type { Log, Meter } from '../ports.js';
import type { After } from './deadline.js';

const [second, minute, hour] = [1_000, 60_000, 3_600_000];

export const dialerOutboxDefaults = {
  /** pauses after the first tries; the last one again and again */
  retryMs: [second, 5 * second, 30 * second, 5 * minute] as readonly number[],
  /** then it is given up */
  ageMsMax: 24 * hour,
  pageMax: 100,
  /** requests at once */
  atOnceMax: 10,
  /** looked after so often when nobody says that there is something */
  everyMs: second,
  /** after an error of the database */
  storePauseMs: 2 * second,
};

export interface DialerOutboxDeps {
  readonly store: Pick<DialerStore, 'outboxDue' | 'outboxDone' | 'outboxFailed' | 'outboxCount'>;
  readonly connector: VoiceConnector;
  readonly nowMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export interface DialerOutbox {
  /** There may be something. */
  wake(): void;
  /** as last counted */
  counts(): { readonly waiting: number; readonly dead: number };
  /** Requests under way are left to themselves. Resolves when none is. */
  stop(): Promise<void>;
}

type Due = Awaited<ReturnType<DialerStore['outboxDue']>>[number];

export function createDialerOutbox(deps: DialerOutboxDeps, options = dialerOutboxDefaults): DialerOutbox {
  const outbox = new Outbox(deps, options);
  outbox.wake();
  return outbox;
}

class Outbox implements DialerOutbox {
  readonly #deps: DialerOutboxDeps;
  readonly #options: typeof dialerOutboxDefaults;
  #counts = { waiting: 0, dead: 0 };
  #isStopped = false;
  #isAwake = false;
  #running: Promise<void> | undefined;
  #cancel: () => void = () => undefined;

  constructor(deps: DialerOutboxDeps, options: typeof dialerOutboxDefaults) {
    this.#deps = deps;
    this.#options = options;
  }

  wake(): void {
    this.#isAwake = true;
    if (this.#isStopped || this.#running) return;
    this.#cancel();
    this.#running = this.#run();
  }

  counts(): { readonly waiting: number; readonly dead: number } {
    return this.#counts;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    let pauseMs = this.#options.everyMs;
    try {
      while (this.#isAwake && !this.#isStopped) {
        this.#isAwake = false;
        if ((await this.#page()) > 0) this.#isAwake = true;
      }
      await this.#count();
    } catch (error) {
      this.#deps.log.debug({ error }, 'the outbox of the dialer cannot be read or written now');
      pauseMs = this.#options.storePauseMs;
    }
    this.#running = undefined;
    if (!this.#isStopped) this.#cancel = this.#deps.after(pauseMs, () => this.wake());
  }

  /** How many were tried. Of each call one at a time is due, so its messages arrive in order. */
  async #page(): Promise<number> {
    const due = await this.#deps.store.outboxDue(this.#deps.nowMs(), this.#options.pageMax);
    const waiting = [...due];
    const worker = async (): Promise<void> => {
      for (let message = waiting.shift(); message && !this.#isStopped; message = waiting.shift()) await this.#send(message);
    };
    const workers = await Promise.allSettled(Array.from({ length: Math.min(this.#options.atOnceMax, due.length) }, worker));
    for (const result of workers) if (result.status === 'rejected') throw result.reason;
    return due.length;
  }

  async #send({ id, key, kind, body, tries, createdAtMs }: Due): Promise<void> {
    const { store, connector, nowMs, log, meter } = this.#deps;
    const { ok, status } = await connector.post(kind, key, body);
    const { retryMs, ageMsMax } = this.#options;
    const nextAtMs = nowMs() + (retryMs[Math.min(tries, retryMs.length - 1)] ?? ageMsMax);
    const isOver = !ok && nextAtMs - createdAtMs > ageMsMax;
    meter.count('tandem_dialer_outbox_deliveries_total', { kind, outcome: ok ? 'ok' : isOver ? 'dead' : 'failed' });
    if (ok) {
      await store.outboxDone(id);
      return;
    }
    const problem = status === undefined ? 'no answer' : `status ${String(status)}`;
    await store.outboxFailed(id, problem, isOver ? undefined : nextAtMs);
    if (isOver) log.error({ key, kind, problem }, 'a message to the voice connector could not be delivered for a day and is given up');
  }

  async #count(): Promise<void> {
    this.#counts = await this.#deps.store.outboxCount();
    this.#deps.meter.set('tandem_dialer_outbox_messages', this.#counts.waiting, { state: 'waiting' });
    this.#deps.meter.set('tandem_dialer_outbox_messages', this.#counts.dead, { state: 'dead' });
  }
}
