/** mod_callcenter's events about callers: they come, they go, so many wait (freeswitch-callcenter 12, 13). */
import type { AcdState } from '../acd/acd-state.js';
import type { MemberFacts } from '../acd/facts.js';
import type { QueueId } from '../acd/ids.js';
import type { Notice } from '../acd/notices.js';
import { info } from './info-event.js';
import type { InfoEvent } from './info-event.js';
import { memberChannel, memberHeaders, seconds } from './info-headers.js';
import type { Headers } from './info-headers.js';

type NoticeOf<T extends Notice['type']> = Extract<Notice, { type: T }>;

export function joined({ queue, resumed, member, caller }: NoticeOf<'member-joined'>): InfoEvent {
  const action = resumed ? 'member-queue-resume' : 'member-queue-start';
  return info(action, [
    ...memberChannel(caller, queue, member, 'answered'),
    ['CC-Queue', queue],
    ['CC-Action', action],
    ...memberHeaders(member, caller),
  ]);
}

export function placed({ queue, member, number }: NoticeOf<'callback-placed'>, state: AcdState): InfoEvent {
  const name = state.members.get(member)?.name ?? '';
  return info('member-queue-start', [
    ['CC-Queue', queue],
    ['CC-Action', 'member-queue-start'],
    ['CC-Member-UUID', member],
    ['CC-Member-Session-UUID', ''],
    ['CC-Member-CID-Name', name],
    ['CC-Member-CID-Number', number],
  ]);
}

/** The reference knows no move: he leaves one queue and comes to another. */
export function moved({ member, from, to, caller }: NoticeOf<'member-moved'>, state: AcdState, atMs: number): readonly InfoEvent[] {
  const left = info('member-queue-end', [
    ...memberChannel(caller, from, member, 'answered'),
    ['CC-Queue', from],
    ['CC-Action', 'member-queue-end'],
    ...cancelled('BREAK_OUT', caller, atMs),
    ...memberHeaders(member, caller),
  ]);
  const came = joined({ type: 'member-joined', member, queue: to, resumed: false, waiting: 0, caller });
  const size = (queue: QueueId): number => state.membersOfQueue(queue).size;
  return [left, ...counted(from, size(from), false), came, ...counted(to, size(to), true)];
}

export const cancelled = (reason: string, caller: MemberFacts, atMs: number): Headers => [
  ['CC-Member-Leaving-Time', seconds(atMs)],
  ['CC-Member-Joined-Time', seconds(caller.joinedAtMs)],
  ['CC-Cause', 'Cancel'],
  ['CC-Cancel-Reason', reason],
];

/** How many wait, for monitors and for the lamps of telephones. */
export const counted = (queue: QueueId, waiting: number, isIn: boolean): readonly InfoEvent[] => [
  membersCount(queue, waiting),
  presence(queue, waiting, isIn),
];

const membersCount = (queue: QueueId, waiting: number): InfoEvent =>
  info('members-count', [
    ['CC-Queue', queue],
    ['CC-Action', 'members-count'],
    ['CC-Count', String(waiting)],
    ['CC-Selection', 'Single-Queue'],
  ]);

/** freeswitch-callcenter 13. */
function presence(queue: QueueId, waiting: number, isIn: boolean): InfoEvent {
  const isActive = waiting > 0;
  return {
    name: 'PRESENCE_IN',
    subclass: undefined,
    from: 'presence',
    headers: [
      ['proto', 'callcenter'],
      ['login', queue],
      ['from', queue],
      ['force-status', isActive ? `Active (${String(waiting)} waiting)` : 'Idle'],
      ['rpid', 'unknown'],
      ['event_type', 'presence'],
      ['alt_event_type', 'dialog'],
      ['event_count', '0'],
      ['channel-state', isActive || isIn ? 'CS_ROUTING' : 'CS_HANGUP'],
      ['unique-id', queue],
      ['answer-state', isActive || isIn ? 'confirmed' : 'terminated'],
      ['presence-call-direction', 'inbound'],
    ],
  };
}
