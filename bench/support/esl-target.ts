/**
 * The measured side of bench/esl-sessions.ts, in a process of its own: our outbound server or the bare
 * library's. Tells its port, then answers `usage` with CPU and memory figures.
 */
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { EslServer } from '../../esl-outbound/server.js';
import { systemTimers } from '../../sidecar/timers.js';
import { silentLog } from '../../test/support/observers.js';
import { isIdle, runTarget } from './target.js';

/** The members of the library that its own users call. */
interface BareConnection {
  on(event: string, listener: () => void): void;
  sendRecv(command: string, done?: () => void): void;
  execute(application: string, argument: string, done: () => void): void;
  disconnect(): void;
}

/** Our server with an application that sets a result, or with one that runs two applications of the switch. */
async function door(executes: boolean): Promise<number> {
  // Not imported above: it repairs the library, and the baseline must not have that.
  const { createEslServer } = await import('../../esl-outbound/server.js');
  const meter = { count: () => undefined, observe: () => undefined, set: () => undefined };
  const server: EslServer = createEslServer(
    { port: 0, sessionsMax: 100_000 },
    {
      bench: async (call) => {
        if (isIdle) return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve()));
        if (!executes) return call.setVariable('TANDEM_RESULT', 'ok');
        await call.execute('answer', '');
        await call.execute('playback', 'ivr/ivr-welcome.wav');
      },
    },
    { log: silentLog, meter, clock: systemTimers },
  );
  return server.listen();
}

/** The library as its users write it, in its cheapest form: JSON events, no guard cancelled. */
async function bare(): Promise<number> {
  const esl = createRequire(import.meta.url)('node-esl') as {
    Server: new (options: object) => { on(event: string, listener: (connection: BareConnection) => void): void };
  };
  const listener = createServer({ noDelay: true });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const server = new esl.Server({ server: listener });
  server.on('connection::ready', (connection) => {
    connection.on('error', () => undefined);
    connection.sendRecv('linger 5');
    connection.sendRecv('myevents json');
    if (isIdle) return;
    connection.execute('answer', '', () => connection.execute('playback', 'ivr/ivr-welcome.wav', () => connection.disconnect()));
  });
  return (listener.address() as AddressInfo).port;
}

await runTarget({ door: () => door(true), short: () => door(false), bare });
