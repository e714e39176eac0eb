/** Legs that must go on Asterisk while its manager link has no room (B8). */
import assert from 'node:assert/strict';
import { TandemError } from '../core/errors.js';
import type { AmiLink } from '../sidecar/ami.js';
import { createCanceller } from '../sidecar/switch-asterisk-cancel.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog } from './support/observers.js';

function scene(answers: (TandemError | undefined)[]) {
  const timers = createHandTimers();
  const sent: string[] = [];
  const link: Pick<AmiLink, 'on' | 'onState' | 'action'> = {
    on: () => () => undefined,
    onState: () => () => undefined,
    action: (fields) => {
      sent.push(`${fields['Action']} ${fields['Channel'] as string}`);
      const answer = answers.shift();
      return answer ? Promise.reject(answer) : Promise.resolve({ fields: new Map(), events: [] } as never);
    },
  };
  return { timers, sent, canceller: createCanceller({ link, timers, log: silentLog }) };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('asterisk: legs that must go', () => {
  it('B8: a hang-up for which the link had no room is sent again until it went', async () => {
    const busy = () => new TandemError('TDM_BUSY', ['1000 actions wait']);
    const { timers, sent, canceller } = scene([busy(), busy(), undefined]);
    canceller.hangUp('tandem-1', 16);
    for (let pause = 0; pause < 4; pause++) {
      await settled();
      timers.advance(250);
    }
    await settled();
    assert.deepEqual(sent, Array(3).fill('Hangup tandem-1'));
  });

  it('a refused one is not: there is no such channel, or not yet', async () => {
    const { timers, sent, canceller } = scene([new TandemError('TDM_SWITCH_REFUSED', ['Hangup', 'No such channel'])]);
    canceller.hangUp('tandem-1', 16);
    await settled();
    timers.advance(10_000);
    await settled();
    assert.equal(sent.length, 1);
  });
});
