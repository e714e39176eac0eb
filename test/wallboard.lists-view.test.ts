/** What the page says of a campaign's lists: pure, without a browser. */
import assert from 'node:assert/strict';
import {
  actionsOf,
  isAskedFirst,
  isUnderWay,
  leftMs,
  listActions,
  listStates,
  loadQuery,
  newestFirst,
  shareOf,
  type ListRow,
} from '../sidecar/wallboard/lib/lists.js';

const row = (more: Partial<ListRow> = {}): ListRow => ({
  ...{ id: 1, name: 'May', state: 'loading', running: true, rowsRead: 0, stored: 0, duplicates: 0, invalid: 0, blocked: 0, noTimeZone: 0 },
  ...{ bytesRead: 0 },
  ...more,
});

describe('wallboard: lists of a campaign', () => {
  it('B49: what can be done with a list follows from its state', () => {
    const by = Object.fromEntries(listStates.map((state) => [state, actionsOf({ state, running: false })]));
    assert.deepEqual(by, {
      loading: [],
      inactive: ['activate', 'unload'],
      active: ['deactivate', 'unload'],
      failed: ['unload'],
      unloaded: [],
    });
    // also a list that is dialled while it is loaded
    for (const state of listStates) assert.deepEqual(actionsOf({ state, running: true }), ['cancel']);
  });

  it('B49: what calls people, or cannot be taken back, is asked for first', () => {
    assert.deepEqual(listActions.filter(isAskedFirst), ['activate', 'cancel', 'unload']);
  });

  it('B49: a load is under way here, or waits for the server that goes on with it', () => {
    assert.equal(isUnderWay({ state: 'loading', running: false }), true);
    assert.equal(isUnderWay({ state: 'active', running: true }), true);
    assert.equal(isUnderWay({ state: 'active', running: false }), false);
  });

  it('B49: how far it is, and how long it may take: only when that is known', () => {
    assert.equal(shareOf(row({ bytes: 200, bytesRead: 50 })), 0.25);
    assert.equal(shareOf(row({ bytes: 200, bytesRead: 250 })), 1);
    assert.equal(shareOf(row({ bytesRead: 50 })), undefined);
    assert.equal(shareOf(row({ bytes: 0 })), undefined);
    assert.equal(leftMs(row({ bytes: 4_000, bytesRead: 1_000, rowsRead: 100, rowsPerSecond: 50 })), 6_000);
    assert.equal(leftMs(row({ bytes: 4_000, bytesRead: 1_000, rowsRead: 100, rowsPerSecond: 0 })), undefined);
    assert.equal(leftMs(row({ bytes: 4_000, rowsPerSecond: 50 })), undefined);
    assert.equal(leftMs(row({ bytesRead: 10, rowsPerSecond: 50 })), undefined);
  });

  it('the newest list comes first', () => {
    assert.deepEqual(
      newestFirst([row({ id: 2 }), row({ id: 10 }), row({ id: 9 })]).map(({ id }) => id),
      [10, 9, 2],
    );
  });

  it('B49: the form says how the file is read; a country that is none is told before anything is sent', () => {
    const wish = { fileName: 'a b.csv', country: ' de', encoding: 'utf-8', duplicates: 'skip', activate: false };
    assert.equal(String(loadQuery(wish)), 'name=a+b.csv&encoding=utf-8&duplicates=skip&activate=no&country=DE');
    assert.equal(String(loadQuery({ ...wish, country: '', activate: true })), 'name=a+b.csv&encoding=utf-8&duplicates=skip&activate=yes');
    assert.equal(loadQuery({ ...wish, country: 'GER' }), 'wrong-country');
    assert.equal(loadQuery({ ...wish, country: 'd1' }), 'wrong-country');
  });
});
