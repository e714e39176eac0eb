/** What became of a caller's channel when its session ended with HANGUP. */
import assert from 'node:assert/strict';
import { ChannelFate } from '../agi/channel-fate.js';
import { noWatch, type ChannelListener, type ChannelWatch } from '../agi/channel-watch.js';
import { createHandTimers } from './support/hand-timers.js';

describe('agi: fate of a channel', () => {
  function scene(lives: readonly (boolean | undefined)[]) {
    const timers = createHandTimers();
    const advance = async (ms: number): Promise<void> => {
      timers.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
    };
    const answers = [...lives];
    let listener: ChannelListener = {};
    const watch: ChannelWatch = {
      ...noWatch,
      isUp: () => true,
      watch: (_id, to) => ((listener = to), () => undefined),
      lives: () => Promise.resolve(answers.shift()),
    };
    const unsure: number[] = [];
    const fate = new ChannelFate(watch, (ms, run) => timers.after(ms, run), 'c1');
    return { advance, unsure, news: () => listener, known: fate.known(false, () => unsure.push(timers.nowMs())), answers };
  }

  it('B8: news of the hang-up that come late, on a busy switch: it was a hang-up', async () => {
    const { advance, unsure, known, news } = scene([true, true]);
    await advance(150);
    assert.equal(unsure.length, 1);
    await advance(300);
    news().gone?.();
    assert.equal(await known, 'gone');
  });

  it('no news at all, and the switch knows no such channel: it was a hang-up', async () => {
    const { advance, known } = scene([true, false]);
    await advance(150);
    await advance(250);
    assert.equal(await known, 'gone');
  });

  it('a channel that lives on is in other hands', async () => {
    const { advance, known, answers } = scene([true, true, true, true]);
    for (const ms of [150, 250, 250, 250, 250]) await advance(ms);
    assert.equal(await known, 'elsewhere');
    assert.equal(answers.length, 0);
  });

  it('news in time: nobody is asked', async () => {
    const { unsure, known, news, answers } = scene([true]);
    news().gone?.();
    assert.equal(await known, 'gone');
    assert.deepEqual([unsure.length, answers.length], [0, 1]);
  });
});
