import assert from 'node:assert/strict';
import type { Db } from '../sql/db.js';
import { sampleLead } from './support/sample-lead.js';
import { describeStores, startMs } from './support/stores.js';

const code = 'V1211903090001000123';
const tenHoursAgo = startMs - 36_000_000;

describeStores('proof lookup', (open) => {
  it('3.3 step 7: strictly later than the window, to the second', async () => {
    const { store, other } = await open();
    await addProof(other, '1.1', 1, '2026-11-21 09:03:09'); // exactly ten hours old

    assert.equal(await store.proofs.find('extended', code, tenHoursAgo), undefined);
    assert.equal((await store.proofs.find('extended', code, tenHoursAgo - 1000))?.leadId, 1);
    assert.equal(await store.proofs.find('dial', code, tenHoursAgo - 1000), undefined);
  });

  it('3.3: of several rows the newest counts, and its call date is told', async () => {
    const { store, other } = await open();
    await addProof(other, '1.1', 1, '2026-11-21 18:00:00');
    await addProof(other, '1.2', 2, '2026-11-21 19:00:00');
    await addProof(other, '1.3', 3, '2026-11-21 17:00:00');

    const found = await store.proofs.find('extended', code, tenHoursAgo);

    assert.deepEqual([found?.leadId, found?.callDateMs, found?.lead], [2, startMs - 189_000, undefined]);
  });

  it('3.2: the lead comes as text: NULL empty, two decimals, dates as stored', async () => {
    const { store, other } = await open();
    await other.run(
      `INSERT INTO vicidial_list (lead_id, phone_number, gmt_offset_now, date_of_birth, first_name) VALUES (7, '123', -4, '1980-02-29', 'Zoë 😀')`,
      [],
      {
        repeatable: true,
      },
    );
    await addProof(other, '1.1', 7, '2026-11-21 19:00:00');

    const lead = (await store.proofs.find('extended', code, tenHoursAgo))?.lead;

    const expected = {
      ...Object.fromEntries(Object.keys(sampleLead).map((field) => [field, ''])),
      list_id: '0',
      called_count: '0',
      rank: '0',
      gender: 'U',
    };
    assert.deepEqual(lead, {
      ...expected,
      phone_number: '123',
      gmt_offset_now: '-4.00',
      date_of_birth: '1980-02-29',
      first_name: 'Zoë 😀',
    });
  });

  it('3.2: NULL hours are empty, zero dates stay as stored', async () => {
    const { store, other } = await open();
    await other.session(async (statements) => {
      if (other.dialect === 'mysql') await statements.run(`SET SESSION sql_mode = ''`);
      await statements.run(
        `INSERT INTO vicidial_list (lead_id, phone_number, gmt_offset_now, date_of_birth, last_local_call_time) VALUES (7, '1', NULL, '0000-00-00', '0000-00-00 00:00:00')`,
      );
    });
    await addProof(other, '1.1', 7, '2026-11-21 19:00:00');

    const lead = (await store.proofs.find('extended', code, tenHoursAgo))?.lead;

    assert.deepEqual([lead?.gmt_offset_now, lead?.date_of_birth, lead?.last_local_call_time], ['', '0000-00-00', '0000-00-00 00:00:00']);
  });

  it('a lead that has our separator in it is read all the same', async () => {
    const { store, other } = await open();
    await other.run(`INSERT INTO vicidial_list (lead_id, phone_number, comments) VALUES (7, '1', ?)`, ['a\x1fb']);
    await addProof(other, '1.1', 7, '2026-11-21 19:00:00');

    assert.equal((await store.proofs.find('extended', code, tenHoursAgo))?.lead?.comments, 'a\x1fb');
  });

  it('DB-2: a row written by another program counts at once, nothing negative is remembered', async () => {
    const { store, other } = await open();
    assert.equal(await store.proofs.find('extended', code, tenHoursAgo), undefined);
    await addProof(other, '1.1', 7, '2026-11-21 19:00:00');
    assert.equal((await store.proofs.find('extended', code, tenHoursAgo))?.lead, undefined);
    await other.run(`INSERT INTO vicidial_list (lead_id, phone_number) VALUES (7, '99')`, [], { repeatable: true });

    assert.equal((await store.proofs.find('extended', code, tenHoursAgo))?.lead?.phone_number, '99');
  });

  it('2.3: our own proofs are found; a later leg with the same uniqueid replaces the code', async () => {
    const { store } = await open();
    const proof = {
      log: 'extended',
      code,
      leadId: 7,
      uniqueId: '1.1',
      serverIp: '10.0.0.5',
      channel: 'c',
      context: 'x',
      extension: '1',
      atMs: startMs,
    } as const;
    await store.proofs.record(proof);
    await store.proofs.record({ ...proof, code: 'Y1211903090001000124' });
    await store.proofs.record({ ...proof, log: 'dial', code: 'DC287000W0001000123W', uniqueId: 'u'.repeat(60) });

    assert.equal(await store.proofs.find('extended', code, tenHoursAgo), undefined);
    assert.equal((await store.proofs.find('extended', 'Y1211903090001000124', tenHoursAgo))?.leadId, 7);
    assert.equal((await store.proofs.find('dial', 'DC287000W0001000123W', tenHoursAgo))?.callDateMs, Math.floor(startMs / 1000) * 1000);
  });

  it('W-7: of 20 at once one takes a code, per account', async () => {
    const first = await open();
    const second = await first.again();
    const taker = (address: string, atMs = startMs) => ({ address, atMs, retryMs: 30_000 });

    const took = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? first : second).store.proofs.takeOnce('alpha', code, taker(`10.1.1.${i}`))),
    );

    assert.equal(took.filter(Boolean).length, 1);
    assert.equal(await first.store.proofs.takeOnce('beta', code, taker('10.1.1.99')), true);
    assert.equal(await first.store.proofs.takeOnce('alpha', code, taker('10.1.1.99', startMs + 1000)), false);
  });

  it('W-7: the taker may ask again for a while, at any node, nobody else may', async () => {
    const first = await open();
    const second = await first.again();
    const address = '2001:0db8:0001:0002:0003:0004:0005:0006%eth0.1234';
    const take = (afterMs: number, from = address, account = 'alpha') =>
      second.store.proofs.takeOnce(account, code, { address: from, atMs: startMs + afterMs, retryMs: 30_000 });

    assert.equal(await first.store.proofs.takeOnce('alpha', code, { address, atMs: startMs, retryMs: 30_000 }), true);

    assert.deepEqual([await take(0), await take(29_999), await take(30_000)], [true, true, false]);
    assert.equal(await take(1, '10.1.1.1'), false);
  });
});

async function addProof(db: Db, uniqueId: string, leadId: number, at: string): Promise<void> {
  await db.run(`INSERT INTO vicidial_log_extended (uniqueid, call_date, lead_id, caller_code) VALUES (?, ?, ?, ?)`, [
    uniqueId,
    at,
    leadId,
    code,
  ]);
}
