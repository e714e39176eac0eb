/** One request at a VICIdial-compatible door, free of HTTP: what both doors' services read, and what they answer. */
import type { ApiLogEntry } from '../ports.js';
import type { LoginRefusal } from './lead-info.js';
import { filtered, isSent, rawValue, type Filter, type RequestFields } from './parameters.js';
import type { SignedParts } from './signature.js';

export interface ApiRequest {
  readonly fields: RequestFields;
  /** HTTP Basic credentials, used only when neither `user` nor `pass` was sent, and only for accounts of peers (3.1) */
  readonly basic: { readonly user: string; readonly pass: string } | undefined;
  /** a signed request; goes before any other credentials */
  readonly signed: { readonly key: string; readonly sign: string; readonly parts: SignedParts } | undefined;
  /** client address, from the socket or the one trusted header (API-9) */
  readonly address: string;
  /** host name as the client wrote it, and full address of the page without query, both for the log */
  readonly webServer: string;
  readonly page: string;
  /** full address without passwords, for the log (API-5) */
  readonly loggedUrl: string;
  readonly startedAtMs: number;
  /** aborted when the client has gone */
  readonly signal: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export const textType = 'text/html; charset=utf-8';
export const textAnswer = (body: string, status = 200): ApiAnswer => ({ status, contentType: textType, body });

/** The parameter after its filter; '' when missing or invalid. */
export function parameter(request: ApiRequest, name: string, filter: Filter, nonLatin = false): string {
  return filtered(rawValue(request.fields, name), filter, nonLatin);
}

/** User name after its filter: of the signature, the `user` parameter, or HTTP Basic, in this order. */
export function userOf(request: ApiRequest, nonLatin: boolean): string {
  const { fields, signed, basic } = request;
  if (signed) return filtered(signed.key, 'name', nonLatin);
  if (basic && !isSent(fields, 'user') && !isSent(fields, 'pass')) return filtered(basic.user, 'name', nonLatin);
  return parameter(request, 'user', 'name', nonLatin);
}

/** Credentials of the same source as `userOf`. */
export function credentialsOf(request: ApiRequest, nonLatin: boolean) {
  const { fields, signed, basic } = request;
  if (signed) return { kind: 'signed', sign: signed.sign, parts: signed.parts } as const;
  // Basic is ours alone: its password may hold any character and is compared as it is.
  if (basic && !isSent(fields, 'user') && !isSent(fields, 'pass'))
    return { kind: 'password', pass: basic.pass, isAsSent: true, isBasic: true } as const;
  const pass = rawValue(fields, 'pass');
  return { kind: 'password', pass, isAsSent: pass === filtered(pass, 'name', nonLatin) } as const;
}

/** The user name in a refused login's answer. VICIdial ignores HTTP Basic, so a name from there is not repeated. */
export function refusedUser(credentials: ReturnType<typeof credentialsOf>, user: string, refusal: LoginRefusal): string {
  return refusal === 'BAD' && credentials.kind === 'password' && 'isBasic' in credentials ? '' : user;
}

const cut = (text: string, length: number): string => (text.length > length ? text.slice(0, length) : text);

/** Column widths of vicidial_api_log (vicidial-ccc 3.5). */
export function logEntry(
  request: ApiRequest,
  entry: Pick<ApiLogEntry, 'script' | 'user' | 'function' | 'result' | 'reason' | 'source' | 'data'> & Partial<ApiLogEntry>,
  nowMs: number,
): ApiLogEntry {
  return {
    script: entry.script,
    user: cut(entry.user, 20),
    atMs: request.startedAtMs,
    function: cut(entry.function, 20),
    agentUser: cut(entry.agentUser ?? '', 20),
    value: cut(entry.value ?? '', 255),
    result: entry.result,
    reason: cut(entry.reason, 255),
    source: cut(entry.source, 20),
    data: cut(entry.data, 2_000),
    runSeconds: Math.max(0, nowMs - request.startedAtMs) / 1000,
    webServer: request.webServer,
    page: request.page,
    remoteIp: cut(request.address, 50),
    url: request.loggedUrl,
  };
}
