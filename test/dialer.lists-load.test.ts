/** Loading lists (dialer.md B7, features B49 and E81): counts, refused lines, going on after a crash, duplicates, suppression, limits. */
import assert from 'node:assert/strict';
import { aCampaign, aDnc, anEntry } from './support/dialer-rows.js';
import { contactsIn, listFolder, listProcess, type SiteOptions } from './support/list-site.js';
import { describeStores } from './support/stores.js';

const head = 'external_id,number,name\n';
const line = (i: number): string => `k${String(i)},030 ${String(1_000_000 + i)},Customer ${String(i)}\n`;
const rows = (n: number, from = 0): string => Array.from({ length: n }, (_, i) => line(from + i)).join('');
const berlin = aCampaign('c1', { country: 'DE', client: 'acme' });

describeStores('dialer: loading lists', (open) => {
  let folder: Awaited<ReturnType<typeof listFolder>>;
  beforeEach(async () => {
    folder = await listFolder();
  });
  afterEach(() => folder.remove());

  async function site(options: SiteOptions = {}, campaign = berlin) {
    const { store } = await open();
    const stored = await store.dialer.putCampaign({ ...campaign, revision: 0 }, anEntry());
    return { store, campaign: stored, ...listProcess(store, folder.folder, 'own-1', options) };
  }

  it('B49: every row is read once: stored, refused with its line and reason, told in the counts; the list is dialled when it is whole', async () => {
    const { store, campaign, whole, rejects, woken } = await site();
    const text = `${head}${rows(25)}k90,4.9E+11,Excel\n${rows(5, 30)}"k91,0301,open\nk92,301234567,lost zero\n`;
    const job = await whole(campaign, text);
    assert.deepEqual(
      [job.state, job.rowsRead, job.stored, job.invalid, job.duplicates, job.blocked, job.problem],
      ['active', 33, 30, 3, 0, 0, undefined],
    );
    assert.equal(job.offset, Buffer.byteLength(text));
    assert.deepEqual(
      (await rejects(job)).map((one) => one.split(',').slice(0, 3).join(' ')),
      ['27 number scientific-notation', '33  quote', '34 number lost-prefix'],
    );
    const contacts = await contactsIn(store);
    assert.equal(contacts.length, 30);
    assert.deepEqual(
      [contacts[0]?.customerNumber, contacts[0]?.campaignContactId, contacts[0]?.data, contacts[0]?.listId],
      ['+49301000000', 'k0', { name: 'Customer 0' }, job.id],
    );
    assert.deepEqual(woken, ['c1']);
    assert.deepEqual(await folder.files(), [`${String(job.id)}.rejects.csv`], 'the file itself is kept no longer');
  });

  it('B49: gzip, a byte order mark, Windows line ends, semicolons', async () => {
    const { store, campaign, whole } = await site();
    const text = `\ufeffKundennr;Telefon;Name\r\n1;030 1234567;"Müller; Ö"\r\n2;030 1234568;\r\n`;
    const job = await whole(campaign, text, { mapping: { id: 'Kundennr', number: 'Telefon' } }, true);
    assert.deepEqual([job.stored, job.invalid], [2, 0]);
    assert.deepEqual((await contactsIn(store))[0]?.data, { Name: 'Müller; Ö' });
  });

  it('B49: the same list again stores nothing, and is no second call to anybody', async () => {
    const { store, campaign, whole } = await site();
    await whole(campaign, head + rows(25));
    const before = await contactsIn(store);
    const job = await whole(campaign, head + rows(25));
    assert.deepEqual([job.stored, job.duplicates, job.rowsRead], [0, 25, 25]);
    assert.deepEqual(await contactsIn(store), before);
  });

  it('B49: a renewed list replaces what was not called yet', async () => {
    const { store, campaign, whole } = await site();
    await whole(campaign, head + rows(3));
    const job = await whole(campaign, `${head}k1,030 1000001,New name\n`, { duplicates: 'replace' });
    assert.deepEqual([job.stored, job.duplicates], [1, 0]);
    const contacts = await contactsIn(store);
    assert.equal(contacts.length, 3);
    assert.deepEqual(contacts.find(({ campaignContactId }) => campaignContactId === 'k1')?.data, { name: 'New name' });
  });

  it('B49: numbers twice: left out in the campaign, or kept when that is wanted, also without ids', async () => {
    const { store, campaign, whole } = await site();
    const text = 'number\n030 1234567\n+49 30 1234567\n';
    assert.deepEqual(await whole(campaign, text).then(({ stored, duplicates }) => [stored, duplicates]), [1, 1]);
    assert.deepEqual(
      await whole(campaign, `${head}x1,030 1234567,a\nx2,030 1234567,b\n`, { duplicates: 'allow' }).then(({ stored }) => stored),
      2,
    );
    assert.deepEqual(await whole(campaign, text, { duplicates: 'allow', name: 'twice' }).then(({ stored }) => stored), 2);
    assert.equal((await contactsIn(store)).length, 5);
    assert.deepEqual(
      await whole(campaign, text, { duplicates: 'allow', name: 'twice' }).then(({ duplicates }) => duplicates),
      2,
      'the same file again',
    );
  });

  it('B13: numbers that must not be called are told and left out, whoever suppressed them; those of others count not', async () => {
    const { store, campaign, whole, rejects } = await site({}, aCampaign('c1', { country: 'DE', client: 'acme', profile: 'uk' }));
    await store.dialer.addDnc(
      [
        aDnc('49301000000'),
        aDnc('49301000001', { scope: 'client:acme' }),
        aDnc('49301000002', { scope: 'campaign:c1' }),
        aDnc('49301000003', { scope: 'client:other' }),
        aDnc('49301000004', { scope: 'campaign:c2' }),
        aDnc('49301000005', { scope: 'national:none-of-this-profile' }),
        aDnc('4930100001', { isPrefix: true }),
      ],
      anEntry(),
    );
    const job = await whole(campaign, head + rows(20));
    assert.deepEqual([job.stored, job.blocked, job.invalid], [7, 13, 0]);
    assert.deepEqual(
      (await rejects(job)).slice(0, 3).map((one) => one.split(',').slice(0, 3).join(' ')),
      ['2 number blocked-dnc', '3 number blocked-dnc', '4 number blocked-dnc'],
    );
    const again = await whole(campaign, head + rows(20), { blocked: 'store' });
    assert.deepEqual([again.stored, again.duplicates, again.blocked], [13, 7, 13]);
  });

  it('B13: contacts whose time zone nobody knows are told, and stored', async () => {
    const { campaign, whole } = await site({}, aCampaign('c1', { country: '' }));
    const job = await whole(campaign, 'number,tz\n4711,\n4712,Europe/Berlin\n');
    assert.deepEqual([job.stored, job.noTimeZone], [2, 1]);
  });

  for (const when of ['before the batch is stored', 'after the batch is stored, before anybody hears of it'] as const)
    it(`E81: a process that dies ${when}: the next one goes on, no row twice, none lost`, async () => {
      const { store, campaign, load } = await site({
        load: async (real, ...args) => {
          const isThird = args[3].rowsRead > 20;
          if (!isThird || when.startsWith('after')) {
            const done = await real(...args);
            if (!isThird) return done;
          }
          return new Promise(() => undefined); // it never hears of it: it is dead
        },
      });
      // bad lines in every batch, so that their file is looked at too
      const text = head + Array.from({ length: 60 }, (_, i) => line(i) + (i % 5 === 0 ? `bad${String(i)},x,\n` : '')).join('');
      const job = await load(campaign, text);
      for (let i = 0; i < 200 && ((await store.dialer.lists.find(job.id))?.rowsRead ?? 0) < 12; i++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 30));

      const next = listProcess(store, folder.folder, 'own-2', { isDeadOwner: (name) => name === 'own-1' });
      next.jobs.start();
      const done = await next.ended(job);
      await next.jobs.close();

      assert.deepEqual([done.state, done.rowsRead, done.stored, done.invalid, done.duplicates], ['active', 72, 60, 12, 0]);
      const contacts = await contactsIn(store);
      assert.equal(new Set(contacts.map(({ campaignContactId }) => campaignContactId)).size, 60);
      assert.equal(contacts.length, 60);
      assert.deepEqual(
        (await next.rejects(job)).map((one) => Number(one.split(',')[0])),
        Array.from({ length: 12 }, (_, i) => 3 + i * 6),
      );
    });

  it('E81: the same file sent again to another server goes on where the first one stopped', async () => {
    const { store, campaign, load } = await site({
      load: (real, ...args) => (args[3].rowsRead > 20 ? new Promise(() => undefined) : real(...args)),
    });
    const job = await load(campaign, head + rows(50));
    for (let i = 0; i < 200 && (await store.dialer.lists.find(job.id))?.rowsRead !== 20; i++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const other = await listFolder();
    const next = listProcess(store, other.folder, 'own-2', { isDeadOwner: (name) => name === 'own-1' });
    const done = await next.whole(campaign, head + rows(50));
    await other.remove();
    assert.equal(done.id, job.id);
    assert.deepEqual([done.stored, done.duplicates, done.rowsRead], [50, 0, 50]);
  });

  it('B49: a database that is away for a while holds the load up, and nothing is lost', async () => {
    let failures = 0;
    const { store, campaign, whole } = await site({
      retryMs: [1, 1, 1],
      load: async (real, ...args) => {
        if (args[3].rowsRead === 20 && failures < 3) {
          failures++;
          if (failures === 2) await real(...args); // stored, but nobody hears of it
          const { TandemError } = await import('../core/errors.js');
          throw new TandemError('TDM_STORE_DOWN', ['test']);
        }
        return real(...args);
      },
    });
    const job = await whole(campaign, head + rows(35));
    assert.deepEqual([job.stored, job.duplicates, job.rowsRead, failures], [35, 0, 35, 2]);
    assert.equal((await contactsIn(store)).length, 35);
  });

  it('B49: a load is cancelled behind a batch; what was stored stays and is not dialled', async () => {
    const { store, campaign, load, ended, jobs } = await site({
      load: async (real, ...args) => {
        const done = await real(...args);
        jobs.cancel(args[0], 'user:boss');
        return done;
      },
    });
    const done = await ended(await load(campaign, head + rows(50)));
    assert.deepEqual([done.state, done.problem, done.stored], ['failed', 'cancelled by user:boss', 10]);
    assert.equal((await contactsIn(store)).length, 10);
    assert.equal(jobs.cancel(done.id, 'user:boss'), false, 'there is nothing to cancel any more');
  });

  it('B49: one load of a campaign at a time, also over processes; a few at once', async () => {
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const { store, campaign, load, ended } = await site({
      loadsMax: 1,
      load: async (real, ...args) => {
        await held;
        return real(...args);
      },
    });
    const job = await load(campaign, head + rows(5));
    await assert.rejects(load(campaign, head + rows(6)), { code: 'TDM_CONFLICT' });
    await assert.rejects(load({ ...campaign, id: 'c2' }, head + rows(6)), { code: 'TDM_BUSY' });
    const other = await listFolder();
    const next = listProcess(store, other.folder, 'own-2');
    await assert.rejects(next.load(campaign, head + rows(6)), { code: 'TDM_CONFLICT' });
    assert.deepEqual(await other.files(), [], 'what was refused is not taken up later');
    goOn();
    assert.equal((await ended(job)).stored, 5);
    const states = (await store.dialer.lists.list({ after: 0, limit: 9 })).map(({ state }) => state);
    assert.deepEqual(states, ['active', 'failed']);
    await other.remove();
  });

  it('B49: a list may wait, or be dialled while it is loaded', async () => {
    const states: string[] = [];
    const { store, campaign, whole } = await site({
      load: async (real, ...args) => {
        states.push((await store.dialer.lists.find(args[0]))?.state ?? '');
        return real(...args);
      },
    });
    assert.equal((await whole(campaign, head + rows(5), { activate: false })).state, 'inactive');
    assert.equal((await whole(campaign, head + rows(5, 10), { activateEarly: true })).state, 'active');
    assert.deepEqual(states, ['loading', 'active']);
  });

  it('B49: NDJSON and JSON arrays, in whatever pieces they come', async () => {
    const { store, campaign, whole } = await site();
    const objects = Array.from({ length: 30 }, (_, i) => ({
      external_id: `j${String(i)}`,
      number: `+4930${String(1_000_000 + i)}`,
      note: `a "{[,]}" \\ ü ${String(i)}`,
    }));
    const lines = objects.map((one) => JSON.stringify(one)).join('\n');
    assert.deepEqual(await whole(campaign, lines).then(({ stored, invalid }) => [stored, invalid]), [30, 0]);
    for (const text of [JSON.stringify(objects), JSON.stringify(objects, undefined, 2)])
      assert.deepEqual(
        await whole(campaign, text).then(({ duplicates, invalid, rowsRead }) => [duplicates, invalid, rowsRead]),
        [30, 0, 30],
      );
    assert.equal((await contactsIn(store))[3]?.data['note'], 'a "{[,]}" \\ ü 3');
  });

  for (const behind of [' x', '[{"number":"+49301000009"}]', ',', '\n]'])
    it(`B49: ${JSON.stringify(behind)} behind the end of a JSON array fails, and says so; blanks do not`, async () => {
      const { store, campaign, whole } = await site();
      const array = '[{"number":"+49301000001"}, {"number":"+49301000002"}]';
      const spoilt = await whole(campaign, array + behind);
      assert.equal(spoilt.state, 'failed');
      assert.match(spoilt.problem ?? '', /text behind the end of its JSON array/);
      const good = await whole(campaign, `${array} \r\n\t`);
      assert.deepEqual([good.state, good.problem, good.rowsRead], ['active', undefined, 2]);
      assert.equal((await contactsIn(store)).length, 2);
    });

  it('B49: a JSON array that is cut off fails, and says so', async () => {
    const { campaign, whole } = await site();
    const job = await whole(campaign, '[{"number":"+49301234567"},{"number":"+4930');
    assert.equal(job.state, 'failed');
    assert.match(job.problem ?? '', /cut off/);
  });

  it('B49: a line longer than allowed and one in the wrong encoding are told, the others are read', async () => {
    const { store, campaign, whole, rejects } = await site();
    const text = Buffer.concat([
      Buffer.from(`${head}k1,030 1000001,"${'x'.repeat(200_000)}"\nk2,030 1000002,`),
      Buffer.from('Müller', 'latin1'),
      Buffer.from('\nk3,030 1000003,ok\n'),
    ]);
    const job = await whole(campaign, text);
    assert.deepEqual(
      (await rejects(job)).map((one) => one.split(',').slice(0, 3).join(' ')),
      ['2  line-too-long', '3  encoding'],
    );
    assert.equal(job.stored, 1);
    const latin = await whole(campaign, text, { encoding: 'latin1' });
    assert.deepEqual([latin.stored, latin.duplicates, latin.invalid], [1, 1, 1]);
    assert.deepEqual((await contactsIn(store)).find(({ campaignContactId }) => campaignContactId === 'k2')?.data, { name: 'Müller' });
  });

  const refused: readonly (readonly [string, string | Buffer, RegExp, boolean?])[] = [
    ['a spreadsheet', Buffer.from([0x50, 0x4b, 3, 4, 20, 0]), /spreadsheet/],
    ['UTF-16', Buffer.from('\ufeffnumber\n', 'utf16le'), /UTF-16/],
    ['nothing', '', /nothing in it/],
    ['a broken archive', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(50, 7)]), /unpacked/],
    ['no column for the number', 'name,city\nAda,Bonn\n', /no column holds the number/],
  ];
  for (const [what, text, reason] of refused)
    it(`B49: ${what} is refused, and nothing of it is kept`, async () => {
      const { store, campaign, load } = await site();
      await assert.rejects(load(campaign, text), { code: 'TDM_BAD_FILE', message: reason });
      assert.deepEqual(await folder.files(), []);
      assert.deepEqual(await store.dialer.lists.list({ after: 0, limit: 10 }), []);
    });

  it('B49: a file larger than allowed, also one that unpacks to it, is refused before it is loaded', async () => {
    const { campaign, load } = await site({ bytesMax: 10_000 });
    await assert.rejects(load(campaign, head + rows(1_000)), { code: 'TDM_TOO_LARGE' });
    await assert.rejects(load(campaign, head + 'x'.repeat(5_000_000), {}, true), { code: 'TDM_TOO_LARGE' });
    assert.deepEqual(await folder.files(), []);
  });

  it('B49: an upload that breaks off leaves nothing, and the campaign is free again', async () => {
    const { campaign, jobs, whole } = await site();
    const { Readable } = await import('node:stream');
    const { wishFor } = await import('./support/list-site.js');
    const broken = new Readable({ read: () => undefined });
    broken.push(head);
    const loading = jobs.load(campaign, wishFor(), broken, 'user:anna');
    setTimeout(() => broken.destroy(new Error('gone')), 10);
    await assert.rejects(loading, /gone/);
    assert.deepEqual(await folder.files(), []);
    assert.equal((await whole(campaign, head + rows(3))).stored, 3);
  });
});
