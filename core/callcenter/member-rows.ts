/** Rows of members in mod_callcenter's columns, the highest score first (freeswitch-callcenter 3, 4.1, 9.4, 14). */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueConfig } from '../acd/config.js';
import type { QueueId } from '../acd/ids.js';
import { memberStateOf, type MemberState } from '../acd/member-state.js';
import type { Member } from '../acd/state.js';
import { epoch } from './epoch.js';
import { seesQueue, type SeenQueues } from './seen.js';
import type { Cell } from './table.js';

export const memberColumns = [
  'queue',
  'instance_id',
  'uuid',
  'session_uuid',
  'cid_number',
  'cid_name',
  'system_epoch',
  'joined_epoch',
  'rejoined_epoch',
  'bridge_epoch',
  'abandoned_epoch',
  'base_score',
  'skill_score',
  'serving_agent',
  'serving_system',
  'state',
  'score',
] as const;

export interface MemberRow {
  readonly score: number;
  readonly serial: number;
  readonly cells: readonly Cell[];
}

/** Answered and abandoned ones too. `queue` undefined: of all queues that are seen. Ties: who came first. */
export function memberRows(state: AcdState, seen: SeenQueues, queue: QueueId | undefined, instance: string, nowMs: number): MemberRow[] {
  const rows: MemberRow[] = [];
  const now = epoch(nowMs);
  for (const member of membersSeen(state, seen, queue)) rows.push(memberRow(state, member, instance, now));
  return rows.sort((a, b) => b.score - a.score || a.serial - b.serial);
}

export function countMembers(state: AcdState, queue: QueueId): number {
  let count = 0;
  for (const member of state.members.values()) if (member.queue === queue) count++;
  return count;
}

function* membersSeen(state: AcdState, seen: SeenQueues, queue: QueueId | undefined): Generator<Member> {
  for (const member of state.members.values())
    if (queue === undefined ? seesQueue(seen, member.queue) : member.queue === queue) yield member;
}

function memberRow(state: AcdState, member: Member, instance: string, now: number): MemberRow {
  const config = state.queueConfigs.get(member.queue);
  const joined = epoch(member.joinedAtMs);
  const base = member.baseScoreS + (config?.baseScoreS ?? 0);
  const { phase } = member;
  const [word, agent, system] = serving(state, member, config, instance);
  const score = now - joined + base;
  const cells = [
    member.queue,
    instance,
    member.id,
    phase.kind === 'abandoned' ? '' : (member.call?.uniqueId ?? ''),
    member.number,
    member.name,
    joined,
    joined,
    epoch(member.rejoinedAtMs),
    phase.kind === 'talking' ? epoch(phase.sinceMs) : 0,
    phase.kind === 'abandoned' ? epoch(phase.atMs) : 0,
    base,
    0,
    agent,
    system,
    word,
    score,
  ];
  return { score, serial: member.serial, cells };
}

/** State, serving_agent, serving_system. In the ring-all family the strategy's name stands there until one agent has won. */
function serving(state: AcdState, member: Member, queue: QueueConfig | undefined, instance: string): [MemberState, string, string] {
  const word = memberStateOf(member);
  const { phase } = member;
  if (phase.kind === 'talking') return [word, state.offers.get(phase.offer)?.agent ?? '', instance];
  if (queue?.strategy === 'ring-all' || queue?.strategy === 'ring-progressively')
    return [word === 'Waiting' ? 'Trying' : word, queue.strategy, ''];
  const [offer] = member.offers;
  return offer === undefined ? [word, '', ''] : [word, state.offers.get(offer)?.agent ?? '', instance];
}
