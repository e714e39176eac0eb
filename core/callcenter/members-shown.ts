/**
 * Members as lists show them, the highest score first. There may be 10,000, and a status command is to take less than
 * 10 ms: what was written of a member is kept with what it was made of, and is used again until one of these changes.
 * It goes with the member.
 */
import type { AcdState } from '../acd/acd-state.js';
import type { QueueConfig } from '../acd/config.js';
import type { QueueId } from '../acd/ids.js';
import type { Member } from '../acd/state.js';
import { epoch } from './epoch.js';
import { baseScore, ringAllFamily } from './member-rows.js';
import { seesQueue, type SeenQueues } from './seen.js';

/** A member, what his row was made of, and the texts that were made of it since. */
export interface ShownMember {
  readonly member: Member;
  readonly instance: string;
  readonly queue: QueueId;
  readonly phase: Member['phase'];
  readonly call: Member['call'];
  readonly offer: Member['offers'][number] | undefined;
  readonly joinedAtMs: number;
  readonly rejoinedAtMs: number;
  /** with his queue's */
  readonly baseScoreS: number;
  /** his queue's strategy, if it is one that stands as serving agent */
  readonly family: string | undefined;
  /** the score in a second of the epoch is that second more */
  readonly scoreAtZero: number;
  /** his line of the table up to the score; undefined: not written yet */
  line: string | undefined;
  /** the same of his JSON object */
  object: string | undefined;
}

const kept = new WeakMap<Member, ShownMember>();

/** Answered and abandoned ones too. `queue` undefined: of all queues that are seen. Ties: who came first. */
export function membersShown(state: AcdState, seen: SeenQueues, queue: QueueId | undefined, instance: string): ShownMember[] {
  const found: ShownMember[] = [];
  for (const member of state.members.values())
    if (queue === undefined ? seesQueue(seen, member.queue) : member.queue === queue)
      found.push(shown(member, state.queueConfigs.get(member.queue), instance));
  return found.sort((a, b) => b.scoreAtZero - a.scoreAtZero || a.member.serial - b.member.serial);
}

function shown(member: Member, config: QueueConfig | undefined, instance: string): ShownMember {
  const [base, family] = [baseScore(member, config), ringAllFamily(config)];
  const before = kept.get(member);
  if (before?.baseScoreS === base && before.family === family && before.instance === instance && isSame(before, member)) return before;
  const { queue, phase, call, joinedAtMs, rejoinedAtMs } = member;
  // each by its name: 10,000 objects that are spread take longer than all the rest
  const now = {
    member,
    instance,
    queue,
    phase,
    call,
    offer: member.offers[0],
    joinedAtMs,
    rejoinedAtMs,
    baseScoreS: base,
    family,
    scoreAtZero: base - epoch(joinedAtMs),
    line: undefined,
    object: undefined,
  };
  kept.set(member, now);
  return now;
}

/** Phases and calls are replaced, never changed; a member's number and name and the agent of an offer stay. */
const isSame = (before: ShownMember, member: Member): boolean =>
  before.phase === member.phase &&
  before.offer === member.offers[0] &&
  before.call === member.call &&
  before.queue === member.queue &&
  before.joinedAtMs === member.joinedAtMs &&
  before.rejoinedAtMs === member.rejoinedAtMs;
