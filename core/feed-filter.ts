/** Which events somebody wants, and which he may see. */
import type { FeedEvent } from './feed-ports.js';
import type { FeedType } from './feed-types.js';
import { canonical } from './provisioning/names.js';

export interface FeedWish {
  /** undefined = all */
  readonly types?: ReadonlySet<FeedType> | undefined;
  /** names of queues; undefined = all, and what belongs to none */
  readonly queues?: readonly string[] | undefined;
}

/** What one user may see. */
export interface FeedRights {
  /** ids in lower case; undefined = all */
  readonly queues: ReadonlySet<string> | undefined;
  /** only what is about this agent, in lower case; undefined = no such limit */
  readonly agent?: string | undefined;
  /** queues that an agent serves, ids in lower case; for news of agents that name no queue */
  readonly queuesOf: (agent: string) => ReadonlySet<string>;
}

interface Named {
  readonly queue: unknown;
  readonly from: unknown;
  readonly to: unknown;
  readonly agent: unknown;
}

/** Ids of the queues that it names, in lower case. */
export function queuesNamed({ notice }: FeedEvent): readonly string[] {
  const { queue, from, to } = notice as unknown as Named;
  const named = notice.type === 'member-moved' ? [from, to] : [queue];
  return named.filter((one) => typeof one === 'string').map(canonical);
}

export function agentNamed({ notice }: FeedEvent): string | undefined {
  const { agent } = notice as unknown as Named;
  return typeof agent === 'string' ? canonical(agent) : undefined;
}

/** A queue without a domain is also that of the domain `default`. */
const idsOf = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map(canonical).flatMap((name) => (name.includes('@') ? [name] : [name, `${name}@default`])));

/** Lost numbers are always wanted: nobody else would know. */
export function createWish({ types, queues }: FeedWish): (event: FeedEvent) => boolean {
  const ids = queues && idsOf(queues);
  const isWanted = (event: FeedEvent) =>
    (!types || types.has(event.notice.type)) && (!ids || queuesNamed(event).some((queue) => ids.has(queue)));
  return (event) => event.notice.type === 'events-lost' || isWanted(event);
}

/** Every one must know of lost numbers; what names neither queue nor agent is for those who may see all queues. */
export function createSight({ queues, agent: own, queuesOf }: FeedRights): (event: FeedEvent) => boolean {
  const ownIds = own === undefined ? undefined : idsOf([own]);
  return (event) => {
    if (event.notice.type === 'events-lost') return true;
    const agent = agentNamed(event);
    if (ownIds) return agent !== undefined && ownIds.has(agent);
    if (!queues) return true;
    const named = queuesNamed(event);
    if (named.length > 0) return named.every((queue) => queues.has(queue));
    return agent !== undefined && [...queuesOf(agent)].some((queue) => queues.has(queue));
  };
}

/** As an event stands on every wire: SSE, webhooks, lists. */
export const wireText = ({ seq, atMs, notice: { type, ...data } }: FeedEvent): string => JSON.stringify({ seq, type, atMs, data });
