/** Rows of members as text: written once for each member and state of his, with the score of the moment behind it. */
import type { AcdState } from '../acd/acd-state.js';
import { epoch } from './epoch.js';
import { memberRow, type MemberRow } from './member-rows.js';
import type { ShownMember } from './members-shown.js';
import { safe } from './table.js';

/** Of whom, and when: Unix ms. */
interface Moment {
  readonly state: AcdState;
  readonly nowMs: number;
}

/** Lines of the table. */
export function memberLines(members: readonly ShownMember[], { state, nowMs }: Moment): string[] {
  const now = epoch(nowMs);
  return members.map((one) => (one.line ??= line(rowOf(state, one))) + String(now + one.scoreAtZero));
}

/** JSON objects on one line; every value a text. */
export function memberObjects(members: readonly ShownMember[], { state, nowMs }: Moment): string[] {
  const now = epoch(nowMs);
  return members.map((one) => `${(one.object ??= object(rowOf(state, one)))}${String(now + one.scoreAtZero)}"}`);
}

const rowOf = (state: AcdState, { member, instance }: ShownMember): MemberRow => memberRow(state, member, instance);

/** One piece in memory, by `join`: a text that was put together of pieces would be walked anew by each use. */
function line(row: MemberRow): string {
  const who = [row.queue, row.instance, row.uuid, safe(row.session), safe(row.number), safe(row.name)].join('|');
  const { joined, rejoined, bridged, abandoned, base } = row;
  return [who, joined, joined, rejoined, bridged, abandoned, base, 0, row.agent, row.system, row.state, ''].join('|');
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const special = /["\\\u0000-\u001f\ud800-\udfff]/;
const quoted = (text: string): string => (special.test(text) ? JSON.stringify(text).slice(1, -1) : text);

function object(row: MemberRow): string {
  return [
    '{"queue":"',
    row.queue,
    '","instance_id":"',
    row.instance,
    '","uuid":"',
    row.uuid,
    '","session_uuid":"',
    quoted(row.session),
    '","cid_number":"',
    quoted(row.number),
    '","cid_name":"',
    quoted(row.name),
    '","system_epoch":"',
    row.joined,
    '","joined_epoch":"',
    row.joined,
    '","rejoined_epoch":"',
    row.rejoined,
    '","bridge_epoch":"',
    row.bridged,
    '","abandoned_epoch":"',
    row.abandoned,
    '","base_score":"',
    row.base,
    '","skill_score":"0","serving_agent":"',
    row.agent,
    '","serving_system":"',
    row.system,
    '","state":"',
    row.state,
    '","score":"',
  ].join('');
}
