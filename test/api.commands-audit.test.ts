/** Commands at doors beside `/api/v1` leave rows in the same audit: who, what, how it ended; reading leaves none (B39). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttp } from 'node:http';
import { createAddressList } from '../core/address-list.js';
import { TandemError } from '../core/errors.js';
import { createMi } from '../core/services/mi.js';
import { createApp, createHttpServer } from '../sidecar/app.js';
import { createCallcenterRoutes } from '../sidecar/routes/callcenter.js';
import { createMiDoor } from '../sidecar/routes/mi.js';
import { principalOf, type Permit } from '../sidecar/routes/permission.js';
import { openEventSocketDesk, socketPassword, type EventSocketDesk } from './support/event-socket-desk.js';
import { silentLog, silentMeter } from './support/observers.js';
import { recordedSite } from './support/callcenter-desk.js';

const functions: Readonly<Record<string, string>> = { boss: 'tandem_admin', desk: 'tandem_queue_control', viewer: 'tandem_queue_view' };

/** Basic with the user's name as password; anything else is the key of a program. */
const permit: Permit = async (req, need) => {
  const basic = Buffer.from((req.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
  const user = basic.split(':')[0] ?? '';
  const found = functions[user] ?? (req.headers.authorization === 'Bearer tdm_key' ? 'tandem_queue_control' : undefined);
  if (found === undefined) return Promise.reject(new TandemError('TDM_UNAUTHENTICATED', ['HTTP Basic']));
  const [kind, id] = functions[user] === undefined ? (['key', 'key:k_1'] as const) : (['password', `user:${user}`] as const);
  const rights = { queues: undefined, agent: undefined };
  return Promise.resolve().then(() =>
    principalOf({ kind, id, user: user || 'k_1', functions: [found], level: 9, rights, session: undefined }, need),
  );
};

const basic = (user: string): string => `Basic ${Buffer.from(`${user}:${user}`).toString('base64')}`;

describe('audit of commands', () => {
  let w: EventSocketDesk;
  beforeEach(async () => (w = await openEventSocketDesk(recordedSite, { permit })));
  afterEach(() => w.close());

  const rows = async () =>
    (await w.rows()).map(({ principal, address, path, request, status, after }) => [principal, address, path, request, status, after]);

  async function serving(server: ReturnType<typeof createServer> | ReturnType<typeof createHttp>, work: (base: string) => Promise<void>) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await work(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    } finally {
      server.close();
    }
  }

  it('B39: callcenter_config over HTTP: by users and keys, granted and refused', async () => {
    const routes = [createCallcenterRoutes({ commands: w.commands, permit, addressOf: () => '192.0.2.1' })];
    await serving(createHttpServer(createApp({ doors: [], routes, log: silentLog, meter: silentMeter })), async (base) => {
      const post = async (command: string, authorization: string) => {
        const answer = await fetch(`${base}/api/callcenter_config`, { method: 'POST', body: command, headers: { authorization } });
        return answer.text();
      };
      await post('agent list', basic('viewer'));
      await post('queue list', basic('boss'));
      assert.equal(await post("Agent SET status a1 'On Break'", basic('desk')), '+OK\n');
      await post('agent set status nobody Available', 'Bearer tdm_key');
      await post('tier add full@default a2', basic('boss'));
    });
    assert.deepEqual(await rows(), [
      ['user:desk', '192.0.2.1', 'callcenter_config agent set', '{"words":["status","a1","On Break"]}', 200, '"+OK"'],
      ['key:k_1', '192.0.2.1', 'callcenter_config agent set', '{"words":["status","nobody","Available"]}', 409, '"-ERR Agent not found!"'],
      ['user:boss', '192.0.2.1', 'callcenter_config tier add', '{"words":["full@default","a2"]}', 409, '"-ERR Agent not found!"'],
    ]);
  });

  it('B39: the event socket: by its own password with the address, by its users; reading and what a user may not leaves none', async () => {
    const own = await w.client();
    await own.ask(`auth ${socketPassword}`);
    await own.ask('api callcenter_config agent set status a1 Available');
    await own.ask('api callcenter_config agent list');
    await own.ask('api reload mod_callcenter');
    const desk = await w.client();
    await desk.ask('userauth desk@site:desk');
    await desk.ask('api callcenter_config agent set status a1 On\\ Break');
    await desk.ask('api callcenter_config agent del a1');
    const [first, second, third, ...more] = await rows();
    assert.deepEqual(first?.slice(0, 3), ['event-socket@127.0.0.1', '127.0.0.1', 'callcenter_config agent set']);
    assert.deepEqual(second, ['event-socket@127.0.0.1', '127.0.0.1', 'event-socket reload', undefined, 200, undefined]);
    assert.deepEqual(third?.slice(0, 3), ['user:desk', '127.0.0.1', 'callcenter_config agent set']);
    assert.deepEqual(more, []);
  });

  it('B39: /mi: an address that needs no login, a user, a refusal, and what he may not', async () => {
    const sockets = { isAllowed: () => true, send: () => undefined, drop: () => undefined };
    const common = { engine: w.desk.port, sockets, nowMs: () => w.desk.nowMs(), startedAtMs: 0, version: '1', log: silentLog };
    const mi = createMi({ ...common, reload: () => Promise.resolve(), record: w.record });
    const isTrusted = createAddressList(['127.0.0.1'], 'test');
    const door = createMiDoor(
      { mi, permit, isTrusted, clientAddress: () => '127.0.0.1', log: silentLog, meter: silentMeter },
      { paths: ['/mi'], body: { bytesMax: 2_000, msMax: 1_000 } },
    );
    await serving(
      createHttp((req, res) => void door.serve(req, res)),
      async (base) => {
        const ask = (method: string, params: object = {}, authorization?: string) =>
          fetch(`${base}/mi`, {
            method: 'POST',
            body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
            headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
          });
        await ask('cc_list_agents');
        await ask('cc_agent_login', { agent_id: 'a1', state: 0 });
        await ask('cc_agent_login', { agent_id: 'nobody', state: 1 }, basic('desk'));
        await ask('cc_reload', {}, basic('desk'));
        await ask('cc_agent_login', {}, basic('desk'));
      },
    );
    mi.close();
    const seen = await rows();
    assert.deepEqual(seen.slice(0, 3), [
      ['mi@127.0.0.1', '127.0.0.1', 'mi cc_agent_login', '{"agent_id":"a1","state":0}', 200, undefined],
      ['user:desk', '127.0.0.1', 'mi cc_agent_login', '{"agent_id":"nobody","state":1}', 404, '"Agent not found"'],
      ['user:desk', '127.0.0.1', 'mi cc_reload', '{}', 403, '"User \\"desk\\" may not use \\"tandem_admin\\""'],
    ]);
    assert.deepEqual(
      seen.slice(3).map((row) => row[4]),
      [400],
      'wrong parameters',
    );
  });
});
