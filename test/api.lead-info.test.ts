/** ccc_lead_info beyond the recorded vectors (vicidial-ccc 3.1 to 3.8, W-7, W-8, W-11, W-12, W-14). */
import assert from 'node:assert/strict';
import { leadFields, type LeadField, type LeadText } from '../core/leads/lead.js';
import { formatLead, isKnownCode, readStage, versionText, type Stage } from '../core/cluster/lead-info.js';
import { createMinuteLimit } from '../core/cluster/limits.js';
import { mayReadCampaign, mayUseFunction } from '../core/cluster/permissions.js';
import type { AccountLimits } from '../core/ports.js';
import { oneTimeRetryMs } from '../core/services/lead-info.js';
import { signRequest } from '../core/cluster/signature.js';
import { hashSecret, nodeDigests } from '../sidecar/secrets.js';
import { send, startApiServer, testSecrets, type ApiServer, type ApiServerOptions, type Sent } from './support/api-server.js';
import { loadVectors } from './support/api-vectors.js';
import { createMemoryStore, emptyLead, plainUser } from './support/memory-ports.js';
import { recordingMeter } from './support/observers.js';

const code = 'V1211200000001000123';
const login = 'user=6666&pass=1234&source=test&function=ccc_lead_info';
const callNotFound = 'ERROR: ccc_lead_info CALL NOT FOUND: 6666|\n';
const restricted = 'ERROR: ccc_lead_info LEAD NOT FOUND: |6666|1|\n';
const noLimits: AccountLimits = {
  peerId: 'beta',
  windowS: undefined,
  oneTime: false,
  requestsPerMinute: undefined,
  lists: undefined,
  addresses: undefined,
};
const bound = (limits: Partial<AccountLimits>) => ({ account: { ...noLimits, ...limits }, apiAllowedFunctions: ' ccc_lead_info ' });

describe('ccc_lead_info', () => {
  const clock = { nowMs: Date.parse('2026-11-21T19:03:09.500Z') };
  const store = createMemoryStore(() => clock.nowMs);
  const meter = recordingMeter();
  let server: ApiServer;

  const restart = async (options: Partial<ApiServerOptions> = {}) => {
    await server.close();
    server = await startApiServer(store, { nowMs: () => clock.nowMs, meter, ...options });
  };
  const ask = (sent: Sent) => send(server, sent);
  const text = async (query: string) => (await ask({ query })).body;

  beforeEach(async () => {
    clock.nowMs = Date.parse('2026-11-21T19:03:09.500Z');
    loadVectors(store);
    meter.clear();
    server = await startApiServer(store, { nowMs: () => clock.nowMs, meter });
  });
  afterEach(() => server.close());

  describe('requests', () => {
    it('3.1: HEAD and PUT run like GET, HEAD has no body and is logged', async () => {
      const put = await ask({ method: 'PUT', query: `${login}&call_id=${code}`, body: 'user=7001' });
      assert.match(put.body, /^TD\|6667\|/);
      const head = await ask({ method: 'HEAD', query: `${login}&call_id=${code}` });
      assert.deepEqual([head.status, head.body], [200, '']);
      assert.equal(store.tables.apiLog.length, 2);
      for (const entry of store.tables.apiLog) assert.doesNotMatch(entry.url, /GET-AND-POST/); // PHP has a form on POST alone
    });

    it('3.1: other methods are refused with a list of the known ones', async () => {
      for (const method of ['DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
        const answer = await ask({ method, query: `${login}&call_id=${code}` });
        assert.deepEqual([answer.status, answer.headers['allow']], [405, 'GET, POST, HEAD, PUT'], method);
        assert.match(answer.body, /^ERROR: /);
      }
    });

    it('3.1: multipart forms', async () => {
      const fields = Object.entries({ user: '6666', pass: '1234', source: 'test', function: 'ccc_lead_info', call_id: code });
      const parts = fields.map(([name, value]) => `--B1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('');
      for (const type of ['multipart/form-data; boundary=B1', 'multipart/form-data; charset=utf-8; boundary="B1"']) {
        const answer = await ask({ method: 'POST', body: `${parts}--B1--\r\n`, headers: { 'Content-Type': type } });
        assert.match(answer.body, /^TD\|6667\|/, type);
      }
    });

    it('3.1: a JSON body and names in another letter case are ignored', async () => {
      const body = JSON.stringify({ user: '6666', pass: '1234', source: 'test', function: 'ccc_lead_info', call_id: code });
      const answer = await ask({ method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
      assert.equal(answer.body, 'ERROR: Login incorrect, please try again: |||BAD|\n');
      assert.match(await text(`USER=6666&pass=1234&source=test&function=ccc_lead_info&call_id=${code}`), /^ERROR: Login incorrect/);
    });

    it('3.1: filters drop characters of user and call_id', async () => {
      assert.match(
        await text('user=66.66&pass=1234&source=te st&function=ccc_lead_info&call_id=V121120000-0001+000.123'.replace(' ', '+')),
        /^TD\|/,
      );
    });

    it('API-7: a password that the filter would change fails', async () => {
      assert.equal(
        await text(`user=6666&pass=12+34&source=test&function=ccc_lead_info&call_id=${code}`),
        'ERROR: Login incorrect, please try again: |6666||BAD|\n',
      );
    });

    it('API-8: DB is ignored', async () => assert.match(await text(`${login}&call_id=${code}&DB=1`), /^TD\|/));

    it('3.3: the login comes before the function, the function before the source', async () => {
      assert.match(await text('user=6666&pass=x&function=nosuch'), /^ERROR: Login incorrect/);
      assert.equal(await text('user=6666&pass=1234&function=nosuch'), 'ERROR: NO FUNCTION SPECIFIED\n');
      assert.equal(
        await text('user=7005&pass=1234&source=x&function=ccc_lead_info'),
        'ERROR: Invalid Source - x\nERROR: Invalid Source: |x|\n',
      );
    });

    it('3.3: agent_user follows the bar of CALL NOT FOUND', async () => {
      assert.equal(await text(`${login}&call_id=V1211209990001000123&agent_user=42`), 'ERROR: ccc_lead_info CALL NOT FOUND: 6666|42\n');
      assert.equal(store.tables.apiLog[0]?.data, '6666|42');
    });

    it('3.1: with use_non_latin letters of every script stay in user and source', async () => {
      store.tables.users.push({ ...plainUser, user: 'Jürgen', pass: 'Größe' });
      const query = `user=J%C3%BCrgen&pass=Gr%C3%B6%C3%9Fe&source=%D0%AF%D0%AF&function=ccc_lead_info&call_id=${code}`;
      assert.match(await text(query), /^ERROR: Login incorrect, please try again: \|Jrgen\|\|BAD/);
      store.tables.system = { ...store.tables.system, useNonLatin: true };
      assert.match(await text(query), /^TD\|/);
      assert.equal(store.tables.apiLog[0]?.source, 'ЯЯ');
    });

    it('3.1: the whole address in the request line reaches the door, as a proxy sends it', async () => {
      const path = 'http://origin.example/vicidial/non_agent_api.php';
      assert.match((await ask({ path, query: `${login}&call_id=${code}` })).body, /^TD\|/);
      assert.equal(store.tables.apiLog[0]?.page, 'http://origin.example/vicidial/non_agent_api.php');
    });

    it('API-1: further paths by setting, letter case counts', async () => {
      await restart({ paths: ['/admin/non_agent_api.php', '/lead'] });
      assert.match((await ask({ path: '/lead', query: `${login}&call_id=${code}` })).body, /^TD\|/);
      assert.equal((await ask({ path: '/vicidial/non_agent_api.php', query: login })).status, 404);
      assert.equal((await ask({ path: '/LEAD', query: login })).status, 404);
    });
  });

  describe('credentials', () => {
    const basic = (user: string, pass: string) => ({ Authorization: `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}` });
    const bare = `source=test&function=ccc_lead_info&call_id=${code}`;

    it("W-5: HTTP Basic keeps the password of a peer's account out of the address", async () => {
      store.change('6666', () => bound({}));
      assert.match((await ask({ query: bare, headers: basic('6666', '1234') })).body, /^TD\|/);
      assert.match(
        (await ask({ query: bare, headers: basic('6666', 'x:y') })).body,
        /^ERROR: Login incorrect, please try again: \|\|\|BAD/,
      );
    });

    it('3.1: HTTP Basic alone is ignored for every other account, as VICIdial does', async () => {
      for (const headers of [basic('6666', '1234'), basic('6666', 'wrong'), basic('nobody', 'x')]) {
        assert.equal((await ask({ query: bare, headers })).body, 'ERROR: Login incorrect, please try again: |||BAD|\n');
        const fronter = await ask({ path: '/agc/api.php', query: 'source=test&function=force_fronter_leave_3way', headers });
        assert.equal(fronter.body, 'ERROR: Invalid Username/Password: |||0|1|BAD|0|api||\n');
      }
      assert.equal(store.tables.users.find(({ user }) => user === '6666')?.failedLoginCount, 0);
    });

    it('W-5: HTTP Basic may carry passwords that a parameter could not', async () => {
      const secretHash = await hashSecret('p: ü|&', testSecrets);
      store.change('6666', () => ({ ...bound({}), pass: '', secretHash }));
      assert.match((await ask({ query: bare, headers: basic('6666', 'p: ü|&') })).body, /^TD\|/);
      assert.match(await text(`user=6666&pass=${encodeURIComponent('p: ü|&')}&${bare}`), /^ERROR: Login/);
    });

    it('3.1: HTTP Basic is ignored as soon as user or pass is sent', async () => {
      for (const query of [`user=7001&pass=wrong&${bare}`, `user=&${bare}`, `pass[]=1&${bare}`])
        assert.match((await ask({ query, headers: basic('6666', '1234') })).body, /^ERROR: Login incorrect/, query);
    });

    for (const header of ['Basic', 'Basic ', 'Basic %%%', 'Basic QQ==', 'Bearer abc', `Basic ${'A'.repeat(3000)}`])
      it(`a broken Authorization "${header.slice(0, 12)}" is no login`, async () => {
        const answer = await ask({ query: bare, headers: { Authorization: header } });
        assert.equal(answer.body, 'ERROR: Login incorrect, please try again: |||BAD|\n');
      });

    it('X-27: a signed request needs no password, and is taken once', async () => {
      const date = new Date(clock.nowMs).toISOString();
      const parameters = Object.fromEntries(new URLSearchParams(bare));
      const parts = { method: 'GET', path: '/vicidial/non_agent_api.php', parameters, body: '', date };
      const headers = { 'X-CCC-Key': '6666', 'X-CCC-Date': date, 'X-CCC-Sign': signRequest(nodeDigests, '1234', parts) };
      assert.match((await ask({ query: bare, headers })).body, /^TD\|/);
      assert.match((await ask({ query: bare, headers })).body, /^ERROR: Login incorrect, please try again: \|6666\|\|BAD/);
    });

    it('X-27: the body of a signed POST is covered', async () => {
      const date = new Date(clock.nowMs).toISOString();
      const parts = { method: 'POST', path: '/vicidial/non_agent_api.php', parameters: {}, body: bare, date };
      const headers = { 'X-CCC-Key': '6666', 'X-CCC-Date': date, 'X-CCC-Sign': signRequest(nodeDigests, '1234', parts) };
      const form = { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' };
      assert.match((await ask({ method: 'POST', body: `${bare}&x=1`, headers: form })).body, /^ERROR: Login/);
      assert.match((await ask({ method: 'POST', body: bare, headers: form })).body, /^TD\|/);
    });

    it('API-9: the client address comes from the socket, whatever headers say', async () => {
      for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Client-IP', 'Forwarded'])
        await ask({ query: `${login}&call_id=${code}`, headers: { [name]: '10.0.0.1' } });
      assert.deepEqual(
        store.tables.apiLog.map((entry) => entry.remoteIp),
        Array(4).fill('127.0.0.1'),
      );
    });

    it('API-9: one trusted header counts, from a trusted proxy, its last entry', async () => {
      await restart({ proxy: { header: 'X-Forwarded-For', proxies: ['127.0.0.0/8'] } });
      await ask({ query: `${login}&call_id=${code}`, headers: { 'X-Forwarded-For': '6.6.6.6, 10.0.0.1' } });
      await ask({ query: `${login}&call_id=${code}`, headers: { 'X-Forwarded-For': "'; DROP TABLE" } });
      await restart({ proxy: { header: 'X-Forwarded-For', proxies: ['10.9.9.9'] } });
      await ask({ query: `${login}&call_id=${code}`, headers: { 'X-Forwarded-For': '10.0.0.1' } });
      assert.deepEqual(
        store.tables.apiLog.map((entry) => entry.remoteIp),
        ['10.0.0.1', '127.0.0.1', '127.0.0.1'],
      );
    });

    for (const [refusal, expected] of [
      ['IPBLOCK', 'ERROR: Your IP Address is not allowed: 127.0.0.1: ||IPBLOCK|\n'],
      ['2FA', 'ERROR: Login incorrect, please try again: |6666||2FA|\n'],
    ] as const)
      it(`3.3 step 1: ${refusal}`, async () => {
        store.tables.ipLists.set('BLACK', ['127.0.0.x']);
        const more =
          refusal === '2FA' ? { twoFactorAuthHours: 1, twoFactorContainer: 'C' } : { allowIpLists: true, systemIpBlacklist: 'BLACK' };
        store.tables.system = { ...store.tables.system, ...more };
        assert.equal(await text(`${login}&call_id=${code}`), expected);
        assert.equal(store.tables.apiLog.length, 0);
      });
  });

  describe('codes and window', () => {
    it('3.3 step 6: 18 to 39 characters with a known prefix, letter case counts', () => {
      for (const good of [
        'V'.padEnd(18, '1'),
        'XL'.padEnd(39, '1'),
        'DC'.padEnd(20, '1'),
        'S'.padEnd(18, '1'),
        'LP'.padEnd(20, 'a'),
        'VH'.padEnd(20, '1'),
      ])
        assert.ok(isKnownCode(good), good);
      for (const bad of [
        'V'.padEnd(17, '1'),
        'V'.padEnd(40, '1'),
        'v'.padEnd(20, '1'),
        'D'.padEnd(20, '1'),
        'L'.padEnd(20, '1'),
        'XB'.padEnd(20, '1'),
        '',
      ])
        assert.ok(!isKnownCode(bad), bad);
    });

    for (const served of [
      'J1211200030001000123',
      'S12112001100010001',
      'LPvdcW17952870006667',
      'VH121120012086000051',
      'XLvdcW17952870006667',
    ])
      it(`3.3 step 7: ${served} is served`, async () => assert.match(await text(`${login}&call_id=${served}`), /^TD\|/));

    it('2.3: a DC code is looked for in the dial log alone, the others in the extended log alone', async () => {
      assert.equal(await text(`${login}&call_id=M1211200130001000123`), callNotFound);
      assert.equal(await text(`${login}&call_id=DC287001W0001000123W`), callNotFound);
    });

    it('API-6: strictly later than now minus the window, to the second', async () => {
      store.tables.proofs = [{ log: 'extended', code, leadId: 1000123, atMs: clock.nowMs - 35_999_000 }];
      assert.match(await text(`${login}&call_id=${code}`), /^TD\|/);
      store.tables.proofs = [{ log: 'extended', code, leadId: 1000123, atMs: clock.nowMs - 36_000_000 }];
      assert.equal(await text(`${login}&call_id=${code}`), callNotFound);
    });

    it('API-6: the window is a setting, an account may only have a shorter one', async () => {
      store.tables.proofs = [{ log: 'extended', code, leadId: 1000123, atMs: clock.nowMs - 100_000 }];
      await restart({ leadInfo: { windowS: 60 } });
      assert.equal(await text(`${login}&call_id=${code}`), callNotFound);
      await restart({ leadInfo: { windowS: 200 } });
      store.change('6666', () => bound({ windowS: 60 }));
      assert.equal(await text(`${login}&call_id=${code}`), callNotFound);
      store.change('6666', () => bound({ windowS: 9_999_999 }));
      assert.match(await text(`${login}&call_id=${code}`), /^TD\|/);
      store.tables.proofs = [{ log: 'extended', code, leadId: 1000123, atMs: clock.nowMs - 300_000 }];
      assert.equal(await text(`${login}&call_id=${code}`), callNotFound);
    });

    it('3.3: of several rows the newest proves', async () => {
      store.tables.leads.set(7, { ...emptyLead, status: 'NEWEST', list_id: '501' });
      store.tables.proofs.push({ log: 'extended', code, leadId: 7, atMs: clock.nowMs });
      assert.match(await text(`${login}&call_id=${code}`), /^NEWEST\|/);
    });
  });

  describe('output', () => {
    const nasty: LeadText = { ...emptyLead, list_id: '501', last_name: 'a|b,c\td\re\nf"g', comments: 'line1\r\nline2' };

    for (const [stage, expected] of [
      ['pipe', 'a b,c d e f"g'],
      ['csv', 'a|b c d e f"g'],
      ['tab', 'a|b,c d e f"g'],
      ['newline', 'a|b,c d e f"g'],
    ] as const)
      it(`API-2, W-12: ${stage} shifts no field`, () => {
        const delimiter = { pipe: '|', csv: ',', tab: '\t', newline: '\n' }[stage];
        const fields = formatLead(nasty, stage, false).slice(0, -1).split(delimiter);
        assert.equal(fields.length, leadFields.length);
        assert.equal(fields[leadFields.indexOf('last_name')], expected);
        assert.equal(fields[leadFields.indexOf('comments')], 'line1  line2');
      });

    it('API-2: json keeps every character', async () => {
      store.tables.leads.set(1000123, nasty);
      const answer = await ask({ query: `${login}&call_id=${code}&stage=json` });
      assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
      assert.deepEqual(JSON.parse(answer.body), nasty);
      assert.deepEqual(Object.keys(JSON.parse(answer.body) as object), leadFields);
    });

    it('API-2: csvq is RFC 4180', async () => {
      store.tables.leads.set(1000123, nasty);
      const answer = await ask({ query: `${login}&call_id=${code}&stage=csvq&header=YES` });
      assert.ok(answer.body.startsWith(`${leadFields.join(',')}\r\n`));
      assert.ok(answer.body.includes(',"a|b,c\td\re\nf""g",'));
      assert.ok(answer.body.endsWith('\r\n'));
    });

    it('3.1: other stages mean pipe, header only when exactly YES', async () => {
      for (const stage of ['PIPE', 'xml', 'Json', '__proto__', 'constructor', '']) assert.equal(readStage(stage), 'pipe', stage);
      assert.match(await text(`${login}&call_id=${code}&stage=Csv&header=yes`), /^TD\|6667\|/);
    });

    it('3.2: the answer is UTF-8, with its length in bytes', async () => {
      const answer = await ask({ query: `${login}&call_id=M1211200050001000125` });
      assert.match(answer.body, /\|Jürgen\|\|Müller Groß\|Straße 1, Hof\|/);
      assert.equal(answer.headers['content-length'], String(Buffer.byteLength(answer.body)));
    });

    it('property: whatever a lead holds, each stage gives 30 fields', () => {
      const wild: LeadField[] = ['first_name', 'comments', 'owner', 'status'];
      for (const stage of ['pipe', 'csv', 'tab', 'newline'] as Stage[])
        for (const value of ['|', ',', '\t', '\n', '\r\n', '"', "'", '\\', '\u0000', '😀', 'x'.repeat(300), '|,\t\n'.repeat(9)]) {
          const lead = { ...emptyLead, ...Object.fromEntries(wild.map((field) => [field, value])) };
          const delimiter = { pipe: '|', csv: ',', tab: '\t', newline: '\n', json: '', csvq: '' }[stage];
          assert.equal(formatLead(lead, stage, false).slice(0, -1).split(delimiter).length, 30, `${stage} ${value}`);
        }
    });
  });

  describe('permissions and limits', () => {
    it('W-8: a peer account has no functions unless named', () => {
      const all = { ...plainUser, account: noLimits };
      assert.equal(mayUseFunction(plainUser, 'ccc_lead_info'), true);
      assert.equal(mayUseFunction(all, 'ccc_lead_info'), false);
      assert.equal(mayUseFunction({ ...all, apiAllowedFunctions: ' version ccc_lead_info ' }, 'ccc_lead_info'), true);
      assert.equal(mayUseFunction({ ...all, apiAllowedFunctions: '' }, 'ccc_lead_info'), false);
      assert.equal(mayUseFunction({ ...plainUser, apiAllowedFunctions: ' xccc_lead_info ' }, 'ccc_lead_info'), false);
    });

    it('W-8: a peer account with ALL_FUNCTIONS is refused over HTTP', async () => {
      store.change('6666', () => ({ ...bound({}), apiAllowedFunctions: ' ALL_FUNCTIONS ' }));
      assert.equal(
        await text(`${login}&call_id=${code}`),
        'ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |6666|ccc_lead_info|\n',
      );
    });

    it('W-8: a peer account sees only the lists that it was given', async () => {
      store.change('6666', () => bound({ lists: [601] }));
      assert.equal(await text(`${login}&call_id=${code}`), restricted);
      assert.match(await text(`${login}&call_id=M1211200060001000126`), /^NEW\|/);
      store.change('6666', () => bound({ lists: [] }));
      assert.equal(await text(`${login}&call_id=M1211200060001000126`), restricted);
    });

    it('3.3 step 9: the campaign must be one of the group', () => {
      const user = { ...plainUser, allowedCampaigns: ' TEST CAMP2 -' };
      assert.deepEqual(
        ['TEST', 'CAMP2', 'CAMP', '-', '', undefined].map((name) => mayReadCampaign(user, name)),
        [true, true, false, false, false, false],
      );
    });

    it('W-7: with one-time use a code is answered once per account', async () => {
      store.change('6666', () => bound({ oneTime: true }));
      assert.match(await text(`${login}&call_id=${code}`), /^TD\|/);
      clock.nowMs += oneTimeRetryMs;
      assert.equal(await text(`${login}&call_id=${code}`), callNotFound);
      assert.match(await text(`${login.replace('6666', '7004')}&call_id=${code}`), /^TD\|/);
    });

    it('W-7: a peer that lost the answer may ask again soon, from its own address', async () => {
      await restart({ proxy: { header: 'X-Forwarded-For', proxies: ['127.0.0.0/8'] } });
      store.change('6666', () => bound({ oneTime: true }));
      const from = async (address: string) =>
        (await ask({ query: `${login}&call_id=${code}`, headers: { 'X-Forwarded-For': address } })).body;
      assert.match(await from('10.1.1.1'), /^TD\|/);
      clock.nowMs += oneTimeRetryMs - 1;
      assert.match(await from('10.1.1.1'), /^TD\|/);
      assert.equal(await from('10.1.1.2'), callNotFound);
    });

    it('W-7: a refused request does not use the code up', async () => {
      store.change('6666', () => bound({ oneTime: true, lists: [601] }));
      assert.equal(await text(`${login}&call_id=${code}`), restricted);
      store.change('6666', () => bound({ oneTime: true }));
      assert.match(await text(`${login}&call_id=${code}`), /^TD\|/);
    });

    it('W-7: an account has a number of requests per minute', async () => {
      store.change('6666', () => bound({ requestsPerMinute: 2 }));
      const answers = [];
      for (let i = 0; i < 3; i += 1) answers.push((await text(`${login}&call_id=${code}`)).slice(0, 25));
      assert.deepEqual(answers, ['TD|6667|554443|SRC9|501|-', 'TD|6667|554443|SRC9|501|-', 'ERROR: Too many requests,']);
      clock.nowMs += 60_000;
      assert.match(await text(`${login}&call_id=${code}`), /^TD\|/);
    });

    it('W-7: an address has a number of requests per minute, before the login is looked at', async () => {
      await restart({ leadInfo: { requestsPerAddressMinuteMax: 1 } });
      await text('function=version');
      assert.equal(await text(`${login}&call_id=${code}`), 'ERROR: Too many requests, try again later: |6666|RATE|\n');
      assert.equal(store.tables.users[0]?.failedLoginCount, 0);
    });

    it('W-7: guessing codes raises an alarm, then ends', async () => {
      await restart({ leadInfo: { missesPerMinuteMax: 5, missesAlarm: 3 } });
      for (let i = 0; i < 5; i += 1) assert.equal(await text(`${login}&call_id=V999999999000100012${String(i)}`), callNotFound);
      assert.equal(meter.counted('tandem_lead_api_miss_alarms_total').length, 1);
      assert.match(await text(`${login}&call_id=${code}`), /^ERROR: Too many requests/);
      clock.nowMs += 60_000;
      assert.match(await text(`${login}&call_id=${code}`), /^TD\|/);
    });

    it('limits are bounded in memory, keys beyond share one counter', () => {
      const limit = createMinuteLimit(2);
      assert.deepEqual(
        [limit.take('a', 1, 0), limit.take('b', 1, 0), limit.take('c', 1, 0), limit.take('d', 1, 0)],
        [true, true, true, false],
      );
      assert.equal(limit.take('d', 1, 60_000), true);
    });
  });

  describe('logs', () => {
    it('W-11: the log holds lead id and field count, no personal data', async () => {
      await text(`${login}&call_id=${code}`);
      const entry = store.tables.apiLog[0];
      assert.equal(entry?.reason, 'ccc_lead_info lead 1000123, 30 fields');
      assert.doesNotMatch(JSON.stringify(entry), /Reilly|9998887112|1234(?!5)[^0-9]/);
    });

    it('W-5, API-5: no password in the log, by query, form or both', async () => {
      await text(`user=6666&p%61ss=1234&source=test&function=version`);
      await ask({
        method: 'POST',
        query: 'pass=first',
        body: 'user=6666&pass=1234&source=test&function=version',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      });
      for (const entry of store.tables.apiLog) assert.doesNotMatch(entry.url, /1234|first/);
    });

    it('API-5: a log that fails does not fail the request', async () => {
      await server.close();
      const never = { write: () => new Promise<void>(() => undefined) };
      server = await startApiServer({ ...store, apiLog: never }, { nowMs: () => clock.nowMs });
      assert.match(await text(`${login}&call_id=${code}`), /^TD\|/);
    });

    it('X-29: requests are counted by outcome, with few labels', async () => {
      for (const call of [code, 'V1211209990001000123', 'M1211200080001999999', 'x']) await text(`${login}&call_id=${call}`);
      assert.deepEqual(
        meter.counted('tandem_lead_api_requests_total').map((labels) => labels['outcome']),
        ['found', 'call-not-found', 'lead-not-found', 'bad-code'],
      );
    });
  });

  describe('version and coffee', () => {
    const facts = { version: '1.0', build: 'b', zone: 'America/New_York', localGmt: '-5.00' };

    it('3.7: winter and summer', () => {
      const winter = Date.parse('2026-11-21T19:25:10Z');
      assert.equal(
        versionText(facts, winter),
        'VERSION: 1.0|BUILD: b|DATE: 2026-11-21 14:25:10|EPOCH: 1795289110|DST: 0|TZ: -5.00|TZNOW: -5.00|CCC: 2|',
      );
      const summer = Date.parse('2026-07-01T12:00:00Z');
      assert.match(versionText(facts, summer), /\|DATE: 2026-07-01 08:00:00\|EPOCH: 1782907200\|DST: 1\|TZ: -5\.00\|TZNOW: -4\|CCC: 2\|$/);
      assert.match(versionText({ ...facts, zone: 'Asia/Kolkata', localGmt: '5.50' }, summer), /\|DST: 0\|TZ: 5\.50\|TZNOW: 5\.50\|/);
      assert.match(versionText({ ...facts, zone: 'Australia/Sydney', localGmt: '10.00' }, winter), /\|DST: 1\|TZ: 10\.00\|TZNOW: 11\|/);
      assert.match(versionText({ ...facts, localGmt: undefined }, summer), /\|TZ: -5\.00\|TZNOW: -4\|/);
      assert.match(versionText({ ...facts, localGmt: undefined }, winter), /\|TZ: -5\.00\|TZNOW: -5\.00\|/);
      assert.match(versionText({ ...facts, zone: 'Asia/Kolkata', localGmt: undefined }, winter), /\|TZ: 5\.50\|TZNOW: 5\.50\|/);
    });

    it('3.7: version needs no login, and a wrong one does not matter', async () => {
      assert.match(await text('function=version&user=nobody&pass=x'), /^VERSION: /);
      assert.equal(store.tables.apiLog[0]?.user, '');
    });

    it('3.5: a request without login names no server and no page: invented hosts would fill their tables', async () => {
      await ask({ query: 'function=version', headers: { Host: 'invented.example' } });
      await ask({ query: 'function=coffee', headers: { Host: 'invented.example' } });
      await ask({ query: `${login}&call_id=${code}`, headers: { Host: 'ours.example' } });
      assert.deepEqual(
        store.tables.apiLog.map(({ webServer, page }) => [webServer, page]),
        [
          ['unknown', 'unknown'],
          ['unknown', 'unknown'],
          ['ours.example', 'http://ours.example/vicidial/non_agent_api.php'],
        ],
      );
    });

    it('3.7: the coffee joke', async () => {
      for (const name of ['coffee', 'start_coffee', 'make_coffee', 'brew_coffee']) {
        const answer = await ask({ query: `function=${name}` });
        assert.deepEqual([answer.status, answer.body], [418, `Coffee: ${name}|Error 418 I'm a teapot\n`]);
      }
    });
  });
});
