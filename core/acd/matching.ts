/**
 * Who gets whom. After each event only the classes concerned are looked at: the best-ranked head among them is
 * offered to the best agent who may serve it, until no head finds an agent. Cost does not depend on how many wait.
 * Nobody goes before a caller whose place is held after a restart (return-hold.ts).
 */
import type { Service } from './acd-state.js';
import { startCallback } from './callbacks.js';
import { isBefore } from './member-index.js';
import type { Headed, MemberClass } from './member-index.js';
import { fits, missesOf, rarityOf } from './needs.js';
import type { Skills } from './needs.js';
import { makeOffer } from './offers.js';
import { byAgentKey, triesOf } from './order.js';
import type { AgentKey } from './order.js';
import { waitedMs } from './places.js';
import { drawBelow } from './random.js';
import { settle } from './settle.js';
import type { SortedSet } from './sorted-set.js';
import type { Member } from './state.js';
import { opensAfterMs } from './tiers.js';
import type { World } from './world.js';

/** An agent found for a member; compared by these, smaller first. */
interface Candidate {
  readonly key: AgentKey;
  readonly tries: number;
  readonly misses: number;
  readonly rarity: number;
  /** 0: behind the last one offered, in strategies that go round; 1: from the start again */
  readonly segment: 0 | 1;
}

const byCandidate = (a: Candidate, b: Candidate): number =>
  a.tries - b.tries || a.misses - b.misses || a.rarity - b.rarity || a.segment - b.segment || byAgentKey(a.key, b.key);

export function match(w: World): void {
  const { dirty } = w.memberIndex;
  for (let best = nextHead(w); best; best = nextHead(w)) {
    const { cls, head } = best;
    const member = w.memberOf(head.id);
    if (cls.spec.isCallback) {
      if (!startCallback(w, member, freeAgents(w, cls, member))) dirty.delete(cls);
      else settle(w);
      continue;
    }
    const service = pickAgent(w, cls, member);
    if (!service) {
      dirty.delete(cls);
      continue;
    }
    makeOffer(w, member, service);
    settle(w);
  }
}

/** The best-ranked head to look at; undefined: none, or somebody is held before all of them. */
function nextHead({ memberIndex }: World): Headed | undefined {
  memberIndex.takeUp();
  const best = bestClass(memberIndex.dirty);
  if (!best || !memberIndex.isHeldBack(best)) return best;
  memberIndex.setAside(best);
  return undefined;
}

function bestClass(dirty: Set<MemberClass>): Headed | undefined {
  let best: Headed | undefined;
  for (const cls of dirty) {
    const head = cls.waiting.first();
    if (!head) dirty.delete(cls);
    else if (!best || isBefore({ cls, head }, best)) best = { cls, head };
  }
  return best;
}

/** The service by which the best free agent would get this member; undefined when nobody may. */
export function pickAgent(w: World, cls: MemberClass, member: Member): Service | undefined {
  const { queue, media, wants, sticky } = cls.spec;
  const serving = w.servicesOfQueue(queue);
  const personal = member.stickyAgent;
  if (
    personal !== undefined &&
    w.agentIndex.isFree(personal, queue, media) &&
    isReachable(w, member, personal) &&
    fits(w.configOf(personal).skills, wants)
  )
    return serving.get(personal);
  if (sticky !== undefined) return undefined;
  const isPlain = wants.key === '' && !w.queueOf(queue).reserveRareSkills;
  const best = isPlain ? bestIn(w, member, w.agentIndex.free(queue, media), 0, 0) : bestOfGroups(w, cls, member);
  return best && serving.get(best.key.id);
}

function bestOfGroups(w: World, cls: MemberClass, member: Member): Candidate | undefined {
  const { queue, media, wants } = cls.spec;
  let best: Candidate | undefined;
  for (const { skills, free } of w.agentIndex.groups(queue, media)) {
    if (!fits(skills, wants)) continue;
    const found = bestIn(w, member, free, missesOf(skills, wants), rarity(w, cls, skills));
    if (found && (!best || byCandidate(found, best) < 0)) best = found;
  }
  return best;
}

function rarity(w: World, { spec }: MemberClass, skills: Skills): number {
  return w.queueOf(spec.queue).reserveRareSkills ? rarityOf(skills, spec.wants, w.agentIndex.ownersOf) : 0;
}

function bestIn(w: World, member: Member, free: SortedSet<AgentKey> | undefined, misses: number, rare: number): Candidate | undefined {
  if (!free || free.size === 0) return undefined;
  const queue = w.queueOf(member.queue);
  if (queue.strategy === 'random' && member.media === 'audio') return randomIn(w, member, free, misses, rare);
  let best: Candidate | undefined;
  for (const { key, segment } of rotated(w, member, free)) {
    if (!isOpen(w, member, key.level)) {
      if (segment === 1) break; // higher levels open later still
      continue;
    }
    if (!isReachable(w, member, key.id)) continue;
    const found: Candidate = { key, tries: triesOf(member, key.id), misses, rarity: rare, segment };
    if (found.tries === 0) return found;
    if (!best || byCandidate(found, best) < 0) best = found;
  }
  return best;
}

/** Drawn among the free agents of the lowest level that were tried least. */
function randomIn(w: World, member: Member, free: SortedSet<AgentKey>, misses: number, rare: number): Candidate | undefined {
  let lowest: Candidate[] = [];
  for (const key of free.from()) {
    if (!isOpen(w, member, key.level)) break;
    if (!isReachable(w, member, key.id)) continue;
    const found: Candidate = { key, tries: triesOf(member, key.id), misses, rarity: rare, segment: 0 };
    const [first] = lowest;
    const order = first ? found.tries - first.tries || key.level - first.key.level : 0;
    if (order < 0) lowest = [found];
    else if (order === 0) lowest.push(found);
  }
  return lowest.length > 1 ? lowest[drawBelow(w, lowest.length)] : lowest[0];
}

/** A standby agent's open channel can only be joined with a caller of the same switch. */
export function isReachable(w: World, { call, media }: Member, id: AgentKey['id']): boolean {
  if (media !== 'audio' || w.agentConfigs.get(id)?.type !== 'uuid-standby') return true;
  return w.agents.get(id)?.standby?.switch === call?.switch;
}

function isOpen(w: World, member: Member, level: number): boolean {
  const queue = w.queueOf(member.queue);
  if (!queue.tierRulesApply) return true;
  return waitedMs(member, w.nowMs) >= opensAfterMs(queue, level, w.agentIndex.lowestManned(queue.id));
}

/** The agents in the strategy's order: round-robin and top-down begin behind the last one offered and then start again. */
function* rotated(
  w: World,
  member: Member,
  free: SortedSet<AgentKey>,
): IterableIterator<{ readonly key: AgentKey; readonly segment: 0 | 1 }> {
  const { strategy, id } = w.queueOf(member.queue);
  // chats go by the chat policy, whatever the strategy
  const isCall = member.media === 'audio';
  const pivot = !isCall
    ? undefined
    : strategy === 'round-robin'
      ? w.queueRuntime(id).lastTier
      : strategy === 'top-down'
        ? member.lastTier
        : undefined;
  if (pivot) {
    const { level, position } = pivot;
    for (const key of free.from({ level, first: position, second: Infinity, position: Infinity, id: '\uffff' as AgentKey['id'] })) {
      // round-robin goes on in the level of the last offer, top-down also to higher levels (freeswitch-callcenter 5)
      if (strategy === 'round-robin' && key.level !== level) break;
      yield { key, segment: 0 };
    }
  }
  for (const key of free.from()) yield { key, segment: 1 };
}

/** Free agents that could take this member: as many callbacks may be dialled at once (user-needs 14). */
function freeAgents(w: World, cls: MemberClass, member: Member): number {
  let free = 0;
  for (const group of w.agentIndex.groups(cls.spec.queue, 'audio')) {
    if (!fits(group.skills, cls.spec.wants)) continue;
    for (const { level } of group.free.from()) if (isOpen(w, member, level)) free++;
  }
  return free;
}
