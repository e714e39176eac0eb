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
import { createSwitchClock, Heard } from './switch-clock.js';

export interface FreeswitchFeedDeps {
  readonly link: Pick<EslLink, 'on' | 'onState' | 'api' | 'bgapi' | 'status'>;
  /** ids of the channels that the journal has; undefined while it reads what is stored */
  readonly known: () => ReadonlySet<string> | undefined;
  readonly timers: Timers;
  readonly log: Log;
}

/** Between two tries to get the list. */
const listRetryMs = 2_000;
/** Also while all is well: what was missed without a lost link is found within this time. */
const listEveryMs = 300_000;
/** FreeSWITCH lists from a table that it writes a moment later: what is younger may be missing or old there. */
const listLagMs = 2_000;
/** Then what was too young for the last list is in the next one, or is gone. */
const listAgainMs = listLagMs + 500;
/** channels that are asked what they are, for one list; the rest comes with the next */
const askedMax = 2_000;
/** Who of the living channels was bridged or left lately; more than a switch has. */
const newsMax = 100_000;

/** Tells `tell` until the result is called. */
export function feedFromFreeswitch(name: string, deps: FreeswitchFeedDeps, tell: (event: JournalEvent) => void): () => void {
  const { link, timers, log } = deps;
  let isStopped = false;
  let isLooking = false;
  /** the next look is for what the last one left open */
  let isAgain = false;
  /** nobody has looked yet: what the journal has was stored, maybe a moment ago, by another process */
  let isFirst = true;
  let cancel = (): void => undefined;
  const clock = createSwitchClock(name, { timers, log });
  const bridges = new BridgeNews();
  const heard = new Heard();
  /** were asked what they are, and are none of the journal's */
  const strangers = new Set<string>();
  const stops = [
    link.on(eslJournalEvents, (event: SwitchEvent) => {
      const atMs = clock(eslTimeMs(event));
      for (const fact of eslFacts(event)) {
        bridges.heard(fact, timers.nowMs());
        heard.note(fact, timers.nowMs());
        tell({ switch: name, atMs, ...fact });
      }
    }),
    link.onState(({ state }) => {
      if (state !== 'up') return;
      isAgain = false;
      look();
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
        (isMore) => {
          if (isMore !== undefined) isAgain = isMore;
          later(isMore === undefined ? listRetryMs : isMore ? listAgainMs : listEveryMs);
        },
        (error: unknown) => {
          log.debug({ switch: name, error }, 'channels for the call journal could not be listed');
          later(listRetryMs);
        },
      )
      .finally(() => (isLooking = false));
  }

  /** True when a look more is wanted soon; undefined: the journal is not ready, nothing was told. */
  async function list(): Promise<boolean | undefined> {
    const before = deps.known();
    // with a journal that has no calls yet every call that it is about to read would be taken for gone
    if (!before) return undefined;
    if (!isAgain) strangers.clear();
    const askedAtMs = timers.nowMs() - listLagMs;
    const [rows, calls] = await Promise.all([link.bgapi('show channels as json').then(channelRows), link.bgapi('show calls as json')]);
    const pairs = bridgedPairs(calls);
    const strange = await askStrange(rows);
    const here = deps.known();
    if (isStopped || !here) return undefined;
    const bridgeOf = new Map([...pairs].flatMap(([a, b]) => [a, b].map((id) => [id, bridgeName(a, b)] as const)));
    const channels = rows.flatMap((row) =>
      here.has(row.uuid) ? listed(row, bridges.now(row.uuid, bridgeOf.get(row.uuid), askedAtMs)) : [],
    );
    const young = new Set([...heard.since(askedAtMs), ...(isFirst ? before : [])]);
    isFirst = false;
    tell({ switch: name, atMs: timers.nowMs(), type: 'channels-listed', askedAtMs, channels, heard: young });
    bridges.forgetBefore(askedAtMs);
    heard.forgetBefore(askedAtMs);
    // who is too young to be missed in a list is looked for once more: those who came since are not meant, or it would never end
    const live = new Set(rows.map(({ uuid }) => uuid));
    const isMissing = [...(deps.known() ?? [])].some((id) => before.has(id) && !live.has(id));
    return strange > askedMax || (isMissing && !isAgain);
  }

  /** Channels that nobody told of are asked what they are, each once; the result: how many there were. */
  async function askStrange(rows: readonly ChannelRow[]): Promise<number> {
    const known = deps.known();
    const strange = rows.filter(({ uuid }) => known?.has(uuid) === false && !strangers.has(uuid));
    for (const { uuid } of strange.sort((a, b) => a.createdAtMs - b.createdAtMs).slice(0, askedMax)) {
      if (isStopped) break;
      await begin(uuid);
      strangers.add(uuid);
    }
    return strange.length;
  }

  /** As the event of its begin would have told it. One that has gone meanwhile is none. */
  async function begin(uuid: string): Promise<void> {
    if (nameProblem('uuid', uuid) !== undefined) return;
    const event = dumped(await link.api(`uuid_dump ${uuid} json`));
    if (!event) return;
    const atMs = Math.min(eslTimeMs(event, 'Caller-Channel-Created-Time') ?? Infinity, timers.nowMs());
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
