/** Lists, suppression and exports over HTTP (dialer.md B7, B4; features B49, B13), with rights and masks. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { aCall, aContact, anEntry } from './support/dialer-rows.js';
import { startDialerApi, type DialerApi } from './support/dialer-api.js';
import { listFolder } from './support/list-site.js';

const head = 'external_id,number,name\n';
const rows = (n: number): string =>
  Array.from({ length: n }, (_, i) => `k${String(i)},030 ${String(1_000_000 + i)},C ${String(i)}\n`).join('');

describe('dialer: lists over HTTP', () => {
  let api: DialerApi;
  let folder: Awaited<ReturnType<typeof listFolder>>;
  beforeEach(async () => {
    folder = await listFolder();
    api = await startDialerApi({ listFolder: folder.folder });
    await api.campaign('c1', { country: 'DE' });
  });
  afterEach(async () => {
    await api.close();
    await folder.remove();
  });

  const basic = (who: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${who}:${who}-pass`).toString('base64')}`,
  });

  async function upload(path: string, body: string | Buffer, who = 'operator', headers: Record<string, string> = {}) {
    const answer = await fetch(api.root + path, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body as string)),
      headers: { ...basic(who), ...headers },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers };
  }

  async function ended(id: unknown): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const { body } = await api.get(`/lists/${String(id)}`, 'operator');
      if (body['running'] === false) return body;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const own = '/api/v1/dialer/campaigns/c1/lists';

  for (const [what, path] of [
    ['of our own API', own],
    ['of B7', '/campaigns/c1/lists'],
  ] as const)
    it(`B49: a file is sent to the address ${what}; the answer is a job that tells how far it is`, async () => {
      // as curl --data-binary sends it
      const { status, body, headers } = await upload(`${path}?name=May`, `${head}${rows(20)}k99,x,bad\n`, 'operator', {
        'content-type': 'application/x-www-form-urlencoded',
      });
      assert.equal(status, 202);
      assert.equal(headers.get('location'), `/api/v1/dialer/lists/${String(body['id'])}`);
      const done = await ended(body['id']);
      assert.deepEqual(
        [done['name'], done['state'], done['rowsRead'], done['stored'], done['invalid'], done['blocked']],
        ['May', 'active', 21, 20, 1, 0],
      );
      assert.ok(api.asked.includes('wake "c1"'));
      const page = await api.get(path.replace('/api/v1', ''), 'reader');
      assert.deepEqual(
        (page.body['items'] as { id: number }[]).map(({ id }) => id),
        [body['id']],
      );
    });

  it('B49: bodies that other routes would read or refuse: JSON of any size, packed, in pieces', async () => {
    const objects = Array.from({ length: 3_000 }, (_, i) => ({
      external_id: `j${String(i)}`,
      number: `+4930${String(1_000_000 + i)}`,
      note: 'x'.repeat(50),
    }));
    const json = JSON.stringify(objects);
    assert.ok(json.length > 65_536);
    const { body } = await upload(own, json, 'operator', { 'content-type': 'application/json' });
    assert.equal((await ended(body['id']))['stored'], 3_000);
    const packed = await upload(own, gzipSync(json), 'operator', { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    assert.equal((await ended(packed.body['id']))['duplicates'], 3_000);
  });

  it('B49: a file that is too large is refused on its way, and that is written down', async () => {
    const { status, body } = await upload(own, Buffer.alloc(20 * 1024 * 1024, '+4930123456\n'));
    assert.deepEqual([status, body['code']], [413, 'TDM_TOO_LARGE']);
    const { items } = (await api.get(`/api/v1/audit?path=${own}`, 'boss')).body as { items: Record<string, unknown>[] };
    assert.deepEqual(
      items.map((row) => [row['principal'], row['address'], row['status'], row['code']]),
      [['user:operator', '127.0.0.1', 413, 'TDM_TOO_LARGE']],
    );
  });

  it('B49: columns are mapped, words are checked, and a wrong one is named', async () => {
    const map = encodeURIComponent(JSON.stringify({ number: 'Rufnr', id: 'Nr' }));
    const { body } = await upload(
      `${own}?map=${map}&separator=semicolon&priority=2&start=2026-12-01`,
      'Nr;Rufnr;Ort\n1;030 1234567;Bonn\n',
    );
    await ended(body['id']);
    const [contact] = await api.store.contacts({ campaign: 'c1', after: 0, limit: 1 });
    assert.deepEqual(
      [contact?.campaignContactId, contact?.priority, contact?.data, contact?.startTimeMs],
      ['1', 2, { Ort: 'Bonn' }, Date.UTC(2026, 11, 1)],
    );
    for (const [query, code, reason] of [
      ['duplicates=maybe', 'TDM_BAD_REQUEST', /duplicates/],
      ['map=x', 'TDM_BAD_REQUEST', /map/],
      ['start=soon', 'TDM_BAD_REQUEST', /start/],
      ['nosuch=1', 'TDM_BAD_REQUEST', /nosuch/],
      ['name=%1b[2J', 'TDM_BAD_REQUEST', /name: may have no control characters/],
      ['time_zone=Mars/Olympus', 'TDM_BAD_REQUEST', /timeZone/],
      [`map=${encodeURIComponent('{"number":"Tel"}')}`, 'TDM_BAD_FILE', /no column "Tel"/],
    ] as const) {
      const refused = await upload(`${own}?${query}`, head + rows(1));
      assert.equal(refused.status, 400, query);
      assert.equal(refused.body['code'], code);
      assert.match(String(refused.body['message']), reason);
    }
    // what is behind the first 64 KiB of it would be the first contact
    const wide = await upload(own, `number,${'x'.repeat(70_000)}\n+4930123456,1\n`);
    assert.deepEqual([wide.status, wide.body['message']], [400, 'File of contacts: its head line is too long']);
  });

  it('B49: whoever may not control the campaign loads nothing, and its file is not kept', async () => {
    assert.equal((await upload(own, head + rows(1), 'reader')).status, 403);
    assert.equal((await upload(own, head + rows(1), 'west')).status, 403);
    assert.equal((await upload(own.replace('c1', 'nosuch'), head + rows(1))).status, 404);
    assert.equal((await upload(own, head + rows(1), 'nobody')).status, 401);
    assert.deepEqual(await folder.files(), []);
  });

  it('B49: refused lines are fetched as a file; who may not see numbers sees them masked', async () => {
    const { body } = await upload(own, `${head}k1,030 123456789012345,too long\nk2,=cmd,formula\n`);
    const done = await ended(body['id']);
    assert.equal(done['rejects'], `/api/v1/dialer/lists/${String(body['id'])}/rejects`);
    const whole = await api.get(`/dialer/lists/${String(body['id'])}/rejects`, 'boss');
    assert.match(whole.text, /^line,field,code,reason,value,original\r\n2,number,/);
    assert.match(whole.text, /"k1,030 123456789012345,too long"/);
    assert.match(whole.text, /'=cmd/);
    const masked = await api.get(`/dialer/lists/${String(body['id'])}/rejects`, 'operator');
    assert.doesNotMatch(masked.text, /123456789012345/);
    assert.match(masked.text, /number: no telephone number/);
    assert.equal((await api.get(`/dialer/lists/${String(body['id'])}/rejects`, 'reader')).status, 403);
  });

  it('B49: lists are deactivated, activated and unloaded; each with a row of the audit', async () => {
    const { body } = await upload(own, head + rows(5));
    const id = String(body['id']);
    await ended(id);
    const act = async (action: string) => (await api.post(`/dialer/lists/${id}/${action}`, {}, 'operator')).body;
    assert.equal((await act('deactivate'))['state'], 'inactive');
    assert.equal((await act('activate'))['state'], 'active');
    const unloaded = await act('unload');
    assert.deepEqual([unloaded['state'], unloaded['contacts']], ['unloaded', 5]);
    assert.equal((await api.post(`/lists/${id}/activate`, {}, 'operator')).status, 409);
    assert.equal((await api.post(`/lists/${id}/cancel`, {}, 'operator')).status, 409);
    const actions = (await api.store.audit({ after: 0, limit: 100 })).map(({ action }) => action);
    for (const action of ['load', 'list-deactivate', 'list-activate', 'list-unload']) assert.ok(actions.includes(action), action);
    assert.equal((await api.get(`/dialer/campaigns/other/lists/${id}`, 'operator')).status, 404);
  });

  it('B49: progress comes as server-sent events, with the end as the last one', async () => {
    const { body } = await upload(own, head + rows(5));
    await ended(body['id']);
    const answer = await fetch(`${api.root}/lists/${String(body['id'])}/events`, { headers: basic('reader') });
    assert.match(answer.headers.get('content-type') ?? '', /event-stream/);
    const text = await answer.text();
    assert.match(text, /event: end\ndata: \{.*"stored":5.*\}\n\n$/);
  });

  // ------------------------------------------------------------------ suppression

  it('B13: numbers are suppressed for everybody, a client, a campaign, with an end, and found again in any form', async () => {
    const add = (body: object, who = 'operator') => api.post('/dialer/dnc', body, who);
    assert.deepEqual((await add({ numbers: ['030 1234567', '+49 30 1234568'], country: 'DE', reason: 'asked for' })).body, {
      added: 2,
      national: 0,
    });
    assert.deepEqual((await add({ numbers: ['+49301234569'], scope: 'campaign:c1', until: '2026-12-31' })).body, { added: 1, national: 0 });
    assert.deepEqual((await add({ numbers: ['4989'], prefix: true, scope: 'client:acme' })).body, { added: 1, national: 0 });
    const find = async (number: string) => (await api.get(`/dialer/dnc/find?number=${encodeURIComponent(number)}`, 'reader')).body;
    assert.equal((await find('+49 30 1234567'))['listed'], true);
    assert.deepEqual(
      ((await find('+49891234567'))['entries'] as { scope: string; prefix: boolean }[]).map(({ scope, prefix }) => [scope, prefix]),
      [['client:acme', true]],
    );
    assert.equal((await find('+49301234570'))['listed'], false);
    const [entry] = (await find('+49301234569'))['entries'] as { until: string }[];
    assert.equal(entry?.until, '2027-01-01T00:00:00.000Z');
  });

  it('B13: taking numbers off needs the right to it and a reason, and is written down', async () => {
    await api.post('/dialer/dnc', { numbers: ['+49301234567'] }, 'operator');
    assert.equal((await api.post('/dialer/dnc/remove', { numbers: ['+49301234567'], reason: 'x' }, 'operator')).status, 403);
    assert.equal((await api.post('/dialer/dnc/remove', { numbers: ['+49301234567'] }, 'chief')).status, 400);
    assert.deepEqual((await api.post('/dialer/dnc/remove', { numbers: ['+49301234567'], reason: 'customer came back' }, 'chief')).body, {
      removed: 1,
    });
    const rowsOf = await api.store.audit({ object: 'dnc', after: 0, limit: 10 });
    assert.deepEqual(
      rowsOf.map(({ action, actor, reason }) => [action, actor, reason]),
      [
        ['dnc-add', 'user:operator', ''],
        ['dnc-remove', 'user:chief', 'customer came back'],
      ],
    );
  });

  it('B13: those of some queues reach the lists of their campaigns alone', async () => {
    await api.campaign('w1', { queue: 'west' });
    assert.equal((await api.post('/dialer/dnc', { numbers: ['+49301234567'] }, 'west')).status, 403);
    assert.equal((await api.post('/dialer/dnc', { numbers: ['+49301234567'], scope: 'campaign:c1' }, 'west')).status, 403);
    assert.equal((await api.post('/dialer/dnc', { numbers: ['+49301234567'], scope: 'campaign:w1' }, 'west')).status, 200);
    assert.equal((await api.get('/dialer/dnc?scope=campaign:w1', 'west')).status, 200);
    assert.equal((await api.get('/dialer/dnc', 'west')).status, 403);
  });

  it('B13: wrong numbers, scopes and days are refused, and nothing is stored', async () => {
    for (const body of [
      { numbers: [] },
      { numbers: ['030 1234567'], country: 'Germany' },
      { numbers: ['+49301234567', 'none'] },
      { numbers: ['+49301234567'], scope: 'state:x' },
      { numbers: ['+49301234567'], until: 'soon' },
      { numbers: ['4.9E+11'] },
      { numbers: ['12a'], prefix: true },
    ])
      assert.equal((await api.post('/dialer/dnc', body, 'operator')).status, 400, JSON.stringify(body));
    assert.deepEqual(await api.store.dnc({ after: '', limit: 10 }), []);
  });

  it('B13: a file of numbers is imported, with or without a head line, and a national list tells how old it is', async () => {
    const plain = `${Array.from({ length: 5_000 }, (_, i) => `+4930${String(1_000_000 + i)}`).join('\n')}\nnone\n`;
    const done = await upload('/api/v1/dialer/dnc/import?scope=national:tps&reason=weekly', gzipSync(plain));
    assert.deepEqual(
      [done.status, done.body['rows'], done.body['added'], done.body['removed'], done.body['invalid']],
      [200, 5_001, 5_000, 0, 1],
    );
    assert.deepEqual(
      (done.body['problems'] as { line: number; code: string }[]).map(({ line, code }) => [line, code]),
      [[5_001, 'characters']],
    );
    assert.ok((await api.store.learned()).has('suppression:tps'));
    const csv = await upload('/api/v1/dialer/dnc/import?country=DE', 'Name;Telefon;expires\nAda;030 1234567;2026-12-31\n');
    assert.deepEqual([csv.body['added'], csv.body['invalid']], [1, 0]);
    const [entry] = (await api.store.findDnc(['49301234567'], api.clock.nowMs)).get('49301234567') ?? [];
    assert.equal(entry?.untilMs, Date.UTC(2027, 0, 1));
  });

  it('B13: a new issue of a list takes off what it has no more, and only of its own scope; a file that cannot be read takes off nothing', async () => {
    const numbers = (from: number, to: number): string =>
      Array.from({ length: to - from }, (_, i) => `+4930${String(1_000_000 + from + i)}\n`).join('');
    await upload('/api/v1/dialer/dnc/import?scope=national:tps', numbers(0, 300));
    await upload('/api/v1/dialer/dnc/import', numbers(0, 10));
    assert.equal((await upload('/api/v1/dialer/dnc/import?scope=national:tps&replace=yes', numbers(100, 400))).status, 403);
    const done = await upload('/api/v1/dialer/dnc/import?scope=national:tps&replace=yes', numbers(100, 400), 'chief');
    assert.deepEqual([done.body['added'], done.body['removed']], [100, 100]);
    assert.equal((await api.store.dnc({ scope: 'national:tps', after: '', limit: 1_000 })).length, 300);
    assert.equal((await api.store.dnc({ scope: '', after: '', limit: 1_000 })).length, 10);
    const broken = await upload('/api/v1/dialer/dnc/import?scope=national:tps&replace=yes', 'a\nb\n', 'chief');
    assert.deepEqual([broken.body['removed'], broken.body['invalid']], [0, 2]);
  });

  it('B13: a file in another format, in which a number was found by chance, is no issue of a list: nothing is taken off, it gets no younger', async () => {
    const address = '/api/v1/dialer/dnc/import?scope=national:tps&replace=yes';
    await upload(address, '+49301000001\n+49301000002\n', 'chief');
    const before = (await api.store.learned()).get('suppression:tps');
    api.clock.nowMs += 86_400_000;
    const foreign = `${'030 1234567 without its country\n'.repeat(8)}+49301000003\n`;
    const done = await upload(address, foreign, 'chief');
    assert.deepEqual([done.body['added'], done.body['removed'], done.body['invalid'], done.body['readable']], [1, 0, 8, false]);
    assert.deepEqual((await api.store.learned()).get('suppression:tps'), before);
    assert.equal((await api.store.dnc({ scope: 'national:tps', after: '', limit: 10 })).length, 3);
  });

  it('B13: what was exported can be imported: begins of numbers, whose list, and until when are the same', async () => {
    const add = async (more: object) => assert.equal((await api.post('/dialer/dnc', more, 'boss')).status, 200);
    await add({ numbers: ['+49301234567'], reason: '=asked' });
    await add({ numbers: ['49900'], prefix: true, scope: 'client:acme' });
    await add({ numbers: ['+49301234568'], scope: 'campaign:c1', until: '2027-01-31' });
    const whole = (await api.get('/dialer/dnc/export', 'boss')).text;
    const all = async () =>
      (await api.store.dnc({ after: '', limit: 10 })).map(({ number, isPrefix, scope, reason, untilMs }) => ({
        ...{ number, isPrefix, scope, reason, untilMs },
      }));
    const before = await all();
    assert.equal(before.length, 3);
    for (const entry of before) await api.store.removeDnc([entry], anEntry());
    const done = await upload('/api/v1/dialer/dnc/import?country=DE', whole, 'boss');
    assert.deepEqual([done.body['added'], done.body['invalid'], await all()], [3, 0, before]);
    const masked = (await api.get('/dialer/dnc/export', 'operator')).text;
    assert.equal((await upload('/api/v1/dialer/dnc/import', masked, 'boss')).body['invalid'], 2, 'masked numbers are none');
  });

  it('B13: a number in national form without its country is told of: it finds nobody who is stored with his', async () => {
    const { body } = await api.post('/dialer/dnc', { numbers: ['030 1234567', '+49301234567'] }, 'operator');
    assert.deepEqual(body, { added: 2, national: 1 });
    const said = await api.post('/dialer/dnc', { numbers: ['030 1234567'], country: 'DE' }, 'operator');
    assert.deepEqual(said.body, { added: 0, national: 0 });
    const file = await upload('/api/v1/dialer/dnc/import', '030 7654321\n+49301234569\n');
    assert.deepEqual([file.body['added'], file.body['national']], [2, 1]);
  });

  it('B13: the lists are exported, masked for those who may not see numbers', async () => {
    await api.post('/dialer/dnc', { numbers: ['+49301234567'], reason: '=HYPERLINK("x")' }, 'operator');
    const whole = await api.get('/dialer/dnc/export', 'boss');
    assert.match(whole.text, /^number,prefix,scope,source,reason,from,until\r\n49301234567,false,,user:operator,"'=HYPERLINK/);
    const masked = await api.get('/dialer/dnc/export?format=ndjson', 'operator');
    assert.match(masked.text, /^\{"number":"493012\*+67"/);
    assert.equal((await api.get('/dialer/dnc/export', 'reader')).status, 403);
  });

  // ------------------------------------------------------------------ exports

  it('B49: what left as a list can be loaded again: numbers, places, times, consent and data are the same', async () => {
    const long = 'an id with blanks and ümlauts';
    const more = { numbers: ['+49309999991'], region: 'DE-BE', priority: 7, startTimeMs: 1_795_000_000_000, endTimeMs: 1_895_000_000_000 };
    const contacts = [
      aContact('f1', { ...more, zones: ['Europe/Berlin'], consentUntilMs: Infinity, data: { name: '=1+1', text: 'a\nb' } }),
      aContact('f2', { consentUntilMs: 1_895_000_000_000, answeredBefore: true, gatewayId: 'gw9', data: { external_id: long } }),
      aContact('f3', { routingMode: 'AGENT', resourceId: 'anna', campaignContactId: undefined }),
      aContact('f4', { zones: ['Europe/Berlin', 'America/New_York'] }),
    ];
    await api.store.intake(contacts, api.clock.nowMs, { strictSameNumber: false });
    const file = (await api.get('/dialer/export/contacts?campaign=c1&format=list', 'boss')).text;
    await api.campaign('c2', { mode: 'IVR', ivr: '1' });
    const list = await upload('/api/v1/dialer/campaigns/c2/lists', file, 'boss');
    const job = await ended(String(list.body['id']));
    assert.deepEqual([job['stored'], job['invalid']], [3, 1], 'hours of several zones are not widened in silence');
    const before = new Map((await api.store.contacts({ campaign: 'c1', after: 0, limit: 9 })).map((one) => [one.customerNumber, one]));
    for (const now of await api.store.contacts({ campaign: 'c2', after: 0, limit: 9 })) {
      const then = before.get(now.customerNumber) ?? assert.fail(now.customerNumber);
      for (const field of [
        'numbers',
        'zones',
        'region',
        'priority',
        'startTimeMs',
        'endTimeMs',
        'consentUntilMs',
        'answeredBefore',
      ] as const)
        assert.deepEqual(now[field], then[field], field);
      for (const field of ['gatewayId', 'resourceId', 'queueName', 'data'] as const) assert.deepEqual(now[field], then[field], field);
    }
  });

  it('B49: contacts and calls leave as CSV and NDJSON, all of them, masked where they must be', async () => {
    const contacts = Array.from({ length: 2_500 }, (_, i) =>
      aContact(`e${String(i)}`, { data: { name: `C ${String(i)}`, phone_home: '+49307654321' } }),
    );
    await api.store.intake(contacts, api.clock.nowMs, { strictSameNumber: false });
    const csv = await api.get('/dialer/export/contacts?campaign=c1', 'boss');
    assert.equal(csv.text.split('\r\n').length, 2_502);
    assert.match(csv.text, /^id,campaign_contact_id,customer_number,/);
    const [head = ''] = csv.text.split('\r\n');
    const [row = '{}'] = (await api.get('/dialer/export/contacts?campaign=c1&format=ndjson', 'boss')).text.split('\n');
    assert.deepEqual(
      head.split(',').filter((column) => !(column in (JSON.parse(row) as object))),
      [],
      'a column without a field stays empty',
    );
    const lines = (await api.get('/dialer/export/contacts?campaign=c1&format=ndjson', 'reader')).text.trim().split('\n');
    assert.equal(lines.length, 2_500);
    const first = JSON.parse(lines[0] ?? '') as { customer_number: string; data: Record<string, string> };
    assert.match(first.customer_number, /^\+49301\*+\d\d$/);
    assert.doesNotMatch(first.data['phone_home'] ?? '', /7654321/);
    assert.equal((await api.get('/dialer/export/contacts?campaign=c1&status=ended', 'boss')).text.split('\r\n').length, 2);
    assert.equal((await api.get('/dialer/export/contacts', 'west')).status, 400);
    assert.equal((await api.get('/dialer/export/contacts?campaign=c1', 'west')).status, 404);
    assert.equal((await api.get('/dialer/export/contacts?campaign=c1', 'clerk')).status, 403);

    const fence = (await api.own.leases.acquire('dialer', 'test', 60_000)) ?? 0;
    await api.store.save(
      contacts.slice(0, 3).map((contact) => ({ transition: undefined, record: aCall(contact), outbox: [], dnc: [], audit: [anEntry()] })),
      fence,
    );
    const calls = await api.get('/dialer/export/calls?campaign=c1', 'boss');
    assert.equal(calls.text.split('\r\n').length, 5);
    assert.match(calls.text, /^callId,contactId,campaignId,/);
    assert.match((await api.get('/dialer/export/calls?format=ndjson', 'auditor')).text, /"number":"\+4930/);
  });
});
