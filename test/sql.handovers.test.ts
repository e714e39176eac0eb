import assert from 'node:assert/strict';
import { leadFields } from '../core/leads/lead.js';
import type { LeadText } from '../core/leads/lead.js';
import type { Db } from '../sql/db.js';
import type { Store } from '../sql/store.js';
import { codeFor, emptyLead, sampleHandover, sampleLead, windowMs } from './support/sample-lead.js';
import { describeStores } from './support/stores.js';

const hostile = `', " \\ | TAB\tCR\rLF\nNUL\0emoji 😀 é € ${'x'.repeat(300)}`;

describeStores('hand-over insert', (open) => {
  it('AGI-5 AGI-6 AGI-8: lead, log row and code belong together', async () => {
    const { store, other } = await open();

    const result = await store.handovers.insert(sampleHandover, codeFor, windowMs);

    assert.deepEqual(result, { leadId: result.leadId, localCode: codeFor(result.leadId), repeated: false, cut: [] });
    const lead = await leadOf(other, result.leadId);
    assert.deepEqual(await storedLead(store, other, result.leadId), sampleLead);
    assert.equal(lead['entry_date'], '2026-11-21 19:03:09');
    assert.equal(Number(lead['entry_list_id']), 501);
    assert.equal(lead['called_since_last_reset'], 'N');
    assert.match(String(lead['modify_date']), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    const [log] = await other.all('SELECT * FROM vicidial_ccc_log');
    assert.deepEqual(
      { ...log },
      {
        call_date: '2026-11-21 19:03:09',
        remote_call_id: 'V1211903090005000001',
        local_call_id: codeFor(result.leadId),
        lead_id: result.leadId,
        uniqueid: '1795305789.17',
        channel: 'IAX2/alpha-1234',
        server_ip: '10.0.0.5',
        list_id: 8199,
        container_id: 'ccc_test',
        remote_lead_id: 5_000_001,
      },
    );
  });

  it('AGI-5: the same key gives the first lead again and no second row', async () => {
    const { store, other } = await open();
    const first = await store.handovers.insert(sampleHandover, codeFor, windowMs);

    const second = await store.handovers.insert({ ...sampleHandover, lead: { ...sampleLead, first_name: 'Other' } }, codeFor, windowMs);

    assert.deepEqual(second, { leadId: first.leadId, localCode: first.localCode, repeated: true, cut: [] });
    assert.equal(await countOf(other, 'vicidial_list'), 1);
    assert.equal(await countOf(other, 'vicidial_ccc_log'), 1);
  });

  it('AGI-5: find gives what insert stored, to any store of the database, within the window', async () => {
    const opened = await open();
    const { store } = opened;
    const key = { peerId: 'alpha', remoteCode: sampleHandover.remoteCode, uniqueId: `1795305789.17${'x'.repeat(200)}` };
    const { leadId, localCode } = await store.handovers.insert({ ...sampleHandover, ...key }, codeFor, windowMs);

    const { store: second } = await opened.again();
    const other = second.handovers;

    assert.deepEqual(await other.find(key, sampleHandover.atMs), { leadId, localCode, phoneNumber: sampleLead.phone_number });
    assert.equal(await other.find(key, sampleHandover.atMs + 1), undefined);
    assert.equal(await other.find({ ...key, peerId: 'beta' }, 0), undefined);
    assert.equal(await other.find({ ...key, remoteCode: 'V1211903090005000002' }, 0), undefined);
    assert.equal(await other.find({ ...key, uniqueId: '1795305789.18' }, 0), undefined);
    await store.provisioning.write([{ table: 'vicidial_list', action: 'delete', key: { lead_id: leadId }, values: {} }]);
    assert.deepEqual(await other.find(key, 0), { leadId, localCode, phoneNumber: '' });
  });

  it('AGI-5: another peer, code or call is another hand-over', async () => {
    const { store, other } = await open();
    const variants = [{}, { peerId: 'beta' }, { remoteCode: 'V1211903090005000002' }, { uniqueId: '1795305789.18' }];

    const results = await Promise.all(
      variants.map((variant) => store.handovers.insert({ ...sampleHandover, ...variant }, codeFor, windowMs)),
    );

    assert.equal(new Set(results.map(({ leadId }) => leadId)).size, 4);
    assert.equal(await countOf(other, 'vicidial_list'), 4);
  });

  it('AGI-5: 20 at once, through two stores, insert one lead', async () => {
    const first = await open();
    const second = await first.again();
    const { store, other } = first;

    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? store : second.store).handovers.insert(sampleHandover, codeFor, windowMs)),
    );

    assert.equal(new Set(results.map(({ leadId }) => leadId)).size, 1);
    assert.equal(results.filter(({ repeated }) => !repeated).length, 1);
    assert.equal(await countOf(other, 'vicidial_list'), 1);
    assert.equal(await countOf(other, 'vicidial_ccc_log'), 1);
  });

  it('AGI-5: after the window the key is free again, for one', async () => {
    const { store, other } = await open();
    const first = await store.handovers.insert(sampleHandover, codeFor, windowMs);
    const later = { ...sampleHandover, atMs: sampleHandover.atMs + windowMs + 1 };

    const results = await Promise.all([1, 2, 3, 4].map(() => store.handovers.insert(later, codeFor, windowMs)));

    assert.equal(new Set(results.map(({ leadId }) => leadId)).size, 1);
    assert.notEqual(results[0]?.leadId, first.leadId);
    assert.equal(results.filter(({ repeated }) => !repeated).length, 1);
    assert.equal(await countOf(other, 'vicidial_list'), 2);
  });

  it('AGI-6: a failure half-way leaves nothing, and the next try is free', async () => {
    const { store, other } = await open();
    const broken = (): string => {
      throw new RangeError('no code today');
    };

    await assert.rejects(store.handovers.insert(sampleHandover, broken, windowMs), /no code today/);

    assert.equal(await countOf(other, 'vicidial_list'), 0);
    assert.equal(await countOf(other, 'vicidial_ccc_log'), 0);
    const result = await store.handovers.insert(sampleHandover, codeFor, windowMs);
    assert.equal(result.repeated, false);
  });

  it('AGI-6, spec 4.5: a failing log insert gives no lead id and takes the lead back', async () => {
    const { store, other } = await open();
    await other.run('DROP TABLE vicidial_ccc_log', [], { repeatable: true });

    await assert.rejects(store.handovers.insert(sampleHandover, codeFor, windowMs), { code: 'TDM_STORE_DOWN' });

    assert.equal(await countOf(other, 'vicidial_list'), 0);
    assert.equal(await countOf(other, 'tandem_handovers'), 0);
  });

  it('AGI-7: empty fields become defaults or NULL, without loss', async () => {
    const { store, other } = await open();

    const { leadId, cut } = await store.handovers.insert({ ...sampleHandover, lead: emptyLead, entryListId: undefined }, codeFor, windowMs);

    assert.deepEqual(cut, []);
    const lead = await leadOf(other, leadId);
    const numbers = ['list_id', 'gmt_offset_now', 'called_count', 'rank', 'entry_list_id'].map((field) => Number(lead[field]));
    assert.deepEqual(numbers, [0, 0, 0, 0, 0]);
    assert.deepEqual([lead['date_of_birth'], lead['last_local_call_time'], lead['gender'], lead['phone_number']], [null, null, 'U', '']);
  });

  it('AGI-7, acceptance 7: hostile text in every field is stored or cut, never shifted, never an error', async () => {
    const { store, other } = await open();
    const lead = Object.fromEntries(leadFields.map((field) => [field, hostile])) as LeadText;

    const { leadId, cut } = await store.handovers.insert(
      { ...sampleHandover, lead, uniqueId: hostile, channel: hostile },
      codeFor,
      windowMs,
    );

    assert.deepEqual(cut, leadFields); // every field was too long, or no number
    const stored = await leadOf(other, leadId);
    const cleaned = Array.from(hostile.replace('\0', ''));
    assert.equal(stored['comments'], cleaned.slice(0, 255).join(''));
    assert.equal(stored['first_name'], cleaned.slice(0, 30).join(''));
    assert.equal(stored['address1'], cleaned.slice(0, 100).join(''));
    assert.equal(stored['middle_initial'], "'");
    assert.equal(Number(stored['list_id']), 0);
    assert.equal(stored['gender'], 'U');
  });

  it('AGI-7: text is cut by characters, not by bytes', async () => {
    const { store, other } = await open();
    const lead = { ...sampleLead, first_name: '😀'.repeat(31), middle_initial: '😀', city: 'é'.repeat(50) };

    const { leadId, cut } = await store.handovers.insert({ ...sampleHandover, lead }, codeFor, windowMs);

    const stored = await leadOf(other, leadId);
    assert.deepEqual([stored['first_name'], stored['middle_initial'], stored['city']], ['😀'.repeat(30), '😀', 'é'.repeat(50)]);
    assert.deepEqual(cut, ['first_name']);
  });

  it('AGI-7: numbers and dates out of range are clamped or NULL, and reported', async () => {
    const { store, other } = await open();
    const lead = {
      ...sampleLead,
      called_count: '70000',
      rank: '-99999',
      gmt_offset_now: '123.45',
      date_of_birth: '2026-02-30',
      last_local_call_time: '0000-00-00 00:00:00',
      list_id: '99999999999999999999',
      gender: 'f',
    };

    const { leadId, cut } = await store.handovers.insert({ ...sampleHandover, lead }, codeFor, windowMs);

    const s = await leadOf(other, leadId);
    assert.deepEqual(
      [s['called_count'], s['rank'], Number(s['gmt_offset_now']), s['date_of_birth'], s['last_local_call_time'], s['list_id'], s['gender']],
      [65_535, -32_768, 99.99, null, null, 0, 'F'],
    );
    assert.deepEqual(cut, ['list_id', 'gmt_offset_now', 'date_of_birth', 'called_count', 'rank']);
  });

  it('W-14: a code of a hand-over of ours is known as ours, the one it came with is not', async () => {
    const { store } = await open();
    const { localCode } = await store.handovers.insert(sampleHandover, codeFor, windowMs);
    assert.equal(await store.handovers.isOwnCode(localCode), true);
    assert.equal(await store.handovers.isOwnCode(sampleHandover.remoteCode), false);
  });

  it('section 7: originOf is the newest log row of a lead', async () => {
    const { store, other } = await open();
    const { leadId } = await store.handovers.insert(sampleHandover, codeFor, windowMs);
    await other.run(
      `INSERT INTO vicidial_ccc_log (call_date, lead_id, container_id, remote_lead_id) VALUES ('2026-11-21 19:10:00', ?, 'newer', 77)`,
      [leadId],
    );

    assert.deepEqual(await store.handovers.originOf(leadId), { containerId: 'newer', remoteLeadId: 77 });
    assert.equal(await store.handovers.originOf(leadId + 1), undefined);
  });
});

async function leadOf(db: Db, leadId: number): Promise<Record<string, string | number | null>> {
  const [row] = await db.all('SELECT * FROM vicidial_list WHERE lead_id = ?', [leadId]);
  assert.ok(row, `no lead ${leadId}`);
  return row;
}

/** The lead as an origin would send it again. */
async function storedLead(store: Store, db: Db, leadId: number): Promise<LeadText | undefined> {
  await db.run(
    `INSERT INTO vicidial_log_extended (uniqueid, call_date, lead_id, caller_code) VALUES ('9.9', '2026-11-21 19:03:09', ?, 'Y1')`,
    [leadId],
  );
  return (await store.proofs.find('extended', 'Y1', 0))?.lead;
}

async function countOf(db: Db, table: string): Promise<number> {
  const [row] = await db.all(`SELECT COUNT(*) AS n FROM ${table}`);
  return Number(row?.['n']);
}
