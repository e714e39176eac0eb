import { TandemError } from '../core/errors.js';
import { integer, text } from './db.js';
import type { Db, Statements } from './db.js';
import { classify } from './failure.js';

/** The idempotency key of one hand-over and one try to take it (AGI-5). */
export interface Claim {
  readonly peerId: string;
  readonly remoteCode: string;
  readonly uniqueId: string;
  /** made for this try; tells our own claim from a twin's */
  readonly owner: string;
  readonly atMs: number;
  /** a result older than this no longer counts */
  readonly deadBeforeMs: number;
}

export interface Inserted {
  readonly leadId: number;
  readonly localCode: string;
}

/** What stands in the row of a key. */
export type Held =
  | { readonly state: 'free' }
  | { readonly state: 'ours' | 'done'; readonly result: Inserted }
  /** claimed, nothing inserted yet (only on tables without transactions) */
  | { readonly state: 'busy' }
  /** too old to count: `owner` is to be replaced */
  | { readonly state: 'dead'; readonly owner: string };

export interface Claims {
  /**
   * Make the key ours, with its result or without one yet. `deadOwner`: by replacing that one.
   * Rejects TDM_STORE_CONFLICT when somebody else has it.
   */
  take(statements: Statements, claim: Claim, deadOwner: string | undefined, result?: Inserted): Promise<void>;
  finish(statements: Statements, claim: Claim, result: Inserted): Promise<void>;
  release(statements: Statements, claim: Claim): Promise<void>;
  held(claim: Claim): Promise<Held>;
}

export const uniqueIdMax = 150;
/** A claim whose process died before it inserted anything is free again after this. */
const unfinishedMsMax = 10_000;

/** Rows of tandem_handovers: the unique key (peer, remote code, uniqueid) decides who inserts. */
export function createClaims(db: Db, own: string): Claims {
  const table = `${own}tandem_handovers`;
  const where = 'peer_id = ? AND remote_code = ? AND uniqueid = ?';
  const insertSql = `INSERT INTO ${table} (owner, created_ms, lead_id, local_code, peer_id, remote_code, uniqueid) VALUES (?, ?, ?, ?, ?, ?, ?)`;
  const replaceSql = `UPDATE ${table} SET owner = ?, created_ms = ?, lead_id = ?, local_code = ? WHERE ${where} AND owner = ?`;
  const finishSql = `UPDATE ${table} SET lead_id = ?, local_code = ? WHERE ${where} AND owner = ?`;
  const releaseSql = `DELETE FROM ${table} WHERE ${where} AND owner = ?`;
  const readSql = `SELECT owner, created_ms, lead_id, local_code FROM ${table} WHERE ${where}`;
  const key = ({ peerId, remoteCode, uniqueId }: Claim): string[] => [peerId, remoteCode, uniqueId];

  return {
    async take(statements, claim, deadOwner, result) {
      const values = [claim.owner, claim.atMs, result?.leadId ?? null, result?.localCode ?? null, ...key(claim)];
      if (deadOwner !== undefined) {
        const { rows } = await statements.run(replaceSql, [...values, deadOwner]);
        if (rows !== 1) throw taken();
        return;
      }
      await statements.run(insertSql, values).catch((e: unknown) => {
        throw classify(e).verdict === 'duplicate' ? taken(e) : e;
      });
    },
    async finish(statements, claim, { leadId, localCode }) {
      await statements.run(finishSql, [leadId, localCode, ...key(claim), claim.owner]);
    },
    async release(statements, claim) {
      await statements.run(releaseSql, [...key(claim), claim.owner]);
    },
    async held(claim) {
      const [row] = await db.all(readSql, key(claim));
      if (!row) return { state: 'free' };
      const leadId = integer(row['lead_id']);
      const owner = text(row['owner']);
      const createdMs = Number(row['created_ms']);
      if (leadId !== undefined && createdMs >= claim.deadBeforeMs)
        return { state: owner === claim.owner ? 'ours' : 'done', result: { leadId, localCode: text(row['local_code']) } };
      if (leadId === undefined && createdMs >= claim.atMs - unfinishedMsMax && owner !== claim.owner) return { state: 'busy' };
      return { state: 'dead', owner };
    },
  };
}

const taken = (cause?: unknown): TandemError => new TandemError('TDM_STORE_CONFLICT', ['this hand-over'], { cause });
