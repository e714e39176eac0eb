import { leadFields } from '../core/leads/lead.js';
import type { LeadText } from '../core/leads/lead.js';
import type { CallProofs, ProvenCall } from '../core/ports.js';
import { fitTo } from './columns.js';
import type { Columns } from './columns.js';
import { text } from './db.js';
import type { Db, Row } from './db.js';
import { causedBy } from './failure.js';
import { leadText } from './lead-row.js';
import type { LocalClock } from './local-clock.js';

export interface ProofsOptions {
  readonly own: string;
  readonly clock: LocalClock;
  readonly columns: Columns;
}

/** width of tandem_taken_codes.owner */
const ownerCharsMax = 40;

const proofTables = { extended: 'vicidial_log_extended', dial: 'vicidial_dial_log' } as const;
const leadColumns = leadFields.map((field) => `l.\`${field}\``).join(', ');
/** A control character that no sensible value has. A value that has it is read again column by column. */
const unit = '\x1f';
/** mysql2 reads the description of each column with each answer: 30 columns in one text halve the cost of a lookup. */
const joinedLead = `CONCAT_WS('${unit}', ${leadFields.map((field) => `COALESCE(l.\`${field}\`, '')`).join(', ')}) AS joined_lead`;

/** Proof and lead in one statement; the newest row of a code counts (vicidial-ccc 3.3). */
const findSql = (table: string, lead: string): string => `
  SELECT p.lead_id AS proof_lead_id, p.call_date AS proof_call_date, l.lead_id AS found_lead_id, ${lead}
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
  const find = { extended: findSql(proofTables.extended, leadColumns), dial: findSql(proofTables.dial, leadColumns) };
  const findJoined = { extended: findSql(proofTables.extended, joinedLead), dial: findSql(proofTables.dial, joinedLead) };
  const record = {
    extended: insertSql(proofTables.extended, extendedColumns) + upsertTail[db.dialect],
    dial: insertSql(proofTables.dial, dialColumns),
  };
  const ignore = db.dialect === 'mysql' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
  const takeSql = `${ignore} INTO ${own}tandem_taken_codes (account, code, owner, taken_ms) VALUES (?, ?, ?, ?)`;
  const ownerSql = `SELECT owner, taken_ms FROM ${own}tandem_taken_codes WHERE account = ? AND code = ?`;

  async function newest(sql: string, code: string, afterMs: number): Promise<Row | undefined> {
    try {
      const [row] = await db.all(sql, [code, clock.text(afterMs)]);
      return row;
    } catch (e) {
      if (causedBy(e, 'unlike')) return undefined; // characters that the column's charset does not have
      throw e;
    }
  }

  function proven(row: Row, afterMs: number, lead: LeadText): ProvenCall {
    return {
      leadId: Number(row['proof_lead_id'] ?? 0),
      callDateMs: clock.instant(text(row['proof_call_date'])) ?? afterMs,
      lead: row['found_lead_id'] === null ? undefined : lead,
    };
  }

  return {
    async find(log, code, afterMs) {
      if (db.dialect === 'mysql') {
        const joined = await newest(findJoined[log], code, afterMs);
        if (!joined) return undefined;
        const fields = text(joined['joined_lead']).split(unit);
        if (fields.length === leadFields.length) return proven(joined, afterMs, leadText(rowOf(fields)));
      }
      const row = await newest(find[log], code, afterMs);
      return row && proven(row, afterMs, leadText(row));
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
    async takeOnce(account, code, { address, atMs, retryMs }) {
      const owner = address.slice(0, ownerCharsMax);
      const { rows } = await db.run(takeSql, [account, code, owner, atMs], { repeatable: true });
      if (rows === 1) return true;
      // The taker again, or our own first try, whose answer was lost with its connection.
      const [row] = await db.all(ownerSql, [account, code]);
      return row?.['owner'] === owner && atMs - Number(row['taken_ms']) < retryMs;
    },
  };
}

const rowOf = (fields: readonly string[]): Row => Object.fromEntries(leadFields.map((field, i) => [field, fields[i] ?? '']));
