/**
 * The HTTP service without its port (H18). VICIdial-compatible doors come first and bring their own
 * body reader and texts; everything else passes helmet, a request id and bounded body parsers, and
 * every failure is answered in one place as `{ code, message, requestId }`.
 */
import { createServer, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';

export interface AppDeps {
  /** compatible doors: raw requests, no middleware before them */
  readonly doors: readonly RequestHandler[];
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
function asClientError(e: unknown): TandemError | undefined {
  if (e instanceof TandemError) return e;
  if (!(e instanceof Error)) return undefined;
  const status: unknown = 'status' in e ? e.status : undefined;
  if (status === 413) return new TandemError('TDM_TOO_LARGE', [appDefaults.jsonBytesMax], { cause: e });
  const isClients = typeof status === 'number' && status >= 400 && status < 500;
  return isClients || e instanceof URIError ? new TandemError('TDM_BAD_REQUEST', ['it cannot be read'], { cause: e }) : undefined;
}

/** The one place where a failure becomes an answer. What is not the client's fault is logged with its id and told to nobody. */
export function errorResponse({ log, meter }: Pick<AppDeps, 'log' | 'meter'>): ErrorRequestHandler {
  return (e: unknown, req, res, next) => {
    if (res.headersSent) {
      next(e); // too late for an answer: Express ends the connection
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
  throw new TandemError('TDM_NOT_FOUND', ['Address', req.path.slice(0, 200)]);
};

export function createApp(deps: AppDeps, options: AppOptions = appDefaults): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const { isAllowed } = deps;
  if (isAllowed)
    app.use((req, res, next) => {
      if (isAllowed(req.socket.remoteAddress)) next();
      else res.status(403).type('text/plain').send('TDM_FORBIDDEN address\n');
    });
  deps.doors.forEach((door) => app.use(door));
  app.use(createRequestIds());
  // Plain HTTP inside a LAN is a supported way to run: no upgrade by header.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } }, strictTransportSecurity: false }));
  app.use(express.json({ limit: options.jsonBytesMax }), express.urlencoded({ limit: options.jsonBytesMax, extended: false }));
  deps.routes.forEach((route) => app.use(route));
  app.use(notFound);
  app.use(errorResponse(deps));
  return app;
}

/** A server for the app with every limit set, not listening yet. Unreadable requests get a bare 400 or 431 and are cut off. */
export function createHttpServer(app: Express, options: HttpServerOptions = httpServerDefaults): Server {
  const server = createServer(
    {
      headersTimeout: options.headersMsMax,
      requestTimeout: options.requestMsMax,
      keepAliveTimeout: options.keepAliveMs,
      maxHeaderSize: options.headerBytesMax,
    },
    app,
  );
  server.maxRequestsPerSocket = options.requestsPerConnectionMax;
  server.maxConnections = options.connectionsMax;
  return server;
}
