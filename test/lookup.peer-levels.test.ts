/** what a peer announces in `version`, and what follows from it for lookups, the log and `doctor`. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { cccLevelOf, fitToLevel, peerMismatch } from '../core/cluster/peer-level.js';
import { TandemError } from '../core/errors.js';
import type { PeerAnswer, PeerProfile } from '../core/ports.js';
import { createLookupInsert } from '../core/services/lookup-insert.js';
import { createPeerLevels } from '../core/services/peer-levels.js';
import { silentLog } from './support/observers.js';
import { lookupWorld, peerProfile, profileContainer, stockContainer } from './support/lookup-world.js';

const stock = 'VERSION: 2.14-217|BUILD: 251003-0930|DATE: 2026-11-21 19:03:09|EPOCH: 1795287789|DST: 0|TZ: -5.00|TZNOW: -5.00|\n';
const tandem = stock.replace('|\n', '|CCC: 2|\n');
const ours: Partial<PeerProfile> = { kind: 'tandem', credentials: 'header' };

describe('peer levels', () => {
  it('X-5: the level is read from the answer to version', () => {
    assert.deepEqual([tandem, stock, 'VERSION: 1|CCC: 7|', '<html>', ''].map(cccLevelOf), [2, 0, 7, undefined, undefined]);
  });

  it('X-5: profile and peer that do not go together are told', () => {
    const told = (given: Partial<PeerProfile>, level: number) => peerMismatch(peerProfile(given), level);
    assert.equal(told(ours, 0)?.isBroken, true);
    assert.match(told(ours, 0)?.text ?? '', /stock VICIdial.*credentials: query/);
    assert.equal(told({ ...ours, credentials: 'query' }, 0)?.isBroken, false);
    assert.match(told({ kind: 'vicidial' }, 2)?.text ?? '', /kind: tandem/);
    assert.deepEqual([told(ours, 2), told({ kind: 'vicidial' }, 0), peerMismatch(undefined, 2)], [undefined, undefined, undefined]);
  });

  it('X-5 W-5: a level changes the form of the answer, never how credentials travel', () => {
    const fitted = (given: Partial<PeerProfile>, level: number) => {
      const profile = fitToLevel(profileContainer(given), level).profile;
      return `${profile?.stage ?? ''} ${profile?.credentials ?? ''}`;
    };
    assert.equal(fitted(ours, 2), 'json header');
    assert.equal(fitted({ ...ours, stage: 'csv' }, 2), 'csv header');
    assert.equal(fitted({ ...ours, stage: 'json' }, 0), 'pipe header');
    assert.equal(fitted({ ...ours, stage: 'json', credentials: 'query' }, 0), 'pipe query');
    assert.equal(fitted({ kind: 'vicidial' }, 2), 'pipe query');
    assert.equal(fitToLevel(stockContainer(), 2).profile, undefined);
  });

  /** A peer whose answer the test gives, and a clock. */
  function world(answer: () => Promise<PeerAnswer>) {
    const clock = { ms: 1_000_000 };
    const ask = sinon.spy(answer);
    const warn = sinon.spy();
    const deps = { peers: { ask, describe: () => '' }, log: { ...silentLog, warn }, nowMs: () => clock.ms };
    return { clock, ask, warn, levels: createPeerLevels(deps, { peersMax: 2 }) };
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('X-5: asked once at first use and again after 10 minutes; the profile counts as written meanwhile', async () => {
    const { clock, ask, warn, levels } = world(() => Promise.resolve({ status: 200, body: tandem }));
    const container = profileContainer(ours);
    for (let n = 0; n < 5; n++) assert.equal(levels(container), container);
    await settled();
    assert.equal(levels(container).profile?.stage, 'json');
    assert.equal(ask.callCount, 1);
    clock.ms += 600_000;
    assert.equal(levels(container).profile?.stage, 'json');
    assert.equal(ask.callCount, 2);
    sinon.assert.notCalled(warn);
  });

  it('X-5: a stock peer of kind tandem is told in the log; one that does not answer is asked again after a minute', async () => {
    const { warn, levels } = world(() => Promise.resolve({ status: 200, body: stock }));
    levels(profileContainer(ours));
    await settled();
    sinon.assert.calledOnceWithMatch(warn, { peer: 'alpha', level: 0 }, /stock VICIdial/);

    const dead = world(() => Promise.reject(new TandemError('TDM_REMOTE_FAILED', ['alpha', 'refused'])));
    for (let n = 0; n < 3; n++) {
      const container = profileContainer(ours);
      assert.equal(dead.levels(container), container);
      await settled();
    }
    assert.equal(dead.ask.callCount, 1);
    dead.clock.ms += 60_000;
    dead.levels(profileContainer(ours));
    assert.equal(dead.ask.callCount, 2);
  });

  it('X-5: stock containers and peers of kind vicidial are never asked', () => {
    const { ask, levels } = world(() => Promise.resolve({ status: 200, body: tandem }));
    for (const container of [stockContainer(), profileContainer()]) assert.equal(levels(container), container);
    sinon.assert.notCalled(ask);
  });

  it('X-5: the lookup asks in the form that the peer announced', async () => {
    const lookups = lookupWorld([profileContainer(ours)]);
    const deps = { ...lookups, peerLevels: (container: Parameters<typeof fitToLevel>[0]) => fitToLevel(container, 2) };
    await createLookupInsert(deps)({
      ...{ callerIdName: 'V1211903090001000123', otherNames: () => Promise.resolve([]), callerIdNumber: '', containerId: 'alpha' },
      ...{ listId: undefined, uniqueId: '1.1', channel: 'IAX2/alpha-1', signal: new AbortController().signal },
    });
    assert.equal(lookups.asked[0]?.container.profile?.stage, 'json');
  });
});
