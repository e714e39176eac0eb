/** `GET /recording`: who may hear it, and how many at once (crm-vtiger 3.2). */
import type { Request, Response } from 'express';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { ListenerDeps, ListenerOptions } from './listener.js';
import { checkLink } from './links.js';
import { header, parameter } from './parameters.js';
import { answerSound } from './recording-answer.js';

/** Headers that speak of the bytes which do not come. */
const ofSound = [
  ...['Content-Type', 'Content-Length', 'Content-Range', 'Content-Disposition'],
  ...['ETag', 'Last-Modified', 'Cache-Control', 'Accept-Ranges'],
];

/** `bindingOf`: by the key that came along; otherwise it has answered. */
export function createRecordingDoor(
  deps: ListenerDeps,
  options: ListenerOptions,
  bindingOf: (req: Request, res: Response) => CrmBinding | undefined,
): (req: Request, res: Response) => Promise<void> {
  const { guard, log, meter, timers } = deps;
  let streams = 0;

  const isNear = (binding: CrmBinding, address: string | undefined): boolean =>
    binding.recordings.access !== 'signed+ip' || deps.isOnAllowList(binding, address);

  /** By the signature of a link; `expired`: it was right once. */
  function signer(req: Request, id: string): CrmBinding | 'expired' | undefined {
    const sig = parameter(req, 'sig');
    let found: 'expired' | undefined;
    for (const binding of sig === '' ? [] : deps.bindings) {
      if (binding.recordings.access === 'secret') continue;
      const secrets = [binding.secret, ...(binding.secret_previous === undefined ? [] : [binding.secret_previous])];
      const verdict = checkLink(secrets, { id, sig, exp: parameter(req, 'exp') }, timers.nowMs());
      if (verdict === 'good' && isNear(binding, deps.addressOf(req))) return binding;
      if (verdict === 'expired') found = verdict;
    }
    return found;
  }

  /** The binding that may hear this recording; otherwise the answer is given. */
  function hearer(req: Request, res: Response, id: string): CrmBinding | undefined {
    const signed = signer(req, id);
    if (signed !== undefined && signed !== 'expired') return signed;
    const address = deps.addressOf(req);
    if (parameter(req, 'secret') !== '' || header(req, 'x-tandem-secret') !== '') {
      const binding = bindingOf(req, res);
      if (!binding || isNear(binding, address)) return binding;
      refuse(res, 401, 'foreign-address');
      return undefined;
    }
    // an old link is no guess
    if (signed === 'expired') refuse(res, 401, 'link-expired');
    else {
      if (parameter(req, 'sig') !== '') guard.failed(address);
      refuse(res, guard.isThrottled(address) ? 429 : 401, 'unauthorized');
    }
    return undefined;
  }

  function refuse(res: Response, status: number, code: string, retryAfterS?: number): void {
    meter.count('tandem_crm_requests_total', { route: 'recording', outcome: code });
    if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
    res.status(status).setHeader('X-Tandem-Error', code).end();
  }

  return async (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.status(405).setHeader('Allow', 'GET, HEAD').end();
      return;
    }
    const id = parameter(req, 'id');
    const binding = hearer(req, res, id);
    if (!binding) return;
    if (streams >= options.streamsMax) {
      refuse(res, 503, 'too-many-streams', 5);
      return;
    }
    streams += 1;
    let outcome = 'failed';
    try {
      const found = await deps.recordings.find(id, binding);
      if (found.kind === 'none') {
        outcome = found.code;
        refuse(res, found.status, found.code, found.retryAfterS);
        return;
      }
      try {
        if (found.isOpen && !binding.recordings.serve_open) {
          outcome = 'still-recording';
          refuse(res, 404, outcome, 5);
          return;
        }
        await answerSound(req, res, found.sound, found.name, options.stallMsMax);
        outcome = 'ok';
        meter.count('tandem_crm_requests_total', { route: 'recording', outcome });
      } finally {
        await found.sound.close();
      }
    } catch (error) {
      // a listener who goes away, or stands still, is everyday
      log.debug({ error, call: id.slice(0, 100) }, 'a recording was not sent to its end');
      meter.count('tandem_crm_requests_total', { route: 'recording', outcome });
      if (res.headersSent) res.destroy();
      else {
        for (const name of ofSound) res.removeHeader(name);
        res.status(503).setHeader('Retry-After', '5').setHeader('X-Tandem-Error', 'failed').end();
      }
    } finally {
      streams -= 1;
      log.info(
        { binding: binding.name, route: 'recording', call: id.slice(0, 100), address: deps.addressOf(req), outcome },
        'request of a CRM',
      );
    }
  };
}
