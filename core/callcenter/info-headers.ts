/** Headers that several of mod_callcenter's events share, with what is known of the two channels. */
import type { MemberFacts, OfferFacts } from '../acd/facts.js';
import type { AgentId, MemberId, QueueId } from '../acd/ids.js';
import { epoch } from './epoch.js';

export type Headers = readonly (readonly [name: string, value: string])[];

export const seconds = (ms: number): string => String(epoch(ms));

export const talkTimes = ({ startedAtMs, answeredAtMs, connectedAtMs }: OfferFacts): Headers => [
  ['CC-Agent-Called-Time', seconds(startedAtMs)],
  ['CC-Agent-Answered-Time', seconds(answeredAtMs || connectedAtMs)],
];

export const memberHeaders = (member: MemberId, caller: MemberFacts | undefined): Headers => [
  ['CC-Member-UUID', member],
  ['CC-Member-Session-UUID', caller?.call?.uniqueId ?? ''],
  ['CC-Member-CID-Name', caller?.name ?? ''],
  ['CC-Member-CID-Number', caller?.number ?? ''],
];

/** What is known of the caller's channel. */
export function memberChannel(
  { call, name, number, joinedAtMs }: MemberFacts,
  queue: QueueId,
  member: MemberId,
  answer: 'answered' | 'hangup',
): Headers {
  if (!call) return [];
  const isUp = answer === 'answered';
  return [
    ...channel(call.channel, call.uniqueId, isUp ? 'CS_EXECUTE' : 'CS_REPORTING', 'inbound', answer),
    ...(isUp ? [] : ([['Hangup-Cause', 'NORMAL_CLEARING']] as const)),
    ['Caller-Caller-ID-Name', name],
    ['Caller-Caller-ID-Number', number],
    ['Caller-Unique-ID', call.uniqueId],
    ['Caller-Channel-Name', call.channel],
    ['variable_cc_side', 'member'],
    ['variable_cc_member_uuid', member],
    ['variable_cc_queue_joined_epoch', seconds(joinedAtMs)],
    ['variable_cc_queue', queue],
  ];
}

/** What is known of the agent's leg. */
export function agentChannel(
  facts: OfferFacts,
  agent: AgentId,
  queue: QueueId,
  member: MemberId,
  caller: MemberFacts | undefined,
  cause: string | undefined,
): Headers {
  const state = cause === undefined ? 'CS_CONSUME_MEDIA' : 'CS_REPORTING';
  return [
    ...channel('', facts.leg, state, 'outbound', cause === undefined ? 'answered' : 'hangup'),
    ...(cause === undefined ? [] : ([['Hangup-Cause', cause]] as const)),
    ['Caller-Caller-ID-Name', caller?.name ?? ''],
    ['Caller-Caller-ID-Number', caller?.number ?? ''],
    ['Caller-Unique-ID', facts.leg],
    ['variable_cc_queue', queue],
    ['variable_cc_queue_joined_epoch', caller ? seconds(caller.joinedAtMs) : '0'],
    ['variable_cc_member_uuid', member],
    ['variable_cc_member_session_uuid', caller?.call?.uniqueId ?? ''],
    ['variable_cc_agent', agent],
    ['variable_cc_side', 'agent'],
  ];
}

const channel = (name: string, uuid: string, state: string, direction: string, answer: string): Headers => [
  ['Channel-State', state],
  ['Channel-Call-State', answer === 'hangup' ? 'HANGUP' : 'ACTIVE'],
  ...(name === '' ? [] : ([['Channel-Name', name]] as const)),
  ['Unique-ID', uuid],
  ['Call-Direction', direction],
  ['Presence-Call-Direction', direction],
  ['Channel-Call-UUID', uuid],
  ['Answer-State', answer],
];
