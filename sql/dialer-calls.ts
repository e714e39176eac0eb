/** Rows of dialer_attempts: one for each call that has ended, unique by its channel id. */
import type { DialerStore } from '../core/dialer-ports.js';
import type { CallRecord } from '../core/dialer/contact.js';
import type { AmdVerdict, CallResult, CampaignMode } from '../core/dialer/words.js';
import { integer, text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import { allIn, cut, cutOrNull, within } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { batchSizes, rowStatements } from './row-batches.js';

const columns = [
  ...['call_id', 'contact_id', 'campaign_id', 'list_id', 'mode', 'number', 'number_key', 'caller_id', 'switch', 'gateway', 'placed_ms'],
  ...['ringing_ms', 'answered_ms', 'offered_ms', 'bridged_ms', 'ended_ms', 'cause', 'q850', 'sip', 'result', 'counts_as_attempt'],
  ...['agent', 'amd', 'message_ms', 'message_heard_ms', 'opted_out', 'ended_by', 'decision_ms', 'recording'],
];
const pageMax = 10_000;

export function createCalls(base: DialerBase) {
  const table = base.table('attempts');
  const insertSql = rowStatements(`INSERT INTO ${table} (${columns.join(', ')})`, () => `(${columns.map(() => '?').join(', ')})`);
  const knownSql = (list: string) => `SELECT call_id FROM ${table} WHERE call_id IN (${list})`;

  const port: Pick<DialerStore, 'calls'> = {
    async calls({ campaign, contact, numberKey, result, fromMs, toMs, before, limit }) {
      const parts: (readonly [string, readonly Value[]])[] = [];
      const equal = (column: string, value: Value | undefined): void => {
        if (value !== undefined) parts.push([`${column} = ?`, [value]]);
      };
      equal('campaign_id', campaign);
      equal('contact_id', contact);
      equal('number_key', numberKey);
      equal('result', result);
      if (fromMs !== undefined) parts.push(['placed_ms >= ?', [fromMs]]);
      if (toMs !== undefined) parts.push(['placed_ms < ?', [toMs]]);
      const [placed, ...id] = before.split(' ');
      const at = Number(placed);
      if (before !== '') parts.push(['placed_ms <= ? AND (placed_ms < ? OR call_id < ?)', [at, at, id.join(' ')]]);
      const where = parts.length === 0 ? '' : `WHERE ${parts.map(([sql]) => sql).join(' AND ')}`;
      const sql = `SELECT ${columns.join(', ')} FROM ${table} ${where} ORDER BY placed_ms DESC, call_id DESC LIMIT ${String(within(limit, pageMax))}`;
      const rows = await base.db.all(
        sql,
        parts.flatMap(([, values]) => values),
      );
      return rows.map(callOf);
    },
  };
  return {
    port,
    /** Ids of those that are stored already. */
    known: async (tx: Pick<Statements, 'all'>, callIds: readonly string[]): Promise<Set<string>> =>
      new Set((await allIn(tx, knownSql, callIds)).map((row) => text(row['call_id']))),
    async byId(tx: Pick<Statements, 'all'>, callId: string): Promise<CallRecord | undefined> {
      const [row] = await tx.all(`SELECT ${columns.join(', ')} FROM ${table} WHERE call_id = ?`, [callId]);
      return row && callOf(row);
    },
    async insert(tx: Statements, records: readonly CallRecord[]): Promise<void> {
      const rows = records.map(valuesOf);
      let from = 0;
      for (const size of batchSizes(rows.length)) {
        await tx.run(insertSql(size), rows.slice(from, from + size).flat());
        from += size;
      }
    },
  };
}

export type Calls = ReturnType<typeof createCalls>;

const whole = (ms: number | undefined): Value => (ms === undefined ? null : Math.round(ms));

const valuesOf = (record: CallRecord): Value[] => [
  record.callId,
  record.contactId,
  record.campaignId,
  record.listId ?? null,
  record.mode,
  cut(record.number, 20),
  cut(record.numberKey, 21),
  cut(record.callerId, 40),
  cut(record.switch, 80),
  cut(record.gateway, 80),
  Math.round(record.placedAtMs),
  whole(record.ringingAtMs),
  whole(record.answeredAtMs),
  whole(record.offeredAtMs),
  whole(record.bridgedAtMs),
  Math.round(record.endedAtMs),
  cut(record.cause, 60),
  record.q850 ?? null,
  record.sip ?? null,
  record.result,
  record.countsAsAttempt ? 1 : 0,
  cutOrNull(record.agent, 150),
  record.amd ?? null,
  whole(record.messageAtMs),
  whole(record.messageMs),
  record.optedOut ? 1 : 0,
  record.endedBy,
  whole(record.decisionAtMs),
  cutOrNull(record.recording, 500),
];

function callOf(row: Row): CallRecord {
  const ms = (column: string): number | undefined => integer(row[column]);
  return {
    callId: text(row['call_id']),
    contactId: text(row['contact_id']),
    campaignId: text(row['campaign_id']),
    listId: ms('list_id'),
    mode: text(row['mode']) as CampaignMode,
    number: text(row['number']),
    numberKey: text(row['number_key']),
    callerId: text(row['caller_id']),
    switch: text(row['switch']),
    gateway: text(row['gateway']),
    placedAtMs: Number(row['placed_ms']),
    ringingAtMs: ms('ringing_ms'),
    answeredAtMs: ms('answered_ms'),
    offeredAtMs: ms('offered_ms'),
    bridgedAtMs: ms('bridged_ms'),
    endedAtMs: Number(row['ended_ms']),
    cause: text(row['cause']),
    q850: ms('q850'),
    sip: ms('sip'),
    result: text(row['result']) as CallResult,
    countsAsAttempt: Number(row['counts_as_attempt']) === 1,
    agent: text(row['agent']) || undefined,
    amd: (text(row['amd']) || undefined) as AmdVerdict | undefined,
    messageAtMs: ms('message_ms'),
    messageMs: ms('message_heard_ms'),
    optedOut: Number(row['opted_out']) === 1,
    endedBy: text(row['ended_by']) as CallRecord['endedBy'],
    decisionAtMs: ms('decision_ms'),
    recording: text(row['recording']) || undefined,
  };
}
