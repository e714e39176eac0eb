/** The project's own small voice connector for tests (dialer.md A17): HTTP on loopback, a CCM of which the test is in charge. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface VcRequest {
  readonly path: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface TestVoiceConnector {
  readonly url: string;
  /** in the order of their arrival, refused ones too */
  readonly requests: readonly VcRequest[];
  /** those of one path that were taken */
  taken(path: string): readonly VcRequest[];
  /** HTTP status for everything of a path from now on; 0 = the connection is cut */
  answer(path: 'agent-request' | 'end-chat' | 'call-result', status: number): void;
  close(): Promise<void>;
}

export async function startVoiceConnector(onAgentRequest?: (body: VcRequest['body']) => void): Promise<TestVoiceConnector> {
  const requests: VcRequest[] = [];
  const taken: VcRequest[] = [];
  const statuses = new Map<string, number>();

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    const path = (req.url ?? '').split('/').at(-1) ?? '';
    const request = { path, key: String(req.headers['idempotency-key']), body: JSON.parse(text) as VcRequest['body'] };
    requests.push(request);
    const status = statuses.get(path) ?? 200;
    if (status === 0) {
      req.socket.destroy();
      return;
    }
    if (status < 300) taken.push(request);
    res.writeHead(status).end();
    if (status < 300 && path === 'agent-request') onAgentRequest?.(request.body);
  }

  const server = createServer((req, res) => void serve(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/vc`,
    requests,
    taken: (path) => taken.filter((request) => request.path === path),
    answer: (path, status) => void statuses.set(path, status),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
