/** Who may use the reference's faces: a login, or an address of TANDEM_DIALER_ALLOW. */
import assert from 'node:assert/strict';
import { ivrContact, rawRequest, startDialerApi, type DialerApi, type DialerApiOptions } from './support/dialer-api.js';

const json = { 'content-type': 'application/json' };
const faces = [
  ['POST', '/contacts', JSON.stringify(ivrContact('a1'))],
  ['POST', '/campaigns/c1/start', ''],
  ['POST', '/campaigns/c1/stop', ''],
  ['POST', '/campaigns/c1/purge', ''],
  ['GET', '/status', ''],
  ['POST', '/agent-details', '{"uuid":"a1","status":"NO_AGENT_AVAILABLE"}'],
] as const;

describe('who may use the faces of the reference', () => {
  let api: DialerApi | undefined;
  afterEach(() => api?.close());

  async function statuses(options: DialerApiOptions, headers: Readonly<Record<string, string>> = {}): Promise<readonly number[]> {
    api = await startDialerApi(options);
    await api.post('/contacts', ivrContact('a0'), 'boss');
    const answers: number[] = [];
    for (const [method, path, body] of faces)
      answers.push((await rawRequest(api.root, method, path, { ...json, ...headers }, body)).status);
    return answers;
  }
  const basic = (who: string) => ({ authorization: `Basic ${Buffer.from(`${who}:${who}-pass`).toString('base64')}` });
  const none = [401, 401, 401, 401, 401, 401];
  const all = [201, 200, 200, 200, 200, 200];

  it('nobody without a login by default', async () => assert.deepEqual(await statuses({}), none));
  it('an address that is allowed needs none', async () => assert.deepEqual(await statuses({ allow: ['127.0.0.1'] }), all));
  it('another address needs one', async () => assert.deepEqual(await statuses({ allow: ['10.0.0.0/8'] }), none));
  it('a login with the function does as well', async () => assert.deepEqual(await statuses({}, basic('operator')), all));
  it('B39: a login that may read alone changes nothing', async () =>
    assert.deepEqual(await statuses({}, basic('reader')), [403, 403, 403, 403, 200, 403]));
  it('B39: a wrong login is not made good by the address', async () =>
    assert.deepEqual(await statuses({ allow: ['127.0.0.1'] }, { authorization: 'Basic eDp5' }), none));

  for (const [what, headers] of [
    ['a page of another site', { origin: 'http://evil.example' }],
    ['a page, whatever it says of itself', { 'sec-fetch-site': 'same-origin' }],
    ['a browser with a cookie', { cookie: 'a=b' }],
  ] as const)
    it(`B3: ${what} is not let in by the address of its user`, async () =>
      assert.deepEqual(await statuses({ allow: ['127.0.0.1'] }, headers), none));

  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
    it(`B3: a proxy that nobody knows (${header}) does not lend its address`, async () =>
      assert.deepEqual(await statuses({ allow: ['127.0.0.1'] }, { [header]: 'for=127.0.0.1' }), none));

  const proxy = { header: 'X-Forwarded-For', proxies: ['127.0.0.1'] };
  it('behind a trusted proxy the address that it names counts', async () =>
    assert.deepEqual(await statuses({ allow: ['10.0.0.7'], proxy }, { 'x-forwarded-for': '10.0.0.7' }), all));
  it('B3: behind a trusted proxy its own address does not', async () =>
    assert.deepEqual(await statuses({ allow: ['127.0.0.1'], proxy }, { 'x-forwarded-for': '10.0.0.8' }), none));

  it('what comes by address is written down as such', async () => {
    await statuses({ allow: ['127.0.0.1'] });
    const rows = await api?.store.audit({ object: 'campaign c1', after: 0, limit: 10 });
    assert.deepEqual(
      rows?.map(({ action, actor }) => `${action} ${actor}`),
      ['create user:boss', 'start address:127.0.0.1', 'stop address:127.0.0.1', 'purge address:127.0.0.1'],
    );
  });

  it('B3: an address alone opens nothing of the own API', async () => {
    api = await startDialerApi({ allow: ['127.0.0.1'] });
    for (const path of ['/api/v1/dialer/campaigns', '/api/v1/dialer/contacts', '/campaigns/c1/live', '/campaigns/c1/why'])
      assert.equal((await rawRequest(api.root, 'GET', path, {})).status, 401, path);
    assert.equal((await rawRequest(api.root, 'POST', '/campaigns/c1/pause', json)).status, 401);
  });

  it('B3: a large body of nobody is not read', async () => {
    api = await startDialerApi();
    const { status, text } = await rawRequest(api.root, 'POST', '/contacts', json, JSON.stringify([{ x: 'x'.repeat(3_000_000) }]));
    assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [401, 'TDM_UNAUTHENTICATED']);
  });
});

describe('a process without a dialer', () => {
  let api: DialerApi;
  before(async () => {
    api = await startDialerApi({ isOff: true });
  });
  after(() => api.close());

  it('says so wherever the dialer would be', async () => {
    for (const [method, path] of [
      ...faces,
      ['GET', '/dialer/campaigns'],
      ['POST', '/dialer/contacts'],
      ['POST', '/preview/anna/next'],
      ['GET', '/campaigns/c1/live'],
    ] as const) {
      const { status, body } = await api.ask(method, path, undefined, '');
      assert.deepEqual([status, body['code']], [404, 'TDM_DIALER_OFF'], path);
    }
  });
});
