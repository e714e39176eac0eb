/** The call card of an agent: who is on his telephone now, what the CRM knows of him, and his last calls (B30). Neutral of CRMs. */
import { callNews } from '../crm/call-news.js';
import type { CustomerRecord, NewCallNews } from '../crm/call-news.js';
import { label } from '../crm/values.js';
import type { CallJournal, CrmStore } from '../crm-ports.js';
import { talkMsOfCall, type JournalCall, type Outcome } from '../journal/call.js';

export interface CardCall extends Omit<NewCallNews, 'type' | 'legs' | 'transfer'> {
  readonly isTalking: boolean;
  readonly record: CustomerRecord | undefined;
}

export interface PastCall {
  readonly call: string;
  readonly direction: JournalCall['direction'];
  readonly outcome: Outcome | undefined;
  readonly startedAtMs: number;
  readonly talkMs: number;
  /** of who talked last; undefined: nobody */
  readonly extension: string | undefined;
  readonly queue: string | undefined;
  readonly isRecorded: boolean;
}

export interface CallCard {
  /** undefined: his telephone is free, or the connector knows no call on it */
  readonly call: CardCall | undefined;
  /** newest first, with this number, without the call itself */
  readonly history: readonly PastCall[];
}

/** Never rejects for a CRM; TDM_STORE_DOWN when the past calls cannot be read. */
export interface CallCards {
  card(agent: string): Promise<CallCard>;
}

export interface CallCardDeps {
  readonly journal: Pick<CallJournal, 'openCalls'>;
  readonly store: Pick<CrmStore, 'calls'>;
  /** agent of the queues with this extension */
  readonly agentOf: (extension: string) => string | undefined;
  /** asks the CRMs, within their time */
  readonly find: (number: string) => Promise<CustomerRecord | undefined>;
  readonly nowMs: () => number;
}

export const historyMax = 10;

export const noCard: CallCard = { call: undefined, history: [] };

export function createCallCards({ journal, store, agentOf, find, nowMs }: CallCardDeps): CallCards {
  /** The newest call in which a telephone of his rings or talks. */
  function current(agent: string): { readonly call: JournalCall; readonly news: NewCallNews; readonly isTalking: boolean } | undefined {
    const now = nowMs();
    const found = journal.openCalls().flatMap((call) => {
      const leg = call.legs.findLast((one) => one.endedAtMs === undefined && (one.agent ?? agentOf(one.extension)) === agent);
      const [news] = leg && call.isTold ? callNews({ type: 'leg-answered', call, leg }, now) : [];
      return leg && news ? [{ call, news, isTalking: leg.talkingSinceMs !== undefined, atMs: leg.startedAtMs }] : [];
    });
    return found.sort((a, b) => Number(b.isTalking) - Number(a.isTalking) || b.atMs - a.atMs)[0];
  }

  async function pastOf({ id, customer: { number } }: JournalCall): Promise<readonly PastCall[]> {
    if (number === '') return [];
    const rows = await store.calls({ number, before: '', limit: historyMax + 1 });
    return rows
      .filter(({ call }) => call.id !== id)
      .slice(0, historyMax)
      .map(({ call }) => pastCall(call));
  }

  return {
    async card(agent) {
      const found = current(agent);
      if (!found) return noCard;
      const { call, news, isTalking } = found;
      const [record, history] = await Promise.all([find(call.customer.number), pastOf(call)]);
      const hidden = { type: undefined, legs: undefined, transfer: undefined };
      return { call: { ...news, ...hidden, agent, isTalking, record }, history };
    },
  };
}

function pastCall(call: JournalCall): PastCall {
  const talker = call.legs.find(({ id }) => id === call.talker);
  return {
    call: call.id,
    direction: call.direction,
    outcome: call.outcome,
    startedAtMs: call.startedAtMs,
    talkMs: talkMsOfCall(call, call.endedAtMs ?? call.lastEventAtMs),
    extension: talker && talker.extension !== '' ? talker.extension : undefined,
    queue: call.line.queue === '' ? undefined : label(call.line.queue),
    isRecorded: call.recordings.length > 0,
  };
}
