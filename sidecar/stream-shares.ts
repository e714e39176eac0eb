/** Open event streams of each user and key, of every kind: one of them cannot have all there are. */
import type { ServerResponse } from 'node:http';
import { TandemError } from '../core/errors.js';

export interface StreamShares {
  /** Counts a stream until its answer is over. Throws TDM_TOO_MANY beyond the limit. */
  hold(principal: { readonly id?: string; readonly user: string }, res: Pick<ServerResponse, 'destroyed' | 'once'>): void;
  /** of one of them */
  open(id: string): number;
}

/** Nobody is remembered who has no stream, so there are no more entries than streams. */
export function createStreamShares(perUserMax: number): StreamShares {
  const counts = new Map<string, number>();
  return {
    hold({ id, user }, res) {
      if (res.destroyed) return; // the client is gone, and nothing would say so again
      const key = id ?? user;
      const open = counts.get(key) ?? 0;
      if (open >= perUserMax) throw new TandemError('TDM_TOO_MANY', [`${String(perUserMax)} event streams of ${user} at once`]);
      counts.set(key, open + 1);
      res.once('close', () => {
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      });
    },
    open: (id) => counts.get(id) ?? 0,
  };
}
