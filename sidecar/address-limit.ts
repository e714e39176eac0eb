/**
 * Requests in a minute before anybody is known: of an address, or of a session or key that has proved right. So colleagues
 * behind one address are not locked out by who tries wrong sessions there.
 */
import type { Request, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { TandemError } from '../core/errors.js';
import type { Access } from './access.js';

export interface AddressLimitDeps {
  addressOf(req: Request): string;
  readonly access?: Pick<Access, 'provenBy'> | undefined;
}

/** Beyond it TDM_TOO_MANY. */
export const limitByAddress = (deps: AddressLimitDeps, perMinuteMax: number): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: perMinuteMax,
    keyGenerator: (req) => deps.access?.provenBy(req) ?? deps.addressOf(req),
    handler: (_req, _res, next) => next(new TandemError('TDM_TOO_MANY', [`${String(perMinuteMax)} a minute`])),
    validate: false,
  });
