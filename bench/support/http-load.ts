/**
 * A load generator in a process of its own: so many keep-alive connections, one request after the other
 * on each, over bare sockets. The parent sends `{ port, connections, ms, paths }` and gets an HttpLoadResult.
 */
import { connect } from 'node:net';

export interface HttpLoad {
  readonly port: number;
  readonly connections: number;
  readonly ms: number;
  /** request targets, drawn at random */
  readonly paths: readonly string[];
  /** the body of every good answer begins so */
  readonly expected: string;
}

export interface HttpLoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  /** answers with another status or body */
  readonly wrong: number;
}

const lengthPattern = /\r\ncontent-length: (\d+)\r\n/i;

/** The answer's body once it is whole; undefined before. */
function bodyOf(text: string): string | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const length = Number(lengthPattern.exec(text.slice(0, headEnd + 2))?.[1] ?? 0);
  return text.length >= headEnd + 4 + length ? text.slice(headEnd + 4) : undefined;
}

function oneConnection(load: HttpLoad, endMs: number, latencies: number[], onWrong: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
    let sentMs = 0;
    let text = '';
    const ask = () => {
      const path = load.paths[Math.floor(Math.random() * load.paths.length)] ?? '/';
      sentMs = performance.now();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    };
    socket.setEncoding('latin1');
    socket.on('connect', ask);
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      text = text === '' ? chunk : text + chunk;
      const body = bodyOf(text);
      if (body === undefined) return;
      const nowMs = performance.now();
      latencies.push(nowMs - sentMs);
      if (!text.startsWith('HTTP/1.1 200') || !body.startsWith(load.expected)) onWrong();
      text = '';
      if (nowMs < endMs) ask();
      else {
        socket.destroy();
        resolve();
      }
    });
  });
}

async function run(load: HttpLoad): Promise<HttpLoadResult> {
  const latencies: number[] = [];
  let wrong = 0;
  const startedMs = performance.now();
  const onWrong = () => (wrong += 1);
  await Promise.all(Array.from({ length: load.connections }, () => oneConnection(load, startedMs + load.ms, latencies, onWrong)));
  const seconds = (performance.now() - startedMs) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(Math.floor(latencies.length * share), latencies.length - 1)] ?? NaN;
  return { perSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), requests: latencies.length, wrong };
}

process.on('message', (load) => {
  void run(load as HttpLoad).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0)); // the measuring side is gone
