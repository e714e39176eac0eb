/** Lamps of agents (B40): the right word, within a second, without storms, and all again after a link came up. */
import assert from 'node:assert/strict';
import { agentId, switchId } from '../core/acd/ids.js';
import { agentStates, agentStatuses } from '../core/acd/words.js';
import { createAgentLamps, lampLimits } from '../core/services/agent-lamps.js';
import { deviceStateOfLamp, lampWord, presenceOfLamp } from '../core/services/lamp-word.js';
import type { LampFacts, LampWord } from '../core/services/lamp-word.js';
import type { SwitchPort } from '../core/switch.js';
import { createHandTimers } from './support/hand-timers.js';
import { acdConfig, queueEngineStub } from './support/queue-engine-stub.js';

function world(agents: readonly string[] = ['a', 'b'], limits = lampLimits) {
  const engine = queueEngineStub(
    acdConfig(
      [{ id: 'support' }],
      agents.map((id) => ({ id, contact: `PJSIP/${id}` })),
    ),
  );
  const timers = createHandTimers();
  const shown: [string, string, LampWord][] = [];
  const up = new Set(['one', 'two']);
  const port = (name: string) =>
    [
      switchId(name),
      {
        id: switchId(name),
        isUp: () => up.has(name),
        lamp: (agent: string, now: LampFacts) => void shown.push([name, agent, lampWord(now)]),
      } as unknown as SwitchPort,
    ] as const;
  const lamps = createAgentLamps({ engine, ports: new Map([port('one'), port('two')]), after: (ms, run) => timers.after(ms, run) }, limits);
  const login = (id: string) => engine.happen({ type: 'login-asked', agent: id, contact: undefined, standby: undefined, onDemand: false });
  const pause = (id: string) => engine.happen({ type: 'status-asked', agent: id, status: 'On Break', reason: undefined });
  return { engine, timers, shown, up, lamps, login, pause };
}

describe('lamps: what they show', () => {
  const facts = (status: LampFacts['status'], state: LampFacts['state'], wrapUp = false): LampFacts => ({ status, state, wrapUp });
  const cases: readonly (readonly [LampFacts, LampWord, string])[] = [
    [facts('Logged Out', 'Waiting'), 'logged-out', 'UNAVAILABLE'],
    [facts('Available', 'Waiting'), 'free', 'NOT_INUSE'],
    [facts('Available (On Demand)', 'Waiting'), 'free', 'NOT_INUSE'],
    [facts('Available', 'Receiving'), 'ringing', 'RINGING'],
    [facts('Available', 'In a queue call'), 'talking', 'INUSE'],
    [facts('On Break', 'In a queue call'), 'talking', 'INUSE'],
    [facts('Logged Out', 'In a queue call'), 'talking', 'INUSE'],
    [facts('On Break', 'Waiting'), 'paused', 'BUSY'],
    [facts('On Break', 'Waiting', true), 'paused', 'BUSY'],
    [facts('Available', 'Waiting', true), 'wrap-up', 'ONHOLD'],
    [facts('Available (On Demand)', 'Idle'), 'paused', 'BUSY'],
    [facts('Available', 'Reserved'), 'paused', 'BUSY'],
  ];
  for (const [now, word, device] of cases)
    it(`B40: ${now.status}, ${now.state}${now.wrapUp ? ', wrap-up' : ''} is ${word}, ${device}`, () => {
      assert.equal(lampWord(now), word);
      assert.equal(deviceStateOfLamp[word], device);
    });

  it('every status and state has a lamp on both switches', () => {
    for (const status of agentStatuses)
      for (const state of agentStates)
        for (const wrapUp of [false, true]) {
          const word = lampWord({ status, state, wrapUp });
          assert.ok(deviceStateOfLamp[word] && presenceOfLamp[word]);
        }
  });
});

describe('lamps: when they change', () => {
  it('B40: a change is on every switch within a second', () => {
    const w = world();
    w.login('a');
    assert.deepEqual(w.shown, []);
    w.timers.advance(1_000);
    assert.deepEqual(w.shown, [
      ['one', 'a', 'free'],
      ['two', 'a', 'free'],
    ]);
  });

  it('B40: of many changes only the newest goes, and the same not twice', () => {
    const w = world();
    for (let n = 0; n < 50; n++) {
      w.login('a');
      w.pause('a');
    }
    w.timers.advance(lampLimits.gatherMs);
    assert.deepEqual(
      w.shown.filter(([on]) => on === 'one'),
      [['one', 'a', 'paused']],
    );
    w.login('a');
    w.pause('a');
    w.timers.advance(lampLimits.gatherMs);
    assert.equal(w.shown.length, 2);
    assert.equal(w.timers.waiting, 0);
  });

  it('B40: all lamps of a switch after its link came up; nothing to one that is down', () => {
    const w = world();
    w.up.delete('two');
    w.login('a');
    w.timers.advance(1_000);
    assert.deepEqual(w.shown, [['one', 'a', 'free']]);
    w.up.add('two');
    w.lamps.linkUp(switchId('two'));
    w.timers.advance(1_000);
    assert.deepEqual(w.shown.slice(1), [
      ['two', 'a', 'free'],
      ['two', 'b', 'logged-out'],
    ]);
    // the switch may have forgotten: sent again though nothing changed
    w.lamps.linkUp(switchId('two'));
    w.timers.advance(1_000);
    assert.equal(w.shown.length, 5);
  });

  it('B40: thousands of lamps go in bursts, and all arrive', () => {
    const agents = Array.from({ length: 450 }, (_, n) => `a${n}`);
    const w = world(agents);
    w.lamps.refresh();
    w.timers.advance(lampLimits.gatherMs);
    assert.equal(w.shown.length, 2 * lampLimits.burstMax);
    w.timers.advance(10 * lampLimits.gatherMs);
    assert.equal(new Set(w.shown.map(([on, agent]) => `${on} ${agent}`)).size, 900);
    assert.equal(w.timers.waiting, 0);
  });

  it('B21: an agent who is taken out of the provisioning has a dark lamp', () => {
    const w = world();
    w.login('a');
    w.timers.advance(1_000);
    w.engine.happen({ type: 'configured', config: acdConfig([{ id: 'support' }], [{ id: 'b' }]) });
    w.timers.advance(1_000);
    assert.ok(!w.engine.view().agentConfigs.has(agentId('a')));
    assert.deepEqual(w.shown.at(-1), ['two', 'a', 'logged-out']);
  });

  it('B15: only the owner of the queues tells; closed means silent', () => {
    const w = world();
    w.engine.isMine = false;
    w.login('a');
    w.timers.advance(1_000);
    assert.deepEqual(w.shown, []);
    w.lamps.linkUp(switchId('one'));
    w.lamps.refresh();
    w.timers.advance(1_000);
    assert.deepEqual(w.shown, []);
    w.engine.isMine = true;
    w.lamps.refresh();
    w.lamps.close();
    w.login('b');
    w.timers.advance(1_000);
    assert.deepEqual(w.shown, []);
    assert.equal(w.timers.waiting, 0);
  });
});
