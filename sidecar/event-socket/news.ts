/** The events that our socket sends, each with its head and number. */
import type { InfoEvent } from '../../core/callcenter/info-event.js';
import { headOf, type EventHead, type EventHeaders, type SocketEvent } from '../../core/event-socket/event.js';
import type { FinishedJob, PublishedEvent } from '../../core/event-socket/session.js';

export interface SocketNews {
  info(event: InfoEvent, atMs: number): SocketEvent;
  /** what a client wants to tell */
  published(event: PublishedEvent): SocketEvent;
  job(job: FinishedJob): SocketEvent;
  heartbeat(own: EventHeaders): SocketEvent;
}

export function createSocketNews(head: EventHead, nowMs: () => number): SocketNews {
  let sequence = 0;
  const headed = (name: string, from: string, subclass?: string, atMs = nowMs()): EventHeaders =>
    headOf(head, { name, subclass, from }, atMs, ++sequence);

  return {
    info: ({ name, subclass, from, headers }, atMs) => ({
      name,
      subclass,
      headers: [...headed(name, from, subclass, atMs), ...headers],
      body: undefined,
    }),
    published({ id, name, headers: given, body, line }) {
      // a name that nobody knows became CUSTOM, but its subclass none
      const isCustom = /^sendevent\s+custom\b/i.test(line);
      const subclass = isCustom ? given.find(([header]) => isSubclass(header))?.[1] : undefined;
      return { name, subclass, headers: publishedHeaders(headed(name, 'sendevent', subclass), given, id, line), body };
    },
    job({ id, command, args, output }) {
      const job: EventHeaders = [['Job-UUID', id], ['Job-Command', command], ...(args === '' ? [] : [['Job-Command-Arg', args] as const])];
      return { name: 'BACKGROUND_JOB', subclass: undefined, headers: [...headed('BACKGROUND_JOB', 'bgapi'), ...job], body: output };
    },
    heartbeat: (own) => ({
      name: 'HEARTBEAT',
      subclass: undefined,
      headers: [...headed('HEARTBEAT', 'heartbeat'), ...own],
      body: undefined,
    }),
  };
}

const isSubclass = (header: string): boolean => header.toLowerCase() === 'event-subclass';

/** The order of the reference: the subclass, the command, what the client sent, the id, then the head (in-sendevent-custom). */
function publishedHeaders(head: EventHeaders, given: EventHeaders, id: string, line: string): EventHeaders {
  const subclass = head.filter(([name]) => isSubclass(name));
  const rest = given.filter(([name]) => subclass.length === 0 || !isSubclass(name));
  return [...subclass, ['Command', line], ...rest, ['Event-UUID', id], ...head.slice(subclass.length)];
}
