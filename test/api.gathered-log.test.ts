/** Rows of the API log are handed to the store in groups, and none is forgotten (API-5). */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { ApiLogEntry } from '../core/ports.js';
import { gatherApiLog, gatherDefaults } from '../sidecar/gathered-log.js';

const entry = (data: string) => ({ data }) as ApiLogEntry; // the group looks at no other column

describe('gathered API log', () => {
  let clock: sinon.SinonFakeTimers;
  let stored: string[] = [];
  const setup = (options = gatherDefaults) => {
    stored = [];
    return gatherApiLog({ write: ({ data }) => Promise.resolve(void stored.push(data)) }, options);
  };

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    clock.restore();
  });

  it('rows of a few milliseconds go together, in order', async () => {
    const log = setup();
    const written = [log.write(entry('a')), log.write(entry('b'))];
    assert.deepEqual(stored, []);
    clock.tick(gatherDefaults.gatherMs);
    await Promise.all(written);
    assert.deepEqual(stored, ['a', 'b']);
    void log.write(entry('c'));
    clock.tick(gatherDefaults.gatherMs);
    assert.deepEqual(stored, ['a', 'b', 'c']);
  });

  it('a full group does not wait', () => {
    const log = setup({ gatherMs: 1_000, entriesMax: 2 });
    for (const data of ['a', 'b', 'c']) void log.write(entry(data));
    assert.deepEqual(stored, ['a', 'b']);
  });

  it('what waits is handed over before the end', () => {
    const log = setup();
    void log.write(entry('a'));
    log.flush();
    assert.deepEqual(stored, ['a']);
    log.flush();
    assert.deepEqual(stored, ['a']);
  });
});
