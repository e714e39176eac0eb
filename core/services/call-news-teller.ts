/**
 * Tells the journal's news by the event feed (B25): they wait in the outbox, stored with the change that they tell of, go to
 * the desk of the queues' owner who numbers them, and are done when the feed has told them. So a death in between costs
 * none, and what the feed told shortly before it is not told again.
 */
import type { CallNews, CustomerRecord, NewCallNews } from '../crm/call-news.js';
import { callNews } from '../crm/call-news.js';
import type { CrmMessage, CrmStore } from '../crm-ports.js';
import type { EventFeed, FeedEvent } from '../feed-ports.js';
import type { Log } from '../ports.js';
import type { CrmTeller } from './crm-journal.js';
import type { After } from './deadline.js';

/** Name of its lane in the outbox: none that a binding can have. */
export const callNewsLane = '.events';

export interface CallNewsDeps {
  readonly store: Pick<CrmStore, 'due' | 'delivered'>;
  /** False: not now. */
  readonly note: (news: CallNews, atMs: number) => boolean;
  readonly feed: Pick<EventFeed, 'onEvent' | 'read' | 'range'>;
  /** agent of the queues with this extension; undefined: none */
  readonly agentOf: (extension: string) => string | undefined;
  /** what a CRM is known to know, without asking it */
  readonly recordOf: (number: string) => CustomerRecord | undefined;
  readonly nowMs: () => number;
  readonly after: After;
  readonly log: Log;
}

export const callNewsDefaults = {
  /** of the outbox at a time, one of each call */
  pageMax: 200,
  /** the desk takes none, or the database does not answer */
  retryMs: 1_000,
  /** nothing is there: looked at again, though `wake` says when there is */
  idleMs: 30_000,
  /** what was taken and is not told after this is given once more: its event was lost with a full spool */
  tellMsMax: 600_000,
  /** newest events in which a former life of the process is looked for */
  seenMax: 1_000,
};

export interface CallNewsTeller {
  readonly teller: CrmTeller;
  start(): Promise<void>;
  /** There is something new. */
  wake(): void;
  stop(): void;
}

interface Taken {
  readonly outboxId: number;
  readonly atMs: number;
  isTold: boolean;
}

export function createCallNewsTeller(deps: CallNewsDeps, options: Partial<typeof callNewsDefaults> = {}): CallNewsTeller {
  const limits = { ...callNewsDefaults, ...options };
  const { store, feed, nowMs, after, log } = deps;
  /** by the id of the news; at most a page */
  const taken = new Map<string, Taken>();
  let seen: ReadonlySet<string> = new Set();
  let isRunning = false;
  let isBusy = false;
  let isWoken = false;
  let cancel = (): void => undefined;
  let endFeed = (): void => undefined;

  const later = (ms: number): void => {
    cancel();
    if (isRunning) cancel = after(ms, wake);
  };

  function wake(): void {
    if (!isRunning) return;
    isWoken = true;
    if (!isBusy) void pump();
  }

  async function pump(): Promise<void> {
    isBusy = true;
    cancel();
    try {
      while (isWoken && isRunning) {
        isWoken = false;
        await settle();
        later((await fill()) ? limits.idleMs : limits.retryMs);
      }
    } catch (error) {
      log.debug({ error }, 'news of calls wait: the database does not answer');
      later(limits.retryMs);
    } finally {
      isBusy = false;
    }
  }

  /** What was told is done in the outbox, and the next of its call can follow. */
  async function settle(): Promise<void> {
    for (const [id, one] of taken) {
      if (!one.isTold && nowMs() - one.atMs < limits.tellMsMax) continue;
      if (one.isTold) await store.delivered(one.outboxId, nowMs());
      taken.delete(id);
    }
  }

  /** False: the desk takes nothing now. */
  async function fill(): Promise<boolean> {
    for (const message of await store.due(callNewsLane, nowMs(), limits.pageMax)) {
      const id = idOf(message);
      if (taken.has(id)) continue;
      const isTold = seen.has(id);
      if (!isTold && !give(message, id)) return false;
      taken.set(id, { outboxId: message.id, atMs: nowMs(), isTold });
      if (isTold) isWoken = true;
    }
    return true;
  }

  function give(message: CrmMessage, id: string): boolean {
    const news = JSON.parse(message.payload) as NewCallNews;
    const agent = news.agent ?? (news.extension === undefined ? undefined : deps.agentOf(news.extension));
    return deps.note({ ...news, agent, id, record: deps.recordOf(news.customer.number) }, message.createdAtMs);
  }

  function told({ notice }: FeedEvent): void {
    const one = 'id' in notice && typeof notice.id === 'string' ? taken.get(notice.id) : undefined;
    if (!one) return;
    one.isTold = true;
    wake();
  }

  return {
    teller: {
      name: callNewsLane,
      messagesOf: (notice, atMs) => callNews(notice, atMs).map((news) => ({ event: news.type, payload: JSON.stringify(news) })),
    },
    async start() {
      const { last } = await feed.range();
      const events = await feed.read(Math.max(0, last - limits.seenMax), limits.seenMax);
      seen = new Set(events.flatMap(({ notice }) => ('id' in notice && notice.type.startsWith('call.') ? notice.id : [])));
      isRunning = true;
      endFeed = feed.onEvent(told);
      wake();
    },
    wake,
    stop() {
      isRunning = false;
      cancel();
      endFeed();
      taken.clear();
    },
  };
}

const idOf = ({ callId, seq }: CrmMessage): string => `${callId}:${String(seq)}`;
