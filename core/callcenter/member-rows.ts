/** Rows of members in mod_callcenter's columns (freeswitch-callcenter 3, 4.1, 9.4, 14). */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueConfig } from '../acd/config.js';
import type { QueueId } from '../acd/ids.js';
import { memberStateOf, type MemberState } from '../acd/member-state.js';
import type { Member } from '../acd/state.js';
import { epoch } from './epoch.js';

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

/** One row before it is written down, but for its score, which grows with time; times in epoch seconds. */
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
}

export function memberRow(state: AcdState, member: Member, instance: string): MemberRow {
  const { phase } = member;
  const config = state.queueConfigs.get(member.queue);
  const [word, agent, system] = serving(state, member, config, instance);
  return {
    queue: member.queue,
    instance,
    uuid: member.id,
    session: phase.kind === 'abandoned' ? '' : (member.call?.uniqueId ?? ''),
    number: member.number,
    name: member.name,
    joined: epoch(member.joinedAtMs),
    rejoined: epoch(member.rejoinedAtMs),
    bridged: phase.kind === 'talking' ? epoch(phase.sinceMs) : 0,
    abandoned: phase.kind === 'abandoned' ? epoch(phase.atMs) : 0,
    base: baseScore(member, config),
    agent,
    system,
    state: word,
  };
}

export const baseScore = (member: Member, config: QueueConfig | undefined): number => member.baseScoreS + (config?.baseScoreS ?? 0);

/** The strategy that stands as serving agent until one has won. */
export function ringAllFamily(config: QueueConfig | undefined): string | undefined {
  const strategy = config?.strategy;
  return strategy === 'ring-all' || strategy === 'ring-progressively' ? strategy : undefined;
}

export function countMembers(state: AcdState, queue: QueueId): number {
  let count = 0;
  for (const member of state.members.values()) if (member.queue === queue) count++;
  return count;
}

/** State, serving_agent, serving_system. */
function serving(state: AcdState, member: Member, queue: QueueConfig | undefined, instance: string): [MemberState, string, string] {
  const word = memberStateOf(member);
  const { phase } = member;
  if (phase.kind === 'talking') return [word, state.offers.get(phase.offer)?.agent ?? '', instance];
  const family = ringAllFamily(queue);
  if (family !== undefined) return [word === 'Waiting' ? 'Trying' : word, family, ''];
  const [offer] = member.offers;
  return offer === undefined ? [word, '', ''] : [word, state.offers.get(offer)?.agent ?? '', instance];
}
