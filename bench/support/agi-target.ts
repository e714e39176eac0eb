/**
 * The measured side of bench/agi-sessions.ts, in a process of its own: one of three FastAGI servers by
 * name. Tells its port, then answers `usage` with CPU and memory figures.
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import Context from 'ding-dong/lib/context.js';
import { agiLimitDefaults } from '../../agi/limits.js';
import { createAgiServer } from '../../agi/server.js';
import { AgiSession } from '../../agi/session.js';
import { silentLog } from '../../test/support/observers.js';
import { isIdle, runTarget } from './target.js';

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)));
}

/** The library as its own server uses it: no guard, one Context per connection. */
function bareDingDong(): Promise<number> {
  const server = createServer((socket) => {
    const context = new Context(socket, { debug: false });
    context.on('hangup', () => undefined);
    context.on('error', () => undefined);
    void (async () => {
      await context.onEvent('variables');
      await context.sendCommand('GET VARIABLE CAMPAIGN');
      if (isIdle) return;
      await context.sendCommand('SET VARIABLE RESULT "ok"');
      await context.sendCommand('SET PRIORITY 2');
      await context.end();
    })();
  });
  return listen(server);
}

/** The same three commands on our session, without the door around it. */
function guardedSession(): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    const session = new AgiSession(socket, agiLimitDefaults);
    void (async () => {
      await session.environment;
      await session.sendCommand('GET VARIABLE CAMPAIGN');
      if (isIdle) return;
      await session.sendCommand('SET VARIABLE RESULT "ok"');
      await session.sendCommand('SET PRIORITY 2');
      await session.end();
    })();
  });
  return listen(server);
}

/** The whole door: allow-list, routing, Call, metrics; five commands, because leaving takes three. */
async function door(): Promise<number> {
  const meter = { count: () => undefined, observe: () => undefined, set: () => undefined };
  const server = createAgiServer(
    { port: 0, commandMsMax: 60_000 },
    {
      bench: async (call) => {
        await call.getVariable('CAMPAIGN');
        if (isIdle) return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve()));
        await call.setVariable('RESULT', 'ok');
        await call.goto({ context: 'ccc_menu', extension: 'A' });
      },
    },
    { log: silentLog, meter },
  );
  return server.listen();
}

await runTarget({ 'bare ding-dong': bareDingDong, session: guardedSession, door });
