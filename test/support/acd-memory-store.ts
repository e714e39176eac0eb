/** The queue engine's store in memory, which goes away, hangs, refuses or belongs to another as a test wants. */
import type { AcdBatch, FencedAcdStore, StoredAcd } from '../../core/acd-ports.js';
import { TandemError } from '../../core/errors.js';
import type { Segment } from '../../core/acd/records.js';
import type { FeedEvent } from '../../core/feed-ports.js';

export interface MemoryAcdStore extends FencedAcdStore {
  /** `hangs`: saves begin and do not end until `letGo`, as the mode is then */
  mode: 'up' | 'down' | 'hangs';
  /** rows for which a save is refused for good: their ids, or keys of segments */
  refuses: (id: string) => boolean;
  /** the lease's: a save under an older one is another's */
  fence: number;
  readonly things: Record<'members' | 'agents' | 'offers' | 'queues', Map<string, unknown>>;
  readonly kept: Map<string, Segment>;
  readonly events: Map<number, FeedEvent>;
  /** each batch that took effect */
  readonly saved: AcdBatch[];
  /** saves that have begun and not ended */
  open(): number;
  letGo(): void;
}

export function createMemoryAcdStore(): MemoryAcdStore {
  let system: StoredAcd['system'];
  let savedFence = 0;
  let hanging: (() => void)[] = [];
  const copy = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

  function take(batch: AcdBatch, fence: number): void {
    if (fence < store.fence) throw new TandemError('TDM_STANDBY', ['test']);
    savedFence = fence;
    for (const kind of ['members', 'agents', 'offers', 'queues'] as const)
      for (const [id, thing] of batch[kind]) {
        if (thing === undefined) store.things[kind].delete(id);
        else store.things[kind].set(id, copy(thing));
      }
    system = copy(batch.system) ?? system;
    for (const segment of batch.segments) if (!store.kept.has(segment.key)) store.kept.set(segment.key, copy(segment));
    for (const event of batch.events) if (!store.events.has(event.seq)) store.events.set(event.seq, copy(event));
    store.saved.push(batch);
  }

  const store: MemoryAcdStore = {
    mode: 'up',
    refuses: () => false,
    fence: 0,
    things: { members: new Map(), agents: new Map(), offers: new Map(), queues: new Map() },
    kept: new Map(),
    events: new Map(),
    saved: [],
    open: () => hanging.length,
    letGo() {
      const all = hanging;
      hanging = [];
      for (const go of all) go();
    },
    async save(batch, fence) {
      if (store.mode === 'hangs') await new Promise<void>((resolve) => hanging.push(resolve));
      if (store.mode === 'down') throw new TandemError('TDM_STORE_DOWN', ['test']);
      if (idsOf(batch).some((id) => store.refuses(id))) throw new TandemError('TDM_BAD_VALUE', ['database', 'test']);
      take(batch, fence);
    },
    load: () => {
      if (store.mode === 'down') return Promise.reject(new TandemError('TDM_STORE_DOWN', ['test']));
      const all = (kind: keyof MemoryAcdStore['things']) => copy([...store.things[kind].values()]) as never;
      const things = { members: all('members'), agents: all('agents'), offers: all('offers'), queues: all('queues'), system };
      return Promise.resolve({ ...things, lastSeq: Math.max(0, ...store.events.keys()) });
    },
    savedFence: () => (store.mode === 'down' ? Promise.reject(new TandemError('TDM_STORE_DOWN', ['test'])) : Promise.resolve(savedFence)),
    segments: () => Promise.resolve([...store.kept.values()]),
  };
  return store;
}

const idsOf = ({ members, agents, offers, queues, segments }: AcdBatch): string[] => [
  ...[members, agents, offers, queues].flatMap((things) => [...things.keys()]),
  ...segments.map(({ key }) => key),
];
