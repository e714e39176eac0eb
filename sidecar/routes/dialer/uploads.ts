/**
 * Requests whose body is a file that is read as it comes: lists of contacts and of numbers that must not be called. The common
 * readers of bodies and the common deadline of a request are not for them.
 */
import type { IncomingMessage } from 'node:http';
import { Router, type Request } from 'express';

const upload = /^(?:\/api\/v1\/dialer)?\/campaigns\/[^/?]{1,120}\/lists\/?(?:\?|$)|^\/api\/v1\/dialer\/dnc\/import\/?(?:\?|$)/;

export const isUpload = ({ method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>): boolean => method === 'POST' && upload.test(url);

/** Stands before the common readers: what a file is, its content says, so they are not told of its type. */
export function createUploadBodies(): Router {
  const router = Router();
  router.use((req: Request, _res, next) => {
    if (isUpload(req)) {
      req.headers['content-type'] = 'application/octet-stream';
      // for the audit, and for a repetition under an Idempotency-Key
      req.body = { bytes: req.headers['content-length'] ?? 'unknown' };
    }
    next();
  });
  return router;
}
