/** The switch ends a waiting caller's music when it has not heard from us for a while (`sched_api`): then his dialplan goes on. */
import type { CallLine } from './line.js';

export interface DeadMan {
  start(): void;
  /** The order is taken back. */
  stop(): void;
}

/** Of the caller's id; the dialplan's own guard, which is named by the id alone, is not touched. */
export const deadManGroup = (uniqueId: string): string => `tandem-wait-${uniqueId}`;

export function createDeadMan(
  line: CallLine,
  uniqueId: string,
  { aliveEveryMs, aliveSMax }: { readonly aliveEveryMs: number; readonly aliveSMax: number },
): DeadMan {
  const group = deadManGroup(uniqueId);
  let cancel = (): void => undefined;
  // A failure is the connection's end, which everybody hears of.
  const ask = (command: string): void => void line.api(command).catch(() => undefined);

  /** The new order first would be deleted with the old one: both leave in one write, so that no gap is between them. */
  function renew(): void {
    ask(`sched_del ${group}`);
    ask(`sched_api +${aliveSMax} ${group} uuid_break ${uniqueId} all`);
    cancel = line.clock.after(aliveEveryMs, renew);
  }

  return {
    start: renew,
    stop() {
      cancel();
      ask(`sched_del ${group}`);
    },
  };
}
