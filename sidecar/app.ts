/**
 * The HTTP service without its port (H18). VICIdial-compatible doors come first and bring their own
 * body reader and texts; everything else passes helmet, a request id and bounded body parsers, and
 * every failure is answered in one place as `{ code, message, requestId }`.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import helmet from 'helmet';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { originForm, type CompatDoor } from './compat-door.js';

export interface AppDeps {
  /** compatible doors: raw requests, found by their exact path before Express is asked */
  readonly doors: readonly CompatDoor[];
  /** read bodies of their own routes that are larger than the common limit, or speak other words */
  readonly bodies?: readonly RequestHandler[];
  /** everything else, in order */
  readonly routes: readonly RequestHandler[];
  /** refuses addresses that may not use the service; undefined = all may */
  readonly isAllowed?: (address: string | undefined) => boolean;
  readonly log: Log;
  readonly meter: Meter;
}

export const appDefaults = {
  jsonBytesMax: 65_536,
};

export type AppOptions = typeof appDefaults;

/** Limits of the HTTP server itself; times in ms. */
export const httpServerDefaults = {
  headersMsMax: 10_000,
  requestMsMax: 30_000,
  /** a file of contacts over a slow line */
  uploadMsMax: 3_600_000,
  /** a client whose body came too late has so long to hear it; then the connection ends, whatever it still sends */
  lastWordsMsMax: 1_000,
  keepAliveMs: 60_000,
  headerBytesMax: 16_384,
  requestsPerConnectionMax: 0,
  connectionsMax: 2_000,
};

export type HttpServerOptions = typeof httpServerDefaults;

const requestIdHeader = 'X-Request-Id';

/** Ids count up behind a random start, so they are unique without costing a random number each. */
function createRequestIds(): RequestHandler {
  const start = randomBytes(4).toString('hex');
  let last = 0;
  return (_req, res, next) => {
    last += 1;
    res.setHeader(requestIdHeader, `${start}-${last.toString(36)}`);
    next();
  };
}

/** Failures that libraries report by a 4xx status (broken JSON, bad percent escape, oversized body). */
export function asClientError(e: unknown): TandemError | undefined {
  if (e instanceof TandemError) return e;
  if (!(e instanceof Error)) return undefined;
  const status: unknown = 'status' in e ? e.status : undefined;
  if (status === 413) return new TandemError('TDM_TOO_LARGE', [appDefaults.jsonBytesMax], { cause: e });
  const isClients = typeof status === 'number' && status >= 400 && status < 500;
  return isClients || e instanceof URIError ? new TandemError('TDM_BAD_REQUEST', ['it cannot be read'], { cause: e }) : undefined;
}

/** The answer had begun: it cannot be another one now, but the client must see that it is not whole. */
function cutOff(res: ServerResponse, e: unknown, log: Log): void {
  log.error({ err: e }, 'answer broken off');
  res.destroy();
}

/** The one place where a failure becomes an answer. What is not the client's fault is logged with its id and told to nobody. */
export function errorResponse({ log, meter }: Pick<AppDeps, 'log' | 'meter'>): ErrorRequestHandler {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows an error handler by its four parameters
  return (e: unknown, req, res, _next) => {
    if (res.headersSent) {
      cutOff(res, e, log);
      return;
    }
    const requestId = String(res.getHeader(requestIdHeader) ?? '');
    const known = asClientError(e);
    const failure = known ?? new TandemError('TDM_INTERNAL');
    if (failure.status >= 500) log.error({ err: e, requestId, method: req.method, path: req.path }, 'request failed');
    meter.count('tandem_http_errors_total', { code: failure.code });
    res.status(failure.status).json({ code: failure.code, message: failure.message, requestId });
  };
}

const notFound: RequestHandler = (req) => {
  throw new TandemError('TDM_NOT_FOUND', ['Address', req.path.slice(0, 200).replace(/[^\w./~-]+/g, '?')]);
};

/** Everything that is no compatible door. */
function createRest(deps: AppDeps, options: AppOptions): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(createRequestIds());
  // Plain HTTP inside a LAN is a supported way to run: no upgrade by header.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } }, strictTransportSecurity: false }));
  deps.bodies?.forEach((read) => app.use(read));
  app.use(express.json({ limit: options.jsonBytesMax }), express.urlencoded({ limit: options.jsonBytesMax, extended: false }));
  deps.routes.forEach((route) => app.use(route));
  app.use(notFound);
  app.use(errorResponse(deps));
  return (req, res) => void app(req, res);
}

function pathOf(req: IncomingMessage): string {
  const url = originForm(req.url ?? '/');
  const question = url.indexOf('?');
  return question < 0 ? url : url.slice(0, question);
}

function refuseAddress(res: ServerResponse): void {
  res.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8' });
  res.end('ERROR: TDM_FORBIDDEN address\n');
}

/** The whole service as one listener: address list, doors, then Express. */
export function createApp(deps: AppDeps, options: AppOptions = appDefaults): RequestListener {
  const rest = createRest(deps, options);
  const doors = new Map(deps.doors.flatMap((door) => door.paths.map((path) => [path, door])));
  const { isAllowed, log } = deps;
  return (req, res) => {
    if (isAllowed && !isAllowed(req.socket.remoteAddress)) {
      refuseAddress(res);
      return;
    }
    const door = doors.get(pathOf(req));
    if (!door) {
      rest(req, res);
      return;
    }
    door.serve(req, res).catch((e: unknown) => {
      cutOff(res, e, log);
    });
  };
}

/**
 * A server for the app with every limit set, not listening yet. Unreadable requests get a bare 400 or 431 and are cut off.
 * `isUpload`: requests that may take `uploadMsMax`, because a file comes with them.
 */
export function createHttpServer(
  app: RequestListener,
  options: HttpServerOptions = httpServerDefaults,
  isUpload: (req: IncomingMessage) => boolean = () => false,
): Server {
  const bounded: RequestListener = (req, res) => {
    if (hasBody(req) && !isUpload(req)) endLate(req, options);
    app(req, res);
  };
  const server = createServer(
    {
      headersTimeout: options.headersMsMax,
      requestTimeout: Math.max(options.requestMsMax, options.uploadMsMax),
      keepAliveTimeout: options.keepAliveMs,
      // Node looks for late ones every 30 s only, unless it is told
      connectionsCheckingInterval: Math.ceil(options.headersMsMax / 2),
      maxHeaderSize: options.headerBytesMax,
    },
    bounded,
  );
  server.maxRequestsPerSocket = options.requestsPerConnectionMax;
  server.maxConnections = options.connectionsMax;
  return server;
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Node knows one deadline for all requests, which is that of uploads. */
function endLate(req: IncomingMessage, { requestMsMax, lastWordsMsMax }: HttpServerOptions): void {
  let timer = setTimeout(() => {
    if (req.complete) return;
    req.socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    timer = setTimeout(() => req.socket.destroy(), lastWordsMsMax);
  }, requestMsMax);
  req.once('close', () => clearTimeout(timer));
}
