/** The event socket put together: users, mod_callcenter's commands, the queue engine's news as its events. Off unless a port is set. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Request } from 'express';
import type { RecordCommand } from '../../core/access-ports.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import type { InfoEvent } from '../../core/callcenter/info-event.js';
import { CallcenterInfo, getEvent } from '../../core/callcenter/info-events.js';
import { hearsEvent } from '../../core/callcenter/heard.js';
import { createMinuteLimit } from '../../core/cluster/limits.js';
import type { EventHead } from '../../core/event-socket/event.js';
import { TandemError } from '../../core/errors.js';
import type { Log, Meter } from '../../core/ports.js';
import type { Callcenter } from '../callcenter.js';
import type { Config } from '../config.js';
import type { ApiNeed, Permit, Principal } from '../routes/permission.js';
import { equalSecrets } from '../secrets.js';
import type { Timers } from '../timers.js';
import { createSocketApi, type SocketPrincipal } from './api.js';
import { heartbeat, sessionsOf, startHeartbeat } from './heartbeat.js';
import { createSocketNews } from './news.js';
import { createEventSocketServer, type EventSocketServer } from './server.js';

export interface EventSocketDeps {
  readonly config: Config['eventSocket'];
  readonly instance: string;
  readonly engine: QueueEngine;
  readonly callcenter: Pick<Callcenter, 'commands' | 'onGet'>;
  readonly permit: Permit;
  readonly record: RecordCommand;
  reload(): Promise<void>;
  readonly timers: Timers;
  readonly version: string;
  readonly log: Log;
  readonly meter: Meter;
}

export interface EventSocket extends Pick<EventSocketServer, 'listen' | 'close' | 'connections'> {
  /** The queues have just become ours: what the agents are now is no news. */
  owned(): void;
}

/** Wrong passwords of an address in a minute; beyond it the right one is refused too. */
export const wrongPasswordsMax = 300;

/** undefined: it is off. */
export const openEventSocket = (config: Config, deps: Omit<EventSocketDeps, 'config'>): EventSocket | undefined =>
  config.eventSocket.isOn ? createEventSocket({ ...deps, config: config.eventSocket }) : undefined;

export function createEventSocket(deps: EventSocketDeps): EventSocket {
  const { config, engine, timers, log, meter } = deps;
  const nowMs = (): number => timers.nowMs();
  const startedAtMs = nowMs();
  const head: EventHead = { coreUuid: randomUUID(), hostname: hostname(), ipv4: config.host, ipv6: '::1', offsetMinutes };
  const news = createSocketNews(head, nowMs);
  const told = (event: InfoEvent, atMs: number): void => server.send(news.info(event, atMs));

  const info = new CallcenterInfo(deps.instance);
  const owned = (): void => {
    if (engine.isOwner()) info.begin(engine.view());
  };
  owned();
  const stop = engine.onNotice((notice, atMs) => {
    if (!engine.isOwner()) return;
    for (const event of info.of(notice, engine.view(), atMs)) told(event, atMs);
  });

  deps.callcenter.onGet(({ key, agent, value }) => told(getEvent(key, agent, value), nowMs()));
  const api = createSocketApi({
    engine,
    commands: deps.callcenter.commands,
    reload: () => deps.reload(),
    record: deps.record,
    nowMs,
    startedAtMs,
    version: deps.version,
    hostname: head.hostname,
    coreUuid: head.coreUuid,
    log,
  });

  const server: EventSocketServer = createEventSocketServer(config, {
    authenticate: ownPassword(config.password ?? '', nowMs),
    authenticateUser: (user, password, address) => userOf(deps.permit, user, password, address),
    api,
    mayHear: ({ queues }, { headers }) => queues === undefined || hearsEvent(engine.isOwner() ? engine.view() : undefined, queues, headers),
    newId: randomUUID,
    publish: (event) => server.send(news.published(event)),
    jobDone: (job) => news.job(job),
    after: (delayMs, run) => timers.after(delayMs, run),
    log,
    meter,
  });

  const stopBeat = startHeartbeat(timers, () => {
    server.send(news.heartbeat(heartbeat(nowMs() - startedAtMs, deps.version, sessionsOf(engine).present)));
  });

  return {
    listen: () => server.listen(),
    connections: () => server.connections(),
    owned,
    async close() {
      stop();
      stopBeat();
      await server.close();
    },
  };
}

/** The socket's own password. An address that guesses is not heard for the rest of the minute. */
function ownPassword(right: string, nowMs: () => number): (password: string, address: string) => SocketPrincipal | undefined {
  const wrong = createMinuteLimit();
  return (password, address) => {
    if (wrong.count(address, nowMs()) >= wrongPasswordsMax) return undefined;
    if (equalSecrets(password, right)) return { ...administrator, address };
    wrong.take(address, wrongPasswordsMax, nowMs());
    return undefined;
  };
}

const offsetMinutes = (atMs: number): number => -new Date(atMs).getTimezoneOffset();

/** Who knows the socket's own password may do everything, as there. */
const administrator: SocketPrincipal = { user: 'event-socket', queues: undefined, allowed: [], mayPublish: true, may: () => true };

/** `USER@DOMAIN` of the directory is the user of the API; the domain does not count. */
async function userOf(permit: Permit, given: string, password: string, address: string): Promise<SocketPrincipal | undefined> {
  const user = given.split('@')[0] ?? '';
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const request = { headers: { authorization }, socket: { remoteAddress: address } } as unknown as Request;
  const granted = new Map<ApiNeed, Principal>();
  for (const need of ['view', 'control', 'admin'] as const) {
    try {
      granted.set(need, await permit(request, need));
    } catch (e) {
      if (!(e instanceof TandemError)) throw e;
      if (need === 'view') return undefined;
    }
  }
  const principal = granted.get('view');
  if (!principal || principal.ownOnly) return undefined;
  return {
    user: principal.user,
    id: principal.id,
    address,
    queues: principal.queues,
    allowed: [
      ['Allowed-Events', 'all'],
      ['Allowed-API', 'all'],
      ['Allowed-LOG', 'false'],
    ],
    // what he may not see he may not make others believe
    mayPublish: granted.has('control') && principal.queues === undefined,
    may: (need) => granted.has(need),
  };
}
