/** The expected wait by the handling times of the last talks, whose sum is kept. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expectedWaitMs, handledMax, handledMin, learnTalk } from '../core/acd/estimate.js';
import { queueId } from '../core/acd/ids.js';
import type { QueueRuntime } from '../core/acd/state.js';
import type { World } from '../core/acd/world.js';

const windowMs = 3_600_000;
const queue = queueId('support');

const runtimeOf = (handled: QueueRuntime['handled']): QueueRuntime => ({
  id: queue,
  lastTier: undefined,
  handled,
  talkMeanS: 0,
  talkCount: 0,
  callsAnswered: 0,
  callsAbandoned: 0,
  emptySinceMs: 0,
  isDraining: false,
});

/** One agent is there: the wait of the first is the mean handling time. */
const meanMs = (runtime: QueueRuntime, nowMs: number): number | undefined =>
  expectedWaitMs(
    {
      nowMs,
      queueOf: () => ({ ewtMethod: 'service-rate', ewtInitialMs: undefined }),
      queueRuntime: () => runtime,
      agentIndex: { counts: () => ({ loggedIn: 1, available: 1, registered: 1 }) },
    } as unknown as World,
    queue,
    1,
  );

/** Told anew from the list each time. */
function plainMeanMs({ handled }: QueueRuntime, nowMs: number): number | undefined {
  const recent = handled.filter(({ atMs }) => atMs > nowMs - windowMs);
  if (recent.length < handledMin) return undefined;
  return Math.round(recent.reduce((sum, { handlingMs }) => sum + handlingMs, 0) / recent.length);
}

describe('expected wait by handling times', () => {
  it('B27: the mean of the last talks of an hour, however they came, also of a list as stored', () => {
    const talk = fc.record({
      afterMs: fc.oneof({ weight: 60, arbitrary: fc.nat(60_000) }, fc.nat(windowMs)),
      talkMs: fc.nat(900_000),
      wrapUpMs: fc.nat(60_000),
    });
    fc.assert(
      fc.property(
        fc.array(talk, { minLength: 1, maxLength: 3 * handledMax, size: 'max' }),
        fc.nat(2 * windowMs),
        fc.nat(handledMax),
        (talks, laterMs, cut) => {
          let nowMs = 1_800_000_000_000;
          let runtime = runtimeOf([]);
          talks.forEach(({ afterMs, talkMs, wrapUpMs }, i) => {
            nowMs += afterMs;
            if (i === cut) runtime = runtimeOf(runtime.handled.map((sample) => ({ ...sample }))); // a restart
            learnTalk(runtime, nowMs, talkMs, wrapUpMs);
            assert.ok(runtime.handled.length <= handledMax);
            assert.equal(meanMs(runtime, nowMs), plainMeanMs(runtime, nowMs));
          });
          assert.equal(meanMs(runtime, nowMs + laterMs), plainMeanMs(runtime, nowMs + laterMs));
        },
      ),
    );
  });
});
