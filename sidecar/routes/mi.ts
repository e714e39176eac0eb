/**
 * `/mi`: JSON-RPC 2.0 over HTTP, as `opensips-cli` and other programs of OpenSIPS speak it (opensips-call-center 13).
 * They send no credentials, so addresses of `TANDEM_MI_ALLOW` need none; everybody else logs in as for `/api/v1`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request } from 'express';
import { TandemError } from '../../core/errors.js';
import type { Log, Meter } from '../../core/ports.js';
import { MiError, miErrorOf, refusedWith } from '../../core/opensips/json-rpc.js';
import type { Mi, MiCaller, MiNeed } from '../../core/services/mi.js';
import type { CompatDoor } from '../compat-door.js';
import { readBody, type BodyOptions } from '../form-body.js';
import type { ApiNeed, Permit } from './permission.js';

export interface MiDoorDeps {
  readonly mi: Mi;
  readonly permit: Permit;
  /** addresses that need no login */
  readonly isTrusted: (address: string) => boolean;
  /** the client's address, behind a trusted proxy too */
  readonly clientAddress: (req: IncomingMessage) => string;
  readonly log: Log;
  readonly meter: Meter;
}

const json = 'application/json';

export function createMiDoor(deps: MiDoorDeps, options: { readonly paths: readonly string[]; readonly body: BodyOptions }): CompatDoor {
  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      refuseOthers(req);
      const caller = await callerOf(deps, req);
      const body = await readBody(req, options.body);
      send(res, 200, await deps.mi.answer(body.toString('utf8'), caller));
    } catch (e) {
      if (res.headersSent) throw e;
      if (!req.complete) res.setHeader('Connection', 'close');
      fail(deps, res, e);
    }
  }
  return { paths: options.paths, serve };
}

/** A page of another site can make a browser send a form or a plain text, but neither this type nor no origin. */
function refuseOthers({ method, headers }: IncomingMessage): void {
  if (method !== 'POST') throw new TandemError('TDM_BAD_REQUEST', ['only POST is served here']);
  if (headers.origin !== undefined) throw new TandemError('TDM_FORBIDDEN', ['a web page', 'the management interface']);
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== json) throw new TandemError('TDM_BAD_REQUEST', [`the content type is not ${json}`]);
}

const functions: Readonly<Record<MiNeed, ApiNeed>> = { view: 'view', control: 'control', admin: 'admin' };

/** Rights are looked up once for each need; what is not granted is refused when a command wants it. */
async function callerOf({ permit, isTrusted, clientAddress }: MiDoorDeps, req: IncomingMessage): Promise<MiCaller> {
  const address = clientAddress(req);
  if (req.headers.authorization === undefined && isTrusted(address)) return { user: 'mi', address, allow: () => undefined };
  const request = req as Request;
  const { user, id, queues, ownOnly } = await permit(request, 'view');
  // these commands know no limits within the site
  if (queues !== undefined || ownOnly) throw new TandemError('TDM_FORBIDDEN', [user, 'the management interface']);
  const refusals = new Map<MiNeed, TandemError>();
  for (const need of ['control', 'admin'] as const)
    await permit(request, functions[need]).catch((e: unknown) => {
      if (!(e instanceof TandemError)) throw e;
      refusals.set(need, e);
    });
  return {
    user,
    id,
    address,
    allow(need) {
      const refusal = refusals.get(need);
      if (refusal) throw new MiError(refusal.status, refusal.message, refusal.code);
    },
  };
}

function send(res: ServerResponse, status: number, body: string | undefined): void {
  if (body === undefined) {
    res.writeHead(204).end();
    return;
  }
  res.writeHead(status, { 'Content-Type': json, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store' }).end(body);
}

function fail({ log, meter }: MiDoorDeps, res: ServerResponse, e: unknown): void {
  const status = e instanceof TandemError ? e.status : 500;
  if (status >= 500) log.error({ err: e }, 'management interface: request failed');
  meter.count('tandem_http_errors_total', { code: e instanceof TandemError ? e.code : 'TDM_INTERNAL' });
  if (status === 401) res.setHeader('WWW-Authenticate', 'Basic realm="Tandem"');
  send(res, status, JSON.stringify(refusedWith(null, miErrorOf(e))));
}
