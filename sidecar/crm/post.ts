/**
 * One request to a CRM: a connection of its own, so that a failure before it stood is known to have done nothing; no
 * redirect followed, certificates checked, every stage bounded in time (crm-vtiger 4, 9.3, 11.10).
 */
import { readFileSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { replyBytesMax } from '../../core/crm/vtiger-reply.js';

export interface CrmRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type CrmReply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** nothing reached the CRM */
  | { readonly kind: 'unsent'; readonly problem: string }
  /** it had the request, and nobody knows what it did */
  | { readonly kind: 'cut'; readonly problem: string };

export interface CrmPostOptions {
  readonly connectMsMax: number;
  readonly requestMsMax: number;
  readonly caFile: string | undefined;
}

export type CrmPost = (request: CrmRequest) => Promise<CrmReply>;

export function createCrmPost(options: CrmPostOptions): CrmPost {
  const ca = options.caFile === undefined ? undefined : readFileSync(options.caFile);
  return ({ url, method, headers, body }) =>
    new Promise((resolve) => {
      const target = new URL(url);
      const isSecure = target.protocol === 'https:';
      let isConnected = false;
      const stop = { connect: undefined as NodeJS.Timeout | undefined, whole: undefined as NodeJS.Timeout | undefined };
      const end = (reply: CrmReply): void => {
        clearTimeout(stop.connect);
        clearTimeout(stop.whole);
        resolve(reply);
      };
      const failed = (problem: string): void => end({ kind: isConnected ? 'cut' : 'unsent', problem });
      const asked: ClientRequest = (isSecure ? httpsRequest : httpRequest)(target, {
        method,
        agent: false,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close', 'user-agent': 'tandem' },
        ...(ca && { ca }),
      });
      stop.connect = setTimeout(() => {
        if (!isConnected) asked.destroy(new Error(`no connection within ${String(options.connectMsMax)} ms`));
      }, options.connectMsMax);
      stop.whole = setTimeout(() => asked.destroy(new Error(`no answer within ${String(options.requestMsMax)} ms`)), options.requestMsMax);
      asked.on('socket', (socket) => socket.once(isSecure ? 'secureConnect' : 'connect', () => void (isConnected = true)));
      asked.on('error', (error) => failed(error.message));
      asked.on('response', (response) => {
        readText(response).then(
          (text) => end({ kind: 'answer', status: response.statusCode ?? 0, body: text }),
          (error: unknown) => failed(error instanceof Error ? error.message : String(error)),
        );
      });
      asked.end(body);
    });
}

/** What stands beyond the bound is not read. */
async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > replyBytesMax) break;
  }
  return Buffer.concat(parts).toString('utf8').slice(0, replyBytesMax);
}

/** As PHP reads it: a plus is a space, so a plus is written as %2B. */
export const formBody = (fields: readonly (readonly [string, string])[]): string =>
  fields.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(wellFormed(value))}`).join('&');

/** Half of a character, which was cut off somewhere, is shown as a replacement: `encodeURIComponent` throws at it. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
