/** Campaigns and numbers that must not be called in the provisioning file (B63). */
import assert from 'node:assert/strict';
import { shippedProfiles } from '../core/dialer/compliance/profiles.js';
import { applyYaml, type ApplyOptions } from '../sidecar/provision.js';
import { parseYaml } from '../sidecar/yaml-file.js';
import { DialerSite, noonMs, siteContact } from './support/dialer-site.js';
import { memoryProvisioning } from './support/memory-provisioning.js';

const spring = `
campaigns:
  - id: spring
    mode: IVR
    ivr: '9664'
    profile: reference
    caller_ids: ['+4930123456']
    gateways: [{ gateway: gw1, channels_max: 30 }]
`;
const numbers = `
dnc:
  - { numbers: ['+4930555123', '+4930555124'], reason: asked }
  - { numbers: ['0171 2345678'], country: DE, scope: 'campaign:spring', until: '2027-01-31' }
  - { numbers: ['49900'], prefix: true, scope: 'client:acme' }
`;

describe('provisioning of the dialer', function () {
  this.timeout(20_000);
  let site: DialerSite;
  let memory: ReturnType<typeof memoryProvisioning>;

  beforeEach(async () => {
    site = new DialerSite();
    await site.open();
    memory = memoryProvisioning();
  });
  afterEach(() => site.close());

  const options = (more: Partial<ApplyOptions> = {}): ApplyOptions => ({
    store: memory,
    hasher: { hash: (pass) => Promise.resolve(pass), verify: (pass, hash) => Promise.resolve(pass === hash) },
    ...{ nowMs: noonMs, zone: 'UTC', dryRun: false, allowDefaultSecrets: false, env: {} },
    dialer: { store: site.store, profiles: () => shippedProfiles },
    ...more,
  });
  const apply = async (text: string, more: Partial<ApplyOptions> = {}) => applyYaml(parseYaml(text, 'site.yaml'), options(more));
  const lines = async (text: string): Promise<readonly string[]> => (await apply(text)).lines;
  const auditOf = async () =>
    (await site.store.audit({ after: 0, limit: 100 })).map(({ actor, object, action }) => [actor, object, action]);

  it('B63: a campaign is made as a draft; again nothing changes; a change names its fields and keeps its life', async () => {
    assert.deepEqual(await lines(spring), ['+ campaign spring']);
    const made = await site.store.campaign('spring');
    assert.deepEqual([made?.state, made?.ivr, made?.gateways[0]?.channelsMax], ['draft', '9664', 30]);
    assert.deepEqual(await lines(spring), []);
    assert.equal((await site.store.campaign('spring'))?.revision, made?.revision);

    await site.put({ ...(made as NonNullable<typeof made>), state: 'running' });
    assert.deepEqual(await lines(spring.replace('9664', '9665')), ['~ campaign spring: ivr="9665"']);
    const changed = await site.store.campaign('spring');
    assert.deepEqual([changed?.state, changed?.ivr], ['running', '9665']);
    assert.deepEqual(
      (await auditOf()).filter(([actor]) => actor === 'provisioning'),
      [
        ['provisioning', 'campaign spring', 'create'],
        ['provisioning', 'campaign spring', 'change'],
      ],
    );
  });

  it('B63: what the file does not say goes back to its default', async () => {
    await apply(spring.replace("ivr: '9664'", "ivr: '9664'\n    weight: 5"));
    await apply(spring);
    assert.equal((await site.store.campaign('spring'))?.weight, 1);
  });

  it('B63: numbers are put on their lists once, later days too; lines do not show them whole', async () => {
    assert.deepEqual(await lines(numbers), [
      '+ dnc 49305***23 everybody',
      '+ dnc 49305***24 everybody',
      '+ dnc 491712****78 campaign:spring',
      '+ dnc 49900* client:acme',
    ]);
    assert.deepEqual(await lines(numbers), []);
    assert.deepEqual(await lines(numbers.replace('2027-01-31', '2027-02-28')), ['+ dnc 491712****78 campaign:spring']);
    assert.equal((await site.store.dnc({ after: '', limit: 10 })).length, 4);
  });

  it('B63: what is named under remove goes, what is not there is no mistake', async () => {
    await apply(spring + numbers);
    const remove = "remove: { campaigns: [spring, never], dnc: [{ numbers: ['+4930555124', '+4930999999'] }] }";
    assert.deepEqual(await lines(remove), ['- campaign spring', '- dnc 49305***24 everybody']);
    assert.equal(await site.store.campaign('spring'), undefined);
    assert.equal((await site.store.dnc({ after: '', limit: 10 })).length, 3);
    assert.deepEqual(await lines(remove), []);
  });

  it('B63: a dry run shows the same and changes nothing', async () => {
    const { lines: shown } = await apply(spring + numbers, { dryRun: true });
    assert.equal(shown.length, 5);
    assert.deepEqual([await site.store.campaigns(), await site.store.dnc({ after: '', limit: 10 })], [[], []]);
    assert.deepEqual(await auditOf(), []);
  });

  it('B63: every mistake is named with its line, and nothing is written, of no section', async () => {
    await apply(spring);
    await site.intake(siteContact('k1', 'spring'));
    const stored = await site.store.campaign('spring');
    await site.put({ ...(stored as NonNullable<typeof stored>), state: 'running' });
    const wrong = `
users: [{ user: "7100", pass: x-y-z-1 }]
campaigns:
  - { id: a, mode: IVR, profile: nobody }
  - { id: b, mode: IVR, profile: reference, gateways: [{ gateway: 7, color: red }] }
  - { id: b, mode: IVR, ivr: '1', profile: reference }
dnc:
  - { numbers: ['12x'], until: never }
  - { numbers: ['12x'] }
  - { numbers: ['abc'], prefix: true }
remove: { campaigns: [spring] }
`;
    const error = await apply(wrong).then(
      () => assert.fail('it was applied'),
      (e: unknown) => e as Error,
    );
    for (const part of [
      'campaigns.0.profile: is unknown',
      'campaigns.1.gateways.0.color',
      'campaigns.2.id: campaign "b" stands twice',
      'dnc.0.until',
      'dnc.1.numbers.0: is no number',
      'dnc.2.numbers.0: a prefix',
      'remove.campaigns.0: campaign "spring" is running',
    ])
      assert.ok(error.message.includes(part), `${part} in ${error.message}`);
    assert.deepEqual(memory.tables.vicidial_users ?? [], []);
    assert.equal((await site.store.campaigns()).length, 1);
  });

  it('B63: a change that a running campaign could not be started with is refused', async () => {
    await apply(spring);
    const stored = await site.store.campaign('spring');
    await site.put({ ...(stored as NonNullable<typeof stored>), state: 'running' });
    const strict = spring.replace('profile: reference', 'profile: eu-generic').replace("caller_ids: ['+4930123456']", 'country: DE');
    await assert.rejects(apply(strict), /campaigns\.0\.caller_ids/);
    assert.equal((await site.store.campaign('spring'))?.profile, 'reference');
    await assert.rejects(apply(spring, { dialer: undefined as never }), /cannot be set from here/);
  });
});
