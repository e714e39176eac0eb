/**
 * `npm run demo`: two call centres, one call, and what happened at each step. Ends by itself; exit code 0 only when the agent
 * of the second one answered and had the right lead.
 */
import { asserted, hears, startClusters, type Clusters, type OriginLead } from '../real/clusters.js';
import { phones } from '../real/dialplan.js';
import { eventually } from '../support/eventually.js';
import { testbedProblem } from '../testbed/cache.js';
import type { SipIdentity, SipPhone } from '../testbed/sip-phone.js';
import { startRelay } from './relay.js';
import { readAsteriskLog, Timeline } from './timeline.js';

/** longest time from the customer's first word to the agent's phone */
const callMsMax = 20_000;

interface Heard extends SipIdentity {
  readonly customerPackets: number;
  readonly agentPackets: number;
}

const timeline = new Timeline();
let verdict = 'The call did not come through.';
const put = (line: string): void => void process.stdout.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
process.once('SIGINT', () => process.exit(130));

/** an answer that comes sooner than this is shown behind its command */
const soonMs = 20;
let command: { readonly text: string; readonly atMs: number } | undefined;

/** AGI lines worth showing: who calls, and every command with its answer. */
function seeAgi(line: string, fromSwitch: boolean): void {
  if (!fromSwitch) {
    command = { text: line, atMs: Date.now() };
    return;
  }
  if (/^agi_(network_script|calleridname|arg_\d+):/.test(line)) timeline.add('beta → Tandem B', line);
  if (line === 'HANGUP') timeline.add('beta → Tandem B', 'HANGUP (the session is over)');
  if (!/^\d{3}/.test(line) || !command) return;
  const isSoon = Date.now() - command.atMs < soonMs;
  timeline.add('Tandem B → beta', isSoon ? `${command.text}   → ${line}` : command.text, command.atMs);
  if (!isSoon) timeline.add('beta → Tandem B', `${line}   (${command.text.split(' ').slice(0, 2).join(' ')} has ended)`);
  command = undefined;
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

const handoverQuery = `
  SELECT l.lead_id, l.list_id, l.phone_number, l.first_name, l.last_name, c.remote_call_id, c.local_call_id, c.remote_lead_id
  FROM vicidial_ccc_log c JOIN vicidial_list l ON l.lead_id = c.lead_id WHERE c.remote_lead_id = ?`;

/** Watch the destination's tables until the rows of the hand-over are there. */
async function seeRows(clusters: Clusters, remoteLeadId: number): Promise<void> {
  const rows = await eventually(
    () => clusters.b.rows(handoverQuery, remoteLeadId),
    (found) => found.length > 0,
    { msMax: callMsMax, everyMs: 2 },
  );
  for (const r of rows) {
    const text = (column: string): string => String(r[column] ?? '');
    timeline.add(
      'database of B',
      `vicidial_list: lead ${text('lead_id')} in list ${text('list_id')}, ${text('first_name')} ${text('last_name')}, ${text('phone_number')}`,
    );
    timeline.add(
      'database of B',
      `vicidial_ccc_log: ${text('remote_call_id')}, lead ${text('remote_lead_id')} of A, is now ${text('local_call_id')}`,
    );
  }
}

/** The call: the customer talks to a fronter of alpha, who sends him to beta. Resolves with what the agent of beta was shown. */
async function oneCall(clusters: Clusters, lead: OriginLead): Promise<Heard> {
  const customer = await clusters.alpha.phone(10);
  const fronter = await clusters.alpha.phone(19);
  const agent = await clusters.beta.phone(phones.agent);
  agent.onCall = (call) => {
    call.ring();
    setTimeout(() => void call.answer(), 300);
  };
  const atFronter = fronter.nextCall();
  const atAgent = agent.nextCall(callMsMax);
  const call = await customer.call('7000', { headers: asserted(lead.code, lead.phone) });
  const fronterCall = await atFronter;
  await call.answered;
  await hears(fronterCall);
  await pause(200);
  fronterCall.refer('sip:2002@127.0.0.1');
  const [agentCall] = await Promise.all([atAgent, seeRows(clusters, lead.leadId)]);
  await agentCall.answered;
  await pause(500);
  const heard = { ...agentCall.caller, customerPackets: call.media.received, agentPackets: agentCall.media.received };
  timeline.add('both phones', `talk: ${heard.customerPackets} packets of sound reached the customer, ${heard.agentPackets} the agent`);
  agentCall.hangup();
  await call.ended;
  return heard;
}

/** One call, the timeline of it, and the verdict. */
async function show(clusters: Clusters): Promise<boolean> {
  const { alpha, beta } = clusters;
  const startedAtMs = Date.now();
  const lead = clusters.lead(0);
  try {
    const heard = await oneCall(clusters, lead);
    const [row] = clusters.b.rows(handoverQuery, lead.leadId);
    const isRight = row?.['phone_number'] === lead.phone && row['local_call_id'] === heard.name && heard.number === lead.phone;
    verdict = isRight
      ? `The agent answered and had the right lead: ${heard.name}, ${heard.number}.`
      : `WRONG: the agent's phone showed ${JSON.stringify(heard)}, the database has ${JSON.stringify(row)}.`;
    return isRight && heard.customerPackets > 0 && heard.agentPackets > 0;
  } finally {
    seePhone(await alpha.phone(10), "customer's phone");
    seePhone(await alpha.phone(19), "fronter's phone");
    seePhone(await beta.phone(phones.agent), "agent's phone");
    readAsteriskLog('alpha', await alpha.log(), timeline);
    readAsteriskLog('beta', await beta.log(), timeline);
    put('\n     ms  where                 what');
    timeline.print(startedAtMs, put);
    put(`\n${verdict}`);
  }
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
      return await show(clusters);
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
