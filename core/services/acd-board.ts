/** News and decision records of the queue engine, for whoever listens or looks: the same board whoever owns the queues. */
import type { Notice } from '../acd/notices.js';
import type { Decision } from '../acd/records.js';
import { TandemError } from '../errors.js';
import type { Log } from '../ports.js';

export type NoticeListener = (notice: Notice, atMs: number) => void;

export interface AcdBoard {
  tell(notice: Notice, atMs: number): void;
  /** Throws TDM_BUSY beyond the limit. The result ends it. */
  onNotice(listener: NoticeListener): () => void;
  /** Keeps the newest `max`. */
  record(decision: Decision, max: number): void;
  /** newest first */
  decisions(): readonly Decision[];
}

export const listenersMax = 200;

export function createAcdBoard({ log }: { readonly log: Log }): AcdBoard {
  const listeners = new Set<NoticeListener>();
  let kept: Decision[] = [];
  let keptMax = 0;
  return {
    tell(notice, atMs) {
      for (const listener of listeners) {
        try {
          listener(notice, atMs);
        } catch (error) {
          log.error({ error, notice: notice.type }, 'a listener to news of the queue engine failed');
        }
      }
    },
    onNotice(listener) {
      if (listeners.size >= listenersMax) throw new TandemError('TDM_BUSY', [`${String(listenersMax)} listeners to the queue engine`]);
      const own: NoticeListener = (notice, atMs) => listener(notice, atMs); // the same function may listen twice
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    record(decision, max) {
      keptMax = max;
      kept.push(decision);
      if (kept.length >= 2 * max) kept = kept.slice(-max); // now and then, not each time
    },
    decisions: () => (keptMax > 0 ? kept.slice(-keptMax).reverse() : []),
  };
}
