/**
 * One order over all queues: nobody is passed over by a lower ranked caller for an agent who could have served both. That
 * holds after a restart too: for a moment those count who have not come back to their places yet (B5).
 */
import { goesBefore, holdBetween, wantsOffer } from '../../../core/acd/invariants-matching.js';
import type { Moment } from '../../../core/acd/invariants-matching.js';
import type { AcdState, Service } from '../../../core/acd/acd-state.js';
import type { RingOrder } from '../../../core/acd/effects.js';
import type { MemberId } from '../../../core/acd/ids.js';
import type { Agent, Member } from '../../../core/acd/state.js';
import type { Checker, Restart, Seen } from '../checker.js';
import { Violation } from '../violation.js';
import { isCallerAlone, outOfTurn } from './reservations.js';

/** How long after a restart the turn of those who are away is kept. */
const heldMs = 3_000;

/** The agent as he was when he was chosen: free. */
export function asChosen(agent: Agent, order: RingOrder): Agent {
  return { ...agent, phase: { kind: 'idle' }, chats: agent.chats.filter((chat) => chat !== order.offer) };
}

/** A person chose this caller and this agent: no order of the engine's. */
export const isPickUp = (state: AcdState, { offer }: RingOrder): boolean => state.offers.get(offer)?.isPickUp === true;

/** Members who still wait after the step and whom this agent could have served instead. */
export function passedOver(state: AcdState, agent: Agent, at: Moment): Member[] {
  const found: Member[] = [];
  for (const service of state.servicesOfAgent(agent.id))
    for (const id of state.membersOfQueue(service.queue)) {
      const member = state.members.get(id);
      if (member && isServable(state, agent, member, service, at)) found.push(member);
    }
  return found;
}

const isServable = (state: AcdState, agent: Agent, member: Member, service: Service, at: Moment): boolean =>
  wantsOffer(state, member, at) && !holdBetween(state, agent, member, service, at);

/** Those of `absent` whom this agent could serve as soon as they are back. */
function absentOver(state: AcdState, agent: Agent, absent: ReadonlySet<MemberId>, at: Moment): Member[] {
  const found: Member[] = [];
  for (const id of absent) {
    const member = state.members.get(id);
    if (member?.presence.kind !== 'away' || member.phase.kind === 'abandoned') continue;
    const service = state.servicesOfAgent(agent.id).find(({ queue }) => queue === member.queue);
    const back: Member = { ...member, presence: { kind: 'here' }, phase: { kind: 'waiting' } };
    if (service && isServable(state, agent, back, service, at)) found.push(member);
  }
  return found;
}

export function createOrderChecker(): Checker {
  /** waited when the process died, and have not come back */
  const absent = new Set<MemberId>();
  let heldUntilMs = 0;

  function check(seen: Seen, order: RingOrder): void {
    const { state, nowMs, downToEngine } = seen;
    const member = state.members.get(order.member);
    const agent = state.agents.get(order.agent);
    if (!member || !agent || !state.offers.has(order.offer)) return;
    const turn = outOfTurn(seen).get(agent.id);
    if (turn === 'used') return; // was held for this caller
    const [chosen, at] = [asChosen(agent, order), { nowMs, down: downToEngine }];
    const servable = passedOver(state, chosen, at);
    if (nowMs < heldUntilMs) servable.push(...absentOver(state, chosen, absent, at));
    // held softly for a call of the dialer, he is there for callers alone
    const others = turn === 'inbound' ? servable.filter((other) => isCallerAlone(other)) : servable;
    for (const other of others)
      if (other !== member && goesBefore(state, other, member))
        throw new Violation(
          'order',
          `${member.id} (rank ${String(member.rank)}) gets agent ${agent.id} before ${other.id} (rank ${String(other.rank)}, ${other.presence.kind}), whom he could serve`,
        );
  }

  return {
    name: 'order',
    saved(seen: Seen): void {
      const { effects, event, answer, isThorough } = seen;
      if (event?.type === 'caller-joined' && answer.ok && answer.member !== undefined) absent.delete(answer.member);
      if (!isThorough || event?.type === 'dispatch-asked') return;
      for (const effect of effects) if (effect.type === 'ring' && !isPickUp(seen.state, effect.order)) check(seen, effect.order);
    },
    restarted({ stored, nowMs }: Restart): void {
      absent.clear();
      heldUntilMs = nowMs + heldMs;
      for (const { id, media, presence, phase } of stored.members)
        if (media === 'audio' && presence.kind !== 'callback' && phase.kind !== 'talking') absent.add(id);
    },
  };
}
