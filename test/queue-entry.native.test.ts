/** `queue_entry` into Tandem's own queues: every argument, every variable, every way out, and callers who leave on the way. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { memberId, queueId, switchId } from '../core/acd/ids.js';
import type { ConnectOrder, ExitOrder } from '../core/acd/effects.js';
import type { Join } from '../core/acd/events.js';
import { exitReasons } from '../core/acd/words.js';
import type { ExitReason } from '../core/acd/words.js';
import { TandemError } from '../core/errors.js';
import { createEitherQueue } from '../core/services/either-queue.js';
import { createQueueEntry, enterQueue } from '../core/services/enter-queue.js';
import type { SwitchQueue } from '../core/services/enter-queue.js';
import { createNativeQueue } from '../core/services/native-queue.js';
import type { SessionEnd } from '../core/switch.js';
import { callStub } from './support/call-stub.js';
import type { CallStub } from './support/call-stub.js';
import { createHandTimers } from './support/hand-timers.js';
import { sessionStubs } from './support/held-session-stub.js';
import type { SessionStub } from './support/held-session-stub.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { acdConfig, queueEngineStub, stubStartMs } from './support/queue-engine-stub.js';
import type { GivenQueue } from './support/queue-engine-stub.js';

const exitOrder = (session: SessionStub, given: Partial<ExitOrder> = {}): ExitOrder => ({
  member: session.member,
  queue: queueId('support'),
  reason: 'timeout',
  detail: '',
  agent: undefined,
  to: undefined,
  hangUp: false,
  waitedMs: 61_400,
  ...given,
});

const twoQueues: readonly GivenQueue[] = [{ id: 'support' }, { id: 'sales@default' }];

function world(given: { queues?: readonly GivenQueue[]; switchKind?: 'asterisk' | 'freeswitch' } = {}) {
  const engine = queueEngineStub(acdConfig(given.queues ?? twoQueues, [{ id: '1001', contact: 'PJSIP/1001' }]));
  const sessions = sessionStubs();
  const timers = createHandTimers(stubStartMs);
  const meter = recordingMeter();
  const sandbox = sinon.createSandbox();
  const controller = new AbortController();
  const warnings: unknown[] = [];
  const log = { ...silentLog, warn: (fields: unknown) => void warnings.push(fields) };
  let ids = 0;
  const queues = createNativeQueue({
    engine,
    facts: {
      callerName: (call) => Promise.resolve(call.callerIdName),
      read: (call, wanted) =>
        Promise.resolve({
          ...{ name: call.callerIdName, number: call.callerIdNumber, rootId: 'linked-1' },
          answeredAtMs: wanted.answer ? stubStartMs - 60_000 : undefined,
        }),
    },
    placeOf: () => Promise.resolve({ switch: switchId('pbx'), openSession: sessions.open }),
    newId: () => `member-${++ids}`,
    after: (delayMs, run) => timers.after(delayMs, run),
    nowMs: () => timers.nowMs(),
    log,
  });
  const deps = { queues, log, meter };

  /** A call with these arguments and variables; `ended` when the application is done. */
  function call(args: readonly string[], variables: Record<string, string> = {}, query: Record<string, string> = {}) {
    const made = callStub(sandbox, {
      args,
      query: new Map(Object.entries(query)),
      signal: controller.signal,
      switchKind: given.switchKind ?? 'asterisk',
    });
    made.getVariable.callsFake((name) => Promise.resolve(variables[name]));
    return made;
  }
  const run = async (made: CallStub): Promise<CallStub> => {
    await createQueueEntry(deps)(made);
    return made;
  };
  return { engine, sessions, timers, meter, deps, queues, call, run, controller, warnings, sandbox };
}

/** The variable as it was set last. */
const get = (call: CallStub, name: string): string | undefined => call.setVariable.args.filter(([key]) => key === name).at(-1)?.[1];
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Enters, leaves by timeout at once, and gives what the engine was asked. */
async function joinOf(
  args: readonly string[],
  variables: Record<string, string> = {},
  query: Record<string, string> = {},
  kind: 'asterisk' | 'freeswitch' = 'asterisk',
) {
  const w = world({ switchKind: kind });
  w.sessions.endWith = (session) => ({ kind: 'exit', order: exitOrder(session) });
  const call = await w.run(w.call(args, variables, query));
  const [asked] = w.engine.asked;
  return { ...w, call, join: asked?.type === 'caller-joined' ? asked.join : undefined };
}

describe('queue_entry into Tandem’s queues: arguments', () => {
  const cases: readonly (readonly [string, readonly string[], Partial<Join>])[] = [
    [
      'positional',
      ['support', 'VIP:', '300', '7'],
      { queue: 'support', callerIdPrefix: 'VIP:', maxWaitMs: 300_000, baseScoreS: 7, priority: undefined },
    ],
    ['F126: base_score adds to the positional priority', ['support', '', '', '7', 'base_score=30'], { baseScoreS: 37 }],
    ['O21: priority by name is OpenSIPS’s', ['support', 'priority=4294967295'], { priority: 4_294_967_295, baseScoreS: 0 }],
    [
      'B18: skills',
      ['support', 'skills=Spanish:5+billing+?VIP'],
      {
        needs: [
          { skill: 'spanish', levelMin: 5, isRequired: true, relax: [] },
          { skill: 'billing', levelMin: 1, isRequired: true, relax: [] },
          { skill: 'vip', levelMin: 1, isRequired: false, relax: [] },
        ],
      },
    ],
    ['F127: exit_keys', ['support', 'exit_keys=0#'], { exitKeys: '0#' }],
    ['F127: no exit keys at all', ['support', 'exit_keys='], { exitKeys: '' }],
    ['language', ['support', 'language=pt-BR'], { language: 'pt-BR' }],
    ['F125: moh', ['support', 'moh=local_stream://jazz'], { music: 'local_stream://jazz' }],
    ['O84: param', ['support', 'param=order=17; "new"'], { param: 'order=17; "new"' }],
    ['number and name', ['support', 'number=+4930123', 'name=Ann "O" <x>'], { number: '+4930123', name: 'Ann O (x)' }],
    [
      'max_wait and prefix by name, before the queue',
      ['max_wait=5', 'prefix=a=b', 'support'],
      { maxWaitMs: 5_000, callerIdPrefix: 'a=b', queue: 'support' },
    ],
    ['B41: personal agent, in any letter case', ['SUPPORT', 'AGENT=1001'], { queue: 'support', stickyAgent: '1001' }],
    ['a queue provisioned with the domain default', ['sales'], { queue: 'sales@default' }],
    ['B14: callback', ['support', 'callback=member-9'], { callbackOf: memberId('member-9') }],
    ['Max-Wait in other writing', ['support', 'Max-Wait=9'], { maxWaitMs: 9_000 }],
  ];
  for (const [title, args, wanted] of cases)
    it(title, async () => {
      const { join } = await joinOf(args);
      const found = Object.fromEntries(Object.keys(wanted).map((key) => [key, join?.[key as keyof Join]]));
      assert.deepEqual(found, wanted);
    });

  it('what is not said is the queue’s, and the call is known by switch, id and name', async () => {
    const { join } = await joinOf(['support']);
    assert.deepEqual(join, {
      ...{ member: 'member-1', queue: 'support', media: 'audio', number: '9998887112', name: 'V1211903090000012345' },
      call: { switch: 'pbx', uniqueId: '1795289098.367', channel: 'IAX2/alpha-1234' },
      ...{ answeredAtMs: stubStartMs, baseScoreS: 0, priority: undefined, needs: [], exitKeys: undefined, maxWaitMs: 0 },
      ...{ language: undefined, music: undefined, callerIdPrefix: undefined, variables: {}, param: '', leadId: 12345, rootId: 'linked-1' },
      ...{ stickyAgent: undefined, callbackOf: undefined, agentAnnouncements: undefined },
    });
  });

  it('by query, and by channel variables; what is nearer wins', async () => {
    const byQuery = await joinOf([], {}, { queue: 'support', skills: 'a:2', priority: '3' });
    assert.deepEqual([byQuery.join?.queue, byQuery.join?.needs[0]?.levelMin, byQuery.join?.priority], ['support', 2, 3]);
    const variables = { tandem_queue: 'support', tandem_skills: 'b', tandem_max_wait: '8', tandem_personal_agent: '1001' };
    const byVariable = await joinOf([], variables);
    assert.deepEqual([byVariable.join?.queue, byVariable.join?.needs[0]?.skill, byVariable.join?.maxWaitMs], ['support', 'b', 8_000]);
    assert.equal(byVariable.join?.stickyAgent, '1001');
    const mixed = await joinOf(['support', 'skills=c'], variables, { max_wait: '9' });
    assert.deepEqual([mixed.join?.needs[0]?.skill, mixed.join?.maxWaitMs], ['c', 9_000]);
  });

  it('TANDEM_AGENT of an earlier visit is no wish for that agent', async () => {
    assert.equal((await joinOf(['support'], { TANDEM_AGENT: '1001', tandem_agent: '1001' })).join?.stickyAgent, undefined);
  });

  it('F30: a queue that counts from the answer asks for its moment', async () => {
    const w = world({ queues: [{ id: 'support', timeBaseScore: 'system' }] });
    w.sessions.endWith = (session) => ({ kind: 'exit', order: exitOrder(session) });
    await w.run(w.call(['support']));
    assert.equal(w.engine.join().answeredAtMs, stubStartMs - 60_000);
  });

  it('an unknown personal agent is left out with a warning; an unknown skill is the engine’s business', async () => {
    const { join, warnings, sessions } = await joinOf(['support', 'agent=nobody', 'skills=klingon']);
    assert.ok(join);
    assert.equal(join.stickyAgent, undefined);
    assert.equal(join.needs[0]?.skill, 'klingon');
    assert.equal(warnings.length, 1);
    assert.equal(sessions.opened.length, 1);
  });

  const bad = [
    [''],
    ['sup port'],
    ['${SHELL(id)}'],
    ["support'"],
    ['support\nSET VARIABLE X 1'],
    ['support', 'skills=a:11'],
    ['support', 'skills=a:0'],
    ['support', 'skills=a:b:c'],
    ['support', 'skills=?'],
    ['support', 'skills=${X}'],
    ['support', 'skills=a+a'],
    ['support', `skills=${Array.from({ length: 17 }, (_, n) => `s${n}`).join('+')}`],
    ['support', 'skills=' + '+'.repeat(100_000) + 'a?'],
    ['support', 'exit_keys=00'],
    ['support', 'exit_keys=A'],
    ['support', 'language=../../x'],
    ['support', 'moh=${SHELL(id)}'],
    ['support', 'moh=a\nb'],
    ['support', 'agent=a b'],
    ['support', 'agent=${X}'],
    ['support', "callback=x'y"],
    ['support', 'param=a\r\nb'],
    ['support', `param=${'x'.repeat(1_001)}`],
    ['support', 'export=a-b'],
    ['support', 'export=CALLERID(name)'],
    ['support', 'number=1"2'],
    ['support', 'name=${X}'],
    ['support', 'priority=-1'],
    ['support', 'priority=4294967296'],
    ['support', 'base_score=1e3'],
    ['support', 'base_score=1000001'],
    ['support', 'max_wait=86401'],
    ['support', 'skils=a'],
    ['support', 'queue=other'],
    ['support', 'skills=a', 'skills=b'],
    ['support', 'a', '1', '2', '3'],
    ['support', 'prefix=V"IP'],
  ];
  for (const args of bad)
    it(`${JSON.stringify(args).slice(0, 70)}: TDM_BAD_VALUE, nothing done`, async () => {
      const w = world();
      const call = await w.run(w.call(args));
      assert.deepEqual([get(call, 'TANDEM_RESULT'), get(call, 'TANDEM_REASON')], ['error', 'TDM_BAD_VALUE']);
      assert.equal(get(call, 'TANDEM_OPENSIPS_CODE'), '-1');
      assert.ok(call.answer.notCalled);
      assert.deepEqual(w.engine.asked, []);
    });

  it('a menu’s route is checked the same and goes the same way', async () => {
    const w = world();
    w.sessions.endWith = (session) => ({ kind: 'exit', order: exitOrder(session) });
    const call = w.call([]);
    await enterQueue(w.deps, call, { queue: 'support', priority: 5, maxWaitS: 10 });
    assert.deepEqual([w.engine.join().baseScoreS, w.engine.join().maxWaitMs], [5, 10_000]);
    await enterQueue(w.deps, call, { queue: 'support', number: 'a"b' });
    assert.equal(get(call, 'TANDEM_REASON'), 'TDM_BAD_VALUE');
  });
});

describe('queue_entry into Tandem’s queues: mod_callcenter’s variables', () => {
  const cases: readonly (readonly [string, Record<string, string>, Partial<Join>])[] = [
    ['F126: cc_base_score', { cc_base_score: '120' }, { baseScoreS: 120 }],
    ['F126: cc_base_score as atoi reads it', { cc_base_score: ' -5x' }, { baseScoreS: -5 }],
    ['F126: cc_base_score without a number', { cc_base_score: 'many' }, { baseScoreS: 0 }],
    ['F126: cc_base_score has a bound', { cc_base_score: '9999999999' }, { baseScoreS: 1_000_000 }],
    [
      'F125: cc_moh_override',
      { cc_moh_override: 'tone_stream://%(10000,0,350,440);loops=-1' },
      { music: 'tone_stream://%(10000,0,350,440);loops=-1' },
    ],
    ['F127: cc_exit_keys', { cc_exit_keys: '12A1*' }, { exitKeys: '12*' }],
    ['F128: cc_outbound_cid_name_prefix', { cc_outbound_cid_name_prefix: 'VIP ' }, { callerIdPrefix: 'VIP ' }],
    ['F128: a prefix that may not be shown is made harmless', { cc_outbound_cid_name_prefix: 'V"I\'P|' }, { callerIdPrefix: 'V I P' }],
    [
      'effective_caller_id',
      { effective_caller_id_name: 'Ann, "A"', effective_caller_id_number: '+49 30/12' },
      { name: 'Ann A', number: '+493012' },
    ],
    ['F129: cc_outbound_announce', { cc_outbound_announce: 'ivr/one' }, { agentAnnouncements: ['ivr/one'] }],
    ['F129: several', { cc_outbound_announce: 'ARRAY::a::b' }, { agentAnnouncements: ['a', 'b'] }],
    ['F129: one that Asterisk cannot play', { cc_outbound_announce: 'ARRAY::a::tone_stream://%(1,2)' }, { agentAnnouncements: ['a'] }],
    ['F129: none that it can', { cc_outbound_announce: '${X}' }, { agentAnnouncements: undefined }],
    ['F123: cc_export_vars', { cc_export_vars: 'order, __plan,gone', order: '17', plan: 'gold,"A"' }, { variables: { order: '17' } }],
    ['F123: export by argument variable', { tandem_export: 'order', order: '17' }, { variables: { order: '17' } }],
    ['F123: what cannot travel stays', { cc_export_vars: 'a,b,c,(x)', a: '1|2', b: 'x\ny', c: "it's" }, { variables: { c: "it's" } }],
    [
      'F130: the announcement of a failed connection goes along',
      { cc_bridge_failed_outbound_announce: 'sorry' },
      { variables: { cc_bridge_failed_outbound_announce: 'sorry' } },
    ],
    ['need 28: the story of a transferred call goes on', { TANDEM_ROOT_ID: 'root-7' }, { rootId: 'root-7' }],
    ['a root id that is none', { TANDEM_ROOT_ID: 'a b"' }, { rootId: 'linked-1' }],
  ];
  for (const [title, variables, wanted] of cases)
    it(title, async () => {
      const { join } = await joinOf(['support'], variables);
      const found = Object.fromEntries(Object.keys(wanted).map((key) => [key, join?.[key as keyof Join]]));
      assert.deepEqual(found, wanted);
    });

  it('F129: FreeSWITCH plays streams and tones too', async () => {
    const { join } = await joinOf(['support'], { cc_outbound_announce: 'ARRAY::a::tone_stream://%(1,2,3)' }, {}, 'freeswitch');
    assert.deepEqual(join?.agentAnnouncements, ['a', 'tone_stream://%(1,2,3)']);
  });

  it('an argument wins over mod_callcenter’s variable', async () => {
    const variables = {
      cc_base_score: '1',
      cc_moh_override: 'x',
      cc_exit_keys: '9',
      cc_outbound_cid_name_prefix: 'X',
      effective_caller_id_number: '5',
    };
    const { join } = await joinOf(['support', 'P', 'base_score=2', 'moh=y', 'exit_keys=1', 'number=6'], variables);
    assert.deepEqual([join?.baseScoreS, join?.music, join?.exitKeys, join?.callerIdPrefix, join?.number], [2, 'y', '1', 'P', '6']);
  });

  it('all exported values together have a bound', async () => {
    const names = Array.from({ length: 10 }, (_, n) => `v${n}`);
    const variables = Object.fromEntries(names.map((name) => [name, 'x'.repeat(900)]));
    const { join } = await joinOf(['support'], { ...variables, cc_export_vars: names.join(',') });
    assert.deepEqual(Object.keys(join?.variables ?? {}), names.slice(0, 4));
  });
});

describe('queue_entry into Tandem’s queues: results', () => {
  it('F133 F134 F139 F142: cc_side, cc_queue, cc_member_uuid, cc_queue_joined_epoch at the join', async () => {
    const w = world();
    const call = w.call(['support']);
    const running = w.run(call);
    await settled();
    await settled();
    assert.equal(w.sessions.opened.length, 1);
    assert.deepEqual(
      ['cc_side', 'cc_queue', 'cc_member_uuid', 'cc_queue_joined_epoch', 'TANDEM_MEMBER', 'TANDEM_OPENSIPS_CODE', 'cc_agent_found'].map(
        (name) => get(call, name),
      ),
      ['member', 'support', 'member-1', String(stubStartMs / 1_000), 'member-1', '1', ''],
    );
    assert.equal(get(call, 'TANDEM_RESULT'), undefined);
    const [session] = w.sessions.opened;
    session?.end({ kind: 'left' });
    await running;
  });

  const exits: Readonly<Record<ExitReason, readonly [string, string, string]>> = {
    answered: ['answered', '', ''],
    abandoned: ['abandoned', '', 'BREAK_OUT'],
    timeout: ['timeout', '', 'TIMEOUT'],
    'no-agent': ['leave-empty', 'no-agent', 'NO_AGENT_TIMEOUT'],
    'join-empty': ['join-empty', '', 'NO_AGENT_TIMEOUT'],
    full: ['full', '', 'BREAK_OUT'],
    'exit-key': ['exit-key', '', 'EXIT_WITH_KEY'],
    dissuaded: ['dissuaded', '', 'BREAK_OUT'],
    overflowed: ['overflowed', '', 'BREAK_OUT'],
    transferred: ['transferred', '', 'BREAK_OUT'],
    withdrawn: ['withdrawn', '', 'BREAK_OUT'],
    blocked: ['blocked', '', 'BREAK_OUT'],
    closed: ['closed', '', 'BREAK_OUT'],
    'callback-failed': ['callback', 'callback-failed', 'BREAK_OUT'],
    callback: ['callback', '', 'BREAK_OUT'],
    lost: ['lost', '', 'BREAK_OUT'],
    'queue-removed': ['withdrawn', 'queue-removed', 'BREAK_OUT'],
    error: ['error', 'TDM_SWITCH_DOWN', 'BREAK_OUT'],
  };
  for (const reason of exitReasons)
    it(`F89 F140: exit ${reason}`, async () => {
      const w = world();
      const detail = reason === 'exit-key' ? '0' : reason === 'error' ? 'TDM_SWITCH_DOWN: gone' : '';
      w.sessions.endWith = (session) => ({
        kind: 'exit',
        order: exitOrder(session, { reason, detail, ...(reason === 'answered' && { agent: '1001' as never }) }),
      });
      const call = await w.run(w.call(['support']));
      const [result, word, cancel] = exits[reason];
      assert.deepEqual([get(call, 'TANDEM_RESULT'), get(call, 'TANDEM_REASON'), get(call, 'cc_cancel_reason')], [result, word, cancel]);
      assert.equal(get(call, 'cc_cause'), reason === 'answered' ? 'answered' : 'cancel');
      const epoch = reason === 'answered' ? 'cc_queue_terminated_epoch' : 'cc_queue_canceled_epoch';
      assert.equal(get(call, epoch), String(stubStartMs / 1_000));
      const key = reason === 'exit-key' ? '0' : '';
      assert.deepEqual([get(call, 'TANDEM_EXIT_KEY'), get(call, 'cc_exit_key')], [key, key]);
      assert.deepEqual([get(call, 'TANDEM_WAIT_S'), get(call, 'TANDEM_MEMBER')], ['61', 'member-1']);
      assert.equal(get(call, 'TANDEM_AGENT'), reason === 'answered' ? '1001' : '');
      assert.equal(call.setVariable.lastCall.args[0], 'TANDEM_RESULT');
      assert.deepEqual(w.meter.counted('tandem_queue_entries_total'), [{ result }]);
      assert.ok(call.goto.notCalled && call.hangup.notCalled);
    });

  it('need 20: an exit with a place goes there; one that says so hangs up, results first', async () => {
    const w = world();
    w.sessions.endWith = (session) => ({
      kind: 'exit',
      order: exitOrder(session, { to: { kind: 'extension', context: 'night', extension: '700' }, hangUp: true }),
    });
    const gone = await w.run(w.call(['support']));
    assert.deepEqual(gone.goto.args, [[{ context: 'night', extension: '700' }]]);
    assert.ok(gone.hangup.notCalled);
    w.sessions.endWith = (session) => ({ kind: 'exit', order: exitOrder(session, { to: { kind: 'dialplan' }, hangUp: true }) });
    const hungUp = await w.run(w.call(['support']));
    assert.ok(hungUp.hangup.calledOnce && hungUp.hangup.calledAfter(hungUp.setVariable));
  });

  it('connected, hung up, or lost: nobody is told anything any more', async () => {
    const ends: readonly (readonly [SessionEnd, string])[] = [
      [{ kind: 'connected', order: { agent: '1001' } as never }, 'answered'],
      [{ kind: 'left' }, 'abandoned'],
      [{ kind: 'lost' }, 'lost'],
    ];
    for (const [end, result] of ends) {
      const w = world();
      w.sessions.endWith = () => end;
      const call = await w.run(w.call(['support']));
      assert.equal(get(call, 'TANDEM_RESULT'), undefined);
      assert.deepEqual(w.meter.counted('tandem_queue_entries_total'), [{ result }]);
      assert.equal(w.engine.sessions.size, 0);
    }
  });

  it('the session hears the engine and feeds it; it is attached till its end', async () => {
    const w = world();
    const running = w.run(w.call(['support']));
    await settled();
    await settled();
    const session = w.sessions.opened[0] ?? assert.fail('no session');
    assert.equal(w.engine.sessions.get(session.member), session);
    session.feed({ type: 'key-pressed', member: session.member, key: '1' });
    assert.deepEqual(w.engine.told, [{ type: 'key-pressed', member: session.member, key: '1' }]);
    session.end({ kind: 'left' });
    await running;
    assert.equal(w.engine.sessions.size, 0);
  });

  it("O86: a queue that cannot be read, or none, is the reference's -1", async () => {
    for (const args of [[], [' '], ['sup\nport']]) {
      const w = world();
      const call = await w.run(w.call(args));
      assert.deepEqual([get(call, 'TANDEM_RESULT'), get(call, 'TANDEM_OPENSIPS_CODE')], ['error', '-1'], JSON.stringify(args));
      assert.deepEqual(w.engine.asked, []);
    }
  });

  it('O88: an unknown queue is TDM_NOT_FOUND, nothing done, no trace of an earlier visit', async () => {
    const w = world();
    const call = await w.run(w.call(['nowhere']));
    assert.deepEqual(
      ['TANDEM_RESULT', 'TANDEM_REASON', 'TANDEM_OPENSIPS_CODE', 'cc_cause', 'TANDEM_AGENT'].map((name) => get(call, name)),
      ['error', 'TDM_NOT_FOUND', '-3', '', ''],
    );
    assert.ok(call.answer.notCalled);
    assert.deepEqual(w.engine.asked, []);
  });

  it('B15: not the owner of the queues is TDM_STANDBY before the call is answered', async () => {
    const w = world();
    w.engine.isMine = false;
    const call = await w.run(w.call(['support']));
    assert.deepEqual([get(call, 'TANDEM_RESULT'), get(call, 'TANDEM_REASON')], ['error', 'TDM_STANDBY']);
    assert.ok(call.answer.notCalled);
  });

  const refusals: readonly (readonly [ExitReason, string, string])[] = [
    ['join-empty', 'join-empty', '-4'],
    ['full', 'full', '-5'],
    ['blocked', 'blocked', '-5'],
    ['closed', 'closed', '-5'],
  ];
  for (const [exit, result, code] of refusals)
    it(`O89 B20: not let in, ${exit}: its own result, and the place the rule names`, async () => {
      const w = world();
      w.engine.reply = () =>
        Promise.resolve({ ok: false, code: 'TDM_REFUSED', detail: exit, exit, to: { kind: 'extension', context: 'vm', extension: 's' } });
      const call = await w.run(w.call(['support']));
      assert.deepEqual(
        ['TANDEM_RESULT', 'TANDEM_REASON', 'TANDEM_OPENSIPS_CODE', 'cc_cause'].map((name) => get(call, name)),
        [result, '', code, 'cancel'],
      );
      assert.deepEqual(call.goto.args, [[{ context: 'vm', extension: 's' }]]);
      assert.equal(w.sessions.opened.length, 0);
    });

  it('O90: a refusal without a reason, and a failure of the engine, are errors with their code', async () => {
    const w = world();
    w.engine.reply = () => Promise.resolve({ ok: false, code: 'TDM_CONFLICT', detail: 'twice' });
    assert.equal(get(await w.run(w.call(['support'])), 'TANDEM_REASON'), 'TDM_CONFLICT');
    w.engine.reply = () => Promise.reject(new TandemError('TDM_BUSY', ['many']));
    const busy = await w.run(w.call(['support']));
    assert.deepEqual([get(busy, 'TANDEM_REASON'), get(busy, 'TANDEM_OPENSIPS_CODE')], ['TDM_BUSY', '-5']);
  });
});

describe('queue_entry into Tandem’s queues: nobody is left behind (B1)', () => {
  const gone = () => new TandemError('TDM_CALL_GONE', ['test']);

  it('B1: the caller hangs up while the engine thinks: the member is given back when it exists', async () => {
    const w = world();
    let admit: () => void = () => undefined;
    w.engine.reply = () => new Promise((resolve) => (admit = () => resolve({ ok: true, detail: '', member: memberId('old-1') })));
    const running = w.run(w.call(['support']));
    await settled();
    w.controller.abort(gone());
    await running;
    assert.deepEqual(w.engine.told, []);
    admit();
    await settled();
    assert.deepEqual(w.engine.told, [{ type: 'caller-left', member: 'old-1', cause: 'hangup' }]);
    assert.equal(w.sessions.opened.length, 0);
  });

  it('B1: he hangs up just before the join: the engine never hears of him', async () => {
    const w = world();
    const call = w.call(['support']);
    call.setVariable.callsFake((name) => {
      if (name !== 'cc_member_uuid') return Promise.resolve();
      w.controller.abort(gone());
      return Promise.reject(gone());
    });
    await w.run(call);
    assert.deepEqual(w.engine.told, []);
    assert.equal(w.sessions.opened.length, 0);
    assert.deepEqual(w.meter.counted('tandem_queue_entries_total'), [{ result: 'caller-left' }]);
  });

  it('B1: an agent’s telephone that answers by itself takes the channel before its variables are set: the session tells', async () => {
    const w = world();
    const order = { agent: '1001' } as ConnectOrder;
    w.sessions.endWith = () => ({ kind: 'connected', order });
    const call = w.call(['support']);
    call.setVariable.callsFake((name) =>
      w.sessions.opened.length > 0 && name === 'TANDEM_MEMBER' ? Promise.reject(gone()) : Promise.resolve(),
    );
    await w.run(call);
    assert.deepEqual(w.engine.told, []);
    assert.deepEqual(w.meter.counted('tandem_queue_entries_total'), [{ result: 'answered' }]);
  });

  it('B5: a switch that refuses a variable costs the entry', async () => {
    const w = world();
    const call = w.call(['support']);
    call.setVariable.callsFake((name) =>
      name === 'cc_side' ? Promise.reject(new TandemError('TDM_SWITCH_REFUSED', ['x', 'y'])) : Promise.resolve(),
    );
    await w.run(call);
    assert.deepEqual(w.engine.told, []);
    assert.equal(get(call, 'TANDEM_REASON'), 'TDM_SWITCH_REFUSED');
  });

  it('B5: an engine that does not answer in time: an error, and the place is kept for the next try', async () => {
    const w = world();
    let admit: () => void = () => undefined;
    w.engine.reply = () => new Promise((resolve) => (admit = () => resolve({ ok: true, detail: '' })));
    const call = w.call(['support']);
    const running = w.run(call);
    await settled();
    w.timers.advance(10_000);
    await running;
    assert.equal(get(call, 'TANDEM_REASON'), 'TDM_DEADLINE');
    admit();
    await settled();
    assert.deepEqual(w.engine.told, [{ type: 'session-lost', member: 'member-1' }]);
    assert.equal(w.timers.waiting, 0);
  });

  it('B5: a store that fails leaves it open whether the caller is in: the place is given back', async () => {
    const w = world();
    w.engine.reply = (event) => {
      w.engine.happen(event);
      return Promise.reject(new TandemError('TDM_STORE_DOWN', ['test']));
    };
    await w.run(w.call(['support']));
    assert.deepEqual(w.engine.told, [{ type: 'session-lost', member: 'member-1' }]);
  });

  it('B15: the queues go to another Tandem while the caller gets in: TDM_STANDBY, and nothing breaks', async () => {
    const w = world();
    w.engine.reply = () => {
      w.engine.isMine = false;
      return Promise.reject(new TandemError('TDM_STANDBY', ['lost']));
    };
    const call = await w.run(w.call(['support']));
    assert.deepEqual([get(call, 'TANDEM_RESULT'), get(call, 'TANDEM_REASON')], ['error', 'TDM_STANDBY']);
    await settled();
  });

  it('B15: ... or just when he is in: his session ends it', async () => {
    const w = world();
    w.sessions.endWith = (session) => {
      w.engine.isMine = false;
      return { kind: 'exit', order: exitOrder(session, { reason: 'error', detail: 'TDM_STANDBY' }) };
    };
    const call = await w.run(w.call(['support']));
    assert.deepEqual([get(call, 'TANDEM_RESULT'), get(call, 'TANDEM_REASON')], ['error', 'TDM_STANDBY']);
  });

  it('B5: Tandem stops while the caller waits to get in: he keeps the place', async () => {
    const w = world();
    let admit: () => void = () => undefined;
    w.engine.reply = () => new Promise((resolve) => (admit = () => resolve({ ok: true, detail: '' })));
    const running = w.run(w.call(['support']));
    await settled();
    w.controller.abort(new TandemError('TDM_STOPPING'));
    await running;
    admit();
    await settled();
    assert.deepEqual(w.engine.told, [{ type: 'session-lost', member: 'member-1' }]);
  });

  it('B5: the same call comes back and gets the same member; also when it was moved to another queue meanwhile', async () => {
    const w = world();
    w.sessions.endWith = () => ({ kind: 'lost' });
    await w.run(w.call(['support']));
    w.engine.happen({ type: 'session-lost', member: memberId('member-1') });
    w.engine.happen({ type: 'move-asked', member: 'member-1', queue: 'sales@default', keepWaiting: true });
    w.sessions.endWith = (session) => ({ kind: 'exit', order: exitOrder(session) });
    const again = await w.run(w.call(['support']));
    assert.equal(w.engine.engine.state.members.size, 1);
    assert.deepEqual(
      [w.sessions.opened[1]?.member, get(again, 'TANDEM_MEMBER'), get(again, 'cc_queue_joined_epoch')],
      ['member-1', 'member-1', String(stubStartMs / 1_000)],
    );
    assert.equal(w.engine.engine.state.members.get(memberId('member-1'))?.queue, 'sales@default');
  });

  it('B1 B5: he is back before the end of his former session is seen: what that one still says does not take the place from the new one', async () => {
    const w = world();
    const first = w.run(w.call(['support']));
    await settled();
    const former = w.sessions.opened[0] ?? assert.fail('no session');
    const second = w.run(w.call(['support']));
    await settled();
    const now = w.sessions.opened[1] ?? assert.fail('no second session');
    assert.equal(now.member, former.member);

    former.feed({ type: 'caller-left', member: former.member, cause: 'transferred' });
    former.end({ kind: 'left' });
    await first;
    assert.deepEqual(w.engine.told, []);
    now.feed({ type: 'key-pressed', member: now.member, key: '1' });
    assert.deepEqual(w.engine.told, [{ type: 'key-pressed', member: now.member, key: '1' }]);
    now.end({ kind: 'left' });
    await second;
  });

  it('B1: his second visit is refused: the first one speaks for him again, also what it said meanwhile', async () => {
    const w = world();
    const first = w.run(w.call(['support']));
    await settled();
    const session = w.sessions.opened[0] ?? assert.fail('no session');
    let refuse: () => void = () => undefined;
    w.engine.reply = () => new Promise((resolve) => (refuse = () => resolve({ ok: false, code: 'TDM_CONFLICT', detail: 'test' })));
    const second = w.run(w.call(['support']));
    await settled();
    session.feed({ type: 'session-lost', member: session.member });
    assert.deepEqual(w.engine.told, []);
    refuse();
    await second;

    assert.deepEqual(w.engine.told, [{ type: 'session-lost', member: session.member }]);
    session.feed({ type: 'caller-left', member: session.member, cause: 'hangup' });
    assert.equal(w.engine.told.length, 2);
    session.end({ kind: 'left' });
    await first;
  });

  it('B5: a first try that gets in late does not take the place from the second one', async () => {
    const w = world();
    const admits: (() => void)[] = [];
    w.engine.reply = (event) => {
      const answer = w.engine.happen(event);
      return new Promise((resolve) => admits.push(() => resolve(answer)));
    };
    const first = w.run(w.call(['support']));
    await settled();
    w.timers.advance(10_000);
    await first;
    const second = w.run(w.call(['support']));
    await settled();
    for (const admit of admits) admit();
    await settled();
    assert.deepEqual(w.engine.told, []);
    w.sessions.opened[0]?.end({ kind: 'left' });
    await second;
  });

  it('B1: a first try that gets in late, and a second one that does not: the place is given back', async () => {
    const w = world();
    const admits: (() => void)[] = [];
    w.engine.reply = (event) => {
      const answer = w.engine.happen(event);
      return new Promise((resolve) => admits.push(() => resolve(answer)));
    };
    const first = w.run(w.call(['support']));
    await settled();
    w.timers.advance(10_000);
    await first;
    let refuse: () => void = () => undefined;
    w.engine.reply = () => new Promise((resolve) => (refuse = () => resolve({ ok: false, code: 'TDM_CONFLICT', detail: 'test' })));
    const second = w.run(w.call(['support']));
    await settled();
    for (const admit of admits) admit();
    await settled();
    refuse();
    await second;
    assert.deepEqual(w.engine.told, [{ type: 'session-lost', member: 'member-1' }]);
  });
});

describe('queue_entry: Tandem’s queues and the switch’s side by side', () => {
  function both() {
    const w = world();
    const own = sinon.stub<Parameters<SwitchQueue['enter']>, ReturnType<SwitchQueue['enter']>>().resolves({ result: 'answered' });
    const deps = { ...w.deps, queues: createEitherQueue(w.queues, { callerName: () => Promise.resolve(''), enter: own }, w.deps.log) };
    w.sessions.endWith = (session) => ({ kind: 'exit', order: exitOrder(session) });
    return { ...w, own, enter: createQueueEntry(deps) };
  }

  it('a queue that is provisioned is ours, another the switch’s; values it does not know are told', async () => {
    const w = both();
    await w.enter(w.call(['support']));
    assert.ok(w.own.notCalled);
    const call = w.call(['elsewhere', 'P', 'skills=a']);
    await w.enter(call);
    assert.equal(w.own.firstCall.args[1].queue, 'elsewhere');
    assert.equal(get(call, 'TANDEM_RESULT'), 'answered');
    assert.deepEqual(w.warnings, [{ call: call.uniqueId, queue: 'elsewhere', values: ['needs'] }]);
  });

  it('B15: while another Tandem owns the queues nothing goes to the switch’s by mistake', async () => {
    const w = both();
    w.engine.isMine = false;
    const call = w.call(['elsewhere']);
    await w.enter(call);
    assert.equal(get(call, 'TANDEM_REASON'), 'TDM_STANDBY');
    assert.ok(w.own.notCalled);
  });
});
