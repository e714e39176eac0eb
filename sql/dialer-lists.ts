/** Rows of dialer_lists, and batches of their contacts (B7). */
import type { ContactList, ContactLists, ListState } from '../core/dialer-ports.js';
import { TandemError } from '../core/errors.js';
import { integer, text } from './db.js';
import type { Row, Statements } from './db.js';
import type { AuditChain } from './dialer-audit.js';
import type { Control } from './dialer-control.js';
import type { LoadRows } from './dialer-load.js';
import { causedBy } from './failure.js';
import { again, cut, cutOrNull, within } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';

const columns = [
  ...['id', 'campaign_id', 'name', 'state', 'file_hash', 'file_offset', 'rows_read', 'stored', 'duplicates', 'invalid', 'blocked'],
  ...['no_time_zone', 'started_ms', 'ended_ms', 'problem'],
].join(', ');
const pageMax = 1_000;
/** SQLite has one connection: whoever claims waits until the batch before it is stored. On a server batches lock their own rows only. */
const batchRows = { sqlite: { least: 500, most: 5_000 }, mysql: { least: 2_000, most: 2_000 } } as const;
const withKnownIdsMax = 1_000;
/** SQLite keeps 2 MB of pages by itself; ids and numbers of a list come in no order, so its load touches the whole of their indexes. */
const cacheKb = 32_768;

export function createContactLists(base: DialerBase, control: Control, audit: AuditChain, loadRows: LoadRows): ContactLists {
  const { db } = base;
  const table = base.table('lists');
  const byId = `SELECT ${columns} FROM ${table} WHERE id = ?`;
  const progressSql = `UPDATE ${table} SET file_offset = ?, rows_read = ?, invalid = ?, blocked = ?, no_time_zone = ?,
    stored = stored + ?, duplicates = duplicates + ? WHERE id = ?`;

  async function find(statements: Pick<Statements, 'all'>, id: number, lock = ''): Promise<ContactList | undefined> {
    const [row] = await statements.all(byId + lock, [id]);
    return row && listOf(row);
  }

  /** Lists with ids that were stored before: theirs are looked up, which costs others a fifth of their speed. */
  const withKnownIds = new Set<number>();
  const loadBatch = (...[listId, rows, rule, progress, nowMs, isFresh]: [...Parameters<ContactLists['load']>, boolean]) =>
    db.transaction(async (tx) => {
      const list = await find(tx, listId, base.forUpdate);
      if (!list) throw new TandemError('TDM_NOT_FOUND', ['List', String(listId)]);
      // The answer to the COMMIT of this batch was lost: it is stored.
      if (rows.length > 0 && progress.rowsRead <= list.rowsRead) return loadRows.again(tx, rows);
      const results = await loadRows.store(tx, list, rows, rule, nowMs, isFresh);
      const duplicates = results.filter((one) => one === 'duplicate').length;
      const { offset, rowsRead, invalid, blocked, noTimeZone } = progress;
      await tx.run(progressSql, [offset, rowsRead, invalid, blocked, noTimeZone, results.length - duplicates, duplicates, listId]);
      return results;
    }, again);

  return {
    batchRows: batchRows[db.dialect],
    async create({ campaign, name, fileHash, startedAtMs }) {
      const sql = `INSERT INTO ${table} (campaign_id, name, state, file_hash, started_ms) VALUES (?, ?, 'loading', ?, ?)`;
      if (db.dialect === 'sqlite') await db.all(`PRAGMA cache_size = -${String(cacheKb)}`);
      const { insertId } = await db.run(sql, [campaign, cut(name, 150), fileHash, startedAtMs]);
      const list = await find(db, insertId);
      if (!list) throw new TandemError('TDM_NOT_FOUND', ['List', String(insertId)]);
      return list;
    },
    async unfinished(campaign, fileHash) {
      if (fileHash === '') return undefined;
      const sql = `SELECT ${columns} FROM ${table} WHERE campaign_id = ? AND state = 'loading' AND file_hash = ? ORDER BY id DESC LIMIT 1`;
      const [row] = await db.all(sql, [campaign, fileHash]);
      return row && listOf(row);
    },
    async load(listId, rows, rule, progress, nowMs) {
      const isFresh = !withKnownIds.has(listId);
      try {
        return await loadBatch(listId, rows, rule, progress, nowMs, isFresh);
      } catch (e) {
        if (!isFresh || !causedBy(e, 'duplicate')) throw e;
        if (withKnownIds.size >= withKnownIdsMax) withKnownIds.clear();
        withKnownIds.add(listId);
        return loadBatch(listId, rows, rule, progress, nowMs, false);
      }
    },
    async finish(listId, state, problem, nowMs) {
      const sql = `UPDATE ${table} SET state = ?, problem = ?, ended_ms = ? WHERE id = ?`;
      await db.run(sql, [state, cutOrNull(problem, 500), nowMs, listId], again);
    },
    async list({ campaign, after, limit }) {
      const only = campaign === undefined ? [] : [campaign];
      const sql = `SELECT ${columns} FROM ${table} WHERE id > ?${campaign === undefined ? '' : ' AND campaign_id = ?'}
        ORDER BY id LIMIT ${String(within(limit, pageMax))}`;
      return (await db.all(sql, [after, ...only])).map(listOf);
    },
    find: (listId) => find(db, listId),
    setState: (listId, state, entry) =>
      db.transaction(async (tx) => {
        const { rows } = await tx.run(`UPDATE ${table} SET state = ? WHERE id = ? AND state IN ('loading', 'active', 'inactive')`, [
          state,
          listId,
        ]);
        if (rows === 0) return false;
        await audit.append(tx, [entry]);
        return true;
      }, again),
    async unload(listId, entry) {
      const list = await find(db, listId);
      if (!list) return 0;
      // Not dialled any more from here on; then slice by slice.
      await db.transaction(async (tx) => {
        await tx.run(`UPDATE ${table} SET state = 'unloaded' WHERE id = ?`, [listId]);
        await audit.append(tx, [entry]);
      }, again);
      return control.removeOfList(list.campaign, listId);
    },
  };
}

const listOf = (row: Row): ContactList => ({
  id: Number(row['id']),
  campaign: text(row['campaign_id']),
  name: text(row['name']),
  state: text(row['state']) as ListState,
  fileHash: text(row['file_hash']),
  offset: Number(row['file_offset']),
  rowsRead: Number(row['rows_read']),
  stored: Number(row['stored']),
  duplicates: Number(row['duplicates']),
  invalid: Number(row['invalid']),
  blocked: Number(row['blocked']),
  noTimeZone: Number(row['no_time_zone']),
  startedAtMs: Number(row['started_ms']),
  endedAtMs: integer(row['ended_ms']),
  problem: text(row['problem']) || undefined,
});
