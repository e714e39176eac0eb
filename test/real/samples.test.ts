/**
 * The dialplan samples that Tandem ships (`dialplan/asterisk/`), as they stand: both ends of the trunk, every door, and the
 * branch for "Tandem unreachable". Only addresses and names are set, as their comments tell an operator to.
 */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { requireTestbed, type Asterisk } from '../testbed/asterisk.js';
import type { SipCall, SipPhone } from '../testbed/sip-phone.js';
import { asserted, hears, portsOf, startClusters, type Clusters, type OriginLead } from './clusters.js';
import { phones } from './dialplan.js';

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
const include = (...files: readonly string[]): string => files.map((file) => `#include ${samples}${file}\n`).join('');
const secret = 'a-long-random-secret-5Fq8';
const guardS = 1;

/** One end: the samples, the other cluster's address, and a phone's context that may dial it. */
async function useSamples(here: Asterisk, there: Asterisk): Promise<void> {
  const agi = `127.0.0.1:${portsOf(here).agi}`;
  await here.addConfig(
    'extensions',
    '50-samples',
    `${include('tandem-globals.conf', 'tandem-doors.conf', 'tandem-menus.conf', 'tandem-trunks.conf')}
[globals](+)
TANDEM_AGI_1 = ${agi}
TANDEM_AGI_2 = ${agi}
TANDEM_GUARD_S = ${guardS}
TANDEM_ROUNDS = 1
TANDEM_PAUSE_S = 0.2
TANDEM_CONTAINER = ccc_test
TANDEM_PROMPT = beep
TANDEM_IAX_PEER = ${there.name}
TANDEM_PJSIP_PEER = ${there.name}

[from-phones](+)
include => tandem-to-cluster
exten => 7000,1,Dial(PJSIP/1019,20)
 same => n,Hangup()
; a call of ours without a code, for a lead of ours
exten => 7001,1,Set(TANDEM_LEAD=\${CALLERID(num)})
 same => n,Goto(98199,1)
`,
  );
  await here.addConfig(
    'iax',
    '50-samples',
    `${include('tandem-iax.conf')}
[${there.name}](tandem-iax)
host = 127.0.0.1
port = ${there.ports.iax}
username = ${here.name}
secret = ${secret}
`,
  );
  // both ends have the same address here: told apart by the User-Agent
  await here.addConfig(
    'pjsip',
    '50-samples',
    `${include('tandem-pjsip.conf')}
[${there.name}](tandem-sip-endpoint)
aors = ${there.name}
[${there.name}](tandem-sip-aor)
contact = sip:127.0.0.1:${there.ports.sip}
[${there.name}](tandem-sip-identify)
endpoint = ${there.name}
match_header = User-Agent: testbed-${there.name}
`,
  );
}

/** A FastAGI server that takes a lookup and never says a word; for anything else it is as good as dead. */
async function startHungTandem(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (data) => {
      if (!/^agi_network_script: .*lookup_insert/m.test(data.toString())) socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('real: the dialplan samples', function () {
  this.timeout(20_000);
  let clusters: Clusters;
  let customer: SipPhone;
  let agent: SipPhone;
  let nextLead = 0;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    clusters = await startClusters({
      configure: (alpha, beta) => Promise.all([useSamples(alpha, beta), useSamples(beta, alpha)]),
    });
    customer = await clusters.alpha.phone(10);
    agent = await clusters.beta.phone(phones.agent);
  });
  after(async () => {
    await (clusters as Clusters | undefined)?.stop();
  });
  afterEach(async () => {
    for (const call of [...customer.calls.values(), ...agent.calls.values()]) call.hangup();
    await eventually(
      () => clusters.beta.channels(),
      (channels) => channels.length === 0,
      { msMax: 5_000 },
    );
  });

  /** Call `extension` as a customer named `name`; resolves with the agent's call, answered. */
  async function reachAgent(extension: string, name: string, number = '5551234'): Promise<{ call: SipCall; agentCall: SipCall }> {
    const atAgent = agent.nextCall();
    const call = await customer.call(extension, { headers: asserted(name, number) });
    const agentCall = await atAgent;
    await agentCall.answered;
    await call.answered;
    return { call, agentCall };
  }

  /** The code that beta gave to the call of a lead of the origin. */
  function localCode(lead: OriginLead): string {
    const rows = clusters.b.rows('SELECT local_call_id FROM vicidial_ccc_log WHERE remote_lead_id = ?', lead.leadId);
    assert.equal(rows.length, 1);
    return String(rows[0]?.['local_call_id']);
  }

  const setGlobal = (name: string, value: string): Promise<string> => clusters.beta.cli(`dialplan set global ${name} ${value}`);

  for (const [trunk, prefix] of [
    ['IAX2', '9'],
    ['PJSIP', '8'],
  ] as const) {
    for (const [door, did] of [
      ['the static menu', '8199'],
      ['the lookup alone', '8201'],
    ] as const)
      it(`TRK-1: over ${trunk} to ${door}: the agent has the lead`, async () => {
        const lead = clusters.lead(nextLead++);
        const { agentCall } = await reachAgent(`${prefix}${did}`, lead.code);
        assert.deepEqual(agentCall.caller, { name: localCode(lead), number: lead.phone });
      });

    it(`TRK-3: over ${trunk} the code crosses beside the name`, async () => {
      const lead = clusters.lead(nextLead++);
      await reachAgent(`${prefix}8202`, lead.code);
      const carried = new RegExp(`Set\\("${trunk}/alpha-\\w+", "TANDEM_CCC_CODE=${lead.code}"\\)`);
      assert.match(await clusters.beta.log(), carried);
    });
  }

  it('a fronter transfers the customer (SIP REFER) to the other cluster: the agent has the lead', async () => {
    const lead = clusters.lead(nextLead++);
    const fronter = await clusters.alpha.phone(19);
    const atFronter = fronter.nextCall();
    const atAgent = agent.nextCall();
    const call = await customer.call('7000', { headers: asserted(lead.code, lead.phone) });
    await call.answered;
    const fronterCall = await atFronter;
    await hears(fronterCall);
    fronterCall.refer('sip:98199@127.0.0.1');
    assert.equal((await atAgent).caller.name, localCode(lead));
  });

  it('CODE-3: a call of ours gets its code from Tandem before it leaves', async () => {
    const lead = clusters.lead(nextLead++);
    const { agentCall } = await reachAgent('7001', 'John Smith', String(lead.leadId));
    assert.equal(agentCall.caller.name, localCode(lead));
  });

  it('V24 outcome B: the origin does not know the code: the queue, with the name as it came', async () => {
    const { agentCall } = await reachAgent('98199', 'V1121190512000012345');
    assert.deepEqual(agentCall.caller, { name: 'V1121190512000012345', number: '5551234' });
  });

  it('V24 outcome D: no code: the Tandem menu, whose option leads to the queue', async () => {
    const atAgent = agent.nextCall();
    const call = await customer.call('98199', { headers: asserted('John Smith', '5551234') });
    await call.answered;
    await eventually(
      () => clusters.beta.log(),
      (log) => log.includes('/menu,welcome'),
    );
    await hears(call);
    await call.media.keys('1');
    assert.equal((await atAgent).caller.name, 'John Smith');
  });

  it('Q-1: the DID straight into the queue', async () => {
    const { call, agentCall } = await reachAgent('98202', 'John Smith');
    assert.equal(agentCall.caller.name, 'John Smith');
    await hears(agentCall);
    agentCall.hangup();
    assert.equal(await call.ended, 'remote');
  });

  it('only DIDs are reached from the trunk', async () => {
    const call = await customer.call('91011', { headers: asserted('John Smith', '5551234') });
    assert.match(await call.ended, /^failed|^remote/);
  });

  it('the first Tandem is away: the second one does the work', async () => {
    await setGlobal('TANDEM_AGI_1', `127.0.0.1:${clusters.beta.ports.base + 8}`);
    try {
      const lead = clusters.lead(nextLead++);
      const { agentCall } = await reachAgent('98199', lead.code);
      assert.equal(agentCall.caller.name, localCode(lead));
    } finally {
      await setGlobal('TANDEM_AGI_1', `127.0.0.1:${clusters.b.ports.agi}`);
    }
  });

  it(`the first Tandem accepts a lookup and hangs: after ${guardS} s the second one does the work`, async () => {
    const hung = await startHungTandem();
    await setGlobal('TANDEM_AGI_1', `127.0.0.1:${hung.port}`);
    try {
      for (const did of ['98199', '98201']) {
        const lead = clusters.lead(nextLead++);
        const startedAtMs = Date.now();
        const { call, agentCall } = await reachAgent(did, lead.code);
        assert.ok(Date.now() - startedAtMs > guardS * 1000 - 50); // the switch's clock is not ours
        assert.equal(agentCall.caller.name, localCode(lead));
        call.hangup();
        await agentCall.ended;
      }
    } finally {
      await setGlobal('TANDEM_AGI_1', `127.0.0.1:${clusters.b.ports.agi}`);
      await hung.stop();
    }
  });

  it('Tandem is not there: every door leads into the plain queue', async () => {
    await clusters.b.stop();
    try {
      for (const did of ['98199', '98200', '98201', '98202']) {
        const { call, agentCall } = await reachAgent(did, 'V1121190512000012345');
        assert.equal(agentCall.caller.name, 'V1121190512000012345');
        call.hangup();
        await agentCall.ended;
      }
    } finally {
      await clusters.restartB();
    }
  });
});
