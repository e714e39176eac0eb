/** The open calls of the journal with the indexes over their channels and bridges. */
import { callIdOf } from './call.js';
import type { Channel, JournalCall, Leg } from './call.js';
import { markOfId } from './click-id.js';
import type { CallMarks, ChannelFacts, FactOf } from './events.js';
import type { JournalNotice } from './notices.js';
import { newCall, newChannel } from './new-call.js';
import { RunningRecordings } from './recordings.js';
import { parseChannelName } from './roles.js';
import type { Roles } from './roles.js';

export interface JournalOptions {
  readonly roles: Roles;
  /** first part of the call ids of a switch; '' = none */
  readonly systemOf: (switchName: string) => string;
  /** news that may still come after the customer is gone */
  readonly endGraceMs: number;
  /** a call of which nothing is heard any more (8.4) */
  readonly silentMsMax: number;
  /** open calls; what comes beyond is not journalled, and counted */
  readonly callsMax: number;
  /** living channels of a call; what comes beyond is not journalled, and counted */
  readonly channelsPerCallMax: number;
  /** legs of a call; beyond it the oldest that is over is forgotten, first one that nobody talked on: it was told long ago */
  readonly legsPerCallMax: number;
  /** beyond it the oldest is forgotten */
  readonly transfersPerCallMax: number;
  /** what comes beyond is not journalled, and counted */
  readonly recordingsPerCallMax: number;
}

export const journalDefaults = {
  endGraceMs: 500,
  silentMsMax: 12 * 3_600_000,
  callsMax: 50_000,
  channelsPerCallMax: 300,
  legsPerCallMax: 300,
  transfersPerCallMax: 100,
  recordingsPerCallMax: 50,
} as const;

/** Channels, and calls, that ended lately: what is told late of them makes no new ones. */
const goneMax = 20_000;
/** Legs and calls that were announced and have no channel yet, each. */
const tiedMax = 10_000;

export interface Placed {
  readonly channel: Channel;
  readonly call: JournalCall;
}

export type Tie = Pick<FactOf<'leg-tied'>, 'to' | 'queue' | 'agent' | 'extension'>;

export class JournalWorld {
  readonly calls = new Map<string, JournalCall>();
  readonly changed = new Set<JournalCall>();
  readonly removed = new Set<string>();
  readonly notices: JournalNotice[] = [];
  /** calls, channels and recordings for which there was no room */
  turnedAway = 0;
  /** our own clock, as it was told last: a switch may have another */
  nowMs = 0;
  readonly recordings = new RunningRecordings();
  readonly #placed = new Map<string, Placed>();
  readonly #byLinked = new Map<string, JournalCall>();
  readonly #bridges = new Map<string, Set<string>>();
  readonly #pairs = new Map<string, Set<string>>();
  readonly #gone = new Set<string>();
  /** calls that were told and are over, by their story */
  readonly #over = new Set<string>();
  readonly #tied = new Map<string, Tie>();
  readonly #announced = new Map<string, CallMarks>();

  readonly options: JournalOptions;

  constructor(options: JournalOptions, restored: readonly JournalCall[]) {
    this.options = options;
    for (const call of restored) this.#index(call);
  }

  #index(call: JournalCall): void {
    this.calls.set(call.id, call);
    this.#byLinked.set(key(call.switch, call.linkedId), call);
    for (const channel of call.channels) this.#place(call, channel);
    for (const { channel, isClosed } of call.recordings) if (!isClosed) this.recordings.add(call, channel);
  }

  #place(call: JournalCall, channel: Channel): void {
    const id = key(call.switch, channel.uniqueId);
    this.#placed.set(id, { channel, call });
    this.#add(this.#pairs, pairKey(call.switch, channel), id);
    if (channel.bridge !== undefined) this.#add(this.#bridges, key(call.switch, channel.bridge), id);
  }

  #add(index: Map<string, Set<string>>, at: string | undefined, id: string): void {
    if (at === undefined) return;
    const set = index.get(at) ?? new Set<string>();
    index.set(at, set.add(id));
  }

  #drop(index: Map<string, Set<string>>, at: string | undefined, id: string): void {
    if (at === undefined) return;
    const set = index.get(at);
    if (set?.delete(id) === true && set.size === 0) index.delete(at);
  }

  tell(notice: JournalNotice): void {
    this.notices.push(notice);
  }

  touch(call: JournalCall, atMs: number): void {
    call.lastEventAtMs = Math.max(call.lastEventAtMs, atMs, this.nowMs);
    this.changed.add(call);
  }

  /** When the grace of a call is over whose customer went at `atMs` of its switch. */
  graceEndMs(atMs: number): number {
    return Math.max(atMs, this.nowMs) + this.options.endGraceMs;
  }

  // ---------------------------------------------------------------- channels

  find(switchName: string, uniqueId: string): Placed | undefined {
    return this.#placed.get(key(switchName, uniqueId));
  }

  isGone(switchName: string, uniqueId: string): boolean {
    return this.#gone.has(key(switchName, uniqueId));
  }

  callOfLinked(switchName: string, linkedId: string): JournalCall | undefined {
    return this.#byLinked.get(key(switchName, linkedId));
  }

  /** The call of a new channel: that of its story, or a new one; undefined when there are too many. */
  callFor(switchName: string, linkedId: string, atMs: number): JournalCall | undefined {
    const known = this.callOfLinked(switchName, linkedId);
    if (known) return known;
    // told and over: a channel of it that was overlooked while nobody listened does not begin it anew
    if (this.#over.has(key(switchName, linkedId))) return undefined;
    if (this.calls.size >= this.options.callsMax) {
      this.turnedAway += 1;
      return undefined;
    }
    const call = newCall(callIdOf(this.options.systemOf(switchName), linkedId), switchName, linkedId, atMs);
    const mark = this.#announced.get(key(switchName, linkedId)) ?? markOfId(linkedId);
    if (mark) putMarks(call, mark);
    this.#announced.delete(key(switchName, linkedId));
    this.#index(call);
    this.changed.add(call);
    return call;
  }

  /** Undefined: the call has too many. */
  addChannel(call: JournalCall, facts: ChannelFacts, atMs: number): Channel | undefined {
    if (call.channels.length >= this.options.channelsPerCallMax) {
      this.turnedAway += 1;
      return undefined;
    }
    const channel = newChannel(this.options.roles, facts, atMs);
    call.channels.push(channel);
    this.#place(call, channel);
    return channel;
  }

  removeChannel({ call, channel }: Placed): void {
    const id = key(call.switch, channel.uniqueId);
    this.#unplace(call, channel);
    this.#remember(this.#gone, id);
  }

  /** The newest `goneMax`. */
  #remember(set: Set<string>, id: string): void {
    set.add(id);
    for (const oldest of set) {
      if (set.size <= goneMax) break;
      set.delete(oldest);
    }
  }

  #unplace(call: JournalCall, channel: Channel): void {
    const id = key(call.switch, channel.uniqueId);
    this.#placed.delete(id);
    this.#drop(this.#pairs, pairKey(call.switch, channel), id);
    if (channel.bridge !== undefined) this.#drop(this.#bridges, key(call.switch, channel.bridge), id);
    call.channels = call.channels.filter((other) => other !== channel);
    call.parties = call.parties.filter((party) => party !== channel.uniqueId);
  }

  /** The channel belongs to another call from now on; its bridge stays. */
  moveChannel(placed: Placed, to: JournalCall): Placed {
    this.#unplace(placed.call, placed.channel);
    to.channels.push(placed.channel);
    this.#place(to, placed.channel);
    return { channel: placed.channel, call: to };
  }

  setBridge({ call, channel }: Placed, bridge: string | undefined): void {
    const id = key(call.switch, channel.uniqueId);
    if (channel.bridge !== undefined) this.#drop(this.#bridges, key(call.switch, channel.bridge), id);
    channel.bridge = bridge;
    if (bridge !== undefined) this.#add(this.#bridges, key(call.switch, bridge), id);
  }

  inBridge(switchName: string, bridge: string): readonly Placed[] {
    return [...(this.#bridges.get(key(switchName, bridge)) ?? [])].flatMap((id) => this.#placed.get(id) ?? []);
  }

  /** The call of the other half of a Local channel that is not taken in yet. */
  callOfPair(switchName: string, facts: ChannelFacts): JournalCall | undefined {
    const [other] = this.#pairs.get(pairKey(switchName, facts) ?? '') ?? [];
    return other === undefined ? undefined : this.#placed.get(other)?.call;
  }

  /** The other half of a Local channel. */
  peerOf({ call, channel }: Placed): Placed | undefined {
    const at = pairKey(call.switch, channel);
    const other = at === undefined ? undefined : [...(this.#pairs.get(at) ?? [])].find((id) => id !== key(call.switch, channel.uniqueId));
    return other === undefined ? undefined : this.#placed.get(other);
  }

  /** Everybody who hears this channel: its bridge, and the bridges behind Local channels. */
  heardBy(placed: Placed): readonly Placed[] {
    const found = new Map<string, Placed>();
    const bridges = new Set<string>();
    const open = [placed.channel.bridge];
    for (let bridge = open.pop(); bridge !== undefined || open.length > 0; bridge = open.pop()) {
      if (bridge === undefined || bridges.has(bridge)) continue;
      bridges.add(bridge);
      for (const other of this.inBridge(placed.call.switch, bridge)) {
        found.set(other.channel.uniqueId, other);
        if (other.channel.role === 'local') open.push(this.peerOf(other)?.channel.bridge);
      }
    }
    found.delete(placed.channel.uniqueId);
    return [...found.values()];
  }

  // ---------------------------------------------------------------- announcements and ends

  announce(switchName: string, uniqueId: string, mark: CallMarks): void {
    const call = this.find(switchName, uniqueId)?.call;
    if (call) {
      putMarks(call, mark);
      this.changed.add(call);
      return;
    }
    this.#keep(this.#announced, key(switchName, uniqueId), mark);
  }

  /** The newest `tiedMax` are kept. */
  #keep<T>(map: Map<string, T>, id: string, value: T): void {
    map.delete(id);
    map.set(id, value);
    for (const oldest of map.keys()) {
      if (map.size <= tiedMax) break;
      map.delete(oldest);
    }
  }

  tie(switchName: string, leg: string, tie: Tie): void {
    this.#keep(this.#tied, key(switchName, leg), tie);
  }

  tieOf(switchName: string, leg: string): Tie | undefined {
    return this.#tied.get(key(switchName, leg));
  }

  untie(switchName: string, leg: string): void {
    this.#tied.delete(key(switchName, leg));
  }

  /** It takes no more steps, so its row is closed, too. */
  forget(call: JournalCall): void {
    call.state = 'done';
    this.changed.add(call);
    for (const { channel } of call.recordings) this.recordings.drop(call, channel);
    if (call.isTold) this.#remember(this.#over, key(call.switch, call.linkedId));
    for (const channel of [...call.channels]) this.removeChannel({ call, channel });
    if (this.#byLinked.get(key(call.switch, call.linkedId)) === call) this.#byLinked.delete(key(call.switch, call.linkedId));
    if (this.calls.get(call.id) === call) this.calls.delete(call.id);
    this.removed.add(call.id);
  }
}

function putMarks(call: JournalCall, { number, ...marks }: CallMarks): void {
  Object.assign(call, marks);
  if (call.customer.number === '') call.customer.number = number ?? '';
}

const key = (switchName: string, id: string): string => `${switchName} ${id}`;

function pairKey(switchName: string, { name, pair: said }: Pick<Channel, 'name' | 'pair'>): string | undefined {
  const pair = said ?? parseChannelName(name)?.pair;
  return pair === undefined ? undefined : key(switchName, pair);
}

export const legOf = (call: JournalCall, uniqueId: string): Leg | undefined =>
  call.legs.find((leg) => leg.id === uniqueId && leg.endedAtMs === undefined);
