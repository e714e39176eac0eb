/** The queue engine's look at what really lives on the switches (design 3). */
import assert from 'node:assert/strict';
import type { AcdEvent } from '../core/acd/events.js';
import { switchId } from '../core/acd/ids.js';
import { TandemError } from '../core/errors.js';
import { acdReconcileDefaults, createAcdReconcile } from '../core/services/acd-reconcile.js';
import type { LiveChannels, SwitchPort } from '../core/switch.js';
import { recordingSwitch, turn } from './support/acd-stub-engine.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog } from './support/observers.js';

const { everyMs, listMsMax, gapMs, secondLookMs } = acdReconcileDefaults;
const [a, b] = [switchId('a'), switchId('b')];
const live: LiveChannels = { askedAtMs: 5, uniqueIds: new Set(['1.1']), bridged: new Set() };

function world() {
  const timers = createHandTimers();
  const meter = recordingMeter();
  const fed: AcdEvent[] = [];
  const asked: string[] = [];
  const up = { a: { isUp: true }, b: { isUp: true } };
  let answer = (): Promise<LiveChannels> => Promise.resolve(live);
  const port = (id: typeof a, state: { isUp: boolean }): SwitchPort => ({
    ...recordingSwitch([], state),
    id,
    listChannels: () => {
      asked.push(id);
      return answer();
    },
  });
  const switches = new Map([
    [a, port(a, up.a)],
    [b, port(b, up.b)],
  ]);
  const after = (delayMs: number, run: () => void) => timers.after(delayMs, run);
  const reconcile = createAcdReconcile({ switches, feed: (event) => void fed.push(event), after, log: silentLog, meter });
  const pass = async (ms: number): Promise<void> => {
    timers.advance(ms);
    await turn();
  };
  return { timers, meter, fed, asked, up, reconcile, pass, answerWith: (next: typeof answer) => void (answer = next) };
}

describe('reconcile of the queue engine', () => {
  it('design 3: at the start and on the timer each switch is asked and the engine is told', async () => {
    const { fed, asked, reconcile, pass } = world();

    reconcile.start();
    await turn();
    assert.deepEqual(fed, [
      { type: 'channels-listed', switch: 'a', ...live },
      { type: 'channels-listed', switch: 'b', ...live },
    ]);
    await pass(secondLookMs);
    assert.deepEqual(asked, ['a', 'b', 'a', 'b'], 'what was too young is judged a little later');
    await pass(everyMs - secondLookMs - 1);
    assert.equal(asked.length, 4);
    await pass(1);
    await pass(everyMs);

    assert.deepEqual(asked, ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
    reconcile.stop();
  });

  it('a switch whose link is down is not asked, and is when the link came up', () => {
    const { asked, up, reconcile } = world();
    up.a.isUp = false;
    reconcile.start();
    assert.deepEqual(asked, ['b']);

    up.a.isUp = true;
    reconcile.cameUp(a);

    assert.deepEqual(asked, ['b', 'a']);
    reconcile.stop();
  });

  it('no storm: however often it is wished, one question at a time, and a pause between two', async () => {
    const { asked, reconcile, pass } = world();
    reconcile.start();
    for (let i = 0; i < 100; i++) reconcile.cameUp(a);
    await turn();
    assert.deepEqual(asked, ['a', 'b']);

    await pass(gapMs - 1);
    assert.equal(asked.length, 2);
    await pass(1);
    assert.deepEqual(asked, ['a', 'b', 'a']);
    await pass(secondLookMs - gapMs);
    assert.deepEqual(asked, ['a', 'b', 'a', 'a', 'b'], 'the second look, once');
    await pass(10 * gapMs);
    assert.equal(asked.length, 5);
    reconcile.stop();
  });

  it('a switch that refuses or does not answer in time tells nothing, and is asked again on the timer', async () => {
    const { fed, asked, meter, reconcile, pass, answerWith } = world();
    answerWith(() => Promise.reject(new TandemError('TDM_SWITCH_DOWN', ['a', 'test'])));
    reconcile.start();
    await turn();
    answerWith(() => new Promise(() => undefined));
    await pass(secondLookMs);
    assert.deepEqual(asked, ['a', 'b', 'a', 'b']);
    answerWith(() => Promise.resolve(live));
    await pass(listMsMax);
    assert.deepEqual(fed, []);
    assert.equal(meter.counted('tandem_acd_reconciles_total').filter(({ outcome }) => outcome === 'failed').length, 4);

    await pass(everyMs);

    assert.equal(fed.length, 2);
    reconcile.stop();
  });

  it('after the stop nothing is asked or told; an answer under way does not count', async () => {
    const { timers, fed, asked, reconcile, pass, answerWith } = world();
    let give: (value: LiveChannels) => void = () => undefined;
    answerWith(() => new Promise((resolve) => void (give = resolve)));
    reconcile.start();

    reconcile.stop();
    give(live);
    reconcile.cameUp(a);
    await pass(10 * everyMs);

    assert.deepEqual([fed.length, asked.length, timers.waiting], [0, 2, 0]);
    answerWith(() => Promise.resolve(live));
    reconcile.start();
    await turn();
    assert.equal(fed.length, 2);
    reconcile.stop();
  });
});
