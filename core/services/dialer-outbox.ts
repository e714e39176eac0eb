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
  /** messages that are looked at for one that waits for no earlier one */
  lookMax: 10_000,
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

/** `<callId>:<kind>:<n>` */
const callOf = (key: string): string => key.slice(0, key.lastIndexOf(':', key.lastIndexOf(':') - 1));

class Outbox implements DialerOutbox {
  readonly #deps: DialerOutboxDeps;
  readonly #options: typeof dialerOutboxDefaults;
  #counts = { waiting: 0, dead: 0 };
  /** calls whose oldest message has failed, and until when the later ones wait */
  readonly #blocked = new Map<string, number>();
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

  /** How many were sent; of each call one at a time, so that its messages arrive in order. */
  async #page(): Promise<number> {
    const due = await this.#due();
    const calls = new Map<string, Due[]>();
    for (const message of due) calls.set(callOf(message.key), [...(calls.get(callOf(message.key)) ?? []), message]);
    const queues = [...calls.values()];
    const worker = async (): Promise<void> => {
      for (let queue = queues.shift(); queue && !this.#isStopped; queue = queues.shift()) await this.#oneCall(queue);
    };
    const workers = await Promise.allSettled(Array.from({ length: Math.min(this.#options.atOnceMax, queues.length) }, worker));
    for (const result of workers) if (result.status === 'rejected') throw result.reason;
    return due.length;
  }

  /** Without those that wait for an earlier message of their call; looks further when there are many of these. */
  async #due(): Promise<readonly Due[]> {
    const { store, nowMs } = this.#deps;
    const atMs = nowMs();
    for (const [call, untilMs] of this.#blocked) if (untilMs <= atMs) this.#blocked.delete(call);
    for (let limit = this.#options.pageMax; ; limit *= 10) {
      const due = await store.outboxDue(atMs, limit);
      const free = due.filter(({ key }) => !this.#blocked.has(callOf(key)));
      if (free.length > 0 || due.length < limit || limit >= this.#options.lookMax) return free;
    }
  }

  async #oneCall(messages: readonly Due[]): Promise<void> {
    for (const message of messages) if (this.#isStopped || !(await this.#send(message))) return;
  }

  /** False: those behind it wait for it. */
  async #send({ id, key, kind, body, tries, createdAtMs }: Due): Promise<boolean> {
    const { store, connector, nowMs, log, meter } = this.#deps;
    const { ok, status } = await connector.post(kind, key, body);
    const { retryMs, ageMsMax } = this.#options;
    const nextAtMs = nowMs() + (retryMs[Math.min(tries, retryMs.length - 1)] ?? ageMsMax);
    const isOver = !ok && nextAtMs - createdAtMs > ageMsMax;
    meter.count('tandem_dialer_outbox_deliveries_total', { kind, outcome: ok ? 'ok' : isOver ? 'dead' : 'failed' });
    if (ok) {
      await store.outboxDone(id);
      return true;
    }
    const problem = status === undefined ? 'no answer' : `status ${String(status)}`;
    await store.outboxFailed(id, problem, isOver ? undefined : nextAtMs);
    if (isOver) log.error({ key, kind, problem }, 'a message to the voice connector could not be delivered for a day and is given up');
    else this.#blocked.set(callOf(key), nextAtMs);
    return isOver;
  }

  async #count(): Promise<void> {
    this.#counts = await this.#deps.store.outboxCount();
    this.#deps.meter.set('tandem_dialer_outbox_messages', this.#counts.waiting, { state: 'waiting' });
    this.#deps.meter.set('tandem_dialer_outbox_messages', this.#counts.dead, { state: 'dead' });
  }
}
