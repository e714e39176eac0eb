/** Signals: SIGHUP reloads; the first SIGTERM or SIGINT stops in order, the second at once (H25). */
import type { Log } from '../core/ports.js';

export interface SignalActions {
  readonly log: Log;
  readonly graceMs: number;
  stop(graceMs: number): Promise<void>;
  reload(): Promise<unknown>;
  /** what a stop at once leaves behind, for the log; must not wait for anything */
  left(): object;
}

/** Resolves when the process has been stopped in order. */
export function holdSignals(
  actions: SignalActions,
  target: NodeJS.EventEmitter = process,
  exit: (code: number) => void = (code) => process.exit(code),
): Promise<void> {
  const { log } = actions;
  return new Promise((resolve, reject) => {
    let stopping = false;
    const onStop = (signal: string) => {
      if (stopping) {
        log.warn({ signal, ...actions.left() }, 'second signal: leaving at once, these calls are left to their dialplans');
        exit(1);
        return;
      }
      stopping = true;
      log.info({ signal }, 'stop requested');
      actions.stop(actions.graceMs).then(() => {
        target.off('SIGHUP', onReload).off('SIGTERM', onTerm).off('SIGINT', onInt);
        resolve();
      }, reject);
    };
    const onReload = () => void actions.reload();
    const onTerm = () => onStop('SIGTERM');
    const onInt = () => onStop('SIGINT');
    target.on('SIGHUP', onReload).on('SIGTERM', onTerm).on('SIGINT', onInt);
  });
}
