/** What Asterisk tells about a caller, for Tandem's own queues. */
import type { Call } from '../core/call.js';
import type { CallerFacts } from '../core/services/native-queue.js';

export const asteriskCaller: CallerFacts = {
  callerName: (call) => text(call, 'CALLERID(name)'),
  callerNumber: (call) => text(call, 'CALLERID(num)'),
  answeredAtMs,
  rootId: (call) => call.getVariable('CHANNEL(linkedid)'),
};

async function text(call: Call, name: string): Promise<string> {
  return (await call.getVariable(name)) ?? '';
}

/** Seconds with a fraction; empty without the module func_cdr. */
async function answeredAtMs(call: Call): Promise<number | undefined> {
  const atS = Number(await text(call, 'CDR(answer,u)'));
  return Number.isFinite(atS) && atS > 0 ? Math.round(atS * 1_000) : undefined;
}
