/**
 * `list_queue` as text: there may be 10,000 calls, and a status command is to take less than 10 ms. What does not change
 * while a call waits is written once and kept with what it was made of; it goes with the call.
 */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueConfig } from '../acd/config.js';
import type { QueueId } from '../acd/ids.js';
import type { Member } from '../acd/state.js';
import { JsonText } from './json-rpc.js';
import { displayName, etwOf, flowFacts, queued, skillOf, type FlowFacts } from './lists.js';

interface QueuedText {
  readonly queue: QueueConfig | undefined;
  readonly id: QueueId;
  readonly etw: number;
  readonly priority: number;
  /** from the id to the seconds, and from there to the end */
  readonly before: string;
  readonly behind: string;
}

const kept = new WeakMap<Member, QueuedText>();

/** In the order in which they are served: `{"Calls":[{"index":0, ...}, ...]}` with the keys of opensips-call-center 13. */
export function listQueue(state: AcdState, nowMs: number): JsonText {
  const flows = new Map<QueueId, FlowFacts>();
  const factsOf = (queue: QueueId): FlowFacts => {
    const known = flows.get(queue) ?? flowFacts(state, queue);
    flows.set(queue, known);
    return known;
  };
  const calls = queued(state).map((member, index) => {
    const { before, behind } = textOf(member, factsOf(member.queue));
    return `{"index":${String(index)}${before}${String(waitingS(member, nowMs))}${behind}`;
  });
  return new JsonText(`{"Calls":[${calls.join(',')}]}`);
}

const waitingS = ({ enteredAtMs }: Member, nowMs: number): number => Math.max(0, Math.floor((nowMs - enteredAtMs) / 1000));

/** A flow's configuration is replaced, never changed; number, name, media and needs of a call stay. */
function textOf(member: Member, flow: FlowFacts): QueuedText {
  const { queue } = flow;
  const { queue: id, priority } = member;
  const etw = etwOf(flow, member);
  const known = kept.get(member);
  if (known && known.queue === queue && known.id === id && known.etw === etw && known.priority === priority) return known;
  const who = {
    index: 0,
    id: member.id,
    Media: member.media === 'chat' ? 'MSRP' : 'RTP',
    'Caller username': member.number,
    'Caller display name': displayName(queue, member),
    'Waiting for': 0,
  };
  const rest = { 'Waiting for': 0, ETW: etw, Flow: id, Priority: priority, Skill: queue && skillOf(queue, member) };
  // cut out, not put together: a text of pieces is walked anew by each use
  const before = JSON.stringify(who).slice('{"index":0'.length, -'0}'.length);
  const behind = JSON.stringify(rest).slice('{"Waiting for":0'.length);
  const made = { queue, id, etw, priority, before, behind };
  kept.set(member, made);
  return made;
}
