/** The event socket put together: users, mod_callcenter's commands, the queue engine's news as its events. Off unless a port is set. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Request } from 'express';
import type { QueueEngine } from '../../core/acd-ports.js';
import type { InfoEvent } from '../../core/callcenter/info-event.js';
import { CallcenterInfo, getEvent } from '../../core/callcenter/info-events.js';
import type { CallcenterCommands } from '../../core/callcenter-ports.js';
import { headOf, type EventHead, type EventHeaders, type SocketEvent } from '../../core/event-socket/event.js';
import { TandemError } from '../../core/errors.js';
import type { Log, Meter } from '../../core/ports.js';
import type { Config } from '../config.js';
import type { ApiNeed, Permit, Principal } from '../routes/permission.js';
import { equalSecrets } from '../secrets.js';
import type { Timers } from '../timers.js';
import { createSocketApi, type SocketPrincipal } from './api.js';
import { createEventSocketServer, type EventSocketServer } from './server.js';

export interface EventSocketDeps {
  readonly config: Config['eventSocket'];
  readonly instance: string;
  readonly engine: QueueEngine;
  readonly commands: CallcenterCommands;
  readonly permit: Permit;
  reload(): Promise<void>;
  readonly timers: Timers;
  readonly version: string;
  readonly log: Log;
  readonly meter: Meter;
}

export interface EventSocket extends Pick<EventSocketServer, 'listen' | 'close' | 'connections'> {
  /** tells everybody what `agent get` answered, as the reference does */
  readonly commands: CallcenterCommands;
}

/** undefined: it is off. */
export const openEventSocket = (config: Config, deps: Omit<EventSocketDeps, 'config'>): EventSocket | undefined =>
  config.eventSocket.isOn ? createEventSocket({ ...deps, config: config.eventSocket }) : undefined;

export function createEventSocket(deps: EventSocketDeps): EventSocket {
  const { config, engine, timers, log, meter } = deps;
  const nowMs = (): number => timers.nowMs();
  const head: EventHead = { coreUuid: randomUUID(), hostname: hostname(), ipv4: config.host, ipv6: '::1', offsetMinutes };
  let sequence = 0;
  const send = (event: Omit<SocketEvent, 'body'> & { readonly body?: string | undefined }): void =>
    server.send({ body: undefined, ...event });
  const told = (event: InfoEvent, atMs: number): void => {
    const headers = [...headOf(head, event, atMs, ++sequence), ...event.headers];
    send({ name: event.name, subclass: event.subclass, headers });
  };

  const info = new CallcenterInfo(deps.instance);
  let isKnown = false;
  const stop = engine.onNotice((notice, atMs) => {
    if (!engine.isOwner()) return;
    const state = engine.view();
    if (!isKnown) info.begin(state);
    isKnown = true;
    for (const event of info.of(notice, state, atMs)) told(event, atMs);
  });

  const commands = withGetEvents(deps.commands, (event) => told(event, nowMs()));
  const api = createSocketApi({
    engine,
    commands,
    reload: () => deps.reload(),
    nowMs,
    startedAtMs: nowMs(),
    version: deps.version,
    hostname: head.hostname,
    coreUuid: head.coreUuid,
    log,
  });

  const server: EventSocketServer = createEventSocketServer(config, {
    authenticate: (password) => (equalSecrets(password, config.password ?? '') ? administrator : undefined),
    authenticateUser: (user, password, address) => userOf(deps.permit, user, password, address),
    api,
    newId: randomUUID,
    publish(name, given, body, line) {
      const id = randomUUID();
      const subclass = given.find(([header]) => header.toLowerCase() === 'event-subclass')?.[1];
      const headers = publishedHeaders(headOf(head, { name, from: 'sendevent' }, nowMs(), ++sequence), given, id, line);
      send({ name, subclass: name === 'CUSTOM' ? subclass : undefined, headers, body });
      return id;
    },
    jobDone({ id, command, args, output }) {
      const job: EventHeaders = [['Job-UUID', id], ['Job-Command', command], ...(args === '' ? [] : [['Job-Command-Arg', args] as const])];
      const headers = [...headOf(head, { name: 'BACKGROUND_JOB', from: 'bgapi' }, nowMs(), ++sequence), ...job];
      return { name: 'BACKGROUND_JOB', subclass: undefined, headers, body: output };
    },
    after: (delayMs, run) => timers.after(delayMs, run),
    log,
    meter,
  });

  return {
    listen: () => server.listen(),
    connections: () => server.connections(),
    commands,
    async close() {
      stop();
      await server.close();
    },
  };
}

const offsetMinutes = (atMs: number): number => -new Date(atMs).getTimezoneOffset();

/** The order of the reference: what the client sent, the id, then the head (in-sendevent-custom). */
function publishedHeaders(head: EventHeaders, given: EventHeaders, id: string, line: string): EventHeaders {
  const [first, ...rest] = given;
  const own = first ? [first, ['Command', line] as const, ...rest] : [['Command', line] as const];
  return [...own, ['Event-UUID', id], ...head];
}

/** Who knows the socket's own password may do everything, as there. */
const administrator: SocketPrincipal = { user: 'event-socket', queues: undefined, allowed: [], may: () => true };

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
    queues: principal.queues,
    allowed: [
      ['Allowed-Events', 'all'],
      ['Allowed-API', 'all'],
      ['Allowed-LOG', 'false'],
    ],
    may: (need) => granted.has(need),
  };
}

/** Every successful `agent get` is an event (freeswitch-callcenter 12). */
function withGetEvents(commands: CallcenterCommands, tell: (event: InfoEvent) => void): CallcenterCommands {
  return {
    need: (name, args) => commands.need(name, args),
    break: (args, who) => commands.break(args, who),
    track: (args, who) => commands.track(args, who),
    json: (text, who) => commands.json(text, who),
    async config(args, who) {
      const answer = await commands.config(args, who);
      const [, key, agent] = /^\s*agent\s+get\s+(status|state|uuid)\s+'?([^'\s]+)'?\s*$/i.exec(args) ?? [];
      if (key !== undefined && agent !== undefined && !answer.startsWith('-'))
        tell(getEvent(key.toLowerCase() as 'status' | 'state' | 'uuid', agent, answer));
      return answer;
    },
  };
}
