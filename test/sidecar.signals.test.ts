import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { holdSignals } from '../sidecar/signals.js';
import { silentLog } from './support/observers.js';

describe('signals', () => {
  const never = () => new Promise<void>(() => undefined);

  it('H25: the second signal leaves at once, also while the start is still under way', () => {
    const target = new EventEmitter();
    const codes: number[] = [];
    void holdSignals({ log: silentLog, graceMs: 1, stop: never, reload: never, left: () => ({}) }, target, (code) => codes.push(code));
    target.emit('SIGTERM');
    assert.deepEqual(codes, []);
    target.emit('SIGINT');
    assert.deepEqual(codes, [1]);
  });

  it('H25: resolves when the orderly stop is done, and hears nothing afterwards', async () => {
    const target = new EventEmitter();
    const graces: number[] = [];
    const stopped = holdSignals(
      { log: silentLog, graceMs: 7, stop: (ms) => Promise.resolve(void graces.push(ms)), reload: never, left: () => ({}) },
      target,
      () => assert.fail('left at once'),
    );
    target.emit('SIGTERM');
    await stopped;
    assert.deepEqual([graces, target.listenerCount('SIGTERM'), target.listenerCount('SIGHUP')], [[7], 0, 0]);
  });
});
