/** State of a link to a switch as readiness and log see it. */
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { Timers } from './timers.js';

export interface LinkStateView {
  readonly state: 'up' | 'resyncing' | 'down' | 'stopped';
  /** why it is not up, for people; '' when it is */
  readonly reason: string;
  /** when it went up, or ceased to be; Unix ms */
  readonly sinceMs: number;
}

/** How one kind of link speaks of itself. */
export interface LinkManner {
  /** in the log: `<title> down` */
  readonly title: string;
  /** another reason for the same outage is a line of its own */
  readonly tellsEachReason: boolean;
}

/** Fields of the log line. */
export interface LinkStateDetails {
  readonly version?: string | undefined;
  readonly missing?: readonly string[];
  /** the password was refused: somebody has to do something, so it gets a line of its own */
  readonly isRefusal?: boolean;
}

export interface LinkState {
  get(): LinkStateView;
  /** One log line per change between up, down, refused and stopped, however many attempts fail. */
  become(state: LinkStateView['state'], reason: string, details?: LinkStateDetails): void;
  /** Hear each change. The result ends it. */
  readonly watch: (listener: (now: LinkStateView) => void) => () => void;
  /** Resolves when up; rejects TDM_SWITCH_DOWN with the last reason after `timeoutMs` or when stopped. */
  readonly waitUp: (timeoutMs: number) => Promise<void>;
}

export interface LinkStateDeps {
  readonly log: Log;
  readonly timers: Timers;
}

/** Hear only whether it is up, when that changes. The result ends it. */
export function onUpChange(
  link: { status(): LinkStateView; onState(listener: (now: LinkStateView) => void): () => void },
  listener: (isUp: boolean) => void,
): () => void {
  let was = link.status().state === 'up';
  return link.onState(({ state }) => {
    const is = state === 'up';
    if (is !== was) listener((was = is));
  });
}

/** `name`: of the switch */
export function createLinkState(name: string, manner: LinkManner, deps: LinkStateDeps): LinkState {
  const { title, tellsEachReason } = manner;
  const watchers = new Set<(now: LinkStateView) => void>();
  let view: LinkStateView = { state: 'down', reason: 'not started', sinceMs: deps.timers.nowMs() };
  let logged = '';

  function report(details: LinkStateDetails, lastedMs: number): void {
    const kind = details.isRefusal ? 'refused' : view.state;
    const news = tellsEachReason && view.state === 'down' ? `${kind}: ${view.reason}` : kind;
    const fields = { switch: name, reason: view.reason, lastedMs, ...details };
    // `resyncing` is a step on the way up, not a state that anybody has to hear of.
    if (view.state === 'resyncing' || news === logged) {
      deps.log.debug(fields, `${title} still ${kind}`);
      return;
    }
    logged = news;
    if (view.state === 'down') deps.log.warn(fields, `${title} down`);
    else deps.log.info(fields, `${title} ${view.state}`);
  }

  function watch(listener: (now: LinkStateView) => void): () => void {
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
        function finish(now: LinkStateView): void {
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
