/** Both doors on a free loopback port each, for tests of one application over real sessions. */
import { createAgiServer } from '../../agi/server.js';
import type { CallApplication } from '../../core/call.js';
import { createEslServer } from '../../esl-outbound/server.js';
import { dialAgi } from './fake-asterisk.js';
import type { AgiDialog, DialOptions as AgiDialOptions } from './fake-asterisk.js';
import { systemTimers } from '../../sidecar/timers.js';
import { dialEsl } from './fake-freeswitch.js';
import type { DialOptions as EslDialOptions, FakeCall } from './fake-freeswitch.js';
import { recordingMeter, silentLog } from './observers.js';

type Applications = Readonly<Record<string, CallApplication>>;

/** One whole FastAGI session: dialled, served, closed. */
export async function agiSession(applications: Applications, options: Omit<AgiDialOptions, 'port'>): Promise<AgiDialog> {
  const server = createAgiServer({ port: 0 }, applications, { log: silentLog, meter: recordingMeter() });
  const port = await server.listen();
  try {
    const dialog = await dialAgi({ ...options, port });
    await dialog.ended;
    return dialog;
  } finally {
    await server.close(1_000);
  }
}

/** One whole outbound session. */
export async function eslSession(applications: Applications, options: Omit<EslDialOptions, 'port'>): Promise<FakeCall> {
  const server = createEslServer({ port: 0 }, applications, { log: silentLog, meter: recordingMeter(), clock: systemTimers });
  const port = await server.listen();
  try {
    const call = await dialEsl({ ...options, port });
    await call.ended;
    return call;
  } finally {
    await server.close(1_000);
  }
}
