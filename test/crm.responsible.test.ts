import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bindingsFileSchema } from '../core/crm/binding.js';
import type { CrmBinding } from '../core/crm/binding.js';
import type { Responsible } from '../core/crm-ports.js';
import { createResponsible } from '../core/services/responsible.js';
import type { ResponsibleFinder } from '../core/services/responsible.js';
import { createCrmPost } from '../sidecar/crm/post.js';
import { customerWith, salesSource, webServiceSource } from '../sidecar/crm/responsible-sources.js';
import { createWebService, type WebService } from '../sidecar/crm/web-service.js';
import { createVtigerLookup } from '../sql/vtiger.js';
import { createHandTimers } from './support/hand-timers.js';
import { describeStores } from './support/stores.js';

const found: Responsible = { status: 'FOUND', extension: '101', name: 'Ann', record: '12x2' };
const nobody: Responsible = { status: 'NOTFOUND', extension: '', name: '', record: '' };
const number = '79123456789';

describe('who is responsible: within its time, whatever the CRM does', () => {
  const timers = createHandTimers();
  let asked = 0;
  let answer: () => Promise<Responsible>;
  let finder: ResponsibleFinder;

  beforeEach(() => {
    asked = 0;
    answer = () => Promise.resolve(found);
    const source = { find: () => ((asked += 1), answer()) };
    finder = createResponsible({ source, nowMs: () => timers.nowMs(), after: (ms, run) => timers.after(ms, run) });
  });

  it('P14: an answer counts for a minute, none for a quarter of one', async () => {
    assert.deepEqual(await finder.find(number), { ...found, isStale: false });
    timers.advance(59_000);
    await finder.find(number);
    assert.equal(asked, 1);
    timers.advance(2_000);
    answer = () => Promise.resolve(nobody);
    assert.equal((await finder.find(number)).status, 'NOTFOUND');
    timers.advance(16_000);
    await finder.find(number);
    assert.equal(asked, 3);
  });

  it('callers who come together are one question', async () => {
    let give = (): void => undefined;
    answer = () => new Promise((resolve) => (give = () => resolve(found)));
    const all = Array.from({ length: 20 }, () => finder.find(number));
    give();
    assert.ok((await Promise.all(all)).every(({ status }) => status === 'FOUND'));
    assert.equal(asked, 1);
  });

  it('CRM-10: no answer in 1.5 s is TIMEOUT, and an older answer is used for a quarter of an hour', async () => {
    await finder.find(number);
    answer = () => new Promise(() => undefined);
    timers.advance(61_000);
    const late = finder.find(number);
    const other = finder.find('74951234567');
    timers.advance(1_500);
    assert.deepEqual(await late, { ...found, isStale: true });
    assert.deepEqual(await other, { status: 'TIMEOUT', extension: '', name: '', record: '', isStale: false });
  });

  it('after five failures in half a minute nobody is asked for ten seconds', async () => {
    answer = () => Promise.reject(new Error('down'));
    for (let n = 0; n < 5; n++) assert.equal((await finder.find(`7912345678${String(n)}`)).status, 'ERROR');
    await finder.find('79123450000');
    assert.equal(asked, 5);
    timers.advance(10_001);
    answer = () => Promise.resolve(found);
    assert.equal((await finder.find('79123450000')).status, 'FOUND');
  });

  for (const text of ['', '%', 'anonymous', "zz' OR '1'='1", '12', '7912345;DROP'])
    it(`crm-vtiger 11.13: ${JSON.stringify(text)} is asked of nobody`, async () => {
      assert.equal((await finder.find(text)).status, 'BADNUMBER');
      assert.equal(asked, 0);
    });
});

/** A CRM's door that answers each request by `reply`. */
async function withCrm(
  reply: (form: URLSearchParams, req: IncomingMessage) => { readonly body: string; readonly type?: string },
  work: (binding: CrmBinding) => Promise<void>,
) {
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
    const query = new URL(req.url ?? '/', 'http://x').searchParams;
    const form = new URLSearchParams(Buffer.concat(parts).toString('utf8'));
    for (const [name, value] of query) form.set(name, value);
    const { body, type = 'text/json; charset=UTF-8' } = reply(form, req);
    res.writeHead(200, { 'Content-Type': type }).end(body);
  };
  const server = createServer((req, res) => void serve(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [binding] = bindingsFileSchema.parse({
    crm: [
      {
        name: 'main',
        dialect: 'vtiger-sp',
        crm_url: `http://127.0.0.1:${String(port)}`,
        secret: 's3cr3t+Key/&=1',
        timezone: 'UTC',
        ws: { user: 'admin', access_key: 'k' },
      },
    ],
  }).crm;
  assert.ok(binding);
  try {
    await work(binding);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const post = createCrmPost({ connectMsMax: 1_000, requestMsMax: 2_000, caFile: undefined });

describe('who is responsible: SPAgi', () => {
  const cases: readonly (readonly [string, Responsible['status'] | 'fails', string])[] = [
    ['{"success":true,"result":{"crmUserExtension":"101"}}', 'FOUND', '101'],
    ['\n \n{"success":true,"result":{"crmUserExtension":"101"}}', 'FOUND', '101'],
    ['{"success":true,"result":{"crmUserExtension":null}}', 'NOTFOUND', ''],
    ['{"success":false,"error":{"code":400,"message":"Invalid request params","title":null}}', 'fails', ''],
    ['<b>Fatal error</b>', 'fails', ''],
    ['[]', 'fails', ''],
  ];
  for (const [body, status, extension] of cases)
    it(`P13: ${JSON.stringify(body.slice(0, 60))} is ${status}`, async () => {
      await withCrm(
        (form, req) => {
          assert.equal(req.url, '/modules/PBXManager/callbacks/SPAgi.php');
          assert.deepEqual(
            [...form],
            [
              ['vtigersignature', 's3cr3t+Key/&=1'],
              ['callerNumber', number],
            ],
          );
          return { body };
        },
        async (binding) => {
          const asked = salesSource(binding, post).find(number, 1_000);
          if (status === 'fails') await assert.rejects(asked);
          else assert.deepEqual(await asked, { status, extension, name: '', record: '' });
        },
      );
    });
});

describe('who is responsible: vTiger’s web service', () => {
  it('logs in once, again when its session has ended, and asks for nothing but numbers and ids', async () => {
    const queries: string[] = [];
    let sessions = 0;
    let isEnded = false;
    const ok = (result: unknown): { readonly body: string } => ({ body: JSON.stringify({ success: true, result }) });
    await withCrm(
      (form) => {
        switch (form.get('operation')) {
          case 'getchallenge':
            return ok({ token: 't' });
          case 'login':
            assert.equal(form.get('accessKey'), 'b6717b91c7595cc07f30aa9a784e6390');
            return ok({ sessionName: `s${String(++sessions)}`, userId: '19x1' });
          default: {
            if (isEnded && form.get('sessionName') === 's1')
              return { body: '{"success":false,"error":{"code":"INVALID_SESSIONID","message":""}}' };
            const text = form.get('query') ?? '';
            queries.push(text);
            if (text.includes('from Leads')) return ok([{ id: '10x3', assigned_user_id: '19x5', phone: '+7 (912) 345-67-89', mobile: '' }]);
            return ok(text.includes('from Users') ? [{ phone_crm_extension: '101', first_name: 'Ann', last_name: 'Agent' }] : []);
          }
        }
      },
      async (binding) => {
        const source = webServiceSource(createWebService(binding, post));
        assert.deepEqual(await source.find(number, 1_000), {
          status: 'FOUND',
          extension: '101',
          name: 'Ann Agent',
          record: '10x3',
          module: 'Leads',
        });
        isEnded = true;
        assert.equal((await source.find(number, 1_000)).status, 'FOUND');
        assert.equal(sessions, 2);
        assert.equal((await source.find("1' or '1'='1", 1_000)).status, 'BADNUMBER');
        const spaced = "like '%9%1%2%3%4%5%6%7%8%9'";
        assert.equal(
          queries[0],
          `select id,assigned_user_id,phone,mobile from Contacts where phone ${spaced} or mobile ${spaced} limit 20;`,
        );
        assert.equal(queries.length, 6);
      },
    );
  });
});

describe('who is responsible: numbers as people type them', () => {
  const service = (records: readonly object[], queries: string[] = []): WebService =>
    ({
      query: (text: string) => {
        queries.push(text);
        return Promise.resolve(text.includes('from Contacts') ? records : []);
      },
    }) as unknown as WebService;
  const typed = (phone: string, mobile = ''): object => ({ id: '12x2', assigned_user_id: '19x5', phone, mobile });

  for (const [phone, asked] of [
    ['+7 (912) 345-67-89', '89123456789'],
    ['8 912 345 67 89', '+79123456789'],
    ['9123456789', '79123456789'],
    ['(0)20 7183-8750', '442071838750'],
  ] as const)
    it(`P13: ${phone} is ${asked}`, async () => {
      assert.equal((await customerWith(service([typed(phone)]), asked))?.record, '12x2');
      assert.equal((await customerWith(service([typed('', phone)]), asked))?.record, '12x2', 'also as the second number');
    });

  it('digits that only come in this order, with others between, are another number', async () => {
    const records = [typed('9 1 2 3 4 5 6 7 8 0 9'), typed('+7 912 345-67-89 ext. 5'), { ...typed('79123456789'), id: '12x9' }];
    assert.equal((await customerWith(service(records), '79123456789'))?.record, '12x9');
    assert.equal(await customerWith(service(records.slice(0, 2)), '79123456789'), undefined);
  });

  it('short numbers are looked for as they are: their digits end many others', async () => {
    const queries: string[] = [];
    await customerWith(service([], queries), '5012');
    assert.equal(queries[0], "select id,assigned_user_id from Contacts where phone = '5012' or mobile = '5012' limit 1;");
  });
});

describeStores('who is responsible: vTiger’s tables', (open) => {
  it('P13 P14: by the number and its variants, an owner who can be rung first; groups and deleted records are nobody', async () => {
    const { other: db } = await open();
    await db.run(
      'CREATE TABLE vtiger_pbxmanager_phonelookup (crmid INTEGER, setype VARCHAR(30), fnumber VARCHAR(100), rnumber VARCHAR(100))',
    );
    await db.run('CREATE TABLE vtiger_crmentity (crmid INTEGER, smownerid INTEGER, deleted INTEGER)');
    await db.run(
      'CREATE TABLE vtiger_users (id INTEGER, status VARCHAR(25), phone_crm_extension VARCHAR(100), first_name VARCHAR(30), last_name VARCHAR(30))',
    );
    const reversed = (text: string): string => Array.from(text).reverse().join('');
    const rows: readonly (readonly [number, string, number, number])[] = [
      [2, '79123456789', 5, 0],
      [3, '84951234567', 6, 0],
      [4, '442071838750', 99, 0],
      [5, '79990000000', 5, 1],
      [6, '79123456789', 99, 0],
    ];
    for (const [id, fnumber, owner, deleted] of rows) {
      await db.run('INSERT INTO vtiger_pbxmanager_phonelookup VALUES (?, ?, ?, ?)', [id, 'Contacts', fnumber, reversed(fnumber)]);
      await db.run('INSERT INTO vtiger_crmentity VALUES (?, ?, ?)', [id, owner, deleted]);
    }
    await db.run("INSERT INTO vtiger_users VALUES (5, 'Active', '101', 'Ann', 'Agent'), (6, 'Inactive', '102', 'Bob', 'Gone')");
    const lookup = createVtigerLookup(db, { suffixScan: false, countryCodes: ['7'] });
    const find = async (text: string): Promise<string> => {
      const { status, extension, record } = await lookup.find(text, 1_000);
      return [status, extension, record].join(' ').trim();
    };
    assert.equal(await find('+79123456789'), 'FOUND 101 2');
    assert.equal(await find('89123456789'), 'FOUND 101 2');
    assert.equal(await find('9123456789'), 'FOUND 101 2');
    assert.equal(await find('84951234567'), 'NOUSER  3');
    assert.equal(await find('442071838750'), 'NOUSER  4');
    assert.equal(await find('79990000000'), 'NOTFOUND');
    assert.equal(await find('02071838750'), 'NOTFOUND');
    const wide = createVtigerLookup(db, { suffixScan: true, countryCodes: [] });
    assert.equal((await wide.find('002071838750', 1_000)).record, '4');
    assert.equal((await wide.find('%%%%%%%%%%%%', 1_000)).status, 'NOTFOUND');
    assert.equal((await wide.find("1' OR '1'='1", 1_000)).status, 'NOTFOUND');
  });
});
