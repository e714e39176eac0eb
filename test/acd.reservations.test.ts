/** Reservations of a former life (E6): what stories (test/scenarios/acd/needs/E6-*) do not show. */
import assert from 'node:assert/strict';
import { createAcdEngine } from '../core/acd/create-engine.js';
import { agentId } from '../core/acd/ids.js';
import { brokenInvariants } from '../core/acd/invariants.js';
import type { Agent } from '../core/acd/state.js';
import { deskConfig } from './support/engine-desk.js';

const site = {
  queues: { support: {} },
  agents: { anna: { contact: 'PJSIP/1' }, ben: { contact: 'PJSIP/2' } },
  tiers: ['support anna', 'support ben'],
};

describe('reservations after a restart', () => {
  const startMs = 1_000_000_000_000;
  /** An engine that begins with these phases, as the database gives them back. */
  function restored(phases: Readonly<Record<string, Agent['phase']>>, nowMs = startMs) {
    const start = { config: deskConfig(site), instance: 'a', seed: 1, nowMs };
    const rows = [...createAcdEngine(start).state.agents.values()].map((agent): Agent => {
      const row = { ...agent, status: 'Available', phase: phases[agent.id] ?? agent.phase };
      return JSON.parse(JSON.stringify(row)) as Agent;
    });
    const engine = createAcdEngine({ ...start, stored: { members: [], agents: rows, offers: [], queues: [], system: undefined } });
    const { effects, changes } = engine.begin();
    const ended = effects.flatMap((effect) =>
      effect.type === 'notice' && effect.notice.type === 'reservation-ended' ? [effect.notice] : [],
    );
    return { engine, ended, changes };
  }
  const held = (by: string, untilMs: number): Agent['phase'] => ({ kind: 'reserved', by, untilMs });

  it('E6: rows of an older release share a key: each agent has one of his own, which is stored', () => {
    const { engine, changes } = restored({ anna: held('dialer', startMs + 9_000), ben: held('dialer', startMs + 9_000) });
    assert.deepEqual(brokenInvariants(engine.state), []);
    assert.deepEqual([engine.state.agentHeldBy('dialer'), engine.state.agentHeldBy('dialer:ben')], ['anna', 'ben']);
    assert.ok([...changes.agents].some((id) => id === 'ben'));
  });

  it('E6: one whose time passed while nobody ran is over, with news', () => {
    const { engine, ended } = restored({ anna: held('k1', startMs - 1) });
    assert.deepEqual(ended, [{ type: 'reservation-ended', agent: 'anna', by: 'k1', queue: undefined, reason: 'expired' }]);
    assert.equal(engine.state.agentHeldBy('k1'), undefined);
  });
});

describe('bare reservations', () => {
  const startMs = 1_000_000_000_000;
  const reserve = (isBare?: boolean) => ({
    ...({ type: 'reserve-asked', agent: 'anna', by: 'vc:k1', untilMs: startMs + 60_000 } as const),
    ...(isBare !== undefined && { isBare }),
  });

  for (const [what, wishes, stays] of [
    ['one that was asked for bare', [true], true],
    ['one that becomes bare, as wrap-up after a talk that the queues did not see', [undefined, true], true],
    ['one that is bare no longer', [true, false], false],
    ['any other', [undefined], false],
  ] as const)
    it(`B19: ${what} ${stays ? 'outlives' : 'ends with'} a telephone that is busy`, () => {
      const engine = createAcdEngine({ config: deskConfig(site), instance: 'a', seed: 1, nowMs: startMs });
      engine.begin();
      engine.step({ type: 'login-asked', agent: 'anna', contact: undefined, standby: undefined, onDemand: false }, startMs);
      for (const isBare of wishes) assert.ok(engine.step(reserve(isBare), startMs).answer.ok);
      engine.step({ type: 'device-changed', agent: agentId('anna'), device: 'in-use' }, startMs + 1);
      assert.equal(engine.state.agentHeldBy('vc:k1'), stays ? 'anna' : undefined);
      assert.deepEqual(brokenInvariants(engine.state), []);
    });
});
