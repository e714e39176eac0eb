/** B1: every caller leaves exactly once for each visit, for one reason; at the end of the day nobody is left. */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { MemberId } from '../../../core/acd/ids.js';
import { exitReasons } from '../../../core/acd/words.js';
import type { Checker, Ended, Restart, Seen } from '../checker.js';
import { Violation } from '../violation.js';

/** A chat client who was let in and heard nothing of its end asks again under its old name: a new story. */
export const keysOf = (member: MemberId): string[] => Array.from({ length: 25 }, (_, visit) => `${member}/${String(visit)}`);

interface Known {
  visit: number;
  isAbandoned: boolean;
}

export function createExitChecker(): Checker {
  const name = 'exits';
  const known = new Map<MemberId, Known>();
  /** keys of the visits that are over */
  const over = new Set<string>();
  /** not among those of the new engine */
  const lost = new Set<MemberId>();

  function checkMember(state: AcdState, id: MemberId): void {
    const before = known.get(id);
    const member = state.members.get(id);
    if (before && (!member || member.visit > before.visit || (member.phase.kind === 'abandoned' && !before.isAbandoned))) {
      const key = `${id}/${String(before.visit)}`;
      if (!over.has(key)) throw new Violation(name, `visit ${key} is over without a record of why`);
    }
    if (!member) known.delete(id);
    else {
      const isAbandoned = member.phase.kind === 'abandoned';
      if (!isAbandoned && over.has(`${id}/${String(member.visit)}`))
        throw new Violation(name, `visit ${id}/${String(member.visit)} goes on after its end`);
      known.set(id, { visit: member.visit, isAbandoned });
    }
  }

  return {
    name,
    saved({ state, changes, event, answer }: Seen): void {
      if (event?.type === 'caller-joined' && event.join.media === 'chat') for (const key of keysOf(event.join.member)) over.delete(key);
      for (const segment of changes.segments) {
        if (segment.kind !== 'visit') continue;
        // who was not let in may ask again under the same name: that visit never began
        if (event?.type === 'caller-joined' && !answer.ok && event.join.member === segment.member) continue;
        if (over.has(segment.key)) throw new Violation(name, `visit ${segment.key} ends a second time, as ${segment.reason}`);
        if (!exitReasons.includes(segment.reason)) throw new Violation(name, `visit ${segment.key} ends as ${segment.reason}`);
        over.add(segment.key);
      }
      for (const id of lost) checkMember(state, id);
      lost.clear();
      for (const id of changes.members) checkMember(state, id);
    },
    restarted({ state }: Restart): void {
      // what a removed queue took with it is recorded in the first step
      for (const id of known.keys()) if (!state.members.has(id)) lost.add(id);
    },
    ended({ state }: Ended): void {
      const [left] = state.members.values();
      if (left) throw new Violation(name, `member ${left.id} is in the queue after the longest possible wait: ${JSON.stringify(left)}`);
      const [offer] = state.offers.values();
      if (offer) throw new Violation(name, `offer ${offer.id} is out after the longest possible wait: ${JSON.stringify(offer)}`);
      for (const agent of state.agents.values())
        if (['offered', 'talking', 'wrapup', 'resting', 'reserved'].includes(agent.phase.kind) || agent.chats.length > 0)
          throw new Violation(
            name,
            `agent ${agent.id} is ${agent.phase.kind} with ${String(agent.chats.length)} chats at the end of the day`,
          );
    },
  };
}
