/** Rows of members in mod_callcenter's columns, the highest score first (freeswitch-callcenter 3, 4.1, 9.4, 14). */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueConfig } from '../acd/config.js';
import type { QueueId } from '../acd/ids.js';
import { memberStateOf, type MemberState } from '../acd/member-state.js';
import type { Member } from '../acd/state.js';
import { epoch } from './epoch.js';
import { seesQueue, type SeenQueues } from './seen.js';

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

/** One row before it is written down; times in epoch seconds. */
export interface MemberRow {
  readonly queue: string;
  readonly instance: string;
  readonly uuid: string;
  readonly session: string;
  readonly number: string;
  readonly name: string;
  readonly joined: number;
  readonly rejoined: number;
  readonly bridged: number;
  readonly abandoned: number;
  readonly base: number;
  readonly agent: string;
  readonly system: string;
  readonly state: MemberState;
  readonly score: number;
  /** order of arrival */
  readonly serial: number;
}

/** Answered and abandoned ones too. `queue` undefined: of all queues that are seen. Ties: who came first. */
export function memberRows(state: AcdState, seen: SeenQueues, queue: QueueId | undefined, instance: string, nowMs: number): MemberRow[] {
  const rows: MemberRow[] = [];
  const now = epoch(nowMs);
  for (const member of state.members.values())
    if (queue === undefined ? seesQueue(seen, member.queue) : member.queue === queue) rows.push(memberRow(state, member, instance, now));
  return rows.sort((a, b) => b.score - a.score || a.serial - b.serial);
}

export function countMembers(state: AcdState, queue: QueueId): number {
  let count = 0;
  for (const member of state.members.values()) if (member.queue === queue) count++;
  return count;
}

function memberRow(state: AcdState, member: Member, instance: string, now: number): MemberRow {
  const config = state.queueConfigs.get(member.queue);
  const joined = epoch(member.joinedAtMs);
  const base = member.baseScoreS + (config?.baseScoreS ?? 0);
  const { phase } = member;
  const [word, agent, system] = serving(state, member, config, instance);
  return {
    queue: member.queue,
    instance,
    uuid: member.id,
    session: phase.kind === 'abandoned' ? '' : (member.call?.uniqueId ?? ''),
    number: member.number,
    name: member.name,
    joined,
    rejoined: epoch(member.rejoinedAtMs),
    bridged: phase.kind === 'talking' ? epoch(phase.sinceMs) : 0,
    abandoned: phase.kind === 'abandoned' ? epoch(phase.atMs) : 0,
    base,
    agent,
    system,
    state: word,
    score: now - joined + base,
    serial: member.serial,
  };
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
