/**
 * A lead that came from another cluster becomes ours, once (AGI-5 to AGI-8): the idempotency row, the lead
 * and its vicidial_ccc_log row, all or nothing.
 */
import { randomUUID } from 'node:crypto';
import { hasCode, TandemError } from '../core/errors.js';
import type { HandoverRecord, Handovers } from '../core/ports.js';
import type { Columns } from './columns.js';
import { text } from './db.js';
import type { Db } from './db.js';
import { causedBy } from './failure.js';
import { createClaims, uniqueIdMax } from './handover-claims.js';
import type { Claim, Inserted } from './handover-claims.js';
import { createHandoverRows } from './handover-rows.js';
import type { PreparedHandover } from './handover-rows.js';
import type { LocalClock } from './local-clock.js';
import { sleep } from './retry.js';

export interface HandoversOptions {
  readonly own: string;
  readonly clock: LocalClock;
  readonly columns: Columns;
  readonly nowMs: () => number;
}

/** How long to try to get the key, or the result of the one that has it. */
const keyMsMax = 3_000;
const twinPauseMs = 25;
const ownCodeSql = 'SELECT lead_id FROM vicidial_ccc_log WHERE local_call_id = ? LIMIT 1';
const originSql = 'SELECT container_id, remote_lead_id FROM vicidial_ccc_log WHERE lead_id = ? ORDER BY call_date DESC LIMIT 1';

/** By the unique key of our table and the primary key of the lead. */
const findSql = (own: string): string => `
  SELECT h.lead_id, h.local_code, l.phone_number
    FROM ${own}tandem_handovers h
    LEFT JOIN vicidial_list l ON l.lead_id = h.lead_id
   WHERE h.peer_id = ? AND h.remote_code = ? AND h.uniqueid = ? AND h.created_ms >= ? AND h.lead_id IS NOT NULL`;

export function createHandovers(db: Db, options: HandoversOptions): Handovers {
  const foundSql = findSql(options.own);
  const claims = createClaims(db, options.own);
  const rows = createHandoverRows(db, options);

  /** One transaction. A twin waits at the unique key until we have committed, then finds our result. */
  function insertAtOnce(claim: Claim, prepared: PreparedHandover, deadOwner: string | undefined): Promise<Inserted> {
    return db.transaction(
      async (tx) => {
        const inserted = await rows.insert(tx, prepared);
        await claims.take(tx, claim, deadOwner, inserted);
        return inserted;
      },
      { repeatable: true }, // the key makes a second run find the first
    );
  }

  /** Tables without transactions (MyISAM): the key first, and what a failure would leave is taken back by hand. */
  async function insertStepwise(claim: Claim, prepared: PreparedHandover, deadOwner: string | undefined): Promise<Inserted> {
    await db.transaction((tx) => claims.take(tx, claim, deadOwner), { repeatable: true });
    return db.session(async (statements) => {
      try {
        const inserted = await rows.insertOrUndo(statements, prepared);
        await claims.finish(statements, claim, inserted);
        return inserted;
      } catch (e) {
        await release(claim);
        throw e;
      }
    });
  }

  /** So that the next try need not wait; when the database is away the claim ages out instead. */
  async function release(claim: Claim): Promise<void> {
    await db.transaction((tx) => claims.release(tx, claim), { repeatable: true, retryMsMax: 0 }).catch(() => undefined);
  }

  async function insertOnce(claim: Claim, prepared: PreparedHandover): ReturnType<Handovers['insert']> {
    const insert = prepared.transactional ? insertAtOnce : insertStepwise;
    const giveUpAtMs = options.nowMs() + keyMsMax;
    let deadOwner: string | undefined;
    for (;;) {
      try {
        return { ...(await insert(claim, prepared, deadOwner)), repeated: false, cut: prepared.cut };
      } catch (e) {
        if (!hasCode(e, 'TDM_STORE_CONFLICT')) throw e;
      }
      const held = await claims.held(claim);
      if (held.state === 'done') return { ...held.result, repeated: true, cut: [] };
      // Our own commit had succeeded, only its answer was lost.
      if (held.state === 'ours') return { ...held.result, repeated: false, cut: prepared.cut };
      deadOwner = held.state === 'dead' ? held.owner : undefined;
      if (options.nowMs() >= giveUpAtMs) throw new TandemError('TDM_STORE_DOWN', ['another process has had this hand-over for too long']);
      if (held.state === 'busy') await sleep(twinPauseMs);
    }
  }

  return {
    async insert(record, codeFor, windowMs) {
      return insertOnce(claimOf(record, windowMs), await rows.prepare(record, codeFor));
    },
    async find({ peerId, remoteCode, uniqueId }, notBeforeMs) {
      const [row] = await db.all(foundSql, [peerId, remoteCode, uniqueId.slice(0, uniqueIdMax), notBeforeMs]).catch((e: unknown) => {
        if (causedBy(e, 'unlike')) return []; // characters that the column's charset does not have
        throw e;
      });
      return row && { leadId: Number(row['lead_id']), localCode: text(row['local_code']), phoneNumber: text(row['phone_number']) };
    },
    async isOwnCode(code) {
      return (await db.all(ownCodeSql, [code])).length > 0;
    },
    async originOf(localLeadId) {
      const [row] = await db.all(originSql, [localLeadId]);
      return row && { containerId: text(row['container_id']), remoteLeadId: Number(row['remote_lead_id'] ?? 0) };
    },
  };
}

function claimOf(record: HandoverRecord, windowMs: number): Claim {
  return {
    peerId: record.peerId,
    remoteCode: record.remoteCode,
    uniqueId: record.uniqueId.slice(0, uniqueIdMax),
    owner: randomUUID(),
    atMs: record.atMs,
    deadBeforeMs: record.atMs - windowMs,
  };
}
