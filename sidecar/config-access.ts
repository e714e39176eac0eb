/** Settings of the access to the own API (`settings-access.ts`), checked. */
import type { Reader } from './config.js';

const dayMs = 86_400_000;

export interface AccessConfig {
  readonly isCookieSecure: boolean;
  readonly origins: readonly string[];
  readonly auditMsMax: number;
  readonly streamsPerUserMax: number;
}

export function accessConfig(read: Reader): AccessConfig {
  const origins = read.list('http_origins');
  for (const origin of origins)
    if (!/^https?:\/\/[\w.-]+(:\d{1,5})?$/.test(origin))
      read.complain('http_origins', `"${origin}" is no origin, e.g. https://board.example`);
  return {
    isCookieSecure: read.yes('session_cookie_secure'),
    origins,
    auditMsMax: read.int('audit_days') * dayMs,
    streamsPerUserMax: read.int('event_streams_per_user_max'),
  };
}
