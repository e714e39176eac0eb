/** Fronter commands at the Agent API: every row of vicidial-ccc section 7, FF-1 to FF-3, W-5, W-7, W-13. */
import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import type { LiveAgent } from '../core/ports.js';
import { send, startApiServer, type ApiServer } from './support/api-server.js';
import { createMemoryStore, plainUser } from './support/memory-ports.js';

const leave = 'force_fronter_leave_3way';
const stop = 'force_fronter_audio_stop';
const container = { id: 'ccc_test', entry: 'http://origin.example/vicidial/non_agent_api.php?function=ccc_lead_info', profile: undefined };

describe('fronter commands', () => {
  const clock = { nowMs: Date.parse('2026-11-21T19:03:09.500Z') };
  const store = createMemoryStore(() => clock.nowMs);
  const { tables } = store;
  let server: ApiServer;

  const agent = (user: string, leadId: number, minutesAgo = 0, confExten = '8600051'): LiveAgent => ({
    user,
    leadId,
    confExten,
    serverIp: '10.9.9.1',
    lastCallAtMs: clock.nowMs - minutesAgo * 60_000,
  });
  const ask = async (query: string) =>
    (await send(server, { path: '/agc/api.php', query: `source=test&user=6666&pass=1234&${query}` })).body;
  const command = (name: string, value: string, more = 'agent_user=8001') => ask(`function=${name}&value=${value}&${more}`);
  const remote = (name: string, leadId: string) => command(name, 'CCC_REMOTE', `agent_user=CCC_REMOTE&lead_id=${leadId}`);

  before(async () => {
    server = await startApiServer(store, { nowMs: () => clock.nowMs });
  });
  after(() => server.close());
  beforeEach(() => {
    tables.users = [plainUser, { ...plainUser, user: '8001', userLevel: 1, alias: 'anna' }];
    tables.agents = [agent('8001', 1000123)];
    tables.recent = [];
    tables.playing.clear();
    tables.origins.clear();
    tables.containers.clear();
    for (const list of [tables.leaveOrders, tables.hangups, tables.peerRequests, tables.apiLog, tables.urlLog]) list.length = 0;
    store.peer.answer = () => Promise.resolve({ status: 200, body: 'SUCCESS: force_fronter_leave_3way SENT - 6666' });
  });

  describe('on this cluster', () => {
    it('FF-1: the oldest other agent with the lead is told to leave; no line feed at the end', async () => {
      tables.agents.push(agent('8002', 1000123, 5), agent('8003', 1000123, 9), agent('8004', 7, 60));
      assert.equal(await command(leave, 'LOCAL_ONLY'), 'SUCCESS: force_fronter_leave_3way SENT - 6666');
      assert.deepEqual(tables.leaveOrders, ['8003']);
      const [entry] = tables.apiLog;
      assert.deepEqual(
        [entry?.script, entry?.function, entry?.result, entry?.agentUser, entry?.value],
        ['agent', 'force_fronter_leave_3w', 'SUCCESS', '8001', 'LOCAL_ONLY'].map((text) => text.slice(0, 20)),
      );
    });

    it("FF-1: audio in the other agent's conference is hung up", async () => {
      tables.agents.push(agent('8002', 1000123, 5, '8600052'));
      tables.playing.set('8600052@10.9.9.1', ['IAX2/ASTplay-1', 'IAX2/ASTplay-2']);
      const body = await ask(`function=${stop}&value=LOCAL_ONLY&agent_user=8001&stage=x1`);
      assert.equal(body, 'SUCCESS: force_fronter_audio_stop function sent - LOCAL_ONLY|x1|8001|8002\n');
      assert.deepEqual(tables.hangups, ['IAX2/ASTplay-1', 'IAX2/ASTplay-2']);
    });

    it('FF-1: the fronter has left, the session of the last five minutes still counts', async () => {
      tables.recent = [agent('8002', 1000123, 4, '8600052')];
      tables.playing.set('8600052@10.9.9.1', ['IAX2/ASTplay-1']);
      assert.match(await command(stop, 'LOCAL_ONLY'), /^SUCCESS: force_fronter_audio_stop function sent - LOCAL_ONLY\|\|8001\|8002\n$/);
      tables.recent = [agent('8002', 1000123, 6, '8600052')];
      assert.equal(await command(stop, 'LOCAL_ONLY'), 'ERROR: no fronter found - 8001\n');
    });

    it('section 7: nothing plays', async () => {
      tables.agents.push(agent('8002', 1000123, 5, '8600052'));
      const expected = 'ERROR: force_fronter_audio_stop error - no audio playing in other agent session - 8600052|10.9.9.1|st|8001|8002\n';
      assert.equal(await ask(`function=${stop}&value=LOCAL_ONLY&agent_user=8001&stage=st`), expected);
    });

    it('section 7: no session', async () => {
      tables.agents.push(agent('8002', 1000123, 5, ''));
      const expected = 'ERROR: force_fronter_audio_stop error - no fronter session found - st|8001|8002\n';
      assert.equal(await ask(`function=${stop}&value=LOCAL_ONLY&agent_user=8001&stage=st`), expected);
    });

    it('alt_user names the agent by the custom field', async () => {
      tables.agents.push(agent('8002', 1000123, 5));
      assert.match(await command(leave, 'LOCAL_ONLY', 'alt_user=anna'), /^SUCCESS/);
      assert.equal(await command(leave, 'LOCAL_ONLY', 'alt_user=nobody'), 'ERROR: no user found - nobody\n');
    });

    for (const name of [leave, stop]) {
      it(`section 7: bad value or no agent (${name})`, async () => {
        assert.equal(await command(name, 'NOWHERE'), `ERROR: ${name} not valid - NOWHERE|8001\n`);
        assert.equal(await command(name, 'local_only'), `ERROR: ${name} not valid - local_only|8001\n`);
        assert.equal(await command(name, 'LOCAL_ONLY', 'x=1'), `ERROR: ${name} not valid - LOCAL_ONLY|\n`);
      });

      it(`section 7: agent not logged in, without a lead, no fronter (${name})`, async () => {
        assert.equal(await command(name, 'LOCAL_ONLY', 'agent_user=9999'), 'ERROR: agent_user is not logged in - 9999\n');
        assert.equal(await command(name, 'LOCAL_ONLY'), 'ERROR: no fronter found - 8001\n');
        tables.agents = [agent('8001', 0)];
        assert.equal(await command(name, 'LOCAL_ONLY'), 'ERROR: agent_user is not on a phone call - 8001\n');
      });

      it(`section 7: not permitted (${name})`, async () => {
        tables.users = [{ ...plainUser, apiAllowedFunctions: ' ccc_lead_info ' }];
        const expected = `ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - LOCAL_ONLY|6666|${name}|ADMIN\n`;
        assert.equal(await command(name, 'LOCAL_ONLY'), expected);
      });
    }
  });

  describe('at the origin', () => {
    it('FF-1: CCC_REMOTE finds the fronter by lead_id, nobody need be logged in under that name', async () => {
      assert.equal(await remote(leave, '1000123'), 'SUCCESS: force_fronter_leave_3way SENT - 6666');
      assert.deepEqual(tables.leaveOrders, ['8001']);
      assert.equal(await remote(leave, '77'), 'ERROR: no fronter found - CCC_REMOTE\n');
    });

    for (const leadId of ['', '0', 'abc', '99999999999', '4294967296'])
      it(`section 7: lead_id "${leadId}" is no call`, async () =>
        assert.equal(await remote(stop, leadId), 'ERROR: agent_user is not on a phone call - CCC_REMOTE\n'));

    it("W-7, W-14: a peer's account may ask for its calls, not command agents by name", async () => {
      const account = {
        peerId: 'beta',
        windowS: undefined,
        oneTime: false,
        requestsPerMinute: undefined,
        lists: undefined,
        addresses: undefined,
      };
      tables.users = [{ ...plainUser, account, apiAllowedFunctions: ` ${leave} ` }];
      assert.match(await remote(leave, '1000123'), /^SUCCESS/);
      assert.match(await command(leave, 'LOCAL_ONLY'), /^ERROR: auth USER DOES NOT HAVE PERMISSION/);
      assert.match(await command(leave, 'LOCAL_AND_CCC'), /^ERROR: auth USER DOES NOT HAVE PERMISSION/);
      assert.match(await remote(stop, '1000123'), /^ERROR: auth USER DOES NOT HAVE PERMISSION/);
    });
  });

  describe('over the link', () => {
    beforeEach(() => {
      tables.origins.set(1000123, { containerId: 'ccc_test', remoteLeadId: 555 });
      tables.containers.set('ccc_test', container);
    });

    it('FF-2, FF-3: nobody here, so the origin is asked for its own lead', async () => {
      assert.equal(await command(leave, 'LOCAL_AND_CCC'), 'SUCCESS: force_fronter_leave_3way command sent over CCC - ccc_test\n');
      const [request] = tables.peerRequests;
      assert.equal(request?.function, leave);
      assert.deepEqual(request.parameters, { value: 'CCC_REMOTE', lead_id: '555', agent_user: 'CCC_REMOTE' });
      assert.deepEqual([request.connectMsMax, request.requestMsMax], [2_000, 5_000]);
      assert.deepEqual([tables.urlLog[0]?.urlType, tables.urlLog[0]?.response], ['start', 'accepted']);
      assert.match(tables.urlLog[0]?.url ?? '', /pass=\*\*\*/);
    });

    it('FF-1: a fronter here comes first', async () => {
      tables.agents.push(agent('8002', 1000123, 5));
      assert.equal(await command(leave, 'LOCAL_AND_CCC'), 'SUCCESS: force_fronter_leave_3way SENT - 6666');
      assert.equal(tables.peerRequests.length, 0);
    });

    it('FF-1: LOCAL_ONLY and CCC_REMOTE never leave the cluster', async () => {
      assert.match(await command(leave, 'LOCAL_ONLY'), /^ERROR: no fronter found/);
      tables.agents = [];
      assert.match(await remote(leave, '1000123'), /^ERROR: no fronter found/);
      assert.equal(tables.peerRequests.length, 0);
    });

    for (const [what, answer] of [
      ['an ERROR of the peer', { status: 200, body: 'ERROR: no fronter found - CCC_REMOTE\n' }],
      ['an empty answer', { status: 200, body: '' }],
      ['SUCCESS further down', { status: 200, body: '<html>SUCCESS' }],
      ['a failed status', { status: 500, body: 'SUCCESS: no' }],
    ] as const)
      it(`FF-2, W-13: ${what} is no success`, async () => {
        store.peer.answer = () => Promise.resolve(answer);
        assert.equal(await command(stop, 'LOCAL_AND_CCC'), 'ERROR: force_fronter_audio_stop command not accepted over CCC - ccc_test\n');
        assert.equal(tables.apiLog[0]?.result, 'ERROR');
      });

    for (const code of ['TDM_REMOTE_SLOW', 'TDM_REMOTE_FAILED'] as const)
      it(`FF-2: ${code} is no success`, async () => {
        store.peer.answer = () => Promise.reject(new TandemError(code, ['ccc_test', 'refused']));
        assert.match(await command(leave, 'LOCAL_AND_CCC'), /^ERROR: force_fronter_leave_3way command not accepted over CCC - ccc_test\n$/);
        assert.equal(tables.urlLog[0]?.response, 'unreachable');
      });

    it('section 7: the lead came from nowhere, or its container is gone', async () => {
      tables.containers.clear();
      assert.equal(await command(leave, 'LOCAL_AND_CCC'), 'ERROR: no fronter found - 8001\n');
      tables.origins.clear();
      assert.equal(await command(leave, 'LOCAL_AND_CCC'), 'ERROR: no fronter found - 8001\n');
    });
  });

  describe('login', () => {
    const bad = 'ERROR: Invalid Username/Password: |6666||0|1|BAD|0|api||\n';
    const by = async (query: string) =>
      (await send(server, { path: '/agc/api.php', query: `source=test&function=${leave}&value=LOCAL_ONLY&agent_user=8001&${query}` })).body;

    it('W-5: a wrong login is told without password and without SQL', async () => {
      assert.equal(await by('user=6666&pass=wrong'), bad);
      assert.equal(await by("user=6666&pass=1'--"), bad);
    });

    it('section 7: user and password of two characters, level 1, agent API access', async () => {
      tables.users = [{ ...plainUser, userLevel: 1 }];
      tables.agents.push(agent('8002', 1000123, 5));
      assert.match(await by('user=6666&pass=1234'), /^SUCCESS/);
      tables.users = [{ ...plainUser, user: '6', pass: '1' }];
      assert.equal(await by('user=6&pass=1'), 'ERROR: Invalid Username/Password: |6||0|1|BAD|0|api||\n');
      for (const row of [{ userLevel: 0 }, { active: false }, { agentApiAccess: false }]) {
        tables.users = [{ ...plainUser, ...row }];
        assert.equal(await by('user=6666&pass=1234'), bad);
      }
    });

    it('section 7: the agent API can be switched off', async () => {
      tables.system = { ...tables.system, agentApiActive: false };
      assert.equal(await by('user=6666&pass=1234'), 'ERROR: Invalid Username/Password: |6666||0|0|BAD|0|api||\n');
      tables.system = { ...tables.system, agentApiActive: true };
    });

    it('section 7: locked out', async () => {
      clock.nowMs += 60_000; // past the failures of the tests before
      tables.users = [{ ...plainUser, failedLoginCount: 10, lastLoginAtMs: clock.nowMs }];
      assert.equal(await by('user=6666&pass=1234'), 'ERROR: Invalid Username/Password: |6666||0|1|LOCK|0|api||\n');
    });

    it('source and function are checked', async () => {
      const send6666 = async (query: string) => (await send(server, { path: '/agc/api.php', query: `user=6666&pass=1234&${query}` })).body;
      assert.equal(await send6666(`source=x&function=${leave}`), 'ERROR: Invalid Source - x\n');
      assert.equal(await send6666('source=test&function=external_dial'), 'ERROR: NO FUNCTION SPECIFIED\n');
    });

    it('W-5: the log holds no password', async () => {
      await by('user=6666&pass=1234');
      assert.match(tables.apiLog[0]?.url ?? '', /pass=\*\*\*/);
      assert.doesNotMatch(JSON.stringify(tables.apiLog), /1234(?!5)/);
    });
  });
});
