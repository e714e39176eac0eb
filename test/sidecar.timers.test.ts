/** The clock of the process: deadlines are met although somebody sets the machine's clock. */
import assert from 'node:assert/strict';
import { createAcdDue } from '../core/services/acd-due.js';
import { createSteadyClock } from '../sidecar/timers.js';
import { createHandTimers } from './support/hand-timers.js';

const hourMs = 3_600_000;

function world() {
  let wallMs = 10 * hourMs;
  const mono = createHandTimers(0);
  const nowMs = createSteadyClock(
    () => wallMs,
    () => mono.nowMs(),
  );
  return {
    nowMs,
    mono,
    /** time passes, as it really does */
    pass: (ms: number): number => {
      wallMs += ms;
      mono.advance(ms);
      return nowMs();
    },
    set: (byMs: number) => void (wallMs += byMs),
  };
}

describe('clock of the process', () => {
  it('is the machine’s while nobody sets that one, and follows it forward', () => {
    const { nowMs, pass, set } = world();
    assert.equal(pass(5_000), 10 * hourMs + 5_000);
    set(hourMs);
    assert.equal(nowMs(), 11 * hourMs + 5_000);
  });

  it('H3: the clock is set back by an hour: time never goes back, passes nearly as fast, and meets the clock again', () => {
    const { nowMs, pass, set } = world();
    set(-hourMs);
    assert.equal(nowMs(), 10 * hourMs);
    assert.equal(pass(10_000), 10 * hourMs + 9_000);
    const wallAfterTenHoursMs = 9 * hourMs + 10_000 + 10 * hourMs;
    for (let i = 0; i < 10; i++) pass(hourMs);
    assert.equal(nowMs(), wallAfterTenHoursMs);
    assert.equal(pass(1_000), wallAfterTenHoursMs + 1_000);
  });

  it('H3: a timer of the queue engine fires in time although the clock was set back meanwhile', () => {
    const { nowMs, mono, pass, set } = world();
    let dueMs: number | undefined = nowMs() + 20_000;
    const due = createAcdDue({
      after: (delayMs, run) => mono.after(delayMs, run),
      nowMs,
      nextDueMs: () => dueMs,
      fire: () => (dueMs = undefined),
    });
    due.arm();
    set(-hourMs);

    for (let s = 0; s < 23; s++) pass(1_000);

    assert.equal(dueMs, undefined);
    due.stop();
  });
});
