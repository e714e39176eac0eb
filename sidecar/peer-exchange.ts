/** One HTTP exchange with a peer: bounded in time and size, stopped by a signal, without retry or redirect. */
import { request as httpRequest } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

export interface ExchangeTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly connectMsMax: number;
  readonly bodyBytesMax: number;
  readonly signal: AbortSignal;
}

export interface ExchangeAnswer {
  readonly status: number;
  /** of a redirect; then the body is not read */
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** `kind`: `connection` = refused, reset or the like; `slow` = no connection in time; `answer` = not usable; `aborted` = our signal. */
export class ExchangeFailure extends Error {
  readonly kind: 'connection' | 'slow' | 'answer' | 'aborted';
  /** the peer cannot have begun to answer: asking again is safe (AGI-3) */
  readonly isBeforeAnyByte: boolean;
  /** an aborted one had to wait for a connection of our own pool first: the time it had is no measure of the peer */
  readonly hasWaited: boolean;

  constructor(
    kind: ExchangeFailure['kind'],
    message: string,
    isBeforeAnyByte = false,
    options: ErrorOptions & { hasWaited?: boolean } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.isBeforeAnyByte = isBeforeAnyByte;
    this.hasWaited = options.hasWaited ?? false;
  }
}

const retryable: readonly unknown[] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'];
const redirects: readonly number[] = [301, 302, 303, 307, 308];

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message.slice(0, 200);
}

/** The whole body, or a rejection when it is too long or cut off. */
function readBody(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) reject(new ExchangeFailure('answer', `answer longer than ${bytesMax} bytes`));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    // half a lead must not be taken for a whole one
    response.on('error', (error) => reject(new ExchangeFailure('answer', 'answer cut off', false, { cause: error })));
  });
}

async function readAnswer(response: IncomingMessage, bytesMax: number): Promise<ExchangeAnswer> {
  const status = response.statusCode ?? 0;
  const { location } = response.headers;
  if (redirects.includes(status) && location !== undefined) return { status, location, body: Buffer.alloc(0) };
  if (Number(response.headers['content-length'] ?? 0) > bytesMax)
    throw new ExchangeFailure('answer', `answer longer than ${bytesMax} bytes`);
  return { status, location: undefined, body: await readBody(response, bytesMax) };
}

function send({ url, headers, agent }: ExchangeTarget): ClientRequest {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return request({
    protocol: url.protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...headers },
    agent,
  });
}

/** True for a request just made when all connections of its pool are in use: the pool queues at the end. */
function isQueued(agent: Agent, request: ClientRequest): boolean {
  return Object.values(agent.requests).some((queue): boolean => queue?.at(-1) === (request as object));
}

/** GET. Resolves with any status; rejects with ExchangeFailure only. */
export function exchange(target: ExchangeTarget): Promise<ExchangeAnswer> {
  const { signal } = target;
  if (signal.aborted) return Promise.reject(new ExchangeFailure('aborted', 'stopped'));
  return new Promise((resolve, reject) => {
    const request = send(target);
    let socket: Socket | undefined;
    let bytesBefore = 0;
    const fail = (failure: ExchangeFailure) => {
      reject(failure);
      finish();
      request.destroy();
    };
    const hasWaited = isQueued(target.agent, request);
    let connectTimer: NodeJS.Timeout | undefined;
    const connecting = () => {
      connectTimer ??= setTimeout(() => fail(new ExchangeFailure('slow', 'no connection in time')), target.connectMsMax);
    };
    const connected = () => clearTimeout(connectTimer);
    const onAbort = () => fail(new ExchangeFailure('aborted', 'stopped', false, { hasWaited }));
    const finish = () => {
      connected();
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort);
    // Waiting for a free connection of ours is bounded by the caller's deadline; only connecting is the peer's time.
    if (!hasWaited) connecting();
    request.on('socket', (given) => {
      socket = given;
      bytesBefore = given.bytesRead; // a kept-alive connection has read answers before
      if (!given.connecting) {
        connected();
        return;
      }
      connecting();
      given.once('connect', connected);
    });
    request.on('error', (error) => {
      const isSilent = socket === undefined || socket.bytesRead === bytesBefore;
      fail(new ExchangeFailure('connection', codeOf(error), isSilent && retryable.includes(codeOf(error)), { cause: error }));
    });
    request.on('response', (response) => {
      readAnswer(response, target.bodyBytesMax).then(
        (answer) => {
          resolve(answer);
          finish();
          if (answer.location !== undefined) request.destroy();
        },
        (error: unknown) =>
          fail(error instanceof ExchangeFailure ? error : new ExchangeFailure('answer', 'not readable', false, { cause: error })),
      );
    });
    request.end();
  });
}
