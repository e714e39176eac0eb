/**
 * What the queue engine remembers: one row of JSON for each thing, segments beside them, one transaction for each save.
 * The first statement of a save checks the fence and holds the lease's row until the end, so that a slow save of a
 * former owner, or of ourselves, never lands after a later one.
 */
import type { AcdBatch, FencedAcdStore, StoredAcd } from '../core/acd-ports.js';
import { lastTalksMax } from '../core/acd-ports.js';
import type { Agent, Member, Offer, QueueRuntime, SystemState } from '../core/acd/state.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { marks, text } from './db.js';
import type { Db, Statements, Value } from './db.js';
import { createEventWriter } from './events.js';
import { fitText } from './fit.js';
import { batchSizes, rowStatements } from './row-batches.js';
import { insertSegments, lastTalksOf, segmentColumns, segmentOf, segmentMarks, segmentValues } from './segments.js';

export interface AcdStoreOptions {
  readonly own: string;
  readonly log: Log;
  /** name of the lease under which is written; default: that of the whole engine */
  readonly lease?: string;
}

/** The lease of the queues. */
export const acdLease = 'acd';

/** Short: the spool takes over when the database is away. */
const saveRetryMsMax = 500;
const loadPageRows = 1_000;
const segmentsMax = 10_000;
const idCharsMax = 150;

const kinds = ['member', 'agent', 'offer', 'queue', 'system'] as const;
type Kind = (typeof kinds)[number];
interface Things {
  readonly member: Member;
  readonly agent: Agent;
  readonly offer: Offer;
  readonly queue: QueueRuntime;
  readonly system: SystemState;
}
const systemRow = 'system';

export function createAcdStore(db: Db, { own, log, lease = acdLease }: AcdStoreOptions): FencedAcdStore {
  const table = `${own}tandem_acd`;
  const leases = `${own}tandem_leases`;
  const events = createEventWriter(db, own);
  const segmentsTable = `${own}tandem_segments`;
  const fenceSql = `UPDATE ${leases} SET saved_fence = fence WHERE name = ? AND fence = ?`;
  const savedSql = `SELECT saved_fence FROM ${leases} WHERE name = ?`;
  const replaceSql = rowStatements(`REPLACE INTO ${table} (kind, id, queue, agent, state, doc)`, () => '(?, ?, ?, ?, ?, ?)');
  const insertSql = rowStatements(insertSegments(db.dialect, segmentsTable), () => segmentMarks);
  const pageSql = `SELECT id, doc FROM ${table} WHERE kind = ? AND id > ? ORDER BY id LIMIT ${String(loadPageRows)}`;
  const lastTalksSql = `SELECT number, agent, ended_ms FROM ${segmentsTable}
    WHERE kind = 'visit' AND outcome = 'answered' AND agent IS NOT NULL AND number <> '' ORDER BY ended_ms DESC LIMIT ${String(lastTalksMax)}`;

  async function inChunks(tx: Statements, rows: readonly Value[][], sqlOf: (size: number) => string): Promise<void> {
    let from = 0;
    for (const size of batchSizes(rows.length)) {
      await tx.run(sqlOf(size), rows.slice(from, from + size).flat());
      from += size;
    }
  }

  async function remove(tx: Statements, kind: Kind, ids: readonly string[]): Promise<void> {
    let from = 0;
    for (const size of batchSizes(ids.length)) {
      await tx.run(`DELETE FROM ${table} WHERE kind = ? AND id IN (${marks(size)})`, [kind, ...ids.slice(from, from + size)]);
      from += size;
    }
  }

  async function all<K extends Kind>(kind: K): Promise<Things[K][]> {
    const found: Things[K][] = [];
    for (let after = ''; ;) {
      const page = await db.all(pageSql, [kind, after]);
      for (const row of page) {
        const thing = parsed(text(row['doc'])) as Things[K] | undefined;
        if (thing) found.push(thing);
        else log.error({ kind, id: text(row['id']) }, 'a stored row of the queue engine cannot be read and is left out');
      }
      if (page.length < loadPageRows) return found;
      after = text(page.at(-1)?.['id']);
    }
  }

  /** An id that no column can hold must not take the rest of the batch with it. */
  function isStorable(kind: string, id: string): boolean {
    if (id.length <= idCharsMax) return true;
    log.error({ kind, id: id.slice(0, idCharsMax) }, 'an id of the queue engine is too long to be stored');
    return false;
  }

  return {
    async load(): Promise<StoredAcd> {
      const [members, agents, offers, queues] = [await all('member'), await all('agent'), await all('offer'), await all('queue')];
      const [system] = await all('system');
      const lastTalks = lastTalksOf(await db.all(lastTalksSql));
      return { members, agents, offers, queues, system, lastTalks, lastSeq: await events.last() };
    },
    async save(batch, fence) {
      const { rows, gone } = rowsOf(batch, isStorable);
      const segments = batch.segments.filter(({ kind, key }) => isStorable(kind, key)).map(segmentValues);
      await db.transaction(
        async (tx) => {
          const { rows: held } = await tx.run(fenceSql, [lease, fence]);
          if (held !== 1) throw new TandemError('TDM_STANDBY', [`lease "${lease}" has another owner since fence ${String(fence)}`]);
          await inChunks(tx, rows, replaceSql);
          for (const kind of kinds) await remove(tx, kind, gone[kind]);
          await inChunks(tx, segments, insertSql);
          await events.insert(tx, batch.events, fence);
        },
        { repeatable: true, retryMsMax: saveRetryMsMax },
      );
      events.committed(batch.events, fence);
    },
    async savedFence() {
      const [row] = await db.all(savedSql, [lease]);
      return Number(row?.['saved_fence'] ?? 0);
    },
    async segments({ kind, queue, agent, fromMs, limit }) {
      const wanted = Object.entries({ kind, queue, agent }).filter((one): one is [string, string] => one[1] !== undefined);
      const where = [...wanted.map(([column]) => `${column} = ?`), 'ended_ms >= ?'].join(' AND ');
      const sql = `SELECT ${segmentColumns} FROM ${segmentsTable} WHERE ${where} ORDER BY ended_ms DESC, segment_key DESC LIMIT ${String(within(limit))}`;
      return (await db.all(sql, [...wanted.map(([, value]) => value), fromMs])).map(segmentOf);
    },
  };
}

/** The rows to write, with the columns by which people find them, and the keys of those that are gone. */
function rowsOf(batch: AcdBatch, isStorable: (kind: string, id: string) => boolean) {
  const rows: Value[][] = [];
  const gone: Record<Kind, string[]> = { member: [], agent: [], offer: [], queue: [], system: [] };
  const put = <K extends Kind>(
    kind: K,
    things: ReadonlyMap<string, Things[K] | undefined>,
    found: (thing: Things[K]) => readonly string[],
  ) => {
    for (const [id, thing] of things) {
      if (!isStorable(kind, id)) continue;
      if (thing === undefined) gone[kind].push(id);
      else {
        const [state = '', queue, agent] = found(thing);
        rows.push([kind, id, shown(queue), shown(agent), state, JSON.stringify(thing)]);
      }
    }
  };
  put('member', batch.members, (member) => [member.phase.kind, member.queue]);
  put('offer', batch.offers, (offer) => [offer.phase.kind, offer.queue, offer.agent]);
  put('agent', batch.agents, (agent) => [agent.status, '', agent.id]);
  put('queue', batch.queues, (queue) => [queue.isDraining ? 'draining' : 'active', queue.id]);
  if (batch.system) put('system', new Map([[systemRow, batch.system]]), () => [systemRow]);
  return { rows, gone };
}

const shown = (name: string | undefined): Value => (name ? fitText(name, { charsMax: idCharsMax, charset: 'utf8mb4' }).value : null);

function parsed(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // the caller says which row
  }
}

const within = (limit: number): number => Math.min(Math.max(1, Math.floor(limit)), segmentsMax);
