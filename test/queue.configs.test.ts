/** The running engine follows what is provisioned (O8, B21). */
import assert from 'node:assert/strict';
import type { AcdConfig } from '../core/acd/config.js';
import { acdSettingsDefaults } from '../core/acd/config.js';
import type { AcdEvent, Answer } from '../core/acd/events.js';
import { TandemError } from '../core/errors.js';
import { createQueueConfigs } from '../core/services/queue-configs.js';
import { createHandTimers, type HandTimers } from './support/hand-timers.js';
import { silentLog } from './support/observers.js';

const empty: AcdConfig = { settings: acdSettingsDefaults, queues: [], agents: [], tiers: [], callers: [] };

/** Turn the clock and let what it began come to its end. */
async function turn(timers: HandTimers, ms: number): Promise<void> {
  timers.advance(ms);
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe('queue configuration', () => {
  const world = () => {
    const asked: AcdEvent[] = [];
    const timers = createHandTimers();
    const w = {
      timers,
      asked,
      revision: 1,
      isOwner: true,
      answer: { ok: true, detail: '' } as Answer,
      failure: undefined as Error | undefined,
    };
    const reload = createQueueConfigs(
      {
        configs: {
          load: () => (w.failure ? Promise.reject(w.failure) : Promise.resolve(empty)),
          revision: () => Promise.resolve(w.revision),
        },
        engine: {
          isOwner: () => w.isOwner,
          ask: (event) => {
            asked.push(event);
            return Promise.resolve(w.answer);
          },
        },
        after: (delayMs, run) => timers.after(delayMs, run),
        log: silentLog,
      },
      { pollMs: 2_000 },
    );
    return Object.assign(w, { reload });
  };

  it('O8: a reload ends in the event "configured"', async () => {
    const w = world();
    await w.reload.reload();
    assert.deepEqual(w.asked, [{ type: 'configured', config: empty }]);
  });

  it('O8: a change by another process is seen by its revision, and asked for once', async () => {
    const w = world();
    await w.reload.reload();
    await turn(w.timers, 2_000);
    await turn(w.timers, 2_000);
    assert.equal(w.asked.length, 1, 'nothing has changed');
    w.revision = 2;
    await turn(w.timers, 2_000);
    await turn(w.timers, 2_000);
    assert.equal(w.asked.length, 2);
  });

  it('B21: what cannot be read leaves the old configuration, and is looked for again', async () => {
    const w = world();
    w.failure = new TandemError('TDM_STORE_DOWN', ['away']);
    await assert.rejects(w.reload.reload(), { code: 'TDM_STORE_DOWN' });
    await turn(w.timers, 2_000);
    assert.deepEqual(w.asked, []);
    w.failure = undefined;
    await turn(w.timers, 2_000);
    assert.equal(w.asked.length, 1);
  });

  it('a process that does not own the queues asks nothing; once it does, it gives what is provisioned now', async () => {
    const w = world();
    w.isOwner = false;
    await w.reload.reload();
    await turn(w.timers, 2_000);
    assert.deepEqual(w.asked, []);
    w.isOwner = true;
    await turn(w.timers, 2_000);
    assert.equal(w.asked.length, 1);
  });

  it('a refusal of the engine is a failure of the reload', async () => {
    const w = world();
    w.answer = { ok: false, code: 'TDM_BAD_VALUE', detail: 'no' };
    await assert.rejects(w.reload.reload(), { code: 'TDM_REFUSED' });
  });

  it('stopped it looks no more', async () => {
    const w = world();
    w.reload.stop();
    await turn(w.timers, 10_000);
    assert.deepEqual(w.asked, []);
  });
});
