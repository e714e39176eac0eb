/** The application `agent_leg` at the FastAGI door: announcements, confirm key, connection (asterisk-behaviour 3, way C). */
import assert from 'node:assert/strict';
import { createAgentLeg } from '../agi/agent-leg.js';
import type { LegVisit } from '../agi/leg-ports.js';
import { createAgiServer, type AgiServer } from '../agi/server.js';
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import { TandemError } from '../core/errors.js';
import { connectOrder, ringOrder } from './support/asterisk-control.js';
import { eventually } from './support/eventually.js';
import { dialAgi, type AgiDialog, type DialOptions } from './support/fake-asterisk.js';
import { silentLog, silentMeter } from './support/observers.js';

/** What the session told, in order. */
interface VisitStub extends LegVisit {
  readonly told: string[];
  readonly takeBack: () => void;
}

function visitStub(order: RingOrder, connection: ConnectOrder | TandemError, file?: string): VisitStub {
  const controller = new AbortController();
  const told: string[] = [];
  const say = (text: string) => (): void => void told.push(text);
  return {
    order,
    told,
    signal: controller.signal,
    takeBack: () => controller.abort(),
    answered: say('answered'),
    ready: say('ready'),
    failed: (failure, detail) => void told.push(`failed ${failure}: ${detail}`),
    connectOrder: () => (connection instanceof TandemError ? Promise.reject(connection) : Promise.resolve(connection)),
    record: () => Promise.resolve(file),
    hearing: say('hearing'),
    bridging: say('bridging'),
    bridgeReturned: (result) => void told.push(`returned ${result}`),
    hungUp: say('hung up'),
    sessionLost: say('session lost'),
  };
}

describe('agi: the leg of an agent', () => {
  let server: AgiServer;
  let nowMs = 0;
  afterEach(() => server.close(0));

  async function dial(
    visit: VisitStub | undefined,
    options: Partial<DialOptions> = {},
    { isOwner = true, goodbye }: { isOwner?: boolean; goodbye?: string } = {},
  ): Promise<AgiDialog> {
    const engine = { isOwner: () => isOwner, orderOf: () => visit?.order };
    const legsOf = () => visit && { visit: () => visit };
    const run = createAgentLeg({ engine, legsOf, nowMs: () => nowMs, log: silentLog }, { goodbye });
    server = createAgiServer({ port: 0 }, { agent_leg: run }, { log: silentLog, meter: silentMeter });
    const port = await server.listen();
    return await dialAgi({
      port,
      script: 'agent_leg',
      args: ['o1'],
      fields: { uniqueid: 'tandem-o1', channel: 'PJSIP/1011-1' },
      ...options,
    });
  }
  const order = (overrides: Partial<RingOrder> = {}) => ringOrder(overrides);
  const bridged = (command: string) => (command.startsWith('EXEC Bridge') ? ['200 result=0'] : undefined);
  const hangsAtBridge: Partial<DialOptions> = { hangUpDuring: /^EXEC Bridge/, exitOnHangup: true };

  it('F12: identity for the caller’s display, result first, then the leg bridges itself', async () => {
    const ring = order();
    const visit = visitStub(ring, connectOrder(ring));
    const call = await dial(visit, { answer: bridged, variables: { BRIDGERESULT: 'SUCCESS' } });
    await call.ended;
    assert.deepEqual(call.commands.slice(0, 4), [
      'SET VARIABLE TIMEOUT(absolute) "0"',
      'SET CALLERID "Ann Agent <1011>"',
      'SET VARIABLE TANDEM_RESULT "talked"',
      'EXEC Bridge "PJSIP/1010-00000001,x"',
    ]);
    assert.deepEqual(visit.told, ['answered', 'ready', 'bridging', 'returned SUCCESS']);
    assert.equal(call.variables.get('TANDEM_RESULT'), 'talked');
  });

  it('B51: a message: the key first, then the dialplan goes on with it, and nobody is connected', async () => {
    const ring = order({ call: undefined, message: '/var/spool/tandem/1.wav', confirmKey: '1' });
    const visit = visitStub(ring, new TandemError('TDM_DEADLINE', [1]));
    const call = await dial(visit, { keys: ['1'] });
    await call.ended;
    assert.deepEqual(visit.told, ['answered', 'hearing']);
    assert.equal(call.variables.get('TANDEM_RESULT'), 'message');
    assert.ok(!call.commands.some((command) => command.startsWith('EXEC Bridge')));
  });

  it('F66: without hang-up after the talk the caller’s dialplan goes on', async () => {
    const ring = order();
    const call = await dial(visitStub(ring, connectOrder(ring, { hangUpAfterTalk: false })), { answer: bridged });
    await call.ended;
    assert.ok(call.commands.includes('EXEC Bridge "PJSIP/1010-00000001"'));
  });

  it('the agent hangs up in the talk', async () => {
    const ring = order();
    const visit = visitStub(ring, connectOrder(ring));
    await (
      await dial(visit, hangsAtBridge)
    ).ended;
    assert.deepEqual(visit.told, ['answered', 'ready', 'bridging', 'hung up']);
  });

  it('F28: the leg records when the caller’s channel cannot', async () => {
    const ring = order();
    const call = await dial(visitStub(ring, connectOrder(ring), 'support/1.wav'), { answer: bridged });
    await call.ended;
    assert.ok(call.commands.indexOf('EXEC MixMonitor "support/1.wav,b"') < call.commands.indexOf('EXEC Bridge "PJSIP/1010-00000001,x"'));
  });

  it('F129: announcements in order, then the key; another key is no answer', async () => {
    const ring = order({ announcements: ['one', 'two'], confirmKey: '1' });
    const visit = visitStub(ring, connectOrder(ring));
    const call = await dial(visit, { answer: bridged, keys: ['', '', '5', '1'] });
    await call.ended;
    assert.deepEqual(
      call.commands.filter((command) => /^STREAM|^WAIT/.test(command)),
      ['STREAM FILE one "1*"', 'STREAM FILE two "1*"', 'WAIT FOR DIGIT 500', 'WAIT FOR DIGIT 500'],
    );
    assert.deepEqual(visit.told.slice(0, 2), ['answered', 'ready']);
  });

  it('F129: the key during an announcement skips the rest', async () => {
    const ring = order({ announcements: ['one', 'two'], confirmKey: '1' });
    const call = await dial(visitStub(ring, connectOrder(ring)), { answer: bridged, keys: ['1'] });
    await call.ended;
    assert.ok(!call.commands.some((command) => command.includes('two')));
  });

  it('not confirmed: in time, or by the other key', async () => {
    const ring = order({ confirmKey: '*', confirmMs: 1_000 });
    for (const [keys, detail] of [
      [['#'], 'key #'],
      [[], 'no key'],
    ] as const) {
      nowMs = 0;
      const visit = visitStub(ring, connectOrder(ring));
      const call = await dial(visit, {
        keys,
        answer: (command) => {
          if (command.startsWith('WAIT')) nowMs += 500;
          return undefined;
        },
      });
      await call.ended;
      assert.deepEqual(visit.told, ['answered', `failed not-confirmed: ${detail}`]);
      assert.equal(call.variables.get('TANDEM_RESULT'), 'refused');
      await server.close(0);
    }
  });

  it('a missing announcement does not cost the call', async () => {
    const ring = order({ announcements: ['nosuch'] });
    const visit = visitStub(ring, connectOrder(ring));
    await (
      await dial(visit, { answer: bridged, missing: ['nosuch'] })
    ).ended;
    assert.ok(visit.told.includes('ready'));
  });

  it('B8: the offer is taken back while the agent listens: nothing more is said, the leg is refused', async () => {
    const ring = order({ announcements: ['one', 'two'] });
    const visit = visitStub(ring, connectOrder(ring));
    const call = await dial(visit, {
      answer: (command) => {
        if (command.includes('one')) visit.takeBack();
        return undefined;
      },
    });
    await call.ended;
    assert.ok(!call.commands.some((command) => command.includes('two')));
    assert.deepEqual(visit.told, ['answered']);
  });

  it('no order to connect comes: gone', async () => {
    const visit = visitStub(order(), new TandemError('TDM_CALL_GONE', ['the offer is over']));
    const call = await dial(visit);
    await call.ended;
    assert.equal(call.variables.get('TANDEM_RESULT'), 'gone');
    assert.ok(!call.commands.some((command) => command.startsWith('EXEC Bridge')));
  });

  it('an offer that nobody knows: goodbye, refused', async () => {
    const call = await dial(undefined, {}, { goodbye: 'vm-goodbye' });
    await call.ended;
    assert.ok(call.commands.includes('STREAM FILE vm-goodbye ""'));
    assert.equal(call.variables.get('TANDEM_RESULT'), 'refused');
  });

  it('B4: another channel cannot take the offer of a leg', async () => {
    const ring = order();
    const visit = visitStub(ring, connectOrder(ring));
    const call = await dial(visit, { fields: { uniqueid: '1795300000.99' } });
    await call.ended;
    assert.deepEqual(visit.told, []);
    assert.equal(call.variables.get('TANDEM_RESULT'), 'refused');
  });

  it('B15: another Tandem owns the queues: the dialplan asks the next address', async () => {
    const ring = order();
    const call = await dial(visitStub(ring, connectOrder(ring)), {}, { isOwner: false });
    await call.ended;
    assert.deepEqual([call.variables.get('TANDEM_RESULT'), call.variables.get('TANDEM_REASON')], ['error', 'TDM_STANDBY']);
  });

  it('B5: a stop does not wait for a talk: the session goes, the bridge stays', async () => {
    const ring = order();
    const visit = visitStub(ring, connectOrder(ring));
    const call = await dial(visit, { answer: (command) => (command.startsWith('EXEC Bridge') ? null : undefined) });
    await call.commandLike(/^EXEC Bridge/);
    const startedAtMs = Date.now();
    assert.equal(await server.close(5_000), 0);
    assert.ok(Date.now() - startedAtMs < 1_000);
    await eventually(
      () => visit.told.at(-1),
      (last) => last === 'session lost',
    );
  });
});
