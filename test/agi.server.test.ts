/** The FastAGI door over real sockets: listening, routing, refusals, failures of applications, stopping. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AgiServer, AgiServerOptions } from '../agi/server.js';
import { createAgiServer } from '../agi/server.js';
import type { CallApplication } from '../core/call.js';
import { hasCode, TandemError } from '../core/errors.js';
import { dialAgi } from './support/fake-asterisk.js';
import { recordingMeter, silentLog } from './support/observers.js';

describe('FastAGI server', () => {
  const open: AgiServer[] = [];
  const meter = recordingMeter();

  async function serve(
    applications: Record<string, CallApplication>,
    options: Partial<AgiServerOptions> = {},
  ): Promise<[number, AgiServer]> {
    const server = createAgiServer({ port: 0, ...options }, applications, { log: silentLog, meter });
    const port = await server.listen();
    open.push(server);
    return [port, server];
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close(0)));
    meter.clear();
  });

  it('A13: port 0 takes a free port and tells it; a session runs its application and closes', async () => {
    const [port] = await serve({ hello: (call) => call.setVariable('SAID', `${call.args.join('|')} "quoted"`) });
    assert.ok(port > 0);

    const call = await dialAgi({ port, script: 'hello', args: ['one:two', 'b c'] });
    await call.ended;

    assert.deepEqual(call.commands, ['SET VARIABLE SAID "one:two|b c \\"quoted\\""']);
    assert.equal(call.variables.get('SAID'), 'one:two|b c "quoted"');
    assert.deepEqual(meter.counted('tandem_agi_sessions_total'), [{ application: 'hello', result: 'ok' }]);
  });

  it('A13: a port in use rejects listen with a typed error', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await assert.rejects(createAgiServer({ port }, {}, { log: silentLog, meter }).listen(), (e) => hasCode(e, 'TDM_BAD_SETTING'));
    other.close();
    await once(other, 'close');
  });

  it('A7: a rejection is told to the dialplan with its code', async () => {
    const [port] = await serve({ broken: () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['gone'])) });
    const call = await dialAgi({ port, script: 'broken' });
    await call.ended;
    assert.equal(call.variables.get('TANDEM_RESULT'), 'error');
    assert.equal(call.variables.get('TANDEM_REASON'), 'TDM_STORE_DOWN');
  });
});
