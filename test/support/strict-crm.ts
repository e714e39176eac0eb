/**
 * A stock vTiger that counts: a row for each StartApp (so a second one shows), a web service that finds rows, and an answer
 * that may be kept back after the row was written, so that whoever is killed meanwhile does not know.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StrictCrm {
  readonly url: string;
  /** per call: what was told, in order of arrival */
  readonly told: ReadonlyMap<string, readonly ReadonlyMap<string, string>[]>;
  /** calls with a row, as often as there are rows */
  readonly rows: readonly string[];
  /** messages that are written, and whose sender still waits for the answer */
  readonly unanswered: number;
  /** So many messages are answered from now on, those first that wait; then answers are kept back. Infinity at the start. */
  answer(messages: number): void;
  stop(): Promise<void>;
}

export async function startStrictCrm(secret: string): Promise<StrictCrm> {
  const told = new Map<string, ReadonlyMap<string, string>[]>();
  const rows: string[] = [];
  const waiting = new Set<ServerResponse>();
  let answersLeft = Infinity;

  function answer(messages: number): void {
    answersLeft = messages;
    for (const res of waiting) reply(res);
  }

  function reply(res: ServerResponse): void {
    if (answersLeft <= 0) {
      waiting.add(res);
      res.once('close', () => waiting.delete(res));
      return;
    }
    answersLeft -= 1;
    waiting.delete(res);
    res.end();
  }

  const server = createServer((req, res) => {
    void bodyOf(req).then((text) => {
      const question = req.url?.split('?')[1] ?? '';
      const fields = new Map([...new URLSearchParams(question), ...new URLSearchParams(text)]);
      if (req.url?.includes('webservice.php') === true) {
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(serviced(fields, rows)));
        return;
      }
      if (fields.get('vtigersignature') !== secret) {
        res.end('<Response><Authentication>Failure</Authentication></Response>');
        return;
      }
      const id = fields.get('callUUID') ?? '';
      told.set(id, [...(told.get(id) ?? []), fields]);
      if (fields.get('callstatus') === 'StartApp') rows.push(id);
      reply(res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
    told,
    rows,
    get unanswered() {
      return waiting.size;
    },
    answer,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serviced(fields: ReadonlyMap<string, string>, rows: readonly string[]): object {
  switch (fields.get('operation')) {
    case 'getchallenge':
      return { success: true, result: { token: 't', serverTime: Math.floor(Date.now() / 1000), expireTime: 0 } };
    case 'login':
      return { success: true, result: { sessionName: 's', userId: '19x1' } };
    default: {
      const id = /sourceuuid\s*=\s*'([^']*)'/.exec(fields.get('query') ?? '')?.[1] ?? '';
      return { success: true, result: rows.filter((row) => row === id).map((_, n) => ({ id: `24x${String(n)}` })) };
    }
  }
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
