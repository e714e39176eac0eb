/** Every described operation of the dialer, asked as nobody should ask: a refusal with a stable code, and nothing has changed. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { errors } from '../core/errors.js';
import { dialerRoutes } from '../sidecar/openapi/dialer-routes.js';
import type { RouteDoc } from '../sidecar/openapi/route-doc.js';
import { agentContact, startDialerApi, type DialerApi } from './support/dialer-api.js';
import { hostileTexts } from './support/hostile.js';

const quotes = `x' OR '1'='1'; DROP TABLE tandem_dialer_contacts; -- "\`\\`;
const isIntake = ({ method, path }: RouteDoc): boolean => method === 'post' && path.endsWith('/contacts');
/** Faces of the reference have words of their own. */
const isReference = ({ atRoot, tag }: RouteDoc): boolean => atRoot === true && tag.includes('reference');

describe('every described operation of the dialer refuses', function () {
  this.timeout(60_000);
  let api: DialerApi;
  let untouched: string;
  before(async () => {
    api = await startDialerApi();
    await api.campaign('c1');
    await api.post('/dialer/contacts', agentContact('a1'));
    untouched = await all();
  });
  after(() => api.close());

  /** All that a request might change. */
  async function all(): Promise<string> {
    const campaigns = await api.store.campaigns();
    const contacts = await api.store.contacts({ after: 0, limit: 100 });
    const settings = api.says.settings;
    return JSON.stringify([campaigns, contacts, settings, await api.store.audit({ after: 0, limit: 100 })]);
  }
  afterEach(async () => assert.equal(await all(), untouched));

  const named: Readonly<Record<string, string>> = {
    campaign: 'c1',
    contact: 'a1',
    agent: 'anna',
    switch: 'fs1',
    gateway: 'trunk1',
    profile: 'uk',
  };
  const pathOf = ({ path }: RouteDoc): string => path.replace(/\{(\w+)\}/g, (_all, name: string) => named[name] ?? 'x');

  type Asked = {
    readonly what: string;
    readonly suffix?: string;
    readonly body?: unknown;
    readonly who?: string;
    readonly headers?: Record<string, string>;
  };
  async function refused(doc: RouteDoc, asked: Asked, statuses: readonly number[]): Promise<void> {
    const { what, suffix = '', body, who = 'boss', headers = {} } = asked;
    const answer = await api.ask(doc.method.toUpperCase(), pathOf(doc) + suffix, body, who, headers);
    const told = `${doc.method} ${doc.path}, ${what}: ${String(answer.status)} ${answer.text.slice(0, 300)}`;
    assert.ok(statuses.includes(answer.status), told);
    assert.ok(answer.text.length < 5_000, told);
    if (isReference(doc) || isIntake(doc))
      assert.ok(
        ['error', 'rejected', 'code'].some((name) => name in answer.body),
        told,
      );
    else assert.ok(Object.hasOwn(errors, answer.body['code'] as string), told);
  }

  for (const doc of dialerRoutes) {
    const is = `${doc.method} ${doc.path}`;
    it(`B24: ${is}: no key, wrong keys, no permission`, async () => {
      await refused(doc, { what: 'no key', who: '' }, [401]);
      for (const authorization of ['Bearer tdm_x', `Bearer tdm_${'x'.repeat(43)}`, 'Basic !', 'Digest a=b'])
        await refused(doc, { what: authorization, who: '', headers: { authorization } }, [401]);
      await refused(doc, { what: 'no permission', who: 'clerk' }, [403]);
    });
    if (doc.query)
      it(`B24: ${is}: filters with quotes find nothing or are refused, unknown and repeated ones are refused`, async () => {
        for (const name of Object.keys(doc.query?.shape ?? {})) {
          const path = `${pathOf(doc)}?${name}=${encodeURIComponent(quotes)}`;
          const { status, text } = await api.get(path);
          assert.ok(status < 500, `${path}: ${text}`);
          if (status === 200) assert.match(text, /"items":\[\]/, path);
          await refused(doc, { what: `${name} twice`, suffix: `?${name}=1&${name}=2` }, [400]);
        }
        await refused(doc, { what: 'an unknown filter', suffix: '?zebra=1' }, [400]);
      });
    if (doc.body)
      it(`B24: ${is}: a body over the limit, one that is no JSON, and wrong types everywhere`, async () => {
        await refused(doc, { what: 'oversize', body: { x: 'x'.repeat(isIntake(doc) ? 4_300_000 : 70_000) } }, [413]);
        await refused(doc, { what: 'broken', body: '{"a":' }, [400]);
        const shape = z.toJSONSchema(doc.body ?? z.any(), { io: 'input', unrepresentable: 'any' }).properties ?? {};
        const wrong: unknown[] = [[], [1], { zebra: { crossing: [quotes] } }];
        for (const name of Object.keys(shape))
          for (const value of [{ x: [quotes] }, [[quotes]], 'x'.repeat(60_000)]) wrong.push({ [name]: value });
        for (const body of wrong) await refused(doc, { what: JSON.stringify(body).slice(0, 80), body }, [400, 404, 409]);
      });
    if (/\{/.test(doc.path))
      it(`B24: ${is}: hostile names are not found`, async () => {
        for (const [what, text] of Object.entries(hostileTexts)) {
          const path = doc.path.replace(/\{(\w+)\}/g, text);
          if (/[\n ]/.test(path) || text === '' || text.startsWith('..')) continue;
          const body =
            doc.method === 'get' || doc.body === undefined
              ? undefined
              : { paused: true, reason: 'x', disposition: 'SALE', status: 'ended' };
          const { status, text: answer } = await api.ask(doc.method.toUpperCase(), path, body);
          assert.ok([400, 403, 404, 409, 431].includes(status), `${what}: ${String(status)} ${answer.slice(0, 200)}`);
          assert.ok(answer.length < 1_000, what);
          assert.doesNotMatch(answer, /\p{Cc}/u, what);
        }
      });
  }

  it('all of them were asked', () => assert.ok(dialerRoutes.length > 50, String(dialerRoutes.length)));
});
