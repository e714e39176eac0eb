/** B5: a restart changes no place, no status and no deadline that was stored; nobody is offered twice. */
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { StoredAcd } from '../../../core/acd-ports.js';
import type { MemberId } from '../../../core/acd/ids.js';
import type { Checker, Restart, Seen } from '../checker.js';
import { Violation } from '../violation.js';

const name = 'restart';

/** Waiting members in their order: rank, then serial. */
function orderOf(members: Iterable<{ id: string; rank: number; serial: number; phase: { kind: string } }>): string[] {
  return [...members]
    .filter(({ phase }) => phase.kind !== 'talking' && phase.kind !== 'abandoned')
    .sort((a, b) => a.rank - b.rank || a.serial - b.serial)
    .map(({ id }) => id);
}

function checkMembers(state: AcdState, stored: StoredAcd): void {
  for (const before of stored.members) {
    const now = state.members.get(before.id);
    if (!now) throw new Violation(name, `member ${before.id} is lost`);
    const facts = (m: typeof now) =>
      JSON.stringify([
        m.queue,
        m.joinedAtMs,
        m.enteredAtMs,
        m.visit,
        m.serial,
        m.priority,
        m.baseScoreS,
        m.offers,
        m.tried,
        m.giveUpAtMs,
        m.phase,
      ]);
    if (facts(before) !== facts(now)) throw new Violation(name, `member ${before.id} was ${facts(before)}, is ${facts(now)}`);
  }
  if (state.members.size !== stored.members.length) throw new Violation(name, 'there are members that nobody stored');
  const before = orderOf(stored.members).join(' ');
  const now = orderOf(state.members.values()).join(' ');
  if (before !== now) throw new Violation(name, `the order was ${before}, is ${now}`);
}

function checkAgents(state: AcdState, stored: StoredAcd): void {
  for (const before of stored.agents) {
    const now = state.agents.get(before.id);
    if (!now) {
      if (state.agentConfigs.has(before.id)) throw new Violation(name, `agent ${before.id} is lost`);
      continue;
    }
    const facts = (a: typeof now) =>
      JSON.stringify([
        a.status,
        a.statusSinceMs,
        a.pauseReason,
        a.phase,
        a.chats,
        a.readyAtMs,
        a.callsAnswered,
        a.talkMs,
        a.lastBridgeEndMs,
        a.standby,
        a.contactOverride,
      ]);
    if (facts(before) !== facts(now)) throw new Violation(name, `agent ${before.id} was ${facts(before)}, is ${facts(now)}`);
  }
}

/** What comes after a restart is later in every order than what came before. */
function checkSerial(state: AcdState): void {
  const { serial } = state.system;
  for (const member of state.members.values())
    if (member.serial > serial)
      throw new Violation(name, `the next serial is ${String(serial + 1)}, member ${member.id} has ${String(member.serial)}`);
  for (const agent of state.agents.values())
    if (Math.abs(agent.idleOrder) > serial)
      throw new Violation(
        name,
        `the next serial is ${String(serial + 1)}, agent ${agent.id} has the idle order ${String(agent.idleOrder)}`,
      );
}

export function createRestartChecker(): Checker {
  /** callers whose sessions died with the process and who have not come back */
  const absent = new Set<MemberId>();
  return {
    name,
    saved({ event, answer, effects }: Seen): void {
      if (event?.type === 'caller-joined' && answer.ok && answer.member !== undefined) absent.delete(answer.member);
      for (const effect of effects)
        if (effect.type === 'ring' && absent.has(effect.order.member))
          throw new Violation(
            name,
            `${effect.order.member} has not come back since the restart, and ${effect.order.agent} is rung for him`,
          );
    },
    restarted({ state, stored, isSameConfig }: Restart): void {
      absent.clear();
      for (const { id, media, phase } of stored.members) if (media === 'audio' && phase.kind !== 'talking') absent.add(id);
      checkSerial(state);
      const isWhole = stored.offers.every(({ agent, queue }) => state.agentConfigs.has(agent) && state.queueConfigs.has(queue));
      // what was removed and only had its last call to end is gone now
      if (!isSameConfig || !isWhole || stored.queues.some(({ isDraining }) => isDraining)) return;
      checkMembers(state, stored);
      checkAgents(state, stored);
      const offers = stored.offers.map(({ id }) => id).sort();
      const now = [...state.offers.keys()].sort();
      if (JSON.stringify(offers) !== JSON.stringify(now))
        throw new Violation(name, `offers were ${offers.join(' ')}, are ${now.join(' ')}`);
    },
  };
}
