/** A binding's teller with what a recorded session makes it say, and a receiver of whatever is posted. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bindingsFileSchema } from '../../core/crm/binding.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { CustomerReply } from '../../core/crm/customer-reply.js';
import type { CrmMessage } from '../../core/crm-ports.js';
import type { JournalEvent } from '../../core/journal/events.js';
import type { JournalNotice } from '../../core/journal/notices.js';
import type { CrmSent } from '../../core/services/crm-delivery.js';
import { createCrmPost } from '../../sidecar/crm/post.js';
import { createTeller } from '../../sidecar/crm/teller.js';
import type { BindingTeller, TellerDeps } from '../../sidecar/crm/teller-parts.js';
import { createWebService } from '../../sidecar/crm/web-service.js';
import { openJournal, recordedFacts } from './journal-drive.js';
import { recordingMeter, silentLog, type RecordingMeter } from './observers.js';

/** A binding as the file has it; agents 1011 and 1012, as in the recorded sessions. */
export function bindingOf(more: object): CrmBinding {
  const plain = {
    name: 'main',
    secret: 's3cr3t+Key/&=1-and-longer',
    timezone: 'Europe/Moscow',
    extensions: { '1011': 'PJSIP/1011', '1012': 'PJSIP/1012' },
    short_numbers: ['1010'],
    public_url: 'http://127.0.0.1:5000',
  };
  const [binding] = bindingsFileSchema.parse({ crm: [{ ...plain, ...more }] }).crm;
  if (!binding) throw new Error('no binding');
  return binding;
}

export interface TestTeller extends BindingTeller {
  readonly learned: [number: string, reply: CustomerReply][];
  readonly meter: RecordingMeter;
}

export function tellerOf(binding: CrmBinding, more: Partial<TellerDeps> = {}, requestMsMax = 2_000): TestTeller {
  const meter = recordingMeter();
  const learned: TestTeller['learned'] = [];
  const post = createCrmPost({ connectMsMax: 1_000, requestMsMax, caFile: undefined });
  const teller = createTeller(binding, {
    post,
    service: binding.ws && createWebService(binding, post),
    nowMs: Date.now,
    ownerOf: () => undefined,
    expectOwner: () => undefined,
    learn: (number, reply) => void learned.push([number, reply]),
    log: silentLog,
    meter,
    ...more,
  });
  if (!teller) throw new Error(`${binding.dialect} is told of nothing`);
  return Object.assign(teller, { learned, meter });
}

/** Every notice of a recorded session with its time. */
export function noticesOf(name: string): readonly { readonly notice: JournalNotice; readonly atMs: number }[] {
  const journal = openJournal();
  const events = recordedFacts(name);
  const last: JournalEvent = { switch: 'alpha', type: 'time-passed', atMs: (events.at(-1)?.atMs ?? 0) + 1_000 };
  // as the outbox has it: what was said is not changed by what comes
  return [...events, last].flatMap((event) =>
    journal.step(event).notices.map((notice) => ({ notice: structuredClone(notice), atMs: event.atMs })),
  );
}

let lastId = 0;
export const crmMessage = (more: Pick<CrmMessage, 'event' | 'payload'> & Partial<CrmMessage>): CrmMessage => ({
  ...{ id: ++lastId, binding: 'main', callId: 'alpha-1.1', seq: 1, createdAtMs: 0, attempts: 0, nextAtMs: 0, lastError: undefined },
  ...more,
});

/** The messages of a recorded session. */
export const messagesOf = (teller: BindingTeller, name: string): readonly CrmMessage[] =>
  noticesOf(name).flatMap(({ notice, atMs }) =>
    teller.messagesOf(notice, atMs).map(({ event, payload }) => crmMessage({ callId: notice.call.id, event, payload })),
  );

/** Sends them in order; what came of each. */
export async function sendAll(teller: BindingTeller, messages: readonly CrmMessage[]): Promise<readonly CrmSent['kind'][]> {
  const kinds: CrmSent['kind'][] = [];
  for (const message of messages) kinds.push((await teller.send(message)).kind);
  return kinds;
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly form: URLSearchParams;
}

export interface Receiver {
  readonly url: string;
  readonly got: Received[];
  reply: (request: Received) => { readonly status?: number; readonly body?: string; readonly delayMs?: number };
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts).toString('utf8');
    const request = { headers: req.headers, body, form: new URLSearchParams(body) };
    receiver.got.push(request);
    const { status = 200, body: text = '', delayMs = 0 } = receiver.reply(request);
    setTimeout(() => res.writeHead(status).end(text), delayMs);
  };
  const server = createServer((req, res) => void serve(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`,
    got: [],
    reply: () => ({}),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
