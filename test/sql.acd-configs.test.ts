/** From provisioned rows to the engine's configuration, on each database. */
import assert from 'node:assert/strict';
import { createProvisioningStore } from '../sidecar/provisioning-store.js';
import { applyYaml } from '../sidecar/provision.js';
import { parseYaml } from '../sidecar/yaml-file.js';
import type { Store } from '../sql/store.js';
import { describeStores } from './support/stores.js';

async function apply(store: Store, text: string) {
  return applyYaml(parseYaml(text, 'site.yaml'), {
    store: createProvisioningStore(store),
    hasher: { hash: (pass) => Promise.resolve(`h:${pass}`), verify: (pass, hash) => Promise.resolve(hash === `h:${pass}`) },
    nowMs: 0,
    zone: 'UTC',
    dryRun: false,
    allowDefaultSecrets: false,
    env: {},
  });
}

const site = `
queues:
  - { id: Support@Default, strategy: ring-all, max_wait_s: 60, overflow: [{ on: timeout, to: { queue: SALES } }], tiers: [{ agent: ANNA, level: 2 }] }
  - { id: sales }
agents:
  - { id: anna, contact: PJSIP/1001, pin: "1234", skills: [english] }
  - { id: bert, contact: PJSIP/1002 }
tiers: [{ queue: sales, agent: bert, position: 4 }]
callers: [{ number: "+4930", blocked: true }, { number: "5551", agent: BERT, base_score_s: 60 }]
queue_settings: { wrap_up_s: 12.5, pause_over_limit: log-out, zone: Europe/Berlin }
pause_reasons: [{ code: Lunch, text: Lunch break, max_s: 1800.5, max_per_day_s: 3600 }, { code: 2, paid: true }]
`;

describeStores('provisioned queues', (open) => {
  it('O6, O7: rows become the engine configuration, names in the spelling of what they name', async () => {
    const { store } = await open();
    await apply(store, site);

    const { settings, queues, agents, tiers, callers, pauseReasons } = await store.acdConfigs.load();

    assert.equal(settings.wrapUpMs, 12_500);
    assert.equal(settings.ringMs, 60_000);
    assert.deepEqual([settings.pauseOverLimit, settings.zone, settings.pauseReasons], ['log-out', 'Europe/Berlin', 'listed']);
    assert.deepEqual(pauseReasons, [
      { code: '2', text: '2', isPaid: true, msMax: 0, dayMsMax: 0 },
      { code: 'Lunch', text: 'Lunch break', isPaid: false, msMax: 1_800_500, dayMsMax: 3_600_000 },
    ]);
    assert.deepEqual(
      queues.map(({ id, strategy, maxWaitMs }) => [id, strategy, maxWaitMs]),
      [
        ['sales', 'longest-idle-agent', 0],
        ['Support@Default', 'ring-all', 60_000],
      ],
    );
    assert.deepEqual(queues[1]?.overflow[0]?.to, { kind: 'queue', queue: 'sales', keepWaiting: true });
    assert.deepEqual(
      agents.map(({ id, pin }) => [id, pin]),
      [
        ['anna', 'h:1234'],
        ['bert', undefined],
      ],
    );
    assert.deepEqual(agents[0]?.skills, new Map([['english', 1]]));
    assert.deepEqual(tiers, [
      { queue: 'sales', agent: 'bert', level: 1, position: 4 },
      { queue: 'Support@Default', agent: 'anna', level: 2, position: 1 },
    ]);
    assert.deepEqual(callers, [
      { number: '+4930', isBlocked: true, baseScoreS: 0, agent: undefined },
      { number: '5551', isBlocked: false, baseScoreS: 60, agent: 'bert' },
    ]);
  });

  it('B35: a reason for breaks goes when it is named under remove, in any letter case, and nothing else', async () => {
    const { store } = await open();
    await apply(store, site);
    await apply(store, 'pause_reasons: [{ code: LUNCH, text: Lunch, paid: true }]');
    await apply(store, 'remove: { pause_reasons: ["2"] }');
    const { pauseReasons } = await store.acdConfigs.load();
    assert.deepEqual(pauseReasons, [{ code: 'Lunch', text: 'Lunch', isPaid: true, msMax: 0, dayMsMax: 0 }]);
  });

  it('B63: applied again nothing is changed, also with names in another letter case', async () => {
    const { store } = await open();
    await apply(store, site);
    assert.deepEqual((await apply(store, site)).lines, []);
    assert.deepEqual((await apply(store, site.replace('Support@Default', 'SUPPORT@default'))).lines, []);
  });

  it('O8: each change of queues counts the revision up, other changes and empty ones do not', async () => {
    const opened = await open();
    const { store } = opened;
    assert.equal(await store.acdConfigs.revision(), 0);
    await apply(store, site);
    assert.equal(await store.acdConfigs.revision(), 1);
    await apply(store, site);
    await apply(store, 'lists: [{ list_id: 1, campaign_id: C }]');
    assert.equal(await store.acdConfigs.revision(), 1);
    const other = await opened.again();
    await apply(other.store, 'remove: { tiers: [{ queue: sales, agent: bert }] }');
    assert.equal(await store.acdConfigs.revision(), 2);
  });

  it('a definition that somebody broke in the table is left out, the others count; a later load sees it mended', async () => {
    const { store, other } = await open();
    await apply(store, site);
    await other.run(`UPDATE tandem_queues SET definition = ? WHERE queue_id = 'sales'`, ['{"strategy":"unheard-of"}']);
    await other.run(`INSERT INTO tandem_queue_settings (name, value) VALUES ('ring_s', 'soon')`);

    const config = await store.acdConfigs.load();
    assert.deepEqual(
      config.queues.map(({ id }) => id),
      ['Support@Default'],
    );
    assert.deepEqual(config.queues[0]?.overflow, [], 'nowhere to overflow to');
    assert.deepEqual(
      config.tiers.map(({ queue }) => queue),
      ['Support@Default'],
    );
    assert.equal(config.settings.ringMs, 60_000);

    await apply(store, site);
    assert.equal((await store.acdConfigs.load()).queues.length, 2);
  });

  it('D-24: what has not changed is the very same object in the next load', async () => {
    const { store } = await open();
    await apply(store, site);
    const before = await store.acdConfigs.load();
    await apply(store, 'agents: [{ id: bert, contact: PJSIP/1003 }]');
    const after = await store.acdConfigs.load();
    assert.equal(after.agents[0], before.agents[0]);
    assert.notEqual(after.agents[1], before.agents[1]);
  });
});
