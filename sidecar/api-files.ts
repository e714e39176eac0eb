/** Files sent to a running Tandem over its own API, and fetched from it, for commands: neither is ever in memory as a whole. */
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TandemError } from '../core/errors.js';
import type { ApiAddress } from './api-client.js';

/** A server that takes or gives nothing for so long is given up. */
export const fileMsMax = 3_600_000;

/** The answer's JSON. `sent`: bytes that have left so far. Rejects TDM_REMOTE_FAILED with the other side's code and text. */
export async function sendFile(to: ApiAddress, path: string, file: Readable, sent: (bytes: number) => void): Promise<unknown> {
  let bytes = 0;
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      sent(bytes);
      done(null, piece);
    },
  });
  // what breaks the file breaks the request
  const body = pipeline(file, counted);
  const answer = await ask(to, path, {
    method: 'POST',
    body: Readable.toWeb(counted) as RequestInit['body'] & object,
    duplex: 'half',
    headers: { 'content-type': 'application/octet-stream' },
  }).catch(async (e: unknown) => {
    counted.destroy();
    // a file that cannot be read is the reason, not the request that broke off with it
    const reason = await body.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    throw isOfFile(reason) ? new TandemError('TDM_BAD_FILE', ['to be sent', `cannot be read (${reason.code})`], { cause: reason }) : e;
  });
  body.catch(() => undefined);
  return readJson(answer);
}

/** Pieces of the answer. Rejects as `sendFile`; an answer that breaks off rejects too. */
export async function fetchFile(to: ApiAddress, path: string): Promise<Readable> {
  const answer = await ask(to, path, {});
  if (!answer.ok) await readJson(answer);
  if (!answer.body) throw new TandemError('TDM_REMOTE_FAILED', [new URL(to.url).host, 'its answer is empty']);
  return Readable.fromWeb(answer.body);
}

const isOfFile = (e: unknown): e is NodeJS.ErrnoException & { readonly code: string } =>
  e instanceof Error && ['ENOENT', 'EACCES', 'EISDIR', 'EIO'].includes(String((e as NodeJS.ErrnoException).code));

async function ask({ url, user, pass }: ApiAddress, path: string, init: RequestInit): Promise<Response> {
  const address = new URL(`/api/v1${path}`, url);
  const authorization = `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}`;
  const headers = { ...(init.headers as Record<string, string>), authorization };
  return fetch(address, { ...init, headers, redirect: 'error', signal: AbortSignal.timeout(fileMsMax) }).catch((e: unknown) => {
    if (e instanceof Error && e.name === 'TimeoutError') throw new TandemError('TDM_REMOTE_SLOW', [address.host, fileMsMax], { cause: e });
    const reason = e instanceof Error && e.cause instanceof Error ? e.cause.message : String(e);
    throw new TandemError('TDM_REMOTE_FAILED', [address.host, reason], { cause: e });
  });
}

async function readJson(answer: Response): Promise<unknown> {
  const { host } = new URL(answer.url);
  const body = (await answer.json().catch(() => undefined)) as { readonly code?: unknown; readonly message?: unknown } | undefined;
  if (answer.ok && body !== undefined) return body;
  const { code, message } = body ?? {};
  const text = typeof code === 'string' && typeof message === 'string' ? `${code}: ${message}` : `status ${String(answer.status)}`;
  throw new TandemError('TDM_REMOTE_FAILED', [host, text]);
}
