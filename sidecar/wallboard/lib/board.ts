/** What the stream told, as signals: one for each row, so that a change draws that row alone. */
import { batch, computed, signal, type Signal } from '@preact/signals';
import type { AgentRow, AgentTopic, BoardDiff, BoardSnapshot, BoardStandby, QueueRow, QueueTopic } from '../../../core/board/wire.ts';
import { session } from './api.ts';
import { openStream } from './stream.ts';

export type Connection = 'connecting' | 'live' | 'standby' | 'lost' | 'refused';

export const connection = signal<Connection>('connecting');
export const refusal = signal('');
/** when the next try is, own clock */
export const nextTryAtMs = signal(0);
/** server's clock less our own */
const skewMs = signal(0);
const tick = signal(Date.now());
setInterval(() => (tick.value = Date.now()), 1_000);
/** the server's clock, once a second */
export const nowMs = computed(() => tick.value + skewMs.value);
export const ownNowMs = tick;
export const setServerClock = (atMs: number): void => void (skewMs.value = atMs - Date.now());

class Rows<Row extends { readonly id: string; readonly name: string }> {
  readonly #rows = new Map<string, Signal<Row>>();
  /** grows with each change of any row */
  readonly revision = signal(0);

  replace(rows: readonly Row[]): void {
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
    this.change(rows, []);
  }
  change(rows: readonly Row[], gone: readonly string[]): void {
    for (const row of rows) {
      const known = this.#rows.get(row.id);
      if (known) known.value = row;
      else this.#rows.set(row.id, signal(row));
    }
    for (const id of gone) this.#rows.delete(id);
    this.revision.value++;
  }
  of(id: string): Signal<Row> | undefined {
    return this.#rows.get(id);
  }
  /** subscribes to every change */
  all(): Row[] {
    return this.revision.value < 0 ? [] : [...this.#rows.values()].map((row) => row.peek());
  }
}

export const queues = new Rows<QueueRow>();
export const agents = new Rows<AgentRow>();
/** a snapshot has come since the last login */
export const hasRows = signal(false);
export const queueTopic = signal<QueueTopic | undefined>(undefined);
export const agentTopic = signal<AgentTopic | undefined>(undefined);

export interface Watched {
  readonly rows: boolean;
  readonly queue?: string;
  readonly agent?: string;
}

const pathOf = ({ rows, queue, agent }: Watched): string => {
  const query = new URLSearchParams({ ...(!rows && { rows: 'no' }), ...(queue && { queue }), ...(agent && { agent }) });
  return `/api/v1/board/stream?${query.toString()}`;
};

let close: () => void = () => undefined;
let watched = '';

/** One stream for each page; the same one is kept. */
export function watch(wish: Watched): void {
  const path = pathOf(wish);
  if (path === watched) return;
  unwatch();
  watched = path;
  connection.value = hasRows.value ? 'live' : 'connecting';
  close = openStream(path, {
    event: (name, data) => batch(() => take(name, data)),
    state: (now, nextTryMs) => {
      if (now === 'lost') [connection.value, nextTryAtMs.value] = ['lost', Date.now() + nextTryMs];
    },
    denied: () => (session.value = 'none'),
    refused: (message) => ([connection.value, refusal.value] = ['refused', message]),
  });
}

export function unwatch(): void {
  close();
  close = () => undefined;
  watched = '';
  queueTopic.value = undefined;
  agentTopic.value = undefined;
}

/** After a logout nothing of it stays. */
export function forget(): void {
  unwatch();
  queues.replace([]);
  agents.replace([]);
  hasRows.value = false;
}

function take(name: string, data: string): void {
  const message = JSON.parse(data) as BoardDiff & BoardSnapshot & BoardStandby & QueueTopic & AgentTopic;
  if (message.atMs) setServerClock(message.atMs);
  connection.value = name === 'standby' ? 'standby' : 'live';
  if (name === 'queue') queueTopic.value = message;
  else if (name === 'agent') agentTopic.value = message;
  else if (name === 'snapshot') {
    queues.replace(message.queues);
    agents.replace(message.agents);
    hasRows.value = true;
  } else if (name === 'diff') {
    queues.change(message.queues, message.goneQueues);
    agents.change(message.agents, message.goneAgents);
  }
}
