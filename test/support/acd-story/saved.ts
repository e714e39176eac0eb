/**
 * What a store would hold: the rows named by `changes`, as JSON. After every step it must equal the engine's memory,
 * so that a change which was not named is found at once and not at the next crash (B5).
 */
import assert from 'node:assert/strict';
import type { AcdState } from '../../../core/acd/acd-state.js';
import type { Changes } from '../../../core/acd/changes.js';
import type { Segment } from '../../../core/acd/records.js';
import type { StoredAcd } from '../../../core/acd-ports.js';

type Kind = 'members' | 'agents' | 'offers' | 'queues';
const kinds: readonly Kind[] = ['members', 'agents', 'offers', 'queues'];

export class Saved {
  readonly segments: Segment[] = [];
  private readonly rows: Readonly<Record<Kind, Map<string, string>>> = {
    members: new Map(),
    agents: new Map(),
    offers: new Map(),
    queues: new Map(),
  };
  private system: string | undefined;

  take(changes: Changes, state: AcdState): void {
    for (const kind of kinds)
      for (const id of changes[kind] as Iterable<string>) {
        const row = (state[kind] as ReadonlyMap<string, unknown>).get(id);
        if (row === undefined) this.rows[kind].delete(id);
        else this.rows[kind].set(id, JSON.stringify(row));
      }
    if (changes.isSystemChanged) this.system = JSON.stringify(state.system);
    for (const segment of changes.segments) {
      const twice = this.segments.some((old) => old.kind === segment.kind && old.key === segment.key);
      assert.ok(!twice, `segment ${segment.kind} ${segment.key} is written twice`);
      this.segments.push(segment);
    }
    this.check(state);
  }

  /** Rows come back in the reverse of their order: no order of rows may be relied on (D-03). */
  load(): StoredAcd {
    const all = <K extends Kind>(kind: K) =>
      [...this.rows[kind].values()].map((text) => JSON.parse(text) as StoredAcd[K][number]).reverse() as unknown as StoredAcd[K];
    return {
      members: all('members'),
      agents: all('agents'),
      offers: all('offers'),
      queues: all('queues'),
      system: this.system === undefined ? undefined : (JSON.parse(this.system) as NonNullable<StoredAcd['system']>),
      lastTalks: this.segments.flatMap((segment) =>
        segment.kind === 'visit' && segment.reason === 'answered' && segment.agent !== undefined
          ? [{ number: segment.number, agent: segment.agent, atMs: segment.leftAtMs }]
          : [],
      ),
    };
  }

  private check(state: AcdState): void {
    for (const kind of kinds) {
      const live = new Map([...(state[kind] as ReadonlyMap<string, unknown>)].map(([id, row]) => [id, JSON.stringify(row)]));
      for (const [id, text] of live) assert.equal(this.rows[kind].get(id), text, `${kind} ${id} was changed and not saved`);
      for (const id of this.rows[kind].keys()) assert.ok(live.has(id), `${kind} ${id} is saved and does not exist`);
    }
  }
}
