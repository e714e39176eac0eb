/**
 * Rows of members as text. There may be 10,000 of them, and a status command is to take less than 10 ms: what one row
 * shares with the row before it (most of it, while nobody is served) is written once. A test compares with the columns.
 */
import { safe } from './table.js';
import type { MemberRow } from './member-rows.js';

/** How a row is written: what stands before each of its parts, and behind the last. */
interface Form {
  readonly queue: string;
  readonly instance: string;
  readonly uuid: string;
  readonly session: string;
  readonly number: string;
  readonly name: string;
  readonly system: string;
  readonly joined: string;
  readonly score: string;
  readonly end: string;
  text(value: string): string;
  /** from `rejoined_epoch` to `state` */
  middle(row: MemberRow): string;
}

/** Lines of the table. */
export const memberLines = (rows: readonly MemberRow[]): string[] => written(rows, line);

const line: Form = {
  ...{ queue: '', instance: '|', uuid: '|', session: '|', number: '|', name: '|', system: '|', joined: '|', score: '|', end: '' },
  text: safe,
  middle: ({ rejoined, bridged, abandoned, base, agent, system, state }) =>
    `|${rejoined}|${bridged}|${abandoned}|${base}|0|${agent}|${system}|${state}`,
};

/** JSON objects on one line; every value a text. */
export const memberObjects = (rows: readonly MemberRow[]): string[] => written(rows, json);

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

const json: Form = {
  queue: '{"queue":"',
  instance: '","instance_id":"',
  uuid: '","uuid":"',
  session: '","session_uuid":"',
  number: '","cid_number":"',
  name: '","cid_name":"',
  system: '","system_epoch":"',
  joined: '","joined_epoch":"',
  score: '","score":"',
  end: '"}',
  text: (value) => (special.test(value) ? JSON.stringify(value).slice(1, -1) : value),
  middle: ({ rejoined, bridged, abandoned, base, agent, system, state }) =>
    `","rejoined_epoch":"${rejoined}","bridge_epoch":"${bridged}","abandoned_epoch":"${abandoned}"` +
    `,"base_score":"${base}","skill_score":"0"` +
    `,"serving_agent":"${agent}","serving_system":"${system}","state":"${state}`,
};

function written(rows: readonly MemberRow[], form: Form): string[] {
  const [first] = rows;
  if (!first) return [];
  const beforeUuid = `${form.instance}${first.instance}${form.uuid}`;
  let [before, middle] = [first, flat(form.middle(first) + form.score)];
  return rows.map((row) => {
    if (!isAlike(before, row)) [before, middle] = [row, flat(form.middle(row) + form.score)];
    const who = form.session + form.text(row.session) + form.number + form.text(row.number) + form.name + form.text(row.name);
    const joined = String(row.joined);
    return `${form.queue}${row.queue}${beforeUuid}${row.uuid}${who}${form.system}${joined}${form.joined}${joined}${middle}${row.score}${form.end}`;
  });
}

const isAlike = (a: MemberRow, b: MemberRow): boolean =>
  a.state === b.state &&
  a.agent === b.agent &&
  a.base === b.base &&
  a.system === b.system &&
  a.rejoined === b.rejoined &&
  a.bridged === b.bridged &&
  a.abandoned === b.abandoned;

/** One piece in memory instead of a tree of pieces that each use would walk again. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}
