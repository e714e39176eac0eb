/** Pages of tandem_segments by the moment of their end: one kind at a time, so that an index serves each. */
import { segmentQueuesMax, type SegmentPages } from '../core/segment-ports.js';
import { marks } from './db.js';
import type { Db, Value } from './db.js';
import { segmentColumns, segmentOf } from './segments.js';

export function createSegmentPages(db: Db, { own }: { readonly own: string }): SegmentPages {
  return {
    async page({ kind, queues, agent, member, fromMs, toMs, after, limit }) {
      if (queues?.length === 0) return [];
      const named = queues?.slice(0, segmentQueuesMax);
      const parts: (readonly [string, readonly Value[]])[] = [['kind = ? AND ended_ms >= ? AND ended_ms < ?', [kind, fromMs, toMs]]];
      if (named) parts.push([`queue IN (${marks(named.length)})`, named]);
      if (agent !== undefined) parts.push(['agent = ?', [agent]]);
      if (member !== undefined) parts.push(['member = ?', [member]]);
      if (after) parts.push(['(ended_ms < ? OR (ended_ms = ? AND segment_key < ?))', [after.endedAtMs, after.endedAtMs, after.key]]);
      const sql = `SELECT ${segmentColumns} FROM ${own}tandem_segments WHERE ${parts.map(([text]) => text).join(' AND ')}
        ORDER BY ended_ms DESC, segment_key DESC LIMIT ${String(Math.max(1, Math.floor(limit)))}`;
      return (
        await db.all(
          sql,
          parts.flatMap(([, values]) => values),
        )
      ).map(segmentOf);
    },
  };
}
