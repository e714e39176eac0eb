/** `/api/docs`: the description of the own API as a page, from this machine alone: no script and no style from elsewhere. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Router, type Response } from 'express';

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tandem API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</html>
`;

/** Requests of the page carry the header that browser sessions want; no validator of the maker is asked. */
const start = `SwaggerUIBundle({
  url: '../api/v1/openapi.json',
  dom_id: '#page',
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers['X-Tandem-Request'] = '1';
    return request;
  },
});
`;

const styleFile = 'swagger-ui.css';
const scriptFile = 'swagger-ui-bundle.js';
const types: Readonly<Record<string, string>> = { [styleFile]: 'text/css', [scriptFile]: 'text/javascript' };

export function createApiDocs(): Router {
  const router = Router();
  const files = new Map<string, string>();
  /** Read when somebody asks; two files, by their names. */
  function file(name: string): string {
    const known = files.get(name);
    if (known !== undefined) return known;
    const folder = join(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'), '..');
    const text = readFileSync(join(folder, name), 'utf8');
    files.set(name, text);
    return text;
  }
  const send = (res: Response, type: string, text: string): void => void res.type(type).set('Cache-Control', 'no-cache').send(text);

  router.get('/api/docs', (_req, res) => send(res, 'html', page));
  router.get('/api/docs/start.js', (_req, res) => send(res, 'text/javascript', start));
  for (const [name, type] of Object.entries(types)) router.get(`/api/docs/${name}`, (_req, res) => send(res, type, file(name)));
  return router;
}
