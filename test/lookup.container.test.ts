/** Containers and profiles to requests (vicidial-ccc 4.1, 7, W-1, W-2). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCallerCode } from '../core/callercode.js';
import { parseContainer } from '../core/cluster/container.js';
import { encodeQuery, planRequest } from '../core/cluster/peer-request.js';
import type { RequestPlan } from '../core/cluster/peer-request.js';
import { isListId, parseLookupArgument } from '../core/cluster/lookup-argument.js';
import { isOnTrunk } from '../core/cluster/trunk.js';
import type { Container, PeerProfile } from '../core/ports.js';
import { peerProfile, profileContainer, stockContainer, stockQuery } from './support/lookup-world.js';

const code = 'V1211903090005000001';
const container = (entry: string, profile?: PeerProfile): Container => ({ id: 'c', entry, profile });

function plan(
  from: Container,
  name: Parameters<typeof planRequest>[1] = 'ccc_lead_info',
  given = { call_id: code } as Record<string, string>,
) {
  const result = planRequest(from, name, given);
  assert.ok(result.ok, result.ok ? '' : result.problem);
  return result.plan;
}
const url = (p: RequestPlan) => `${p.origin}${p.path}?${encodeQuery(p.parameters)}`;
const problem = (from: Container) => {
  const result = planRequest(from, 'ccc_lead_info', { call_id: code });
  return result.ok ? 'none' : result.problem;
};

describe('lookup: container text', () => {
  it('V14 V15 V16: the stock text becomes the request with the code in its place', () => {
    assert.equal(
      url(plan(stockContainer())),
      `http://origin.example/vicidial/non_agent_api.php?user=6666&pass=1234&source=test&function=ccc_lead_info&call_id=${code}`,
    );
  });

  it('AGI-1: the macro counts in any letter case and wherever it stands', () => {
    const text = 'http://h/x/--a--CALL_ID--b--?a=--A--CALL_id--B---&b=x--A--call_id--B--y';
    assert.equal(url(plan(container(text))), `http://h/x/${code}?a=${code}-&b=x${code}y`);
  });

  it('AGI-1: spaces count as plus, a trailing line feed is harmless, a scheme may be missing', () => {
    assert.equal(
      url(plan(container(`host/p?source=my label&call_id=--A--call_id--B--\r\n`))),
      `http://host/p?source=my%20label&call_id=${code}`,
    );
  });

  it('W-2: a bare percent, plus and encoded text keep their meaning', () => {
    const p = plan(container('http://h/p?pass=100%&a=x%26y&b=1+2&call_id=--A--call_id--B--'));
    assert.deepEqual(p.parameters.slice(0, 3), [
      ['pass', '100%'],
      ['a', 'x&y'],
      ['b', '1 2'],
    ]);
    assert.match(url(p), /pass=100%25&a=x%26y&b=1%202&/);
  });

  it('4.4: the declared format is known from stage, case-sensitive, anything else is pipe', () => {
    for (const [stage, format] of [
      ['csv', 'csv'],
      ['tab', 'tab'],
      ['newline', 'newline'],
      ['json', 'json'],
      ['csvq', 'csvq'],
      ['CSV', 'pipe'],
      ['xml', 'pipe'],
    ] as const) {
      assert.equal(plan(stockContainer(undefined, `&stage=${stage}`)).format, format, stage);
    }
    assert.equal(plan(stockContainer()).format, 'pipe');
  });

  for (const [entry, expected] of [
    ['', 'empty'],
    [' \n', 'empty'],
    [`http://h/p?${stockQuery}\nhttp://h/q?${stockQuery}`, 'more-than-one-line'],
    [`http://h/p?a=\t&${stockQuery}`, 'control-character'],
    [`http://h/p?a=\0&${stockQuery}`, 'control-character'],
    [`ftp://h/p?${stockQuery}`, 'not-http'],
    [`file:///etc/passwd?${stockQuery}`, 'no-url'],
    [`http://--A--call_id--B--.example/p?${stockQuery}`, 'macro-in-host'],
    [`http://:99999/p?${stockQuery}`, 'no-url'],
    ['http://h/p?user=6666&function=ccc_lead_info', 'no-call-id'],
    ['just words', 'no-call-id'],
    [`http://h/${'x'.repeat(9000)}`, 'too-long'],
  ] as const) {
    it(`V27: text ${JSON.stringify(entry.slice(0, 30))} is refused as ${expected}`, () => {
      assert.equal(problem(container(entry)), expected);
    });
  }

  it('W-1 W-2: whatever the caller name is, nothing but 20 checked characters enters the request', () => {
    const fixed = url(plan(stockContainer())).replace(code, '');
    const tails = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('&user=root', '#', '%26pass=x', '\r\nHost: x', '`id`', ';reboot', '$(id)'),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('V', 'M', 'Y', 'J', 'DC'),
        fc.nat(999_999_999),
        fc.integer({ min: 1, max: 4_294_967_295 }),
        tails,
        (kind, time, lead, tail) => {
          const ten = String(lead).padStart(10, '0');
          const head =
            kind === 'DC' ? `DC${String(time % 1_000_000).padStart(6, '0')}W${ten}W` : `${kind}${String(time).padStart(9, '0')}${ten}`;
          const parsed = parseCallerCode(head + tail);
          assert.ok(parsed.ok);
          const sent = url(plan(stockContainer(), 'ccc_lead_info', { call_id: parsed.code.code }));
          assert.equal(sent, fixed + head);
        },
      ),
    );
  });

  it('W-1 W-2: any text that is no code never becomes a request', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/^[A-Z0-9]{20}$/.test(text));
        assert.throws(() => planRequest(stockContainer(), 'ccc_lead_info', { call_id: text }), { code: 'TDM_BAD_VALUE' });
      }),
    );
  });

  it('hostile container texts are judged, never thrown on', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void parseContainer(text)));
    fc.assert(fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => void parseContainer(text)));
  });
});

describe('lookup: peer profiles', () => {
  it('FF-3: a profile with a base address needs no container text', () => {
    assert.equal(
      url(plan(profileContainer({ baseUrl: 'https://origin.example:8443', stage: 'json' }))),
      `https://origin.example:8443/vicidial/non_agent_api.php?user=6666&pass=1234&source=tandem&function=ccc_lead_info&call_id=${code}&stage=json`,
    );
  });

  it('FF-3: fronter commands go to the agent path of the profile', () => {
    const given = { value: 'CCC_REMOTE', lead_id: '1000123', agent_user: 'CCC_REMOTE' };
    assert.equal(
      url(plan(profileContainer(), 'force_fronter_audio_stop', given)),
      'https://origin.example/agc/api.php?user=6666&pass=1234&source=tandem&function=force_fronter_audio_stop&value=CCC_REMOTE&lead_id=1000123&agent_user=CCC_REMOTE',
    );
  });

  it('V29 V30: over a stock container the address is what the reference makes of it', () => {
    const given = { value: 'CCC_REMOTE', lead_id: '1000123', agent_user: 'CCC_REMOTE' };
    const expected =
      'http://host/agc/api.php?user=6666&pass=1234&source=test&function=force_fronter_leave_3way&value=CCC_REMOTE&lead_id=1000123&agent_user=CCC_REMOTE&call_id=--A--call_id--B--';
    for (const page of ['vicidial', 'admin']) {
      const from = container(`http://host/${page}/non_agent_api.php?${stockQuery}`);
      assert.equal(url(plan(from, 'force_fronter_leave_3way', given)), expected);
    }
  });

  it('X-5: version is asked without login', () => {
    assert.equal(url(plan(stockContainer(), 'version', {})), 'http://origin.example/vicidial/non_agent_api.php?function=version');
    assert.equal(url(plan(profileContainer(), 'version', {})), 'https://origin.example/vicidial/non_agent_api.php?function=version');
  });

  it('without a base address the profile keeps the container’s page and takes over its login and format', () => {
    const profile = peerProfile({ baseUrl: undefined, user: 'peer', pass: 'env:PEER', stage: 'csv' });
    const p = plan({ ...stockContainer(), profile });
    assert.equal(p.format, 'csv');
    assert.deepEqual(
      p.parameters.filter(([name]) => name === 'user' || name === 'pass'),
      [
        ['user', 'peer'],
        ['pass', 'env:PEER'],
      ],
    );
  });

  it('a peer switched off is refused, and a base address with a query too', () => {
    assert.equal(problem(profileContainer({ active: false })), 'peer-inactive');
    assert.equal(problem(profileContainer({ baseUrl: 'https://h/?x=1' })), 'bad-base-url');
  });
});

describe('lookup: argument and trunk', () => {
  for (const [text, containerId, listId] of [
    ['ccc_test---8199', 'ccc_test', '8199'],
    ['ccc_test', 'ccc_test', undefined],
    ['ccc_test---', 'ccc_test', undefined],
    ['ccc_test---8', 'ccc_test', undefined],
    ['ccc_test---8199---more---', 'ccc_test', '8199'],
    ['---8199', undefined, '8199'],
    ['c', undefined, undefined],
    ['', undefined, undefined],
  ] as const) {
    it(`V11 V12 V13: argument "${text}"`, () => assert.deepEqual(parseLookupArgument(text), { containerId, listId }));
  }

  it('a list id is digits that fit its column', () => {
    assert.deepEqual(['8199', '99', 'abc', '8199;', '9'.repeat(30), '-10'].map(isListId), [true, true, false, false, false, false]);
  });

  for (const [channel, trunk, expected] of [
    ['IAX2/alpha-1234', 'IAX2/alpha', true],
    ['iax2/ALPHA-1234', 'IAX2/alpha', true],
    ['IAX2/alphabet-1234', 'IAX2/alpha', false],
    ['IAX2/alpha-north-1234', 'IAX2/alpha', false],
    ['IAX2/alpha-north-1234', 'IAX2/alpha-north', true],
    ['PJSIP/alpha-0000001a', 'PJSIP/alpha', true],
    ['Local/s@alpha-0000001a;1', 'Local/s@alpha', true],
    ['sofia/external/4711@10.0.0.5', 'sofia/external/', true],
    ['sofia/external/4711@10.0.0.5', 'sofia/external/4711', true],
    ['sofia/external/47110@10.0.0.5', 'sofia/external/4711', false],
    ['IAX2/alpha-1234', '', false],
  ] as const) {
    it(`TRK-2: ${channel} ${expected ? 'is' : 'is not'} on trunk "${trunk}"`, () => assert.equal(isOnTrunk(channel, [trunk]), expected));
  }
});
