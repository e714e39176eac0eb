/** The doors for a CRM (crm-vtiger 3): what it may ask, in the bodies and within the time that its pages understand. */
import type { IncomingMessage, RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { RecordCommand } from '../../core/access-ports.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { CrmAnswer } from '../../core/crm-ports.js';
import type { Log, Meter } from '../../core/ports.js';
import type { Timers } from '../timers.js';
import type { Guard } from './guard.js';
import { header, parameter } from './parameters.js';
import { createRecordingDoor } from './recording-door.js';
import type { Recordings } from './recordings.js';
import type { CrmRequests } from './requests.js';

export interface ListenerDeps {
  readonly bindings: readonly CrmBinding[];
  readonly guard: Guard;
  readonly requests: CrmRequests;
  readonly recordings: Recordings;
  /** for `/ping` of one who has a key */
  readonly health: (binding: CrmBinding) => Promise<CrmHealth>;
  /** rows of the audit: pauses of recordings */
  readonly record: RecordCommand;
  /** of who asks, behind a proxy too */
  readonly addressOf: (req: IncomingMessage) => string;
  readonly isOnAllowList: (binding: CrmBinding, address: string | undefined) => boolean;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface CrmHealth {
  readonly status: 'ok' | 'degraded';
  readonly ami: 'up' | 'down';
  readonly amiSince: string | undefined;
  readonly crm: 'up' | 'down' | 'unknown';
  readonly outbox: { readonly pending: number; readonly oldestSec: number; readonly dead: number };
  readonly version: string;
}

export const listenerDefaults = {
  bodyBytesMax: 65_536,
  urlBytesMax: 4_096,
  /** the CRM's page hangs as long as we do */
  answerMsMax: 2_000,
  streamsMax: 64,
  /** a listener who takes nothing for so long is cut off */
  stallMsMax: 60_000,
};

export type ListenerOptions = typeof listenerDefaults;

const plain = 'text/plain; charset=utf-8';

export function createCrmListener(deps: ListenerDeps, options: ListenerOptions = listenerDefaults): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(helmet({ strictTransportSecurity: false, crossOriginResourcePolicy: false }));
  app.use(express.urlencoded({ limit: options.bodyBytesMax, extended: false }), express.json({ limit: options.bodyBytesMax }));
  const doors = createDoors(deps, options);
  const router = express.Router({ caseSensitive: true });
  router.all('/ping', doors.ping);
  router.all('/makecall', doors.makeCall);
  router.all('/transfer', doors.transfer);
  router.all('/recording/:change', doors.muteRecording);
  router.all('/recording', doors.recording);
  router.get('/', (_req, res) => void res.type(plain).send('Tandem CRM connector\n'));
  const prefixes = new Set(deps.bindings.map(({ path_prefix }) => `/${path_prefix.replace(/^\/+|\/+$/g, '')}`));
  for (const prefix of prefixes) app.use(prefix, router);
  app.use((_req, res) => void res.status(404).end());
  app.use(unreadable(deps));
  return (req, res) => {
    const url = req.url ?? '/';
    if (Buffer.byteLength(url) > options.urlBytesMax) {
      const body = 'Error\n';
      res.writeHead(414, { 'Content-Type': plain, 'Content-Length': body.length, 'X-Tandem-Error': 'too-long' }).end(body);
      return;
    }
    // a CRM whose setting ends in a slash asks for //makecall
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    req.url = path.replace(/\/{2,}/g, '/') + (question < 0 ? '' : url.slice(question));
    void app(req, res);
  };
}

/** Every failure is `Error` and nothing else: the CRM takes any other text for success. */
function unreadable({ log }: ListenerDeps): ErrorRequestHandler {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows an error handler by its four parameters
  return (error: unknown, _req, res, _next) => {
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const status: unknown = error instanceof Error && 'status' in error ? error.status : 500;
    if (status === 500) log.error({ error }, 'a request of a CRM failed');
    refuse(res, { ok: false, code: status === 500 ? 'internal' : 'unreadable', status: typeof status === 'number' ? status : 500 });
  };
}

function createDoors(deps: ListenerDeps, options: ListenerOptions) {
  const { guard, log, meter, timers } = deps;

  /** The binding whose key came along; otherwise the answer is given. */
  function bindingOf(req: Request, res: Response): CrmBinding | undefined {
    const address = deps.addressOf(req);
    if (guard.isThrottled(address)) {
      res.status(429).type(plain).send('Authentication Failure\n');
      return undefined;
    }
    const binding = guard.bindingOf(parameter(req, 'secret') || header(req, 'x-tandem-secret'), req.baseUrl);
    if (binding) return binding;
    guard.failed(address);
    meter.count('tandem_crm_requests_total', { route: req.path.slice(1).split('/')[0] ?? '', outcome: 'unauthorized' });
    res.status(401).type(plain).send('Authentication Failure\n');
    return undefined;
  }

  /** One word within two seconds, whatever happens; `work` orders nothing after `untilMs`. */
  function answering(route: string, work: (binding: CrmBinding, req: Request, untilMs: number) => Promise<CrmAnswer>): RequestHandler {
    return (req, res) => {
      const binding = bindingOf(req, res);
      if (!binding) return;
      let isOver = false;
      const end = (answer: CrmAnswer): void => {
        if (isOver) return;
        isOver = true;
        cancel();
        meter.count('tandem_crm_requests_total', { route, outcome: answer.ok ? 'ok' : answer.code });
        log.info(
          { binding: binding.name, route, address: deps.addressOf(req), outcome: answer.ok ? 'ok' : answer.code },
          'request of a CRM',
        );
        if (answer.ok) res.type(plain).send('Success\n');
        else refuse(res, answer);
      };
      const msMax = options.answerMsMax - answerMarginMs;
      const cancel = timers.after(msMax, () => end({ ok: false, code: 'timeout', status: 504 }));
      work(binding, req, timers.nowMs() + msMax).then(end, (error: unknown) => {
        log.error({ error, route }, 'a request of a CRM failed');
        end({ ok: false, code: 'internal', status: 500 });
      });
    };
  }

  async function ping(req: Request, res: Response): Promise<void> {
    const origin = header(req, 'origin');
    if (deps.bindings.some(({ ping_origins }) => ping_origins.includes(origin))) res.setHeader('Access-Control-Allow-Origin', origin);
    const given = parameter(req, 'secret') || header(req, 'x-tandem-secret');
    const wantsJson = header(req, 'accept').includes('application/json');
    const allowed = wantsJson ? deps.bindings.find((binding) => deps.isOnAllowList(binding, deps.addressOf(req))) : undefined;
    const binding = given === '' ? allowed : bindingOf(req, res);
    if (given !== '' && !binding) return;
    if (!binding) {
      res.type(plain).send('pong\n');
      return;
    }
    const health = await deps.health(binding);
    res.status(parameter(req, 'strict') === '1' && health.status !== 'ok' ? 503 : 200).json(health);
  }

  /** Who silenced a recording, when, and what became of it: proof that payment data were not kept (B57). */
  async function mute(binding: CrmBinding, req: Request, change: 'pause' | 'resume', untilMs: number): Promise<CrmAnswer> {
    const call = parameter(req, 'id', 'callid', 'callUUID');
    const answer = await deps.requests.muteRecording(binding, call, change === 'pause', untilMs);
    void deps.record({
      who: { user: binding.name, id: `crm:${binding.name}`, address: deps.addressOf(req) },
      command: `recording/${change}`,
      request: { call: call.slice(0, 100) },
      status: answer.ok ? 200 : answer.status,
      code: answer.ok ? undefined : answer.code,
    });
    return answer;
  }

  return {
    ping: (req: Request, res: Response) => ping(req, res),
    makeCall: answering('makecall', (binding, req) =>
      deps.requests.makeCall(binding, { from: parameter(req, 'from'), to: parameter(req, 'to'), context: parameter(req, 'context') }),
    ),
    transfer: answering('transfer', (binding, req, untilMs) =>
      deps.requests.transfer(
        binding,
        {
          callId: parameter(req, 'callid', 'callUUID', 'id'),
          to: parameter(req, 'to', 'number'),
          from: parameter(req, 'from', 'extension'),
          mode: parameter(req, 'mode') || 'blind',
        },
        untilMs,
      ),
    ),
    muteRecording: answering('recording', (binding, req, untilMs) => {
      const { change } = req.params;
      if (change !== 'pause' && change !== 'resume') return Promise.resolve({ ok: false, code: 'bad-mode', status: 404 });
      return mute(binding, req, change, untilMs);
    }),
    recording: createRecordingDoor(deps, options, bindingOf),
  };
}

/** what is left of the two seconds for the way back */
const answerMarginMs = 100;

function refuse(res: Response, answer: Extract<CrmAnswer, { ok: false }>): void {
  res.status(answer.status).type(plain).setHeader('X-Tandem-Error', answer.code).send('Error\n');
}
