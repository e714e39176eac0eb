/** The running dialer for the API: status, why, explain, preview, live figures, checks before a start (dialer.md A14, A18, B2, B9). */
import assert from 'node:assert/strict';
import { createStartChecks } from '../core/services/dialer-start.js';
import { createDialerConfiguration, isLearnedOfEngine } from '../core/services/dialer-configuration.js';
import { dialerSettingsDefaults } from '../core/dialer/campaign-defaults.js';
import { createHandTimers } from './support/hand-timers.js';
import { DialerSite, siteCampaign, siteContact } from './support/dialer-site.js';

describe('dialer: control', function () {
  this.timeout(30_000);
  let site: DialerSite;

  beforeEach(() => {
    site = new DialerSite();
  });

  afterEach(() => site.close());

  it('A14, E68: status, also with the database down', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(...['k1', 'k2', 'k3'].map((id) => siteContact(id, 'c1')));
    const { dialer } = await site.life({ settings: { slotsMax: 120 } });
    await site.pass(3_000);
    const status = {
      ...{ maxConcurrentCalls: 120, activeCalls: 3, dialed: 3, agentPending: 0, freeSlots: 117 },
      ...{ database: 'up', switches: [{ name: 'fs1', state: 'up' }], voiceConnector: 'off' },
    };
    assert.deepEqual(dialer.control.status(), status);
    site.isDown = true;
    site.fs1.setUp(false);
    await site.pass(2_000);
    assert.deepEqual(dialer.control.status(), { ...status, database: 'down', switches: [{ name: 'fs1', state: 'down' }] });
  });

  it('B9: why it is not dialing: contacts by the gate that holds them, and the limit that binds', async () => {
    await site.open(siteCampaign('c1', { slotsMax: 1 }));
    await site.intake(
      siteContact('k1', 'c1'),
      siteContact('k2', 'c1'),
      siteContact('k3', 'c1', { startTimeMs: site.timers.nowMs() + 600_000 }),
      siteContact('k4', 'c1', { startTimeMs: site.timers.nowMs() + 900_000 }),
    );
    const { dialer } = await site.life();
    await site.pass(4_000);
    const why = await dialer.control.why('c1');
    assert.equal(why?.limit, 'all call slots of the campaign are taken');
    assert.equal(why.dialable, 1, 'k2');
    const held = Object.values(why.blocked).reduce((sum, count) => sum + count, 0);
    assert.equal(held, 2, JSON.stringify(why.blocked));
    assert.equal(await dialer.control.why('nobody'), undefined);
    site.isDown = true;
    await site.pass(2_000);
    await assert.rejects(dialer.control.why('c1'), { code: 'TDM_STORE_DOWN' });
  });

  it('B9: every gate of a contact with what it says, and its calls', async () => {
    await site.open(siteCampaign('c1'));
    await site.intake(siteContact('k1', 'c1'));
    const { dialer } = await site.life();
    await site.pass(3_000);
    site.fs1.end('k1', 'USER_BUSY');
    await site.pass(500);
    const why = await dialer.control.explainContact('k1');
    assert.equal(why?.first, 'retry-time');
    assert.equal(why.gates.find(({ gate }) => gate === 'dnc')?.passes, true);
    assert.deepEqual(
      why.calls.map(({ callId, result }) => [callId, result]),
      [['k1', 'BUSY']],
    );
    assert.equal(await dialer.control.explainContact('nobody'), undefined);
  });

  it('E31, B42: preview: offered to a held agent, skipped, offered the next one, dialled', async () => {
    await site.open(siteCampaign('c1', { mode: 'PREVIEW', queue: 'sales' }));
    await site.intake(...['k1', 'k2'].map((id) => siteContact(id, 'c1', { data: { name: `Mr ${id}` } })));
    site.agents.ready('anna');
    const { dialer } = await site.life();
    await site.pass(3_000);
    const [asking] = [dialer.control.previewNext('anna', 'c1')];
    await site.pass(1_000);
    const offer = await asking;
    assert.deepEqual([offer?.contact.id, offer?.data['name'], offer?.agent], ['k1', 'Mr k1', 'anna']);
    assert.equal(site.agents.agents.get('anna')?.state, 'reserved');
    await dialer.control.previewSkip('anna', 'knows him');
    await site.pass(1_000);
    const next = dialer.control.preview('anna') ?? (await nextOf(dialer.control.previewNext('anna', 'c1'), site));
    assert.equal(next?.contact.id, 'k2', 'not the same one to the same agent');
    const dialling = dialer.control.previewDial('anna', undefined);
    await site.pass(1_500);
    assert.deepEqual(await dialling, { callId: 'k2' });
    assert.deepEqual(
      site.fs1.orders.map(({ callId }) => callId),
      ['k2'],
    );
    assert.equal((await site.contact('k1')).attempts, 0);
    await assert.rejects(dialer.control.previewSkip('bert', 'x'), { code: 'TDM_NOT_FOUND' });
  });

  it('E10, E32: progressive: an agent is held first, the answered call is led to him, the talk is his', async () => {
    await site.open(siteCampaign('c1', { mode: 'PROGRESSIVE', queue: 'sales' }));
    await site.intake(siteContact('k1', 'c1', { campaignType: 'AGENT' }), siteContact('k2', 'c1', { campaignType: 'AGENT' }));
    const { dialer } = await site.life();
    await site.pass(4_000);
    assert.deepEqual(site.fs1.orders, [], 'nobody is there');
    site.agents.ready('anna');
    await site.pass(4_000);
    assert.deepEqual(
      site.fs1.orders.map(({ callId, kind }) => [callId, kind]),
      [['k1', 'agent-native']],
      'one agent, one call',
    );
    site.fs1.answer('k1');
    await site.settle();
    const plan = await dialer.door.arrived('k1', undefined);
    assert.equal(plan?.kind, 'queue');
    const key = [...site.agents.held.keys()][0];
    assert.deepEqual([plan.queue, plan.reservation], ['sales', key]);
    site.agents.tell({ type: 'connected', callId: 'k1', agent: 'anna', atMs: site.timers.nowMs() });
    await site.pass(1_000);
    const live = dialer.control.live('c1');
    assert.deepEqual([live?.talking, live?.ringing, live?.gateways.map(({ gateway, state }) => [gateway, state])], [1, 0, [['gw1', 'up']]]);
    site.fs1.end('k1', 'NORMAL_CLEARING');
    await site.pass(500);
    const { status, result } = await site.contact('k1');
    assert.deepEqual([status, result], ['ended', 'CONNECTED']);
    assert.equal(dialer.control.live('nobody'), undefined);
  });

  it('B4: a safe-harbour message that the switch does not have: dialled 1:1', async () => {
    site.fs1.sounds.set('sorry', false);
    const safeHarbour = { audio: 'sorry', optOutDigits: '1', optOutPrompt: '', maxMs: 15_000, optOutScope: 'campaign' as const };
    await site.open(siteCampaign('c1', { mode: 'POWER', profile: 'any', queue: 'sales', safeHarbour }));
    await site.intake(...Array.from({ length: 12 }, (_, i) => siteContact(`k${String(i + 1)}`, 'c1')));
    site.agents.ready('anna', 'bert', 'cora');
    const { dialer } = await site.life({ settings: { slotsMax: 50 } });
    await site.pass(6_000);
    assert.match(dialer.control.live('c1')?.forced ?? '', /"sorry" is missing/);
    assert.equal(site.fs1.orders.length, 3, 'three agents, three calls');
  });
});

describe('dialer: checks before a start', () => {
  const timers = createHandTimers();
  const port = (extension: boolean | undefined, sound: boolean | undefined, isUp = true) => ({
    kind: 'freeswitch' as const,
    isUp: () => isUp,
    hasExtension: () => Promise.resolve(extension),
    hasSound: () => Promise.resolve(sound),
  });
  const check = (one: ReturnType<typeof port>) =>
    createStartChecks({
      switches: new Map([['fs1', one]]),
      settings: () => ({ ...dialerSettingsDefaults, defaultSwitch: 'fs1', domain: '10.0.0.1' }),
      after: (ms, run) => timers.after(ms, run),
    });
  const harbour = { audio: 'sorry', optOutDigits: '1', optOutPrompt: '', maxMs: 1_000, optOutScope: 'global' as const };

  it('A18: a wrong IVR number, a sound that is missing and a switch that nobody knows are named', async () => {
    const campaign = siteCampaign('c1', { ivr: '99', safeHarbour: harbour });
    const problems = await check(port(false, false))(campaign);
    assert.deepEqual(
      problems.map(({ field }) => field),
      ['ivr', 'safe_harbour.audio'],
    );
    assert.deepEqual(await check(port(true, true))(campaign), []);
    assert.deepEqual(await check(port(undefined, undefined))(campaign), [], 'what cannot be asked is no reason');
    assert.deepEqual(await check(port(false, false, false))(campaign), [], 'nor a switch that is down: it starts when it is up');
    const elsewhere = { ...campaign, gateways: [{ switch: 'fs9', gateway: 'gw', channelsMax: 0 }] };
    assert.match((await check(port(true, true))(elsewhere))[0]?.message ?? '', /no switch "fs9"/);
  });
});

describe('dialer: settings in the store', () => {
  const made = (learned: ReadonlyMap<string, unknown>) =>
    createDialerConfiguration({
      store: {
        campaigns: () => Promise.resolve([]),
        learned: () => Promise.resolve(learned),
        putLearned: () => Promise.resolve(),
        writeAudit: () => Promise.resolve(),
      },
      base: dialerSettingsDefaults,
      nowMs: () => 0,
    });

  it('what another release stored and this one does not take is left out', async () => {
    const configuration = made(new Map<string, unknown>([['settings', { slotsMax: 7, callsPerSecond: 'many', strangeOne: 1 }]]));
    assert.equal(await configuration.read(true), true);
    const { slotsMax, callsPerSecond } = configuration.settings();
    assert.deepEqual([slotsMax, callsPerSecond], [7, dialerSettingsDefaults.callsPerSecond]);
    assert.equal(await configuration.read(true), false, 'nothing new');
  });

  it('B4: dates of suppression lists are read, and are nothing that the engine learned', async () => {
    const configuration = made(
      new Map<string, unknown>([
        ['suppression:us-dnc', { atMs: 5 }],
        ['suppression:odd', 3],
        ['pacer:sales', {}],
      ]),
    );
    await configuration.read(true);
    assert.deepEqual([...configuration.suppression()], [['us-dnc', 5]]);
    assert.deepEqual(['settings', 'suppression:x', 'pacer:sales'].map(isLearnedOfEngine), [false, false, true]);
  });
});

async function nextOf<T>(asking: Promise<T>, site: DialerSite): Promise<T> {
  await site.pass(1_000);
  return asking;
}
