/** An outbound server with what happens around it recorded. `close` ends it. */
import sinon from 'sinon';
import type { CallApplication } from '../../core/call.js';
import { createEslServer } from '../../esl-outbound/server.js';
import type { EslServer, EslServerDeps, EslServerOptions } from '../../esl-outbound/server.js';
import { systemTimers } from '../../sidecar/timers.js';
import { recordingMeter } from './observers.js';
import type { RecordingMeter } from './observers.js';

export interface EslDoor {
  readonly server: EslServer;
  readonly port: number;
  readonly meter: RecordingMeter;
  readonly log: Record<'debug' | 'info' | 'warn' | 'error', sinon.SinonStub>;
  /** outcomes of the sessions that ended, in order */
  outcomes(): string[];
  /** resolves when no session is left */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export async function openEslDoor(
  applications: Readonly<Record<string, CallApplication>>,
  options: Partial<EslServerOptions> = {},
  deps: Partial<EslServerDeps> = {},
): Promise<EslDoor> {
  const log = { debug: sinon.stub(), info: sinon.stub(), warn: sinon.stub(), error: sinon.stub() };
  const meter = recordingMeter();
  const server = createEslServer({ port: 0, ...options }, applications, { log, meter, clock: systemTimers, ...deps });
  const port = await server.listen();
  return {
    server,
    port,
    meter,
    log,
    outcomes: () => meter.counted('tandem_esl_sessions_total').map((labels) => labels['outcome'] ?? ''),
    async idle() {
      const giveUpAtMs = Date.now() + 3_000;
      while (server.sessions() > 0) {
        if (Date.now() > giveUpAtMs) throw new Error(`${server.sessions()} sessions are left`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async close() {
      await server.close(0);
    },
  };
}
