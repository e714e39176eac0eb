/**
 * An answered call of a campaign in one of Tandem's own queues (dialer.md B2): for a moment only, without music and
 * announcements, first for the agent who is held for it. The application `dialer_call` asks for it at both doors.
 */
import type { Answer, Join } from '../acd/events.js';
import { memberId } from '../acd/ids.js';
import type { CallKey } from '../acd/ids.js';
import type { QueueEngine } from '../acd-ports.js';
import type { Call } from '../call.js';
import { displayName } from '../dial-string.js';
import { TandemError, hasCode } from '../errors.js';
import type { Log } from '../ports.js';
import type { SessionEnd } from '../switch.js';
import type { After } from './deadline.js';
import type { CallPlace } from './native-queue.js';
import { queueNamed } from './queue-name.js';
import { askIn, hold } from './queue-stay.js';
import { createQueueVisits } from './queue-visits.js';
import type { QueueVisits } from './queue-visits.js';

export interface DialerQueueWish {
  readonly queue: string;
  /** longest wait from now on; what is left of the grace time. Less than 1 counts as 1. */
  readonly maxWaitMs: number;
  /** key under which an agent is held for this call */
  readonly reservation: string | undefined;
  /** instead of the queue's; smaller goes first */
  readonly priority?: number | undefined;
  /** the customer, for the agent's display and the records; '' or undefined = unknown */
  readonly number?: string | undefined;
  readonly name?: string | undefined;
  /** set on the agent's leg */
  readonly variables: Readonly<Record<string, string>>;
}

export type DialerQueueOutcome =
  /** talks, or has talked; the channel is not in our hands any more */
  | { readonly kind: 'connected'; readonly agent: string }
  /** nobody took the call, and the channel is ours to say so: an exit reason of the queue, or the code of an error */
  | { readonly kind: 'waited-out'; readonly reason: string }
  /** hung up, or out of our hands without news: nothing can be said to it */
  | { readonly kind: 'left' };

export interface DialerQueue {
  /** Takes the answered call through the queue. Never rejects, and asks nothing of the channel after `connected` and `left`. */
  enter(call: Call, wish: DialerQueueWish): Promise<DialerQueueOutcome>;
}

export interface DialerQueueDeps {
  readonly engine: QueueEngine;
  /** Rejects TDM_BAD_VALUE when the call names a switch that is unknown. */
  placeOf(call: Call): Promise<CallPlace>;
  /** text of an id that nobody has used */
  newId(): string;
  readonly after: After;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** Longest wait for the engine's answer: who waits longer has been silent for too long already. */
export const dialerJoinMsMax = 1_500;

export function createDialerQueue(deps: DialerQueueDeps): DialerQueue {
  const visits = createQueueVisits((event) => deps.engine.tell(event));
  return {
    async enter(call, wish) {
      try {
        return await stay(deps, visits, call, wish);
      } catch (e) {
        return failed(deps, call, wish, e);
      }
    },
  };
}

async function stay(deps: DialerQueueDeps, visits: QueueVisits, call: Call, wish: DialerQueueWish): Promise<DialerQueueOutcome> {
  if (!deps.engine.isOwner()) throw new TandemError('TDM_STANDBY', ['ask the other address']);
  const { switch: on, openSession } = await deps.placeOf(call);
  const key: CallKey = { switch: on, uniqueId: call.uniqueId, channel: call.channel };
  const join = joinOf(deps, call, key, wish);
  const visit = visits.begin(key);
  try {
    const answer = await askIn(deps, dialerJoinMsMax, visit, call, join, key);
    if (!answer.ok) return refused(answer);
    visit.isIn();
    const member = answer.member ?? join.member;
    deps.log.debug({ call: call.uniqueId, queue: join.queue, member, reservation: join.reservation }, 'dialled call is in the queue');
    return outcomeOf(await hold(deps, visit, call, { member, openSession }));
  } finally {
    visit.end();
  }
}

function joinOf(deps: DialerQueueDeps, call: Call, key: CallKey, wish: DialerQueueWish): Join {
  const member = memberId(deps.newId());
  const queue = queueNamed(deps.engine.view(), wish.queue)?.id ?? wish.queue;
  return {
    member,
    queue,
    media: 'audio',
    call: key,
    number: wish.number ?? '',
    name: displayName(wish.name ?? ''),
    answeredAtMs: deps.nowMs(),
    baseScoreS: 0,
    priority: wish.priority,
    needs: [],
    exitKeys: '',
    maxWaitMs: Math.max(1, Math.round(wish.maxWaitMs)),
    language: undefined,
    music: undefined,
    callerIdPrefix: undefined,
    // nothing is played to the agent while the customer waits
    agentAnnouncements: [],
    variables: wish.variables,
    param: '',
    leadId: undefined,
    rootId: call.uniqueId,
    stickyAgent: undefined,
    callbackOf: undefined,
    origin: 'dialer',
    reservation: wish.reservation,
  };
}

function refused({ code, detail, exit }: Extract<Answer, { readonly ok: false }>): DialerQueueOutcome {
  if (exit !== undefined) return { kind: 'waited-out', reason: exit };
  throw new TandemError(code, code === 'TDM_NOT_FOUND' ? ['queue', detail] : code === 'TDM_BAD_VALUE' ? ['dialer_call', detail] : [detail]);
}

function outcomeOf(end: SessionEnd): DialerQueueOutcome {
  switch (end.kind) {
    case 'connected':
      return { kind: 'connected', agent: end.order.agent };
    case 'exit':
      return { kind: 'waited-out', reason: end.order.reason };
    case 'left':
    case 'lost':
      return { kind: 'left' };
  }
}

/** The customer has answered: he hears the message, whatever went wrong here (B11). */
function failed(deps: DialerQueueDeps, call: Call, { queue }: DialerQueueWish, e: unknown): DialerQueueOutcome {
  if (call.signal.aborted || hasCode(e, 'TDM_CALL_GONE')) return { kind: 'left' };
  const reason = e instanceof TandemError ? e.code : 'TDM_INTERNAL';
  deps.log.warn({ call: call.uniqueId, queue, reason, err: e }, 'dialled call could not be put into its queue');
  return { kind: 'waited-out', reason };
}
