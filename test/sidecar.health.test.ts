import assert from 'node:assert/strict';
import sinon from 'sinon';
import { checkMsMax, createHealth } from '../sidecar/health.js';

describe('health', () => {
  afterEach(() => sinon.restore());

  it('B38: ready while nothing is down; a degraded part is shown but does not take the process out', async () => {
    const health = createHealth();
    health.add('database', () => ({ name: 'database', state: 'up', reason: '' }));
    health.add('ami:alpha', () => ({ name: 'ami:alpha', state: 'degraded', reason: 'connection refused' }));
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
    health.add('database', () => Promise.reject(new Error('database away')));
    health.add('link', () => new Promise(() => undefined));
    health.stop('stopping');
    const report = health.report();
    await clock.tickAsync(checkMsMax);
    const { ready, checks } = await report;
    assert.equal(ready, false);
    assert.deepEqual(
      checks.map((check) => `${check.name}: ${check.reason}`),
      ['database: database away', `link: no answer within ${String(checkMsMax)} ms`, 'process: stopping'],
    );
  });
});
