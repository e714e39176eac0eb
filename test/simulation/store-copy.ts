/**
 * What a database would hold: fed only by the changes of each step, every row through JSON. A change that the engine
 * does not name is lost in the next restart, as in life.
 */
import type { StoredAcd } from '../../core/acd-ports.js';
import type { AcdState } from '../../core/acd/acd-state.js';
import type { Changes } from '../../core/acd/changes.js';
import type { Segment } from '../../core/acd/records.js';
import type { Agent, Member, Offer, QueueRuntime, SystemState } from '../../core/acd/state.js';

type Rows = Map<string, string>;

export class StoreCopy {
  readonly members: Rows = new Map();
  readonly agents: Rows = new Map();
  readonly offers: Rows = new Map();
  readonly queues: Rows = new Map();
  system: string | undefined;
  readonly segments = new Map<string, Segment>();

  save(state: AcdState, changes: Changes): void {
    put(this.members, state.members, changes.members);
    put(this.agents, state.agents, changes.agents);
    put(this.offers, state.offers, changes.offers);
    put(this.queues, state.queues, changes.queues);
    if (changes.isSystemChanged) this.system = JSON.stringify(state.system);
    for (const segment of changes.segments) this.segments.set(`${segment.kind} ${segment.key}`, segment);
  }

  load(): StoredAcd {
    return {
      members: read<Member>(this.members),
      agents: read<Agent>(this.agents),
      offers: read<Offer>(this.offers),
      queues: read<QueueRuntime>(this.queues),
      system: this.system === undefined ? undefined : (JSON.parse(this.system) as SystemState),
    };
  }

  /** The first row that differs from the engine's memory; undefined: all is stored. */
  difference(state: AcdState): string | undefined {
    return (
      differs('member', this.members, state.members) ??
      differs('agent', this.agents, state.agents) ??
      differs('offer', this.offers, state.offers) ??
      differs('queue', this.queues, state.queues) ??
      this.systemDifference(state)
    );
  }

  /** The serial may be behind, since each thing that has one carries it; but see the restart checker. */
  private systemDifference({ system }: AcdState): string | undefined {
    const stored = this.system === undefined ? undefined : (JSON.parse(this.system) as SystemState);
    const text = (s: SystemState) => JSON.stringify({ ...s, serial: 0 });
    return stored && text(stored) !== text(system) ? `system: ${text(stored)} is stored, ${text(system)} is true` : undefined;
  }
}

function put<K extends string>(rows: Rows, things: ReadonlyMap<K, object>, ids: Iterable<K>): void {
  for (const id of ids) {
    const thing = things.get(id);
    if (thing) rows.set(id, JSON.stringify(thing));
    else rows.delete(id);
  }
}

const read = <T>(rows: Rows): T[] => [...rows.values()].map((text) => JSON.parse(text) as T);

function differs<K extends string>(what: string, rows: Rows, things: ReadonlyMap<K, object>): string | undefined {
  for (const [id, thing] of things) {
    const text = JSON.stringify(thing);
    const stored = rows.get(id);
    if (stored !== text) return `${what} ${id}: ${stored ?? 'nothing'} is stored, ${text} is true`;
  }
  for (const id of rows.keys()) if (!things.has(id as K)) return `${what} ${id} is stored, but gone`;
  return undefined;
}
