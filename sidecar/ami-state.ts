/** State of a link as readiness, log and metrics see it. */
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { Timers } from './timers.js';

export interface AmiStateView {
  readonly state: 'up' | 'resyncing' | 'down' | 'stopped';
  /** why it is not up, for people; '' when it is */
  readonly reason: string;
  /** when it went up, or ceased to be; Unix ms */
  readonly sinceMs: number;
}

/** Fields of the log line. */
export interface AmiStateDetails {
  readonly version?: string | undefined;
  readonly missing?: readonly string[];
  /** the password was refused: somebody has to do something, so it gets a line of its own */
  readonly isRefusal?: boolean;
}

export interface AmiState {
  get(): AmiStateView;
  /** One log line per change between up, down, refused and stopped, however many attempts fail, and in whatever way. */
  become(state: AmiStateView['state'], reason: string, details?: AmiStateDetails): void;
  readonly watch: (listener: (now: AmiStateView) => void) => () => void;
  readonly waitUp: (timeoutMs: number) => Promise<void>;
}

export function createAmiState(name: string, deps: { readonly log: Log; readonly meter: Meter; readonly timers: Timers }): AmiState {
  const watchers = new Set<(now: AmiStateView) => void>();
  let view: AmiStateView = { state: 'down', reason: 'not started', sinceMs: deps.timers.nowMs() };
  let logged = '';

  function report(details: AmiStateDetails, lastedMs: number): void {
    const kind = details.isRefusal ? 'refused' : view.state;
    const fields = { switch: name, reason: view.reason, lastedMs, ...details };
    // `resyncing` is a step on the way up, not a state that anybody has to hear of.
    if (view.state === 'resyncing' || kind === logged) {
      deps.log.debug(fields, `manager link still ${kind}`);
      return;
    }
    logged = kind;
    if (view.state === 'down') deps.log.warn(fields, 'manager link down');
    else deps.log.info(fields, `manager link ${view.state}`);
  }

  function watch(listener: (now: AmiStateView) => void): () => void {
    watchers.add(listener);
    return () => void watchers.delete(listener);
  }

  return {
    get: () => view,
    become(state, reason, details = {}) {
      const nowMs = deps.timers.nowMs();
      const lastedMs = nowMs - view.sinceMs;
      const isNew = (state === 'up') !== (view.state === 'up') || state === 'stopped';
      view = { state, reason, sinceMs: isNew ? nowMs : view.sinceMs };
      deps.meter.set('tandem_ami_up', state === 'up' ? 1 : 0, { switch: name });
      report(details, lastedMs);
      for (const watcher of [...watchers]) watcher(view);
    },
    watch,
    waitUp(timeoutMs) {
      return new Promise((resolve, reject) => {
        const cancel = deps.timers.after(timeoutMs, () => finish(view));
        const unwatch = watch((now) => {
          if (now.state === 'up' || now.state === 'stopped') finish(now);
        });
        function finish(now: AmiStateView): void {
          cancel();
          unwatch();
          if (now.state === 'up') resolve();
          else reject(new TandemError('TDM_SWITCH_DOWN', [name, now.reason]));
        }
        if (view.state === 'up' || view.state === 'stopped') finish(view);
      });
    },
  };
}
