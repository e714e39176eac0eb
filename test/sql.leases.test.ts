import assert from 'node:assert/strict';
import { describeStores } from './support/stores.js';

const minuteMs = 60_000;

describeStores('leases', (open) => {
  it('scale-out 7: one of two gets it, the other when it has ended, with a greater fence', async () => {
    const opened = await open();
    const { store: one, other } = opened;
    const { store: two } = await opened.again();

    const first = await one.leases.acquire('acd', 'one', minuteMs);

    assert.ok(first !== undefined && first > 0);
    assert.equal(await two.leases.acquire('acd', 'two', minuteMs), undefined);
    assert.equal(await two.leases.holder('acd'), 'one');
    await other.run('UPDATE tandem_leases SET until_ms = until_ms - ? WHERE name = ?', [2 * minuteMs, 'acd'], { repeatable: true });
    assert.equal(await two.leases.holder('acd'), undefined);
    const second = await two.leases.acquire('acd', 'two', minuteMs);
    assert.ok(second !== undefined && second > first);
    assert.equal(await one.leases.renew('acd', 'one', first, minuteMs), false);
    assert.equal(await two.leases.renew('acd', 'two', second, minuteMs), true);
  });

  it('two at once: exactly one gets it', async () => {
    const opened = await open();
    const { store: two } = await opened.again();

    const fences = await Promise.all([
      opened.store.leases.acquire('acd', 'one', minuteMs),
      two.leases.acquire('acd', 'two', minuteMs),
      opened.store.leases.acquire('acd', 'three', minuteMs),
    ]);

    assert.equal(fences.filter((fence) => fence !== undefined).length, 1);
  });

  it('a renewal lengthens it, also when it ended and nobody took it meanwhile', async () => {
    const { store, other } = await open();
    const fence = (await store.leases.acquire('acd', 'one', minuteMs)) ?? 0;
    await other.run('UPDATE tandem_leases SET until_ms = 1', [], { repeatable: true });

    assert.equal(await store.leases.renew('acd', 'one', fence, minuteMs), true);

    assert.equal(await store.leases.holder('acd'), 'one');
    assert.equal(await store.leases.acquire('acd', 'two', minuteMs), undefined);
  });

  it('a released one is free at once; a stranger cannot release it', async () => {
    const { store } = await open();
    const fence = (await store.leases.acquire('acd', 'one', minuteMs)) ?? 0;

    await store.leases.release('acd', 'two', fence);
    await store.leases.release('acd', 'one', fence + 1);
    assert.equal(await store.leases.holder('acd'), 'one');
    await store.leases.release('acd', 'one', fence);

    assert.equal(await store.leases.holder('acd'), undefined);
    assert.ok(((await store.leases.acquire('acd', 'two', minuteMs)) ?? 0) > fence);
  });

  it('who has it takes it anew with a greater fence, and that of a dead owner is taken before its end', async () => {
    const { store } = await open();
    const first = (await store.leases.acquire('acd', 'one', minuteMs)) ?? 0;

    const again = (await store.leases.acquire('acd', 'one', minuteMs)) ?? 0;
    assert.ok(again > first);
    assert.equal(await store.leases.acquire('acd', 'two', minuteMs, 'somebody'), undefined);
    const after = (await store.leases.acquire('acd', 'two', minuteMs, 'one')) ?? 0;

    assert.ok(after > again);
    assert.equal(await store.leases.renew('acd', 'one', again, minuteMs), false);
  });

  it('names are apart', async () => {
    const { store } = await open();

    assert.ok(await store.leases.acquire('acd', 'one', minuteMs));
    assert.ok(await store.leases.acquire('cron:retention', 'two', minuteMs));
  });
});
