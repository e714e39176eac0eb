/** `queue_entry` and `agent` over the real queue engine and its loop, with a store in memory: from the dialplan's view. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { createAgiAgent } from '../agi/agent.js';
import { asteriskCaller } from '../agi/caller-facts.js';
import { createAcdEngine } from '../core/acd/create-engine.js';
import { queueDefaults } from '../core/acd/config.js';
import type { AcdConfig } from '../core/acd/config.js';
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import { agentId, memberId, offerId, queueId, switchId } from '../core/acd/ids.js';
import type { Member } from '../core/acd/state.js';
import type { StoredAcd } from '../core/acd-ports.js';
import { freeswitchContact } from '../core/dial-string-freeswitch.js';
import { TandemError } from '../core/errors.js';
import { createAcdBoard } from '../core/services/acd-board.js';
import { createAcdLoop } from '../core/services/acd-loop.js';
import { createPinLockout } from '../core/services/agent-identity.js';
import { createQueueEntry } from '../core/services/enter-queue.js';
import { createNativeQueue } from '../core/services/native-queue.js';
import { callStateOf, talkVariables } from '../core/services/queue-result.js';
import type { SwitchPort } from '../core/switch.js';
import { legVariables, originateDefaults } from '../sidecar/switch-asterisk-originate.js';
import { legPlan } from '../sidecar/switch-freeswitch-ring.js';
import { ringOrder } from './support/asterisk-control.js';
import { callStub } from './support/call-stub.js';
import type { CallStub } from './support/call-stub.js';
import { createHandTimers } from './support/hand-timers.js';
import { sessionStubs } from './support/held-session-stub.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { acdConfig, stubStartMs } from './support/queue-engine-stub.js';
import type { GivenQueue } from './support/queue-engine-stub.js';

const pbx = switchId('pbx');
const away: StoredAcd = { members: [], agents: [], offers: [], queues: [], system: undefined };

const configOf = (queue: Partial<GivenQueue>, more: readonly GivenQueue[] = []): AcdConfig =>
  acdConfig([{ id: 'support', ...queue }, ...more], [{ id: '1001', contact: 'PJSIP/1001' }]);

let ids = 0;

function world(config: AcdConfig, stored: StoredAcd = away, timers = createHandTimers(stubStartMs)) {
  const sandbox = sinon.createSandbox();
  const meter = recordingMeter();
  const after = (delayMs: number, run: () => void) => timers.after(delayMs, run);
  const nowMs = () => timers.nowMs();
  const rings: RingOrder[] = [];
  const connects: ConnectOrder[] = [];
  const port = {
    ...{ id: pbx, kind: 'asterisk', isUp: () => true, cancel: () => undefined, callBack: () => undefined, lamp: () => undefined },
    ring: (order: RingOrder) => void rings.push(order),
    connect: (order: ConnectOrder) => void connects.push(order),
  } as unknown as SwitchPort;
  const engine = createAcdLoop({
    ...{
      engine: createAcdEngine({ config, instance: `i${++ids}`, seed: 1, stored, nowMs: nowMs() }),
      save: () => Promise.resolve(),
    },
    ...{
      switches: new Map([[pbx, port]]),
      board: createAcdBoard({ log: silentLog }),
      askChannels: () => undefined,
      onFenced: () => undefined,
    },
    ...{ nowMs, monoMs: nowMs, after, log: silentLog, meter },
  });
  const sessions = sessionStubs();
  const newId = () => `m-${++ids}`;
  const queues = createNativeQueue({
    ...{ engine, facts: asteriskCaller, placeOf: () => Promise.resolve({ switch: pbx, openSession: sessions.open }) },
    ...{ newId, after, nowMs, log: silentLog },
  });
  const enter = createQueueEntry({ queues, log: silentLog, meter });
  const agent = createAgiAgent({
    ...{
      engine,
      switchOf: () => Promise.resolve(pbx),
      ports: new Map([[pbx, port]]),
      supervisors: { phones: [], isPin: undefined },
      newId,
    },
    ...{ after, nowMs, log: silentLog, meter, lockout: createPinLockout(), verifyPin: () => Promise.resolve(false) },
  });

  function caller(args: readonly string[], uniqueId = '1.1') {
    const call = callStub(sandbox, { args, uniqueId, channel: `PJSIP/trunk-${uniqueId}` });
    call.getVariable.callsFake((name) => Promise.resolve(name === 'CALLERID(num)' ? '9998887112' : undefined));
    return { call, done: enter(call) };
  }
  async function phone(...args: string[]): Promise<CallStub> {
    const call = callStub(sandbox, { args, channel: 'PJSIP/1001-0001' });
    await agent(call);
    return call;
  }
  return { engine, timers, rings, connects, sessions, caller, phone, port };
}

const get = (call: CallStub, name: string): string | undefined => call.setVariable.args.filter(([key]) => key === name).at(-1)?.[1];
const pick = (variables: Readonly<Record<string, string>>, names: readonly string[]) => names.map((name) => variables[name]);
const settled = async () => {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe('queue_entry over the real engine', () => {
  it('B1 F136 F137 F141: a caller waits with music, an agent logs in from his telephone, they are connected', async () => {
    const w = world(configOf({ music: 'jazz' }));
    const { call, done } = w.caller(['support', 'VIP:', 'skills=?gold', 'name=Ann']);
    await settled();
    const session = w.sessions.opened[0] ?? assert.fail('no session');
    assert.deepEqual((session.music as sinon.SinonStub).args, [['jazz', '']]);
    assert.equal(w.rings.length, 0);
    w.timers.advance(7_000);
    assert.equal(get(await w.phone('login'), 'TANDEM_RESULT'), 'ok');
    await settled();
    const ring = w.rings[0] ?? assert.fail('nobody rings');
    assert.deepEqual([ring.agent, ring.callerName, ring.contact, ring.call?.uniqueId], ['1001', 'VIP:Ann', 'PJSIP/1001', '1.1']);
    w.engine.tell({ type: 'agent-answered', offer: ring.offer });
    w.engine.tell({ type: 'agent-ready', offer: ring.offer });
    await settled();
    const connect = w.connects[0] ?? assert.fail('nobody is connected');
    assert.deepEqual((session.prepare as sinon.SinonStub).args, [[connect]]);
    assert.deepEqual(
      pick(talkVariables(connect, stubStartMs), [
        'TANDEM_RESULT',
        'TANDEM_WAIT_S',
        'TANDEM_AGENT',
        'cc_agent',
        'cc_agent_bridged',
        'cc_cause',
      ]),
      ['answered', '7', '1001', '1001', 'true', 'answered'],
    );
    session.end({ kind: 'connected', order: connect });
    await done;
    assert.equal(get(call, 'TANDEM_RESULT'), undefined);
    assert.equal(get(await w.phone('status'), 'TANDEM_AGENT_STATE'), 'Receiving');
    w.engine.tell({ type: 'connected', offer: ring.offer });
    assert.equal(get(await w.phone('status'), 'TANDEM_AGENT_STATE'), 'In a queue call');
  });

  it('O128 O131 O133: cc_state of the caller: welcome or queued as he joins, toagent in his talk', async () => {
    for (const [queue, state] of [
      [{}, 'queued'],
      [{ welcome: 'hello' }, 'welcome'],
    ] as const) {
      const w = world(configOf(queue));
      const { call } = w.caller(['support']);
      await settled();
      assert.equal(get(call, 'cc_state'), state);
      if (state === 'welcome') continue;
      await w.phone('login');
      await settled();
      const ring = w.rings[0] ?? assert.fail('nobody rings');
      for (const type of ['agent-answered', 'agent-ready'] as const) w.engine.tell({ type, offer: ring.offer });
      await settled();
      assert.equal(talkVariables(w.connects[0] ?? assert.fail('nobody is connected'), stubStartMs)['cc_state'], 'toagent');
    }
  });

  it('O128 to O131: the word of each phase; O132 O133: that of an agent who hears something first, or does not', () => {
    const phases: readonly Member['phase'][] = [
      { kind: 'welcome', deadlineMs: 1 },
      { kind: 'dissuading', isFinal: false, deadlineMs: 1 },
      { kind: 'dissuading', isFinal: true, deadlineMs: 1 },
      { kind: 'waiting' },
      { kind: 'talking', offer: offerId('o'), sinceMs: 1 },
    ];
    assert.deepEqual(phases.map(callStateOf), ['welcome', 'dissuading1', 'dissuading2', 'queued', 'toagent']);
    for (const [announcements, state] of [
      [[], 'toagent'],
      [['hello'], 'preagent'],
    ] as const) {
      const order = ringOrder({ announcements });
      assert.equal(legVariables(order, originateDefaults)['cc_state'], state);
      const plan = legPlan(order, freeswitchContact('sofia/gateway/carrier/1001', 'default'), { selfConnectMs: 1, loopbackMsMax: 1 });
      assert.match(plan.command, new RegExp(`[{,]cc_state=${state}[,}]`));
    }
  });

  it('F37: max_wait of the call: timeout, with the seconds waited', async () => {
    const w = world(configOf({}));
    const { call, done } = w.caller(['support', '', '30']);
    await settled();
    w.timers.advance(30_000);
    await done;
    assert.deepEqual(
      ['TANDEM_RESULT', 'TANDEM_WAIT_S', 'cc_cancel_reason'].map((name) => get(call, name)),
      ['timeout', '30', 'TIMEOUT'],
    );
  });

  it('F127: a key leads out', async () => {
    const w = world(configOf({}));
    const { call, done } = w.caller(['support', 'exit_keys=0*']);
    await settled();
    const session = w.sessions.opened[0] ?? assert.fail('no session');
    session.feed({ type: 'key-pressed', member: session.member, key: '5' });
    session.feed({ type: 'key-pressed', member: session.member, key: '*' });
    await done;
    assert.deepEqual(
      ['TANDEM_RESULT', 'TANDEM_EXIT_KEY', 'cc_exit_key', 'cc_cancel_reason'].map((name) => get(call, name)),
      ['exit-key', '*', '*', 'EXIT_WITH_KEY'],
    );
  });

  it('B20 O54: nobody logged in: join-empty, until somebody is', async () => {
    const w = world(configOf({ joinWhen: 'logged-in' }));
    const first = w.caller(['support']);
    await first.done;
    assert.deepEqual(
      ['TANDEM_RESULT', 'TANDEM_OPENSIPS_CODE'].map((name) => get(first.call, name)),
      ['join-empty', '-4'],
    );
    await w.phone('login');
    const { call } = w.caller(['support']);
    await settled();
    assert.equal(get(call, 'TANDEM_OPENSIPS_CODE'), '1');
  });

  it('B20: everybody logs out: leave-empty, at the place the rule names', async () => {
    const to = { kind: 'extension', context: 'vm', extension: '8500' } as const;
    const w = world(configOf({ leaveWhen: 'logged-in', overflow: [{ on: 'no-agent', thresholdMs: 0, to }] }));
    await w.phone('login');
    await w.phone('pause', 'lunch');
    const { call, done } = w.caller(['support']);
    await settled();
    assert.equal(get(call, 'TANDEM_RESULT'), undefined);
    await w.phone('logout');
    await done;
    assert.deepEqual(call.goto.args, [[{ context: 'vm', extension: '8500' }]]);
    assert.ok(['leave-empty', 'overflowed'].includes(get(call, 'TANDEM_RESULT') ?? ''), get(call, 'TANDEM_RESULT'));
  });

  it('B20: a full queue refuses, and sends on by its rule', async () => {
    const to = { kind: 'extension', context: 'busy', extension: 's' } as const;
    const w = world(configOf({ membersMax: 1, overflow: [{ on: 'full', thresholdMs: 0, to }] }));
    w.caller(['support']);
    await settled();
    const { call, done } = w.caller(['support'], '2.2');
    await done;
    assert.equal(get(call, 'TANDEM_RESULT'), 'full');
    assert.deepEqual(call.goto.args, [[{ context: 'busy', extension: 's' }]]);
  });

  it('B59: a blocked number is not let in', async () => {
    const w = world({ ...configOf({}), callers: [{ number: '9998887112', isBlocked: true, baseScoreS: 0, agent: undefined }] });
    const { call, done } = w.caller(['support']);
    await done;
    assert.equal(get(call, 'TANDEM_RESULT'), 'blocked');
  });

  it('B14: the key of the callback: he hangs up with the result callback and keeps the place', async () => {
    const w = world(configOf({ callback: { ...queueDefaults(queueId('x')).callback, key: '1' } }));
    const { call, done } = w.caller(['support']);
    await settled();
    const session = w.sessions.opened[0] ?? assert.fail('no session');
    session.feed({ type: 'key-pressed', member: session.member, key: '1' });
    await done;
    assert.equal(get(call, 'TANDEM_RESULT'), 'callback');
    assert.equal(w.engine.view().members.get(session.member)?.presence.kind, 'callback');
  });

  it('B5: Tandem stops, another start, the same call: the same member and the old place', async () => {
    const timers = createHandTimers(stubStartMs);
    const config = configOf({});
    const first = world(config, away, timers);
    const { call, done } = first.caller(['support', 'param=x']);
    await settled();
    timers.advance(40_000);
    await first.engine.close(new TandemError('TDM_STOPPING'));
    await done;
    assert.deepEqual([get(call, 'TANDEM_RESULT'), get(call, 'TANDEM_REASON')], ['error', 'TDM_STOPPING']);
    const members = [...first.engine.view().members.values()];
    assert.equal(members.length, 1);
    const second = world(config, { ...away, members: structuredClone(members) }, timers);
    timers.advance(2_000);
    const again = second.caller(['support', 'param=x']);
    await settled();
    assert.equal(get(again.call, 'TANDEM_MEMBER'), get(call, 'TANDEM_MEMBER'));
    assert.equal(get(again.call, 'cc_queue_joined_epoch'), String(stubStartMs / 1_000));
    assert.equal(second.engine.view().members.size, 1);
    const id = memberId(get(again.call, 'TANDEM_MEMBER') ?? '');
    assert.equal(second.engine.view().members.get(id)?.presence.kind, 'here');
  });

  it('B5: a caller who had overflowed to another queue comes back to that one after a restart', async () => {
    const timers = createHandTimers(stubStartMs);
    const config = configOf({}, [{ id: 'second' }]);
    const first = world(config, away, timers);
    const { call, done } = first.caller(['support']);
    await settled();
    await first.engine.ask({ type: 'move-asked', member: get(call, 'TANDEM_MEMBER') ?? '', queue: 'second', keepWaiting: true });
    await first.engine.close(new TandemError('TDM_STOPPING'));
    await done;
    const second = world(config, { ...away, members: structuredClone([...first.engine.view().members.values()]) }, timers);
    const again = second.caller(['support']);
    await settled();
    assert.deepEqual([get(again.call, 'TANDEM_MEMBER'), get(again.call, 'cc_queue')], [get(call, 'TANDEM_MEMBER'), 'second']);
    assert.equal(second.engine.view().members.get(memberId(get(call, 'TANDEM_MEMBER') ?? ''))?.queue, queueId('second'));
  });

  it('B1: a caller who hangs up at the very join is not left over', async () => {
    const w = world(configOf({}));
    const gone = new AbortController();
    const call = callStub(sinon.createSandbox(), { args: ['support'], uniqueId: '7.7', signal: gone.signal });
    call.setVariable.callsFake((name) => {
      if (name !== 'cc_side') return Promise.resolve();
      gone.abort(new TandemError('TDM_CALL_GONE', ['test']));
      return Promise.reject(new TandemError('TDM_CALL_GONE', ['test']));
    });
    const done = createQueueEntry({
      queues: createNativeQueue({
        ...{ engine: w.engine, facts: asteriskCaller, placeOf: () => Promise.resolve({ switch: pbx, openSession: w.sessions.open }) },
        ...{ newId: () => 'left-1', after: (ms, run) => w.timers.after(ms, run), nowMs: () => w.timers.nowMs(), log: silentLog },
      }),
      ...{ log: silentLog, meter: recordingMeter() },
    })(call);
    await done;
    await settled();
    const left = w.engine.view().members.get(memberId('left-1'));
    assert.ok(left === undefined || left.phase.kind === 'abandoned');
    assert.equal(w.engine.view().membersOfQueue(queueId('support')).size, 0);
  });

  it('B19: wrap-up is ended from the telephone', async () => {
    const base = configOf({});
    const w = world({ ...base, agents: base.agents.map((agent) => ({ ...agent, wrapUpMs: 60_000 })) });
    await w.phone('login');
    w.caller(['support']);
    await settled();
    const ring = w.rings[0] ?? assert.fail('nobody rings');
    for (const type of ['agent-answered', 'agent-ready', 'connected'] as const) w.engine.tell({ type, offer: ring.offer });
    w.engine.tell({ type: 'call-ended', offer: ring.offer, by: 'caller', cause: '' });
    assert.equal(w.engine.view().agents.get(agentId('1001'))?.phase.kind, 'wrapup');
    assert.equal(get(await w.phone('wrapup-extend', '30'), 'TANDEM_RESULT'), 'ok');
    assert.equal(get(await w.phone('wrapup-end'), 'TANDEM_RESULT'), 'ok');
    assert.equal(w.engine.view().agents.get(agentId('1001'))?.phase.kind, 'idle');
    assert.equal(get(await w.phone('wrapup-end'), 'TANDEM_REASON'), 'TDM_CONFLICT');
  });
});
