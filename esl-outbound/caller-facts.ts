/** What FreeSWITCH tells about a caller, for Tandem's own queues. */
import type { Call } from '../core/call.js';
import type { CallerFacts } from '../core/services/native-queue.js';
import { callerName } from './queue-entry.js';

export const freeswitchCaller: CallerFacts = {
  callerName,
  read: async (call, wanted) => ({
    name: await callerName(call),
    number: call.callerIdNumber,
    answeredAtMs: wanted.answer ? await answeredAtMs(call) : undefined,
    // a transferred channel keeps its Unique-ID
    rootId: undefined,
  }),
};

/** A field of the caller profile, in microseconds; 0 before the answer. */
async function answeredAtMs(call: Call): Promise<number | undefined> {
  const atUs = Number((await call.getVariable('answered_time')) ?? '');
  return Number.isFinite(atUs) && atUs > 0 ? Math.floor(atUs / 1_000) : undefined;
}
