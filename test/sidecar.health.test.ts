import assert from 'node:assert/strict';
import sinon from 'sinon';
import { checkMsMax, createHealth } from '../sidecar/health.js';

describe('health', () => {
  afterEach(() => sinon.restore());

  it('B38: ready while nothing is down; a degraded part is shown but does not take the process out', async () => {
    const health = createHealth();
    health.add(() => ({ name: 'database', state: 'up', reason: '' }));
    health.add(() => ({ name: 'ami:alpha', state: 'degraded', reason: 'connection refused' }));
    assert.deepEqual(await health.report(), {
      ready: true,
      checks: [
        { name: 'database', state: 'up', reason: '' },
        { name: 'ami:alpha', state: 'degraded', reason: 'connection refused' },
      ],
    });
  });

  it('B38: not ready, with the reason, when a check fails, throws or hangs, or when stopping', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const health = createHealth();
    health.add(() => Promise.reject(new Error('database away')));
    health.add(() => new Promise(() => undefined));
    health.stop('stopping');
    const report = health.report();
    await clock.tickAsync(checkMsMax);
    const { ready, checks } = await report;
    assert.equal(ready, false);
    assert.deepEqual(
      checks.map((check) => check.reason),
      ['database away', `no answer within ${String(checkMsMax)} ms`, 'stopping'],
    );
  });
});
