/**
 * Who may use the reference's faces: a login, or an address of `TANDEM_DIALER_ALLOW` for programs that send none. An
 * address proves nothing about a browser or about what stands behind a proxy, so requests that show either need a login.
 */
import type { Request } from 'express';
import { plainAddress } from '../../../core/address-list.js';
import type { ApiNeed, Permit, Principal } from '../permission.js';

export interface AdmissionDeps {
  readonly permit: Permit;
  readonly isTrusted: (address: string) => boolean;
  /** the client's address, behind a trusted proxy too */
  addressOf(req: Request): string;
  /** header in which trusted proxies name the client, lower case; '' = none is trusted */
  readonly proxyHeader: string;
}

/** What proxies add; one that is not the trusted header says that the address is the proxy's and nobody's. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];
/** What browsers send and programs do not. */
const browserHeaders = ['origin', 'sec-fetch-site', 'cookie'];

export function createAdmission(deps: AdmissionDeps): (req: Request, need: ApiNeed) => Promise<Principal> {
  return async (req, need) => {
    const { headers } = req;
    const has = (name: string): boolean => headers[name] !== undefined;
    const isPlain = !has('authorization') && !browserHeaders.some(has) && !isBehindUnknownProxy(deps, req);
    const address = deps.addressOf(req);
    if (!isPlain || !deps.isTrusted(address)) return deps.permit(req, need);
    return { user: `dialer@${address}`, id: `address:${address}`, queues: undefined };
  };
}

/** With a trusted proxy in place its own header was used already to find the address. */
function isBehindUnknownProxy(deps: AdmissionDeps, req: Request): boolean {
  const { proxyHeader } = deps;
  const direct = plainAddress(req.socket.remoteAddress ?? '');
  const isFromTrusted = proxyHeader !== '' && req.headers[proxyHeader] !== undefined && deps.addressOf(req) !== direct;
  return !isFromTrusted && proxyHeaders.some((name) => req.headers[name] !== undefined);
}
