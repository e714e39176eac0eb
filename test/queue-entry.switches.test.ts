/** Tandem's queues through both doors: what each switch tells about a caller, and how results and places arrive there. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { asteriskCaller } from '../agi/caller-facts.js';
import { queueId, switchId } from '../core/acd/ids.js';
import type { Call } from '../core/call.js';
import { createNamedPlaceOf, createPlaceOf } from '../core/services/call-place.js';
import { createQueueEntry } from '../core/services/enter-queue.js';
import { createNativeQueue } from '../core/services/native-queue.js';
import type { CallerFacts } from '../core/services/native-queue.js';
import { freeswitchCaller } from '../esl-outbound/caller-facts.js';
import { callStub } from './support/call-stub.js';
import { agiSession, eslSession } from './support/doors.js';
import { createHandTimers } from './support/hand-timers.js';
import { sessionStubs } from './support/held-session-stub.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { acdConfig, queueEngineStub, stubStartMs } from './support/queue-engine-stub.js';

function application(facts: CallerFacts, findPlace: typeof createPlaceOf = createPlaceOf) {
  const engine = queueEngineStub(acdConfig([{ id: 'support' }], []));
  const sessions = sessionStubs();
  const timers = createHandTimers(stubStartMs);
  sessions.endWith = ({ member }) => ({
    kind: 'exit',
    order: {
      ...{ member, queue: queueId('support'), reason: 'exit-key', detail: '0', agent: undefined, hangUp: false, waitedMs: 5_000 },
      to: { kind: 'extension', context: 'night', extension: '700' },
    },
  });
  const queues = createNativeQueue({
    ...{ engine, facts, newId: () => 'member-1' },
    placeOf: findPlace(new Map([['pbx', { switch: switchId('pbx'), openSession: sessions.open }]])),
    ...{ after: (ms, run) => timers.after(ms, run), nowMs: () => timers.nowMs(), log: silentLog },
  });
  return { engine, applications: { queue_entry: createQueueEntry({ queues, log: silentLog, meter: recordingMeter() }) } };
}

describe('Tandem’s queues through both doors', () => {
  it('Asterisk: number as it is now, root id, results, and the place of the rule', async () => {
    const { engine, applications } = application(asteriskCaller);
    const variables = { 'CALLERID(name)': 'Ann', 'CALLERID(num)': '+49 30 1', 'CHANNEL(linkedid)': '1795289098.300', cc_base_score: '9' };
    const call = await agiSession(applications, { script: 'queue_entry', args: ['support', '', '', '2', 'exit_keys=0'], variables });
    const join = engine.join();
    assert.deepEqual([join.name, join.number, join.rootId, join.baseScoreS, join.exitKeys], ['Ann', '+49301', '1795289098.300', 11, '0']);
    assert.deepEqual(
      ['TANDEM_RESULT', 'TANDEM_EXIT_KEY', 'TANDEM_WAIT_S', 'cc_cancel_reason'].map((name) => call.variables.get(name)),
      ['exit-key', '0', '5', 'EXIT_WITH_KEY'],
    );
    assert.deepEqual([call.channel.place.context, call.channel.place.extension], ['night', '700']);
  });

  it('Asterisk: a visit costs few commands, since each is several messages of its bus', async () => {
    const { applications } = application(asteriskCaller);
    const { commands } = await agiSession(applications, { script: 'queue_entry', args: ['support'] });
    const reads = commands.filter((command) => command.startsWith('GET'));
    const writes = commands.filter((command) => /^(SET VARIABLE|EXEC)/.test(command));
    assert.ok(reads.length <= 5, reads.join('\n'));
    assert.ok(writes.length <= 4, writes.join('\n'));
  });

  it('FreeSWITCH: the same, and the transfer when the session ends', async () => {
    const { engine, applications } = application(freeswitchCaller);
    const variables = { effective_caller_id_number: '4711', cc_exit_keys: '0', cc_moh_override: 'local_stream://jazz' };
    const call = await eslSession(applications, { application: 'queue_entry', args: 'support,VIP', callerIdName: 'Ann', variables });
    const join = engine.join();
    assert.deepEqual(
      [join.name, join.number, join.callerIdPrefix, join.exitKeys, join.music],
      ['Ann', '4711', 'VIP', '0', 'local_stream://jazz'],
    );
    assert.deepEqual(
      ['TANDEM_RESULT', 'TANDEM_EXIT_KEY', 'cc_member_uuid'].map((name) => call.variables.get(name)),
      ['exit-key', '0', 'member-1'],
    );
  });

  it('FreeSWITCH: a caller who chose an id that may not stand in a command is refused, and no agent is rung for him', async () => {
    const { engine, applications } = application(freeswitchCaller, createNamedPlaceOf);
    const call = await eslSession(applications, { application: 'queue_entry', args: 'support', uniqueId: "a'b@192.0.2.1" });
    assert.deepEqual(
      ['TANDEM_RESULT', 'TANDEM_REASON'].map((name) => call.variables.get(name)),
      ['error', 'TDM_BAD_VALUE'],
    );
    assert.equal(engine.asked.length, 0);
    assert.ok(!call.executed.some(({ application: name }) => name === 'answer'));
  });

  it('F30: the moment of the answer, in the words of each switch; without it nothing is made up', async () => {
    const sandbox = sinon.createSandbox();
    const asked = (value: string | undefined) => {
      const call = callStub(sandbox);
      call.getVariable.resolves(value);
      return call;
    };
    const answeredAtMs = async (facts: CallerFacts, call: Call) => (await facts.read(call, { answer: true })).answeredAtMs;
    assert.equal(await answeredAtMs(asteriskCaller, asked('1767614400.250000')), 1_767_614_400_250);
    assert.equal(await answeredAtMs(freeswitchCaller, asked('1767614400250999')), 1_767_614_400_250);
    for (const value of [undefined, '', '0', 'never', '-1', 'Infinity']) {
      assert.equal(await answeredAtMs(asteriskCaller, asked(value)), undefined, value);
      assert.equal(await answeredAtMs(freeswitchCaller, asked(value)), undefined, value);
    }
  });

  it('several switches of a kind: the call says on which it is, one that is unknown is refused', async () => {
    const sandbox = sinon.createSandbox();
    const placeOf = createPlaceOf(
      new Map([
        ['one', 1],
        ['two', 2],
      ]),
    );
    const byVariable = callStub(sandbox);
    byVariable.getVariable.withArgs('tandem_switch').resolves('two');
    assert.equal(await placeOf(byVariable), 2);
    assert.equal(await placeOf(callStub(sandbox, { query: new Map([['switch', 'two']]) })), 2);
    assert.equal(await placeOf(callStub(sandbox)), 1);
    await assert.rejects(placeOf(callStub(sandbox, { query: new Map([['switch', 'three"']]) })), { code: 'TDM_BAD_VALUE' });
    const only = callStub(sandbox);
    assert.equal(await createPlaceOf(new Map([['one', 1]]))(only), 1);
    assert.ok(only.getVariable.notCalled);
  });
});
