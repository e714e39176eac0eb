/** The cookie of browser sessions, and the proof that a request which changes something came from our own page. */
import type { Request, Response } from 'express';
import { TandemError } from '../core/errors.js';

export const sessionCookieName = 'tandem_session';
/** A header that no page of another site can send without being asked for it by the browser first. */
export const sameSiteHeader = 'x-tandem-request';

/** The token of the request; undefined when there is none. Of several the first counts. */
export function sessionCookie(req: Request): string | undefined {
  for (const part of (req.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === sessionCookieName && value !== undefined && value !== '') return value;
  }
  return undefined;
}

const attributes = (maxAgeS: number, secure: boolean): string =>
  `Path=/; Max-Age=${String(maxAgeS)}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;

export function setSessionCookie(req: Request, res: Response, token: string, leftMs: number, isSecure: boolean): void {
  const secure = isSecure || (req.headers.origin ?? '').startsWith('https://') || req.headers.referer?.startsWith('https://') === true;
  res.append('Set-Cookie', `${sessionCookieName}=${token}; ${attributes(Math.max(1, Math.floor(leftMs / 1000)), secure)}`);
}

export function clearSessionCookie(res: Response, isSecure: boolean): void {
  res.append('Set-Cookie', `${sessionCookieName}=; ${attributes(0, isSecure)}`);
}

const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Rejects TDM_CROSS_SITE for a change without our header, or from another origin. Reading is guarded by SameSite=Strict. */
export function requireSameSite(req: Request, origins: readonly string[]): void {
  const { origin, host } = req.headers;
  const site = req.headers['sec-fetch-site'];
  const isOther = origin !== undefined && hostOf(origin) !== host?.toLowerCase() && !origins.includes(origin);
  const isForeign = site === 'cross-site' || site === 'same-site';
  if (isReading(req.method) ? site === 'cross-site' : isOther || isForeign || req.headers[sameSiteHeader] !== '1')
    throw new TandemError('TDM_CROSS_SITE');
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // `null` of a sandboxed page
  }
}
