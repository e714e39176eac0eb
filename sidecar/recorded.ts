/**
 * Around every request that changes something under `/api/v1`: its answer is stored under the Idempotency-Key of the
 * client before it is sent, and a row of the audit says who did what, and how it ended. Reading passes by.
 */
import { createHash } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { AuditStore, IdempotencyStore } from '../core/access-ports.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { Access, Identity } from './access.js';
import { createAuditIds } from './audit-id.js';
import { auditRequest, docOf, docOfText, hidesCustomers, pathOf } from './audit-text.js';

export interface RecordedDeps {
  readonly access: Pick<Access, 'identify'>;
  readonly idempotency: IdempotencyStore;
  readonly audit: Pick<AuditStore, 'write'>;
  addressOf(req: Request): string;
  /** unique, short, of letters and digits */
  randomId(): string;
  nowMs(): number;
  readonly log: Log;
}

/** What a route may say of itself for the record. */
export interface Notes {
  /** who it was, when the request itself did not say it */
  identity?: Identity;
  /** what was there before */
  before?: unknown;
  /** instead of the answer: it holds a secret that is shown once */
  kept?: unknown;
}

export const notesOf = (res: Response): Notes => res.locals as Notes;

const keyPattern = /^[\x21-\x7e]{1,200}$/;
const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Answers that say nothing about the request itself: it may be sent again under its key. */
const passing: ReadonlySet<number> = new Set([401, 403, 408, 413, 429]);
/** Answers of this size are stored; a larger one is given, but not again. */
const answerCharsMax = 256_000;

export function createRecorded(deps: RecordedDeps): RequestHandler {
  const auditId = createAuditIds(() => deps.randomId());

  async function audit(req: Request, res: Response, address: string, answer: string | undefined): Promise<void> {
    const notes = notesOf(res);
    const identity = notes.identity ?? (await deps.access.identify(req).catch(() => undefined));
    if (!identity || res.statusCode === 429) return;
    const isDone = res.statusCode < 400;
    const nowMs = deps.nowMs();
    await deps.audit.write({
      id: auditId(nowMs),
      atMs: nowMs,
      principal: identity.id,
      address,
      method: req.method,
      path: pathOf(req),
      request: auditRequest(req),
      before: docOf(notes.before),
      after: !isDone || hidesCustomers(req) ? undefined : notes.kept === undefined ? docOfText(answer) : docOf(notes.kept),
      status: res.statusCode,
      code: isDone ? undefined : codeOf(answer),
      requestId: String(res.getHeader('X-Request-Id') ?? ''),
    });
  }

  /** The name under which the answer is stored; undefined: without a key, or answered already. */
  async function begin(req: Request, res: Response, key: string): Promise<{ readonly principal: string } | undefined> {
    if (!keyPattern.test(key))
      throw new TandemError('TDM_BAD_REQUEST', ['Idempotency-Key must be 1 to 200 characters of ASCII without spaces']);
    const { id: principal } = await deps.access.identify(req);
    const begun = await deps.idempotency.begin(principal, key, requestHash(req), deps.nowMs());
    if (begun.kind === 'other') throw new TandemError('TDM_KEY_REUSED');
    if (begun.kind === 'running') throw new TandemError('TDM_KEY_RUNNING');
    if (begun.kind === 'full') throw new TandemError('TDM_BUSY', ['idempotency keys of a day']);
    if (begun.kind === 'new') return { principal };
    const line = begun.body.indexOf('\n');
    res.setHeader('Idempotency-Replayed', 'true');
    res
      .status(begun.status)
      .type(begun.body.slice(0, line))
      .send(begun.body.slice(line + 1));
    return undefined;
  }

  async function end(res: Response, principal: string, key: string, answer: string | undefined): Promise<void> {
    const { kept } = notesOf(res);
    const text = kept === undefined ? withoutSecret(answer) : JSON.stringify(kept);
    const isKept = res.statusCode < 500 && !passing.has(res.statusCode) && text !== undefined && text.length <= answerCharsMax;
    try {
      if (isKept) await deps.idempotency.finish(principal, key, res.statusCode, `${String(res.getHeader('Content-Type') ?? '')}\n${text}`);
      else await deps.idempotency.release(principal, key);
    } catch (e) {
      // The work is done: the client learns so, and a repetition is refused as running for a minute.
      deps.log.error({ err: e, principal }, 'answer not stored under its Idempotency-Key');
    }
  }

  async function around(req: Request, res: Response, next: NextFunction): Promise<void> {
    const address = deps.addressOf(req); // now: a body that was broken off takes its socket with it
    const key = req.headers['idempotency-key'];
    const running = typeof key === 'string' && !isLogin(req) ? await begin(req, res, key) : undefined;
    if (typeof key === 'string' && !isLogin(req) && !running) return; // answered
    beforeSending(res, async (answer) => {
      if (running && typeof key === 'string') await end(res, running.principal, key, answer);
      await audit(req, res, address, answer);
    });
    next();
  }

  return (req, res, next) => {
    if (reading.has(req.method)) next();
    else around(req, res, next).catch(next);
  };
}

/** A login makes a cookie, which is not to be stored. */
const isLogin = (req: Request): boolean => /^\/api\/v1\/session\/?$/i.test(req.path);

/** Calls `record` with the text of the answer once, and sends it afterwards; `record` must not reject. */
function beforeSending(res: Response, record: (answer: string | undefined) => Promise<void>): void {
  const send = res.send.bind(res);
  let isRecorded = false;
  res.send = (body?: unknown) => {
    // An object goes through res.json, which comes here again with its text.
    if (isRecorded || (typeof body === 'object' && body !== null && !Buffer.isBuffer(body))) return send(body);
    isRecorded = true;
    void record(typeof body === 'string' ? body : undefined).finally(() => send(body));
    return res;
  };
  // What ended otherwise, or was broken off, happened all the same.
  res.once('close', () => {
    if (isRecorded) return;
    isRecorded = true;
    void record(undefined);
  });
}

/** What is shown once is not kept: a repeated answer says so by leaving it out. */
function withoutSecret(answer: string | undefined): string | undefined {
  if (answer === undefined || !/"secret":/.test(answer)) return answer;
  try {
    return JSON.stringify(JSON.parse(answer), (name, value: unknown) => (name === 'secret' ? undefined : value));
  } catch {
    return undefined;
  }
}

const requestHash = (req: Request): string =>
  createHash('sha256')
    .update(JSON.stringify([req.method, req.originalUrl, (req.body as unknown) ?? null]))
    .digest('hex');

function codeOf(answer: string | undefined): string | undefined {
  return /^\{"code":"(TDM_[A-Z_]{1,36})"/.exec(answer ?? '')?.[1];
}
