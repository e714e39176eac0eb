/**
 * E6, E55, B45: a key holds one agent and an agent is held by one key, until its end, which is told once with its reason; the
 * caller who brings the key is offered to him in the same step; a caller without one gets him only when he is held softly and
 * nobody else is free. Own memory of who is held. Answered calls of campaigns wait no longer than they may, and hear nothing.
 */
import { holdBetween } from '../../../core/acd/invariants-matching.js';
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { RingOrder } from '../../../core/acd/effects.js';
import type { AgentId } from '../../../core/acd/ids.js';
import type { Notice } from '../../../core/acd/notices.js';
import type { Member } from '../../../core/acd/state.js';
import type { ReservationEnd } from '../../../core/acd/words.js';
import type { Checker, Restart, Seen } from '../checker.js';
import { Violation } from '../violation.js';

const name = 'reservations';

interface Held {
  readonly agent: AgentId;
  readonly isSoft: boolean;
  /** kept away from calls, whatever his telephone does */
  readonly isBare: boolean;
  readonly untilMs: number;
}

type Ended = Extract<Notice, { type: 'reservation-ended' }>;

const fail = (text: string): never => {
  throw new Violation(name, text);
};

const endsOf = ({ effects }: Seen): Ended[] =>
  effects.flatMap((effect) => (effect.type === 'notice' && effect.notice.type === 'reservation-ended' ? [effect.notice] : []));

const ringsOf = ({ effects }: Seen): RingOrder[] => effects.flatMap((effect) => (effect.type === 'ring' ? [effect.order] : []));

/** Agents to whom a caller came for whom they were held, or who found nobody else: out of the usual turn. */
export function outOfTurn(seen: Seen): ReadonlyMap<AgentId, ReservationEnd> {
  return new Map(
    endsOf(seen).flatMap(({ agent, reason }) => (reason === 'used' || reason === 'inbound' ? [[agent, reason] as const] : [])),
  );
}

/** Whom an agent who is held softly is for. */
export const isCallerAlone = ({ origin, media, presence, offers }: Member, own?: string): boolean =>
  origin === undefined && media === 'audio' && presence.kind === 'here' && offers.every((offer) => offer === own);

export function createReservationChecker(): Checker {
  const held = new Map<string, Held>();

  function checkEnd(seen: Seen, { agent, by, reason }: Ended): void {
    const before = held.get(by);
    if (before?.agent !== agent) fail(`${agent} is held no more by ${by}, which held ${before?.agent ?? 'nobody'}`);
    held.delete(by);
    const { event, nowMs } = seen;
    if (reason === 'released' && event?.type !== 'unreserve-asked') fail(`${agent} is let go by ${event?.type ?? 'a start'}`);
    if (reason === 'expired' && before && nowMs < before.untilMs) fail(`${agent} is held no more before the time`);
    if (reason === 'device' && before?.isBare) fail(`${agent} is held barely by ${by}, and his telephone ends it`);
    if (reason === 'inbound' && !before?.isSoft) fail(`${agent} is held by ${by}, and a caller gets him`);
    const isBrought = event?.type === 'caller-joined' && event.join.reservation === by;
    if ((reason === 'used' || reason === 'unfit') && !isBrought) fail(`${agent} is ${reason} without a caller with the key ${by}`);
    if (reason === 'unfit') checkUnfit(seen, agent);
    if (reason !== 'used' && reason !== 'inbound') return;
    const ring = ringsOf(seen).find((order) => order.agent === agent) ?? fail(`${agent} is ${reason}, and is not rung`);
    if (reason === 'inbound') checkInbound(seen, agent, ring);
    else if (event?.type === 'caller-joined' && ring.member !== event.join.member)
      fail(`${agent} is held for ${event.join.member} and rung for ${ring.member}`);
  }

  /** The caller who brought the key could not be connected with this agent. */
  function checkUnfit({ event, state, nowMs, downToEngine }: Seen, id: AgentId): void {
    if (event?.type !== 'caller-joined') return;
    const member = state.members.get(event.join.member);
    const agent = state.agents.get(id);
    const service = member && state.servicesOfQueue(member.queue).get(id);
    if (!member || !agent || !service || (member.call && downToEngine.has(member.call.switch))) return;
    const why = holdBetween(
      state,
      { ...agent, phase: { kind: 'idle' }, chats: [] },
      { ...member, needs: state.queueConfigs.get(member.queue)?.skills ?? [] },
      service,
      { nowMs, down: downToEngine },
    );
    if (why !== 'skill' && why !== 'no standby channel here')
      fail(`${id} is held for ${member.id} and not offered: ${why ?? 'nothing speaks against it'}`);
  }

  /** Nobody else was free for him: neither before this step nor after it. */
  function checkInbound({ state, nowMs, downToEngine }: Seen, id: AgentId, ring: RingOrder): void {
    const member = state.members.get(ring.member);
    if (!member) return;
    if (!isCallerAlone(member, ring.offer)) fail(`${id} is held, and is rung for ${member.id}, who is no caller alone`);
    for (const service of state.servicesOfQueue(ring.queue).values()) {
      const other = state.agents.get(service.agent);
      if (other?.phase.kind !== 'idle' || other.readyAtMs > nowMs || !other.status.startsWith('Available')) continue;
      const why = holdBetween(state, other, member, service, { nowMs, down: downToEngine });
      if (why === undefined) fail(`${id} is held and rung for ${member.id}, while ${other.id} is free`);
    }
  }

  /** The key is used up by the caller who brings it, whatever comes of it. */
  function checkKey({ event, answer }: Seen): void {
    if (event?.type !== 'caller-joined' || !answer.ok || answer.resumed === true || event.join.reservation === undefined) return;
    const still = held.get(event.join.reservation);
    if (still) fail(`${event.join.member} has come, and ${still.agent} is held on by ${event.join.reservation}`);
  }

  function checkAnswer({ event, answer, state }: Seen): void {
    if (event?.type !== 'reserve-asked' || !answer.ok) return;
    const id = answer.agent ?? fail('an agent is held and not named');
    const known = held.get(event.by);
    if (known && known.agent !== id) fail(`the key ${event.by} holds ${known.agent} and now ${id}`);
    if (event.agent !== undefined && state.agentNamed(event.agent)?.id !== id) fail(`${id} is held instead of ${event.agent}`);
    held.set(event.by, {
      agent: id,
      isSoft: event.isSoft ?? known?.isSoft ?? false,
      isBare: event.isBare ?? known?.isBare ?? false,
      untilMs: event.untilMs,
    });
  }

  function checkAll(state: AcdState, nowMs: number): void {
    for (const [by, { agent: id, untilMs }] of held) {
      const phase = state.agents.get(id)?.phase;
      if (phase?.kind !== 'reserved' || phase.by !== by) fail(`${id} is held by ${by} and ${JSON.stringify(phase)}`);
      if (untilMs <= nowMs) fail(`${id} is held by ${by} beyond its end`);
    }
    let count = 0;
    for (const { phase } of state.agents.values()) if (phase.kind === 'reserved') count++;
    if (count !== held.size) fail(`${String(count)} agents are held, ${String(held.size)} were asked for`);
  }

  return {
    name,
    saved(seen: Seen): void {
      const before = new Map([...held.values()].map(({ agent, isSoft }) => [agent, isSoft]));
      const ended = endsOf(seen);
      for (const end of ended) checkEnd(seen, end);
      const freed = new Set(ended.map(({ agent }) => agent));
      for (const { agent } of ringsOf(seen)) if (before.has(agent) && !freed.has(agent)) fail(`${agent} is rung while he is held`);
      checkKey(seen);
      checkAnswer(seen);
      checkAll(seen.state, seen.nowMs);
      checkDialled(seen);
    },
    restarted({ state, stored }: Restart): void {
      for (const { id, phase } of stored.agents)
        if (phase.kind === 'reserved' && held.get(phase.by)?.agent !== id) fail(`${id} was held by ${phase.by}, which nobody knows`);
      // who was removed while the process was away is gone with his row
      for (const [by, { agent }] of [...held]) if (!state.agents.has(agent)) held.delete(by);
    },
  };
}

// ------------------------------------------------------------------ answered calls of campaigns

const isDialled = (state: AcdState, id: Member['id']): boolean => state.members.get(id)?.origin === 'dialer';

const connectingOf = (state: AcdState, member: Member): boolean =>
  member.offers.some((id) => ['connecting', 'talking'].includes(state.offers.get(id)?.phase.kind ?? ''));

function checkDialled({ state, effects, nowMs, changes }: Seen): void {
  for (const effect of effects) {
    if ((effect.type === 'music' || effect.type === 'message' || effect.type === 'announce') && isDialled(state, effect.member))
      fail(`${effect.member} is a call of the dialer and hears ${effect.type}`);
    if (effect.type === 'notice' && effect.notice.type === 'member-left' && effect.notice.caller.origin === 'dialer')
      if (['dissuaded', 'overflowed', 'exit-key', 'callback'].includes(effect.notice.reason))
        fail(`${effect.notice.member} is a call of the dialer and leaves by ${effect.notice.reason}`);
  }
  for (const member of state.members.values()) {
    if (member.origin !== 'dialer') continue;
    if (member.phase.kind !== 'waiting' && member.phase.kind !== 'talking')
      fail(`${member.id} is a call of the dialer and ${member.phase.kind}`);
    if (member.presence.kind === 'callback') fail(`${member.id} is a call of the dialer and is to be called back`);
    if (member.phase.kind === 'waiting' && member.giveUpAtMs > 0 && member.giveUpAtMs <= nowMs && !connectingOf(state, member))
      fail(`${member.id} is a call of the dialer and waits ${String(nowMs - member.giveUpAtMs)} ms too long`);
  }
  for (const segment of changes.segments)
    if (segment.kind === 'offer' && segment.origin === undefined && isDialled(state, segment.member))
      fail(`the record of ${segment.offer} does not say that the dialer called`);
}
