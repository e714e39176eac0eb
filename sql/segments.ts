/** Rows of tandem_segments: written once by key, read for reports, `explain` and the last agent of a number (B6, B41). */
import { agentId } from '../core/acd/ids.js';
import type { AgentId } from '../core/acd/ids.js';
import type { OfferSegment, Segment, StatusSegment, VisitSegment, WrapUpSegment } from '../core/acd/records.js';
import type { Dialect, Row, Value } from './db.js';
import { fitText } from './fit.js';

/** Which column holds which field, for each kind; what a kind does not have is NULL. */
const visitColumns = {
  segment_key: 'key',
  member: 'member',
  visit: 'visit',
  offer: 'offer',
  root_id: 'rootId',
  queue: 'queue',
  agent: 'agent',
  media: 'media',
  number: 'number',
  name: 'name',
  lead_id: 'leadId',
  param: 'param',
  arrived_ms: 'arrivedAtMs',
  started_ms: 'enteredAtMs',
  ended_ms: 'leftAtMs',
  outcome: 'reason',
  detail: 'detail',
  offers: 'offers',
  rejections: 'rejections',
  wait_ms: 'waitMs',
  talk_ms: 'talkMs',
  position_at_entry: 'positionAtEntry',
  position_at_exit: 'positionAtExit',
  priority: 'priority',
  serial: 'serial',
  origin: 'origin',
} as const satisfies Record<string, keyof VisitSegment>;

const offerColumns = {
  segment_key: 'key',
  member: 'member',
  visit: 'visit',
  offer: 'offer',
  root_id: 'rootId',
  queue: 'queue',
  agent: 'agent',
  media: 'media',
  started_ms: 'startedAtMs',
  answered_ms: 'answeredAtMs',
  connected_ms: 'connectedAtMs',
  ended_ms: 'endedAtMs',
  outcome: 'outcome',
  detail: 'detail',
  ended_by: 'endedBy',
  ring_ms: 'ringMs',
  talk_ms: 'talkMs',
  hold_ms: 'holdMs',
  number: 'number',
  arrived_ms: 'arrivedAtMs',
  rejections: 'rejections',
  serial: 'serial',
  origin: 'origin',
} as const satisfies Record<string, keyof OfferSegment>;

const statusColumns = {
  segment_key: 'key',
  agent: 'agent',
  started_ms: 'startedAtMs',
  ended_ms: 'endedAtMs',
  outcome: 'status',
  detail: 'reason',
  paid: 'paid',
} as const satisfies Record<string, keyof StatusSegment>;

const wrapUpColumns = {
  segment_key: 'key',
  agent: 'agent',
  queue: 'queue',
  started_ms: 'startedAtMs',
  ended_ms: 'endedAtMs',
  outcome: 'outcome',
  origin: 'origin',
} as const satisfies Record<string, keyof WrapUpSegment>;

type Column = 'kind' | keyof typeof visitColumns | keyof typeof offerColumns | keyof typeof statusColumns;

const fields: Readonly<Record<Segment['kind'], Readonly<Partial<Record<Column, string>>>>> = {
  visit: visitColumns,
  offer: offerColumns,
  status: statusColumns,
  wrapup: wrapUpColumns,
};

/** Every column, in the order of the values. */
const columns: readonly Column[] = [
  ...new Set(['kind', ...Object.keys(visitColumns), ...Object.keys(offerColumns), ...Object.keys(statusColumns)]),
] as Column[];

/** Characters that a text column holds; a longer text is cut, never refused. */
const charsMax: Partial<Record<Column, number>> = { segment_key: 200, number: 100, param: 10_000, detail: 255, outcome: 40 };
const idCharsMax = 150;

export const segmentColumns = columns.join(', ');
export const segmentMarks = `(${columns.map(() => '?').join(', ')})`;
export const insertSegments = (dialect: Dialect, table: string): string =>
  `INSERT ${dialect === 'mysql' ? '' : 'OR '}IGNORE INTO ${table} (${segmentColumns})`;

/** Values of one row. */
export function segmentValues(segment: Segment): Value[] {
  const field = fields[segment.kind];
  const given = segment as unknown as Readonly<Record<string, string | number | undefined>>;
  return columns.map((column) => (column === 'kind' ? segment.kind : fit(column, given[field[column] ?? ''])));
}

function fit(column: Column, value: string | number | undefined): Value {
  if (value === undefined) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? Math.round(value) : 0;
  return fitText(value, { charsMax: charsMax[column] ?? idCharsMax, charset: 'utf8mb4' }).value;
}

/** A stored row as it was given; what was undefined is left out. */
export function segmentOf(row: Row): Segment {
  const kind = row['kind'] as Segment['kind'];
  const pairs = Object.entries(fields[kind]).flatMap(([column, field]) => {
    const value = row[column];
    return value === null || value === undefined ? [] : [[field, value] as const];
  });
  return { kind, ...Object.fromEntries(pairs) } as unknown as Segment;
}

/** The last agent of each number, from rows of answered visits given newest first; newest last in the result. */
export function lastTalksOf(rows: readonly Row[]): { readonly number: string; readonly agent: AgentId; readonly atMs: number }[] {
  const found = new Map<string, { readonly number: string; readonly agent: AgentId; readonly atMs: number }>();
  for (const row of rows) {
    const number = String(row['number']);
    if (!found.has(number)) found.set(number, { number, agent: agentId(String(row['agent'])), atMs: Number(row['ended_ms']) });
  }
  return [...found.values()].reverse();
}
