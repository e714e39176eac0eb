/**
 * Who gets whom. After each event only the classes concerned are looked at: the best-ranked head among them is
 * offered to the best agent who may serve it, until no head finds an agent. Cost does not depend on how many wait.
 * Nobody goes before a caller whose place is held after a restart (return-hold.ts).
 */
import type { Service } from './acd-state.js';
import type { Pool } from './agent-index.js';
import { startCallback } from './callbacks.js';
import type { QueueConfig } from './config.js';
import type { ClassSpec, Headed, MemberClass } from './member-index.js';
import { fits, missesOf, rarityOf, wantsNow } from './needs.js';
import type { Wants } from './needs.js';
import { makeOffer } from './offers.js';
import { byAgentKey, triesOf } from './order.js';
import type { AgentKey } from './order.js';
import { waitedMs } from './places.js';
import { drawBelow } from './random.js';
import { settle } from './settle.js';
import type { SortedSet } from './sorted-set.js';
import type { Member } from './state.js';
import { opensAfterMs } from './tiers.js';
import type { Strategy } from './words.js';
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
  const best = memberIndex.bestDirty();
  if (!best || !memberIndex.isHeldBack(best)) return best;
  memberIndex.setAside(best);
  return undefined;
}

/** The service by which the best free agent would get this member; undefined when nobody may. */
export function pickAgent(w: World, { spec }: MemberClass, member: Member): Service | undefined {
  const { queue, media, mayTakeHeld } = spec;
  const id = pickFrom(w, spec, member, media) ?? (mayTakeHeld ? pickFrom(w, spec, member, 'soft') : undefined);
  return id === undefined ? undefined : w.servicesOfQueue(queue).get(id);
}

function pickFrom(w: World, { queue, wants, sticky }: ClassSpec, member: Member, pool: Pool): AgentKey['id'] | undefined {
  const personal = member.stickyAgent;
  if (
    personal !== undefined &&
    w.agentIndex.isFree(personal, queue, pool) &&
    isReachable(w, member, personal) &&
    fits(w.configOf(personal).skills, wants)
  )
    return personal;
  return sticky === undefined ? bestOf(w, member, wants, pool)?.key.id : undefined;
}

/** Who is held for a call that is to come: whom a caller of no special wishes would get now, on whatever switch. */
export function bestFree(w: World, queue: QueueConfig): AgentKey['id'] | undefined {
  const seeker: Seeker = { queue: queue.id, media: 'audio', call: 'any', joinedAtMs: w.nowMs, tried: {}, lastTier: undefined };
  return bestOf(w, seeker, wantsNow(queue.skills, 0), 'audio')?.key.id;
}

/** What of a member decides between agents. */
type Seeker = Pick<Member, 'queue' | 'media' | 'joinedAtMs' | 'tried' | 'lastTier'> & { readonly call: Member['call'] | 'any' };

function bestOf(w: World, seeker: Seeker, wants: Wants, pool: Pool): Candidate | undefined {
  const { id, reserveRareSkills } = w.queueOf(seeker.queue);
  if (wants.key === '' && !reserveRareSkills) return bestIn(w, seeker, w.agentIndex.free(id, pool), 0, 0);
  let best: Candidate | undefined;
  for (const { skills, free } of w.agentIndex.groups(id, pool)) {
    if (!fits(skills, wants)) continue;
    const rarity = reserveRareSkills ? rarityOf(skills, wants, w.agentIndex.ownersOf) : 0;
    const found = bestIn(w, seeker, free, missesOf(skills, wants), rarity);
    if (found && (!best || byCandidate(found, best) < 0)) best = found;
  }
  return best;
}

function bestIn(w: World, member: Seeker, free: SortedSet<AgentKey> | undefined, misses: number, rare: number): Candidate | undefined {
  if (!free || free.size === 0) return undefined;
  const queue = w.queueOf(member.queue);
  if (queue.strategy === 'random' && member.media === 'audio') return randomIn(w, member, free, misses, rare);
  const pivot = pivotOf(w, member, queue);
  // nearly always the first one will do: found without the cost of going through them
  const first = pivot ? undefined : free.first();
  if (first && isOpen(w, member, first.level) && isReachable(w, member, first.id) && triesOf(member, first.id) === 0)
    return { key: first, tries: 0, misses, rarity: rare, segment: 1 };
  let best: Candidate | undefined;
  for (const { key, segment } of rotated(free, pivot, queue.strategy)) {
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
function randomIn(w: World, member: Seeker, free: SortedSet<AgentKey>, misses: number, rare: number): Candidate | undefined {
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
export function isReachable(w: World, { call, media }: Pick<Seeker, 'call' | 'media'>, id: AgentKey['id']): boolean {
  if (media !== 'audio' || call === 'any' || w.agentConfigs.get(id)?.type !== 'uuid-standby') return true;
  return w.agents.get(id)?.standby?.switch === call?.switch;
}

function isOpen(w: World, member: Seeker, level: number): boolean {
  const queue = w.queueOf(member.queue);
  if (!queue.tierRulesApply) return true;
  return waitedMs(member, w.nowMs) >= opensAfterMs(queue, level, w.agentIndex.lowestManned(queue.id));
}

/** Where the strategy goes on: round-robin and top-down begin behind the last one offered. */
function pivotOf(w: World, member: Seeker, { id, strategy }: QueueConfig): Member['lastTier'] {
  if (member.media !== 'audio') return undefined; // chats go by the chat policy, whatever the strategy
  if (strategy === 'round-robin') return w.queueRuntime(id).lastTier;
  return strategy === 'top-down' ? member.lastTier : undefined;
}

/** The agents in the strategy's order: those behind the pivot, and then from the start again. */
function* rotated(
  free: SortedSet<AgentKey>,
  pivot: Member['lastTier'],
  strategy: Strategy,
): IterableIterator<{ readonly key: AgentKey; readonly segment: 0 | 1 }> {
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
