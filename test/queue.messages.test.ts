/** Messages that callers leave (B51): the check of their files, the application `queue_message`, the API, the agent's leg on Asterisk. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { memberId, offerId, switchId } from '../core/acd/ids.js';
import { messageFile, messageFolderProblem, withoutEnding } from '../core/message-file.js';
import { createQueueMessage, type QueueMessageDeps } from '../core/services/queue-message.js';
import { TandemError } from '../core/errors.js';
import { controlWorld, hangup, ringOrder } from './support/asterisk-control.js';
import { callStub, type CallStub } from './support/call-stub.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

const folder = '/var/spool/tandem';
const config = deskConfig({
  queues: { 'support@default': {}, full: { members_max: 1 } },
  agents: { anna: { contact: 'PJSIP/1' } },
  tiers: ['support@default anna'],
});

describe('files of messages', () => {
  it('B51: inside the folder, given whole or from there', () => {
    assert.equal(messageFile('1795.12.wav', folder), '/var/spool/tandem/1795.12.wav');
    assert.equal(messageFile('/var/spool/tandem/a/b-1.wav', folder), '/var/spool/tandem/a/b-1.wav');
    assert.equal(withoutEnding('/x/1795.12.wav'), '/x/1795.12');
    assert.equal(withoutEnding('/x/1795.12'), '/x/1795.12');
  });

  for (const file of [
    '',
    '/etc/passwd',
    '/var/spool/tandem',
    '/var/spool/tandem/',
    '/var/spool/tandem-other/a.wav',
    '../../etc/passwd',
    '/var/spool/tandem/../x',
    'a/../../x',
    '.hidden',
    'a//b',
    '-o',
    'a b',
    'a,b',
    'a&b',
    '${X}',
    'a\nb',
    'a\u0000',
    'x'.repeat(200),
  ])
    it(`B51: refused: ${JSON.stringify(file.slice(0, 40))}`, () => {
      assert.throws(() => messageFile(file, folder), { code: 'TDM_BAD_VALUE' });
    });

  it('B51: the folder is a plain path', () => {
    assert.equal(messageFolderProblem('/var/.spool/tandem'), undefined);
    for (const bad of ['', '/', 'spool', '/a/', '/a/../b', '/a b', `/${'x'.repeat(100)}`]) assert.ok(messageFolderProblem(bad), bad);
  });
});

describe('queue_message', () => {
  const sandbox = sinon.createSandbox();
  const meter = recordingMeter();

  function world(more: Partial<QueueMessageDeps> = {}) {
    const desk = createDesk(config);
    const timers = createHandTimers();
    let ids = 0;
    const application = createQueueMessage({
      engine: desk.port,
      switchOf: () => Promise.resolve(switchId('west')),
      folder,
      newId: () => `v${String(++ids)}`,
      after: (ms, run) => timers.after(ms, run),
      nowMs: () => desk.nowMs(),
      log: silentLog,
      meter,
      ...more,
    });
    async function run(args: readonly string[], callerIdNumber = '+4930123', signal?: AbortSignal): Promise<CallStub> {
      const call = callStub(sandbox, { args, callerIdNumber, callerIdName: 'Jane', ...(signal && { signal }) });
      await application(call);
      return call;
    }
    return { desk, timers, application, run };
  }
  const told = (call: CallStub) =>
    ['TANDEM_RESULT', 'TANDEM_REASON', 'TANDEM_MEMBER'].map((name) => call.setVariable.args.find(([key]) => key === name)?.[1]);

  it('B51: the caller’s number, the file and the switch; records tell it from a call', async () => {
    const { desk, run } = world();
    assert.deepEqual(told(await run(['SUPPORT', '1795.12.wav', 'priority=300'])), ['ok', '', 'v1']);
    const member = desk.state.members.get(memberId('v1'));
    assert.deepEqual(
      [member?.queue, member?.number, member?.name, member?.priority, member?.homeSwitch, member?.param],
      ['support@default', '+4930123', 'Jane', 300, 'west', 'message:/var/spool/tandem/1795.12.wav'],
    );
    assert.deepEqual(member?.presence, { kind: 'message', file: '/var/spool/tandem/1795.12.wav' });
  });

  it('B51: told again it is the same message', async () => {
    const { run } = world();
    assert.deepEqual(told(await run(['support', 'a.wav'])), ['ok', '', 'v1']);
    assert.deepEqual(told(await run(['support', 'a.wav'])), ['ok', '', 'v1']);
  });

  it('B51: told again while an agent hears it, it is the same message, also of a caller without a number', async () => {
    const { desk, run } = world();
    for (const [number, member] of [
      ['anonymous', 'v1'],
      ['+4930123', 'v3'],
    ] as const) {
      assert.deepEqual(told(await run(['support', 'a.wav'], number)), ['ok', '', member]);
      desk.login('anna');
      desk.connect(member);
      assert.equal(desk.state.members.get(memberId(member))?.phase.kind, 'talking');
      assert.deepEqual(told(await run(['support', 'a.wav'], number)), ['ok', '', member]);
      const [offer] = desk.state.members.get(memberId(member))?.offers ?? [];
      if (offer !== undefined) desk.step({ type: 'call-ended', offer, by: 'agent', cause: '16' });
    }
    assert.equal(desk.state.members.size, 0);
  });

  it('B51: a number that nobody can call is none; one that is given counts', async () => {
    const { desk, run } = world();
    await run(['support', 'a.wav'], 'anonymous');
    await run(['support', 'b.wav', 'number=555'], 'anonymous');
    assert.deepEqual(
      [...desk.state.members.values()].map(({ number }) => number),
      ['', '555'],
    );
  });

  for (const [args, reason] of [
    [['support', '/etc/passwd'], 'TDM_BAD_VALUE'],
    [['support'], 'TDM_BAD_VALUE'],
    [['support', 'a.wav', 'priority=x'], 'TDM_BAD_VALUE'],
    [['support', 'a.wav', 'urgent'], 'TDM_BAD_VALUE'],
    [['support', 'a.wav', 'number=1;2'], 'TDM_BAD_NUMBER'],
    [['nowhere', 'a.wav'], 'TDM_NOT_FOUND'],
  ] as const)
    it(`B51: ${args.join(',')}: error ${reason}, and nobody waits`, async () => {
      const { desk, run } = world();
      assert.deepEqual(told(await run(args)), ['error', reason, '']);
      assert.equal(desk.state.members.size, 0);
    });

  it('B51: a full queue refuses it', async () => {
    const { run } = world();
    await run(['full', 'a.wav']);
    assert.deepEqual(told(await run(['full', 'b.wav'])), ['refused', 'full', '']);
  });

  it('B51: another Tandem owns the queues: the dialplan tries the other address', async () => {
    const { desk, run } = world();
    desk.isOwner = false;
    assert.deepEqual(told(await run(['support', 'a.wav'])), ['error', 'TDM_STANDBY', '']);
  });

  it('B51: a caller who has hung up by now has left it all the same', async () => {
    const { desk, application } = world();
    const call = callStub(sandbox, { args: ['support', 'a.wav'], signal: AbortSignal.abort(new TandemError('TDM_CALL_GONE', ['gone'])) });
    call.setVariable.rejects(new TandemError('TDM_CALL_GONE', ['gone']));
    await application(call);
    assert.equal(desk.state.members.size, 1);
  });

  it('B51: an engine that does not answer costs 10 s', async () => {
    const { run, timers } = world({ engine: { ...createDesk(config).port, ask: () => new Promise(() => undefined) } });
    const running = run(['support', 'a.wav']);
    await new Promise(setImmediate);
    timers.advance(10_000);
    assert.deepEqual(told(await running), ['error', 'TDM_DEADLINE', '']);
  });
});

describe('messages over the API', () => {
  let api: QueueApi;
  beforeEach(async () => {
    api = await startQueueApi({ queues: { support: {}, sales: {} }, agents: { anna: { contact: 'PJSIP/1' } }, tiers: ['support anna'] });
  });
  afterEach(() => api.close());
  const leave = (body: object, who = 'desk') => api.ask('POST', '/messages', body, who);

  it('B51: left, listed, shown with its queue, taken away', async () => {
    const { status, body } = await leave({ queue: 'support', file: 'a.wav', number: '+4930123', name: 'Eve', priority: 300 });
    assert.equal(status, 200);
    assert.deepEqual(
      [body['presence'], body['message'], body['number'], body['priority'], body['switch'], body['position']],
      ['message', '/var/spool/tandem/a.wav', '+4930123', 300, 'west', 1],
    );
    const again = await leave({ queue: 'support', file: '/var/spool/tandem/a.wav', number: '+4930123' });
    assert.equal(again.body['id'], body['id'], 'the same file is the same message');
    await leave({ queue: 'sales', file: 'b.wav' });
    assert.equal((await api.get('/messages', 'viewer')).body['total'], 2);
    assert.equal((await api.get('/messages?queue=sales', 'viewer')).body['total'], 1);
    assert.equal((await api.get('/queues/support', 'viewer')).body['messages'], 1);
    assert.equal((await api.get('/callbacks', 'viewer')).body['total'], 0);
    assert.deepEqual((await api.ask('DELETE', `/messages/${String(body['id'])}`, undefined, 'desk')).body, { ok: true });
    assert.equal((await api.get('/messages?queue=support', 'viewer')).body['total'], 0);
  });

  it('B51: what is refused changes nothing', async () => {
    const refusals = [
      [{ queue: 'support', file: '/etc/passwd' }, 400, 'TDM_BAD_VALUE'],
      [{ queue: 'support', file: 'a.wav', number: '1;2' }, 400, 'TDM_BAD_NUMBER'],
      [{ queue: 'support' }, 400, 'TDM_BAD_REQUEST'],
      [{ queue: 'support', file: 'a.wav', param: 'x' }, 400, 'TDM_BAD_REQUEST'],
      [{ queue: 'nowhere', file: 'a.wav' }, 404, 'TDM_NOT_FOUND'],
      [{ queue: 'support', file: 'a.wav', switch: 'east' }, 404, 'TDM_NOT_FOUND'],
    ] as const;
    for (const [body, status, code] of refusals) {
      const answer = await leave(body);
      assert.deepEqual([answer.status, answer.body['code']], [status, code], JSON.stringify(body));
    }
    assert.equal((await leave({ queue: 'support', file: 'a.wav' }, 'viewer')).status, 403);
    assert.equal(api.desk.state.members.size, 0);
    const caller = api.desk.call('support');
    assert.equal((await api.ask('DELETE', `/messages/${caller}`, undefined, 'desk')).body['code'], 'TDM_CONFLICT');
  });
});

describe('asterisk: an agent’s leg that hears a message', () => {
  it('B51: file and number travel with the leg; ready is the talk; the leg’s end is its end', async () => {
    const world = await controlWorld();
    try {
      const order = ringOrder({ call: undefined, message: '/var/spool/tandem/1.2.wav' });
      world.control.ring(order);
      const { action, respond } = await world.originate();
      assert.match(JSON.stringify(action), /TANDEM_MESSAGE=\/var\/spool\/tandem\/1\.2\\n/);
      assert.match(JSON.stringify(action), /TANDEM_MESSAGE_NUMBER=5551234/);
      await respond({ Response: 'Success', Reason: '4' });
      const visit = world.control.legs.visit(order);
      visit.hearing();
      visit.hearing();
      assert.deepEqual(
        world.fed.map(({ type }) => type),
        ['agent-answered', 'agent-ready', 'connected'],
      );
      world.timers.advance(3_600_000);
      await world.event(hangup('tandem-o1', 16));
      world.timers.advance(1_000);
      assert.deepEqual(world.fed.slice(3), [{ type: 'call-ended', offer: offerId('o1'), by: 'agent', cause: 'hang-up, cause 16' }]);
    } finally {
      await world.close();
    }
  });
});
