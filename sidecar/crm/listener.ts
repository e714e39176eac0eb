/** The doors for a CRM (crm-vtiger 3): what it may ask, in the bodies and within the time that its pages understand. */
import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { CrmAnswer } from '../../core/crm-ports.js';
import type { Log, Meter } from '../../core/ports.js';
import type { Timers } from '../timers.js';
import type { Guard } from './guard.js';
import { checkLink } from './links.js';
import type { Recordings } from './recordings.js';
import type { CrmRequests } from './requests.js';

export interface ListenerDeps {
  readonly bindings: readonly CrmBinding[];
  readonly guard: Guard;
  readonly requests: CrmRequests;
  readonly recordings: Recordings;
  /** for `/ping` of one who has a key */
  readonly health: (binding: CrmBinding) => Promise<CrmHealth>;
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
};

const plain = 'text/plain; charset=utf-8';

export function createCrmListener(deps: ListenerDeps, options = listenerDefaults): RequestListener {
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
      res.writeHead(414).end();
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

function createDoors(deps: ListenerDeps, options: typeof listenerDefaults) {
  const { guard, log, meter, timers } = deps;
  let streams = 0;

  /** The binding whose key came along; otherwise the answer is given. */
  function bindingOf(req: Request, res: Response): CrmBinding | undefined {
    const address = req.socket.remoteAddress ?? '';
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

  /** One word within two seconds, whatever happens. */
  function answering(route: string, work: (binding: CrmBinding, req: Request) => Promise<CrmAnswer>): RequestHandler {
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
          { binding: binding.name, route, address: req.socket.remoteAddress, outcome: answer.ok ? 'ok' : answer.code },
          'request of a CRM',
        );
        if (answer.ok) res.type(plain).send('Success\n');
        else refuse(res, answer);
      };
      const cancel = timers.after(options.answerMsMax - answerMarginMs, () => end({ ok: false, code: 'timeout', status: 504 }));
      work(binding, req).then(end, (error: unknown) => {
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
    const allowed = wantsJson ? deps.bindings.find((binding) => deps.isOnAllowList(binding, req.socket.remoteAddress)) : undefined;
    const binding = given === '' ? allowed : bindingOf(req, res);
    if (given !== '' && !binding) return;
    if (!binding) {
      res.type(plain).send('pong\n');
      return;
    }
    const health = await deps.health(binding);
    res.status(parameter(req, 'strict') === '1' && health.status !== 'ok' ? 503 : 200).json(health);
  }

  /** The binding that may hear this recording. */
  function listener(req: Request, res: Response, id: string): CrmBinding | undefined {
    const sig = parameter(req, 'sig');
    const address = req.socket.remoteAddress;
    if (sig !== '') {
      for (const binding of deps.bindings) {
        const { access } = binding.recordings;
        if (access === 'secret' || (access === 'signed+ip' && !deps.isOnAllowList(binding, address))) continue;
        const secrets = [binding.secret, ...(binding.secret_previous === undefined ? [] : [binding.secret_previous])];
        const verdict = checkLink(secrets, { id, sig, exp: parameter(req, 'exp') }, timers.nowMs());
        if (verdict === 'good') return binding;
        if (verdict === 'expired') break;
      }
    }
    if (parameter(req, 'secret') !== '' || header(req, 'x-tandem-secret') !== '') {
      const binding = bindingOf(req, res);
      if (binding || res.headersSent) return binding;
    }
    if (sig !== '') guard.failed(address ?? '');
    res.status(guard.isThrottled(address ?? '') ? 429 : 401).end();
    return undefined;
  }

  async function recording(req: Request, res: Response): Promise<void> {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.status(405).setHeader('Allow', 'GET, HEAD').end();
      return;
    }
    const id = parameter(req, 'id');
    const binding = listener(req, res, id);
    if (!binding) return;
    const found = await deps.recordings.find(id);
    const outcome = found.kind === 'file' ? 'ok' : found.code;
    log.info(
      { binding: binding.name, route: 'recording', call: id.slice(0, 100), address: req.socket.remoteAddress, outcome },
      'request of a CRM',
    );
    meter.count('tandem_crm_requests_total', { route: 'recording', outcome });
    if (found.kind === 'none') {
      if (found.retryAfterS !== undefined) res.setHeader('Retry-After', String(found.retryAfterS));
      res.status(found.status).setHeader('X-Tandem-Error', found.code).end();
      return;
    }
    if (found.isOpen && !binding.recordings.serve_open) {
      res.status(404).setHeader('Retry-After', '5').setHeader('X-Tandem-Error', 'still-recording').end();
      return;
    }
    if (streams >= options.streamsMax) {
      res.status(503).setHeader('Retry-After', '5').setHeader('X-Tandem-Error', 'too-many-streams').end();
      return;
    }
    streams += 1;
    res.on('close', () => (streams -= 1));
    res.setHeader('Content-Type', found.type);
    res.setHeader('Content-Disposition', `inline; filename="${found.name}"`);
    res.setHeader('Cache-Control', 'private, max-age=3600');
    res.sendFile(found.path, { acceptRanges: true, cacheControl: false, dotfiles: 'allow', lastModified: true, etag: true }, (error) => {
      if (error !== undefined && !res.headersSent) res.status(404).end();
    });
  }

  return {
    ping: (req: Request, res: Response) => ping(req, res),
    makeCall: answering('makecall', (binding, req) =>
      deps.requests.makeCall(binding, { from: parameter(req, 'from'), to: parameter(req, 'to'), context: parameter(req, 'context') }),
    ),
    transfer: answering('transfer', (binding, req) =>
      deps.requests.transfer(binding, {
        callId: parameter(req, 'callid', 'callUUID', 'id'),
        to: parameter(req, 'to', 'number'),
        from: parameter(req, 'from', 'extension'),
        mode: parameter(req, 'mode') || 'blind',
      }),
    ),
    muteRecording: answering('recording', (binding, req) => {
      const { change } = req.params;
      if (change !== 'pause' && change !== 'resume') return Promise.resolve({ ok: false, code: 'bad-mode', status: 404 });
      return deps.requests.muteRecording(binding, parameter(req, 'id', 'callid', 'callUUID'), change === 'pause');
    }),
    recording: (req: Request, res: Response) => recording(req, res),
  };
}

/** what is left of the two seconds for the way back */
const answerMarginMs = 100;

function refuse(res: Response, answer: Extract<CrmAnswer, { ok: false }>): void {
  res.status(answer.status).type(plain).setHeader('X-Tandem-Error', answer.code).send('Error\n');
}

/** First of these that came, in the address or in a form; one that came twice counts as none. */
function parameter(req: Request, ...names: readonly string[]): string {
  for (const name of names) {
    for (const source of [req.query, req.body] as readonly unknown[]) {
      if (typeof source !== 'object' || source === null || !Object.hasOwn(source, name)) continue;
      const value = (source as Readonly<Record<string, unknown>>)[name];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return '';
}

const header = (req: Request, name: string): string => {
  const value = req.headers[name];
  return typeof value === 'string' ? value : '';
};
