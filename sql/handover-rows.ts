import { leadFields } from '../core/leads/lead.js';
import { TandemError } from '../core/errors.js';
import type { HandoverRecord } from '../core/ports.js';
import { fitTo } from './columns.js';
import type { Columns } from './columns.js';
import type { Db, Statements, Value } from './db.js';
import type { Inserted } from './handover-claims.js';
import { fitListId, leadRow } from './lead-row.js';
import type { LocalClock } from './local-clock.js';

export interface PreparedHandover {
  readonly transactional: boolean;
  readonly cut: readonly string[];
  readonly leadSql: string;
  readonly leadValues: readonly Value[];
  readonly cccValues: (leadId: number, localCode: string) => readonly Value[];
  readonly codeFor: (leadId: number) => string;
}

const ownColumns = ['entry_date', 'entry_list_id', 'modify_date'] as const;
const cccColumns = [
  'call_date',
  'remote_call_id',
  'local_call_id',
  'lead_id',
  'uniqueid',
  'channel',
  'server_ip',
  'list_id',
  'container_id',
  'remote_lead_id',
] as const;
const cccSql = `INSERT INTO vicidial_ccc_log (${cccColumns.join(', ')}) VALUES (${cccColumns.map(() => '?').join(', ')})`;
const undoLeadSql = 'DELETE FROM vicidial_list WHERE lead_id = ?';
const leadIdMax = 4_294_967_295;

/** The two VICIdial rows of a hand-over: the lead (AGI-7, AGI-8) and the cross-cluster log. */
export function createHandoverRows(db: Db, { clock, columns }: { readonly clock: LocalClock; readonly columns: Columns }) {
  // modify_date is a TIMESTAMP, which MySQL reads in the session's zone and not in ours: it gets the server's own now.
  const modifyMark = db.dialect === 'mysql' ? 'NOW()' : '?';
  const leadSqls = new WeakMap<object, string>();

  function leadSqlFor(mark: Readonly<Record<string, string>>): string {
    let sql = leadSqls.get(mark);
    if (sql === undefined) {
      const names = [...leadFields, ...ownColumns].map((name) => `\`${name}\``).join(', ');
      const fields = leadFields.map((field) => mark[field] ?? '?').join(', ');
      sql = `INSERT INTO vicidial_list (${names}) VALUES (${fields}, ?, ?, ${modifyMark})`;
      leadSqls.set(mark, sql);
    }
    return sql;
  }

  async function insertLead(statements: Statements, { leadSql, leadValues }: PreparedHandover): Promise<number> {
    const { rows, insertId } = await statements.run(leadSql, leadValues);
    // Never a code for a row that we did not insert (vicidial-ccc 4.5).
    if (rows !== 1 || !(insertId > 0)) throw new TandemError('TDM_STORE_DOWN', ['the lead got no id']);
    if (insertId > leadIdMax) throw new TandemError('TDM_BAD_VALUE', ['lead_id', 'beyond ten digits']);
    return insertId;
  }

  async function insert(statements: Statements, prepared: PreparedHandover): Promise<Inserted> {
    const leadId = await insertLead(statements, prepared);
    const localCode = prepared.codeFor(leadId);
    await statements.run(cccSql, prepared.cccValues(leadId, localCode));
    return { leadId, localCode };
  }

  return {
    async prepare(record: HandoverRecord, codeFor: (leadId: number) => string): Promise<PreparedHandover> {
      const [listFacts, cccFacts] = await Promise.all([columns.of('vicidial_list'), columns.of('vicidial_ccc_log')]);
      const lead = leadRow(record.lead, listFacts.text);
      const at = clock.text(record.atMs);
      const entryListId = record.entryListId === undefined ? 0 : fitListId(record.entryListId).value;
      const ccc = (column: string, value: string): string => fitTo(cccFacts, column, value);
      return {
        transactional: listFacts.transactional && cccFacts.transactional,
        cut: lead.cut,
        leadSql: leadSqlFor(listFacts.mark),
        leadValues: [...lead.values, at, entryListId, ...(db.dialect === 'mysql' ? [] : [at])],
        cccValues: (leadId, localCode) => [
          at,
          ccc('remote_call_id', record.remoteCode),
          ccc('local_call_id', localCode),
          leadId,
          ccc('uniqueid', record.uniqueId),
          ccc('channel', record.channel),
          ccc('server_ip', record.serverIp),
          fitListId(record.lead.list_id).value,
          ccc('container_id', record.containerId),
          record.remoteLeadId,
        ],
        codeFor,
      };
    },
    insert,
    /** Without transactions: a lead whose log row fails is deleted again. */
    async insertOrUndo(statements: Statements, prepared: PreparedHandover): Promise<Inserted> {
      const leadId = await insertLead(statements, prepared);
      try {
        const localCode = prepared.codeFor(leadId);
        await statements.run(cccSql, prepared.cccValues(leadId, localCode));
        return { leadId, localCode };
      } catch (e) {
        await undoLead(db, statements, leadId);
        throw e;
      }
    },
  };
}

/** On the same connection, or on another one when that is broken. */
async function undoLead(db: Db, statements: Statements, leadId: number): Promise<void> {
  try {
    await statements.run(undoLeadSql, [leadId]);
  } catch {
    await db.run(undoLeadSql, [leadId], { repeatable: true }); // a deleted row stays deleted
  }
}
