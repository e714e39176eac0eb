/**
 * A CRM on a port that does with notifications what the real ones were seen to do (crm-vtiger 4; stand-in-rows.ts); it can be
 * away, slow, answer 500 after success, or refuse the key.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSalesModule, openStockModule, type CrmRow } from './stand-in-rows.js';
import { createStandInWs, type StandInWs } from './stand-in-ws.js';

export type CrmMood = 'well' | '500-after-success' | 'foreign' | 'cut' | 'silent';

export interface StandInCrm {
  readonly port: number;
  readonly url: string;
  readonly rows: CrmRow[];
  /** every notification that came, with when */
  readonly asked: { readonly fields: ReadonlyMap<string, string>; readonly atMs: number }[];
  /** its `webservice.php` */
  readonly ws: StandInWs;
  mood: CrmMood;
  /** its gateway is not configured: whoever sends no key is let in (vtiger-vectors 2) */
  isOpen: boolean;
  secret: string;
  stop(): Promise<void>;
  /** As if it were switched off and on again. */
  away(): Promise<void>;
  back(): Promise<void>;
}

const failure = '<?xml version="1.0" encoding="utf-8"?><Response><Authentication>Failure</Authentication></Response>';

export async function startStandInCrm(edition: 'vtiger' | 'vtiger-sp', users: readonly string[], secret: string): Promise<StandInCrm> {
  const module = edition === 'vtiger' ? openStockModule({ users }) : openSalesModule({ users });
  const { rows } = module;
  const asked: StandInCrm['asked'] = [];
  const ws = createStandInWs(edition, users, rows);
  let server = createServer((req, res) => void serve(req, res));
  let port = 0;

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
    const fields = new Map(new URLSearchParams(Buffer.concat(parts).toString('utf8')));
    const address = new URL(req.url ?? '/', 'http://crm');
    if (address.pathname.endsWith('/webservice.php')) {
      serveWs(res, new Map([...address.searchParams, ...fields]));
      return;
    }
    asked.push({ fields, atMs: Date.now() });
    if (crm.mood === 'cut') {
      req.socket.destroy();
      return;
    }
    if (crm.mood === 'silent') return;
    const isUnsigned = (fields.get('vtigersignature') ?? '') === '';
    if (fields.get('vtigersignature') !== crm.secret && !(crm.isOpen && isUnsigned)) {
      answer(res, 200, failure, 'text/xml; charset=utf-8');
      return;
    }
    if (crm.mood === 'foreign') {
      answer(res, 200, 'Sorry! Attempt to access restricted file.');
      return;
    }
    const text = module.tell(fields);
    if (crm.mood === '500-after-success') answer(res, 500, '');
    else answer(res, 200, text);
  }

  /** It hangs, fails and is cut off like the rest of the CRM. */
  function serveWs(res: ServerResponse, fields: ReadonlyMap<string, string>): void {
    if (crm.mood === 'silent') return;
    const text = crm.mood === 'foreign' ? '<b>Fatal error</b>' : ws.answer(fields);
    if (crm.mood === 'cut') res.socket?.destroy();
    else
      answer(res, crm.mood === '500-after-success' ? 500 : 200, crm.mood === '500-after-success' ? '' : text, 'text/json; charset=UTF-8');
  }

  const listen = (): Promise<void> =>
    new Promise((resolve) =>
      server.listen(port, '127.0.0.1', () => {
        ({ port } = server.address() as AddressInfo);
        resolve();
      }),
    );
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen();

  const crm: StandInCrm = {
    port,
    url: `http://127.0.0.1:${String(port)}/`,
    rows,
    asked,
    ws,
    mood: 'well',
    isOpen: false,
    secret,
    stop: close,
    away: close,
    async back() {
      server = createServer((req, res) => void serve(req, res));
      await listen();
    },
  };
  return crm;
}

function answer(res: ServerResponse, status: number, body: string, type = 'text/html; charset=UTF-8'): void {
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
}
