/** Our client against our doors over a real socket: every way to log in, every format, and a fronter command across two clusters (X-5, X-27, FF-2, FF-3). */
import assert from 'node:assert/strict';
import { classify } from '../core/cluster/answer.js';
import type { Container, PeerProfile, PeerRequest } from '../core/ports.js';
import { createPeerClient } from '../sidecar/peer-client.js';
import { send, startApiServer, type ApiServer } from './support/api-server.js';
import { loadVectors } from './support/api-vectors.js';
import { createMemoryStore, plainUser } from './support/memory-ports.js';

const code = 'M1211200050001000125'; // the lead with umlauts, quotes, delimiters and line feeds

describe('our client at our doors', () => {
  const nowMs = () => Date.now();
  const origin = createMemoryStore(nowMs);
  let aheadMs = 0;
  const client = createPeerClient({ nowMs: () => Date.now() + aheadMs, env: {} });
  let server: ApiServer;

  const profile = (more: Partial<PeerProfile>): PeerProfile => ({
    id: 'alpha',
    kind: 'tandem',
    active: true,
    baseUrl: server.base,
    nonAgentPath: '/vicidial/non_agent_api.php',
    agentPath: '/agc/api.php',
    user: '6666',
    pass: '1234',
    source: 'test',
    stage: 'pipe',
    credentials: 'query',
    verifyTls: true,
    caFile: undefined,
    pinSha256: undefined,
    clientCertFile: undefined,
    clientKeyFile: undefined,
    connectMsMax: undefined,
    requestMsMax: undefined,
    allowExtraFields: false,
    trunks: [],
    ...more,
  });
  const container = (more: Partial<PeerProfile>): Container => ({ id: 'alpha', entry: '', profile: profile(more) });
  const request = (name: PeerRequest['function'], more: Partial<PeerProfile> = {}): PeerRequest => ({
    container: container(more),
    function: name,
    parameters: name === 'ccc_lead_info' ? { call_id: code } : {},
    signal: new AbortController().signal,
    connectMsMax: 2_000,
    requestMsMax: 5_000,
  });

  beforeEach(async () => {
    loadVectors(origin);
    const account = {
      peerId: 'beta',
      windowS: undefined,
      oneTime: false,
      requestsPerMinute: undefined,
      lists: undefined,
      addresses: undefined,
    };
    const apiAllowedFunctions = ' ccc_lead_info force_fronter_leave_3way ';
    origin.change('6666', () => ({ account, apiAllowedFunctions })); // HTTP Basic is for accounts of peers
    server = await startApiServer(origin, { nowMs });
  });
  afterEach(() => server.close());
  after(() => {
    client.close();
  });

  for (const credentials of ['query', 'header', 'signed'] as const)
    for (const stage of ['pipe', 'csv', 'tab', 'newline', 'json'] as const)
      it(`a lead is found by ${credentials} credentials in ${stage}, no column shifted`, async () => {
        const answer = classify(await client.ask(request('ccc_lead_info', { credentials, stage })), {
          format: stage,
          allowExtraFields: false,
        });
        assert.ok(answer.found);
        assert.deepEqual(answer.warnings, []);
        const stored = origin.tables.leads.get(1000125);
        assert.equal(answer.lead.first_name, stored?.first_name);
        assert.equal(answer.lead.comments, stage === 'json' ? 'line1\nline2' : 'line1 line2');
        assert.equal(answer.lead.owner, '');
        await Promise.resolve();
        assert.doesNotMatch(origin.tables.apiLog[0]?.url ?? '', /1234(?!5)/);
      });

  for (const credentials of ['query', 'header', 'signed'] as const)
    it(`a wrong secret by ${credentials} credentials is a refused login`, async () => {
      const answer = await client.ask(request('ccc_lead_info', { credentials, pass: 'wrong' }));
      assert.deepEqual(classify(answer, { format: 'pipe', allowExtraFields: false }), { found: false, reason: 'auth' });
    });

  it('X-27: the same signed question twice is two signatures', async () => {
    for (let i = 0; i < 2; i += 1) {
      assert.match((await client.ask(request('ccc_lead_info', { credentials: 'signed' }))).body, /^NEW\|/);
      aheadMs += 1_000; // a signature has a grain of one millisecond, and this is faster
    }
  });

  it('X-5: version tells that the other is one of us', async () => {
    assert.match((await client.ask(request('version'))).body, /\|CCC: 2\|\n$/);
  });

  it('FF-1, FF-2, FF-3: a closer here, the fronter there', async () => {
    const destination = createMemoryStore(nowMs);
    destination.tables.users = [plainUser];
    destination.tables.agents = [{ user: '9001', leadId: 42, confExten: '8600099', serverIp: '10.8.8.1', lastCallAtMs: 0 }];
    destination.tables.origins.set(42, { containerId: 'alpha', remoteLeadId: 1000123 });
    destination.tables.containers.set('alpha', container({ credentials: 'signed' }));
    const here = await startApiServer({ ...destination, peers: client }, { nowMs });
    try {
      const command = async () =>
        (
          await send(here, {
            path: '/agc/api.php',
            query: 'source=test&user=6666&pass=1234&function=force_fronter_leave_3way&value=LOCAL_AND_CCC&agent_user=9001',
          })
        ).body;
      assert.equal(await command(), 'ERROR: force_fronter_leave_3way command not accepted over CCC - alpha\n');
      origin.tables.agents = [{ user: '8001', leadId: 1000123, confExten: '8600051', serverIp: '10.9.9.1', lastCallAtMs: 0 }];
      assert.equal(await command(), 'SUCCESS: force_fronter_leave_3way command sent over CCC - alpha\n');
      assert.deepEqual(origin.tables.leaveOrders, ['8001']);
      assert.doesNotMatch(JSON.stringify(destination.tables.urlLog), /1234(?!5)/);
    } finally {
      await here.close();
    }
  });
});
