/** `callcenter_track` in a dialplan (F99). */
import assert from 'node:assert/strict';
import { switchId, type CallKey } from '../core/acd/ids.js';
import type { Call } from '../core/call.js';
import { createTrackApplication } from '../core/services/track-application.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import { silentLog } from './support/observers.js';

function setUp(args: readonly string[], call: Partial<Call> = {}) {
  const desk = createDesk(deskConfig({ queues: { q: {} }, agents: { 'Ann@default': {} } }));
  const variables: Record<string, string> = {};
  const tracked: (readonly [string, CallKey])[] = [];
  const application = createTrackApplication({
    engine: desk.port,
    tracked: { track: (agent, key) => void tracked.push([agent, key]) },
    switchOf: () => Promise.resolve(switchId('west')),
    log: silentLog,
  });
  const given = {
    uniqueId: 'u1',
    channel: 'sofia/internal/9',
    args,
    query: new Map<string, string>(),
    signal: new AbortController().signal,
    setVariable: (name: string, value: string) => {
      variables[name] = value;
      return Promise.resolve();
    },
    ...call,
  } as unknown as Call;
  return { desk, variables, tracked, run: () => application(given) };
}

describe('callcenter_track', () => {
  it('F99: counts the call for the agent, and the dialplan goes on', async () => {
    const w = setUp(['ann']);
    await w.run();

    assert.deepEqual(w.tracked, [['Ann@default', { switch: 'west', uniqueId: 'u1', channel: 'sofia/internal/9' }]]);
    assert.deepEqual(w.variables, { cc_tracked_agent: 'Ann@default', TANDEM_REASON: '', TANDEM_RESULT: 'ok' });
  });

  it('F99: an unknown agent, none, and a process that does not own the queues are refused', async () => {
    for (const [args, isOwner, reason] of [
      [['nobody'], true, 'TDM_NOT_FOUND'],
      [[], true, 'TDM_NOT_FOUND'],
      [['ann'], false, 'TDM_STANDBY'],
    ] as const) {
      const w = setUp(args);
      w.desk.isOwner = isOwner;
      await w.run();
      assert.deepEqual([w.tracked, w.variables], [[], { TANDEM_REASON: reason, TANDEM_RESULT: 'error' }]);
    }
  });

  it('F99: a call that is gone already is not counted; one that goes at its result is no failure', async () => {
    const gone = setUp(['ann'], { signal: AbortSignal.abort() });
    await gone.run();
    assert.deepEqual(gone.tracked, []);

    const late = setUp(['ann'], { setVariable: () => Promise.reject(new Error('gone')) });
    await late.run();
    assert.equal(late.tracked.length, 1);
  });
});
