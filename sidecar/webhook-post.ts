/** Sends a message to a webhook: one request, signed, no redirect followed, bounded in time, nothing of the answer kept. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { WebhookOutcome, WebhookPost } from '../core/webhook-ports.js';
import { webhookHeaders } from './standard-webhook.js';
import { hostOf, type WebhookAddresses } from './webhook-address.js';

export interface WebhookPostDeps {
  readonly addresses: WebhookAddresses;
  /** Unix ms */
  readonly nowMs: () => number;
}

export const webhookPostDefaults = {
  /** the whole request, connection included */
  requestMsMax: 15_000,
  /** connections kept for the next message */
  idleSocketsMax: 100,
};

export interface ClosableWebhookPost {
  readonly post: WebhookPost;
  /** Requests under way fail. */
  readonly close: () => void;
}

export function createWebhookPost({ addresses, nowMs }: WebhookPostDeps, options = webhookPostDefaults): ClosableWebhookPost {
  const kept = { keepAlive: true, maxFreeSockets: options.idleSocketsMax };
  const agents = { 'http:': new HttpAgent(kept), 'https:': new HttpsAgent(kept) };

  const post: WebhookPost = ({ url: text, secret }, message) => {
    const problem = addresses.problemOf(text);
    if (problem !== undefined) return Promise.resolve({ kind: 'failed', problem: `the address ${problem}` });
    const url = new URL(text);
    const isSecure = url.protocol === 'https:';
    const length = String(Buffer.byteLength(message.body));
    const headers = { 'content-type': 'application/json', 'content-length': length, 'user-agent': 'tandem' };
    return new Promise<WebhookOutcome>((resolve) => {
      const signal = AbortSignal.timeout(options.requestMsMax);
      const asked = {
        method: 'POST',
        agent: isSecure ? agents['https:'] : agents['http:'],
        lookup: addresses.lookupFor(hostOf(url)),
        headers: { ...headers, ...webhookHeaders(secret, message, nowMs()) },
        signal,
      };
      function send(isAgain: boolean): void {
        const request = (isSecure ? httpsRequest : httpRequest)(url, asked, (response) => {
          resolve(outcomeOf(response, nowMs()));
          finish(response);
        });
        request.on('error', (error: NodeJS.ErrnoException) => {
          // the receiver closed an idle connection while we began to use it: no fault of his
          if (request.reusedSocket && !isAgain && lostCodes.has(error.code)) send(true);
          else resolve({ kind: 'failed', problem: error.name === 'AbortError' ? lateText(options.requestMsMax) : error.message });
        });
        request.end(message.body);
      }
      send(false);
    });
  };

  return {
    post,
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

const lateText = (ms: number): string => `no answer within ${String(ms)} ms`;

const lostCodes: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE']);

function outcomeOf({ statusCode = 0, headers }: IncomingMessage, nowMs: number): WebhookOutcome {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'ok' };
  if (statusCode === 410) return { kind: 'gone' };
  const afterMs = retryAfterMs(headers['retry-after'], nowMs);
  return { kind: 'failed', problem: `status ${String(statusCode)}`, ...(afterMs > 0 && { afterMs }) };
}

/** RFC 9110, 10.2.3: seconds, or a date; 0 for anything else. */
export function retryAfterMs(text: string | undefined, nowMs: number): number {
  if (text === undefined) return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const atMs = /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}

/** A short answer is read so that the connection can be used again; a long one ends it. */
const answerBytesMax = 65_536;

function finish(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => undefined);
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > answerBytesMax) response.destroy();
  });
}
