/** State of an event-socket link as readiness, log and metrics see it. */
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { Timers } from './timers.js';

export interface EslStateView {
  readonly state: 'up' | 'resyncing' | 'down' | 'stopped';
  /** why it is not up, for people; '' when it is */
  readonly reason: string;
  /** when it went up, or ceased to be; Unix ms */
  readonly sinceMs: number;
}

export class EslState {
  readonly #name: string;
  readonly #deps: { readonly log: Log; readonly meter: Meter; readonly timers: Timers };
  readonly #watchers = new Set<(now: EslStateView) => void>();
  #view: EslStateView;
  #logged = '';

  constructor(name: string, deps: { readonly log: Log; readonly meter: Meter; readonly timers: Timers }) {
    this.#name = name;
    this.#deps = deps;
    this.#view = { state: 'down', reason: 'not started', sinceMs: deps.timers.nowMs() };
  }

  get view(): EslStateView {
    return this.#view;
  }

  /** One log line per real change, however many attempts fail: a refused login is a change of its own. */
  become(state: EslStateView['state'], reason: string): void {
    const wasUp = this.#view.state === 'up';
    const isNew = (state === 'up') !== wasUp || state === 'stopped';
    this.#view = { state, reason, sinceMs: isNew ? this.#deps.timers.nowMs() : this.#view.sinceMs };
    this.#deps.meter.set('tandem_esl_up', state === 'up' ? 1 : 0, { switch: this.#name });
    this.#report();
    for (const watcher of [...this.#watchers]) watcher(this.#view);
  }

  /** Hear each change. The result ends it. */
  watch(listener: (now: EslStateView) => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  /** Resolves when up; rejects TDM_SWITCH_DOWN with the last reason after `timeoutMs` or when stopped. */
  waitUp(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        cancel();
        unwatch();
        if (this.#view.state === 'up') resolve();
        else reject(new TandemError('TDM_SWITCH_DOWN', [this.#name, this.#view.reason]));
      };
      const settled = () => this.#view.state === 'up' || this.#view.state === 'stopped';
      const cancel = this.#deps.timers.after(timeoutMs, finish);
      const unwatch = this.watch(() => {
        if (settled()) finish();
      });
      if (settled()) finish();
    });
  }

  #report(): void {
    const { state, reason } = this.#view;
    const line = state === 'down' ? `down: ${reason}` : state;
    // `resyncing` is a step on the way up, not a state that anybody has to hear of.
    if (state === 'resyncing' || line === this.#logged) return;
    this.#logged = line;
    if (state === 'down') this.#deps.log.warn({ switch: this.#name, reason }, 'event socket link down');
    else this.#deps.log.info({ switch: this.#name }, `event socket link ${state}`);
  }
}
