/** What one address or one user may take from the others: requests before anybody is known, and open streams. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Request } from 'express';
import type { ApiKey } from '../core/access-ports.js';
import { createAccess, type AccessDeps } from '../sidecar/access.js';
import { digest } from '../sidecar/browser-sessions.js';
import { createStreamShares } from '../sidecar/stream-shares.js';
import { startDialerApi } from './support/dialer-api.js';
import { listFolder } from './support/list-site.js';
import { silentLog } from './support/observers.js';
import { startQueueApi } from './support/queue-api.js';

const right = `tdm_${'k'.repeat(43)}`;
const request = (key: string): Request => ({ headers: { authorization: `Bearer ${key}` } }) as unknown as Request;

function accessOfOneKey() {
  const keys = new Map<string, Partial<ApiKey>>([[digest(right), { id: 'k_1', functions: [], isDisabled: false }]]);
  const deps = {
    addressOf: () => '10.0.0.1',
    keys: { find: (hash: string) => Promise.resolve(keys.get(hash)), used: () => Promise.resolve() },
    nowMs: () => 1_000,
    log: silentLog,
  } as unknown as AccessDeps;
  return { access: createAccess(deps), keys };
}

/** An answer whose end the test says. */
class Answer extends EventEmitter {
  destroyed = false;
}

const basic = (who: string): string => `Basic ${Buffer.from(`${who}:${who}-pass`).toString('base64')}`;

/** A stream that is open until `stop`, or the refusal. */
async function opened(url: string, who: string, stop: AbortController) {
  const answer = await fetch(url, { headers: { authorization: basic(who), accept: 'text/event-stream' }, signal: stop.signal });
  const body = answer.status === 200 ? {} : ((await answer.json()) as { code?: string });
  return [answer.status, body.code] as const;
}

describe('shares of the own API', () => {
  it('B39: a key has proved right by its first use, and not any more by the first that is refused', async () => {
    const { access, keys } = accessOfOneKey();
    assert.equal(access.provenBy(request(right)), undefined);
    await access.identify(request(right));
    assert.equal(access.provenBy(request(right)), digest(right));
    assert.equal(access.provenBy({ headers: {} } as unknown as Request), undefined);

    keys.clear();
    await assert.rejects(access.identify(request(right)), { code: 'TDM_UNAUTHENTICATED' });
    assert.equal(access.provenBy(request(right)), undefined);
  });

  it('B39: wrong keys, however many, do not make a right one forgotten', async () => {
    const { access } = accessOfOneKey();
    await access.identify(request(right));
    for (let n = 0; n < 25_000; n++)
      await assert.rejects(
        access.identify(request(`tdm_${String(n).padStart(43, 'x')}`)),
        n < 300 ? { code: 'TDM_UNAUTHENTICATED' } : { code: 'TDM_TOO_MANY' },
      );
    assert.equal(access.provenBy(request(right)), digest(right));
    assert.equal((await access.identify(request(right))).user, 'k_1');
  });

  it('B25: streams are counted by user until their answers are over', () => {
    const shares = createStreamShares(2);
    const [ann, bob] = [{ id: 'user:ann', user: 'ann' }, { user: 'bob' }];
    const answers = [new Answer(), new Answer()];
    for (const answer of answers) shares.hold(ann, answer as never);
    shares.hold(bob, new Answer() as never);
    assert.throws(() => shares.hold(ann, new Answer() as never), { code: 'TDM_TOO_MANY', message: /2 event streams of ann at once/ });
    for (const answer of answers) answer.emit('close');
    assert.deepEqual([shares.open('user:ann'), shares.open('bob')], [0, 1]);
    shares.hold(ann, new Answer() as never);
  });

  it('B25: who went away while he was looked up takes no place', () => {
    const shares = createStreamShares(1);
    shares.hold({ user: 'ann' }, Object.assign(new Answer(), { destroyed: true }) as never);
    assert.equal(shares.open('ann'), 0);
  });

  it('B25: the stream of the board is one of the streams of a user', async () => {
    const api = await startQueueApi({ queues: { support: {} } }, { access: { streamsPerUserMax: 1 } });
    const stop = new AbortController();
    try {
      const board = (who: string) => opened(`${api.base}/board/stream`, who, stop);
      assert.deepEqual(await board('viewer'), [200, undefined]);
      assert.deepEqual(await board('viewer'), [429, 'TDM_TOO_MANY']);
      assert.deepEqual(await board('boss'), [200, undefined]);
    } finally {
      stop.abort();
      await api.close();
    }
  });

  it('B25: what a campaign does now, and the progress of a list, are streams of the same user', async () => {
    const folder = await listFolder();
    const api = await startDialerApi({ streamsPerUserMax: 1, listFolder: folder.folder });
    const stop = new AbortController();
    try {
      await api.campaign('c1', { country: 'DE' });
      const file = { method: 'POST', body: 'external_id,number\nk1,030 1000001\n', headers: { authorization: basic('operator') } };
      const list = (await (await fetch(`${api.root}/api/v1/dialer/campaigns/c1/lists`, file)).json()) as { readonly id: number };
      const progress = (who: string) => opened(`${api.root}/lists/${String(list.id)}/events`, who, stop);
      assert.deepEqual(await opened(`${api.root}/campaigns/c1/live`, 'reader', stop), [200, undefined]);
      assert.deepEqual(await opened(`${api.root}/campaigns/c1/live`, 'reader', stop), [429, 'TDM_TOO_MANY']);
      assert.deepEqual(await progress('reader'), [429, 'TDM_TOO_MANY']);
      assert.deepEqual(await progress('operator'), [200, undefined]);
    } finally {
      stop.abort();
      await api.close();
      await folder.remove();
    }
  });
});
