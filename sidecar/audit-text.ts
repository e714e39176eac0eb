/** What a request says in the audit: without secrets, and without what belongs to customers (user-needs 39). */
import type { Request } from 'express';
import { originForm } from './compat-door.js';

/** Characters of one document. */
const docCharsMax = 4_000;
/** Longest text kept of a value, and how deep. */
const textCharsMax = 300;
const depthMax = 6;

const secrets = /^(pass|password|pin|secret|token|key|signing_?secret|.*_pass|.*_secret)$/i;
/** Bodies of these paths name callers: only what names things of ours is kept. In any letter case, as routes are found. */
const ofCustomers =
  /^\/api\/v1\/(callbacks|chats|messages|members\/[^/]+\/(callback|transfer)|dialer\/(contacts|callbacks|preview|dnc))(\/|$)/i;
const ours: ReadonlySet<string> = new Set([
  'queue',
  'agent',
  'priority',
  'baseScoreS',
  'skills',
  'switch',
  'by',
  'reason',
  'language',
  'campaign',
  'contact',
  'status',
  'result',
  'disposition',
  'scope',
]);

/** Without the query, also of a request that names its host (`GET http://host/api/v1/...`). */
export const pathOf = (req: Request): string => originForm(req.originalUrl).split('?', 1)[0] ?? '';

/** The answer to such a request shows a caller: it is not kept. */
export const hidesCustomers = (req: Request): boolean => ofCustomers.test(pathOf(req)) || /^\/api\/v1\/members(\/|$)/i.test(pathOf(req));

export function auditRequest(req: Request): string | undefined {
  const body: unknown = req.body;
  if (typeof body !== 'object' || body === null) return undefined;
  const seen = ofCustomers.test(pathOf(req)) ? Object.fromEntries(Object.entries(body).filter(([key]) => ours.has(key))) : body;
  return docOf(seen);
}

/** An answer that is JSON, as `docOf` writes it. */
export function docOfText(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : docOf(JSON.parse(text));
  } catch {
    return docOf(text);
  }
}

/** As JSON, secrets masked, long things cut; undefined for undefined. */
export function docOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(masked(value, 0));
  return text.length <= docCharsMax ? text : JSON.stringify({ cut: text.slice(0, docCharsMax) });
}

function masked(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.slice(0, textCharsMax);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax) return '...';
  if (Array.isArray(value)) return value.map((one) => masked(one, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, secrets.test(key) ? '***' : masked(one, depth + 1)]));
}
