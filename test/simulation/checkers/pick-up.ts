/** B34: a pick-up rings one agent for one caller; when it fails, neither the agent nor the caller is any the worse for it. */
import type { AgentId, MemberId, OfferId } from '../../../core/acd/ids.js';
import type { OfferSegment } from '../../../core/acd/records.js';
import type { Agent } from '../../../core/acd/state.js';
import type { Checker, Seen } from '../checker.js';
import type { Shadow } from '../shadow.js';
import { Violation } from '../violation.js';

interface Before {
  readonly agent: AgentId;
  readonly member: MemberId;
  readonly visit: number;
  readonly serial: number;
  readonly counts: readonly number[];
}

const countsOf = (agent: Agent): readonly number[] => [agent.noAnswerCount, agent.rejectedCount, agent.busyCount, agent.notRegisteredCount];

/** What happens to a leg, or to time: nobody asked for another status. */
const ofTheLeg: ReadonlySet<string> = new Set(['offer-failed', 'call-ended', 'channels-listed', 'time-passed']);

export function createPickUpChecker(shadow: Shadow): Checker {
  const name = 'pick-up';
  const open = new Map<OfferId, Before>();

  function asked({ event, answer, state, effects }: Seen): void {
    if (event?.type !== 'pick-up-asked' || !answer.ok) return;
    const member = state.members.get(event.member as MemberId);
    const offer = member?.offers.map((id) => state.offers.get(id)).find((found) => found?.isPickUp);
    const agent = offer && state.agents.get(offer.agent);
    if (!member || !agent) throw new Violation(name, `${event.member} is picked up by ${event.agent}, and nobody is rung`);
    if (agent.id !== state.agentNamed(event.agent)?.id) throw new Violation(name, `${agent.id} is rung instead of ${event.agent}`);
    if (member.offers.length > 1) throw new Violation(name, `others go on ringing for ${member.id}`);
    if (!effects.some((effect) => effect.type === 'ring' && effect.order.offer === offer.id))
      throw new Violation(name, `no ring is ordered for ${offer.id}`);
    open.set(offer.id, { agent: agent.id, member: member.id, visit: member.visit, serial: member.serial, counts: countsOf(agent) });
  }

  function ended({ event, state }: Seen, segment: OfferSegment, before: Before): void {
    const agent = state.agents.get(before.agent);
    if (segment.connectedAtMs > 0 || !agent || !event) return;
    if (countsOf(agent).some((count, i) => count !== 0 && count !== before.counts[i]))
      throw new Violation(name, `agent ${agent.id} is blamed for the pick-up ${segment.offer}: ${countsOf(agent).join(' ')}`);
    const was = shadow.agents.get(agent.id)?.status;
    if (ofTheLeg.has(event.type) && agent.status !== was)
      throw new Violation(name, `agent ${agent.id} was ${was}, and is ${agent.status} after the pick-up ${segment.offer}`);
    const member = state.members.get(before.member);
    if (event.type !== 'offer-failed' || member?.visit !== before.visit) return;
    if (member.rank !== shadow.members.get(member.id)?.rank || member.serial !== before.serial)
      throw new Violation(name, `${member.id} has lost the place by a pick-up that failed`);
  }

  return {
    name,
    saved(seen: Seen): void {
      asked(seen);
      for (const segment of seen.changes.segments) {
        const before = segment.kind === 'offer' && open.get(segment.offer);
        if (!before) continue;
        open.delete(segment.offer);
        ended(seen, segment, before);
      }
    },
  };
}
