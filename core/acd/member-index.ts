/**
 * Waiting members, found without looking at the others. Those whom the same agents may serve are one class, in
 * order; so a freed agent looks at the heads of the classes of the agent's queues, however many wait behind them.
 */
import { CallIndex } from './call-index.js';
import type { AgentId, MemberId, QueueId, SwitchId } from './ids.js';
import type { Wants } from './needs.js';
import { byMemberKey, sameMemberKey } from './order.js';
import type { MemberKey } from './order.js';
import { SortedSet } from './sorted-set.js';
import type { Member } from './state.js';
import type { Media } from './words.js';

/** What decides which agents may serve a member now. */
export interface ClassSpec {
  readonly queue: QueueId;
  readonly media: Media;
  readonly wants: Wants;
  /** how many tier levels its waiting time has opened */
  readonly tierStage: number;
  /** that agent alone */
  readonly sticky: AgentId | undefined;
  /** the caller's switch: a standby agent's open channel must be on the same one */
  readonly switch: SwitchId | undefined;
  /** wants to be called back: takes no agent yet */
  readonly isCallback: boolean;
  /** when nobody is free, an agent who is held softly is (B45) */
  readonly mayTakeHeld: boolean;
}

export interface MemberClass {
  readonly spec: ClassSpec;
  readonly waiting: SortedSet<MemberKey>;
}

const classText = (spec: ClassSpec): string =>
  `${spec.media}|${spec.wants.key}|${spec.tierStage}|${spec.sticky ?? ''}|${spec.switch ?? ''}|${spec.isCallback ? 'c' : ''}${spec.mayTakeHeld ? '' : 'n'}`;

/** The same class, without its text. The queue is compared apart. */
const isSameSpec = (a: ClassSpec, b: ClassSpec): boolean =>
  a.media === b.media &&
  a.wants.key === b.wants.key &&
  a.tierStage === b.tierStage &&
  a.sticky === b.sticky &&
  a.switch === b.switch &&
  a.isCallback === b.isCallback &&
  a.mayTakeHeld === b.mayTakeHeld;

/** Where the member belongs now. */
export interface MemberPlace {
  readonly queue: QueueId;
  readonly key: MemberKey;
  /** waits for an agent, in whatever way: counts for positions and sizes */
  readonly isWaiting: boolean;
  /** really in the queue: neither welcome nor dissuading message is on */
  readonly isQueued: boolean;
  /** undefined: may not be offered at the moment */
  readonly spec: ClassSpec | undefined;
  readonly isDialling: boolean;
  /** waits on the line or to be called back, by his own wish */
  readonly isCaller: boolean;
  /** is away since the restart and holds back who ranks behind, see return-hold.ts */
  readonly isHeld: boolean;
}

/** A class with the first of its members. */
export interface Headed {
  readonly cls: MemberClass;
  readonly head: MemberKey;
}

interface QueueMembers {
  readonly all: Set<MemberId>;
  readonly order: SortedSet<MemberKey>;
  readonly classes: Map<string, MemberClass>;
  /** the one asked for last: of most queues the only one */
  last: MemberClass | undefined;
  dialling: number;
  callers: number;
  queued: number;
}

interface Entry {
  readonly place: MemberPlace;
  readonly cls: MemberClass | undefined;
}

/** An agent who could take both takes any call before any chat (opensips-call-center 8.4). */
function isBefore(cls: MemberClass, head: MemberKey, other: MemberClass, otherHead: MemberKey): boolean {
  const isCall = cls.spec.media === 'audio';
  return isCall === (other.spec.media === 'audio') ? byMemberKey(head, otherHead) < 0 : isCall;
}

const noMembers: ReadonlySet<MemberId> = new Set();

export class MemberIndex {
  readonly byCall = new CallIndex();
  /** classes that have to be looked at: a member came, or an agent */
  readonly dirty = new Set<MemberClass>();
  /** keys of those who are held, over all queues */
  readonly held = new SortedSet<MemberKey>(byMemberKey);
  /** classes that need no look while somebody is held before them: at most as many as there are classes */
  private readonly aside = new Set<MemberClass>();
  private firstAside: Headed | undefined;
  private queuedTotal = 0;
  private readonly entries = new Map<MemberId, Entry>();
  private readonly queues = new Map<QueueId, QueueMembers>();
  /** open callbacks and abandoned members, by queue and number */
  private readonly numbers = new Map<string, Set<MemberId>>();

  /** Members that wait in a queue. */
  ofQueue(queue: QueueId): ReadonlySet<MemberId> {
    return this.queues.get(queue)?.all ?? noMembers;
  }

  orderOf(queue: QueueId): SortedSet<MemberKey> | undefined {
    return this.queues.get(queue)?.order;
  }

  dialling(queue: QueueId): number {
    return this.queues.get(queue)?.dialling ?? 0;
  }

  /** who wait by their own wish for somebody to talk to */
  callers(queue: QueueId): number {
    return this.queues.get(queue)?.callers ?? 0;
  }

  /** members really in the queue; of the whole system without a name */
  queued(queue?: QueueId): number {
    return queue === undefined ? this.queuedTotal : (this.queues.get(queue)?.queued ?? 0);
  }

  classesOf(queue: QueueId): Iterable<MemberClass> {
    return this.queues.get(queue)?.classes.values() ?? [];
  }

  markQueue(queue: QueueId): void {
    for (const cls of this.classesOf(queue)) this.dirty.add(cls);
  }

  /** The dirty class whose head comes before those of the others; emptied ones are dirty no more. */
  bestDirty(): Headed | undefined {
    let best: MemberClass | undefined;
    let first: MemberKey | undefined;
    for (const cls of this.dirty) {
      const head = cls.waiting.first();
      if (!head) this.dirty.delete(cls);
      else if (!best || !first || isBefore(cls, head, best, first)) [best, first] = [cls, head];
    }
    return best && first && { cls: best, head: first };
  }

  /** All classes that were to be looked at rank behind a held member; `first` is the best head of them. */
  setAside(first: Headed): void {
    for (const cls of this.dirty) this.aside.add(cls);
    this.dirty.clear();
    const aside = this.firstAside;
    if (!aside || isBefore(first.cls, first.head, aside.cls, aside.head)) this.firstAside = first;
  }

  /** Looks again at what was set aside, unless all of it still ranks behind the first held member. */
  takeUp(): void {
    if (!this.firstAside || this.isHeldBack(this.firstAside)) return;
    for (const cls of this.aside) this.dirty.add(cls);
    this.aside.clear();
    this.firstAside = undefined;
  }

  isHeldBack({ cls, head }: Headed): boolean {
    const held = this.held.first(); // a call, always
    return held !== undefined && (cls.spec.media === 'chat' || byMemberKey(held, head) < 0);
  }

  /** Put the member where it belongs now; undefined: nowhere. */
  place(id: MemberId, place: MemberPlace | undefined): void {
    const old = this.entries.get(id);
    if (old && place && this.isUnmoved(old, place)) return;
    if (old) this.takeOut(id, old);
    // one callback under way fewer: the next may be dialled
    if (old?.place.isDialling && !place?.isDialling) this.markQueue(old.place.queue);
    if (!place) return;
    const queue = this.queueMembers(place.queue);
    if (place.isWaiting) {
      queue.all.add(id);
      queue.order.add(place.key);
    }
    if (place.isDialling) queue.dialling++;
    if (place.isCaller) queue.callers++;
    if (place.isHeld) this.held.add(place.key);
    this.countQueued(queue, place, 1);
    const cls = place.spec && this.classOf(queue, place.spec);
    if (cls) {
      cls.waiting.add(place.key);
      this.dirty.add(cls);
    }
    this.entries.set(id, { place, cls });
  }

  rememberNumber(member: Member): void {
    if (member.number === '') return;
    const text = `${member.queue} ${member.number}`;
    const ids = this.numbers.get(text);
    if (ids) ids.add(member.id);
    else this.numbers.set(text, new Set([member.id]));
  }

  forgetNumber(member: Member, queue: QueueId = member.queue): void {
    const text = `${queue} ${member.number}`;
    const ids = this.numbers.get(text);
    ids?.delete(member.id);
    if (ids?.size === 0) this.numbers.delete(text);
  }

  /** Open callbacks and abandoned members of this number in this queue. */
  withNumber(queue: QueueId, number: string): Iterable<MemberId> {
    return this.numbers.get(`${queue} ${number}`) ?? [];
  }

  private countQueued(queue: QueueMembers, { isQueued }: MemberPlace, by: 1 | -1): void {
    if (!isQueued) return;
    queue.queued += by;
    this.queuedTotal += by;
  }

  private isUnmoved(old: Entry, place: MemberPlace): boolean {
    const was = old.place;
    if (
      was.queue !== place.queue ||
      was.isWaiting !== place.isWaiting ||
      was.isQueued !== place.isQueued ||
      was.isDialling !== place.isDialling ||
      was.isCaller !== place.isCaller ||
      was.isHeld !== place.isHeld
    )
      return false;
    if (!sameMemberKey(was.key, place.key)) return false;
    if (!was.spec || !place.spec) return was.spec === place.spec;
    return isSameSpec(was.spec, place.spec);
  }

  private takeOut(id: MemberId, { place, cls }: Entry): void {
    const queue = this.queueMembers(place.queue);
    queue.all.delete(id);
    queue.order.delete(place.key);
    if (place.isDialling) queue.dialling--;
    if (place.isCaller) queue.callers--;
    if (place.isHeld) this.held.delete(place.key);
    this.countQueued(queue, place, -1);
    if (cls) {
      cls.waiting.delete(place.key);
      if (cls.waiting.size === 0) {
        queue.classes.delete(classText(cls.spec));
        if (queue.last === cls) queue.last = undefined;
        this.dirty.delete(cls);
        this.aside.delete(cls);
      }
    }
    this.entries.delete(id);
    if (queue.all.size === 0 && queue.classes.size === 0 && queue.dialling === 0) this.queues.delete(place.queue);
  }

  private queueMembers(id: QueueId): QueueMembers {
    let queue = this.queues.get(id);
    if (!queue) {
      queue = {
        all: new Set(),
        order: new SortedSet(byMemberKey),
        classes: new Map(),
        last: undefined,
        dialling: 0,
        callers: 0,
        queued: 0,
      };
      this.queues.set(id, queue);
    }
    return queue;
  }

  private classOf(queue: QueueMembers, spec: ClassSpec): MemberClass {
    const { last } = queue;
    if (last && isSameSpec(last.spec, spec)) return last;
    const text = classText(spec);
    let cls = queue.classes.get(text);
    if (!cls) {
      cls = { spec, waiting: new SortedSet(byMemberKey) };
      queue.classes.set(text, cls);
    }
    queue.last = cls;
    return cls;
  }
}
