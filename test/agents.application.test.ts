/** The application `agent`: wishes from a telephone, who may make them, what is heard, and what the dialplan is told. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { agentId, legId, memberId, switchId } from '../core/acd/ids.js';
import type { AcdEvent } from '../core/acd/events.js';
import { TandemError } from '../core/errors.js';
import { createAgiAgent } from '../agi/agent.js';
import { createPinLockout } from '../core/services/agent-identity.js';
import type { AgentDeps } from '../core/services/agent-application.js';
import { standbyReturnMsMax } from '../core/services/agent-standby.js';
import type { SwitchPort } from '../core/switch.js';
import { createEslAgent } from '../esl-outbound/agent.js';
import { callStub } from './support/call-stub.js';
import type { CallStub } from './support/call-stub.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { acdConfig, queueEngineStub, stubStartMs } from './support/queue-engine-stub.js';
import type { GivenAgent } from './support/queue-engine-stub.js';

const staff: readonly GivenAgent[] = [
  { id: '1001', contact: 'PJSIP/1001', pin: '4711' },
  { id: '1002', contact: 'PJSIP/1002' },
  { id: 'Ann@default', contact: 'user/ann@pbx.example', pin: '2468' },
  { id: 'bob', contact: 'PJSIP/desk', type: 'uuid-standby' },
  { id: 'hot1', contact: 'PJSIP/shared', pin: '1' },
  { id: 'hot2', contact: 'PJSIP/shared', pin: '2' },
];

interface Given {
  readonly channel?: string;
  readonly number?: string;
  readonly keys?: readonly string[];
  readonly variables?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly supervisors?: Partial<AgentDeps['supervisors']>;
  readonly missing?: boolean;
}

function world(kind: 'asterisk' | 'freeswitch' = 'asterisk') {
  const engine = queueEngineStub(acdConfig([{ id: 'support' }], staff));
  const timers = createHandTimers(stubStartMs);
  const meter = recordingMeter();
  const sandbox = sinon.createSandbox();
  const spy = sandbox.stub<Parameters<SwitchPort['spy']>, Promise<void>>().resolves();
  const lockout = createPinLockout();
  const controller = new AbortController();

  const build = (given: Given) => {
    const deps: AgentDeps = {
      engine,
      switchOf: () => Promise.resolve(switchId('pbx')),
      ports: new Map([[switchId('pbx'), { id: switchId('pbx'), kind, spy } as unknown as SwitchPort]]),
      supervisors: { phones: [], isPin: undefined, ...given.supervisors },
      newId: () => 'id-1',
      after: (delayMs, run) => timers.after(delayMs, run),
      log: silentLog,
      meter,
      lockout,
      verifyPin: (stored, pin) => Promise.resolve(stored === pin),
      nowMs: () => timers.nowMs(),
    };
    return kind === 'asterisk' ? createAgiAgent(deps) : createEslAgent(deps);
  };

  async function run(args: readonly string[], given: Given = {}) {
    const call = callStub(sandbox, {
      args,
      channel: given.channel ?? 'PJSIP/1001-00000004',
      callerIdNumber: given.number ?? '030123',
      switchKind: kind,
      query: new Map(Object.entries(given.query ?? {})),
      signal: controller.signal,
    });
    const keys = [...(given.keys ?? [])];
    call.waitForDigit.callsFake(() => Promise.resolve(keys.shift() ?? ''));
    call.getVariable.callsFake((name) => Promise.resolve(given.variables?.[name]));
    if (given.missing) call.play.resolves({ digit: '', missing: true });
    await build(given)(call);
    return call;
  }
  return { engine, timers, meter, spy, controller, build, run, sandbox };
}

const get = (call: CallStub, name: string): string | undefined => call.setVariable.args.filter(([key]) => key === name).at(-1)?.[1];
const told = (call: CallStub) => [get(call, 'TANDEM_RESULT'), get(call, 'TANDEM_REASON')];
const heard = (call: CallStub) => call.play.args.map(([file]) => file);
const settled = () => new Promise((resolve) => setImmediate(resolve));
const status = (w: ReturnType<typeof world>, id: string) => w.engine.engine.state.agents.get(agentId(id))?.status;

/** Brings 1001, or another, into a talk with a caller. */
function talk(w: ReturnType<typeof world>, id = '1001') {
  const call = { switch: switchId('pbx'), uniqueId: 'caller-1', channel: 'PJSIP/trunk-1' };
  const texts = {
    number: '1',
    name: '',
    exitKeys: undefined,
    language: undefined,
    music: undefined,
    callerIdPrefix: undefined,
    param: '',
    rootId: 'r',
  };
  w.engine.happen({
    type: 'caller-joined',
    join: {
      ...{
        member: memberId('m1'),
        queue: 'support',
        media: 'audio',
        call,
        answeredAtMs: stubStartMs,
        baseScoreS: 0,
        priority: undefined,
        needs: [],
        maxWaitMs: 0,
      },
      ...{ ...texts, variables: {}, leadId: undefined, stickyAgent: undefined, callbackOf: undefined },
    },
  });
  const { phase } = w.engine.engine.state.agents.get(agentId(id)) ?? assert.fail('no such agent');
  const offer = phase.kind === 'offered' ? phase.offer : assert.fail(`not offered but ${phase.kind}`);
  for (const type of ['agent-answered', 'agent-ready', 'connected'] as const) w.engine.happen({ type, offer });
  return offer;
}

describe('agent: wishes from the own telephone', () => {
  it('B40 F74: login, with the confirmation, and the state told', async () => {
    const w = world();
    const call = await w.run(['login']);
    assert.deepEqual(told(call), ['ok', '']);
    assert.deepEqual(
      ['TANDEM_AGENT', 'TANDEM_AGENT_STATUS', 'TANDEM_AGENT_STATE'].map((name) => get(call, name)),
      ['1001', 'Available', 'Waiting'],
    );
    assert.deepEqual(heard(call), ['agent-loginok']);
    assert.ok(call.answer.calledBefore(call.play));
    assert.equal(call.setVariable.lastCall.args[0], 'TANDEM_RESULT');
    assert.deepEqual(w.meter.counted('tandem_agent_wishes_total'), [{ action: 'login', result: 'ok' }]);
  });

  it('F75: logout; F80: login on demand; contact of this telephone', async () => {
    const w = world();
    const out = await w.run(['LOGOUT']);
    assert.deepEqual([...told(out), get(out, 'TANDEM_AGENT_STATUS'), ...heard(out)], ['ok', '', 'Logged Out', 'agent-loggedoff']);
    await w.run(['login', 'on_demand=yes', 'contact=here']);
    assert.deepEqual(w.engine.asked.at(-1), {
      type: 'login-asked',
      agent: '1001',
      contact: 'PJSIP/1001',
      standby: undefined,
      onDemand: true,
    });
  });

  it('B40: toggle logs in, then out', async () => {
    const w = world();
    assert.deepEqual(heard(await w.run(['toggle'])), ['agent-loginok']);
    assert.equal(status(w, '1001'), 'Available');
    assert.deepEqual(heard(await w.run(['toggle'])), ['agent-loggedoff']);
    assert.equal(status(w, '1001'), 'Logged Out');
  });

  it('B35: pause with a reason, its end, and both by one code', async () => {
    const w = world();
    await w.run(['login']);
    const paused = await w.run(['pause', 'lunch']);
    assert.deepEqual([status(w, '1001'), w.engine.engine.state.agents.get(agentId('1001'))?.pauseReason], ['On Break', 'lunch']);
    assert.deepEqual(heard(paused), ['dictate/pause', 'activated']);
    await w.run(['unpause']);
    assert.equal(status(w, '1001'), 'Available');
    await w.run(['pause_toggle', 'tea']);
    assert.equal(status(w, '1001'), 'On Break');
    await w.run(['pause-toggle']);
    assert.equal(status(w, '1001'), 'Available');
    const asks = w.engine.asked.length;
    assert.deepEqual(told(await w.run(['unpause'])), ['ok', '']);
    assert.equal(w.engine.asked.length, asks);
  });

  it('B35: a reason is a code of the list; another one is refused, and nothing has changed', async () => {
    const w = world();
    const lunch = { code: '1', text: 'Lunch', isPaid: false, msMax: 1_800_000, dayMsMax: 0 };
    w.engine.happen({ type: 'configured', config: { ...acdConfig([{ id: 'support' }], staff), pauseReasons: [lunch] } });
    await w.run(['login']);
    const refused = await w.run(['pause', '7']);
    assert.deepEqual([...told(refused), status(w, '1001')], ['refused', 'TDM_REFUSED', 'Available']);
    assert.deepEqual(told(await w.run(['pause', '1'])), ['ok', '']);
    assert.equal(w.engine.engine.state.agents.get(agentId('1001'))?.pause?.limitAtMs, stubStartMs + 1_800_000);
  });

  it('the end of a break is no login', async () => {
    const w = world();
    assert.deepEqual(told(await w.run(['unpause'])), ['refused', 'TDM_CONFLICT']);
    assert.notEqual(status(w, '1001'), 'Available');
  });

  it('B19: wrap-up is ended and extended; not in wrap-up is a refusal with its reason', async () => {
    const w = world();
    assert.deepEqual(told(await w.run(['wrapup-end'])), ['refused', 'TDM_CONFLICT']);
    w.engine.reply = () => Promise.resolve({ ok: true, detail: '' });
    assert.deepEqual(told(await w.run(['wrapup-extend', '90'])), ['ok', '']);
    assert.deepEqual(w.engine.asked.at(-1), { type: 'wrapup-extend-asked', agent: '1001', byMs: 90_000 });
    assert.deepEqual(told(await w.run(['Wrapup_End'])), ['ok', '']);
    assert.deepEqual(told(await w.run(['ready'])), ['ok', '']);
    assert.deepEqual(w.engine.asked.at(-1), { type: 'ready-asked', agent: '1001' });
  });

  it('status is said and told, and changes nothing', async () => {
    const w = world();
    assert.deepEqual(heard(await w.run(['status'])), ['agent-loggedoff']);
    await w.run(['login']);
    assert.deepEqual(heard(await w.run(['status'])), ['agent-loginok']);
    talk(w);
    const call = await w.run(['status']);
    assert.deepEqual([get(call, 'TANDEM_AGENT_STATE'), ...heard(call)], ['In a queue call', 'agent-loginok', 'is-in-use']);
    assert.equal(w.engine.asked.length, 1);
  });

  it('by query; words in any letter case', async () => {
    const w = world();
    assert.deepEqual(told(await w.run([], { query: { action: 'Login', agent: '1001' } })), ['ok', '']);
  });

  it('sound files that are missing, or that the switch refuses, cost nothing but the sound', async () => {
    const w = world();
    const missing = await w.run(['login'], { missing: true });
    assert.deepEqual([...told(missing), ...heard(missing)], ['ok', '', 'agent-loginok', 'beep']);
    const call = callStub(w.sandbox, { args: ['login'], channel: 'PJSIP/1001-1' });
    call.play.rejects(new TandemError('TDM_SWITCH_REFUSED', ['playback', 'x']));
    await w.build({})(call);
    assert.deepEqual(told(call), ['ok', '']);
  });

  it('FreeSWITCH: F74 F75 sounds, and the account that FreeSWITCH has checked', async () => {
    const w = world('freeswitch');
    const given: Given = {
      channel: 'sofia/internal/ann@pbx.example',
      variables: { sip_authorized: 'true', sip_auth_username: 'ann', domain_name: 'pbx.example' },
    };
    const call = await w.run(['login'], given);
    assert.deepEqual(
      [...told(call), get(call, 'TANDEM_AGENT'), ...heard(call)],
      ['ok', '', 'Ann@default', 'ivr/ivr-you_are_now_logged_in.wav'],
    );
    assert.deepEqual(heard(await w.run(['logout'], given)), ['ivr/ivr-you_are_now_logged_out.wav']);
  });

  it('B15: not the owner of the queues: TDM_STANDBY at once, unanswered and unheard, so that the other address is tried', async () => {
    const w = world();
    w.engine.isMine = false;
    const call = await w.run(['login']);
    assert.deepEqual([...told(call), ...heard(call)], ['error', 'TDM_STANDBY']);
    assert.ok(call.answer.notCalled);
  });

  it('an engine that fails is an error with its code', async () => {
    const w = world();
    w.engine.reply = () => Promise.reject(new TandemError('TDM_BUSY', ['x']));
    assert.deepEqual(told(await w.run(['login'])), ['error', 'TDM_BUSY']);
  });

  it('an agent who hangs up is told nothing', async () => {
    const w = world();
    const call = callStub(w.sandbox, { args: ['login'], channel: 'PJSIP/1001-1' });
    call.play.rejects(new TandemError('TDM_CALL_GONE', ['x']));
    await w.build({})(call);
    assert.equal(get(call, 'TANDEM_RESULT'), undefined);
    assert.equal(status(w, '1001'), 'Available');
  });

  for (const args of [
    [],
    ['fly'],
    ['login', 'a b'],
    ['login', '${X}'],
    ['login', "1001'"],
    ['login', '1001', '12a4'],
    ['login', '1001', '4711', 'more'],
    ['pause', 'a\nb'],
    ['pause', '${X}'],
    ['pause', 'x'.repeat(101)],
    ['wrapup-extend'],
    ['wrapup-extend', '0'],
    ['wrapup-extend', '1e9'],
    ['login', 'contact=PJSIP/1\r\nAction: Originate'],
    ['login', 'colour=red'],
  ])
    it(`${JSON.stringify(args)}: TDM_BAD_VALUE, nothing done`, async () => {
      const w = world();
      const call = await w.run(args);
      assert.deepEqual(told(call), ['error', 'TDM_BAD_VALUE']);
      assert.deepEqual(w.engine.asked, []);
    });
});

describe('agent: who may', () => {
  const foreign: Given = { channel: 'PJSIP/carrier-0001' };

  it('B40: from another telephone the PIN is asked for, three times at most', async () => {
    const w = world();
    const call = await w.run(['login', '1001'], { ...foreign, keys: ['1', '2', '#', '4', '7', '1', '1', '#'] });
    assert.deepEqual(told(call), ['ok', '']);
    assert.deepEqual(heard(call), ['agent-pass', 'auth-incorrect', 'agent-loginok']);
    const never = await w.run(['login', '1001'], { ...foreign, keys: ['1', '#', '2', '#', '3', '#', '4', '7', '1', '1', '#'] });
    assert.deepEqual(told(never), ['refused', 'TDM_UNAUTHENTICATED']);
    assert.deepEqual(heard(never), ['agent-pass', 'auth-incorrect', 'auth-incorrect', 'beeperr']);
    assert.equal(get(never, 'TANDEM_AGENT'), '');
  });

  it('a PIN in the arguments is one try; a star begins anew; a key into the prompt counts', async () => {
    const w = world();
    assert.deepEqual(told(await w.run(['login', '1001', '4711'], foreign)), ['ok', '']);
    assert.deepEqual(told(await w.run(['login', '1001', '4712'], foreign)), ['refused', 'TDM_UNAUTHENTICATED']);
    assert.deepEqual(told(await w.run(['login', '1001'], { ...foreign, keys: ['9', '*', '4', '7', '1', '1'] })), ['ok', '']);
    const call = callStub(w.sandbox, { args: ['login', '1001'], channel: 'PJSIP/carrier-1' });
    const keys = ['7', '1', '1', '#'];
    call.play.onFirstCall().resolves({ digit: '4', missing: false });
    call.waitForDigit.callsFake(() => Promise.resolve(keys.shift() ?? ''));
    await w.build({})(call);
    assert.deepEqual(told(call), ['ok', '']);
  });

  it('B4: wrong PINs lock for a time, for this agent; his own telephone still works', async () => {
    const w = world();
    for (let n = 0; n < 5; n++) await w.run(['login', '1001', '0000'], foreign);
    assert.deepEqual(told(await w.run(['login', '1001', '4711'], foreign)), ['refused', 'TDM_TOO_MANY']);
    assert.deepEqual(told(await w.run(['login', 'ann', '2468'], foreign)), ['ok', '']);
    assert.deepEqual(told(await w.run(['login'])), ['ok', '']);
    w.timers.advance(300_001);
    assert.deepEqual(told(await w.run(['login', '1001', '4711'], foreign)), ['ok', '']);
  });

  it('without a PIN only from the own telephone', async () => {
    const w = world();
    assert.deepEqual(told(await w.run(['login', '1002'], foreign)), ['refused', 'TDM_REFUSED']);
    assert.deepEqual(told(await w.run(['login', '1002'], { channel: 'PJSIP/1002-0a' })), ['ok', '']);
  });

  it('B4: the caller’s number says who it may be, never that it is he', async () => {
    const w = world();
    const call = await w.run(['login'], { ...foreign, number: '1001', keys: ['#'] });
    assert.deepEqual([...told(call), heard(call)[0]], ['refused', 'TDM_UNAUTHENTICATED', 'agent-pass']);
    assert.deepEqual(told(await w.run(['login'], { ...foreign, number: '1001', keys: ['4', '7', '1', '1', '#'] })), ['ok', '']);
    assert.deepEqual(told(await w.run(['login'], { channel: 'Local/1001@agents-0001;2', number: '1001', keys: [] })), [
      'refused',
      'TDM_UNAUTHENTICATED',
    ]);
  });

  it('B4: on FreeSWITCH the name in From is no proof', async () => {
    const w = world('freeswitch');
    const given: Given = { channel: 'sofia/external/ann@pbx.example', number: 'ann', keys: [] };
    assert.deepEqual(told(await w.run(['login'], given)), ['refused', 'TDM_UNAUTHENTICATED']);
    const other = { sip_authorized: 'true', sip_auth_username: 'ann', domain_name: 'other.example' };
    assert.deepEqual(told(await w.run(['login'], { ...given, variables: other })), ['refused', 'TDM_UNAUTHENTICATED']);
  });

  it('a telephone of nobody is asked for the agent’s number', async () => {
    const w = world();
    const call = await w.run(['login'], { ...foreign, keys: ['9', '#', '1', '0', '0', '1', '#', '4', '7', '1', '1', '#'] });
    assert.deepEqual([...told(call), ...heard(call)], ['ok', '', 'agent-user', 'agent-incorrect', 'agent-pass', 'agent-loginok']);
    assert.deepEqual(told(await w.run(['login'], foreign)), ['refused', 'TDM_NOT_FOUND']);
    assert.deepEqual(told(await w.run(['login', 'nobody'])), ['refused', 'TDM_NOT_FOUND']);
  });

  it('a telephone of several: whoever is logged in there, else the number is asked for', async () => {
    const w = world();
    const shared: Given = { channel: 'PJSIP/shared-0001' };
    const call = await w.run(['login'], shared);
    assert.deepEqual([...told(call), heard(call)[0]], ['refused', 'TDM_NOT_FOUND', 'agent-user']);
    await w.run(['login', 'hot2'], shared);
    assert.equal(get(await w.run(['logout'], shared), 'TANDEM_AGENT'), 'hot2');
  });

  it('an agent who logged in with this telephone as contact has it as his own', async () => {
    const w = world();
    await w.run(['login', '1001', '4711', 'contact=here'], { channel: 'PJSIP/lobby-0001' });
    assert.deepEqual(told(await w.run(['logout'], { channel: 'PJSIP/lobby-0002' })), ['ok', '']);
  });
});

describe('agent: standby', () => {
  const line: Given = { channel: 'PJSIP/desk-0001' };

  function held(w: ReturnType<typeof world>) {
    const call = callStub(w.sandbox, { args: ['standby'], channel: 'PJSIP/desk-0001', signal: w.controller.signal });
    let release: (error?: Error) => void = () => undefined;
    call.execute.callsFake(() => new Promise((resolve, reject) => (release = (error) => (error ? reject(error) : resolve()))));
    const done = w.build({})(call);
    return { call, done, release: (error?: Error) => release(error) };
  }
  const gone = () => new TandemError('TDM_CALL_GONE', ['x']);
  const ended = (w: ReturnType<typeof world>) => w.engine.told.filter((event: AcdEvent) => event.type === 'standby-ended');

  it('F13 F70: logged in with the open channel, hold music until he hangs up; then he is logged out', async () => {
    const w = world();
    const { call, done, release } = held(w);
    await settled();
    await settled();
    assert.deepEqual(call.execute.args, [['MusicOnHold', '']]);
    const { standby } = w.engine.engine.state.agents.get(agentId('bob')) ?? {};
    assert.deepEqual(standby, { switch: 'pbx', uniqueId: '1795289098.367', channel: 'PJSIP/desk-0001' });
    assert.deepEqual(heard(call), ['agent-loginok']);
    w.controller.abort(gone());
    release(gone());
    await done;
    assert.deepEqual(ended(w), [{ type: 'standby-ended', agent: 'bob', call: standby }]);
  });

  it('F12: an agent who is rung cannot be on standby', async () => {
    const w = world();
    assert.deepEqual(told(await w.run(['standby'])), ['refused', 'TDM_CONFLICT']);
    assert.deepEqual(w.engine.told, []);
  });

  it('F13: a talk takes the channel; back in time he goes on, and a break ordered meanwhile stays', async () => {
    const w = world();
    const first = held(w);
    await settled();
    await settled();
    const offer = talk(w, 'bob');
    w.controller.abort(gone());
    first.release(gone());
    await first.done;
    assert.deepEqual(ended(w), []);
    w.engine.happen({ type: 'status-asked', agent: 'bob', status: 'On Break', reason: 'tea' });
    w.engine.happen({ type: 'call-ended', offer, by: 'caller', cause: '' });
    const again = callStub(w.sandbox, { args: ['standby'], channel: line.channel ?? '' });
    again.execute.returns(new Promise(() => undefined));
    void w.build({})(again);
    await settled();
    assert.equal(status(w, 'bob'), 'On Break');
    assert.deepEqual(heard(again), []);
  });

  it('F13: back from a talk he is not asked for his PIN again; another channel is', async () => {
    const w = world();
    const config = w.engine.engine.state.agentConfigs.get(agentId('bob')) ?? assert.fail('no bob');
    w.engine.happen({ type: 'configured', config: acdConfig([{ id: 'support' }], [{ ...config, pin: '77' }]) });
    const standby = { switch: switchId('pbx'), uniqueId: '1795289098.367', channel: 'PJSIP/lobby-0001' };
    w.engine.happen({ type: 'login-asked', agent: 'bob', contact: undefined, standby, onDemand: false });
    const back = callStub(w.sandbox, { args: ['standby', 'bob'], channel: 'PJSIP/lobby-0001' });
    back.execute.rejects(gone());
    await w.build({})(back);
    assert.ok(back.execute.calledOnce && back.play.notCalled);
    const other = callStub(w.sandbox, { args: ['standby', 'bob'], channel: 'PJSIP/lobby-0001', uniqueId: '2.2' });
    await w.build({})(other);
    assert.deepEqual(told(other), ['refused', 'TDM_UNAUTHENTICATED']);
  });

  it('F13: one who does not come back from a talk has hung up', async () => {
    const w = world();
    const first = held(w);
    await settled();
    await settled();
    const offer = talk(w, 'bob');
    w.controller.abort(gone());
    first.release(gone());
    await first.done;
    w.engine.happen({ type: 'call-ended', offer, by: 'agent', cause: '' });
    w.timers.advance(standbyReturnMsMax - 1);
    assert.deepEqual(ended(w), []);
    w.timers.advance(1);
    assert.equal(ended(w).length, 1);
  });

  it('B5: Tandem stops: the agent is not logged out', async () => {
    const w = world();
    const { done, release } = held(w);
    await settled();
    await settled();
    w.controller.abort(new TandemError('TDM_STOPPING'));
    release(gone());
    await done;
    assert.deepEqual(ended(w), []);
  });

  it('B15: the queues go to another Tandem: the agent stays logged in there', async () => {
    const w = world();
    const { call, done, release } = held(w);
    await settled();
    await settled();
    w.engine.isMine = false;
    release();
    await done;
    assert.deepEqual([ended(w), get(call, 'TANDEM_RESULT')], [[], 'ok']);
  });

  it('hold music that ends by itself begins anew, not in a storm', async () => {
    const w = world();
    const call = callStub(w.sandbox, { args: ['standby'], channel: 'PJSIP/desk-0001', signal: w.controller.signal });
    let holds = 0;
    call.execute.callsFake(() => {
      if (++holds === 3) w.controller.abort(gone());
      return Promise.resolve();
    });
    await w.build({})(call);
    assert.deepEqual([holds, call.waitForDigit.args], [3, [[1_000], [1_000]]]);
  });
});

describe('agent: supervisors (B34)', () => {
  const boss: Given = { channel: 'PJSIP/9000-0001', supervisors: { phones: ['pjsip/9000'] } };

  for (const mode of ['listen', 'whisper', 'barge'])
    it(`B34: ${mode} from an allowed telephone`, async () => {
      const w = world();
      await w.run(['login']);
      const offer = talk(w);
      const leg = w.engine.engine.state.offers.get(offer)?.leg;
      assert.deepEqual(told(await w.run([mode, '1001'], boss)), ['ok', '']);
      assert.deepEqual(w.spy.args, [[{ leg: legId('tandem-spy-id-1'), target: leg, supervisor: 'PJSIP/9000', mode }]]);
    });

  it('B34: by PIN from another telephone, never without', async () => {
    const w = world();
    await w.run(['login']);
    talk(w);
    const isPin = (pin: string) => Promise.resolve(pin === '482913');
    const other: Given = { channel: 'PJSIP/9001-0001' };
    assert.deepEqual(told(await w.run(['listen', '1001'], other)), ['refused', 'TDM_FORBIDDEN']);
    assert.deepEqual(told(await w.run(['listen', '1001', '111'], { ...other, supervisors: { isPin } })), [
      'refused',
      'TDM_UNAUTHENTICATED',
    ]);
    assert.deepEqual(told(await w.run(['listen', '1001', '4711'], { ...other, supervisors: { isPin } })), [
      'refused',
      'TDM_UNAUTHENTICATED',
    ]);
    assert.ok(w.spy.notCalled);
    assert.deepEqual(told(await w.run(['listen', '1001', '482913'], { ...other, supervisors: { isPin } })), ['ok', '']);
    assert.ok(w.spy.calledOnce);
  });

  it('B34: no talk, no such agent, no such link', async () => {
    const w = world();
    await w.run(['login']);
    assert.deepEqual(told(await w.run(['listen', '1001'], boss)), ['refused', 'TDM_CONFLICT']);
    assert.deepEqual(told(await w.run(['listen', 'nobody'], boss)), ['refused', 'TDM_NOT_FOUND']);
    assert.deepEqual(told(await w.run(['listen'], boss)), ['refused', 'TDM_NOT_FOUND']);
    talk(w);
    w.spy.rejects(new TandemError('TDM_SWITCH_DOWN', ['pbx', 'x']));
    assert.deepEqual(told(await w.run(['listen', '1001'], boss)), ['error', 'TDM_SWITCH_DOWN']);
  });
});
