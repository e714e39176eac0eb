/**
 * A call's stay in one of Tandem's own queues: asked in, held by a session until the engine, an agent or the caller ends
 * it. Whatever happens on the way, no member is left behind a caller who is gone (B1).
 */
import type { AcdState } from '../acd/acd-state.js';
import type { Answer, Join } from '../acd/events.js';
import type { CallKey, MemberId } from '../acd/ids.js';
import type { QueueEngine } from '../acd-ports.js';
import type { Call } from '../call.js';
import { hasCode } from '../errors.js';
import type { OpenSession, SessionEnd } from '../switch.js';
import { withDeadline } from './deadline.js';
import type { After } from './deadline.js';
import type { QueueVisit } from './queue-visits.js';

export interface QueueStayDeps {
  readonly engine: QueueEngine;
  readonly after: After;
}

/** A caller who has been let in. */
export interface Joined {
  readonly member: MemberId;
  readonly openSession: OpenSession;
  /** with the session attached already, so that no order waits for it */
  readonly begin?: () => Promise<void>;
}

/**
 * The engine's answer. Without one in `msMax`, or when the caller leaves meanwhile, the member is given back as soon as
 * it exists. Rejects like the engine's `ask`, TDM_SLOW, or with the reason of the call's signal.
 */
export async function askIn(deps: QueueStayDeps, msMax: number, visit: QueueVisit, call: Call, join: Join, key: CallKey): Promise<Answer> {
  const asked = deps.engine.ask({ type: 'caller-joined', join });
  try {
    return await withDeadline(deps.after, msMax, call.signal, () => asked);
  } catch (e) {
    asked.then(
      (answer) => {
        if (answer.ok) letGo(visit, call, answer.member ?? join.member);
      },
      // stored or not, nobody knows; the engine ignores a member that it does not have
      () => letGo(visit, call, viewIfOurs(deps.engine)?.memberOfCall(key)?.id ?? join.member),
    );
    throw e;
  }
}

/** undefined once another Tandem owns the queues. */
export const viewIfOurs = (engine: QueueEngine): AcdState | undefined => (engine.isOwner() ? engine.view() : undefined);

/** A caller who hung up is gone; one who is only not in our hands any more may come back for his place. */
function letGo(visit: QueueVisit, call: Call, member: MemberId): void {
  const { aborted, reason } = call.signal as { readonly aborted: boolean; readonly reason: unknown };
  const isGone = aborted && !hasCode(reason, 'TDM_STOPPING');
  visit.tell(isGone ? { type: 'caller-left', member, cause: 'hangup' } : { type: 'session-lost', member });
}

/** Holds the caller to the end of his stay. */
export async function hold(
  deps: QueueStayDeps,
  visit: QueueVisit,
  call: Call,
  { member, openSession, begin }: Joined,
): Promise<SessionEnd> {
  const session = openSession(call, member, visit.tell);
  const detach = deps.engine.attach(member, session);
  try {
    await begin?.();
    return await session.ended;
  } finally {
    detach();
  }
}
