import { randomUUID } from 'node:crypto';
import { leadFields } from '../core/leads/lead.js';
import type { CallProofs } from '../core/ports.js';
import { fitTo } from './columns.js';
import type { Columns } from './columns.js';
import { text } from './db.js';
import type { Db } from './db.js';
import { causedBy } from './failure.js';
import { leadText } from './lead-row.js';
import type { LocalClock } from './local-clock.js';

export interface ProofsOptions {
  readonly own: string;
  readonly clock: LocalClock;
  readonly columns: Columns;
}

const proofTables = { extended: 'vicidial_log_extended', dial: 'vicidial_dial_log' } as const;
const leadColumns = leadFields.map((field) => `l.\`${field}\``).join(', ');

/** Proof and lead in one statement; the newest row of a code counts (vicidial-ccc 3.3). */
const findSql = (table: string): string => `
  SELECT p.lead_id AS proof_lead_id, p.call_date AS proof_call_date, l.lead_id AS found_lead_id, ${leadColumns}
    FROM ${table} p
    LEFT JOIN vicidial_list l ON l.lead_id = p.lead_id
   WHERE p.caller_code = ? AND p.call_date > ?
   ORDER BY p.call_date DESC, p.uniqueid DESC
   LIMIT 1`;

const extendedColumns = ['uniqueid', 'server_ip', 'call_date', 'lead_id', 'caller_code'];
const dialColumns = ['caller_code', 'lead_id', 'server_ip', 'call_date', 'extension', 'channel', 'context', 'uniqueid'];
const insertSql = (table: string, columns: readonly string[]): string =>
  `INSERT INTO ${table} (${columns.map((name) => `\`${name}\``).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;

/** A later leg with the same uniqueid replaces the code (vicidial-ccc 2.3). */
const upsertTail = {
  mysql: ` ON DUPLICATE KEY UPDATE server_ip = VALUES(server_ip), call_date = VALUES(call_date), lead_id = VALUES(lead_id), caller_code = VALUES(caller_code)`,
  sqlite: ` ON CONFLICT (uniqueid) DO UPDATE SET server_ip = excluded.server_ip, call_date = excluded.call_date, lead_id = excluded.lead_id, caller_code = excluded.caller_code`,
} as const;

export function createProofs(db: Db, { own, clock, columns }: ProofsOptions): CallProofs {
  const find = { extended: findSql(proofTables.extended), dial: findSql(proofTables.dial) };
  const record = {
    extended: insertSql(proofTables.extended, extendedColumns) + upsertTail[db.dialect],
    dial: insertSql(proofTables.dial, dialColumns),
  };
  const ignore = db.dialect === 'mysql' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
  const takeSql = `${ignore} INTO ${own}tandem_taken_codes (account, code, owner, taken_ms) VALUES (?, ?, ?, ?)`;
  const ownerSql = `SELECT owner FROM ${own}tandem_taken_codes WHERE account = ? AND code = ?`;

  return {
    async find(log, code, afterMs) {
      const [row] = await db.all(find[log], [code, clock.text(afterMs)]).catch((e: unknown) => {
        if (causedBy(e, 'unlike')) return [];
        throw e;
      });
      if (!row) return undefined;
      return {
        leadId: Number(row['proof_lead_id'] ?? 0),
        callDateMs: clock.instant(text(row['proof_call_date'])) ?? afterMs,
        lead: row['found_lead_id'] === null ? undefined : leadText(row),
      };
    },
    async record(proof) {
      const facts = await columns.of(proofTables[proof.log]);
      const value: Record<string, string | number> = {
        uniqueid: fitTo(facts, 'uniqueid', proof.uniqueId),
        server_ip: fitTo(facts, 'server_ip', proof.serverIp),
        call_date: clock.text(proof.atMs),
        lead_id: proof.leadId,
        caller_code: fitTo(facts, 'caller_code', proof.code),
        extension: fitTo(facts, 'extension', proof.extension),
        channel: fitTo(facts, 'channel', proof.channel),
        context: fitTo(facts, 'context', proof.context),
      };
      const names = proof.log === 'extended' ? extendedColumns : dialColumns;
      // The same row twice proves no more than once.
      await db.run(
        record[proof.log],
        names.map((name) => value[name] ?? ''),
        { repeatable: true },
      );
    },
    async takeOnce(account, code, atMs) {
      const owner = randomUUID();
      const { rows } = await db.run(takeSql, [account, code, owner, atMs], { repeatable: true });
      if (rows === 1) return true;
      // Perhaps our own first try, whose answer was lost with its connection.
      const [row] = await db.all(ownerSql, [account, code]);
      return row?.['owner'] === owner;
    },
  };
}
