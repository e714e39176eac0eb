/**
 * What both VICIdial-compatible doors share: from an HTTP request to an `ApiRequest`, and back. Stands
 * before Express and all middleware, because each microsecond here is paid 3,700 times a second.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiAnswer, ApiRequest } from '../core/cluster/api-request.js';
import { textAnswer } from '../core/cluster/api-request.js';
import { noFields, parseForm, type Fields } from '../core/cluster/parameters.js';
import { loggedUrl } from '../core/cluster/redact.js';
import { signatureHeaders } from '../core/cluster/signature.js';
import { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { formFields, noBody, readBody, type BodyOptions } from './form-body.js';

export interface CompatDoorDeps {
  readonly log: Log;
  readonly meter: Meter;
  /** the client's address, e.g. `createClientAddress(...)` */
  readonly clientAddress: (req: IncomingMessage) => string;
  nowMs(): number;
}

export const compatMethods: readonly string[] = ['GET', 'POST', 'HEAD', 'PUT'];
const headerTextMax = 255;

/** User and password of `Authorization: Basic`; undefined when absent or malformed. */
function basicOf(req: IncomingMessage): ApiRequest['basic'] {
  const found = /^Basic ([A-Za-z0-9+/=]{1,1000})$/i.exec(req.headers.authorization ?? '');
  if (!found) return undefined;
  const text = Buffer.from(found[1] ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const [user, pass] = [text.slice(0, colon), text.slice(colon + 1)];
  return colon < 0 || pass.includes('\0') || pass.length > 200 ? undefined : { user, pass };
}

function headerText(req: IncomingMessage, name: string): string {
  const value = req.headers[name];
  return typeof value === 'string' ? value.slice(0, headerTextMax) : '';
}

/** A signed request names its key in a header; then nothing else counts as credentials. */
function signedOf(req: IncomingMessage, path: string, query: Fields, body: Buffer): ApiRequest['signed'] {
  const key = headerText(req, signatureHeaders.key);
  if (key === '') return undefined;
  const parameters = new Map([...query].map(([name, value]) => [name, value ?? '']));
  const date = headerText(req, signatureHeaders.date);
  const parts = { method: req.method ?? '', path, parameters, body, date };
  return { key, sign: headerText(req, signatureHeaders.sign), parts };
}

const hostPattern = /^[a-zA-Z0-9.:[\]_-]{1,125}$/;

/** `http://host/path?query`, as some proxies send it, is `/path?query` (RFC 9112, 3.2.2). */
export function originForm(target: string): string {
  const found = /^https?:\/\/[^/?#]*(.*)$/is.exec(target);
  if (!found) return target;
  const rest = found[1] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Requests whose client has gone: `signal` of the request aborts. Made only when asked for. */
function signalOf(res: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (res.closed) gone.abort();
  res.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}

function toApiRequest(req: IncomingMessage, res: ServerResponse, body: Buffer, deps: CompatDoorDeps, startedAtMs: number): ApiRequest {
  const url = originForm(req.url ?? '/');
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const queryText = question < 0 ? '' : url.slice(question + 1);
  const query = parseForm(queryText);
  const isPost = req.method === 'POST';
  const form = isPost ? formFields(body, req.headers) : noFields;
  const host = headerText(req, 'host');
  const webServer = hostPattern.test(host) ? host : 'unknown';
  const page = `${'encrypted' in req.socket ? 'https' : 'http'}://${webServer}${path}`.slice(0, headerTextMax);
  let signal: AbortSignal | undefined;
  return {
    fields: { query, form },
    basic: req.headers.authorization === undefined ? undefined : basicOf(req),
    signed: signedOf(req, path, query, body),
    address: deps.clientAddress(req),
    webServer,
    page,
    loggedUrl: loggedUrl(page, queryText, isPost ? form : undefined),
    startedAtMs,
    get signal() {
      return (signal ??= signalOf(res));
    },
  };
}

/** The headers of the reference and no others; Node adds Date and Connection. */
export function sendAnswer(res: ServerResponse, answer: ApiAnswer): void {
  res.writeHead(answer.status, [
    'Content-Type',
    answer.contentType,
    'Cache-Control',
    'no-cache, must-revalidate',
    'Pragma',
    'no-cache',
    'Content-Length',
    String(Buffer.byteLength(answer.body)),
  ]);
  res.end(answer.body);
}

/** A failure in the words of these doors: one line that begins with `ERROR: `, its code, and for our own faults an id to look up. */
export function failureAnswer(e: unknown, deps: CompatDoorDeps): ApiAnswer {
  if (e instanceof TandemError) {
    if (e.status >= 500) deps.log.warn({ err: e }, 'compatible door: request failed');
    deps.meter.count('tandem_http_errors_total', { code: e.code });
    return textAnswer(`ERROR: ${e.code} ${e.message}\n`, e.status);
  }
  const requestId = randomBytes(8).toString('hex');
  deps.log.error({ err: e, requestId }, 'compatible door: request failed');
  deps.meter.count('tandem_http_errors_total', { code: 'TDM_INTERNAL' });
  return textAnswer(`ERROR: TDM_INTERNAL Internal error ${requestId}\n`, 500);
}

/** Options of one door. */
export interface CompatDoorOptions {
  /** exact paths; letter case counts */
  readonly paths: readonly string[];
  readonly body?: BodyOptions;
}

/** A door: its exact paths, and what answers there. `serve` never rejects before an answer has begun. */
export interface CompatDoor {
  readonly paths: readonly string[];
  serve(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

/** Other methods than `compatMethods` get 405. */
export function createCompatDoor(
  answer: (request: ApiRequest) => Promise<ApiAnswer>,
  deps: CompatDoorDeps,
  options: CompatDoorOptions,
): CompatDoor {
  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const startedAtMs = deps.nowMs();
    if (!compatMethods.includes(req.method ?? '')) {
      res.setHeader('Allow', compatMethods.join(', '));
      sendAnswer(res, textAnswer('ERROR: TDM_BAD_REQUEST Request refused: method\n', 405));
      return;
    }
    try {
      // PHP reads a form from POST alone; a signature covers the body of every method.
      const wantsBody = req.method === 'POST' || (req.method === 'PUT' && req.headers[signatureHeaders.key] !== undefined);
      const body = wantsBody ? await readBody(req, options.body) : noBody;
      sendAnswer(res, await answer(toApiRequest(req, res, body, deps, startedAtMs)));
    } catch (e) {
      if (res.headersSent) throw e;
      // The rest of a refused body is unread: this connection cannot be used again.
      if (!req.complete) res.setHeader('Connection', 'close');
      sendAnswer(res, failureAnswer(e, deps));
    }
  }
  return { paths: options.paths, serve };
}
