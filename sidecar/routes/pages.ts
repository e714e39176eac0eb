/** The pages `/` and `/agent` with their assets. Everything comes from here: no other host is allowed to be asked. */
import { Router, type Request, type Response } from 'express';
import type { WebFile, WebFiles } from '../web-files.js';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Assets have a hash of their content in their names. */
const forEver = 'public, max-age=31536000, immutable';

export function createPages(files: WebFiles): Router {
  const router = Router();
  const page = (_req: Request, res: Response): void => {
    res.set('Content-Security-Policy', policy);
    const index = files.get('index.html');
    if (index) send(_req, res, index, 'no-cache');
    else res.status(503).type('text/plain').send('The pages are not built: run "npm run build:web" and start again.\n');
  };
  router.get(['/', '/agent'], page);
  for (const [path, file] of files)
    if (path !== 'index.html')
      router.get(`/${path}`, (req, res) => send(req, res, file, path.startsWith('assets/') ? forEver : 'no-cache'));
  return router;
}

function send(req: Request, res: Response, file: WebFile, cache: string): void {
  res.set({ 'Cache-Control': cache, ETag: file.tag, Vary: 'Accept-Encoding' });
  if (req.headers['if-none-match'] === file.tag) {
    res.status(304).end();
    return;
  }
  const isZipped = req.acceptsEncodings('gzip') === 'gzip';
  if (isZipped) res.set('Content-Encoding', 'gzip');
  res.type(file.type).send(isZipped ? file.gzip : file.body);
}
