/**
 * `npm run demo`: two call centres, one call, and what happened at each step. Ends by itself; exit code 0 only when the agent
 * of the second one answered and had the right lead.
 */
import { asserted, startClusters, type Clusters } from '../real/clusters.js';
import { phones } from '../real/dialplan.js';
import { eventually } from '../support/eventually.js';
import { testbedProblem } from '../testbed/cache.js';
import type { SipPhone } from '../testbed/sip-phone.js';
import { startRelay } from './relay.js';
import { readAsteriskLog, Timeline } from './timeline.js';

const timeline = new Timeline();
const put = (line: string): void => void process.stdout.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
process.once('SIGINT', () => process.exit(130));

/** AGI lines worth showing: who calls, and every command with its answer. */
function seeAgi(line: string, fromSwitch: boolean): void {
  if (!fromSwitch) timeline.add('Tandem B → beta', line);
  else if (/^agi_(network_script|calleridname|arg_\d+):/.test(line)) timeline.add('beta → Tandem B', line);
  else if (/^\d{3}/.test(line) || line === 'HANGUP') timeline.add('beta → Tandem B', line);
}

/** The request line without its password, the status, and the lead. */
function seeHttp(line: string, fromAsker: boolean): void {
  if (fromAsker && /^(GET|POST) /.test(line)) timeline.add('Tandem B → Tandem A', line.replace(/(pass=)[^& ]*/, '$1***'));
  else if (!fromAsker && (line.startsWith('HTTP/') || line.split('|').length > 20)) timeline.add('Tandem A → Tandem B', line);
}

function seePhone(phone: SipPhone, name: string): void {
  for (const { atMs, sent, message } of phone.log) {
    const start = message.slice(0, message.indexOf('\r\n'));
    const from = /^(?:P-Asserted-Identity|From): (.*?)(?:;tag.*)?\r$/m.exec(message)?.[1] ?? '';
    const refersTo = /^Refer-To: (.*)\r$/m.exec(message)?.[1] ?? '';
    const detail = start.startsWith('INVITE') && !sent ? ` from ${from}` : start.startsWith('REFER') ? ` to ${refersTo}` : '';
    const cseq = /^CSeq: \d+ (\w+)/m.exec(message)?.[1] ?? '';
    if (/^(INVITE|REFER|BYE)/.test(start)) timeline.add(name, `${sent ? 'sends' : 'gets'} ${start.replace(/ SIP.*/, '')}${detail}`, atMs);
    else if (cseq === 'INVITE' && /^SIP\/2\.0 (180|200)/.test(start))
      timeline.add(name, `${sent ? 'sends' : 'gets'} ${start.slice(8)}`, atMs);
  }
}

/** Watch the destination's tables until the rows of the hand-over are there. */
async function seeRows(clusters: Clusters, remoteLeadId: number): Promise<void> {
  const [row] = await eventually(
    () =>
      clusters.b.rows(
        `SELECT l.lead_id, l.list_id, l.phone_number, l.first_name, l.last_name, c.remote_call_id, c.local_call_id, c.remote_lead_id
         FROM vicidial_ccc_log c JOIN vicidial_list l ON l.lead_id = c.lead_id WHERE c.remote_lead_id = ?`,
        remoteLeadId,
      ),
    (rows) => rows.length > 0,
    10_000,
  );
  const r = row ?? {};
  timeline.add(
    'database of B',
    `vicidial_list: lead ${r['lead_id'] ?? ''}, list ${r['list_id'] ?? ''}, ${r['first_name'] ?? ''} ${r['last_name'] ?? ''}, ${r['phone_number'] ?? ''}`,
  );
  timeline.add(
    'database of B',
    `vicidial_ccc_log: ${r['remote_call_id'] ?? ''} (lead ${r['remote_lead_id'] ?? ''} of A) is now ${r['local_call_id'] ?? ''}`,
  );
}

/** The call: the customer talks to a fronter of alpha, who sends him to beta; resolves with what the agent of beta saw. */
async function oneCall(clusters: Clusters): Promise<boolean> {
  const { alpha, beta } = clusters;
  const lead = clusters.lead(0);
  const customer = await alpha.phone(10);
  const fronter = await alpha.phone(19);
  const agent = await beta.phone(phones.agent);
  agent.onCall = (call) => {
    call.ring();
    setTimeout(() => void call.answer(), 300);
  };
  const startedAtMs = Date.now();
  const atFronter = fronter.nextCall();
  const atAgent = agent.nextCall(20_000);
  const rowsSeen = seeRows(clusters, lead.leadId);
  const call = await customer.call('7000', { headers: asserted(lead.code, lead.phone) });
  const fronterCall = await atFronter;
  await call.answered;
  await pause(200);
  fronterCall.refer('sip:2002@127.0.0.1');
  const agentCall = await atAgent;
  await agentCall.answered;
  await rowsSeen;
  await pause(500);
  const heard = { customer: call.media.received, agent: agentCall.media.received };
  agentCall.hangup();
  await call.ended;

  seePhone(customer, "customer's phone");
  seePhone(fronter, "fronter's phone");
  seePhone(agent, "agent's phone");
  readAsteriskLog('alpha', await alpha.log(), timeline);
  readAsteriskLog('beta', await beta.log(), timeline);
  put('');
  put('     ms  where                 what');
  timeline.print(startedAtMs, put);
  put('');

  const [row] = clusters.b.rows(
    'SELECT l.phone_number, c.local_call_id FROM vicidial_ccc_log c JOIN vicidial_list l ON l.lead_id = c.lead_id WHERE c.remote_lead_id = ?',
    lead.leadId,
  );
  const right =
    row?.['phone_number'] === lead.phone &&
    row['local_call_id'] === agentCall.caller.name &&
    agentCall.caller.number === lead.phone &&
    heard.customer > 0 &&
    heard.agent > 0;
  put(
    right
      ? `The agent answered and had the right lead: ${agentCall.caller.name}, ${agentCall.caller.number}.`
      : `WRONG: the agent's phone showed ${JSON.stringify(agentCall.caller)}, the database has ${JSON.stringify(row)}.`,
  );
  return right;
}

async function main(): Promise<boolean> {
  put('Two call centres: Asterisk alpha with Tandem A (knows the customer), Asterisk beta with Tandem B (takes the call over).');
  put('First use downloads Asterisk from Debian packages into a cache folder (some 40 MB).');
  const problem = await testbedProblem('asterisk');
  if (problem !== undefined) {
    put(`The demonstration needs Asterisk, which cannot be had here: ${problem}`);
    return false;
  }
  const [http, agi] = [await startRelay(seeHttp), await startRelay(seeAgi)];
  try {
    const clusters = await startClusters({ originPort: http.port, agiPort: agi.port });
    http.target = clusters.a.ports.http;
    agi.target = clusters.b.ports.agi;
    put(`${clusters.alpha.version} twice, Tandem twice, joined by an IAX2 trunk. One customer calls ...`);
    try {
      return await oneCall(clusters);
    } finally {
      await clusters.stop();
    }
  } finally {
    await Promise.all([http.stop(), agi.stop()]);
  }
}

process.exitCode = (await main().catch((e: unknown) => {
  put(`The demonstration failed: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`);
  return false;
}))
  ? 0
  : 1;
