/** Asks a running Tandem over its own API, for commands. Every question has a deadline. */
import { TandemError } from '../core/errors.js';

export interface ApiAddress {
  /** `http://127.0.0.1:8088` */
  readonly url: string;
  readonly user: string;
  readonly pass: string;
}

export const askMsMax = 10_000;
/** Changes of a million contacts, and reports of a year, take their time. */
export const longAskMsMax = 120_000;
/** Larger answers are not read. */
const answerBytesMax = 16 * 1024 * 1024;

/** The answer's JSON. Rejects TDM_REMOTE_FAILED with the other side's code and text, TDM_REMOTE_SLOW. */
export async function askApi(to: ApiAddress, path: string): Promise<unknown> {
  const { status, body, host } = await ask(to, `/api/v1${path}`, {});
  if (status >= 400) throw new TandemError('TDM_REMOTE_FAILED', [host, refusalOf(body, status)]);
  return body;
}

/** As `askApi`, of a request that changes something. */
export async function tellApi(to: ApiAddress, method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<unknown> {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const { status, body: answer, host } = await ask(to, `/api/v1${path}`, { method, ...init }, longAskMsMax);
  if (status >= 400) throw new TandemError('TDM_REMOTE_FAILED', [host, refusalOf(answer, status)]);
  return answer;
}

/** The answer's text as it came: tables, reports. Rejects as `askApi` does. */
export async function readApi(to: ApiAddress, path: string): Promise<string> {
  const { status, text, host } = await send(to, `/api/v1${path}`, {}, longAskMsMax);
  if (status >= 400) throw new TandemError('TDM_REMOTE_FAILED', [host, refusalOf(readJson(text, host), status)]);
  return text;
}

/** The result of a management command. Rejects TDM_REMOTE_FAILED with the other side's number and text. */
export async function askMi(to: ApiAddress, method: string, params: unknown): Promise<unknown> {
  const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const { status, body, host } = await ask(to, '/mi', { method: 'POST', body: request, headers: { 'content-type': 'application/json' } });
  const { result, error } = (body ?? {}) as { readonly result?: unknown; readonly error?: unknown };
  if (error === undefined && status < 400) return result;
  const { code, message, data } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown };
  const text = [code ?? status, message, data].filter((part) => part !== undefined).map(String);
  throw new TandemError('TDM_REMOTE_FAILED', [host, text.join(' ')]);
}

/** The answer's text of a command that answers in text. Rejects as `askApi` does. */
export async function askText(to: ApiAddress, path: string, body: string): Promise<string> {
  const init = { method: 'POST', body, headers: { 'content-type': 'text/plain; charset=utf-8' } };
  const { status, text, host } = await send(to, path, init);
  if (status >= 400) throw new TandemError('TDM_REMOTE_FAILED', [host, refusalOf(readJson(text, host), status)]);
  return text;
}

async function ask(to: ApiAddress, path: string, init: RequestInit, msMax = askMsMax) {
  const { status, text, host } = await send(to, path, init, msMax);
  return { status, body: readJson(text, host), host };
}

async function send({ url, user, pass }: ApiAddress, path: string, init: RequestInit, msMax = askMsMax) {
  const address = new URL(path, url);
  const headers = {
    authorization: `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}`,
    ...(init.headers as Record<string, string>),
  };
  const signal = AbortSignal.timeout(msMax);
  const answer = await fetch(address, { ...init, headers, redirect: 'error', signal }).catch((e: unknown) => {
    if (e instanceof Error && e.name === 'TimeoutError') throw new TandemError('TDM_REMOTE_SLOW', [address.host, msMax], { cause: e });
    const reason = e instanceof Error && e.cause instanceof Error ? e.cause.message : String(e);
    throw new TandemError('TDM_REMOTE_FAILED', [address.host, reason], { cause: e });
  });
  const text = await answer.text();
  if (text.length > answerBytesMax) throw new TandemError('TDM_REMOTE_FAILED', [address.host, 'its answer is too large']);
  return { status: answer.status, text, host: address.host };
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
