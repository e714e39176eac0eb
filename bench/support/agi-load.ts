/** Asterisk's side of many FastAGI calls: so many at a time, each answered at once, latencies kept. */
import { connect } from 'node:net';

export interface AgiLoad {
  readonly port: number;
  readonly calls: number;
  readonly parallel: number;
  /** what the n-th call sends first */
  readonly environment: (n: number) => string;
}

export interface AgiLoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** calls that were led to extension A */
  readonly found: number;
}

/** Milliseconds from the connection to the last command, and whether it led to A. */
function oneCall(port: number, environment: string): Promise<{ readonly ms: number; readonly found: boolean }> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    let found = false;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    socket.on('data', (line: string) => {
      found ||= line.startsWith('SET EXTENSION A');
      socket.write('200 result=1\n');
      if (line.startsWith('SET PRIORITY')) resolve({ ms: performance.now() - startedMs, found });
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed before the exit'))); // no effect behind the exit
    socket.write(environment);
  });
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? NaN;

export async function runAgiLoad(load: AgiLoad): Promise<AgiLoadResult> {
  const latencies: number[] = [];
  let found = 0;
  let next = 0;
  const worker = async () => {
    while (next < load.calls) {
      const call = await oneCall(load.port, load.environment(next++));
      latencies.push(call.ms);
      if (call.found) found++;
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: load.parallel }, worker));
  const seconds = (performance.now() - startedMs) / 1000;
  latencies.sort((a, b) => a - b);
  return { perSecond: load.calls / seconds, p50Ms: at(latencies, 0.5), p99Ms: at(latencies, 0.99), found };
}
