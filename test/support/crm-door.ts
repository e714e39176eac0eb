/** The doors for a CRM on a free loopback port, over a journal of a few calls: what came in, what was logged, what was asked. */
import { realpathSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { request, type IncomingHttpHeaders } from 'node:http';
import { createAddressList } from '../../core/address-list.js';
import type { CommandDone } from '../../core/access-ports.js';
import { bindingsFileSchema, type CrmBinding, type CrmFile } from '../../core/crm/binding.js';
import type { CrmAnswer } from '../../core/crm-ports.js';
import type { JournalCall, Leg } from '../../core/journal/call.js';
import { createClientAddress } from '../../sidecar/addresses.js';
import { createHttpServer, httpServerDefaults, type HttpServerOptions } from '../../sidecar/app.js';
import { createGuard } from '../../sidecar/crm/guard.js';
import { createCrmListener, listenerDefaults, type ListenerOptions } from '../../sidecar/crm/listener.js';
import { createRecordingOrigins } from '../../sidecar/crm/recording-origins.js';
import { createRecordings } from '../../sidecar/crm/recordings.js';
import { createHandTimers, type HandTimers } from './hand-timers.js';
import { silentMeter } from './observers.js';

export const secret = 's3cr3t+Key/&=1';

export const plainBinding = {
  name: 'main',
  dialect: 'vtiger',
  crm_url: 'https://crm.example/',
  secret,
  timezone: 'UTC',
  public_url: 'http://127.0.0.1:5000',
  contexts: ['from-internal'],
  extensions: { '101': 'PJSIP/101' },
};

export interface CrmDoor {
  readonly port: number;
  readonly timers: HandTimers;
  readonly bindings: readonly CrmBinding[];
  /** by id: what the journal knows */
  readonly calls: Map<string, JournalCall>;
  readonly purged: Set<string>;
  /** what clicks, transfers and pauses were asked for, after the listener's checks */
  readonly asked: unknown[];
  /** until when each of the transfers and pauses may order something */
  readonly deadlines: number[];
  /** what they get; a promise that never ends is a switch that hangs */
  answer: () => Promise<CrmAnswer>;
  readonly logged: string[];
  readonly audited: CommandDone[];
  /** asked for, but not theirs */
  readonly foreign: string[];
  close(): Promise<void>;
}

export interface CrmDoorOptions {
  readonly bindings?: readonly object[];
  readonly roots?: readonly string[];
  readonly file?: Partial<CrmFile>;
  readonly listener?: Partial<ListenerOptions>;
  readonly http?: Partial<HttpServerOptions>;
}

export async function openCrmDoor(options: CrmDoorOptions = {}): Promise<CrmDoor> {
  const file = bindingsFileSchema.parse({ crm: options.bindings ?? [plainBinding], ...options.file });
  const bindings = file.crm;
  const timers = createHandTimers(Date.UTC(2026, 10, 22));
  const nowMs = (): number => timers.nowMs();
  const logged: string[] = [];
  const note = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields, shown)}`);
  const log = { debug: note, info: note, warn: note, error: note };
  const calls = new Map<string, JournalCall>();
  const door: Omit<CrmDoor, 'port' | 'close'> = {
    timers,
    bindings,
    calls,
    purged: new Set(),
    asked: [],
    deadlines: [],
    answer: () => Promise.resolve({ ok: true }),
    logged,
    audited: [],
    foreign: [],
  };
  const ask = (what: unknown): Promise<CrmAnswer> => (door.asked.push(what), door.answer());
  const lists = new Map(bindings.map(({ name, recordings }) => [name, createAddressList(recordings.allow, 'recordings.allow')]));
  const server = createHttpServer(
    createCrmListener(
      {
        bindings,
        guard: createGuard(bindings, nowMs),
        requests: {
          makeCall: (binding, what) => ask({ binding: binding.name, ...what }),
          transfer: (binding, what, untilMs) => (door.deadlines.push(untilMs), ask({ binding: binding.name, ...what })),
          muteRecording: (binding, callId, isMuted, untilMs) => (
            door.deadlines.push(untilMs),
            ask({ binding: binding.name, callId, isMuted })
          ),
          close: () => undefined,
        },
        recordings: createRecordings({
          journal: { find: (id) => Promise.resolve(calls.get(id)) },
          store: { isRecordingPurged: (id) => Promise.resolve(door.purged.has(id)) },
          roots: (options.roots ?? []).map((root) => realpathSync(root)),
          origins: createRecordingOrigins(file.recording_origins),
          nowMs,
          onForeign: (id, what) => void door.foreign.push(`${id} ${what}`),
        }),
        health: () =>
          Promise.resolve({
            status: 'ok',
            ami: 'up',
            amiSince: undefined,
            crm: 'up',
            outbox: { pending: 0, oldestSec: 0, dead: 0 },
            version: '0',
          }),
        addressOf: createClientAddress({ header: 'x-forwarded-for', proxies: file.trusted_proxies }),
        isOnAllowList: ({ name, recordings }, address) =>
          recordings.allow.length > 0 && address !== undefined && lists.get(name)?.(address) === true,
        record: (done) => (door.audited.push(done), Promise.resolve()),
        timers,
        log,
        meter: silentMeter,
      },
      { ...listenerDefaults, ...options.listener },
    ),
    { ...httpServerDefaults, ...options.http },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(door, {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

const shown = (_key: string, value: unknown): unknown => (value instanceof Error ? value.message : value);

/** A call that is over, with recordings of these files. */
export function endedCall(id: string, files: readonly string[], more: Partial<JournalCall> = {}): JournalCall {
  const atMs = Date.UTC(2026, 10, 21);
  return {
    id,
    switch: 'alpha',
    linkedId: id,
    direction: 'inbound',
    state: 'done',
    customer: { number: '79123456789', name: '' },
    line: { did: '', queue: '' },
    origin: '',
    binding: '',
    startedAtMs: atMs,
    customerAtMs: atMs,
    answeredAtMs: atMs + 1_000,
    endedAtMs: atMs + 60_000,
    isTold: true,
    outcome: 'answered',
    endReason: 'hangup',
    legs: [legOf('101')],
    transfers: [],
    recordings: files.map((file) => ({ channel: 'U1', file, isClosed: true })),
    talker: 'U2',
    parties: [],
    lastParty: undefined,
    channels: [],
    dueAtMs: 0,
    lastEventAtMs: atMs + 60_000,
    ...more,
  };
}

export const legOf = (extension: string): Leg => ({
  id: `leg-${extension}`,
  extension,
  kind: 'agent',
  number: '',
  startedAtMs: 0,
  answeredAtMs: 1,
  endedAtMs: 2,
  talkMs: 1,
  talkingSinceMs: undefined,
  dialStatus: undefined,
  cause: undefined,
  outcome: 'answered',
  isConsultation: false,
  isTold: true,
});

export interface DoorAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** With headers and method as they are: fetch would change some. */
export function askDoor(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body = '' }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<DoorAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, agent: false, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Bytes as they are, and all that comes back until the other side closes, or until `msMax` of silence. */
export function rawDoor(port: number, bytes: string | Buffer, msMax = 3_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(msMax, () => socket.destroy());
    socket.on('data', (part) => (answer += part.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => (answer === '' ? reject(error) : resolve(answer)));
    socket.on('close', () => resolve(answer));
  });
}
