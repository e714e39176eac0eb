/** What Asterisk tells about a caller, for Tandem's own queues. */
import type { Call } from '../core/call.js';
import type { CallerFacts } from '../core/services/native-queue.js';
import { readVariables } from '../core/services/read-variables.js';

const name = 'CALLERID(name)';
const number = 'CALLERID(num)';
const rootId = 'CHANNEL(linkedid)';
/** Seconds with a fraction; empty without the module func_cdr. */
const answeredS = 'CDR(answer,u)';

export const asteriskCaller: CallerFacts = {
  callerName: async (call) => (await readVariables(call, [name])).get(name) ?? '',
  async read(call: Call, wanted) {
    const values = await readVariables(call, [name, number, rootId, ...(wanted.answer ? [answeredS] : [])]);
    const atS = Number(values.get(answeredS) ?? '');
    return {
      name: values.get(name) ?? '',
      number: values.get(number) ?? '',
      answeredAtMs: Number.isFinite(atS) && atS > 0 ? Math.round(atS * 1_000) : undefined,
      rootId: values.get(rootId),
    };
  },
};
