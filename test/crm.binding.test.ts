import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bindingsFileSchema, joinUrl } from '../core/crm/binding.js';
import { channelOfExtension, contextOfClick, numberOfClick } from '../core/crm/click-to-call.js';

const plain = {
  name: 'main',
  dialect: 'vtiger',
  crm_url: 'https://crm.example/',
  secret: 'env:CRM_KEY',
  timezone: 'Europe/Moscow',
  public_url: 'https://pbx.example/crm',
  contexts: ['from-internal'],
  extensions: { '101': 'PJSIP/101', '1XX': 'PJSIP/${EXT}' },
};

const problemsOf = (binding: object, more: object = {}): readonly string[] => {
  const result = bindingsFileSchema.safeParse({ crm: [binding], ...more });
  return result.success ? [] : result.error.issues.map(({ path }) => path.join('.'));
};

const parsed = (more: object = {}) => {
  const [binding] = bindingsFileSchema.parse({ crm: [{ ...plain, ...more }] }).crm;
  assert.ok(binding);
  return binding;
};

describe('CRM bindings', () => {
  it('a plain binding is read with its defaults', () => {
    const binding = parsed();
    assert.equal(binding.callback_path, 'modules/PBXManager/callbacks/PBXManager.php');
    assert.equal(joinUrl(binding.crm_url ?? '', binding.callback_path), 'https://crm.example/modules/PBXManager/callbacks/PBXManager.php');
    assert.equal(binding.recordings.access, 'signed');
    assert.equal(binding.request_ms_max, 10_000);
  });

  const wrong: readonly (readonly [string, object, string])[] = [
    ['CRM-17: no zone', { timezone: undefined }, 'crm.0.timezone'],
    ['a zone that is none', { timezone: 'Moscow' }, 'crm.0.timezone'],
    ['a key sent in the clear', { crm_url: 'http://crm.example' }, 'crm.0.crm_url'],
    ['CRM-12: links that the CRM would cut', { public_url: `https://pbx.example/${'x'.repeat(80)}` }, 'crm.0.public_url'],
    ['an extension that injects', { extensions: { '101\n': 'PJSIP/101' } }, 'crm.0.extensions.101\n'],
    ['a channel that is none', { extensions: { '101': 'nonsense' } }, 'crm.0.extensions'],
    ['a context with a comma', { contexts: ['a,b'] }, 'crm.0.contexts.0'],
    ['an unknown key', { tiemzone: 'x' }, 'crm.0'],
    ['a regular expression that is none', { numbers_to_crm: [{ match: '(', replace: '' }] }, 'crm.0.numbers_to_crm.0'],
    ['the web service without its account', { dialect: 'vtiger-ws' }, 'crm.0.ws'],
    ['no address', { crm_url: undefined }, 'crm.0.crm_url'],
  ];
  for (const [what, change, path] of wrong)
    it(`refused with its place: ${what}`, () => assert.deepEqual(problemsOf({ ...plain, ...change }), [path]));

  it('plain http is fine to the own machine, and where it is wanted', () => {
    assert.deepEqual(problemsOf({ ...plain, crm_url: 'http://127.0.0.1:8080' }), []);
    assert.deepEqual(problemsOf({ ...plain, crm_url: 'http://crm.example', allow_insecure: true }), []);
  });

  it('CRM-19: any number of bindings, but no two of one name', () => {
    const issues = bindingsFileSchema.safeParse({ crm: [plain, { ...plain, name: 'Main' }] });
    assert.deepEqual(
      issues.error?.issues.map(({ path }) => path.join('.')),
      ['crm.1.name'],
    );
  });

  it('B29: recordings are not kept longer than the calls that they belong to', () => {
    const message = (more: object, binding: object = plain): string | undefined =>
      bindingsFileSchema.safeParse({ crm: [binding], ...more }).error?.issues[0]?.message;
    assert.deepEqual(problemsOf(plain, { recordings_days: 366 }), ['recordings_days']);
    assert.match(message({ recordings_days: 366 }) ?? '', /^is more than calls_days \(365\): /);
    assert.deepEqual(problemsOf(plain, { recordings_days: 366, calls_days: 366 }), []);
    assert.deepEqual(problemsOf({ ...plain, recordings: { days: 31 } }, { calls_days: 30 }), ['crm.0.recordings.days']);
    assert.deepEqual(problemsOf(plain, { recordings_days: 0, calls_days: 1 }), []);
  });

  it('CRM-19: filters and proxies that cannot be are refused with their place', () => {
    const filters = { lines: ['7495 123'], queues: [''], trunks: [''], domains: ['a@b'] };
    assert.deepEqual(problemsOf({ ...plain, ...filters }), ['crm.0.lines.0', 'crm.0.queues.0', 'crm.0.trunks.0', 'crm.0.domains.0']);
    assert.deepEqual(problemsOf(plain, { trusted_proxies: ['10.0.0.0/8', '::1', 'proxy.example'] }), ['trusted_proxies.2']);
  });

  it('a relative root of recordings is refused', () =>
    assert.deepEqual(problemsOf(plain, { recording_roots: ['../x'] }), ['recording_roots.0']));
});

describe('click-to-call: what may be called', () => {
  const binding = parsed({ numbers_from_crm: [{ match: '^8(\\d{10})$', replace: '+7$1' }], deny_prefixes: ['+7900', '00'] });

  const numbers: readonly (readonly [string, string])[] = [
    ['+7 (912) 345-67-89', '+79123456789'],
    ['8 495 123 45 67', '+74951234567'],
    ['101', '101'],
    [' *9664 ', '*9664'],
  ];
  for (const [text, number] of numbers)
    it(`CRM-5, P18: ${text} is ${number}`, () => assert.deepEqual(numberOfClick(binding, text), { ok: true, number }));

  const refused: readonly (readonly [string, string])[] = [
    ['', 'empty-number'],
    [' ()- ', 'empty-number'],
    ['+7912;345', 'bad-number'],
    ['"&gt;<b></b>', 'bad-number'],
    ['79123456789\nX: y', 'bad-number'],
    ['тест', 'bad-number'],
    ['1'.repeat(33), 'bad-number'],
    ['1', 'bad-number'],
    ['sip:bob@example.com', 'uri-not-allowed'],
    ['sip:bob@example.com,1', 'bad-number'],
    ['+79001112233', 'denied-number'],
    ['8 900 111 22 33', 'denied-number'],
    ['x'.repeat(10_000), 'bad-number'],
  ];
  for (const [text, problem] of refused)
    it(`CRM-5: ${JSON.stringify(text.slice(0, 40))} is refused: ${problem}`, () =>
      assert.deepEqual(numberOfClick(binding, text), { ok: false, problem }));

  it('a SIP address only to a host on the list', () => {
    const open = parsed({ makecall: { allow_uri: true, uri_hosts: ['example.com'] } });
    assert.deepEqual(numberOfClick(open, 'sip:bob@EXAMPLE.com'), { ok: true, number: 'sip:bob@EXAMPLE.com' });
    assert.deepEqual(numberOfClick(open, 'sip:bob@evil.example'), { ok: false, problem: 'uri-not-allowed' });
  });

  it('CRM-20: whatever arrives, what is called has only characters of a number', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const result = numberOfClick(binding, text);
        assert.ok(!result.ok || /^\+?[0-9*#]{2,32}$/.test(result.number));
      }),
    );
  });

  it('crm-vtiger 11.3: a context of the list or none at all', () => {
    assert.equal(contextOfClick(binding, ''), 'from-internal');
    assert.equal(contextOfClick(binding, 'from-internal'), 'from-internal');
    assert.equal(contextOfClick(binding, 'default'), undefined);
    assert.equal(contextOfClick({ contexts: [] }, ''), undefined);
  });

  it('P20: the telephone is the one of the map, by name or by pattern; others have none', () => {
    assert.equal(channelOfExtension(binding, '101'), 'PJSIP/101');
    assert.equal(channelOfExtension(binding, '155'), 'PJSIP/155');
    for (const name of ['2', '1555', '1XX', '1ab', 'constructor', 'PJSIP/101', ''])
      assert.equal(channelOfExtension(binding, name), undefined, name);
  });
});
