/** Asks a running Tandem over its own API, for commands. Every question has a deadline. */
import { TandemError } from '../core/errors.js';

export interface ApiAddress {
  /** `http://127.0.0.1:8088` */
  readonly url: string;
  readonly user: string;
  readonly pass: string;
}

export const askMsMax = 10_000;
/** Larger answers are not read. */
const answerBytesMax = 16 * 1024 * 1024;

/** The answer's JSON. Rejects TDM_REMOTE_FAILED with the other side's code and text, TDM_REMOTE_SLOW. */
export async function askApi({ url, user, pass }: ApiAddress, path: string): Promise<unknown> {
  const address = new URL(`/api/v1${path}`, url);
  const headers = { authorization: `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}` };
  const answer = await fetch(address, { headers, redirect: 'error', signal: AbortSignal.timeout(askMsMax) }).catch((e: unknown) => {
    if (e instanceof Error && e.name === 'TimeoutError') throw new TandemError('TDM_REMOTE_SLOW', [address.host, askMsMax], { cause: e });
    const reason = e instanceof Error && e.cause instanceof Error ? e.cause.message : String(e);
    throw new TandemError('TDM_REMOTE_FAILED', [address.host, reason], { cause: e });
  });
  const text = await answer.text();
  if (text.length > answerBytesMax) throw new TandemError('TDM_REMOTE_FAILED', [address.host, 'its answer is too large']);
  const body = readJson(text, address.host);
  if (!answer.ok) throw new TandemError('TDM_REMOTE_FAILED', [address.host, refusalOf(body, answer.status)]);
  return body;
}

function readJson(text: string, host: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    throw new TandemError('TDM_REMOTE_FAILED', [host, 'it does not answer as Tandem does'], { cause: e });
  }
}

function refusalOf(body: unknown, status: number): string {
  const { code, message } = (body ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'string' && typeof message === 'string' ? `${code}: ${message}` : `status ${String(status)}`;
}
