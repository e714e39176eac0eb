/** Calls outside the queues count until their channels are gone (F99). */
import assert from 'node:assert/strict';
import { agentId, switchId, type SwitchId } from '../core/acd/ids.js';
import { createTrackedCalls, trackedCallsDefaults } from '../core/services/tracked-calls.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import { createHandTimers } from './support/hand-timers.js';

const fs = switchId('fs');
const call = (uniqueId: string) => ({ switch: fs, uniqueId, channel: uniqueId });

function setUp(options = trackedCallsDefaults) {
  const desk = createDesk(deskConfig({ queues: { q: {} }, agents: { ann: { contact: 'user/1' }, bob: {} }, tiers: ['q ann'] }));
  desk.login('ann');
  const timers = createHandTimers();
  const live = new Set<string>();
  const port = {
    isDown: false,
    /** how long the answer was under way */
    ageMs: 0,
    listChannels() {
      if (this.isDown) return Promise.reject(new Error('down'));
      return Promise.resolve({ askedAtMs: timers.nowMs() - this.ageMs, uniqueIds: live, bridged: new Set<string>() });
    },
  };
  const tracked = createTrackedCalls(
    {
      engine: desk.port,
      ports: new Map<SwitchId, typeof port>([[fs, port]]),
      after: (delayMs, run) => timers.after(delayMs, run),
      nowMs: () => timers.nowMs(),
    },
    options,
  );
  const count = (agent = 'ann') => desk.state.agents.get(agentId(agent))?.externalCalls;
  async function check(): Promise<void> {
    timers.advance(options.checkMs);
    for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  }
  return { desk, tracked, live, port, count, check, timers };
}

describe('tracked calls', () => {
  it('F99: an agent on an outside call is skipped until the switch says that it is over', () => {
    const { desk, tracked, count } = setUp();
    tracked.track(agentId('ann'), call('c1'));
    tracked.track(agentId('ann'), call('c2'));
    desk.call('q');

    assert.deepEqual([count(), desk.state.offers.size], [2, 0]);
    tracked.gone(fs, 'c1');
    tracked.gone(switchId('other'), 'c2');
    assert.deepEqual([count(), desk.state.offers.size], [1, 0]);
    tracked.gone(fs, 'c2');
    assert.deepEqual([count(), desk.state.offers.size], [0, 1]);
  });

  it('F99: the same call counts once, and goes over to another agent', () => {
    const { tracked, count } = setUp();
    tracked.track(agentId('ann'), call('c1'));
    tracked.track(agentId('ann'), call('c1'));
    assert.equal(count(), 1);
    tracked.track(agentId('bob'), call('c1'));

    assert.deepEqual([count('ann'), count('bob'), tracked.count()], [0, 1, 1]);
  });

  it('F99: a hangup that nobody heard of is found in the list of channels; a switch that is down changes nothing', async () => {
    const { tracked, live, port, count, check } = setUp();
    live.add('c1');
    tracked.track(agentId('ann'), call('c1'));
    tracked.track(agentId('ann'), call('c2'));
    port.isDown = true;
    await check();
    assert.equal(count(), 2);
    port.isDown = false;
    await check();
    assert.equal(count(), 1);
  });

  it('F99: a call that is younger than the list of channels is not missed in it', async () => {
    const { tracked, port, count, check } = setUp();
    port.ageMs = trackedCallsDefaults.checkMs + 1;
    tracked.track(agentId('ann'), call('c1'));
    await check();
    assert.equal(count(), 1);
  });

  it('F99: counts from before this process had the queues are forgotten', async () => {
    const { desk, count, check } = setUp();
    desk.step({ type: 'external-calls-changed', agent: agentId('ann'), count: 3 });

    await check();

    assert.equal(count(), 0);
  });

  it('F99: there is a limit', () => {
    const { tracked } = setUp({ ...trackedCallsDefaults, callsMax: 1 });
    tracked.track(agentId('ann'), call('c1'));

    assert.throws(() => tracked.track(agentId('ann'), call('c2')), { code: 'TDM_BUSY' });
    assert.equal(tracked.count(), 1);
  });

  it('F99: after the end nothing is asked any more', async () => {
    const { tracked, timers, check } = setUp();
    tracked.close();
    await check();

    assert.equal(timers.waiting, 0);
  });
});
