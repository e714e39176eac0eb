/** Free agents of each queue in the order of its strategy, grouped by skills, and who is there at all. */
import type { AgentId, QueueId } from './ids.js';
import type { Skills } from './needs.js';
import type { AgentNews } from './notices.js';
import { byAgentKey, sameAgentKey } from './order.js';
import type { AgentKey } from './order.js';
import { SortedSet } from './sorted-set.js';
import type { Media } from './words.js';

/** Free agents with the same skills. */
export interface FreeGroup {
  readonly skills: Skills;
  readonly free: SortedSet<AgentKey>;
}

/** How far an agent is there: the rules of B20. */
export interface Attendance {
  readonly isLoggedIn: boolean;
  readonly isAvailable: boolean;
  readonly isRegistered: boolean;
}

export const nowhere: Attendance = { isLoggedIn: false, isAvailable: false, isRegistered: false };

/** Free for calls, for chats, or held softly for a call of the dialer: free for callers who find nobody else (B45). */
export type Pool = Media | 'soft';

/** One queue in which the agent is free now. */
export interface FreePlace {
  readonly queue: QueueId;
  readonly pool: Pool;
  readonly key: AgentKey;
}

interface Served {
  readonly queue: QueueId;
  readonly level: number;
}

interface QueueAgents {
  readonly all: Record<Pool, SortedSet<AgentKey>>;
  /** those of `all` by their skills; undefined until somebody asks: most queues want no skills */
  readonly groups: Record<Pool, Map<string, FreeGroup> | undefined>;
  readonly manned: Map<number, number>;
  loggedIn: number;
  available: number;
  registered: number;
}

/** Where the agent belongs now. */
export interface AgentPlace {
  readonly attendance: Attendance;
  readonly served: readonly Served[];
  readonly places: readonly FreePlace[];
  readonly signature: string;
  readonly skills: Skills;
}

const noPlaces: readonly FreePlace[] = [];
const noQueues: readonly QueueId[] = [];

export class AgentIndex {
  private readonly entries = new Map<AgentId, AgentPlace>();
  private readonly queues = new Map<QueueId, QueueAgents>();
  private readonly owners = new Map<string, number>();
  /** last news told of each agent */
  readonly told = new Map<AgentId, AgentNews>();

  /** All free agents of a queue in order; undefined when there is none. */
  free(queue: QueueId, pool: Pool): SortedSet<AgentKey> | undefined {
    return this.queues.get(queue)?.all[pool];
  }

  groups(queue: QueueId, pool: Pool): Iterable<FreeGroup> {
    const agents = this.queues.get(queue);
    return agents ? (agents.groups[pool] ??= this.grouped(agents.all[pool])).values() : [];
  }

  private grouped(free: SortedSet<AgentKey>): Map<string, FreeGroup> {
    const groups = new Map<string, FreeGroup>();
    for (const key of free.from()) {
      const entry = this.entries.get(key.id);
      if (entry) addTo(groups, entry, key);
    }
    return groups;
  }

  placesOf(agent: AgentId): readonly FreePlace[] {
    return this.entries.get(agent)?.places ?? noPlaces;
  }

  counts(queue: QueueId): { readonly loggedIn: number; readonly available: number; readonly registered: number } {
    return this.queues.get(queue) ?? { loggedIn: 0, available: 0, registered: 0 };
  }

  lowestManned(queue: QueueId): number | undefined {
    const manned = this.queues.get(queue)?.manned;
    return manned?.size ? Math.min(...manned.keys()) : undefined;
  }

  /** logged-in agents that have the skill */
  ownersOf = (skill: string): number => this.owners.get(skill) ?? 0;

  isFree(agent: AgentId, queue: QueueId, pool: Pool): boolean {
    return this.placesOf(agent).some((place) => place.queue === queue && place.pool === pool);
  }

  /**
   * Put the agent where it belongs now. `gained` has the queues in which it became free or moved in the order,
   * `attended` those whose attendance changed.
   */
  place(id: AgentId, wanted: AgentPlace | undefined): { readonly gained: readonly QueueId[]; readonly attended: readonly QueueId[] } {
    const old = this.entries.get(id);
    const attended = this.attend(old, wanted);
    let gained: QueueId[] | undefined;
    const isRegrouped = old?.signature !== wanted?.signature;
    for (const place of old?.places ?? noPlaces)
      if (isRegrouped || !findSame(wanted?.places, place)) this.takeOut(place, old?.signature ?? '');
    for (const place of wanted?.places ?? noPlaces) {
      if (!isRegrouped && findSame(old?.places, place)) continue;
      if (wanted) this.putIn(place, wanted);
      (gained ??= []).push(place.queue);
    }
    if (wanted) this.entries.set(id, wanted);
    else this.entries.delete(id);
    return { gained: gained ?? noQueues, attended };
  }

  private attend(old: AgentPlace | undefined, wanted: AgentPlace | undefined): readonly QueueId[] {
    const was = old?.attendance ?? nowhere;
    const now = wanted?.attendance ?? nowhere;
    const isSame =
      was.isLoggedIn === now.isLoggedIn &&
      was.isAvailable === now.isAvailable &&
      was.isRegistered === now.isRegistered &&
      old?.served === wanted?.served &&
      old?.skills === wanted?.skills;
    if (isSame) return noQueues;
    if (old) this.count(old, -1);
    if (wanted) this.count(wanted, 1);
    return [...new Set([...(old?.served ?? []), ...(wanted?.served ?? [])].map(({ queue }) => queue))];
  }

  private count({ attendance, served, skills }: AgentPlace, by: 1 | -1): void {
    for (const { queue, level } of served) {
      const agents = this.queueAgents(queue);
      if (attendance.isLoggedIn) {
        agents.loggedIn += by;
        const manned = (agents.manned.get(level) ?? 0) + by;
        if (manned === 0) agents.manned.delete(level);
        else agents.manned.set(level, manned);
      }
      if (attendance.isAvailable) agents.available += by;
      if (attendance.isRegistered) agents.registered += by;
    }
    if (attendance.isLoggedIn) for (const skill of skills.keys()) this.owners.set(skill, (this.owners.get(skill) ?? 0) + by);
  }

  private putIn({ queue, pool, key }: FreePlace, wanted: AgentPlace): void {
    const agents = this.queueAgents(queue);
    agents.all[pool].add(key);
    const groups = agents.groups[pool];
    if (groups) addTo(groups, wanted, key);
  }

  private takeOut({ queue, pool, key }: FreePlace, signature: string): void {
    const agents = this.queueAgents(queue);
    agents.all[pool].delete(key);
    const group = agents.groups[pool]?.get(signature);
    group?.free.delete(key);
    if (group?.free.size === 0) agents.groups[pool]?.delete(signature);
  }

  private queueAgents(id: QueueId): QueueAgents {
    let agents = this.queues.get(id);
    if (!agents) {
      agents = {
        all: { audio: new SortedSet(byAgentKey), chat: new SortedSet(byAgentKey), soft: new SortedSet(byAgentKey) },
        groups: { audio: undefined, chat: undefined, soft: undefined },
        manned: new Map(),
        loggedIn: 0,
        available: 0,
        registered: 0,
      };
      this.queues.set(id, agents);
    }
    return agents;
  }

  /** A queue that does not exist any more. */
  forgetQueue(id: QueueId): void {
    this.queues.delete(id);
  }
}

function addTo(groups: Map<string, FreeGroup>, { signature, skills }: AgentPlace, key: AgentKey): void {
  let group = groups.get(signature);
  if (!group) groups.set(signature, (group = { skills, free: new SortedSet(byAgentKey) }));
  group.free.add(key);
}

function findSame(places: readonly FreePlace[] | undefined, wanted: FreePlace): boolean {
  if (!places) return false;
  for (const place of places)
    if (place.queue === wanted.queue && place.pool === wanted.pool && sameAgentKey(place.key, wanted.key)) return true;
  return false;
}
