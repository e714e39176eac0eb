/** A FastAGI door that answers at once with the commands of a successful hand-over, without any lookup. Tells its port. */
import { createAgiServer } from '../../agi/server.js';
import type { CallApplication } from '../../core/call.js';
import type { Log, Meter } from '../../core/ports.js';

const nothing = (): undefined => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const meter: Meter = { count: nothing, observe: nothing, set: nothing };

const answerAtOnce: CallApplication = async (call) => {
  await call.setCallerId('Y1211903090005000001', '9998887112');
  for (const name of ['ccc_lead_id', 'ccc_remote_lead_id', 'TANDEM_REASON', 'ccc_result', 'TANDEM_RESULT'])
    await call.setVariable(name, 'A');
  await call.goto({ context: call.context, extension: 'A' });
};

const server = createAgiServer({ port: 0 }, { cm_sc_ccc_lookup_insert: answerAtOnce }, { log, meter });
process.send?.(await server.listen());
process.on('disconnect', () => void server.close(0));
