/** Every type of event with its fields; docs/events.md lists the same, a test compares both with what the engine says. */
import type { FeedEvent } from './feed-ports.js';

type Notice = FeedEvent['notice'];
export type FeedType = Notice['type'];
type FieldsOf<T extends FeedType> = readonly Exclude<keyof Extract<Notice, { readonly type: T }>, 'type'>[];

const callFields: FieldsOf<'call.started'> = [
  ...(['id', 'call', 'direction', 'state', 'outcome', 'origin', 'campaign', 'contact', 'customer', 'record', 'lead'] as const),
  ...(['agent', 'extension', 'queue', 'did', 'legs', 'transfer', 'isRecorded', 'switch'] as const),
  ...(['startedAtMs', 'answeredAtMs', 'endedAtMs', 'talkMs'] as const),
];

/** A field that is undefined is left out on the wire. */
export const feedFields: { readonly [T in FeedType]: FieldsOf<T> } = {
  'member-joined': ['member', 'queue', 'resumed', 'waiting', 'caller'],
  'member-refused': ['queue', 'number', 'reason', 'caller'],
  'member-left': ['member', 'queue', 'reason', 'waitedMs', 'agent', 'waiting', 'detail', 'position', 'caller', 'talk'],
  'member-moved': ['member', 'from', 'to', 'position', 'caller'],
  'offer-made': ['offer', 'member', 'agent', 'queue', 'caller', 'facts'],
  'offer-failed': ['offer', 'agent', 'member', 'queue', 'failure', 'detail', 'caller', 'facts'],
  'offer-cancelled': ['offer', 'agent', 'member', 'queue', 'reason', 'caller', 'facts'],
  'talk-started': ['offer', 'member', 'agent', 'queue', 'leg', 'waitedMs', 'caller', 'facts'],
  'talk-held': ['offer', 'member', 'agent', 'queue', 'by', 'caller', 'facts'],
  'talk-resumed': ['offer', 'member', 'agent', 'queue', 'by', 'heldMs', 'caller', 'facts'],
  'talk-ended': ['offer', 'member', 'agent', 'queue', 'talkMs', 'by', 'cause', 'caller', 'facts'],
  'agent-changed': ['agent', 'status', 'state', 'pauseReason', 'wrapUpEndsAtMs', 'chats', 'device'],
  'reservation-ended': ['agent', 'by', 'queue', 'reason'],
  'agent-limit-reached': ['agent', 'failure', 'count', 'status'],
  'pause-overdue': ['agent', 'reason', 'startedAtMs', 'limitAtMs', 'action'],
  'callback-placed': ['member', 'queue', 'number', 'isNew'],
  'message-placed': ['member', 'queue', 'number', 'file'],
  'callback-dialled': ['member', 'queue', 'attempt'],
  repaired: ['what', 'id', 'reason'],
  'queue-changed': ['queue', 'change'],
  'agent-configured': ['agent', 'change'],
  'dispatching-changed': ['isOn'],
  'campaign-changed': ['campaign', 'state', 'before'],
  'campaign-forced': ['campaign', 'isForced', 'reason'],
  'campaign-empty': ['campaign'],
  'gateway-changed': ['switch', 'gateway', 'state', 'reason'],
  'call-abandoned': ['campaign', 'callId', 'waitedMs'],
  'call-result': ['campaign', 'callId', 'result', 'cause'],
  'toll-stopped': ['origin', 'switch', 'gateway', 'number', 'reason', 'stopped'],
  'call.started': callFields,
  'call.ringing': callFields,
  'call.answered': callFields,
  'call.transferred': callFields,
  'call.missed': callFields,
  'call.ended': callFields,
  'call.recording_ready': callFields,
  'events-lost': ['from', 'to'],
};

export const feedTypes = Object.keys(feedFields) as [FeedType, ...FeedType[]];
