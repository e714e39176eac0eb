/**
 * FreeSWITCH's events for the call journal, and a list of its channels after each time that nobody listened (crm-vtiger 8.5).
 * A channel that began meanwhile is asked what it is, and told as its own events would have told it.
 */
import type { EslFields } from '../../core/journal/esl-facts.js';
import { bridgeName, eslFacts, eslJournalEvents, eslTimeMs } from '../../core/journal/esl-facts.js';
import { nameProblem } from '../../core/dial-string.js';
import type { FactOf, JournalEvent, JournalFact } from '../../core/journal/events.js';
import type { Log } from '../../core/ports.js';
import type { SwitchEvent } from '../../esl-outbound/event.js';
import type { EslLink } from '../esl.js';
import { bridgedPairs, channelRows } from '../switch-freeswitch-list.js';
import type { ChannelRow } from '../switch-freeswitch-list.js';
import type { Timers } from '../timers.js';

export interface FreeswitchFeedDeps {
  readonly link: Pick<EslLink, 'on' | 'onState' | 'api' | 'bgapi' | 'status'>;
  /** ids of the channels that the journal has */
  readonly known: () => ReadonlySet<string>;
  readonly timers: Timers;
  readonly log: Log;
}

/** Between two tries to get the list. */
const listRetryMs = 2_000;
/** Also while all is well: what was missed without a lost link is found within this time. */
const listEveryMs = 300_000;
/** FreeSWITCH lists from a table that it writes a moment later: what is younger may be missing or old there. */
const listLagMs = 2_000;
/** channels that are asked what they are, for one list; the rest comes with the next */
const askedMax = 2_000;
/** Who of the living channels was bridged or left lately; more than a switch has. */
const newsMax = 100_000;

/** Tells `tell` until the result is called. */
export function feedFromFreeswitch(name: string, deps: FreeswitchFeedDeps, tell: (event: JournalEvent) => void): () => void {
  const { link, timers, log } = deps;
  let isStopped = false;
  let isLooking = false;
  let cancel = (): void => undefined;
  const bridges = new BridgeNews();
  const stops = [
    link.on(eslJournalEvents, (event: SwitchEvent) => {
      const atMs = eslTimeMs(event) ?? timers.nowMs();
      for (const fact of eslFacts(event)) {
        bridges.heard(fact, timers.nowMs());
        tell({ switch: name, atMs, ...fact });
      }
    }),
    link.onState(({ state }) => {
      if (state === 'up') look();
    }),
  ];

  function later(ms: number): void {
    cancel();
    if (!isStopped) cancel = timers.after(ms, look);
  }

  function look(): void {
    if (isStopped || isLooking || link.status().state !== 'up') return;
    isLooking = true;
    list()
      .then(
        (isWhole) => later(isWhole ? listEveryMs : listRetryMs),
        (error: unknown) => {
          log.debug({ switch: name, error }, 'channels for the call journal could not be listed');
          later(listRetryMs);
        },
      )
      .finally(() => (isLooking = false));
  }

  /** False when there is still something to find out. */
  async function list(): Promise<boolean> {
    const askedAtMs = timers.nowMs() - listLagMs;
    const [rows, calls] = await Promise.all([link.bgapi('show channels as json').then(channelRows), link.bgapi('show calls as json')]);
    const pairs = bridgedPairs(calls);
    const known = deps.known();
    const strange = rows.filter(({ uuid }) => !known.has(uuid)).sort((a, b) => a.createdAtMs - b.createdAtMs);
    for (const { uuid } of strange.slice(0, askedMax)) {
      if (isStopped) return true;
      await begin(uuid);
    }
    if (isStopped) return true;
    const bridgeOf = new Map([...pairs].flatMap(([a, b]) => [a, b].map((id) => [id, bridgeName(a, b)] as const)));
    const here = deps.known();
    const channels = rows.flatMap((row) =>
      here.has(row.uuid) ? listed(row, bridges.now(row.uuid, bridgeOf.get(row.uuid), askedAtMs)) : [],
    );
    tell({ switch: name, atMs: timers.nowMs(), type: 'channels-listed', askedAtMs, channels });
    bridges.forgetBefore(askedAtMs);
    // who is too young to be missed in a list is looked for once more
    const live = new Set(rows.map(({ uuid }) => uuid));
    return strange.length <= askedMax && [...here].every((id) => live.has(id));
  }

  /** As the event of its begin would have told it. One that has gone meanwhile is none. */
  async function begin(uuid: string): Promise<void> {
    if (nameProblem('uuid', uuid) !== undefined) return;
    const event = dumped(await link.api(`uuid_dump ${uuid} json`));
    if (!event) return;
    const atMs = eslTimeMs(event, 'Caller-Channel-Created-Time') ?? timers.nowMs();
    for (const fact of eslFacts(event)) tell({ switch: name, atMs, ...fact });
  }

  look();
  return () => {
    isStopped = true;
    cancel();
    for (const stop of stops) stop();
  };
}

/** What events said of bridges lately: newer than any list. */
class BridgeNews {
  readonly #of = new Map<string, { readonly bridge: string | undefined; readonly atMs: number }>();

  heard(fact: JournalFact, atMs: number): void {
    switch (fact.type) {
      case 'channel-ended':
        this.#of.delete(fact.channel.uniqueId);
        return;
      case 'bridge-entered':
        this.#set(fact.channel.uniqueId, fact.bridge, atMs);
        return;
      case 'bridge-left': {
        const { uniqueId } = fact.channel;
        // a bridge that it has left before for another one is no news
        if ((this.#of.get(uniqueId)?.bridge ?? fact.bridge) === fact.bridge) this.#set(uniqueId, undefined, atMs);
        return;
      }
      default:
    }
  }

  #set(id: string, bridge: string | undefined, atMs: number): void {
    this.#of.delete(id);
    this.#of.set(id, { bridge, atMs });
    for (const oldest of this.#of.keys()) {
      if (this.#of.size <= newsMax) break;
      this.#of.delete(oldest);
    }
  }

  now(id: string, listed: string | undefined, sinceMs: number): string | undefined {
    const news = this.#of.get(id);
    return news && news.atMs >= sinceMs ? news.bridge : listed;
  }

  forgetBefore(atMs: number): void {
    for (const [id, news] of this.#of) if (news.atMs < atMs) this.#of.delete(id);
  }
}

function listed(row: ChannelRow, bridge: string | undefined): FactOf<'channels-listed'>['channels'][number] {
  const unsaid = { callerNumber: undefined, callerName: undefined, extension: undefined };
  return { uniqueId: row.uuid, name: row.name, linkedId: row.uuid, ...unsaid, bridge, createdAtMs: row.createdAtMs };
}

/** The answer to `uuid_dump <id> json`; undefined for `-ERR No such channel!` and what is no object. */
function dumped(text: string): EslFields | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const headers = new Map(Object.entries(parsed));
  const get = (header: string): string | undefined => {
    const value: unknown = headers.get(header);
    return typeof value === 'string' ? value : undefined;
  };
  return { name: 'CHANNEL_CREATE', get, variable: (variable) => get(`variable_${variable}`) || undefined };
}
