/** Sums of calls by campaign and five minutes (`dialer_counters`), and calls to a number by hour (`dialer_number_hours`). */
import type { CounterRow, DialerStore } from '../core/dialer-ports.js';
import { countedAtMs } from '../core/dialer/contact.js';
import type { CallRecord } from '../core/dialer/contact.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import { hourMs } from './dialer-facts.js';
import { upsert } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { batchSizes, rowStatements } from './row-batches.js';

export type Sums = Omit<CounterRow, 'campaign' | 'bucketMs'>;

const bucketMs = 300_000;
const columnOf: Readonly<Record<keyof Sums, string>> = {
  placed: 'placed',
  answered: 'answered',
  persons: 'persons',
  connected: 'connected',
  connectedIvr: 'connected_ivr',
  abandoned: 'abandoned',
  customerDropped: 'customer_dropped',
  machines: 'machines',
  machinesByAgent: 'machines_by_agent',
  busy: 'busy',
  noAnswer: 'no_answer',
  invalid: 'invalid',
  trunk: 'trunk',
  other: 'other',
  talkMs: 'talk_ms',
  ringMs: 'ring_ms',
  waitMs: 'wait_ms',
  optedOut: 'opted_out',
  messagesPlayed: 'messages_played',
};
const fields = Object.keys(columnOf) as (keyof Sums)[];

const trunkResults = new Set<CallRecord['result']>(['CONGESTION', 'CARRIER_ERROR', 'INTERNAL_ERROR']);
/** with a column of their own */
const named = new Set<CallRecord['result']>([
  'CONNECTED',
  'CONNECTED_IVR',
  'ABANDONED',
  'CUSTOMER_DROPPED',
  'MACHINE',
  'FAX',
  'BUSY',
  'NO_ANSWER',
  'INVALID_NUMBER',
]);

const span = (from: number | undefined, to: number | undefined): number =>
  from === undefined || to === undefined ? 0 : Math.max(0, Math.round(to - from));

/** What one call adds. Ring time: until the answer or the end; wait: from the offer to the agent, the message or the end. */
export function sumsOf(record: CallRecord): Sums {
  const { result, amd } = record;
  const isMachine = result === 'MACHINE' || result === 'FAX' || amd === 'MACHINE' || amd === 'FAX';
  const isAnswered = record.answeredAtMs !== undefined;
  const one = (is: boolean): number => (is ? 1 : 0);
  const talkFromMs = record.bridgedAtMs ?? (result === 'CONNECTED_IVR' ? record.answeredAtMs : undefined);
  return {
    placed: 1,
    answered: one(isAnswered),
    persons: one(isAnswered && !isMachine),
    connected: one(result === 'CONNECTED' && !isMachine), // a machine that was given to an agent is no person who was reached
    connectedIvr: one(result === 'CONNECTED_IVR'),
    abandoned: one(result === 'ABANDONED'),
    customerDropped: one(result === 'CUSTOMER_DROPPED'),
    machines: one(isMachine),
    machinesByAgent: 0,
    busy: one(result === 'BUSY'),
    noAnswer: one(result === 'NO_ANSWER'),
    invalid: one(result === 'INVALID_NUMBER'),
    trunk: one(trunkResults.has(result)),
    other: one(!named.has(result) && !trunkResults.has(result)),
    talkMs: span(talkFromMs, record.endedAtMs),
    ringMs: span(record.ringingAtMs, record.answeredAtMs ?? record.endedAtMs),
    waitMs: span(record.offeredAtMs, record.bridgedAtMs ?? record.messageAtMs ?? record.endedAtMs),
    optedOut: one(record.optedOut),
    messagesPlayed: one(record.messageAtMs !== undefined),
  };
}

export const bucketOf = (ms: number): number => Math.floor(ms / bucketMs) * bucketMs;

export function createCounters(base: DialerBase) {
  const table = base.table('counters');
  const adds = Object.fromEntries(fields.map((field) => [columnOf[field], 'add' as const]));
  const counter = upsert(base.db.dialect, table, ['campaign_id', 'bucket_ms'], adds);
  const counterSql = `${counter.head} VALUES (${counter.columns.map(() => '?').join(', ')})${counter.tail}`;
  const hours = upsert(base.db.dialect, base.table('number_hours'), ['number_key', 'hour'], {
    calls: 'add',
    abandoned_ms: 'max',
    machine_ms: 'max',
  });
  const hoursSql = rowStatements(hours.head, () => '(?, ?, ?, ?, ?)');
  const readSql = `SELECT ${counter.columns.join(', ')} FROM ${table} WHERE bucket_ms >= ? AND bucket_ms < ?`;

  async function add(tx: Statements, campaign: string, atMs: number, sums: Partial<Sums>): Promise<void> {
    await tx.run(counterSql, [campaign, bucketOf(atMs), ...fields.map((field) => sums[field] ?? 0)]);
  }

  const port: Pick<DialerStore, 'counters'> = {
    async counters(campaign, fromMs, toMs) {
      const only = campaign === undefined ? [] : [campaign];
      const sql = `${readSql}${campaign === undefined ? '' : ' AND campaign_id = ?'} ORDER BY campaign_id, bucket_ms`;
      return (await base.db.all(sql, [fromMs, toMs, ...only])).map(counterOf);
    },
  };
  return {
    port,
    add,
    /** Of calls that were not stored before. */
    async addCalls(tx: Statements, records: readonly CallRecord[]): Promise<void> {
      const buckets = new Map<string, { readonly campaign: string; readonly atMs: number; readonly sums: Record<keyof Sums, number> }>();
      for (const record of records) {
        const atMs = countedAtMs(record);
        const name = `${String(bucketOf(atMs))} ${record.campaignId}`;
        const more = sumsOf(record);
        const one = buckets.get(name) ?? { campaign: record.campaignId, atMs, sums: nothing() };
        for (const field of fields) one.sums[field] += more[field];
        buckets.set(name, one);
      }
      for (const [, { campaign, atMs, sums }] of [...buckets].sort(byName)) await add(tx, campaign, atMs, sums);
      await addHours(tx, records);
    },
  };

  async function addHours(tx: Statements, records: readonly CallRecord[]): Promise<void> {
    const rows = new Map<string, [key: string, hour: number, calls: number, abandonedMs: number, machineMs: number]>();
    for (const record of records) {
      const { numberKey, result, countsAsAttempt, endedAtMs } = record;
      const hour = Math.floor(record.placedAtMs / hourMs);
      const row = rows.get(`${numberKey} ${String(hour)}`) ?? [numberKey, hour, 0, 0, 0];
      if (countsAsAttempt) row[2]++;
      if (result === 'ABANDONED') row[3] = Math.max(row[3], endedAtMs);
      if (sumsOf(record).machines > 0) row[4] = Math.max(row[4], endedAtMs);
      if (row[2] + row[3] + row[4] > 0) rows.set(`${numberKey} ${String(hour)}`, row);
    }
    const sorted = [...rows].sort(byName).map(([, row]): Value[] => row);
    let from = 0;
    for (const size of batchSizes(sorted.length)) {
      await tx.run(hoursSql(size) + hours.tail, sorted.slice(from, from + size).flat());
      from += size;
    }
  }
}

const nothing = (): Record<keyof Sums, number> => Object.fromEntries(fields.map((field) => [field, 0])) as Record<keyof Sums, number>;

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

function counterOf(row: Row): CounterRow {
  const sums = Object.fromEntries(fields.map((field) => [field, Number(row[columnOf[field]])])) as unknown as Sums;
  return { campaign: text(row['campaign_id']), bucketMs: Number(row['bucket_ms']), ...sums };
}
