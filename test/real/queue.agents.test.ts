/** Agents' feature codes, lamps and the queue sample on a real Asterisk, with the shipped dialplan. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { agentId } from '../../core/acd/ids.js';
import type { SwitchId } from '../../core/acd/ids.js';
import { createAgentLamps } from '../../core/services/agent-lamps.js';
import type { AgentLamps } from '../../core/services/agent-lamps.js';
import type { SwitchPort } from '../../core/switch.js';
import { systemTimers } from '../../sidecar/timers.js';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';
import { here } from './queue-tandem.js';

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
const dialplan = `
#include ${samples}tandem-feature-codes.conf
#include ${samples}tandem-queues.conf
[globals](+)
TANDEM_CLOSED_PROMPT = beep
TANDEM_PROMPT = beep
TANDEM_OPERATOR = PJSIP/1014
[from-phones](+)
include => tandem-feature-codes
; the sample at any hour of the test
exten => sample,1,Goto(tandem-support,s,open)
; values that nobody would choose
exten => odd,1,Set(tandem_param=a|b "c" ä%7C)
 same => n,Set(cc_base_score=7)
 same => n,Set(order=x|.|y)
 same => n,Set(cc_export_vars=order,note)
 same => n,Set(note=it's 5,00)
 same => n,Goto(tandem-support,s,open)
; from the begin of a second on, so that two calls are in one
exten => rate,1,Set(TANDEM_RATE_KEY=test)
 same => n,Set(BEFORE=\${EPOCH})
 same => n(wait),Wait(0.02)
 same => n,GotoIf($[\${EPOCH} = \${BEFORE}]?wait)
 same => n,Gosub(tandem-rate,s,1)
 same => n,Gosub(tandem-rate,s,1)
 same => n,Set(FIRST=\${TANDEM_COUNT})
 same => n,Wait(1.1)
 same => n,Gosub(tandem-rate,s,1)
 same => n,AGI(agi://\${TANDEM_AGI_1}/report,\${FIRST},\${TANDEM_COUNT})
 same => n,Hangup()
`;

describe('real: agents from their telephones', function () {
  this.timeout(20_000);
  let bed: QueueBed;
  let lamps: AgentLamps;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qagents');
    await bed.asterisk.addConfig('extensions', '60-agents', dialplan);
    await bed.asterisk.cli('dialplan reload');
    lamps = createAgentLamps({
      engine: bed.tandem.loop,
      ports: new Map<SwitchId, SwitchPort>([[here, bed.tandem.control]]),
      after: (delayMs, run) => systemTimers.after(delayMs, run),
    });
  });
  after(async () => {
    (lamps as AgentLamps | undefined)?.close();
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  const agent = () => bed.tandem.loop.view().agents.get(agentId('1011'));

  /** Phone 10nn dials a code, and the dialplan ends the call. */
  async function dial(nn: number, code: string): Promise<SipCall> {
    const call = await (await bed.asterisk.phone(nn)).call(code);
    await call.ended;
    return call;
  }

  /** The device state of the lamp, within a second or so. */
  async function lampIs(word: string): Promise<void> {
    await eventually(
      () => bed.asterisk.cli('devstate list'),
      (list) => new RegExp(`'Custom:tandem-1011'\\s+State: '${word}'`).test(list),
      { msMax: 1_500 },
    );
  }

  it('B40 F74 F75: login, pause and logout by feature code from the own telephone, and the lamp follows', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    bed.tandem.loop.tell({ type: 'status-asked', agent: '1011', status: 'Logged Out', reason: undefined });
    await dial(11, '*45');
    assert.equal(agent()?.status, 'Available');
    await lampIs('NOT_INUSE');
    await dial(11, '*4612');
    assert.deepEqual([agent()?.status, agent()?.pauseReason], ['On Break', '12']);
    await lampIs('BUSY');
    await dial(11, '*46');
    assert.equal(agent()?.status, 'Available');
    await dial(11, '*451011');
    assert.equal(agent()?.status, 'Logged Out');
    await lampIs('UNAVAILABLE');
  });

  it('B4: another telephone without a PIN changes nothing', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    await dial(12, '*451011');
    assert.equal(agent()?.status, 'Available');
  });

  it('B19: the end of the wrap-up by feature code', async () => {
    bed.provision({ queues: [{}], agents: [{ wrapUpMs: 60_000 }] });
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    await bed.join();
    (await atAgent).hangup();
    await bed.notice('talk-ended');
    assert.equal(agent()?.phase.kind, 'wrapup');
    await dial(11, '*47120');
    const { phase } = agent() ?? {};
    assert.ok(phase?.kind === 'wrapup' && phase.endsAtMs - phase.startedAtMs === 180_000);
    await dial(11, '*47');
    assert.equal(agent()?.phase.kind, 'idle');
  });

  it('F76: 0 leads out of the queue to the operator; F65: the greeting comes first', async () => {
    bed.provision({ queues: [{}], agents: [] });
    const operator = (await bed.asterisk.phone(14)).nextCall();
    const call = await (await bed.asterisk.phone(10)).call('sample');
    await call.answered;
    await bed.notice('member-joined');
    await eventually(
      () => call.media.received,
      (packets) => packets > 50,
    );
    await call.media.keys('0');
    await (
      await operator
    ).answered;
    assert.equal((await bed.notice('member-left')).reason, 'exit-key');
    call.hangup();
  });

  it('F123 F126 O84: what the dialplan has set arrives as it is, whatever is in it', async () => {
    bed.provision({ queues: [{}], agents: [] });
    const call = await (await bed.asterisk.phone(10)).call('odd');
    await call.answered;
    const { member } = await bed.notice('member-joined');
    const found = bed.tandem.loop.view().members.get(member);
    assert.deepEqual([found?.param, found?.baseScoreS], ['a|b "c" ä%7C', 7]);
    // a bar would start another target in a dial string of FreeSWITCH, so it does not travel
    assert.deepEqual(found?.variables, { note: "it's 5,00" });
    call.hangup();
  });

  it('F64: calls of one second are counted, and the next second begins anew', async () => {
    await dial(10, 'rate');
    assert.deepEqual(bed.reports.at(-1), ['2', '1']);
  });
});
