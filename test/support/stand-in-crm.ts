/**
 * A CRM that does with notifications what the real ones were seen to do (crm-vtiger 4; vtiger-vectors 3, 4): rows of its
 * Calls module, oddities included; it can be away, slow, answer 500 after success, or refuse the key.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStandInWs, type StandInWs } from './stand-in-ws.js';

export type CrmMood = 'well' | '500-after-success' | 'foreign' | 'cut' | 'silent';

export interface CrmRow {
  readonly callUUID: string;
  direction: 'inbound' | 'outbound';
  status: string;
  user: string;
  customer: string;
  line: string;
  start: string;
  end: string;
  duration: string;
  billed: string;
  recording: string;
}

/** As the CRM makes it before anything is known. */
export const emptyRow = (callUUID: string): CrmRow => ({
  callUUID,
  direction: 'inbound',
  status: '',
  user: '',
  customer: '',
  line: '',
  start: '',
  end: '',
  duration: '',
  billed: '',
  recording: '',
});

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
  const rows: CrmRow[] = [];
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
    const text = edition === 'vtiger' ? stock(fields) : sales(fields);
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

  const value = (fields: ReadonlyMap<string, string>, name: string): string => fields.get(name) ?? '';
  const isUser = (name: string): boolean => users.includes(name);

  function newRow(fields: ReadonlyMap<string, string>, more: Partial<CrmRow>): CrmRow {
    const row: CrmRow = {
      ...emptyRow(value(fields, 'callUUID')),
      status: 'ringing',
      line: value(fields, 'connectedLineName'),
      start: value(fields, 'StartTime'),
      ...more,
    };
    rows.push(row);
    return row;
  }

  const statusOf = (fields: ReadonlyMap<string, string>): string => {
    const text = value(fields, 'causetxt');
    if (text === 'Normal Clearing') return value(fields, 'HangupCause') === 'NO ANSWER' ? 'no-answer' : 'completed';
    return text === 'User busy' || text === 'Call Rejected' ? 'busy' : text.slice(0, 20);
  };

  function stock(fields: ReadonlyMap<string, string>): string {
    const own = rows.filter(({ callUUID }) => callUUID === value(fields, 'callUUID'));
    switch (value(fields, 'callstatus')) {
      case 'StartApp': {
        const caller = value(fields, 'callerIdNumber');
        const extension = /\/([^-]*)/.exec(value(fields, 'channel'))?.[1] ?? '';
        const user = [caller, extension].find(isUser);
        newRow(
          fields,
          user === undefined ? { customer: caller } : { direction: 'outbound', user, customer: value(fields, 'callerIdName') },
        );
        return '<?xml version="1.0" encoding="utf-8"?><Response><Dial><Authentication>Success</Authentication></Dial></Response>';
      }
      case 'DialAnswer':
        for (const row of own) {
          row.status = 'in-progress';
          const name = row.direction === 'inbound' ? value(fields, 'callerid2') : value(fields, 'callerid1');
          row.user = isUser(name) ? name : '';
        }
        return '';
      default:
        for (const row of own) change(row, fields);
        return '';
    }
  }

  function sales(fields: ReadonlyMap<string, string>): string {
    const own = rows.filter(({ callUUID }) => callUUID === value(fields, 'callUUID'));
    switch (value(fields, 'callstatus')) {
      case 'StartApp':
        return 'Sorry! Attempt to access restricted file. - user_privileges/user_privileges_.php';
      case 'DialBegin': {
        const [caller, to] = [value(fields, 'callerIdNumber'), value(fields, 'dialString')];
        const user = isUser(caller) ? caller : isUser(to) ? to : undefined;
        if (user === undefined) return '';
        const known = own.find((row) => row.user === user);
        if (known) known.status = 'ringing';
        else newRow(fields, isUser(caller) ? { direction: 'outbound', user, customer: to } : { user, customer: caller });
        return '';
      }
      case 'DialAnswer': {
        const user = [value(fields, 'callerid1'), value(fields, 'callerid2')].find(isUser);
        for (const row of own) if (row.user === user) row.status = 'in-progress';
        return '';
      }
      default: {
        const extension = value(fields, 'callerIdNum') || value(fields, 'callerNumber');
        for (const row of own) if (extension === '' || !isUser(extension) || row.user === extension) change(row, fields);
        return '';
      }
    }
  }

  function change(row: CrmRow, fields: ReadonlyMap<string, string>): void {
    switch (value(fields, 'callstatus')) {
      case 'Hangup':
        row.status = statusOf(fields);
        row.end = value(fields, 'EndTime');
        row.duration = value(fields, 'Duration');
        return;
      case 'EndCall':
        row.end = value(fields, 'endtime');
        row.duration = value(fields, 'duration');
        row.billed = value(fields, 'billableseconds');
        return;
      case 'Record':
        row.recording = value(fields, 'recordinglink').slice(0, 200);
    }
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
